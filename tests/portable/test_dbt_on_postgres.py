"""dbt builds the exported project on PostgreSQL: every cell is DuckDB's, and every data test passes.

`make dbt` installs dbt in an environment of its own and runs these; the other commands leave them out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pytest
from command_line import invoke
from dbt_command import DBT, LEFT_OUT, REPORTING, TESTS, dbt, done, last_line
from kit import build_store, open_account
from portable import accounts, postgres
from portable.cells import Comparison, compare, counted
from portable.exported import MARTS, made_here, steps
from transforms_warehouse import Warehouse, utc

from pardot_etl.runs.run import RunOptions
from pardot_transforms import load_project
from pardot_transforms.graph import build_graph

pytestmark = [
    pytest.mark.dbt,
    pytest.mark.skipif(not DBT, reason=LEFT_OUT),
    pytest.mark.skipif(postgres.SERVER is None, reason=postgres.LEFT_OUT),
]

ACCOUNTS: dict[str, Callable[[Path], object]] = {
    "an emulated account after two days": partial(accounts.emulated, activities=1_500, seed=7),
    "odd rows": partial(accounts.odd, rows=600, seed=1),
    "nothing loaded": accounts.empty,
}
BOOKKEEPING = {"_runs", *load_project().histories}
"""What only runs in DuckDB write, so that in another destination it is empty."""


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__PARDOT__TIME_ZONE", accounts.TIME_ZONE)


@contextmanager
def connected(address: str) -> Iterator[Any]:
    psycopg2 = pytest.importorskip("psycopg2", reason="LEFT OUT: no psycopg2")
    connection = psycopg2.connect(address)
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


def dbt_at(address: str, folder: Path, *arguments: str) -> tuple[int, str]:
    """Run dbt against a server, which the variables of PostgreSQL's own tools name."""
    server = urlsplit(address)
    found = {"HOST": server.hostname, "PORT": server.port, "USER": server.username, "DATABASE": server.path[1:]}
    return dbt(folder, *arguments, **{f"PG{name}": str(value) for name, value in found.items()})


def compared(ours: duckdb.DuckDBPyConnection, theirs: Any) -> list[Comparison]:
    """Compare everything that the project makes."""
    found = steps("postgres", accounts.TIME_ZONE)
    return [compare(step.name, made_here(ours, step), postgres.made(theirs, step), step.key) for step in found]


def differing(found: list[Comparison]) -> dict[str, list[str]]:
    return {one.name: list(one.differences[:3]) for one in found if one.differences}


@pytest.mark.parametrize("title", ACCOUNTS)
def test_every_cell_is_the_same_and_every_data_test_passes(title: str, tmp_path: Path) -> None:
    ACCOUNTS[title](tmp_path / "account.duckdb")
    assert invoke("export-dbt", str(tmp_path / "project"), "--dialect", "postgres").code == 0

    with (
        postgres.server() as address,
        connected(address) as theirs,
        duckdb.connect(str(tmp_path / "account.duckdb"), read_only=True) as ours,
    ):
        postgres.copy_raw(ours, theirs, tmp_path / "csv")
        code, printed = dbt_at(address, tmp_path / "project", "build")
        assert code == 0, printed
        found = compared(ours, theirs)
        described = descriptions(theirs)

    print(f"\n{title}: {last_line(printed)}\n  {counted(found)}")
    assert differing(found) == {}
    assert done(printed) == {"PASS": TESTS + len(found), "TOTAL": TESTS + len(found)}
    assert set(described) == set(REPORTING)
    assert [name for name, missing in described.items() if missing] == []


