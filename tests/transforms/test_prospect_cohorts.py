"""Cohorts of prospects: small examples made by hand, and every cell once more in plain Python."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from transforms_formulas import insist_on_formulas
from transforms_warehouse import Row, Warehouse, utc

JANUARY, FEBRUARY, MARCH = (date(2026, month, 1) for month in (1, 2, 3))
OF_OPPORTUNITIES = (8, 9, 10, 18, 19, 38)


def activity(id: int, at: datetime | None, prospect: int | None = 1, type: int = 1, **fields: Any) -> dict[str, Any]:
    return {"id": id, "type": type, "created_at": at, "prospect_id": prospect, **fields}


def link(id: int, opportunity: int, prospect: int = 1) -> dict[str, Any]:
    return activity(id, utc(2026, 1, 1), prospect, 19, opportunity_id=opportunity)


def cohorts(warehouse: Warehouse, *columns: str) -> dict[tuple[date, int], tuple[Any, ...]]:
    warehouse.build(select=["prospect_cohorts"])
    rows = warehouse.mart("prospect_cohorts")
    return {(row["cohort_starts_on"], row["months_since"]): tuple(row[name] for name in columns) for row in rows}


def test_each_month_with_new_prospects_has_all_months_since_and_the_last_is_not_over(warehouse: Warehouse) -> None:
    moments = [utc(2026, 1, 1), utc(2026, 1, 31, 23, 59, 59), utc(2026, 3, 1), None]
    gone = {"is_deleted": True, "updated_at": utc(2026, 2, 1)}
    warehouse.load("prospects", [{"id": id, "created_at": at, **gone} for id, at in enumerate(moments)])
    warehouse.load("visitor_activities", [activity(1, utc(2026, 4, 1), None)])
    april = date(2026, 4, 1)
    assert cohorts(warehouse, "month_starts_on", "is_over", "prospects") == {
        (JANUARY, 0): (JANUARY, True, 2),
        (JANUARY, 1): (FEBRUARY, True, 2),
        (JANUARY, 2): (MARCH, True, 2),
        (JANUARY, 3): (april, False, 2),
        (MARCH, 0): (MARCH, True, 1),
        (MARCH, 1): (april, False, 1),
    }


def test_months_are_counted_over_the_turn_of_years(warehouse: Warehouse) -> None:
    warehouse.load("prospects", [{"id": 1, "created_at": utc(2023, 12, 31)}])
    warehouse.load("visitor_activities", [activity(1, utc(2026, 1, 1))])
    found = cohorts(warehouse, "month_starts_on", "engaged_prospects")
    assert [months for _, months in sorted(found)] == list(range(26))
    assert found[date(2023, 12, 1), 25] == (JANUARY, 1)


def test_active_is_who_did_something_in_the_month_once(warehouse: Warehouse) -> None:
    warehouse.load("prospects", [{"id": id, "created_at": utc(2026, 1, 31)} for id in (1, 2, 3, 4)])
    warehouse.load(
        "visitor_activities",
        [
            activity(1, utc(2025, 12, 1)),
            activity(2, utc(2026, 2, 1)),
            activity(3, utc(2026, 2, 28, 23), type=4),
            activity(4, utc(2026, 2, 3), 2, 6),
            activity(5, utc(2026, 2, 3), 3, 12),
            activity(6, None, 4),
            activity(7, utc(2026, 3, 1), None),
            activity(8, utc(2026, 3, 1), 99),
        ],
    )
    assert cohorts(warehouse, "engaged_prospects", "engaged_share") == {
        (JANUARY, 0): (0, 0.0),
        (JANUARY, 1): (2, 0.5),
        (JANUARY, 2): (0, 0.0),
    }


CONVERSIONS = ("converted_prospects", "converted_to_date", "won_prospects", "won_to_date")


def test_prospect_converts_once_with_its_first_opportunity_and_wins_once(warehouse: Warehouse) -> None:
    won = {"status": "won", "closed_at": utc(2026, 3, 5)}
    warehouse.load("prospects", [{"id": id, "created_at": utc(2026, 1, 5)} for id in (1, 2)])
    warehouse.load(
        "opportunities",
        [
            {"id": 1, "created_at": utc(2026, 2, 5), "status": "Lost", "closed_at": utc(2026, 2, 6)},
            {"id": 2, "created_at": utc(2026, 3, 5), **won},
            {"id": 3, "created_at": utc(2026, 3, 6), **won, "closed_at": utc(2026, 4, 1)},
            {"id": 4, "created_at": utc(2026, 1, 6), **won, "is_deleted": True},
            {"id": 5, "created_at": None, **won},
        ],
    )
    links = [*[link(id, id) for id in (1, 2, 3, 4, 5)], link(6, 4, 2), link(7, 5, 2)]
    warehouse.load("visitor_activities", [*links, activity(9, utc(2026, 4, 1), None)])
    assert cohorts(warehouse, *CONVERSIONS, "converted_share", "won_share") == {
        (JANUARY, 0): (0, 0, 0, 0, 0.0, 0.0),
        (JANUARY, 1): (1, 1, 0, 0, 0.5, 0.0),
        (JANUARY, 2): (0, 1, 1, 1, 0.5, 0.5),
        (JANUARY, 3): (0, 1, 0, 1, 0.5, 0.5),
    }


def test_opportunity_older_than_its_prospect_counts_in_the_month_of_creation(warehouse: Warehouse) -> None:
    closed = {"status": "Won", "closed_at": utc(2026, 1, 20)}
    warehouse.load("prospects", [{"id": 1, "created_at": utc(2026, 2, 5)}])
    warehouse.load("opportunities", [{"id": 1, "created_at": utc(2026, 1, 5), **closed}])
    warehouse.load("visitor_activities", [link(1, 1), activity(2, utc(2026, 3, 1))])
    assert cohorts(warehouse, *CONVERSIONS) == {(FEBRUARY, 0): (1, 1, 1, 1), (FEBRUARY, 1): (0, 1, 0, 1)}


@pytest.mark.parametrize(
    ("closed_at", "expected"),
    [(utc(2026, 1, 20), [0, 1, 0]), (None, [0, 0, 0]), (utc(2026, 9, 1), [0, 0, 0]), (utc(2026, 3, 1), [0, 0, 1])],
    ids=["closed before it came", "at no time", "later than the data", "in time"],
)
def test_won_by_the_close_but_not_before_the_opportunity_is_there(
    warehouse: Warehouse, closed_at: datetime | None, expected: list[int]
) -> None:
    warehouse.load("prospects", [{"id": 1, "created_at": utc(2026, 1, 5)}])
    deal = {"id": 1, "created_at": utc(2026, 2, 5), "status": "Won", "closed_at": closed_at}
    warehouse.load("opportunities", [deal])
    warehouse.load("visitor_activities", [link(1, 1), activity(2, utc(2026, 3, 1))])
    assert [won for (won,) in cohorts(warehouse, "won_prospects").values()] == expected


# -- the same in plain Python


@pytest.fixture(scope="module")
def chaos() -> Iterator[Warehouse]:
    """Few months and people, so that much falls together; gaps, and opportunities older than their prospects."""
    chance = random.Random(41)  # noqa: S311 - rows, not secrets

    def at(share: float = 0.05) -> datetime | None:
        return None if chance.random() < share else utc(2025, 11, 1) + timedelta(hours=chance.randrange(4_000))

    types = [*OF_OPPORTUNITIES, 19, 19, 19, 6, 12, 61, *[1, 2, 11, 20] * 6]
    activities = []
    for id in range(1_200):
        type = chance.choice(types)
        opportunity = chance.choice([None, *range(1, 60)]) if type in OF_OPPORTUNITIES else None
        prospect = chance.choice([None, *range(1, 90)])
        activities.append(activity(id, at(), prospect, type, opportunity_id=opportunity))
    deals = [
        {
            "id": id,
            "status": chance.choice(["Won", "won", "Lost", "Open", None]),
            "created_at": at(),
            "closed_at": at(),
            "is_deleted": chance.choice([None, False, True]),
        }
        for id in range(1, 55)
    ]
    with duckdb.connect(":memory:") as connection:
        warehouse = Warehouse(connection)
        warehouse.load("visitor_activities", activities)
        warehouse.load("opportunities", deals)
        warehouse.load("prospects", [{"id": id, "created_at": at(), "is_deleted": id % 9 == 0} for id in range(1, 80)])
        warehouse.build()
        yield warehouse


def month(at: datetime) -> int:
    """Return the month as a number without gaps."""
    return at.year * 12 + at.month - 1


def deals_of(warehouse: Warehouse) -> dict[int, list[Row]]:
    """Return the opportunities of every prospect, after all that happened to them."""
    deals = {row["id"]: row for row in warehouse.query("from pardot.opportunities where is_deleted is not true")}
    belongs: dict[tuple[int, int], bool] = {}
    for row in warehouse.query("from pardot.visitor_activities order by created_at nulls first, id"):
        if row["type"] in OF_OPPORTUNITIES and row["opportunity_id"] in deals and row["prospect_id"]:
            belongs[row["prospect_id"], row["opportunity_id"]] = row["type"] != 38
    found: dict[int, list[Row]] = {}
    for (prospect, opportunity), is_linked in belongs.items():
        if is_linked:
            found.setdefault(prospect, []).append(deals[opportunity])
    return found


@pytest.mark.parametrize("world", ["chaos", "company_warehouse"])
def test_cohorts_equal_plain_python(world: str, request: pytest.FixtureRequest) -> None:
    warehouse: Warehouse = request.getfixturevalue(world)
    verbs = {row["type"] for row in warehouse.query("from pardot_marts_views.activity_types where is_engagement")}
    engaged = {
        (row["prospect_id"], month(row["created_at"]))
        for row in warehouse.query("from pardot.visitor_activities")
        if row["type"] in verbs and row["created_at"]
    }
    deals = deals_of(warehouse)
    people: dict[int, list[tuple[int, int | None, int | None]]] = {}
    for row in warehouse.query("from pardot.prospects where created_at is not null"):
        own = [deal for deal in deals.get(row["id"], []) if deal["created_at"]]
        came = [deal["created_at"] for deal in own]
        won = [
            max(deal["closed_at"], deal["created_at"])
            for deal in own
            if (deal["status"] or "").lower() == "won" and deal["closed_at"]
        ]
        born = month(row["created_at"])
        first = max(month(min(came)), born) if came else None
        people.setdefault(born, []).append((row["id"], first, max(month(min(won)), born) if won else None))
    last = month(max(row["day_on"] for row in warehouse.query("from pardot_marts_views.int_days")))
    expected = {}
    for born, members in people.items():
        for now in range(born, last + 1):
            expected[date(born // 12, born % 12 + 1, 1), now - born] = (
                date(now // 12, now % 12 + 1, 1),
                now < last,
                len(members),
                sum((id, now) in engaged for id, _, _ in members),
                sum(first == now for _, first, _ in members),
                sum(first is not None and first <= now for _, first, _ in members),
                sum(won == now for _, _, won in members),
                sum(won is not None and won <= now for _, _, won in members),
            )
    columns = ("month_starts_on", "is_over", "prospects", "engaged_prospects", *CONVERSIONS)
    rows = warehouse.mart("prospect_cohorts")
    found = {(row["cohort_starts_on"], row["months_since"]): tuple(row[name] for name in columns) for row in rows}
    assert found == expected
    assert len(rows) == len(expected) > 10
    assert sum(counts[6] for counts in expected.values()) > 2


@pytest.mark.parametrize("world", ["chaos", "company_warehouse"])
def test_cohorts_are_the_created_of_database_growth(world: str, request: pytest.FixtureRequest) -> None:
    warehouse: Warehouse = request.getfixturevalue(world)
    created: dict[date, int] = {}
    for row in warehouse.mart("database_growth"):
        if row["counted_on"] and row["created"]:
            first = row["counted_on"].replace(day=1)
            created[first] = created.get(first, 0) + row["created"]
    assert created == {row["cohort_starts_on"]: row["prospects"] for row in warehouse.mart("prospect_cohorts")}


def test_every_formula_gives_its_column(chaos: Warehouse) -> None:
    insist_on_formulas(chaos, "prospect_cohorts")
