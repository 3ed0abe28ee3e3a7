"""Versions of rows: what a raw table held at each build is kept, once, whatever happens to the build."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transforms_warehouse import Row, Warehouse, utc, write_models

from pardot_transforms import DataTestError, ModelError, ProjectError, build, load_project, models_path

BEGAN: Final = utc(2026, 1, 1)
MADE: Final = {"created_at": BEGAN, "updated_at": utc(2026, 1, 10)}
HISTORIES: Final = {history.name: history for history in load_project().histories.values()}
TRACKED: Final = ("score", "grade", "assigned_to_id", "is_deleted", "purged_at")
ONLY_HISTORIES: Final = {
    "history/schema.yml": (models_path() / "history/schema.yml").read_text(encoding="utf-8"),
    "staging/sources.yml": (models_path() / "staging/sources.yml").read_text(encoding="utf-8"),
}
"""A project that keeps histories and builds no model, for tests that build often."""
SCORES: Final = {
    "marts/score_history.sql": (models_path() / "marts/score_history.sql").read_text(encoding="utf-8"),
    "staging/stg_prospects.sql": "-- One row per prospect.\nselect id from pardot.prospects\n",
    "staging/schema.yml": "models:\n  - name: stg_prospects\n    columns: [{name: id, data_tests: [unique]}]\n",
}


VALUES: Final[Mapping[str, tuple[Any, Any]]] = {
    "bigint": (1, 2),
    "double": (1.5, 2.5),
    "boolean": (False, True),
    "varchar": ("a", "b"),
    "timestamptz": (utc(2026, 1, 3), utc(2026, 1, 4)),
}
"""Two values of each type."""


@pytest.fixture(scope="module")
def no_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_models(tmp_path_factory.mktemp("models"), ONLY_HISTORIES)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The histories, of the reporting tables the one that is made of them, and a data test of prospects."""
    return write_models(tmp_path_factory.mktemp("models"), {**ONLY_HISTORIES, **SCORES})


def load_id(at: datetime) -> str:
    """Return the stamp of a load as dlt makes it: the second at which it began."""
    return str(at.timestamp())


def merge(warehouse: Warehouse, table: str, at: datetime, *rows: Row, without: Sequence[str] = ()) -> None:
    """Load rows as a merge does: those of the same id go, the new ones carry the load's stamp."""
    if table in warehouse.names(warehouse.raw_schema):
        warehouse.connection.execute(
            f"delete from pardot.{table} where list_contains(?, id)", [[row["id"] for row in rows]]
        )
    warehouse.load(table, rows, load_id=load_id(at), without=without)


def versions(warehouse: Warehouse, name: str = "prospect_versions") -> list[dict[str, Any]]:
    return warehouse.query(f"select * from pardot_history.{name} order by id, version")


def told(warehouse: Warehouse, *columns: str) -> list[tuple[Any, ...]]:
    """Return some columns of every version of a prospect."""
    return [tuple(row[column] for column in columns) for row in versions(warehouse)]


def insist_on_one_version_at_any_instant(rows: Sequence[Mapping[str, Any]]) -> None:
    """Raise AssertionError where an id has none, or two, at an instant from its first on."""
    instants = {at for row in rows for at in (row["valid_from"], row["valid_to"]) if at is not None}
    around = {at + timedelta(microseconds=step) for at in instants for step in (-1, 0, 1)} | {utc(2100, 1, 1)}
    first: dict[int, datetime] = {}
    for row in rows:
        first[row["id"]] = min(row["valid_from"], first.get(row["id"], row["valid_from"]))
    for at in around:
        as_of = [row["id"] for row in rows if row["valid_from"] <= at and (row["valid_to"] or utc(2101, 1, 1)) > at]
        assert sorted(as_of) == sorted(each for each, began in first.items() if began <= at), at


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


# What a history survives


def begin(warehouse: Warehouse, models: Path) -> None:
    """Two days of some prospects, each recorded: all in the first load, the first of them changed by the second."""
    merge(warehouse, "prospects", utc(2026, 2, 1), *({"id": n, "score": n, **MADE} for n in (1, 2, 3)))
    warehouse.build(models=models)
    merge(warehouse, "prospects", utc(2026, 2, 2), {"id": 1, "score": 50, **MADE, "updated_at": utc(2026, 2, 1, 9)})
    warehouse.build(models=models)


