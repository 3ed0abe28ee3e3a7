"""Files of text -> typed columns: the one place where a cell gets its type.

Every cell stays text until the expression built here casts it to the catalogue's declared type. The same expressions
serve two ways:

- `check` reads the files in a private in-memory database, cell by cell, keeps what cannot be read aside, and leaves
  one typed Parquet file. Every row is accounted for before any destination is touched.
- `select_strict` is a SELECT that the destination itself runs over large files, reading each byte once; any cell or
  record that cannot be read refuses the whole load, which is then repeated through `check`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from .catalogue import Field, Type
from .csv_files import ResultFile
from .errors import DataError
from .naming import quote_identifier, quote_text

LOAD_ID_COLUMN = "_dlt_load_id"
KEY = "id"
_REASON = "_reason"
REFUSALS = (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException)
"""What DuckDB raises when it cannot read a record or a cell."""
MAX_LINE_BYTES = 64 * 1024 * 1024
REJECTED_ROWS_ALLOWED = 100
"""More unreadable rows than this, and more than one in a thousand, stop the window: then it is not a few bad rows."""

_SQL_TYPES = {
    Type.BIGINT: "BIGINT",
    Type.BOOLEAN: "BOOLEAN",
    Type.DOUBLE: "DOUBLE",
    Type.TEXT: "VARCHAR",
    Type.TIMESTAMP: "TIMESTAMPTZ",
}


@dataclass(frozen=True)
class PageFile:
    """Rows of query pages as text cells, in a Parquet file of our own."""

    path: Path
    header: tuple[str, ...]
    rows: int


TextFile = ResultFile | PageFile
"""A file whose cells are all text: a verified CSV of an export, or the pages of a query."""


@dataclass(frozen=True)
class RejectedRow:
    """A record that could not be read, kept aside with its place and the reason."""

    file: str | None
    line: int | None
    """File and line are known of a record that is no row; of a row with a bad cell, its cells."""
    reason: str
    raw_text: str


@dataclass(frozen=True)
class CheckedFile:
    """A typed Parquet file, and the account of every record that was read for it."""

    path: Path
    rows: int
    rejected: tuple[RejectedRow, ...]


def select_strict(files: Sequence[TextFile], fields: Sequence[Field], *, load_id: str, time_zone: str | None) -> str:
    """Return a SELECT of typed columns over large files that fails on the first cell it cannot read.

    The result has one column per field, in order, and the load id last. The session's time zone must be UTC only for
    texts without an offset, which are read in `time_zone` and refused when it is None.
    """
    return _select(_relation(files, fields), fields, load_id=load_id, time_zone=time_zone)


def select_checked(path: Path, fields: Sequence[Field], *, load_id: str) -> str:
    """Return a SELECT over the typed file that `check` left."""
    columns = ", ".join(f"{quote_identifier(f.column)} AS {quote_identifier(f.column)}" for f in fields)
    load = f"{quote_text(load_id)} AS {quote_identifier(LOAD_ID_COLUMN)}"
    return f"SELECT {columns}, {load} FROM read_parquet([{quote_text(str(path))}])"


def check(
    files: Sequence[TextFile], fields: Sequence[Field], target: Path, *, table: str, time_zone: str | None
) -> CheckedFile:
    """Read every cell of the files, write the typed rows to `target`, and account for the rest.

    The files are read in one pass, strictly; only where a record or a cell is refused are they read again to find
    which, and the rest is kept.

    Raises:
        DataError: more rows cannot be read than `REJECTED_ROWS_ALLOWED` and one in a thousand, or no record at all.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with _database().cursor() as db:
        db.execute("SET TimeZone = 'UTC'")
        try:
            rows = _write(db, _select(_relation(files, fields), fields, time_zone=time_zone), target)
            rejected: tuple[RejectedRow, ...] = ()
        except REFUSALS:
            try:
                rejected = tuple(_split_off_rejects(db, files, fields, time_zone))
            except REFUSALS as error:  # not one record but the whole file, for example lines that end in two ways
                found = str(error).partition("\n")[0]
                raise DataError("the rows", expected="CSV records", found=found, object_name=table) from error
            rows = _write(db, _select("readable", fields, time_zone=time_zone), target)
    if len(rejected) > REJECTED_ROWS_ALLOWED and len(rejected) * 1000 > rows:
        first = rejected[0]
        raise DataError(
            "the rows",
            expected=f"at most {REJECTED_ROWS_ALLOWED} unreadable rows",
            found=f"{len(rejected)} of {rows + len(rejected)}, the first because {first.reason}",
            object_name=table,
            file=first.file,
            line=first.line,
        )
    return CheckedFile(target, rows, rejected)


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """Return this process's private in-memory database; each user takes a cursor of its own."""
    return duckdb.connect(":memory:")


