"""Other business units in the same files: what each has published stays as it is until it publishes again.

The working file has their tables too, but perhaps as a killed run left them, and nobody may see those. So a snapshot
takes over what the previous one has of other units. Where the copy of the working file has the same, which is the rule,
that costs a look at counts and load stamps; else the rows are copied.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from pardot.naming import quote_identifier, quote_text

from .database import connect, remove_database

DRAFT: Final = "_draft"
BEFORE: Final = "_before"
"""What the new snapshot and the previous one are attached as: no dataset can be called so."""


@dataclass(frozen=True)
class _Column:
    name: str
    type: str
    is_nullable: bool

    def __str__(self) -> str:
        """Return the column as CREATE TABLE takes it."""
        return f"{quote_identifier(self.name)} {self.type}{'' if self.is_nullable else ' NOT NULL'}"


@dataclass(frozen=True)
class _Table:
    """What tells two states of a table apart, as every run and every build changes some of it."""

    columns: tuple[_Column, ...]
    rows: int
    newest_load: str | None
    content: str | None
    """Digest of all rows of a table of bookkeeping; the reporting tables have one, which every build writes anew."""


def keep_neighbours(draft: Path, published: Path, own: Collection[str]) -> list[str]:
    """Make every other schema of the published file the same in the draft, and return their names.

    There are none where the published file is missing or damaged; each comes back when its own unit publishes.
    """
    with connect(Path(":memory:")) as db, _previous(db, published) as is_there:
        names = [name for name in _schemas(db) if name not in own] if is_there else []
        if names:
            db.execute(f"ATTACH {quote_text(str(draft))} AS {DRAFT}")
        for name in names:
            if _read_tables(db, DRAFT, name) != _read_tables(db, BEFORE, name):
                _take_over(db, name)
    return names


@contextmanager
def _previous(db: duckdb.DuckDBPyConnection, published: Path) -> Iterator[bool]:
    """Attach the published file, or a copy of it where somebody writes in it; False where neither can be read."""
    copy = published.with_name(f".{published.name}.before")
    try:
        yield published.exists() and (_attached(db, published) or _attached(db, Path(shutil.copyfile(published, copy))))
    finally:
        remove_database(copy)


def _attached(db: duckdb.DuckDBPyConnection, path: Path) -> bool:
    try:
        db.execute(f"ATTACH {quote_text(str(path))} AS {BEFORE} (READ_ONLY)")
    except duckdb.Error:
        return False
    return True


def _schemas(db: duckdb.DuckDBPyConnection) -> list[str]:
    found = db.execute(
        "SELECT schema_name FROM duckdb_schemas() WHERE database_name = ? AND NOT internal AND schema_name <> 'main'",
        [BEFORE],
    )
    return [str(name) for (name,) in found.fetchall()]


def _read_tables(db: duckdb.DuckDBPyConnection, database: str, schema: str) -> Mapping[str, _Table]:
    found = db.execute(
        "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() JOIN duckdb_tables() "
        "USING (database_name, schema_name, table_name) WHERE database_name = ? AND schema_name = ? "
        "ORDER BY table_name, column_index",
        [database, schema],
    ).fetchall()
    columns: dict[str, list[_Column]] = {}
    for table, *column in found:
        columns.setdefault(table, []).append(_Column(*column))
    return {name: _read_table(db, (database, schema, name), tuple(each)) for name, each in columns.items()}


def _read_table(db: duckdb.DuckDBPyConnection, path: tuple[str, str, str], columns: tuple[_Column, ...]) -> _Table:
    newest = "max(_dlt_load_id)" if any(column.name == "_dlt_load_id" for column in columns) else "NULL"
    content = "sum(hash(t))::VARCHAR" if path[-1].startswith("_") else "NULL"
    query = f"SELECT count(*), {newest}, {content} FROM {_quoted(*path)} AS t"  # noqa: S608
    return _Table(columns, *db.execute(query).fetchall()[0])


def _take_over(db: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Replace a schema of the draft by that of the previous snapshot, with its comments."""
    db.execute(f"DROP SCHEMA IF EXISTS {_quoted(DRAFT, schema)} CASCADE")
    db.execute(f"CREATE SCHEMA {_quoted(DRAFT, schema)}")
    for name, table in _read_tables(db, BEFORE, schema).items():
        target = _quoted(DRAFT, schema, name)
        db.execute(f"CREATE TABLE {target} ({', '.join(map(str, table.columns))})")
        db.execute(f"INSERT INTO {target} FROM {_quoted(BEFORE, schema, name)}")
    for subject, text in _comments(db, schema):
        db.execute(f"COMMENT ON {subject} IS {quote_text(text)}")


def _comments(db: duckdb.DuckDBPyConnection, schema: str) -> Iterator[tuple[str, str]]:
    """Yield what the previous snapshot says of a schema's tables and columns, and of which one in the draft."""
    found = db.execute(
        "SELECT table_name, NULL, comment FROM duckdb_tables() WHERE database_name = $1 AND schema_name = $2 "
        "UNION ALL SELECT table_name, column_name, comment FROM duckdb_columns() "
        "WHERE database_name = $1 AND schema_name = $2",
        [BEFORE, schema],
    ).fetchall()
    for table, column, text in found:
        if text is not None:
            kind, below = ("TABLE", ()) if column is None else ("COLUMN", (column,))
            yield f"{kind} {_quoted(DRAFT, schema, table, *below)}", text


def _quoted(*names: str) -> str:
    return ".".join(map(quote_identifier, names))
