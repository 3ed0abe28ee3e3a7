"""The careful way of reading files: every record is judged by itself, and what cannot be read is told with its place.

- A record that is no row, and a row without a readable key or date, are set aside as a whole.
- Any other cell that does not fit its column's type goes to a text column beside it, and the row is loaded.
- What might hide rows, or is wrong with all of them, stops the window: a lost quote, a time zone that is not set, more
  unreadable records than a few.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from ..catalogue import Field, Type
from ..errors import DataError
from ..naming import VARIANT_SUFFIX, quote_identifier, quote_text
from .cells import KEY, is_misfit, lacks_zone, misfit_reason, typed_cell
from .csv_files import ResultFile
from .records import Record, ends_with_line, fault_of, iter_records, may_hide_rows, records_at
from .text_files import PageFile, TextFile, csv_reader, numbered, parquet_reader, place, text_cells

RELIED_ON = frozenset({KEY, "created_at", "updated_at"})
"""Columns by which rows are found, compared and placed in time: without one a row would be lost in the table."""
REFUSALS = (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException)
"""What DuckDB raises when it cannot read a record or a cell."""
REJECTED_ROWS_ALLOWED = 100
"""More unreadable rows than this, and more than one in a thousand, stop the window: then it is not a few bad rows."""
WIDENED_CELLS_KEPT = 100
"""Cells that do not fit their column's type, of which a line each is kept; the column beside it has all of them."""
ROWS_AT_ONCE = 20_480
"""Rows of a typed file that are in memory while they are written; an object may have some hundred columns."""
_MEMORY_LIMIT = "1GB"
_SHORT_RECORD_BYTES = 1 << 20


@dataclass(frozen=True)
class RejectedRow:
    """A record, or one cell of a row, that could not be read: kept with its place and the reason."""

    file: str
    line: int
    """Line of the file the record starts on, the header being line 1; the number of the row in a file of pages."""
    reason: str
    raw_text: str
    """The record as it was sent; of a row of query pages, or a cell of a loaded row, its cells as JSON."""
    export: str | None = None
    """Id of the export that the file is one of."""
    is_loaded: bool = False
    """Whether the row is in its table, without the value of this one cell."""


@dataclass(frozen=True)
class CheckedFile:
    """A typed Parquet file, and the account of every record that was read for it."""

    path: Path
    fields: tuple[Field, ...]
    """The columns of the file: the fields asked for, and the variants of those that did not take all texts."""
    rows: int
    rejected: tuple[RejectedRow, ...] = ()
    """Every record that was set aside, and the first cells of each column of `widened`."""
    widened: Mapping[str, int] = field(default_factory=dict)
    """Columns whose type did not take all texts, and how many cells of each went to the variant."""
    parts: tuple[Path, ...] = ()
    """The typed files that this one was put together from, if it was."""
    torn: int = 0
    """Rows that are in some of the parts only, or changed from one to the other: they are left to the next run."""

    @property
    def set_aside(self) -> int:
        """How many records are not among the rows."""
        return sum(not row.is_loaded for row in self.rejected)


def variant_of(base: Field) -> Field:
    """Return the text column beside a typed one; no file has it, so it is NULL wherever a cell fits its type.

    >>> variant_of(Field("isOpen", Type.BOOLEAN)).column
    'is_open__v_text'
    """
    return Field(base.column + VARIANT_SUFFIX, Type.TEXT, is_asked=False)