def _write(db: duckdb.DuckDBPyConnection, select: str, target: Path) -> int:
    """Write the rows of a SELECT to a Parquet file and return their number."""
    (rows,) = db.execute(f"COPY ({select}) TO {quote_text(str(target))} (FORMAT parquet, COMPRESSION lz4)").fetchall()[
        0
    ]
    return int(rows)


def _select(relation: str, fields: Sequence[Field], *, time_zone: str | None, load_id: str | None = None) -> str:
    columns = [f"{_cell(f, time_zone, 'CAST')} AS {quote_identifier(f.column)}" for f in fields]
    if load_id is not None:
        columns.append(f"{quote_text(load_id)} AS {quote_identifier(LOAD_ID_COLUMN)}")
    return f"SELECT {', '.join(columns)} FROM {relation}"


def _cell(field: Field, time_zone: str | None, cast: str) -> str:
    """Return the expression that gives one cell its declared type; `cast` is CAST or TRY_CAST."""
    cell = quote_identifier(field.name)
    if field.type is Type.TEXT:
        return cell
    text = f"nullif({cell}, '')"
    if field.type is Type.BIGINT:
        # References to other rows are most columns of the largest tables, and never had a fraction.
        is_reference = field.name.endswith("Id")
        number = f"{cast}({text} AS BIGINT)" if is_reference else _whole_number(text, cast)
        if field.name == KEY and cast == "CAST":
            return f"coalesce({number}, error('a row without an id')::BIGINT)"
        return number
    if field.type is Type.TIMESTAMP:
        return _instant(text, time_zone, cast)
    return f"{cast}({text} AS {_SQL_TYPES[field.type]})"


def _whole_number(text: str, cast: str) -> str:
    """Return the expression for an integer; DuckDB's own cast would round 1.5 to 2 and read 1e-1 as 0."""
    misfit = "error('a number that is not written as a whole one')" if cast == "CAST" else "NULL"
    is_whole = f"NOT (contains({text}, '.') OR contains(lower({text}), 'e'))"
    return f"CASE WHEN {is_whole} OR {text} IS NULL THEN {cast}({text} AS BIGINT) ELSE {misfit} END"


def _instant(text: str, time_zone: str | None, cast: str) -> str:
    """Return the expression for an instant: its own offset decides, else the API user's zone.

    A text is taken to have an offset when, after the 19 characters of a date and time to the second, it ends in `Z`
    or has a sign where an offset's sign stands.
    """
    to_the_second = "_" * 19
    # The two usual shapes come first: testing them costs a fraction of the general rule.
    is_usual = f"{text} LIKE '{to_the_second}+__:__' OR {text} LIKE '{to_the_second}-__:__'"
    rest = f"substr({text}, 20)"
    has_offset = f"(right({rest}, 1) = 'Z' OR contains({rest}, '+') OR contains({rest}, '-'))"
    with_offset = f"{cast}({text} AS TIMESTAMPTZ)"
    if time_zone is not None:
        naive = f"timezone({quote_text(time_zone)}, {cast}({text} AS TIMESTAMP))"
    elif cast == "CAST":
        naive = "error('a time without an offset, and sources.pardot.time_zone is not set')"
    else:
        naive = "NULL"
    return (
        f"CASE WHEN {is_usual} THEN {with_offset} WHEN {text} IS NULL THEN NULL "
        f"WHEN {has_offset} THEN {with_offset} ELSE {naive} END"
    )


