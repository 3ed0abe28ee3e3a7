"""dbt itself builds the exported project: every cell of every table equals ours, and every data test passes.

`make dbt` installs dbt in an environment of its own and runs these; the other commands leave them out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from command_line import invoke
from dbt_command import DBT, LEFT_OUT, REPORTING, TESTS, dbt, done, last_line
from kit import build_store, open_account
from transforms_warehouse import Row, Warehouse, utc

from pardot_etl.runs.run import RunOptions
from pardot_transforms.quoting import identifier, literal

pytestmark = [pytest.mark.dbt, pytest.mark.skipif(not DBT, reason=LEFT_OUT)]


@contextmanager
def side_by_side(ours: Path, theirs: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as db:
        for name, path in (("ours", ours), ("theirs", theirs)):
            db.execute(f"ATTACH {literal(str(path))} AS {name} (READ_ONLY)")
        yield db


def compare(db: duckdb.DuckDBPyConnection, schema: str, name: str) -> tuple[int, int]:
    """Insist that a table of ours and that of dbt are the same, descriptions included, and return rows and columns."""
    found = {}
    for side in ("ours", "theirs"):
        where = "database_name = ? AND schema_name = ? AND table_name = ?"
        columns = f"SELECT column_name, data_type, comment FROM duckdb_columns() WHERE {where} ORDER BY column_index"
        table = f"SELECT comment FROM duckdb_tables() WHERE {where}"
        (rows,) = db.execute(f"SELECT count(*) FROM {_place(side, schema, name)}").fetchall()[0]
        place = [side, schema, name]
        found[side] = (db.execute(columns, place).fetchall(), db.execute(table, place).fetchall(), rows)
    assert found["ours"] == found["theirs"], name
    for one, other in (("ours", "theirs"), ("theirs", "ours")):
        more = f"FROM {_place(one, schema, name)} EXCEPT ALL FROM {_place(other, schema, name)}"
        assert db.execute(more).fetchmany(3) == [], f"{name}: only in {one}"
    columns_found, comments, rows = found["ours"]
    assert comments[0][0]
    return rows, len(columns_found)


def _place(side: str, schema: str, name: str) -> str:
    return f"{side}.{identifier(schema)}.{identifier(name)}"


def test_dbt_makes_every_cell_of_a_loaded_account_and_all_its_data_tests_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with build_store(1_500) as store:
        account = open_account(tmp_path / "account", store)
        with account.emulator:
            assert account.run().exit_code == 0
            # Only an older version of the API tells these, in the times of a zone; the reports stay in UTC.
            told = RunOptions(objects=("list_email_statistics",), transform=False)
            assert account.run(told, time_zone=account.emulator.behaviour.user_zone).exit_code == 0
            account.next_day(seed=3)
            assert account.run().exit_code == 0
    published = account.places.published_database
    before = published.read_bytes()
    monkeypatch.setenv("PUBLISH__DUCKDB", str(published))
    folder = tmp_path / "pardot_dbt"
    assert invoke("export-dbt", str(folder)).code == 0

    code, printed = dbt(folder, "run")
    assert code == 0, printed
    print(f"\ndbt run:  {last_line(printed)}")
    with side_by_side(published, folder / "pardot_dbt.duckdb") as db:
        for name in REPORTING:
            rows, columns = compare(db, "pardot_marts", name)
            assert rows, f"{name} is empty and shows nothing"
            print(f"  {name:<28} {rows:>6,} rows × {columns:>2} columns = {rows * columns:>7,} cells, all equal")

    code, printed = dbt(folder, "test")
    assert code == 0, printed
    assert done(printed) == {"PASS": TESTS, "TOTAL": TESTS}
    print(f"dbt test: {last_line(printed)}")
    assert published.read_bytes() == before
    assert "; 0 files written" in invoke("export-dbt", str(folder)).out


def test_missing_tables_and_columns_other_types_names_and_zones_are_as_in_the_runner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "o'clock {{ ünï }}" / "raw tables.duckdb"
    database.parent.mkdir()
    folder = tmp_path / "project"
    monkeypatch.setenv("PUBLISH__DUCKDB", str(database))
    monkeypatch.setenv("PUBLISH__DATASET", "emea")
    monkeypatch.setenv("SOURCES__PARDOT__TIME_ZONE", "Asia/Kolkata")
    assert invoke("export-dbt", str(folder)).code == 0
    activity: Row = {"id": 1, "type": 4, "prospect_id": 1, "form_id": 7, "created_at": utc(2026, 3, 1, 20)}
    with duckdb.connect(str(database)) as connection:
        warehouse = Warehouse(connection, raw_schema="emea", marts_schema="emea_marts")
        warehouse.load(
            "visitor_activities", [activity, {**activity, "id": 2, "type": 11}], without=["campaign_id", "details"]
        )
        warehouse.load("prospects", [{"id": 1, "first_name": "Ada", "score": 5}], without=["grade", "updated_at"])
        connection.execute("ALTER TABLE emea.prospects ALTER score TYPE VARCHAR")
        missing = warehouse.build(time_zone="Asia/Kolkata")
        local = warehouse.query("SELECT created_at_local FROM emea_marts.visitor_activities_enriched")
    assert "campaigns" in missing.missing_tables
    assert "prospects.grade" in missing.missing_columns
    assert {row["created_at_local"].hour for row in local} == {1}

    code, printed = dbt(folder, "build")
    assert code == 0, printed
    assert done(printed)["PASS"] == done(printed)["TOTAL"] > TESTS
    with side_by_side(database, folder / "pardot_dbt.duckdb") as db:
        counted = {name: compare(db, "emea_marts", name)[0] for name in REPORTING}
    assert counted["visitor_activities_enriched"] == 2
    assert counted["campaign_performance"] == 0

    with duckdb.connect(str(database)) as connection:
        connection.execute("INSERT INTO emea.prospects SELECT * FROM emea.prospects")
    code, printed = dbt(folder, "test", "--select", "stg_prospects")
    assert code == 1
    assert "unique_stg_prospects_id" in printed
    assert done(printed)["ERROR"] == 1
