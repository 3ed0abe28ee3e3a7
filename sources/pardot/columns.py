"""Files of text -> typed columns: the one place where a cell gets its type.

Every cell stays text until the expression built here casts it to the catalogue's declared type. The same expressions
serve two ways:

- `check` reads the files in a private in-memory database, cell by cell, keeps what cannot be read aside, and leaves
  one typed Parquet file. Every row is accounted for before any destination is touched.
- `select_strict` is a SELECT that the destination itself runs over large files, reading each byte once; any cell or
  record that cannot be read refuses the whole load, which is then repeated through `check`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from .catalogue import Field, Type
from .csv_files import ResultFile
from .errors import DataError
from .naming import quote_identifier, quote_text

LOAD_ID_COLUMN = "_dlt_load_id"
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

    file: str
    line: int | None
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
    return _select(_relation(files, fields), fields, load_id=load_id, time_zone=time_zone, cast="CAST")


def select_checked(path: Path, fields: Sequence[Field], *, load_id: str) -> str:
    """Return a SELECT over the typed file that `check` left."""
    columns = ", ".join(f"{quote_identifier(f.column)} AS {quote_identifier(f.column)}" for f in fields)
    load = f"{quote_text(load_id)} AS {quote_identifier(LOAD_ID_COLUMN)}"
    return f"SELECT {columns}, {load} FROM read_parquet([{quote_text(str(path))}])"


def check(
    files: Sequence[TextFile], fields: Sequence[Field], target: Path, *, table: str, time_zone: str | None
) -> CheckedFile:
    """Read every cell of the files, write the typed rows to `target`, and account for the rest.

    Raises:
        DataError: more rows cannot be read than `REJECTED_ROWS_ALLOWED` and one in a thousand.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(":memory:", config={"temp_directory": str(target.parent / "spill")}) as db:
        db.execute("SET TimeZone = 'UTC'")
        rejected: list[RejectedRow] = []
        db.execute(f"CREATE TEMP TABLE cells AS FROM {_relation(files, fields, keep_rejects=True)}")
        if any(isinstance(file, ResultFile) for file in files):
            rejected += _structural_rejects(db)
        rejected += _cell_rejects(db, fields, time_zone)
        typed = _select("readable", fields, load_id=None, time_zone=time_zone, cast="CAST")
        db.execute(f"COPY ({typed}) TO {quote_text(str(target))} (FORMAT parquet, COMPRESSION lz4)")
        counted = db.execute("SELECT count(*) FROM readable").fetchone()
    rows = int(counted[0]) if counted else 0
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
    return CheckedFile(target, rows, tuple(rejected))


def _select(relation: str, fields: Sequence[Field], *, load_id: str | None, time_zone: str | None, cast: str) -> str:
    columns = [f"{_cell(f, time_zone, cast)} AS {quote_identifier(f.column)}" for f in fields]
    if load_id is not None:
        columns.append(f"{quote_text(load_id)} AS {quote_identifier(LOAD_ID_COLUMN)}")
    return f"SELECT {', '.join(columns)} FROM {relation}"


def _cell(field: Field, time_zone: str | None, cast: str) -> str:
    """Return the expression that gives one cell its declared type; `cast` is CAST or TRY_CAST."""
    cell = quote_identifier(field.name)
    if field.type is Type.TEXT:
        return cell
    text = f"nullif({cell}, '')"
    if field.type is Type.TIMESTAMP:
        return _instant(text, time_zone, cast)
    return f"{cast}({text} AS {_SQL_TYPES[field.type]})"


def _instant(text: str, time_zone: str | None, cast: str) -> str:
    """Return the expression for an instant: its own offset decides, else the API user's zone.

    A text is taken to have an offset when, after the 19 characters of a date and time to the second, it ends in `Z`
    or has a sign where an offset's sign stands.
    """
    rest = f"substr({text}, 20)"
    has_offset = f"(right({rest}, 1) = 'Z' OR contains({rest}, '+') OR contains({rest}, '-'))"
    if time_zone is not None:
        naive = f"timezone({quote_text(time_zone)}, {cast}({text} AS TIMESTAMP))"
    elif cast == "CAST":
        naive = "error('a time without an offset, and sources.pardot.time_zone is not set')"
    else:
        naive = "NULL"
    return f"CASE WHEN {text} IS NULL THEN NULL WHEN {has_offset} THEN {cast}({text} AS TIMESTAMPTZ) ELSE {naive} END"


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
        "SELECT parse_filename(s.file_path), e.line, min(e.error_type), min(e.csv_line) "
        "FROM reject_errors AS e JOIN reject_scans AS s USING (scan_id, file_id) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return [RejectedRow(file, int(line), str(reason).lower(), str(raw)) for file, line, reason, raw in found]


def _cell_rejects(db: duckdb.DuckDBPyConnection, fields: Sequence[Field], time_zone: str | None) -> list[RejectedRow]:
    """Split `cells` into the view `readable` and the rows with a cell that its type cannot hold."""
    typed = [f for f in fields if f.type is not Type.TEXT]
    bad_cells = [
        f"(nullif({quote_identifier(f.name)}, '') IS NOT NULL AND {_cell(f, time_zone, 'TRY_CAST')} IS NULL)"
        for f in typed
    ]
    no_key = "nullif(id, '') IS NULL"
    db.execute(f"CREATE TEMP TABLE unreadable AS SELECT * FROM cells WHERE {' OR '.join([no_key, *bad_cells])}")
    rejected = []
    if _count(db, "unreadable"):
        reasons = " ".join(f"WHEN {bad} THEN {quote_text(_misfit(f))}" for f, bad in zip(typed, bad_cells, strict=True))
        rows = db.execute(f"SELECT CASE WHEN {no_key} THEN 'id is empty' {reasons} END, * FROM unreadable").fetchall()
        rejected = [RejectedRow("", None, str(reason), repr(tuple(cells))) for reason, *cells in rows]
        good = " AND ".join(f"NOT coalesce({bad}, false)" for bad in [no_key, *bad_cells])
        db.execute(f"CREATE TEMP VIEW readable AS SELECT * FROM cells WHERE {good}")
    else:
        db.execute("CREATE TEMP VIEW readable AS FROM cells")
    return rejected


def _misfit(field: Field) -> str:
    if field.type is Type.TIMESTAMP:
        return f"{field.name} is no time with an offset (or sources.pardot.time_zone is needed)"
    return f"{field.name} is no {_SQL_TYPES[field.type]}"


def _count(db: duckdb.DuckDBPyConnection, relation: str) -> int:
    counted = db.execute(f"SELECT count(*) FROM {quote_identifier(relation)}").fetchone()
    return int(counted[0]) if counted else 0