def _relation(files: Sequence[TextFile], fields: Sequence[Field], *, keep_rejects: bool = False) -> str:
    """Return a table expression of text cells over files that may differ in column order and line ends."""
    if not files:
        nothing = ", ".join(f"NULL::VARCHAR AS {quote_identifier(field.name)}" for field in fields)
        return f"(SELECT {nothing} WHERE false)"
    groups: dict[tuple[type, tuple[str, ...], str], list[TextFile]] = {}
    for file in files:
        line_end = file.line_end if isinstance(file, ResultFile) else ""
        groups.setdefault((type(file), file.header, line_end), []).append(file)
    columns = ", ".join(quote_identifier(field.name) for field in fields)
    readers = [
        f"SELECT {columns} FROM {_reader(kind, header, line_end, members, keep_rejects)}"
        for (kind, header, line_end), members in groups.items()
    ]
    return "(" + " UNION ALL ".join(readers) + ")"


def _reader(kind: type, header: Sequence[str], line_end: str, files: Sequence[TextFile], keep_rejects: bool) -> str:
    paths = "[" + ", ".join(quote_text(str(file.path)) for file in files) + "]"
    if kind is PageFile:
        return f"read_parquet({paths})"
    spec = ", ".join(f"{quote_text(name)}: 'VARCHAR'" for name in header)
    options = [
        "auto_detect = false",
        "header = true",
        "delim = ','",
        "quote = '\"'",
        "escape = '\"'",
        "new_line = " + quote_text("\\r\\n" if line_end == "\r\n" else "\\n"),
        f"max_line_size = {MAX_LINE_BYTES}",
        f"columns = {{{spec}}}",
    ]
    if keep_rejects:
        options.append("store_rejects = true")
    return f"read_csv({paths}, {', '.join(options)})"


def _structural_rejects(db: duckdb.DuckDBPyConnection) -> list[RejectedRow]:
    """Return the records that are no CSV rows: wrong width, bad quotes, bad encoding."""
    found = db.execute(
        "SELECT s.file_path, e.line, min(e.error_type), min(e.csv_line) "
        "FROM reject_errors AS e JOIN reject_scans AS s USING (scan_id, file_id) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return [
        RejectedRow("/".join(Path(file).parts[-2:]), int(line), str(reason).lower(), str(raw))
        for file, line, reason, raw in found
    ]


def _split_off_rejects(
    db: duckdb.DuckDBPyConnection, files: Sequence[TextFile], fields: Sequence[Field], time_zone: str | None
) -> Iterator[RejectedRow]:
    """Yield every row that cannot be read, and leave the others in the view `readable`."""
    db.execute(f"CREATE TEMP TABLE cells AS FROM {_relation(files, fields, keep_rejects=True)}")
    if any(isinstance(file, ResultFile) for file in files):
        yield from _structural_rejects(db)
    typed = [f for f in fields if f.type is not Type.TEXT]
    bad_cells = [
        f"(nullif({quote_identifier(f.name)}, '') IS NOT NULL AND {_cell(f, time_zone, 'TRY_CAST')} IS NULL)"
        for f in typed
    ]
    reasons = [(f"nullif({KEY}, '') IS NULL", "id is empty")]
    reasons += [(bad, _misfit(f)) for f, bad in zip(typed, bad_cells, strict=True)]
    cases = " ".join(f"WHEN {bad} THEN {quote_text(reason)}" for bad, reason in reasons)
    db.execute(f"CREATE TEMP TABLE judged AS SELECT *, CASE {cases} END AS {_REASON} FROM cells")
    db.execute(f"CREATE TEMP VIEW readable AS SELECT * EXCLUDE ({_REASON}) FROM judged WHERE {_REASON} IS NULL")
    unreadable = db.execute(f"SELECT {_REASON}, * EXCLUDE ({_REASON}) FROM judged WHERE {_REASON} IS NOT NULL")
    for reason, *cells in unreadable.fetchall():
        yield RejectedRow(None, None, str(reason), repr(tuple(cells)))


def _misfit(field: Field) -> str:
    if field.type is Type.TIMESTAMP:
        return f"{field.name} is no time with an offset (or sources.pardot.time_zone is needed)"
    return f"{field.name} is no {_SQL_TYPES[field.type]}"