def everything(warehouse: Warehouse) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return versions(warehouse), warehouse.mart("score_history")


def test_histories_are_the_same_after_the_reporting_tables_were_made_anew(warehouse: Warehouse, models: Path) -> None:
    begin(warehouse, models)
    before = everything(warehouse)
    assert len(before[0]) == len(before[1]) == 4
    warehouse.build(models=models, full_refresh=True)
    assert everything(warehouse) == before
    warehouse.connection.execute("drop schema pardot_marts cascade; drop schema pardot_marts_views cascade")
    warehouse.build(models=models, time_zone="Asia/Tokyo")
    assert everything(warehouse) == before
    assert warehouse.build(models=models, time_zone="Asia/Tokyo").skipped


def test_raw_table_that_was_lost_and_read_again_leaves_every_version(warehouse: Warehouse, models: Path) -> None:
    begin(warehouse, models)
    before = versions(warehouse)
    warehouse.connection.execute("drop table pardot.prospects")
    warehouse.build(models=models)
    assert versions(warehouse) == before
    now = [{"id": n, "score": n, **MADE} for n in (2, 3)]
    changed = {"id": 1, "score": 50, **MADE, "updated_at": utc(2026, 2, 1, 9)}
    merge(warehouse, "prospects", utc(2026, 2, 3), changed, *now)
    result = warehouse.build(models=models)
    assert (result.histories[0].compared, result.histories[0].versions) == (3, 0)
    assert versions(warehouse) == before


def test_model_that_fails_costs_no_state(warehouse: Warehouse, models: Path) -> None:
    """The raw table forgets a state at the next load, perhaps before anybody has mended what failed."""
    begin(warehouse, models)
    marts = warehouse.mart("score_history")
    merge(warehouse, "prospects", utc(2026, 2, 3), {"id": 2, "score": 60, **MADE, "updated_at": utc(2026, 2, 2, 9)})
    warehouse.load("prospects", [{"id": 9}, {"id": 9}], load_id="1")
    for _ in range(2):
        with pytest.raises(DataTestError):
            warehouse.build(models=models)
    assert warehouse.mart("score_history") == marts
    merge(warehouse, "prospects", utc(2026, 2, 4), {"id": 2, "score": 70, **MADE, "updated_at": utc(2026, 2, 3, 9)})
    merge(warehouse, "prospects", utc(2026, 2, 4), {"id": 9})
    warehouse.build(models=models)
    scores = [(row["score"], row["valid_from"]) for row in warehouse.mart("score_history") if row["prospect_id"] == 2]
    assert scores == [(2, utc(2026, 1, 10)), (60, utc(2026, 2, 2, 9)), (70, utc(2026, 2, 3, 9))]


KILLED = """
import os, sys
from pathlib import Path
import duckdb
from pardot_transforms import build
from pardot_transforms.histories import Histories

def killed(self, *arguments, do=getattr(Histories, sys.argv[2])):
    do(self, *arguments)
    os._exit(9)

setattr(Histories, sys.argv[2], killed)
build(duckdb.connect(sys.argv[1]), models=Path(sys.argv[3]))
"""


@pytest.mark.parametrize("step", ["_make", "_open", "record", "describe"])
def test_build_that_was_killed_is_made_up_for_by_the_next(step: str, models: Path, tmp_path: Path) -> None:
    results = []
    for name in ("undisturbed", "killed"):
        path = tmp_path / f"{name}.duckdb"
        with duckdb.connect(str(path)) as connection:
            begin(Warehouse(connection), models)
            row = {"id": 2, "score": 60, **MADE, "updated_at": utc(2026, 2, 2, 9)}
            merge(Warehouse(connection), "prospects", utc(2026, 2, 3), row)
        if name == "killed":
            done = subprocess.run([sys.executable, "-c", KILLED, str(path), step, str(models)], check=False)
            assert done.returncode == 9
        with duckdb.connect(str(path)) as connection:
            Warehouse(connection).build(models=models)
            results.append(everything(Warehouse(connection)))
    assert results[0] == results[1]
    assert len(results[0][0]) == 5


