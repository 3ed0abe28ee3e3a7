"""The lines that a run leaves of what it counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import duckdb
import pytest

from pardot_etl.files.database import tables
from pardot_etl.runs.run_counts import LATER_COLUMNS, RUNS, keep_counts
from pardot_etl.runs.summary import ObjectCounts

RUN_AT = datetime(2026, 3, 1, 2, tzinfo=timezone.utc)


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with one raw table of three rows."""
    with duckdb.connect(":memory:") as db:
        db.execute("SET TimeZone = 'UTC'; CREATE SCHEMA \"emea\"; CREATE TABLE emea.lists AS FROM range(3) t(id)")
        yield db


def keep(db: duckdb.DuckDBPyConnection, run_at: datetime = RUN_AT, **counts: ObjectCounts) -> None:
    keep_counts(db, "emea", counts, run_at=run_at, failed={"forms"}, is_backfill=False)


def lines(db: duckdb.DuckDBPyConnection, columns: str) -> list[tuple[Any, ...]]:
    return db.execute(f"SELECT {columns} FROM emea.{RUNS} ORDER BY run_number, object").fetchall()


def test_line_has_every_figure_of_its_object_and_the_rows_of_its_table(db: duckdb.DuckDBPyConnection) -> None:
    keep(db, lists=ObjectCounts(1, 2, 3, 4, 5, 6, 7, 8), forms=ObjectCounts())
    figures = "files, bytes, parsed_rows, set_aside_rows, purged_rows, loaded_rows, new_rows, table_rows, erased_rows"
    assert lines(db, f"run_number, run_at::VARCHAR, is_backfill, object, is_complete, {figures}") == [
        (1, "2026-03-01 02:00:00+00", False, "forms", False, *[0] * 9),
        (1, "2026-03-01 02:00:00+00", False, "lists", True, 1, 2, 3, 4, 5, 6, 7, 3, 8),
    ]
    assert tables(db, "emea") == ["lists"], "bookkeeping is no data"


def test_table_of_an_older_version_gets_the_columns_that_it_lacks(db: duckdb.DuckDBPyConnection) -> None:
    keep(db, lists=ObjectCounts())
    for column in LATER_COLUMNS:
        db.execute(f"ALTER TABLE emea.{RUNS} DROP COLUMN {column}")
    keep(db, lists=ObjectCounts(erased=2))
    assert lines(db, "run_number, erased_rows, removed_rows") == [(1, None, None), (2, 2, 0)]


def test_runs_are_numbered_whatever_the_clock_says(db: duckdb.DuckDBPyConnection) -> None:
    for run_at in (RUN_AT, RUN_AT, RUN_AT - timedelta(days=1)):
        keep(db, run_at, lists=ObjectCounts())
    assert lines(db, "run_number, run_at = '2026-03-01 02:00+00'") == [(1, True), (2, True), (3, False)]


def test_oldest_runs_are_dropped(db: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pardot_etl.runs.run_counts.MOST_RUNS", 3)
    for _ in range(5):
        keep(db, lists=ObjectCounts(), forms=ObjectCounts())
    assert [number for (number,) in lines(db, "DISTINCT run_number")] == [3, 4, 5]


def test_lines_of_a_run_are_all_there_or_none(db: duckdb.DuckDBPyConnection) -> None:
    keep(db, lists=ObjectCounts())
    other = db.cursor()
    with pytest.raises(duckdb.Error, match="INT64"):
        keep(other, forms=ObjectCounts(), lists=ObjectCounts(files=2**70))
    other.close()
    assert lines(db, "run_number, object") == [(1, "lists")]


def test_nothing_is_made_before_the_first_load_or_for_nothing(db: duckdb.DuckDBPyConnection) -> None:
    keep(db)
    keep_counts(db, "apac", {"lists": ObjectCounts()}, run_at=RUN_AT, failed=(), is_backfill=False)
    found = db.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
    assert found == [("emea", "lists")]
