"""The exported models in a real PostgreSQL: every cell is DuckDB's. `make portable` compares more, Spark too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from portable import accounts, postgres
from portable.cells import compare, counted
from portable.exported import Step, made_here, steps

pytestmark = pytest.mark.skipif(postgres.SERVER is None, reason=postgres.LEFT_OUT)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = tmp_path_factory.mktemp("odd") / "odd.duckdb"
    accounts.odd(path, rows=300, seed=2)
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def chosen() -> list[Step]:
    return steps("postgres", accounts.TIME_ZONE)


@pytest.fixture(scope="module")
def theirs(
    ours: duckdb.DuckDBPyConnection, chosen: list[Step], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    psycopg2 = pytest.importorskip("psycopg2", reason="LEFT OUT: no psycopg2")
    with postgres.server() as address:
        connection = psycopg2.connect(address)
        connection.autocommit = True
        postgres.copy_raw(ours, connection, tmp_path_factory.mktemp("csv"))
        postgres.build(connection, chosen)
        yield connection
        connection.close()


def test_every_cell_of_every_table_is_the_same(ours: Any, theirs: Any, chosen: list[Step]) -> None:
    found = [compare(step.name, made_here(ours, step), postgres.made(theirs, step), step.key) for step in chosen]
    assert {one.name: one.differences[:3] for one in found if one.differences} == {}
    assert counted(found)["cells"] > 100_000
    assert [one.name for one in found if not one.rows] == []


def test_every_data_test_holds(theirs: Any) -> None:
    count, broken = postgres.broken_tests(theirs)
    assert broken == []
    assert count > 400


def test_one_changed_cell_is_seen_and_a_broken_data_test_too(ours: Any, theirs: Any, chosen: list[Step]) -> None:
    (step,) = (step for step in chosen if step.name == "visitor_activities_enriched")
    theirs.autocommit = False
    try:
        with theirs.cursor() as cursor:
            cursor.execute(f"UPDATE {step.place} SET verb = 'Klick' WHERE id = 7")
        found = compare(step.name, made_here(ours, step), postgres.made(theirs, step), step.key)
        assert [line.partition(":")[0] for line in found.differences] == ["verb of {'id'"]
        with theirs.cursor() as cursor:
            cursor.execute(f"UPDATE {step.place} SET id = NULL WHERE id = 8")
        assert "visitor_activities_enriched: not_null(id)" in postgres.broken_tests(theirs)[1]
    finally:
        theirs.rollback()
        theirs.autocommit = True