def descriptions(connection: Any) -> dict[str, int]:
    """Return how many descriptions each reporting table lacks: its own, and those of columns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, count(*) FILTER (WHERE col_description(c.oid, a.attnum) IS NULL) "
            "+ (obj_description(c.oid, 'pg_class') IS NULL)::int "
            "FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 "
            "WHERE c.relkind = 'r' AND c.relnamespace = %s::regnamespace GROUP BY c.relname, c.oid",
            [MARTS],
        )
        return dict(cursor.fetchall())


def test_missing_tables_and_columns_and_other_types_count_as_declared(tmp_path: Path) -> None:
    database, folder = tmp_path / "some.duckdb", tmp_path / "project"
    assert invoke("export-dbt", str(folder), "--dialect", "postgres").code == 0
    activity = {"id": 1, "type": 4, "prospect_id": 1, "form_id": 7, "created_at": utc(2026, 3, 1, 20)}
    with duckdb.connect(str(database)) as ours:
        warehouse = Warehouse(ours)
        warehouse.load("visitor_activities", [activity, {**activity, "id": 2}], without=["campaign_id", "details"])
        warehouse.load("prospects", [{"id": 1, "first_name": "Ada", "score": 5}], without=["grade", "updated_at"])
        missing = warehouse.build(time_zone=accounts.TIME_ZONE)
        assert "campaigns" in missing.missing_tables
        assert "prospects.grade" in missing.missing_columns

        with postgres.server() as address, connected(address) as theirs:
            postgres.copy_raw(ours, theirs, tmp_path / "csv")
            with theirs.cursor() as cursor:
                for table in missing.missing_tables:
                    cursor.execute(f"DROP TABLE pardot.{table}")
                for column in missing.missing_columns:
                    table, _, name = column.partition(".")
                    cursor.execute(f"ALTER TABLE pardot.{table} DROP COLUMN {name}")
                cursor.execute("ALTER TABLE pardot.prospects ALTER score TYPE text")
            code, printed = dbt_at(address, folder, "build")
            assert code == 0, printed
            found = compared(ours, theirs)
            assert differing(found) == {}
            assert {one.name: one.rows for one in found}["visitor_activities_enriched"] == 2

            with theirs.cursor() as cursor:
                cursor.execute("INSERT INTO pardot.prospects SELECT * FROM pardot.prospects")
            code, printed = dbt_at(address, folder, "test", "--select", "stg_prospects")
            assert (code, done(printed)["ERROR"]) == (1, 1)
            assert "unique_stg_prospects_id" in printed


def test_tables_that_a_run_has_loaded_there_are_built_and_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`run --destination postgres` and `export-dbt --dialect postgres` are all that somebody who moves needs."""
    folder = tmp_path / "project"
    assert invoke("export-dbt", str(folder), "--dialect", "postgres").code == 0
    with postgres.server() as address, build_store(300, seed=7) as store:
        monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", address)
        account = open_account(tmp_path / "account", store)
        with account.emulator:
            assert account.run(RunOptions(destination="postgres")).exit_code == 0
            assert account.run(time_zone=accounts.TIME_ZONE).exit_code == 0
        code, printed = dbt_at(address, folder, "build")
        assert code == 0, printed
        assert done(printed)["PASS"] == done(printed)["TOTAL"] > TESTS
        with connected(address) as theirs, duckdb.connect(str(account.places.working_database)) as ours:
            found = compared(ours, theirs)
    # Two loads have two ids.
    wrong = {one.name for one in found if any(not line.startswith("load_id of") for line in one.differences)}
    same = [one for one in found if one.name not in wrong]
    print(f"\nloaded by a run: {last_line(printed)}\n  {counted(same)}, each the id of a load; others: {sorted(wrong)}")
    assert wrong <= of_bookkeeping()
    assert len(same) > 70


def of_bookkeeping() -> set[str]:
    """Return the models that read, by whatever way, what only runs in DuckDB write."""
    graph = build_graph(load_project())
    found: set[str] = set()
    for model in graph.order:
        reads = {reference.name.rpartition(".")[2] for reference in graph.references[model.name]}
        if reads & (BOOKKEEPING | found):
            found.add(model.name)
    return found
