"""Files of text -> typed columns: the one place where cells become columns.

`check` leaves one Parquet file of the catalogue's declared types, and every record is accounted for before any
destination is touched. It goes the cheapest way that reads the files exactly:

- `plain` by Arrow's reader, result files that can be read in one way only, each byte once;
- `select_strict`, by DuckDB and the expressions of `cells`, whatever is regular: pages of queries, local times;
- `careful`, by the same expressions, everything else. A record that is no row is set aside, and so is a row without a
  readable key or date; any other cell that does not fit goes to a text column beside its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path

import duckdb

from ..catalogue import Field
from ..naming import quote_identifier, quote_text
from .careful import REFUSALS, RELIED_ON, CarefulReader, CheckedFile, spilling_database, write_parquet
from .cells import KEY, typed_cell
from .csv_files import ResultFile
from .parts import fields_of, parts_of, put_together
from .plain import write_plain
from .text_files import TextFile, is_regular, relation

LOAD_ID_COLUMN = "_dlt_load_id"


def select_strict(files: Sequence[TextFile], fields: Sequence[Field], *, time_zone: str | None) -> str:
    """Return a SELECT of typed columns over files that fails on the first cell it cannot read.

    The result has one column per field, in order. The session's time zone must be UTC only for texts without an offset,
    which are read in `time_zone` and refused when it is None.
    """
    columns = [f"{_strict_cell(f, time_zone)} AS {quote_identifier(f.column)}" for f in fields]
    return f"SELECT {', '.join(columns)} FROM {relation(files, fields)}"


def select_checked(path: Path, fields: Sequence[Field], *, load_id: str) -> str:
    """Return a SELECT over the typed file that `check` left."""
    columns = ", ".join(f"{quote_identifier(f.column)} AS {quote_identifier(f.column)}" for f in fields)
    load = f"{quote_text(load_id)} AS {quote_identifier(LOAD_ID_COLUMN)}"
    return f"SELECT {columns}, {load} FROM read_parquet([{quote_text(str(path))}])"


def select_ids(checked: CheckedFile) -> str:
    """Return a SELECT of the ids that were read, also of rows that no two parts have alike."""
    paths = ", ".join(quote_text(str(path)) for path in checked.parts or (checked.path,))
    return f"SELECT id FROM read_parquet([{paths}], union_by_name = true)"


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

    Rows whose fields came in parts are put together.

    Only where a record or a cell is refused, or records or cells are missing or too many, are the files read again to
    find which, and the rest is kept.

    Args:
        fields: columns to write; a variant among them is NULL in every row whose cell fits.
        relied_on: columns without whose value a row is set aside.

    Raises:
        DataError: more rows cannot be read than `REJECTED_ROWS_ALLOWED` and one in a thousand, a lost quote may hide
            rows, or times have no offset and `time_zone` is None.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if len(parts := parts_of(files, fields)) > 1:
        checked = [
            check(
                part,
                fields_of(part, fields, is_first=number == 0),
                target.with_suffix(f".{number}.parquet"),
                table=table,
                time_zone=time_zone,
                relied_on=relied_on,
            )
            for number, part in enumerate(parts)
        ]
        return put_together(checked, target)
    rows = sum(file.rows for file in files)
    if rows == _write_plain(files, fields, target) or rows == _write_strict(files, fields, target, time_zone):
        return CheckedFile(target, tuple(fields), rows)
    with spilling_database(target.with_suffix(".spill")) as db:
        return CarefulReader(db, files, fields, table=table, time_zone=time_zone, relied_on=relied_on).write(target)


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """Return this process's private in-memory database; each user takes a cursor of its own."""
    return duckdb.connect(":memory:")


def _write_plain(files: Sequence[TextFile], fields: Sequence[Field], target: Path) -> int | None:
    plain = [file for file in files if isinstance(file, ResultFile) and file.is_plain]
    return write_plain(plain, fields, target) if files and len(plain) == len(files) else None


def _write_strict(
    files: Sequence[TextFile], fields: Sequence[Field], target: Path, time_zone: str | None
) -> int | None:
    if not all(map(is_regular, files)):
        return None
    with _database().cursor() as db:
        db.execute("SET TimeZone = 'UTC'")
        try:
            return write_parquet(db, select_strict(files, fields, time_zone=time_zone), target)
        except REFUSALS:
            return None


def _strict_cell(field: Field, time_zone: str | None) -> str:
    value = typed_cell(field, time_zone, strict=True)
    return f"coalesce({value}, error('a row without an id')::BIGINT)" if field.name == KEY else value
