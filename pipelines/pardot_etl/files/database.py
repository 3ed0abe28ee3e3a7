"""The working DuckDB file: created so that older readers can open it, and the few questions a run asks of it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from pardot.durable import sync_folder
from pardot.errors import RunLockedError, StorageError
from pardot.naming import quote_identifier, quote_text

_HOLDER = re.compile(r"lock is held in .*\(PID (\d+)\)")
_CLOSE_IT = (
    "Nothing was touched; close the program that has the job's own database open (the published one is there to be "
    "opened), the next scheduled run goes on by itself"
)
_REPLACE_IT = (
    "Nothing was touched; mend the permissions if it may not be read. A damaged file is replaced by a copy of the "
    "published one, or moved away, so that the next run reads all again; then run `pardot-etl run` again"
)
STORAGE_VERSION = "v1.0.0"
"""Files of this version open in every DuckDB from 1.0 on; it must be chosen when the file is created."""


LOAD_MEMORY_MB = 200
"""What a load may hold in memory, by one thread; what does not fit goes to files beside the database. A second thread
costs a quarter more CPU and as much memory again, and tables are loaded beside each other anyway."""
DELETED_ROW_BYTES = 4
"""How much more that is for each row of the largest table: replaced rows that lie all over it take 8 bytes for each of
its rows until the next checkpoint, and half of them have room in the rest."""


def create_if_missing(path: Path) -> None:
    """Create an empty database file, whole or not at all.

    It is made under another name and renamed: a disk that fills up while a file is being created leaves a stub that
    no DuckDB opens again.

    Raises:
        StorageError: the folder cannot be written.
    """
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_database(draft)
        with duckdb.connect(":memory:") as db:
            db.execute(f"ATTACH {quote_text(str(draft))} AS fresh (STORAGE_VERSION {quote_text(STORAGE_VERSION)})")
            db.execute("CHECKPOINT fresh")
            db.execute("DETACH fresh")
        draft.replace(path)
    except (OSError, duckdb.Error) as error:
        raise StorageError("create the working database", path=str(path), reason=str(error)) from error


def remove_database(path: Path) -> None:
    """Remove a database file that may exist, and its write-ahead log: no other file opens beside a log not its own."""
    path.unlink(missing_ok=True)
    write_ahead_log(path).unlink(missing_ok=True)


def limit_memory(db: duckdb.DuckDBPyConnection) -> None:
    """Bound what DuckDB takes until the database is closed: one thread for each statement, and little memory.

    DuckDB's own limit of memory stays where it is lower.
    """
    ((limit, rows),) = db.execute(
        "SELECT current_setting('memory_limit'), coalesce(max(estimated_size), 0) FROM duckdb_tables()"
    ).fetchall()
    megabytes = LOAD_MEMORY_MB + int(rows) * DELETED_ROW_BYTES // 10**6
    db.execute("SET GLOBAL threads = 1")
    if _bytes(str(limit)) > megabytes * 10**6:
        db.execute(f"SET GLOBAL memory_limit = '{megabytes}MB'")


def checkpoint(db: duckdb.DuckDBPyConnection) -> None:
    """Write to the file what is in the log and in memory; one that is closed, or in use where that matters, is left."""
    with suppress(duckdb.ConnectionException, duckdb.TransactionException):
        db.execute("CHECKPOINT")


def _bytes(size: str) -> float:
    """Return a size as DuckDB writes it in bytes.

    >>> _bytes("1.5 KiB")
    1536.0
    """
    number, unit = size.split()
    return float(number) * float(1024 ** ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB").index(unit))


def remove_spilled(path: Path) -> None:
    """Remove what a killed process left on disk of its memory; call it with the database open, so by nobody else."""
    shutil.rmtree(path.with_name(f"{path.name}.tmp"), ignore_errors=True)


def write_ahead_log(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


@contextmanager
def connect(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the database with UTC as its zone; close it in any case.

    Raises:
        StorageError: the file cannot be opened, for example because another program holds it, or DuckDB failed while
            it was open, for example on a full disk.
    """
    try:
        db = duckdb.connect(str(path), read_only=read_only)
    except duckdb.Error as error:
        holder = _HOLDER.search(str(error))
        if holder:
            raise RunLockedError(str(path), pid=int(holder[1]), next_step=_CLOSE_IT) from error
        raise StorageError("open the database", path=str(path), reason=str(error), next_step=_REPLACE_IT) from error
    try:
        db.execute("SET TimeZone = 'UTC'")
        yield db
    except duckdb.Error as error:
        raise StorageError("work in the database", path=str(path), reason=str(error)) from error
    finally:
        db.close()


