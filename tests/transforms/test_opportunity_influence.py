"""Influence on opportunities: small examples made by hand, and every row once more in plain Python."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from transforms_formulas import insist_on_formulas
from transforms_warehouse import Row, Warehouse, utc

DEAL_AT, CLOSED_AT = utc(2026, 3, 20, 12), utc(2026, 3, 30, 12)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
COUNTS = ("touches", "touches_before_creation", "touches_after_creation")
OF_OPPORTUNITIES = (8, 9, 10, 18, 19, 38)


def deal(**fields: Any) -> dict[str, Any]:
    return {"id": 7, "value": 1_000.0, "status": "Open", "created_at": DEAL_AT, **fields}


def closed(status: str = "Won", at: datetime | None = CLOSED_AT, **fields: Any) -> dict[str, Any]:
    return deal(status=status, closed_at=at, **fields)


def touch(
    id: int, at: datetime | None, campaign: int | None = 1, prospect: int | None = 1, type: int = 1
) -> dict[str, Any]:
    return {"id": id, "type": type, "created_at": at, "campaign_id": campaign, "prospect_id": prospect}


def link(id: int, opportunity: int = 7, prospect: int = 1, type: int = 8) -> dict[str, Any]:
    return {**touch(id, DEAL_AT, None, prospect, type), "opportunity_id": opportunity}


def influence(warehouse: Warehouse, *columns: str) -> dict[tuple[int, int | None], tuple[Any, ...]]:
    warehouse.build(select=["opportunity_influence"])
    rows = warehouse.mart("opportunity_influence")
    return {(row["opportunity_id"], row["campaign_id"]): tuple(row[name] for name in columns) for row in rows}


def test_touches_before_creation_and_until_the_close_are_told_apart(warehouse: Warehouse) -> None:
    times = [DEAL_AT - DAY, DEAL_AT, DEAL_AT + SECOND, CLOSED_AT, CLOSED_AT + SECOND, None]
    warehouse.load("opportunities", [closed()])
    warehouse.load("visitor_activities", [link(90), *[touch(id, at) for id, at in enumerate(times)]])
    assert influence(warehouse, *COUNTS, "first_touch_at", "last_touch_at") == {
        (7, 1): (4, 2, 2, DEAL_AT - DAY, CLOSED_AT)
    }


@pytest.mark.parametrize(
    ("opportunity", "expected"),
    [
        (closed("Lost"), (2, 1, 1)),
        (closed("WON"), (2, 1, 1)),
        (deal(), (3, 1, 2)),
        (deal(closed_at=DEAL_AT), (3, 1, 2)),
        (deal(status=None), (3, 1, 2)),
        (closed(at=None), (1, 1, 0)),
        (closed(at=DEAL_AT - 9 * DAY), (1, 1, 0)),
    ],
    ids=["lost", "letter case", "open", "open with a date", "no status", "closed at no time", "closed before it came"],
)
def test_touches_go_on_until_an_opportunity_is_closed(
    warehouse: Warehouse, opportunity: Row, expected: tuple[int, ...]
) -> None:
    rows = [touch(1, DEAL_AT - DAY), touch(2, DEAL_AT + DAY), touch(3, CLOSED_AT + DAY)]
    warehouse.load("opportunities", [opportunity])
    warehouse.load("visitor_activities", [link(90), *rows])
    assert influence(warehouse, *COUNTS) == {(7, 1): expected}


def test_each_campaign_has_a_row_and_touches_of_none_have_one_of_their_own(warehouse: Warehouse) -> None:
    before = DEAL_AT - DAY
    rows = [
        touch(1, before),
        touch(2, before, 2),
        touch(3, before, 2, prospect=2),
        touch(4, before, 2),
        touch(5, before, None),
    ]
    warehouse.load("opportunities", [deal(campaign_id=9)])
    warehouse.load("campaigns", [{"id": 2, "name": "Spring"}])
    warehouse.load("visitor_activities", [link(90), link(91, prospect=2), *rows])
    assert influence(warehouse, "campaign_name", "touches", "touching_prospects", "opportunity_campaign_id") == {
        (7, 1): (None, 1, 1, 9),
        (7, 2): ("Spring", 3, 2, 9),
        (7, None): (None, 1, 1, 9),
    }


def test_untouched_opportunity_has_one_row_and_deleted_ones_none(warehouse: Warehouse) -> None:
    rows = [deal(id=1), deal(id=2, is_deleted=True), deal(id=3, created_at=None), deal(id=4, value=1e15)]
    warehouse.load("opportunities", rows)
    warehouse.load("visitor_activities", [link(90, 2), link(91, 3), touch(1, DEAL_AT - DAY)])
    assert influence(warehouse, "is_touched", "touches", "first_touch_at", "days_to_creation", "opportunity_value") == {
        (1, None): (False, 0, None, None, Decimal("1000.00")),
        (3, None): (False, 0, None, None, Decimal("1000.00")),
        (4, None): (False, 0, None, None, None),
    }


def test_what_is_done_to_a_person_and_leaving_are_no_touches(warehouse: Warehouse) -> None:
    no_touch = [6, 13, 36, 8, 23, 61, 12, 14, 35]
    rows = [touch(id, DEAL_AT - DAY, type=type) for id, type in enumerate(no_touch)]
    warehouse.load("opportunities", [deal()])
    warehouse.load("visitor_activities", [link(90), *rows, touch(80, DEAL_AT - DAY, prospect=2)])
    assert influence(warehouse, "is_touched") == {(7, None): (False,)}


def test_days_count_from_the_first_touch_of_the_campaign_and_never_backwards(warehouse: Warehouse) -> None:
    late = utc(2026, 3, 18, 23, 59)
    rows = [touch(1, late), touch(2, late + 30 * SECOND), touch(3, DEAL_AT + DAY, 2), touch(4, DEAL_AT, 3)]
    warehouse.load(
        "opportunities", [closed(), deal(id=8), closed("Lost", DEAL_AT - DAY, id=9), closed("Lost", None, id=10)]
    )
    warehouse.load("visitor_activities", [*[link(90 + id, id) for id in (7, 8, 9, 10)], *rows])
    assert influence(warehouse, "days_to_creation", "days_to_close") == {
        (7, 1): (2, 12),
        (7, 2): (None, 9),
        (7, 3): (0, 10),
        (8, 1): (2, None),
        (8, 2): (None, None),
        (8, 3): (0, None),
        (9, 1): (2, 1),
        (9, 3): (0, None),
        (10, 1): (2, None),
        (10, 3): (0, None),
    }


# -- the same in plain Python


@pytest.fixture(scope="module")
def chaos() -> Iterator[Warehouse]:
    """Few people, campaigns and opportunities, so that all is linked with all; ties and gaps."""
    chance = random.Random(31)  # noqa: S311 - rows, not secrets

    def at() -> datetime | None:
        return chance.choice([None, *[utc(2026, 1, 1) + timedelta(hours=chance.randrange(2_400))] * 20])

    activities = []
    for id in range(900):
        type = chance.choice([*OF_OPPORTUNITIES, 19, 19, 6, 12, 14, 35, 61, *[1, 2, 4, 11, 20] * 8])
        row = touch(id, at(), chance.choice([None, 1, 2, 3]), chance.choice([None, *range(1, 25)]), type)
        activities.append(
            {**row, "opportunity_id": chance.choice([None, *range(1, 25)]) if type in OF_OPPORTUNITIES else None}
        )
    deals = [
        {
            "id": id,
            "value": chance.choice([None, 10.5, 1e13]),
            "status": chance.choice(["Won", "lost", "Open", None]),
            "created_at": at(),
            "closed_at": at(),
            "is_deleted": chance.choice([None, False, id < 4]),
        }
        for id in range(1, 22)
    ]
    with duckdb.connect(":memory:") as connection:
        warehouse = Warehouse(connection)
        warehouse.load("visitor_activities", activities)
        warehouse.load("opportunities", deals)
        warehouse.load("campaigns", [{"id": 1, "name": "One"}])
        warehouse.load("prospects")
        warehouse.build()
        yield warehouse


def people_of(activities: Sequence[Row]) -> dict[int, set[int]]:
    """Return the prospects of every opportunity, after all that happened to them."""
    people: dict[int, set[int]] = defaultdict(set)
    for row in activities:
        if row["type"] in OF_OPPORTUNITIES and row["opportunity_id"] and row["prospect_id"]:
            change = people[row["opportunity_id"]].discard if row["type"] == 38 else people[row["opportunity_id"]].add
            change(row["prospect_id"])
    return people


@pytest.mark.parametrize("world", ["chaos", "company_warehouse"])
def test_influence_equals_plain_python(world: str, request: pytest.FixtureRequest) -> None:
    warehouse: Warehouse = request.getfixturevalue(world)
    activities = warehouse.query("from pardot.visitor_activities order by created_at nulls first, id")
    engagement = {row["type"] for row in warehouse.query("from pardot_marts_views.activity_types where is_engagement")}
    people = people_of(activities)
    expected: dict[tuple[int, int | None], dict[str, Any]] = {}
    for opportunity in warehouse.query("from pardot.opportunities where is_deleted is not true"):
        id, created, ended = opportunity["id"], opportunity["created_at"], opportunity["closed_at"]
        is_closed = (opportunity["status"] or "").lower() in ("won", "lost")
        found: dict[int | None, list[Row]] = defaultdict(list)
        for row in activities:
            if row["prospect_id"] in people[id] and row["type"] in engagement - {12, 14, 35} and row["created_at"]:
                last = max(created, ended or created) if created and is_closed else utc(9999, 1, 1)
                if created and row["created_at"] <= last:
                    found[row["campaign_id"]].append(row)
        for campaign, own in (found or {None: []}).items():
            times = [row["created_at"] for row in own]
            first = times[0] if times else None
            is_over = is_closed and ended is not None
            expected[id, campaign] = {
                "touches": len(own),
                "touches_before_creation": sum(at <= created for at in times),
                "touches_after_creation": sum(at > created for at in times),
                "touching_prospects": len({row["prospect_id"] for row in own}),
                "first_touch_at": first,
                "last_touch_at": times[-1] if times else None,
                "days_to_creation": (created.date() - first.date()).days if first and first <= created else None,
                "days_to_close": (ended.date() - first.date()).days if first and is_over and first <= ended else None,
                "is_won": (opportunity["status"] or "").lower() == "won",
                "is_lost": (opportunity["status"] or "").lower() == "lost",
            }
    rows = warehouse.mart("opportunity_influence")
    columns = next(iter(expected.values()))
    found_rows = {(row["opportunity_id"], row["campaign_id"]): {name: row[name] for name in columns} for row in rows}
    assert found_rows == expected
    assert len(rows) == len(expected)
    assert sum(row["touches_after_creation"] for row in rows) > 5
    assert sum(row["touches_before_creation"] for row in rows) > 5


@pytest.mark.parametrize("world", ["chaos", "company_warehouse"])
def test_touches_and_values_are_those_of_attribution(world: str, request: pytest.FixtureRequest) -> None:
    warehouse: Warehouse = request.getfixturevalue(world)
    touches: dict[int, int] = defaultdict(int)
    values = {}
    for row in warehouse.mart("opportunity_influence"):
        touches[row["opportunity_id"]] += row["touches_before_creation"]
        values[row["opportunity_id"]] = row["opportunity_value"]
    attributed = warehouse.mart("attribution")
    assert touches == {row["opportunity_id"]: row["touches"] for row in attributed}
    assert values == {row["opportunity_id"]: row["opportunity_value"] for row in attributed}


def test_every_formula_gives_its_column(chaos: Warehouse) -> None:
    insist_on_formulas(chaos, "opportunity_influence")
