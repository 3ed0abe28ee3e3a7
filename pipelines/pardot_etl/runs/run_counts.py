"""What each run counted, kept in the database beside the rows that it speaks of: `data_quality` is made from it.

The table is called `_runs`: names that begin with `_` are bookkeeping, and nobody takes them for data. A run that ends
before its lines are written leaves none; what it had loaded is in the next run's `table_rows`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pardot.naming import quote_identifier
from pardot.windows import api_time

from ..files.database import row_counts
from .summary import ObjectCounts

if TYPE_CHECKING:
    import duckdb

MOST_RUNS: Final = 1_000
"""Daily runs of almost three years, hourly ones of six weeks."""
RUNS: Final = "_runs"
COLUMNS: Final = (
    "run_number BIGINT, run_at TIMESTAMPTZ, is_backfill BOOLEAN, object VARCHAR, is_complete BOOLEAN, "
    "files BIGINT, bytes BIGINT, parsed_rows BIGINT, set_aside_rows BIGINT, purged_rows BIGINT, loaded_rows BIGINT, "
    "new_rows BIGINT, table_rows BIGINT, erased_rows BIGINT, removed_rows BIGINT"
)
LATER_COLUMNS: Final = ("erased_rows", "removed_rows")
"""Those that the table of an older version lacks: rows of erased people that were left out by the run, and rows that
were erased after it, before the next one."""


def keep_counts(
    db: duckdb.DuckDBPyConnection,
    schema: str,
    counts: Mapping[str, ObjectCounts],
    *,
    run_at: datetime,
    failed: Collection[str],
    is_backfill: bool,
) -> None:
    """Add one line for each object that a run was to read, all or none, and drop those of the oldest runs.

    Runs are numbered, because a clock may be set back and two runs may begin in one second. Before anything was ever
    loaded there is no schema: dlt makes it, and would take one that it finds for its own.

    Args:
        run_at: when the run began to read, by the service's clock, which stamps the rows as well.
        failed: objects that were not read to the end.
        is_backfill: whether it read a stretch of the past, instead of what is new.
    """
    is_there = "SELECT 1 FROM duckdb_schemas() WHERE schema_name = ? AND database_name = current_database()"
    if not counts or not db.execute(is_there, [schema]).fetchall():
        return
    table = f"{quote_identifier(schema)}.{quote_identifier(RUNS)}"
    rows = row_counts(db, schema)
    db.begin()
    db.execute(f"CREATE TABLE IF NOT EXISTS {table} ({COLUMNS})")
    for column in LATER_COLUMNS:
        db.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {quote_identifier(column)} BIGINT")
    (number,) = db.execute(f"SELECT coalesce(max(run_number), 0) + 1 FROM {table}").fetchall()[0]
    db.executemany(
        f"INSERT INTO {table} VALUES (?, CAST(? AS TIMESTAMPTZ), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        [
            [
                *(number, api_time(run_at), is_backfill, name, name not in failed),
                *(*_figures(one), rows.get(name, 0), one.erased),
            ]
            for name, one in sorted(counts.items())
        ],
    )
    db.execute(f"DELETE FROM {table} WHERE run_number <= ?", [number - MOST_RUNS])
    db.commit()


def _figures(counts: ObjectCounts) -> tuple[int | None, ...]:
    return (
        counts.files,
        counts.bytes,
        counts.parsed,
        counts.set_aside,
        counts.purged,
        counts.loaded,
        counts.new,
    )
