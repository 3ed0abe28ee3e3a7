"""Several business units: each in a dataset of its own, or in files of its own, and never one in the other's tables."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from command_line import files_below, invoke
from dlt.common.normalizers.naming.snake_case import NamingConvention
from hypothesis import given
from hypothesis import strategies as st
from kit import HISTORY_START, Account, build_store, open_account, table_differences

from pardot.errors import RunLockedError, SettingsError, StorageError
from pardot_emulator.auth import Credentials
from pardot_etl.configuration import load_places
from pardot_etl.files.snapshot import open_snapshot
from pardot_etl.runs.lock import RunLock
from pardot_etl.runs.run import RunOptions, run
from pardot_etl.runs.summary import RunSummary

OBJECTS = ("visitor_activities", "prospects", "campaigns", "list_emails")
CAMPAIGNS = RunOptions(objects=("campaigns",), transform=False)
SEVERAL = RunOptions(objects=OBJECTS)
OTHER_UNIT = "0Uv000000000002CAE"


@pytest.fixture
def units(tmp_path: Path) -> Iterator[tuple[Account, Account]]:
    """Two units with different rows under the same ids, in the same files and the same data folder."""
    with ExitStack() as stack:
        first = open_account(tmp_path, stack.enter_context(build_store(120)))
        second = open_account(
            tmp_path,
            stack.enter_context(build_store(70, seed=9)),
            dataset="apac",
            credentials=Credentials(business_unit_id=OTHER_UNIT),
        )
        for unit in (first, second):
            stack.enter_context(unit.emulator)
        yield first, second


def wrong_in(published: Path, *units: Account, tables: Sequence[str] = OBJECTS) -> dict[str, object]:
    """Return what differs between a published file and the units' own accounts, by dataset."""
    with open_snapshot(published) as db:
        found = {unit.dataset: table_differences(unit.store, db, tables, unit.dataset) for unit in units}
    return {dataset: differing for dataset, differing in found.items() if differing}


def reports(published: Path, marts: str) -> dict[str, object]:
    """Return every row of every reporting table, but for those that tell of runs and of what was before."""
    with duckdb.connect(str(published), read_only=True) as db:
        db.execute("SET TimeZone = 'UTC'")
        names = db.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = ?", [marts]).fetchall()
        return {
            name: db.execute(f"SELECT * FROM {marts}.{name} ORDER BY ALL").fetchall()
            for (name,) in names
            if not name.startswith("_") and name not in ("data_quality", "score_history")
        }


def alone(unit: Account) -> dict[str, object]:
    """Return the reports of a unit that has files of its own, as `pardot`."""
    own = replace(unit, folder=unit.folder / f"only-{unit.dataset}", dataset="pardot")
    own.run(SEVERAL)
    return reports(own.places.published_database, "pardot_marts")


@pytest.mark.long
def test_units_share_files_and_each_keeps_its_own_rows_and_reports(
    units: tuple[Account, Account], tmp_path: Path
) -> None:
    first, second = units
    published = first.places.published_database
    first.run(SEVERAL)
    assert wrong_in(published, first) == {}
    second.run(SEVERAL)
    assert wrong_in(published, first, second) == {}
    for unit in units:
        unit.next_day(seed=3)
        publish_parquet(unit, tmp_path / "lake" / unit.places.marts, replace(SEVERAL, destination="filesystem"))
        assert wrong_in(published, first, second) == {}
    for unit in units:
        found = reports(published, unit.places.marts)
        assert found == alone(unit)
        assert found["visitor_activities_enriched"]
        for folder, table in ((unit.dataset, "prospects"), (unit.places.marts, "visitor_activities_enriched")):
            rows = unit.store.count("prospects" if table == "prospects" else "visitor-activities")
            counted = f"SELECT count(*) FROM '{tmp_path}/lake/{folder}/{table}/*.parquet'"
            assert duckdb.execute(counted).fetchall() == [(rows,)]
    with duckdb.connect(str(published), read_only=True) as db:
        schemas = db.execute("SELECT schema_name FROM duckdb_schemas() WHERE NOT internal").fetchall()
    assert {name for (name,) in schemas} - {"main"} == {
        f"{dataset}{beside}" for dataset in ("pardot", "apac") for beside in ("", "_marts", "_history")
    }


def test_unit_that_was_interrupted_stays_as_it_published(units: tuple[Account, Account], tmp_path: Path) -> None:
    """What stands in the working file may be half of a load; a run of another unit must not publish it."""
    first, second = units
    published = first.places.published_database
    second.run(SEVERAL)
    before = [rows_and_comments(published, schema) for schema in ("apac", "apac_marts", "apac_history")]
    assert before[2]["rows"]["prospect_versions"]
    second.next_day(seed=3)
    elsewhere = replace(second.places, published_database=tmp_path / "elsewhere.duckdb")
    run(second.settings(), elsewhere, SEVERAL, second.events.append)
    first.run(SEVERAL)
    assert [rows_and_comments(published, schema) for schema in ("apac", "apac_marts", "apac_history")] == before
    assert wrong_in(published, first) == {}
    second.run(SEVERAL)
    assert wrong_in(published, first, second) == {}
    after = [rows_and_comments(published, schema) for schema in ("apac", "apac_marts", "apac_history")]
    assert all(now != then for now, then in zip(after, before, strict=True))