@contextmanager
def spilling_database(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a database for one careful reading, whose tables go to disk beside our files when they grow large."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(folder),
        "memory_limit": _MEMORY_LIMIT,
        "preserve_insertion_order": "false",
    }
    try:
        with duckdb.connect(":memory:", config=config) as db:
            db.execute("SET TimeZone = 'UTC'")
            yield db
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class CarefulReader:
    """Read files record by record and judge each, in a table `judged` of text cells with their place.

    The records of a result file are told apart here, not by a reader of CSV, which goes on somewhere else after a
    lost quote; DuckDB reads a copy of those that are rows, each with its line in front.

    Args:
        fields: columns to write; a variant among them is written although every cell may fit.
        relied_on: columns without whose value a row is set aside.
    """

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        files: Sequence[TextFile],
        fields: Sequence[Field],
        *,
        table: str,
        time_zone: str | None,
        relied_on: Collection[str],
    ) -> None:
        self._db = db
        self._files = files
        self._variants = [f for f in fields if f.column.endswith(VARIANT_SUFFIX)]
        self._fields = [f for f in fields if f not in self._variants]
        self._table = table
        self._time_zone = time_zone
        typed = [f for f in self._fields if f.type is not Type.TEXT]
        self._firm = [f for f in typed if f.column in relied_on]
        self._loose = [f for f in typed if f.column not in relied_on]
        self._rejected: list[tuple[int, RejectedRow]] = []
        """Rejects with the ordinal of their file."""
        self._no_rows = 0
        self._allowed = max(REJECTED_ROWS_ALLOWED, sum(file.rows for file in files) // 1000)

    def write(self, target: Path) -> CheckedFile:
        """Read and judge all files, and write the readable rows to `target`.

        Raises:
            DataError: see the module; nothing that was written then is of use.
        """
        cells = ", ".join(f"{quote_identifier(f.column)} VARCHAR" for f in self._fields)
        self._db.execute(f"CREATE TABLE judged (file INTEGER, line BIGINT, reason VARCHAR, {cells})")
        for ordinal, file in enumerate(self._files):
            if isinstance(file, PageFile):
                pages = f"SELECT file_row_number + 1 AS line, * FROM {parquet_reader([file.path])}"
                self._judge(ordinal, pages, file.header, expected=file.rows)
            else:
                self._read_records(ordinal, file, target.with_suffix(".numbered"))
        self._insist_on_a_zone()
        self._set_rows_aside()
        widened = self._widened()
        for base in widened:
            self._keep_cells(base)
        fields = (*self._fields, *self._all_variants(widened))
        rows = self._write(fields, target)
        rejected = tuple(row for _, row in sorted(self._rejected, key=lambda one: (one[0], one[1].line)))
        return CheckedFile(target, fields, rows, rejected, {base.column: count for base, count in widened.items()})

    def _read_records(self, ordinal: int, file: ResultFile, copy: Path) -> None:
        """Judge a result file: its records that are rows by their cells, the others here."""
        good = seen = last = 0
        longest = _SHORT_RECORD_BYTES
        try:
            with copy.open("wb") as rows:
                for record in iter_records(file.path):
                    if record.line == 1:
                        continue
                    seen, last = seen + 1, record.line
                    fault = fault_of(record.text, len(file.header)) if record.text else None
                    if fault is not None:
                        self._set_record_aside(ordinal, record, fault)
                    elif record.text:  # DuckDB skips empty lines as well
                        good += 1
                        longest = max(longest, rows.write(b"%d,%b\n" % (record.line, record.text)))
            if seen != file.rows and not file.is_intact():
                raise self._error(
                    ordinal, None, expected=f"{file.rows} records, as downloaded", found=f"{seen} records"
                )
            columns = ("_line", *numbered(file.header))
            reader = csv_reader([copy], columns, "\n", has_header=False, longest_bytes=longest)
            self._judge(ordinal, f"SELECT _line AS line, * FROM {reader}", file.header, expected=good)
            if not ends_with_line(file.path):
                self._insist_on_end(ordinal, last)
        finally:
            copy.unlink(missing_ok=True)

    def _judge(self, ordinal: int, rows: str, header: Sequence[str], *, expected: int) -> None:
        """Add rows, each with the reason why it cannot be read, if there is one."""
        reasons = [(f"{quote_identifier(KEY)} IS NULL", f"{KEY} is empty")]
        for each in self._firm:
            if each.type is Type.TIMESTAMP and self._time_zone is None:
                reasons.append((lacks_zone(each), _lacks_zone_reason(each)))
            reasons.append((is_misfit(each, self._time_zone), misfit_reason(each)))
        cases = " ".join(f"WHEN {condition} THEN {quote_text(reason)}" for condition, reason in reasons)
        names = ", ".join(quote_identifier(f.column) for f in self._fields)
        try:
            (count,) = self._db.execute(
                f"INSERT INTO judged SELECT {ordinal}, line, CASE {cases} END, {names} "
                f"FROM (SELECT line, {text_cells(self._fields, header, may_be_empty=True)} FROM ({rows}))"
            ).fetchall()[0]
        except REFUSALS as error:
            raise self._error(ordinal, None, expected="rows", found=str(error).partition("\n")[0]) from error
        if count != expected:
            raise self._error(ordinal, None, expected=f"{expected} rows", found=f"{count} rows")

    def _insist_on_end(self, ordinal: int, line: int) -> None:
        """Refuse a file whose last record is completed by no line end and does not fit: it was cut inside a cell."""
        misfits = "".join(f" OR {is_misfit(each, self._time_zone)}" for each in self._loose)
        (count,) = self._db.execute(
            f"SELECT count(*) FROM judged WHERE file = {ordinal} AND line = {line} AND (reason IS NOT NULL{misfits})"
        ).fetchall()[0]
        if count:
            found = "a last record that cannot be read and that no line end completes"
            raise self._error(ordinal, line, expected="a file that ends with a record", found=found)

    def _set_record_aside(self, ordinal: int, record: Record, fault: str) -> None:
        if may_hide_rows(record.text, fault):
            lines = record.text.count(b"\n") + 1
            found = f"{fault} in what may be {lines} records, because a quote is missing or one too many"
            raise self._error(ordinal, record.line, expected="records that end where their line does", found=found)
        self._no_rows += 1
        if self._no_rows <= self._allowed:
            self._keep(ordinal, record.line, fault, record.as_text())

    def _insist_on_a_zone(self) -> None:
        """Refuse times without an offset when no zone is set: the setting mends them, setting them aside loses them."""
        if self._time_zone is not None:
            return
        reasons = ", ".join(quote_text(_lacks_zone_reason(each)) for each in self._firm)
        first = self._db.execute(
            f"SELECT file, line, reason FROM judged WHERE reason IN ({reasons}) ORDER BY ALL LIMIT 1"
        ).fetchone()
        if first is not None:
            ordinal, line, reason = first
            error = self._error(ordinal, line, expected="times with an offset", found=reason)
            error.next_step = (
                "Nothing of it was loaded; set sources.pardot.time_zone to the time zone of the API user and run again"
            )
            raise error

    def _set_rows_aside(self) -> None:
        """Keep the rows without a key or date beside the records that are no rows, unless they are too many."""
        total, unreadable = self._db.execute("SELECT count(*), count(reason) FROM judged").fetchall()[0]
        names = [f.name for f in self._fields]
        columns = ", ".join(quote_identifier(f.column) for f in self._fields)
        found = self._db.execute(
            f"SELECT file, line, reason, {columns} FROM judged WHERE reason IS NOT NULL "
            f"ORDER BY file, line LIMIT {self._allowed}"
        ).fetchall()
        rejects = unreadable + self._no_rows
        texts = self._texts({(ordinal, line) for ordinal, line, *_ in found})
        for ordinal, line, reason, *cells in found:
            self._keep(ordinal, line, reason, texts.get((ordinal, line)) or _as_json(zip(names, cells, strict=True)))
        if rejects > self._allowed:
            ordinal, first = min(self._rejected, key=lambda one: (one[0], one[1].line))
            raise self._error(
                ordinal,
                first.line,
                expected=f"at most {REJECTED_ROWS_ALLOWED} unreadable rows",
                found=f"{rejects} of {total + self._no_rows}, the first because {first.reason}",
            )

    def _texts(self, places: Collection[tuple[int, int]]) -> dict[tuple[int, int], str]:
        """Return the records of result files at some places, as they were sent."""
        texts = {}
        for ordinal in sorted({ordinal for ordinal, _ in places}):
            if isinstance(self._files[ordinal], ResultFile):
                lines = {line for other, line in places if other == ordinal}
                for record in records_at(self._files[ordinal].path, lines):
                    texts[ordinal, record.line] = record.as_text()
        return texts

    def _widened(self) -> dict[Field, int]:
        """Return the fields some of whose cells do not fit, and how many; only rows that are loaded count."""
        if not self._loose:
            return {}
        counts = ", ".join(f"count(*) FILTER ({is_misfit(each, self._time_zone)})" for each in self._loose)
        found = self._db.execute(f"SELECT {counts} FROM judged WHERE reason IS NULL").fetchall()[0]
        return {each: int(cells) for each, cells in zip(self._loose, found, strict=True) if cells}

    def _keep_cells(self, base: Field) -> None:
        key, cell = quote_identifier(KEY), quote_identifier(base.column)
        found = self._db.execute(
            f"SELECT file, line, {key}, {cell} FROM judged WHERE reason IS NULL "
            f"AND {is_misfit(base, self._time_zone)} ORDER BY file, line LIMIT {WIDENED_CELLS_KEPT}"
        ).fetchall()
        for ordinal, line, number, text in found:
            self._keep(ordinal, line, misfit_reason(base), _as_json([(KEY, number), (base.name, text)]), is_loaded=True)

    def _all_variants(self, widened: Collection[Field]) -> list[Field]:
        new = [variant_of(base) for base in widened]
        return [*self._variants, *(each for each in new if each not in self._variants)]

    def _write(self, fields: Sequence[Field], target: Path) -> int:
        """Write the readable rows and return their number."""
        bases = {variant_of(base).column: base for base in self._loose}
        values = []
        for each in fields:
            if each not in self._fields:
                base = bases.get(each.column)
                cell = (
                    f"CASE WHEN {is_misfit(base, self._time_zone)} THEN {quote_identifier(base.column)} END"
                    if base
                    else "NULL::VARCHAR"
                )
            else:
                cell = typed_cell(each, self._time_zone, strict=False)
            values.append(f"{cell} AS {quote_identifier(each.column)}")
        return write_parquet(self._db, f"SELECT {', '.join(values)} FROM judged WHERE reason IS NULL", target)

    def _keep(self, ordinal: int, line: int, reason: str, raw_text: str, *, is_loaded: bool = False) -> None:
        export, name = place(self._files[ordinal])
        self._rejected.append((ordinal, RejectedRow(name, line, reason, raw_text, export, is_loaded)))

    def _error(self, ordinal: int, line: int | None, *, expected: str, found: str) -> DataError:
        export, name = place(self._files[ordinal])
        file = name if export is None else f"{export}/{name}"
        return DataError("the rows", expected=expected, found=found, object_name=self._table, file=file, line=line)


def write_parquet(db: duckdb.DuckDBPyConnection, select: str, target: Path) -> int:
    """Write the rows of a SELECT to a Parquet file and return their number."""
    (rows,) = db.execute(copy_to_parquet(select, target)).fetchall()[0]
    return int(rows)


def copy_to_parquet(select: str, target: Path) -> str:
    """Return the statement that writes the rows of a SELECT to a Parquet file; its result is their number."""
    options = f"FORMAT parquet, COMPRESSION lz4, ROW_GROUP_SIZE {ROWS_AT_ONCE}"
    return f"COPY ({select}) TO {quote_text(str(target))} ({options})"


def _lacks_zone_reason(field: Field) -> str:
    return f"{field.name} is a time without an offset, and sources.pardot.time_zone is not set"


def _as_json(cells: Iterable[tuple[str, str | None]]) -> str:
    return json.dumps({name: cell for name, cell in cells if cell is not None}, ensure_ascii=False)
