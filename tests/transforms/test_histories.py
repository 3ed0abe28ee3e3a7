"""Versions of rows: what opens one, when it begins, and the same once more in plain Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transforms_histories import (
    BEGAN,
    HISTORIES,
    MADE,
    TRACKED,
    VALUES,
    insist_on_one_version_at_any_instant,
    load_id,
    merge,
    told,
    versions,
)
from transforms_warehouse import Row, Warehouse, utc

# What opens a version, and when it begins


def test_first_version_begins_at_the_last_change_and_says_that_what_came_before_is_unknown(
    warehouse: Warehouse, no_models: Path
) -> None:
    merge(
        warehouse,
        "prospects",
        utc(2026, 2, 1),
        {"id": 1, "score": 5, **MADE},
        {"id": 2, "score": 6, "created_at": BEGAN, "updated_at": BEGAN},
        {"id": 3, "score": 7},
        {"id": 4, "score": 8, "created_at": BEGAN},
    )
    warehouse.build(models=no_models)
    assert told(warehouse, "id", "score", "version", "valid_from", "valid_to", "is_current", "is_past_unknown") == [
        (1, 5, 1, utc(2026, 1, 10), None, True, True),
        (2, 6, 1, BEGAN, None, True, False),
        (3, 7, 1, utc(2026, 2, 1), None, True, True),
        (4, 8, 1, utc(2026, 2, 1), None, True, True),
    ]
    assert told(warehouse, "loaded_at", "_dlt_load_id")[0] == (utc(2026, 2, 1), load_id(utc(2026, 2, 1)))


def test_version_begins_at_the_change_where_that_is_told_and_else_at_the_load_that_brought_it(
    warehouse: Warehouse, no_models: Path
) -> None:
    states: list[tuple[datetime, Row]] = [
        (utc(2026, 2, 1), {"score": 1, **MADE}),
        (utc(2026, 2, 2), {"score": 2, **MADE, "updated_at": utc(2026, 2, 1, 20)}),
        (utc(2026, 2, 3), {"score": 3, **MADE, "updated_at": utc(2026, 2, 1, 20)}),  # changed without a stamp
        (utc(2026, 2, 4), {"score": 4, **MADE, "updated_at": utc(2026, 2, 2)}),  # older than what is known
        (utc(2026, 2, 5), {"score": 5, **MADE, "updated_at": None}),
        (utc(2026, 2, 4), {"score": 6, **MADE, "updated_at": None}),  # by a clock that was set back
        (utc(2026, 2, 6), {"score": 1, **MADE, "updated_at": utc(2026, 2, 5, 1)}),  # as it was once
    ]
    for at, state in states:
        merge(warehouse, "prospects", at, {"id": 1, **state})
        warehouse.build(models=no_models)
    assert told(warehouse, "version", "score", "valid_from", "is_past_unknown") == [
        (1, 1, utc(2026, 1, 10), True),
        (2, 2, utc(2026, 2, 1, 20), False),
        (3, 3, utc(2026, 2, 3), False),
        (4, 4, utc(2026, 2, 4), False),
        (5, 5, utc(2026, 2, 5), False),
        (6, 6, utc(2026, 2, 5) + timedelta(microseconds=1), False),
        (7, 1, utc(2026, 2, 5, 1), False),
    ]
    insist_on_one_version_at_any_instant(versions(warehouse))


def test_row_that_comes_again_as_it_was_opens_no_version(warehouse: Warehouse, no_models: Path) -> None:
    merge(warehouse, "prospects", utc(2026, 2, 1), {"id": 1, "score": 1, "first_name": "Ada", **MADE})
    warehouse.build(models=no_models)
    before = versions(warehouse)
    merge(warehouse, "prospects", utc(2026, 2, 2), {"id": 1, "score": 1, "first_name": "Ada", **MADE})
    again = warehouse.build(models=no_models)
    later = {**MADE, "updated_at": utc(2026, 2, 3)}
    merge(warehouse, "prospects", utc(2026, 2, 4), {"id": 1, "score": 1, "first_name": "Grace", **later})
    other = warehouse.build(models=no_models)
    assert [(result.histories[0].compared, result.histories[0].versions) for result in (again, other)] == [(1, 0)] * 2
    assert versions(warehouse) == before


def test_purged_row_gets_a_version_that_says_so_and_another_one_when_it_comes_back(
    warehouse: Warehouse, no_models: Path
) -> None:
    gone = {"is_deleted": True, "purged_at": utc(2026, 2, 5)}
    for at, state in (
        (utc(2026, 2, 1), {"is_deleted": False}),
        (utc(2026, 2, 5, 1), gone),
        (utc(2026, 2, 9), {"is_deleted": False}),
    ):
        merge(warehouse, "prospects", at, {"id": 1, "score": 7, **MADE, **state})
        warehouse.build(models=no_models)
    assert told(warehouse, "score", "is_deleted", "purged_at", "valid_from", "is_current") == [
        (7, False, None, utc(2026, 1, 10), False),
        (7, True, utc(2026, 2, 5), utc(2026, 2, 5), False),
        (7, False, None, utc(2026, 2, 9), True),
    ]


def test_of_two_loads_between_builds_the_last_state_is_known(warehouse: Warehouse, no_models: Path) -> None:
    for day, score in ((1, 10), (2, 20), (3, 30)):
        row = {"id": 1, "score": score, "created_at": BEGAN, "updated_at": utc(2026, 2, day)}
        merge(warehouse, "prospects", utc(2026, 2, day, 1), row)
        if day != 2:
            warehouse.build(models=no_models)
    assert told(warehouse, "score", "valid_from") == [(10, utc(2026, 2, 1)), (30, utc(2026, 2, 3))]


@pytest.mark.parametrize("name", HISTORIES)
def test_change_of_each_tracked_column_opens_a_version_also_from_and_to_null(
    warehouse: Warehouse, no_models: Path, name: str
) -> None:
    """One row per tracked column, in which only that one changes."""
    history = HISTORIES[name]
    courses = {column: (None, *VALUES[history.source.columns[column]], None, None) for column in history.tracked}
    for day in range(5):
        rows = [
            {"id": number, column: course[day], "created_at": BEGAN}
            for number, (column, course) in enumerate(courses.items())
        ]
        merge(warehouse, history.source.name, utc(2026, 2, day + 1), *rows)
        warehouse.build(models=no_models)
    found = versions(warehouse, name)
    for number, (column, course) in enumerate(courses.items()):
        assert [row[column] for row in found if row["id"] == number] == list(course[:4]), column


# Random courses of events, and the same told in Python


def row_of(chance: st.DataObject, number: int, day: int, before: Row | None) -> Row:
    """Draw what a load brings of one id: the same again, a change with or without a stamp, the end, a return."""
    if before is not None and chance.draw(st.booleans()):
        return before
    stamps = st.none() | st.integers(0, 12).map(lambda hours: utc(2026, 2, day) - timedelta(hours=6 * hours))
    purged_at = utc(2026, 2, day) - timedelta(minutes=chance.draw(st.sampled_from((0, 30))))
    is_purged = chance.draw(st.sampled_from((False, False, False, True)))
    return {
        "id": number,
        "score": chance.draw(st.sampled_from((None, 1, 2))),
        "grade": chance.draw(st.sampled_from((None, "A"))),
        "assigned_to_id": chance.draw(st.sampled_from((7, 8))),
        "is_deleted": is_purged or chance.draw(st.sampled_from((None, False, True))),
        "purged_at": purged_at if is_purged else None,
        "created_at": None if before is None and day % 7 == 0 else BEGAN,
        "updated_at": chance.draw(stamps),
    }


class Told:
    """The history as Python tells it, from what the raw table held at each build."""

    def __init__(self) -> None:
        self.versions: dict[int, list[dict[str, Any]]] = {}
        self._seen: set[datetime] = set()

    def look(self, raw: Mapping[int, tuple[datetime, Row]]) -> None:
        for number, (loaded_at, row) in raw.items():
            if loaded_at not in self._seen:
                self._compare(number, loaded_at, row)
        self._seen |= {loaded_at for loaded_at, _ in raw.values()}

    def _compare(self, number: int, loaded_at: datetime, row: Row) -> None:
        mine = self.versions.setdefault(number, [])
        state = {name: row[name] for name in TRACKED}
        if mine and {name: mine[-1][name] for name in TRACKED} == state:
            return
        stamps = [at for at in (row["updated_at"], row["purged_at"]) if at is not None]
        valid_from = max(stamps) if stamps else loaded_at
        if mine:
            last = mine[-1]
            if not stamps or valid_from <= last["valid_from"]:
                valid_from = max(loaded_at, last["valid_from"] + timedelta(microseconds=1))
            last["valid_to"], last["is_current"] = valid_from, False
        mine.append(
            {
                "id": number,
                "version": len(mine) + 1,
                **state,
                "valid_from": valid_from,
                "valid_to": None,
                "is_current": True,
                "is_past_unknown": not mine and (row["created_at"] is None or row["created_at"] < valid_from),
                "loaded_at": loaded_at,
            }
        )


def score_history_of(told: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of `score_history` of one prospect: stretches of versions in which what they show is the same."""
    rows: list[dict[str, Any]] = []
    for version in told:
        state = (version["score"], version["grade"], bool(version["is_deleted"]))
        if rows and (rows[-1]["score"], rows[-1]["grade"], rows[-1]["is_deleted"]) == state:
            continue
        before = rows[-1] if rows else None
        scores: tuple[Any, Any] = (version["score"], before["score"]) if before else (None, None)
        if before:
            before["valid_to"], before["is_current"] = version["valid_from"], False
        rows.append(
            {
                "prospect_id": version["id"],
                "version": len(rows) + 1,
                "score": state[0],
                "grade": state[1],
                "is_deleted": state[2],
                "previous_score": scores[1],
                "score_change": None if None in scores else scores[0] - scores[1],
                "previous_grade": before["grade"] if before else None,
                "began_on": version["valid_from"].date(),
                "valid_from": version["valid_from"],
                "valid_to": None,
                "is_current": True,
                "is_past_unknown": version["is_past_unknown"],
            }
        )
    return rows


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chance=st.data(), days=st.integers(1, 8))
def test_random_courses_give_what_python_tells(models: Path, chance: st.DataObject, days: int) -> None:
    expected, raw = Told(), dict[int, tuple[datetime, Row]]()
    with duckdb.connect(":memory:") as connection:
        warehouse = Warehouse(connection)
        for day in range(1, days + 1):
            at = utc(2026, 2, day, 1)
            arrived = chance.draw(st.sets(st.integers(1, 4), min_size=day == 1))
            rows = {number: row_of(chance, number, day, raw.get(number, (at, None))[1]) for number in arrived}
            merge(warehouse, "prospects", at, *rows.values())
            raw |= {number: (at, row) for number, row in rows.items()}
            if chance.draw(st.sampled_from((True, True, False))) or day == days:
                expected.look(raw)
                for _ in range(chance.draw(st.sampled_from((1, 2)))):
                    warehouse.build(models=models, full_refresh=chance.draw(st.booleans()))
        found = versions(warehouse)
        scores = warehouse.query("select * from pardot_marts.score_history order by prospect_id, version")
    columns = ("id", "version", *TRACKED, "valid_from", "valid_to", "is_current", "is_past_unknown", "loaded_at")
    assert [{name: row[name] for name in columns} for row in found] == [
        version for number in sorted(expected.versions) for version in expected.versions[number]
    ]
    assert scores == [
        row for number in sorted(expected.versions) for row in score_history_of(expected.versions[number])
    ]
    insist_on_one_version_at_any_instant(found)