def test_cost_follows_the_rows_that_came(warehouse: Warehouse, no_models: Path) -> None:
    merge(warehouse, "prospects", utc(2026, 2, 1), *({"id": n, "score": n, **MADE} for n in range(2000)))
    first = warehouse.build(models=no_models)
    later = {**MADE, "updated_at": utc(2026, 2, 1, 9)}
    merge(
        warehouse,
        "prospects",
        utc(2026, 2, 2),
        *({"id": n, "score": 5000, **later} for n in (7, 8)),
        {"id": 9, "score": 9, **later},
    )
    second = warehouse.build(models=no_models)
    nothing = warehouse.build(models=no_models)
    assert [(result.histories[0].compared, result.histories[0].versions) for result in (first, second, nothing)] == [
        (2000, 2000),
        (3, 2),
        (0, 0),
    ]
    assert len(versions(warehouse)) == 2002


def test_build_with_nothing_new_writes_nothing(models: Path, tmp_path: Path) -> None:
    path = tmp_path / "working.duckdb"
    with duckdb.connect(str(path)) as connection:
        begin(Warehouse(connection), models)
    before = path.read_bytes()
    with duckdb.connect(str(path), read_only=True) as connection:
        assert Warehouse(connection).build(models=models).skipped
    assert path.read_bytes() == before


def test_rows_of_a_load_that_a_build_saw_in_part_are_recorded(warehouse: Warehouse, no_models: Path) -> None:
    for number in (1, 2):
        warehouse.load("prospects", [{"id": number, "score": number}], load_id="1770000000.5")
        warehouse.build(models=no_models)
    assert told(warehouse, "id", "score") == [(1, 1), (2, 2)]


def test_column_that_the_raw_table_gets_later_is_null_before(warehouse: Warehouse, no_models: Path) -> None:
    merge(warehouse, "prospects", utc(2026, 2, 1), {"id": 1, "score": 1, **MADE}, without=["grade", "purged_at"])
    warehouse.build(models=no_models)
    warehouse.connection.execute("alter table pardot.prospects add column grade varchar")
    later = {**MADE, "updated_at": utc(2026, 2, 2)}
    merge(warehouse, "prospects", utc(2026, 2, 3), {"id": 1, "score": 1, "grade": "B", **later}, without=["purged_at"])
    warehouse.build(models=no_models)
    assert told(warehouse, "score", "grade", "valid_from") == [(1, None, utc(2026, 1, 10)), (1, "B", utc(2026, 2, 2))]


def test_column_that_is_tracked_from_now_on_is_known_from_the_load_that_stands_there(
    warehouse: Warehouse, no_models: Path
) -> None:
    merge(warehouse, "prospects", utc(2026, 2, 1), {"id": 1, "grade": "A", **MADE}, {"id": 2, **MADE})
    warehouse.build(models=no_models)
    warehouse.connection.execute("alter table pardot_history.prospect_versions drop column grade")
    warehouse.build(models=no_models)
    assert told(warehouse, "id", "version", "grade", "valid_from") == [
        (1, 1, None, utc(2026, 1, 10)),
        (1, 2, "A", utc(2026, 2, 1)),
        (2, 1, None, utc(2026, 1, 10)),
    ]


def test_doubled_raw_row_stops_the_build_and_not_the_history(warehouse: Warehouse, models: Path) -> None:
    old, new = ({"id": 1, "score": score, "updated_at": utc(2026, 1, score)} for score in (2, 3))
    warehouse.load("prospects", [new, old, {"id": None, "score": 4}])
    with pytest.raises(DataTestError):
        warehouse.build(models=models)
    assert told(warehouse, "id", "score", "is_current") == [(1, 3, True)]


@pytest.mark.parametrize(
    "harm",
    [
        "update {versions} set valid_to = valid_to - interval 1 hour where version = 1 and id = 1",
        "update {versions} set valid_to = valid_to + interval 1 hour where version = 1 and id = 1",
        "update {versions} set valid_to = '2026-03-01', is_current = false where version = 2",
        "update {versions} set valid_to = null, is_current = true where id = 1",
        "update {versions} set is_current = false where id = 3",
        "update {versions} set valid_from = null where id = 3",
        "insert into {versions} select * from {versions} where id = 3",
    ],
    ids=["gap", "overlap", "none current", "two current", "not called current", "no beginning", "twice"],
)
def test_harm_by_hand_is_noticed_by_the_data_tests(harm: str, warehouse: Warehouse, models: Path) -> None:
    begin(warehouse, models)
    warehouse.connection.execute(harm.format(versions="pardot_history.prospect_versions"))
    with pytest.raises(DataTestError) as caught:
        warehouse.build(models=models, full_refresh=True)
    assert caught.value.model == "prospect_versions"


