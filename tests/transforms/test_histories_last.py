"""What a history survives, what it costs, and which harm is noticed."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest
from transforms_histories import (
    HISTORIES,
    MADE,
    ONLY_HISTORIES,
    merge,
    told,
    versions,
)
from transforms_warehouse import Warehouse, utc, write_models

from pardot_transforms import DataTestError, ModelError, ProjectError, build

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