def rows_and_comments(published: Path, schema: str) -> dict[str, Any]:
    """Return everything that a reader can see of a schema."""
    with duckdb.connect(str(published), read_only=True) as db:
        db.execute("SET TimeZone = 'UTC'")
        tables = db.execute(
            "SELECT table_name, comment FROM duckdb_tables() WHERE schema_name = ? ORDER BY 1", [schema]
        ).fetchall()
        columns = db.execute(
            "SELECT table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns() "
            "WHERE schema_name = ? ORDER BY table_name, column_index",
            [schema],
        ).fetchall()
        rows = {name: db.execute(f'SELECT * FROM {schema}."{name}" ORDER BY ALL').fetchall() for name, _ in tables}
    return {"tables": tables, "columns": columns, "rows": rows}


def test_somebody_who_writes_in_the_published_file_takes_nothing_from_another_unit(
    units: tuple[Account, Account],
) -> None:
    """DuckDB's shell opens files for writing unless it is told otherwise, and holds a lock as long."""
    first, second = units
    published = first.places.published_database
    second.run(CAMPAIGNS)
    with duckdb.connect(str(published)):
        first.run(CAMPAIGNS)
    assert wrong_in(published, first, second, tables=("campaigns",)) == {}
    assert not list(published.parent.glob(".*.before"))


def test_units_with_working_files_of_their_own_can_publish_to_one(units: tuple[Account, Account]) -> None:
    first, second = units
    for unit in (first, second, first):
        places = replace(unit.places, working_database=unit.folder / unit.dataset / "working.duckdb")
        run(unit.settings(), places, CAMPAIGNS, unit.events.append)
    assert wrong_in(first.places.published_database, first, second, tables=("campaigns",)) == {}


def test_damaged_snapshot_is_replaced_by_what_the_unit_has(units: tuple[Account, Account]) -> None:
    first, _ = units
    published = first.places.published_database
    first.run(CAMPAIGNS)
    published.chmod(0o644)
    published.write_bytes(b"no database" * 1000)
    first.run(CAMPAIGNS)
    assert wrong_in(published, first, tables=("campaigns",)) == {}


def test_parquet_folder_of_another_unit_is_refused(units: tuple[Account, Account], tmp_path: Path) -> None:
    first, second = units
    options = RunOptions(objects=("campaigns",))
    publish_parquet(first, tmp_path / "reports", options)
    before = files_below(tmp_path / "reports")
    with pytest.raises(StorageError, match="holds the tables of pardot_marts") as refused:
        publish_parquet(second, tmp_path / "reports", options)
    assert "publish.parquet" in str(refused.value)
    assert files_below(tmp_path / "reports") == before


def publish_parquet(unit: Account, folder: Path, options: RunOptions) -> RunSummary:
    return run(unit.settings(), replace(unit.places, published_parquet=folder), options, unit.events.append)


@pytest.mark.long
def test_lost_data_folder_takes_the_position_from_the_units_own_dataset(units: tuple[Account, Account]) -> None:
    first, second = units
    second.clock.advance(timedelta(days=40))  # its position would be past what is new in the first
    for unit in units:
        unit.run(SEVERAL)
    shutil.rmtree(first.places.data_folder)
    changes = first.next_day(seed=3)
    summary = first.run(SEVERAL)
    assert changes.new["visitor-activities"] <= summary.objects["visitor_activities"].loaded < 100
    assert wrong_in(first.places.published_database, first, second) == {}


