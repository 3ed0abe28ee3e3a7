"""The funnel: small examples made by hand, and every cell once more in plain Python."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from statistics import fmean, median
from typing import Any

import duckdb
import pytest
from transforms_formulas import insist_on_formulas
from transforms_warehouse import Warehouse, utc

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
COUNTS = ("entered", "advanced", "still_there", "left_otherwise", "entered_again")
DAY = 86_400
STAGES = [{"id": 10 * n, "name": f"Stage {n}", "position": n} for n in (1, 2, 3)]


def move(
    id: int, prospect: int | None, before: int | None, after: int | None, at: datetime | None, **fields: Any
) -> dict[str, Any]:
    stages = {"previous_stage_id": before, "next_stage_id": after}
    return {"id": id, "prospect_id": prospect, "created_at": at, **stages, **fields}


def funnel(warehouse: Warehouse) -> dict[tuple[int, date], tuple[int, ...]]:
    rows = warehouse.mart("lifecycle_funnel")
    return {(row["stage_id"], row["month_starts_on"]): tuple(row[name] for name in COUNTS) for row in rows}


def test_prospect_counts_once_per_stage_in_the_month_of_its_first_entry(warehouse: Warehouse) -> None:
    warehouse.load("lifecycle_stages", STAGES)
    warehouse.load(
        "lifecycle_histories",
        [
            move(1, 1, None, 10, utc(2026, 1, 31, 23, 59, 59)),
            move(2, 1, 10, 20, utc(2026, 2, 1)),
            move(3, 1, 20, 10, utc(2026, 2, 2)),
            move(4, 1, 10, 20, utc(2026, 2, 3)),
        ],
    )
    warehouse.build(select=["lifecycle_funnel"])
    assert funnel(warehouse) == {
        (10, JANUARY): (1, 1, 0, 0, 0),
        (10, FEBRUARY): (0, 0, 0, 0, 1),
        (20, FEBRUARY): (1, 0, 1, 0, 1),
    }
    rates = {(r["stage_id"], r["month_starts_on"]): r["conversion_rate"] for r in warehouse.mart("lifecycle_funnel")}
    assert rates == {(10, JANUARY): 1.0, (10, FEBRUARY): None, (20, FEBRUARY): 0.0}


def test_stage_that_is_jumped_over_is_not_entered_and_the_one_before_has_advanced(warehouse: Warehouse) -> None:
    warehouse.load("lifecycle_stages", STAGES)
    warehouse.load("lifecycle_histories", [move(1, 1, None, 10, utc(2026, 1, 5)), move(2, 1, 10, 30, utc(2026, 1, 6))])
    warehouse.build(select=["lifecycle_funnel"])
    assert funnel(warehouse) == {(10, JANUARY): (1, 1, 0, 0, 0), (30, JANUARY): (1, 0, 1, 0, 0)}


def test_whoever_goes_back_or_out_has_left_otherwise(warehouse: Warehouse) -> None:
    warehouse.load("lifecycle_stages", STAGES)
    warehouse.load(
        "lifecycle_histories",
        [
            move(1, 1, None, 20, utc(2026, 1, 5)),
            move(2, 1, 20, 10, utc(2026, 1, 6)),
            move(3, 2, None, 20, utc(2026, 1, 5)),
            move(4, 2, 20, None, utc(2026, 1, 6)),
            move(5, 3, None, 20, utc(2026, 1, 5)),
            move(6, 3, 20, 99, utc(2026, 1, 6)),
        ],
    )
    warehouse.build(select=["lifecycle_funnel"])
    assert funnel(warehouse) == {
        (10, JANUARY): (1, 0, 1, 0, 0),
        (20, JANUARY): (3, 0, 0, 3, 0),
        (99, JANUARY): (1, 0, 1, 0, 0),
    }
    (unknown,) = (row for row in warehouse.mart("lifecycle_funnel") if row["stage_id"] == 99)
    assert (unknown["stage_name"], unknown["position"], unknown["conversion_rate"]) == (None, None, None)


def test_moves_of_one_second_follow_each_other_by_their_ids(warehouse: Warehouse) -> None:
    at = utc(2026, 1, 5)
    warehouse.load("lifecycle_stages", STAGES)
    warehouse.load("lifecycle_histories", [move(3, 1, 20, 30, at), move(1, 1, None, 10, at), move(2, 1, 10, 20, at)])
    warehouse.build(select=["lifecycle_funnel"])
    assert {stage: counts[1:3] for (stage, _), counts in funnel(warehouse).items()} == {
        10: (1, 0),
        20: (1, 0),
        30: (0, 1),
    }


def test_stages_of_the_same_position_are_not_later_than_each_other(warehouse: Warehouse) -> None:
    warehouse.load("lifecycle_stages", [{"id": 10, "position": 1}, {"id": 11, "position": 1, "is_deleted": True}])
    warehouse.load("lifecycle_histories", [move(1, 1, None, 10, utc(2026, 1, 5)), move(2, 1, 10, 11, utc(2026, 1, 6))])
    warehouse.build(select=["lifecycle_funnel"])
    assert funnel(warehouse)[10, JANUARY] == (1, 0, 0, 1, 0)
    assert [row["is_deleted"] for row in warehouse.mart("lifecycle_funnel")] == [None, True]


def test_move_without_prospect_or_time_is_left_out_and_that_of_a_deleted_prospect_counts(warehouse: Warehouse) -> None:
    warehouse.load("prospects", [{"id": 3, "is_deleted": True}])
    warehouse.load(
        "lifecycle_histories",
        [move(1, None, None, 10, utc(2026, 1, 5)), move(2, 2, None, 10, None), move(3, 3, None, 10, utc(2026, 1, 5))],
    )
    warehouse.build(select=["lifecycle_funnel"])
    assert funnel(warehouse) == {(10, JANUARY): (1, 0, 1, 0, 0)}


def test_durations_are_those_of_finished_first_stays(warehouse: Warehouse) -> None:
    moves = [move(n, n, None, 10, utc(2026, 1, 5)) for n in range(1, 8)]
    days: list[tuple[int, int | None, int | None]] = [(1, 10, 1), (2, 10, 2), (3, 10, 30), (4, 10, None), (5, 30, 50)]
    moves += [
        move(10 + n, n, before, 20, utc(2026, 1, 6), seconds_elapsed=spent and spent * DAY) for n, before, spent in days
    ]
    moves += [
        move(20, 1, 20, 10, utc(2026, 1, 7), seconds_elapsed=900 * DAY),
        move(21, 1, 10, 20, utc(2026, 1, 8), seconds_elapsed=700 * DAY),
        move(22, 6, 10, 10, utc(2026, 1, 8), seconds_elapsed=500 * DAY),
    ]
    warehouse.load("lifecycle_stages", STAGES)
    warehouse.load("lifecycle_histories", moves)
    warehouse.build(select=["lifecycle_funnel"])
    rows = {row["stage_id"]: row for row in warehouse.mart("lifecycle_funnel")}
    assert [rows[10][name] for name in ("finished_stays", "average_days", "median_days")] == [3, 11.0, 2.0]
    assert [rows[20][name] for name in ("finished_stays", "average_days", "median_days")] == [1, 900.0, 900.0]
    warehouse.load("lifecycle_histories", [move(30, 7, 10, 20, utc(2026, 1, 6), seconds_elapsed=4 * DAY)])
    warehouse.build(select=["lifecycle_funnel"])
    (row,) = (row for row in warehouse.mart("lifecycle_funnel") if row["stage_id"] == 10)
    assert (row["finished_stays"], row["average_days"], row["median_days"]) == (4, 9.25, 3.0)


def test_stage_without_finished_stays_has_no_duration(warehouse: Warehouse) -> None:
    warehouse.load("lifecycle_histories", [move(1, 1, None, 10, utc(2026, 1, 5))])
    warehouse.build(select=["lifecycle_funnel"])
    (row,) = warehouse.mart("lifecycle_funnel")
    assert (row["finished_stays"], row["average_days"], row["median_days"]) == (0, None, None)


# -- the same in plain Python


@pytest.fixture(scope="module")
def chaos() -> Iterator[Warehouse]:
    """Moves of all kinds: back and forth, in one second, through gaps, into stages that nobody knows."""
    chance = random.Random(5)  # noqa: S311 - rows, not secrets
    moves = [
        move(
            id,
            chance.choice([None, *range(1, 60)]),
            chance.choice([None, 10, 20, 30, 40]),
            chance.choice([None, 10, 20, 30, 40, 99]),
            chance.choice([None, *[utc(2026, 1, 1) + timedelta(hours=chance.randrange(2_000))] * 30]),
            seconds_elapsed=chance.choice([None, chance.randrange(90 * DAY), chance.randrange(90 * DAY)]),
        )
        for id in range(1, 900)
    ]
    with duckdb.connect(":memory:") as connection:
        warehouse = Warehouse(connection)
        warehouse.load("lifecycle_stages", [*STAGES, {"id": 40, "position": 2}])
        warehouse.load("prospects")
        warehouse.load("lifecycle_histories", moves)
        warehouse.build()
        yield warehouse


def expected_funnel(warehouse: Warehouse) -> dict[tuple[int, date], list[Any]]:
    """Follow every prospect by itself."""
    stages = warehouse.query("select id, position from pardot.lifecycle_stages")
    positions = {row["id"]: row["position"] for row in stages}
    histories: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in warehouse.query("select * from pardot.lifecycle_histories"):
        if row["prospect_id"] is not None and row["created_at"] is not None:
            histories[row["prospect_id"]].append(row)
    counts: dict[tuple[int, date], list[int]] = defaultdict(lambda: [0] * 5)
    stays: dict[tuple[int, date], list[int]] = defaultdict(list)
    for moves in histories.values():
        moves.sort(key=lambda row: (row["created_at"], row["id"]))
        seen = set()
        for place, row in enumerate(moves):
            stage, later = row["next_stage_id"], moves[place + 1 :]
            if stage is None:
                continue
            key = (stage, row["created_at"].date().replace(day=1))
            if stage in seen:
                counts[key][4] += 1
                continue
            seen.add(stage)
            counts[key][0] += 1
            reached = [positions[then["next_stage_id"]] for then in later if then["next_stage_id"] in positions]
            if stage in positions and any(position > positions[stage] for position in reached):
                counts[key][1] += 1
            elif moves[-1]["next_stage_id"] == stage:
                counts[key][2] += 1
            else:
                counts[key][3] += 1
            end = later[0] if later else {"previous_stage_id": None, "next_stage_id": None, "seconds_elapsed": None}
            left = end["previous_stage_id"] == stage and end["next_stage_id"] != stage
            if left and end["seconds_elapsed"] is not None:
                stays[key].append(end["seconds_elapsed"])
    return {
        key: [
            *found,
            found[1] / found[0] if found[0] and key[0] in positions else None,
            len(stays[key]),
            pytest.approx(fmean(stays[key]) / DAY) if stays[key] else None,
            pytest.approx(median(stays[key]) / DAY) if stays[key] else None,
        ]
        for key, found in counts.items()
    }


@pytest.mark.parametrize("world", ["chaos", "company_warehouse"])
def test_funnel_equals_plain_python(world: str, request: pytest.FixtureRequest) -> None:
    warehouse: Warehouse = request.getfixturevalue(world)
    expected = expected_funnel(warehouse)
    columns = (*COUNTS, "conversion_rate", "finished_stays", "average_days", "median_days")
    found = {
        (row["stage_id"], row["month_starts_on"]): [row[name] for name in columns]
        for row in warehouse.mart("lifecycle_funnel")
    }
    assert found == expected
    assert len(expected) > 10
    assert sum(int(counts[1]) for counts in expected.values()) > 20


def test_every_formula_gives_its_column(chaos: Warehouse) -> None:
    insist_on_formulas(chaos, "lifecycle_funnel")
