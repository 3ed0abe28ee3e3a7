"""The bound on a load's memory, and what frees memory between two loads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pardot_etl.files.database import DELETED_ROW_BYTES, LOAD_MEMORY_MB, checkpoint, limit_memory, write_ahead_log

ROWS = 2_000_000
MEGABYTE = 10**6


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "working.duckdb"


@pytest.fixture
def db(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(path)) as db:
        db.execute(f"CREATE TABLE small AS FROM range(10) AS r (id); CREATE TABLE t AS FROM range({ROWS}) AS r (id)")
        db.execute("CHECKPOINT")
        yield db


def held(db: duckdb.DuckDBPyConnection) -> int:
    """Return the bytes that tables take in memory, after whatever can be read again was let go."""
    db.execute("SET memory_limit = '30MB'")
    ((found,),) = db.execute("SELECT memory_usage_bytes FROM duckdb_memory() WHERE tag = 'BASE_TABLE'").fetchall()
    return int(found)


def limit_of(db: duckdb.DuckDBPyConnection) -> float:
    ((size,),) = db.execute("SELECT current_setting('memory_limit')").fetchall()
    number, unit = str(size).split()
    assert unit == "MiB"
    return float(number) * 1024**2


def test_memory_of_a_load_follows_the_largest_table(db: duckdb.DuckDBPyConnection) -> None:
    limit_memory(db)
    assert limit_of(db) == pytest.approx(LOAD_MEMORY_MB * MEGABYTE + DELETED_ROW_BYTES * ROWS, rel=0.01)


def test_lower_limit_of_somebody_else_stays(db: duckdb.DuckDBPyConnection) -> None:
    db.execute("SET memory_limit = '64MiB'")
    limit_memory(db)
    assert limit_of(db) == 64 * 1024**2


def test_checkpoint_lets_go_of_what_rows_deleted_all_over_a_table_take(db: duckdb.DuckDBPyConnection) -> None:
    before = held(db)
    db.execute("DELETE FROM t WHERE id % 1000 = 0")
    assert held(db) - before > 4 * ROWS, (
        "the reason for the checkpoint: bytes for each row of the table, deleted or not"
    )
    checkpoint(db)
    assert held(db) - before < ROWS


def test_checkpoint_writes_the_log_into_the_file(db: duckdb.DuckDBPyConnection, path: Path) -> None:
    db.execute("INSERT INTO t VALUES (-1)")
    assert write_ahead_log(path).stat().st_size
    checkpoint(db)
    assert not write_ahead_log(path).exists() or not write_ahead_log(path).stat().st_size


def test_checkpoint_of_a_database_in_use_or_closed_harms_nothing(db: duckdb.DuckDBPyConnection) -> None:
    with db.cursor() as other:
        other.execute("BEGIN; INSERT INTO t VALUES (-1)")
        checkpoint(db)  # some versions of DuckDB refuse, others wait for nobody
        other.execute("COMMIT")
    assert db.execute("SELECT count(*) FROM t").fetchall() == [(ROWS + 1,)]
    db.close()
    checkpoint(db)