def test_versions_that_somebody_removed_leave_the_reporting_table_too(warehouse: Warehouse, models: Path) -> None:
    begin(warehouse, models)
    warehouse.connection.execute("delete from pardot_history.prospect_versions where id = 1")
    assert not warehouse.build(models=models).skipped
    assert {row["prospect_id"] for row in warehouse.mart("score_history")} == {2, 3}


def test_every_history_has_the_columns_that_are_described_with_their_comments(
    warehouse: Warehouse, no_models: Path
) -> None:
    warehouse.build(models=no_models)
    assert warehouse.names("pardot_history") == {*HISTORIES, "_seen"}
    found = warehouse.query(
        "select table_name, column_name, comment from duckdb_columns() where schema_name = 'pardot_history' "
        "and table_name <> '_seen' order by table_name, column_index"
    )
    for history in HISTORIES.values():
        described = {row["column_name"]: row["comment"] for row in found if row["table_name"] == history.name}
        assert list(described.items()) == list(history.columns.items())
        assert all(described.values())


def test_session_in_another_time_zone_records_the_same(models: Path) -> None:
    results = []
    for zone in ("UTC", "Pacific/Kiritimati"):
        with duckdb.connect(":memory:") as connection:
            connection.execute("set TimeZone = ?", [zone])
            begin(Warehouse(connection), models)
            results.append(everything(Warehouse(connection)))
    assert results[0] == results[1]


def test_units_have_histories_of_their_own(models: Path) -> None:
    with duckdb.connect(":memory:") as connection:
        for score, unit in enumerate(("apac", "emea")):
            warehouse = Warehouse(connection, raw_schema=unit, marts_schema=f"{unit}_marts")
            warehouse.load("prospects", [{"id": 1, "score": score}])
            warehouse.build(models=models)
        for score, unit in enumerate(("apac", "emea")):
            assert connection.execute(f"select score from {unit}_history.prospect_versions").fetchall() == [(score,)]
            assert connection.execute(f"select score from {unit}_marts.score_history").fetchall() == [(score,)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("strategy: check", "strategy: timestamp"), "needs strategy check"),
        (("      unique_key: id\n", ""), "needs strategy check"),
        (("source('pardot', 'prospects')", "ref('prospects')"), "which is no source"),
        (("        - score\n", "        - scores\n"), "of columns that pardot.prospects lacks: scores"),
        (("gaps: not_allowed", "gaps: allowed"), "Only ranges with gaps"),
        (("- name: assigned_to_id", "- name: owner"), "describes columns that it lacks: owner"),
    ],
    ids=["strategy", "key", "relation", "column", "gaps", "description"],
)
def test_declaration_that_is_not_understood_is_an_error(
    change: tuple[str, str], message: str, warehouse: Warehouse, tmp_path: Path
) -> None:
    schema = ONLY_HISTORIES["history/schema.yml"]
    assert change[0] in schema
    models = write_models(tmp_path, {**ONLY_HISTORIES, "history/schema.yml": schema.replace(*change, 1)})
    with pytest.raises(ProjectError, match=message):
        build(warehouse.connection, models=models)


def test_model_may_not_be_called_as_a_history(warehouse: Warehouse, tmp_path: Path) -> None:
    files = {**ONLY_HISTORIES, "marts/prospect_versions.sql": "-- One row.\nselect 1 as one\n"}
    with pytest.raises(ModelError, match="The name prospect_versions is taken"):
        build(warehouse.connection, models=write_models(tmp_path, files))


def test_load_without_a_time_in_its_stamp_counts_as_of_now(warehouse: Warehouse, no_models: Path) -> None:
    started = datetime.now(timezone.utc)
    warehouse.load("prospects", [{"id": 1}], load_id="by hand")
    warehouse.build(models=no_models)
    ((valid_from, loaded_at),) = told(warehouse, "valid_from", "loaded_at")
    assert started - timedelta(seconds=1) <= valid_from == loaded_at <= datetime.now(timezone.utc)
