"""Whom to call: small examples made by hand, and every prospect once more in plain Python."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from transforms_formulas import insist_on_formulas
from transforms_warehouse import Warehouse, utc

NOW = utc(2026, 3, 31, 12)
DAY = timedelta(days=1)
WEEK, MONTH = NOW - 7 * DAY, NOW - 30 * DAY
SECOND = timedelta(seconds=1)
NOBODY = {"id": 9_999, "type": 20, "created_at": NOW}
"""An anonymous visit: what "now" is."""


def done(*acts: tuple[int | None, datetime | None], prospect: int | None = 1, start: int = 1) -> list[dict[str, Any]]:
    return [
        {"id": n, "type": type, "created_at": at, "prospect_id": prospect} for n, (type, at) in enumerate(acts, start)
    ]


def queue(warehouse: Warehouse) -> list[dict[str, Any]]:
    warehouse.build(select=["follow_up_queue"])
    return sorted(warehouse.mart("follow_up_queue"), key=lambda row: row["call_rank"])


def test_row_says_whom_to_call_and_why(warehouse: Warehouse) -> None:
    warehouse.load(
        "prospects",
        [
            {
                "id": 1,
                "first_name": "Ada",
                "last_name": "Lo",
                "prospect_account_id": 5,
                "job_title": "CFO",
                "phone": "+1 555 0100",
                "assigned_to_id": 8,
                "salesforce_id": "003EX",
                "opted_out": True,
                "score": 120,
                "grade": "B+",
            }
        ],
    )
    warehouse.load("prospect_accounts", [{"id": 5, "name": "Example Ltd"}])
    acts = [(4, NOW - DAY), (4, NOW - 9 * DAY), (4, NOW - 10 * DAY), (1, NOW - 2 * DAY), (20, NOW - 20 * DAY)]
    warehouse.load("visitor_activities", [NOBODY, *done(*acts, (11, NOW - 3 * DAY))])
    assert queue(warehouse) == [
        {
            "call_rank": 1,
            "prospect_id": 1,
            "prospect_name": "Ada Lo",
            "prospect_account_id": 5,
            "prospect_account_name": "Example Ltd",
            "job_title": "CFO",
            "assigned_to_id": 8,
            "salesforce_id": "003EX",
            "has_phone": True,
            "is_opted_out": True,
            "as_of": NOW,
            "last_sign_at": NOW - DAY,
            "reasons": "form completed: 1 in 7 days, 3 in 30 days; link clicked: 1 in 7 days; "
            "email opened: 1 in 7 days; score 120; grade B+",
            "score": 120,
            "grade": "B+",
            "activity_points": 20 + 2 * 10 + 5 + 1 + 1,
            "score_points": 6,
            "grade_points": 8,
            "points": 61,
        }
    ]


SUPPRESSED: list[dict[str, Any]] = [{"is_do_not_call": True}, {"is_deleted": True}]


@pytest.mark.parametrize("flags", SUPPRESSED, ids=str)
def test_whoever_must_not_be_called_or_is_deleted_is_not_there(warehouse: Warehouse, flags: Mapping[str, Any]) -> None:
    warehouse.load("prospects", [{"id": 1, "score": 900, "grade": "A", **flags}, {"id": 2}])
    warehouse.load("visitor_activities", [NOBODY, *done((4, NOW)), *done((4, NOW), prospect=2, start=10)])
    assert [row["prospect_id"] for row in queue(warehouse)] == [2]


def test_flag_that_is_not_told_suppresses_nobody_and_prospect_that_is_not_loaded_is_not_there(
    warehouse: Warehouse,
) -> None:
    warehouse.load("prospects", [{"id": 1}], without=["is_do_not_call", "is_deleted", "phone"])
    warehouse.load("visitor_activities", [NOBODY, *done((4, NOW)), *done((4, NOW), prospect=2, start=10)])
    (row,) = queue(warehouse)
    assert (row["prospect_id"], row["has_phone"], row["score_points"], row["grade_points"]) == (1, False, 0, 0)
    assert row["reasons"] == "form completed: 1 in 7 days"


def test_call_needs_an_occasion_however_high_the_score(warehouse: Warehouse) -> None:
    warehouse.load("prospects", [{"id": id, "score": 5_000, "grade": "A+"} for id in range(1, 6)])
    warehouse.load(
        "visitor_activities",
        [
            NOBODY,
            *done((4, MONTH)),
            *done((6, NOW), (13, NOW), (61, NOW), (None, NOW), (8, NOW), prospect=2, start=10),
            *done((4, None), prospect=3, start=20),
            *done((4, NOW), (14, NOW), prospect=4, start=30),
            *done((1, MONTH + SECOND), prospect=5, start=40),
        ],
    )
    rows = queue(warehouse)
    assert [(row["prospect_id"], row["points"]) for row in rows] == [(5, 2 + 15 + 15)]


def test_stretch_of_seven_days_leaves_out_its_older_end(warehouse: Warehouse) -> None:
    warehouse.load("prospects", [{"id": 1, "grade": "A"}, {"id": 2, "grade": "A"}])
    warehouse.load("visitor_activities", [NOBODY, *done((4, WEEK)), *done((4, WEEK + SECOND), prospect=2, start=10)])
    rows = queue(warehouse)
    assert [(row["prospect_id"], row["activity_points"]) for row in rows] == [(2, 20), (1, 10)]
    assert [row["reasons"] for row in rows] == [
        "form completed: 1 in 7 days; grade A",
        "form completed: 1 in 30 days; grade A",
    ]


def test_only_the_first_few_of_a_type_count_in_each_stretch(warehouse: Warehouse) -> None:
    warehouse.load("prospects", [{"id": 1, "grade": "A"}])
    scanner = [(11, NOW)] * 300 + [(1, NOW)] * 200 + [(1, NOW - 8 * DAY)] * 200
    warehouse.load("visitor_activities", [NOBODY, *done(*scanner)])
    (row,) = queue(warehouse)
    assert row["activity_points"] == 3 * 1 + 5 * 5 + 5 * 2


@pytest.mark.parametrize(
    ("grade", "points"),
    [("A+", 15), ("b-", 8), (" C", 0), ("D", -8), ("F", -15), ("E", 0), ("", 0), (None, 0)],
    ids=str,
)
def test_letter_of_the_grade_counts(warehouse: Warehouse, grade: str | None, points: int) -> None:
    warehouse.load("prospects", [{"id": 1, "grade": grade}])
    warehouse.load("visitor_activities", [NOBODY, *done((4, NOW), (4, NOW))])
    (row,) = queue(warehouse)
    assert (row["grade_points"], row["points"]) == (points, 40 + points)
    assert ("grade" in row["reasons"]) == (points > 0)


@pytest.mark.parametrize(("score", "points"), [(None, 0), (0, 0), (19, 0), (20, 1), (299, 14), (9_000, 15), (-1, -1)])
def test_score_counts_one_point_for_twenty_and_fifteen_at_most(
    warehouse: Warehouse, score: int | None, points: int
) -> None:
    warehouse.load("prospects", [{"id": 1, "score": score}])
    warehouse.load("visitor_activities", [NOBODY, *done((4, NOW), (4, NOW))])
    (row,) = queue(warehouse)
    assert (row["score_points"], row["points"]) == (points, 40 + points)
    assert ("score" in row["reasons"]) == (points > 0)


def test_prospect_is_worth_a_call_from_the_least_points_on(warehouse: Warehouse) -> None:
    warehouse.load("prospects", [{"id": 1, "score": 399}, {"id": 2, "score": 80}, {"id": 3, "score": 60}])
    acts = [(1, NOW), (1, NOW), (1, NOW), (11, NOW)]
    warehouse.load("visitor_activities", [NOBODY, *done(*acts, prospect=2), *done(*acts, prospect=3, start=10)])
    assert [(row["prospect_id"], row["points"]) for row in queue(warehouse)] == [(2, 20)]


def test_what_speaks_against_a_call_costs_points_and_is_neither_a_sign_nor_a_reason(warehouse: Warehouse) -> None:
    warehouse.load("prospects", [{"id": 1}])
    warehouse.load("visitor_activities", [NOBODY, *done((4, NOW - DAY), (4, NOW - DAY), (12, NOW), (35, NOW - SECOND))])
    (row,) = queue(warehouse)
    assert (row["activity_points"], row["last_sign_at"]) == (40 - 10 - 10, NOW - DAY)
    assert row["reasons"] == "form completed: 2 in 7 days"


def test_ties_go_to_the_latest_sign_and_then_to_the_smaller_id(warehouse: Warehouse) -> None:
    warehouse.load("prospects", [{"id": id} for id in (1, 2, 3, 4)])
    warehouse.load(
        "visitor_activities",
        [
            NOBODY,
            *done((4, NOW - DAY), (6, NOW), (12, NOW), (20, NOW - 8 * DAY), prospect=4),
            *done((4, NOW - DAY), prospect=3, start=10),
            *done((4, NOW - DAY), prospect=2, start=20),
            *done((4, NOW - SECOND), prospect=1, start=30),
        ],
    )
    assert [row["prospect_id"] for row in queue(warehouse)] == [1, 2, 3]
    warehouse.load("prospects", [{"id": 5, "grade": "A"}])
    warehouse.load("visitor_activities", done((4, NOW - 2 * DAY), prospect=5, start=40))
    rows = queue(warehouse)
    assert [(row["prospect_id"], row["call_rank"]) for row in rows] == [(5, 1), (1, 2), (2, 3), (3, 4)]


# -- the same in plain Python


@pytest.fixture(scope="module")
def chaos() -> Iterator[Warehouse]:
    chance = random.Random(3)  # noqa: S311 - rows, not secrets
    edges = [NOW, WEEK, WEEK + SECOND, MONTH, MONTH + SECOND, None]
    activities = [
        {
            "id": id,
            "type": chance.choice([None, 61, 6, 6, *range(1, 39)]),
            "prospect_id": chance.choice([None, *range(1, 120)]),
            "created_at": chance.choice([*edges, *[NOW - timedelta(minutes=chance.randrange(86_400))] * 20]),
        }
        for id in range(1, 900)
    ]
    flags = (None, None, False, False, True)
    prospects = [
        {
            "id": id,
            "score": chance.choice([None, chance.randrange(-50, 500)]),
            "grade": chance.choice([None, "A+", "A", "B-", "C", "D", "F"]),
            "is_do_not_call": chance.choice(flags),
            "is_deleted": chance.choice(flags),
        }
        for id in range(5, 120)
    ]
    with duckdb.connect(":memory:") as connection:
        warehouse = Warehouse(connection)
        warehouse.load("visitor_activities", [NOBODY, *activities])
        warehouse.load("prospects", prospects)
        warehouse.build()
        yield warehouse


GRADES = {"A": 15, "B": 8, "D": -8, "F": -15}


def expected_queue(warehouse: Warehouse) -> list[tuple[int, int, int, int]]:
    """Return prospect and points of activity, score and grade, in the order to call."""
    weights = {row["type"]: row for row in warehouse.query("from pardot_marts_views.follow_up_weights")}
    activities = warehouse.query("from pardot.visitor_activities where created_at is not null")
    now = max(row["created_at"] for row in activities)
    recent: Counter[tuple[int, int]] = Counter()
    older: Counter[tuple[int, int]] = Counter()
    for row in activities:
        key = (row["prospect_id"], row["type"])
        if row["type"] in weights and row["created_at"] > now - 30 * DAY:
            (recent if row["created_at"] > now - 7 * DAY else older)[key] += 1
    found = []
    for prospect in warehouse.query("from pardot.prospects"):
        if prospect["is_deleted"] or prospect["is_do_not_call"]:
            continue
        points, signs = 0, []
        for type, weight in weights.items():
            key = (prospect["id"], type)
            of_type = weight["points_7d"] * min(recent[key], weight["most"])
            of_type += weight["points_30d"] * min(older[key], weight["most"])
            points += of_type
            if of_type > 0:
                signs += [row["created_at"] for row in activities if (row["prospect_id"], row["type"]) == key]
        of_score = min((prospect["score"] or 0) // 20, 15)
        of_grade = GRADES.get((prospect["grade"] or "?")[0], 0)
        if points > 0 and points + of_score + of_grade >= 20:
            total = points + of_score + of_grade
            order = (-total, -max(signs).timestamp(), prospect["id"])
            found.append((order, (prospect["id"], points, of_score, of_grade)))
    return [row for _, row in sorted(found)]


@pytest.mark.parametrize("world", ["chaos", "company_warehouse"])
def test_queue_equals_plain_python(world: str, request: pytest.FixtureRequest) -> None:
    warehouse: Warehouse = request.getfixturevalue(world)
    expected = expected_queue(warehouse)
    rows = sorted(warehouse.mart("follow_up_queue"), key=lambda row: row["call_rank"])
    columns = ("prospect_id", "activity_points", "score_points", "grade_points")
    assert [tuple(row[name] for name in columns) for row in rows] == expected
    assert [row["call_rank"] for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) > 10


def test_every_formula_gives_its_column(chaos: Warehouse) -> None:
    insist_on_formulas(chaos, "follow_up_queue")
