"""Files of text -> typed columns: the one place where cells become columns.

Every cell stays text until one of the expressions of `cells` gives it the catalogue's declared type. The same
expressions serve two ways:

- `check` reads the files in a private in-memory database, and leaves one typed Parquet file. Every record is accounted
  for before any destination is touched. A record that is no row is set aside, and so is a row without a readable key
  or date; any other cell that does not fit goes to a text column beside its own.
- `select_strict` is a SELECT that the destination itself runs over large files, reading each byte once; any cell or
  record that cannot be read refuses the whole load, which is then repeated through `check`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path

import duckdb

from ..catalogue import Field
from ..naming import quote_identifier, quote_text
from .careful import (
    REFUSALS,
    REJECTED_ROWS_ALLOWED,
    RELIED_ON,
    CarefulReader,
    CheckedFile,
    RejectedRow,
    spilling_database,
    write_parquet,
)
from .cells import KEY, typed_cell
from .text_files import PageFile, TextFile, is_regular, relation

__all__ = [
    "KEY",
    "LOAD_ID_COLUMN",
    "REJECTED_ROWS_ALLOWED",
    "CheckedFile",
    "PageFile",
    "RejectedRow",
    "TextFile",
    "check",
    "select_checked",
    "select_strict",
]

LOAD_ID_COLUMN = "_dlt_load_id"


def select_strict(files: Sequence[TextFile], fields: Sequence[Field], *, load_id: str, time_zone: str | None) -> str:
    """Return a SELECT of typed columns over large files that fails on the first cell it cannot read.

    The result has one column per field, in order, and the load id last. The session's time zone must be UTC only for
    texts without an offset, which are read in `time_zone` and refused when it is None.
    """
    return _select(relation(files, fields), fields, load_id=load_id, time_zone=time_zone)


def select_checked(path: Path, fields: Sequence[Field], *, load_id: str) -> str:
    """Return a SELECT over the typed file that `check` left."""
    columns = ", ".join(f"{quote_identifier(f.column)} AS {quote_identifier(f.column)}" for f in fields)
    load = f"{quote_text(load_id)} AS {quote_identifier(LOAD_ID_COLUMN)}"
    return f"SELECT {columns}, {load} FROM read_parquet([{quote_text(str(path))}])"


def check(
    files: Sequence[TextFile],
    fields: Sequence[Field],
    target: Path,
    *,
    table: str,
    time_zone: str | None,
    relied_on: Collection[str] = RELIED_ON,
) -> CheckedFile:
    """Read every cell of the files, write the typed rows to `target`, and account for the rest.

    The files are read in one pass, strictly; only where a record or a cell is refused, or records or cells are
    missing or too many, are they read again to find which, and the rest is kept.

    Args:
        fields: columns to write; a variant among them is NULL in every row whose cell fits.
        relied_on: columns without whose value a row is set aside.

    Raises:
        DataError: more rows cannot be read than `REJECTED_ROWS_ALLOWED` and one in a thousand, a lost quote may hide
            rows, or times have no offset and `time_zone` is None.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if all(map(is_regular, files)):
        with _database().cursor() as db:
            db.execute("SET TimeZone = 'UTC'")
            try:
                rows = write_parquet(db, _select(relation(files, fields), fields, time_zone=time_zone), target)
                if rows == sum(file.rows for file in files):
                    return CheckedFile(target, tuple(fields), rows)
            except REFUSALS:
                pass
    with spilling_database(target.with_suffix(".spill")) as db:
        return CarefulReader(db, files, fields, table=table, time_zone=time_zone, relied_on=relied_on).write(target)


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """Return this process's private in-memory database; each user takes a cursor of its own."""
    return duckdb.connect(":memory:")


def _select(relation: str, fields: Sequence[Field], *, time_zone: str | None, load_id: str | None = None) -> str:
    columns = [f"{_strict_cell(f, time_zone)} AS {quote_identifier(f.column)}" for f in fields]
    if load_id is not None:
        columns.append(f"{quote_text(load_id)} AS {quote_identifier(LOAD_ID_COLUMN)}")
    return f"SELECT {', '.join(columns)} FROM {relation}"


def _strict_cell(field: Field, time_zone: str | None) -> str:
    value = typed_cell(field, time_zone, strict=True)
    return f"coalesce({value}, error('a row without an id')::BIGINT)" if field.name == KEY else value