def keep_schemas(path: Path, schemas: Collection[str]) -> None:
    """Drop every other schema from a database file and leave no write-ahead log."""
    with connect(path) as db:
        found = db.execute(
            "SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database() AND NOT internal"
        ).fetchall()
        for (name,) in found:
            if name not in schemas and name != "main":
                db.execute(f"DROP SCHEMA {quote_identifier(str(name))} CASCADE")
        db.execute("CHECKPOINT")


def rewrite(path: Path) -> int:
    """Write a database file anew and return its size: what was deleted stands in the free blocks of the old one.

    The new file takes the name of the old one when it is complete and on disk.

    Raises:
        StorageError: it could not be written; the old one is as it was.
    """
    draft = path.with_name(f".{path.name}.new")
    try:
        with connect(path) as db:
            db.execute("CHECKPOINT")
        remove_database(draft)
        with duckdb.connect(":memory:") as db:
            limit_memory(db)
            db.execute(f"ATTACH {quote_text(str(path))} AS _before (READ_ONLY)")
            db.execute(f"ATTACH {quote_text(str(draft))} AS _draft (STORAGE_VERSION {quote_text(STORAGE_VERSION)})")
            db.execute("COPY FROM DATABASE _before TO _draft")
            db.execute("CHECKPOINT _draft")
            db.execute("DETACH _draft")
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(path)
        write_ahead_log(path).unlink(missing_ok=True)
        sync_folder(path.parent)
    except (OSError, duckdb.Error, StorageError) as error:
        with suppress(OSError):
            remove_database(draft)
        if isinstance(error, RunLockedError):
            raise
        reason = error.reason if isinstance(error, StorageError) else str(error)
        raise StorageError("write the database anew", path=str(path), reason=reason) from error
    return path.stat().st_size


def tables(db: duckdb.DuckDBPyConnection, schema: str) -> list[str]:
    """Return the names of the data tables of a schema; those that begin with `_` are somebody's bookkeeping."""
    rows = db.execute(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = ? AND database_name = current_database() "
        "AND NOT starts_with(table_name, '_') ORDER BY 1",
        [schema],
    ).fetchall()
    return [str(name) for (name,) in rows]


def settle(db: duckdb.DuckDBPyConnection, schema: str, names: Sequence[str]) -> int:
    """Keep one row per id, the newest, in tables that were filled without a merge; returns the rows removed.

    Costs one pass over the ids; rows are touched only where an id stands twice.
    """
    removed = 0
    for name in names:
        table = f"{quote_identifier(schema)}.{quote_identifier(name)}"
        columns = {str(row[0]) for row in db.execute(f"DESCRIBE {table}").fetchall()}
        newest = "updated_at DESC NULLS LAST" if "updated_at" in columns else "rowid DESC"
        removed += len(
            db.execute(
                f"DELETE FROM {table} WHERE rowid IN ("
                f"SELECT rowid FROM (SELECT rowid, row_number() OVER (PARTITION BY id ORDER BY {newest}) AS copy "
                f"FROM {table} WHERE id IN (SELECT id FROM {table} GROUP BY id HAVING count(*) > 1)) WHERE copy > 1) "
                "RETURNING id"
            ).fetchall()
        )
    return removed


def row_counts(db: duckdb.DuckDBPyConnection, schema: str) -> dict[str, int]:
    """Return the number of rows of every data table."""
    return {
        name: int(
            db.execute(f"SELECT count(*) FROM {quote_identifier(schema)}.{quote_identifier(name)}").fetchall()[0][0]
        )
        for name in tables(db, schema)
    }


def loaded_counts(db: duckdb.DuckDBPyConnection, schema: str, load_ids: Sequence[str]) -> dict[str, int]:
    """Return how many rows of every data table came with these load packages."""
    counts = {}
    for name in tables(db, schema):
        table = f"{quote_identifier(schema)}.{quote_identifier(name)}"
        rows = db.execute(f"SELECT count(*) FROM {table} WHERE list_contains(?, _dlt_load_id)", [list(load_ids)])
        counts[name] = int(rows.fetchall()[0][0])
    return counts
