"""Attribution: small examples made by hand, the sums that must come out, and every part once more in plain Python."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest
from transforms_formulas import insist_on_formulas
from transforms_warehouse import Warehouse, utc

MODELS = ("first", "last", "linear", "u_shaped", "w_shaped", "time_decay")
DEAL_AT = utc(2026, 3, 20, 12)
DAY = timedelta(days=1)


def activity(id: int, type: int, at: datetime | None, prospect: int | None = 1, **fields: Any) -> dict[str, Any]:
    return {"id": id, "type": type, "created_at": at, "prospect_id": prospect, **fields}


def link(
    id: int, type: int = 8, at: datetime = DEAL_AT, prospect: int | None = 1, opportunity: int = 7
) -> dict[str, Any]:
    return activity(id, type, at, prospect, opportunity_id=opportunity)


def deal(**fields: Any) -> dict[str, Any]:
    return {"id": 7, "value": 1_000.0, "created_at": DEAL_AT, **fields}


def touches(*days: int, prospect: int = 1, start: int = 1) -> list[dict[str, Any]]:
    """Return one click so many days before the deal each."""
    return [activity(n, 1, DEAL_AT - day * DAY, prospect) for n, day in enumerate(days, start)]


def parts(warehouse: Warehouse, model: str) -> list[tuple[int | None, Decimal | None]]:
    rows = [row for row in warehouse.mart("attribution") if row["model"] == model]
    return [(row["activity_id"], row["attributed_value"]) for row in sorted(rows, key=lambda row: row["touch_number"])]


def money(*amounts: str) -> list[Decimal]:
    return [Decimal(amount) for amount in amounts]


FIVE: dict[str, list[str]] = {
    "first": ["100.00"],
    "last": ["100.00"],
    "linear": ["20.00"] * 5,
    "u_shaped": ["40.00", "6.66", "6.67", "6.67", "40.00"],
    "w_shaped": ["30.00", "5.00", "30.00", "5.00", "30.00"],
    "time_decay": ["6.45", "12.90", "12.90", "16.13", "51.62"],
}


def test_each_model_shares_the_value_in_its_own_way(warehouse: Warehouse) -> None:
    days = (22, 15, 15, 8, 1)
    warehouse.load("opportunities", [deal(value=100.0)])
    warehouse.load("prospects", [{"id": 1, "created_at": DEAL_AT - 15 * DAY + timedelta(minutes=1)}])
    rows = touches(*days)
    rows[1]["created_at"] -= timedelta(hours=2)  # the same day, and before the prospect was known
    rows[3]["created_at"] += 3 * DAY  # five days before: not a power of two
    warehouse.load("visitor_activities", [*rows, link(90)])
    warehouse.build(select=["int_attribution_totals"])
    found = {model: [value for _, value in parts(warehouse, model)] for model in MODELS}
    weights = [Fraction(1, 8), Fraction(1, 4), Fraction(1, 4), Fraction(2 ** (-4 / 7)), Fraction(1)]
    assert {model: found[model] for model in MODELS[:-1]} == {model: money(*FIVE[model]) for model in MODELS[:-1]}
    told = [float(value) for value in found["time_decay"] if value is not None]
    assert told == pytest.approx([float(100 * weight / sum(weights)) for weight in weights], abs=0.01)
    assert sum(told) == pytest.approx(100)


def test_one_touch_gets_all_and_two_share_what_nobody_is_there_for(warehouse: Warehouse) -> None:
    warehouse.load("opportunities", [deal(), deal(id=8)])
    warehouse.load("prospects", [{"id": 1, "created_at": DEAL_AT - 50 * DAY}])
    warehouse.load(
        "visitor_activities",
        [
            *touches(5),
            *touches(5, 5, prospect=2, start=11),
            link(90),
            link(91, prospect=2, opportunity=8),
        ],
    )
    warehouse.build(select=["int_attribution_totals"])
    for model in MODELS:
        assert (1, Decimal("1000.00")) in parts(warehouse, model)
    of_two = {model: [value for id, value in parts(warehouse, model) if id in (11, 12)] for model in MODELS}
    halves = money("500.00", "500.00")
    assert of_two == {
        "first": money("1000.00"),
        "last": money("1000.00"),
        "linear": halves,
        "u_shaped": halves,
        "w_shaped": halves,
        "time_decay": halves,
    }


def test_touch_that_made_a_prospect_known_is_the_first_not_five_minutes_older_than_it(warehouse: Warehouse) -> None:
    known_at = DEAL_AT - 10 * DAY
    late = [timedelta(days=-3), timedelta(minutes=-5, seconds=-1), timedelta(minutes=-5), timedelta(days=1)]
    warehouse.load("opportunities", [deal()])
    warehouse.load("prospects", [{"id": 1, "created_at": known_at}])
    warehouse.load("visitor_activities", [activity(n, 4, known_at + wait) for n, wait in enumerate(late)] + [link(90)])
    warehouse.build(select=["int_attribution_totals"])
    rows = [row for row in warehouse.mart("attribution") if row["model"] == "w_shaped"]
    assert {row["activity_id"]: row["is_lead_creation"] for row in rows} == {0: False, 1: False, 2: True, 3: False}
    assert [value for _, value in parts(warehouse, "w_shaped")] == money("300.00", "100.00", "300.00", "300.00")


def test_without_a_lead_creation_its_weight_goes_to_the_others(warehouse: Warehouse) -> None:
    warehouse.load("opportunities", [deal(value=700.0)])
    warehouse.load("prospects", [{"id": 1, "created_at": DEAL_AT}])
    warehouse.load("visitor_activities", [*touches(3, 2, 1), link(90)])
    warehouse.build(select=["int_attribution_totals"])
    assert [value for _, value in parts(warehouse, "w_shaped")] == money("300.00", "100.00", "300.00")


def test_only_own_engagement_up_to_the_second_of_the_creation_is_a_touch(warehouse: Warehouse) -> None:
    before = DEAL_AT - DAY
    no_touch = [6, 13, 36, 8, 23, 61, 12, 14, 35]
    warehouse.load("opportunities", [deal()])
    warehouse.load(
        "visitor_activities",
        [
            *[activity(n, type, before) for n, type in enumerate(no_touch, 1)],
            activity(20, 11, before),
            activity(21, 4, DEAL_AT),
            activity(22, 4, DEAL_AT + timedelta(seconds=1)),
            activity(23, 4, None),
            activity(24, 4, before, prospect=2),
            activity(25, 4, before, prospect=None),
            link(90),
        ],
    )
    warehouse.build(select=["int_attribution_totals"])
    assert [id for id, _ in parts(warehouse, "linear")] == [20, 21]


def test_prospect_belongs_to_an_opportunity_until_it_is_unlinked(warehouse: Warehouse) -> None:
    warehouse.load("opportunities", [deal(id=id) for id in range(1, 8)])
    later, same = DEAL_AT + DAY, DEAL_AT
    stories: list[list[tuple[int, datetime]]] = [
        [(19, DEAL_AT)],
        [(8, DEAL_AT), (38, later)],
        [(19, DEAL_AT), (38, later), (19, later + DAY)],
        [(19, same), (38, same)],
        [(38, same), (19, same)],
        [(9, DEAL_AT)],
        [(20, DEAL_AT), (2, DEAL_AT)],
    ]
    links = [
        link(100 * opportunity + n, type, at, opportunity=opportunity)
        for opportunity, story in enumerate(stories, 1)
        for n, (type, at) in enumerate(story)
    ]
    warehouse.load("visitor_activities", [*touches(5), *links])
    warehouse.build(select=["int_attribution_totals"])
    rows = [row for row in warehouse.mart("attribution") if row["model"] == "first"]
    assert [row["opportunity_id"] for row in rows if row["is_attributed"]] == [1, 3, 5, 6]


def test_prospect_that_is_named_often_brings_its_touches_once(warehouse: Warehouse) -> None:
    warehouse.load("opportunities", [deal()])
    warehouse.load("visitor_activities", [*touches(5, 4), link(90), link(91, 19), link(92, 9), link(93, 19)])
    warehouse.build(select=["int_attribution_totals"])
    assert parts(warehouse, "linear") == [(1, Decimal(500)), (2, Decimal(500))]


def test_touches_of_all_prospects_of_an_opportunity_stand_in_one_order(warehouse: Warehouse) -> None:
    warehouse.load("opportunities", [deal()])
    warehouse.load("prospects", [{"id": 2, "is_deleted": True, "created_at": DEAL_AT - 5 * DAY}])
    warehouse.load(
        "visitor_activities",
        [*touches(5, 3), *touches(4, 3, prospect=2, start=11), link(90), link(91, 19, prospect=2)],
    )
    warehouse.build(select=["int_attribution_totals"])
    rows = sorted(warehouse.mart("attribution"), key=lambda row: row["touch_number"])
    linear = [row for row in rows if row["model"] == "linear"]
    assert [(row["activity_id"], row["prospect_id"]) for row in linear] == [(1, 1), (11, 2), (2, 1), (12, 2)]
    assert [row["activity_id"] for row in linear if row["is_lead_creation"]] == [11]
    assert {row["touches"] for row in rows} == {4}


UNATTRIBUTED: list[dict[str, Any]] = [
    {"id": 1, "value": 10.5, "created_at": DEAL_AT},
    {"id": 2, "value": None, "created_at": DEAL_AT},
    {"id": 3, "value": 1.0, "created_at": None},
    {"id": 4, "value": 0.0, "created_at": DEAL_AT},
    {"id": 5, "value": 1e15, "created_at": DEAL_AT},
    {"id": 6, "value": 9.0, "created_at": DEAL_AT, "is_deleted": True},
]


def test_opportunity_without_touches_has_one_row_per_model_and_deleted_ones_none(warehouse: Warehouse) -> None:
    warehouse.load("opportunities", UNATTRIBUTED)
    warehouse.load("visitor_activities", [*touches(5), link(90, opportunity=3), link(91, opportunity=6)])
    warehouse.build(select=["int_attribution_totals"])
    rows = warehouse.mart("attribution")
    values = {1: Decimal("10.50"), 2: None, 3: Decimal("1.00"), 4: Decimal("0.00"), 5: None}
    assert len(rows) == len(values) * len(MODELS)
    for row in rows:
        assert row["attributed_value"] == values[row["opportunity_id"]]
        assert (row["is_attributed"], row["activity_id"], row["touches"]) == (False, None, 0)
        assert (row["verb"], row["share"]) == ("unattributed", 1.0)


def test_touches_are_counted_where_a_model_of_ones_own_credits_none(warehouse: Warehouse, tmp_path: Path) -> None:
    columns = "model", "first_weight", "lead_weight", "last_weight", "other_weight", "half_life_days"
    values = ["'lead_only'", *(f"cast({value} as bigint)" for value in (0, 1, 0, 0, "null"))]
    select = ", ".join(f"{value} as {name}" for name, value in zip(columns, values, strict=True))
    (tmp_path / "attribution_weights.sql").write_text(f"-- One row per model.\nselect {select}\n", "utf-8")
    warehouse.load("opportunities", [deal()])
    warehouse.load("visitor_activities", [*touches(5, 3), link(90)])
    warehouse.build(select=["int_attribution_totals"], rules=tmp_path)
    (row,) = warehouse.mart("attribution")
    assert (row["is_attributed"], row["touches"], row["attributed_value"]) == (False, 2, Decimal(1_000))


def test_touch_row_says_what_was_touched(warehouse: Warehouse) -> None:
    warehouse.load("opportunities", [deal(name="Pumps", campaign_id=4, status="Won", closed_at=DEAL_AT + DAY)])
    warehouse.load("campaigns", [{"id": 3, "name": "Spring"}])
    warehouse.load("forms", [{"id": 21, "name": "Contact"}])
    warehouse.load("visitor_activities", [activity(1, 4, DEAL_AT - DAY, form_id=21, campaign_id=3), link(90)])
    warehouse.build(select=["int_attribution_totals"])
    (row,) = (row for row in warehouse.mart("attribution") if row["model"] == "linear")
    expected = {
        "opportunity_name": "Pumps",
        "opportunity_campaign_id": 4,
        "opportunity_status": "Won",
        "opportunity_created_at": DEAL_AT,
        "opportunity_closed_at": DEAL_AT + DAY,
        "touched_at": DEAL_AT - DAY,
        "verb": "Success",
        "asset_kind": "form",
        "asset_id": 21,
        "asset_name": "Contact",
        "campaign_id": 3,
        "campaign_name": "Spring",
    }
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize("value", [0.01, 0.07, 100.0, 1_000_000.01, 999_999_999.99, 12_345_678_901.23, -33.34])
def test_parts_add_up_to_the_cent_whatever_the_value(warehouse: Warehouse, value: float) -> None:
    days = [day % 400 for day in range(0, 3_000, 43)]
    warehouse.load("opportunities", [deal(value=value)])
    warehouse.load("visitor_activities", [*touches(*days), link(9_000)])
    warehouse.build(select=["int_attribution_totals"])
    for model in MODELS:
        found = [part for _, part in parts(warehouse, model) if part is not None]
        assert sum(found) == Decimal(str(value))
        assert len(found) > 1 or model in ("first", "last")


# -- the same in plain Python


@pytest.fixture(scope="module")
def chaos() -> Iterator[Warehouse]:
    """Few people and opportunities, so that all is linked with all; ties, gaps, odd values."""
    chance = random.Random(11)  # noqa: S311 - rows, not secrets
    start = DEAL_AT - 200 * DAY

    def at() -> datetime | None:
        return chance.choice([None, *[start + timedelta(hours=chance.randrange(4_800))] * 20])

    people = range(1, 30)
    types = [8, 9, 10, 18, 19, 19, 38, 6, 12, 14, 35, 61, *[1, 2, 4, 11, 20] * 12]
    activities = []
    for id in range(1, 800):
        type, prospect = chance.choice(types), chance.choice([None, *people])
        opportunity = chance.choice([None, *range(1, 25)]) if type in (8, 9, 10, 18, 19, 38) else None
        activities.append({**activity(id, type, at()), "prospect_id": prospect, "opportunity_id": opportunity})
    values = [None, 0.0, 1e13, *[float(f"{chance.randrange(10**8)}.{chance.randrange(100):02}") for _ in range(9)]]
    deals = [
        {
            "id": id,
            "value": chance.choice(values),
            "created_at": at(),
            "is_deleted": chance.choice([None, False, id < 4]),
        }
        for id in range(1, 22)
    ]
    with duckdb.connect(":memory:") as connection:
        warehouse = Warehouse(connection)
        warehouse.load("visitor_activities", activities)
        warehouse.load("opportunities", deals)
        warehouse.load("prospects", [{"id": id, "created_at": at()} for id in people[4:]])
        warehouse.build()
        yield warehouse


OWN = {"first": (1, 0, 0), "last": (0, 0, 1), "u_shaped": (40, 0, 40), "w_shaped": (30, 30, 30)}
OTHER = {"linear": 1, "time_decay": 1, "u_shaped": 20, "w_shaped": 10}
ENGAGEMENT = {1, 2, 3, 4, 5, 7, 11, 15, 16, 17, 20, 21, 22, *range(24, 35), 37}


def shares(model: str, dates: Sequence[datetime], lead: int | None) -> list[Fraction]:
    """Return the share of each touch, exactly."""
    own = [Fraction(0)] * len(dates)
    if model in OWN:
        for place, weight in zip((0, lead, len(dates) - 1), OWN[model], strict=True):
            if place is not None:
                own[place] += weight
    others = sum(weight == 0 for weight in own)
    weights = [weight or Fraction(OTHER.get(model, 0), others) for weight in own]
    if model == "time_decay":
        days = [(dates[-1].date() - date.date()).days for date in dates]
        weights = [Fraction(int(10**9 * 0.5 ** (day / 7))) for day in days]
    return [weight / sum(weights) for weight in weights]


def expected_shares(warehouse: Warehouse) -> dict[tuple[int, str, int | None], Fraction]:
    """Return the share of every touch of every opportunity and model."""
    activities = warehouse.query("from pardot.visitor_activities order by created_at nulls first, id")
    known = {row["id"]: row["created_at"] for row in warehouse.query("from pardot.prospects")}
    standing: dict[tuple[int, int], int] = {}
    done: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in activities:
        if row["type"] in (8, 9, 10, 18, 19, 38) and row["opportunity_id"] and row["prospect_id"]:
            standing[row["opportunity_id"], row["prospect_id"]] = row["type"]
        if row["type"] in ENGAGEMENT and row["prospect_id"] and row["created_at"]:
            done[row["prospect_id"]].append(row)
    expected: dict[tuple[int, str, int | None], Fraction] = {}
    for opportunity in warehouse.query("from pardot.opportunities where is_deleted is not true"):
        id, created_at = opportunity["id"], opportunity["created_at"]
        people = [prospect for (deal, prospect), type in standing.items() if deal == id and type != 38]
        found = [row for prospect in people for row in done[prospect] if created_at and row["created_at"] <= created_at]
        found.sort(key=lambda row: (row["created_at"], row["id"]))
        dates, lead = [row["created_at"] for row in found], None
        for place, row in reversed(list(enumerate(found))):
            born = known.get(row["prospect_id"])
            if born and row["created_at"] >= born - timedelta(minutes=5):
                lead = place
        for model in MODELS:
            if not found:
                expected[id, model, None] = Fraction(1)
                continue
            for row, share in zip(found, shares(model, dates, lead), strict=True):
                if share:
                    expected[id, model, row["id"]] = share
    return expected


@pytest.mark.parametrize("world", ["chaos", "company_warehouse"])
def test_attribution_equals_plain_python(world: str, request: pytest.FixtureRequest) -> None:
    warehouse: Warehouse = request.getfixturevalue(world)
    expected = expected_shares(warehouse)
    rows = warehouse.mart("attribution")
    found = {(row["opportunity_id"], row["model"], row["activity_id"]): row for row in rows}
    assert len(found) == len(rows)
    assert found.keys() == expected.keys()
    assert sum(id is not None for _, _, id in expected) > 100
    for key, share in expected.items():
        value, part = found[key]["opportunity_value"], found[key]["attributed_value"]
        assert abs(found[key]["share"] - share) < 1e-12
        assert (value is None and part is None) or abs(Fraction(part) - Fraction(value) * share) <= Fraction(1, 100)


@pytest.mark.parametrize("world", ["chaos", "company_warehouse"])
def test_parts_of_each_model_add_up_to_the_value_of_all_opportunities(
    world: str, request: pytest.FixtureRequest
) -> None:
    warehouse: Warehouse = request.getfixturevalue(world)
    raw = warehouse.query("from pardot.opportunities where is_deleted is not true")
    values = [Decimal(str(row["value"])) for row in raw if row["value"] is not None and row["value"] < 1e12]
    assert len(values) > 3
    for model in MODELS:
        rows = [row for row in warehouse.mart("attribution") if row["model"] == model]
        assert sum(row["attributed_value"] for row in rows if row["attributed_value"] is not None) == sum(values)
        assert sum(row["share"] for row in rows) == pytest.approx(len(raw))


def test_every_formula_gives_its_column(chaos: Warehouse) -> None:
    insist_on_formulas(chaos, "attribution")