def test_every_verb_speaks_of_the_dataset_in_the_settings(
    units: tuple[Account, Account], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, second = units
    choose(first, monkeypatch)
    assert invoke("run", "--no-transform", "--objects", ",".join(OBJECTS)).code == 0
    choose(second, monkeypatch)
    assert json.loads(invoke("status", "--json").out)["runs"] == []
    assert json.loads(invoke("plan", "--json").out)["first_run"]
    assert invoke("run", "--no-transform", "--objects", ",".join(OBJECTS)).code == 0
    for unit in units:
        choose(unit, monkeypatch)
        counts = {name: unit.store.count(name.replace("_", "-")) for name in OBJECTS}
        status = json.loads(invoke("status", "--max-age", "1h", "--json").out)
        assert len(status["runs"]) == 1
        assert {table["name"]: table["rows"] for table in status["tables"] if table["name"] in counts} == counts
        assert not json.loads(invoke("plan", "--json").out)["first_run"]
        (known,) = json.loads(invoke("discover", "--objects", "campaigns", "--json").out)["objects"]
        assert known["rows_stored"] == counts["campaigns"]
        built = json.loads(invoke("transform", "--full-refresh", "--json").out)
        rows = {model["name"]: model["rows"] for model in built["models"]}
        assert rows["visitor_activities_enriched"] == counts["visitor_activities"]
        assert invoke("report", "--output", f"{unit.dataset}.html").code == 0
        page = re.sub(r"<[^>]*>|\s+", " ", (tmp_path / f"{unit.dataset}.html").read_text(encoding="utf-8"))
        assert re.search(rf"visitor_activities\s+{counts['visitor_activities']}\b", page)
    assert wrong_in(load_places().published_database, first, second) == {}


def choose(unit: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a unit's settings those of this installation."""
    variables = {"SOURCES__PARDOT__START_DATE": HISTORY_START.isoformat(), "PUBLISH__DATASET": unit.dataset}
    for name, value in {**unit.emulator.environment(), **variables}.items():
        monkeypatch.setenv(name, value)


def test_runs_into_one_file_exclude_each_other_whatever_their_datasets(units: tuple[Account, Account]) -> None:
    first, second = units
    with RunLock(*first.places.lock_files()), pytest.raises(RunLockedError):
        second.run(CAMPAIGNS)
    mine, theirs = ({path.name for path in unit.places.lock_files()} for unit in units)
    assert mine & theirs == {".working.duckdb.lock"}


@pytest.mark.long
def test_dataset_may_be_called_as_a_word_of_sql(tmp_path: Path) -> None:
    account = open_account(tmp_path, build_store(50), dataset="order")
    with account.emulator:
        account.run(SEVERAL)
        account.next_day(seed=3)
        account.run(SEVERAL)
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        assert table_differences(account.store, db, OBJECTS, '"order"') == {}
        assert db.sql("SELECT count(*) > 0 FROM order_marts.visitor_activities_enriched").fetchall() == [(True,)]


def test_rows_of_another_unit_are_refused_and_nothing_changes(tmp_path: Path) -> None:
    first = open_account(tmp_path, build_store(50))
    with first.emulator:
        first.run(CAMPAIGNS)
    second = open_account(tmp_path, build_store(50, seed=9), credentials=Credentials(business_unit_id=OTHER_UNIT))
    with second.emulator, pytest.raises(SettingsError, match="hold the rows of") as refused:
        second.run(CAMPAIGNS)
    assert refused.value.exit_code == 2
    assert "a dataset of its own (publish.dataset)" in str(refused.value)
    assert wrong_in(first.places.published_database, first, tables=("campaigns",)) == {}


@pytest.mark.parametrize(
    "name",
    [
        *("main", "temp", "system", "memory", "information_schema", "pg_catalog", "pipelines"),
        *("apac_staging", "apac_marts", "apac_marts_views", "apac_history", "apac_fivetran"),
        *("Apac", "1st", "_apac", "apac_", "ap__ac", "ap-ac", "ap ac", "apac.x", 'ap"ac', "größe", "a" * 42),
    ],
)
def test_name_that_cannot_be_a_dataset_is_refused_before_anything_is_made(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PUBLISH__DATASET", name)
    for verb in ("run", "status", "transform", "report"):
        outcome = invoke(verb)
        assert outcome.code == 2
        assert "publish.dataset: expected" in outcome.err
    assert files_below(tmp_path) == {}


@given(st.from_regex(r"[a-z][a-z0-9_]{0,40}", fullmatch=True))
def test_name_is_one_that_dlt_takes_as_it_is_or_refused(name: str) -> None:
    try:
        places = load_places(dataset=name)
    except SettingsError:
        return
    assert NamingConvention().normalize_table_identifier(name) == places.dataset == name
    assert len(places.marts) < 63  # as much as other databases take


@pytest.mark.parametrize("file", ["apac.duckdb", "APAC.db", "apac_marts.duckdb", "apac_staging.v2.duckdb"])
def test_working_file_that_duckdb_would_call_as_a_schema_in_it_is_refused(file: str) -> None:
    """DuckDB finds every name in such a file ambiguous."""
    with pytest.raises(SettingsError, match="give the file another name"):
        load_places(dataset="apac", working_database=file)
    assert load_places(dataset="emea", working_database=file).dataset == "emea"


def test_without_the_setting_everything_is_called_as_ever(tmp_path: Path) -> None:
    places = load_places()
    assert (places.dataset, places.marts, places.pipeline_name()) == ("pardot", "pardot_marts", "pardot")
    assert places.histories == "pardot_history"
    assert places.pipeline_name("postgres") == "pardot_postgres"
    assert places.own_folder == tmp_path / "dlt" / "pardot"
    assert places.logins(OTHER_UNIT) == tmp_path / "dlt" / "pardot" / OTHER_UNIT / "logins"
    assert [path.name for path in places.lock_files()] == ["pardot.lock", ".pardot_working.duckdb.lock"]
