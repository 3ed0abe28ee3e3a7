"""The CSV files of an export, written with flat memory whatever their size.

Account Engagement promises no order within or across files, so rows are shuffled: blocks of time among each
other, rows within a block, always the same way for the same export.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

from pardot_emulator.behaviour import Behaviour
from pardot_emulator.dates import DateWriter
from pardot_emulator.export_requests import ExportRequest
from pardot_emulator.selection import Column
from pardot_emulator.store import Store

_BLOCK_ROWS = 20_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MOST_ARGUMENTS = 50  # of a function in SQLite: 100


@dataclass(frozen=True)
class ResultFile:
    """One finished file."""

    path: Path
    size: int
    rows: int


@dataclass(frozen=True)
class ResultWriter:
    """Writes the result files of exports the way the behaviour says."""

    store: Store
    behaviour: Behaviour

    def write(self, request: ExportRequest, created_at: datetime, seed: int, folder: Path) -> list[ResultFile]:
        """Write every file of an export into a folder of its own."""
        rows = _Rows(self.store, self.behaviour, request, created_at)
        defective = self._defective_column(request, rows)
        encoder = _CsvEncoder(self.behaviour, request, defective)
        splitter = _Splitter(
            folder=folder,
            header=encoder.header(),
            limit=request.max_file_bytes,
            line_end=encoder.line_end,
            keeps_final_line_end=self.behaviour.csv_final_line_end,
        )
        try:
            for block in rows.iter_blocks(encoder.expressions, random.Random(seed)):
                splitter.add(encoder.lines(block))
            if self.behaviour.empty_export == "header-only file":
                splitter.ensure_file()
        finally:
            splitter.close_file()
        return splitter.files

    def _defective_column(self, request: ExportRequest, rows: _Rows) -> str | None:
        """Name the only column of an export if no row has a value in it and the known defect is on."""
        columns = request.selection.columns
        if not self.behaviour.single_empty_column_defect or len(columns) != 1:
            return None
        return None if rows.has_value(columns[0]) else columns[0].title or columns[0].path


class _Rows:
    """The rows that an export's filter selects."""

    def __init__(self, store: Store, behaviour: Behaviour, request: ExportRequest, created_at: datetime) -> None:
        self._store = store
        self._request = request
        self._end = request.before or created_at
        is_inclusive = behaviour.export_bounds == "inclusive"
        self._after = ">=" if is_inclusive else ">"
        # Without an end in the call, the creation of the export is the end, and included.
        self._before = "<=" if is_inclusive or request.before is None else "<"
        self._where, self._values = self._conditions()

    def has_value(self, column: Column) -> bool:
        """Tell whether any selected row has a value in a column."""
        return bool(self._count(f"{self._where} AND {column.sql} IS NOT NULL", self._values))

    def iter_blocks(self, expressions: str, rng: random.Random) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows, as these SQL expressions, in shuffled blocks."""
        spans = [(self._where, self._values)]
        if not self._request.procedure.of_prospect:
            spans = self._split_by_time()
            rng.shuffle(spans)
        permutation: list[int] = []
        for where, values in spans:
            source = self._request.selection.source
            statement = f"SELECT {expressions} FROM {source} WHERE {where}"
            for block in self._store.iter_pages(statement, values, _BLOCK_ROWS):
                if len(permutation) != len(block):  # drawn anew for blocks of another size only: it is slow
                    permutation = rng.sample(range(len(block)), len(block))
                yield [block[place] for place in permutation]

    def _split_by_time(self) -> list[tuple[str, list[Any]]]:
        procedure, collection = self._request.procedure, self._request.selection.collection
        self._store.ensure_index(collection.name, procedure.field)
        blocks = self._count(self._where, self._values) // _BLOCK_ROWS + 1
        start, end = self._request.after.timestamp(), self._end.timestamp()
        edges = [start + (end - start) * number / blocks for number in range(1, blocks)]
        column = f't."{procedure.field}"'
        spans = []
        for low, high in zip([None, *edges], [*edges, None], strict=True):
            where, values = self._where, list(self._values)
            if low is not None:
                where, values = f"{where} AND {column} >= ?", [*values, low]
            if high is not None:
                where, values = f"{where} AND {column} < ?", [*values, high]
            spans.append((where, values))
        return spans

    def _count(self, where: str, values: Sequence[Any]) -> int:
        statement = f"SELECT count(*) FROM {self._request.selection.source} WHERE {where}"
        return int(next(self._store.iter_tuples(statement, values))[0])

    def _conditions(self) -> tuple[str, list[Any]]:
        request, collection = self._request, self._request.selection.collection
        bounds = [request.after.timestamp(), self._end.timestamp()]
        if request.procedure.of_prospect:
            where = self._of_prospect()
            if collection.recycled_column:
                where += f' AND t."{collection.recycled_column}" IS NOT 1'
            return where, bounds
        column = f't."{request.procedure.field}"'
        where = f"{column} {self._after} ? AND {column} {self._before} ?"
        if request.types:
            where += f" AND t.type IN ({', '.join(map(str, request.types))})"
        if request.is_prospect_only:
            where += ' AND t."prospectId" IS NOT NULL'
        if collection.recycled_column:
            where += _recycled(f't."{collection.recycled_column}"', request.deleted)
        return where, bounds

    def _of_prospect(self) -> str:
        collection = self._request.selection.collection
        recycled = _recycled('p."isDeleted"', self._request.deleted)
        link = 'p.id = t."prospectId"'
        if "prospectId" not in collection.fields:  # an account has many prospects
            link = 'p."prospectAccountId" = t.id'
            self._store.ensure_index("prospects", "prospectAccountId")
        return (
            f'EXISTS (SELECT 1 FROM "prospects" AS p WHERE {link} AND p."updatedAt" {self._after} ?'
            f' AND p."updatedAt" {self._before} ?{recycled})'
        )


def _recycled(column: str, deleted: str) -> str:
    return {"all": "", "true": f" AND {column} IS 1", "false": f" AND {column} IS NOT 1"}[deleted]


class _CsvEncoder:
    """Turns rows into CSV lines.

    SQLite itself joins neighbouring cells to one text, except dates, which need a time zone: a Python object
    for each cell takes longer.
    """

    def __init__(self, behaviour: Behaviour, request: ExportRequest, defective: str | None) -> None:
        self.line_end = behaviour.csv_line_end
        self._behaviour = behaviour
        self._columns = request.selection.columns
        self._has_mark = request.includes_byte_order_mark or behaviour.csv_mark_unasked
        self._defective = defective
        self._cell = '"%s"' if behaviour.csv_quoting == "all" else "%s"
        style = "legacy" if request.has_legacy_dates else behaviour.csv_dates
        self._dates = DateWriter(ZoneInfo(behaviour.user_zone), style)
        self._pieces = [
            columns[start : start + _MOST_ARGUMENTS]
            for is_date, group in groupby(self._columns, lambda column: column.kind == "datetime")
            for columns in ([[each] for each in group] if is_date else [list(group)])
            for start in range(0, len(columns), _MOST_ARGUMENTS)
        ]

    @property
    def expressions(self) -> str:
        """The SELECT list of the rows that :meth:`lines` expects."""
        return ", ".join(
            columns[0].sql if columns[0].kind == "datetime" else self._joined(columns) for columns in self._pieces
        )

    def header(self) -> bytes:
        """The first line of every file, after its byte order mark if there is one."""
        line = ",".join(self._cell % (column.title or self._header_name(column.path)) for column in self._columns)
        return (_BYTE_ORDER_MARK if self._has_mark else b"") + (line + self.line_end).encode()

    def lines(self, rows: Sequence[tuple[Any, ...]]) -> list[str]:
        """Return the lines of some rows, without their ends."""
        if self._defective is not None:
            return [self._cell % self._defective] * len(rows)
        texts = [
            self._date_cells(values) if columns[0].kind == "datetime" else values
            for columns, values in zip(self._pieces, zip(*rows, strict=True), strict=True)
        ]
        lines = list(map(",".join, zip(*texts, strict=True)))
        # A record of one empty cell would be an empty line, which readers skip.
        return [line or '""' for line in lines] if len(self._columns) == 1 else lines

    def _date_cells(self, values: Iterable[int | None]) -> Sequence[str]:
        texts = self._dates.column(values)
        return texts if self._cell == "%s" else [self._cell % text for text in texts]

    def _joined(self, columns: Sequence[Column]) -> str:
        cells = ", ".join(map(self._cell_sql, columns))
        return f"printf('{','.join([self._cell] * len(columns))}', {cells})"

    def _cell_sql(self, column: Column) -> str:
        """The SQL of one cell's text; null becomes an empty text by itself."""
        sql = column.sql
        if column.kind == "bool":
            yes, no = self._behaviour.csv_booleans.split("/")
            return f"CASE {sql} WHEN 1 THEN '{yes}' WHEN 0 THEN '{no}' END"
        if column.kind != "str":
            return sql
        if column.is_multi_value:
            sql = f"replace({sql}, ';', '{self._behaviour.csv_multi_value_separator}')"
        doubled = f"""replace({sql}, '"', '""')"""
        if self._cell != "%s":
            return doubled
        return f"""iif({sql} GLOB '*[",\r\n]*', '"' || {doubled} || '"', {sql})"""

    def _header_name(self, path: str) -> str:
        relation, dot, name = path.rpartition(".")
        if not dot or self._behaviour.csv_relationship_header == "campaign.name":
            return path
        if self._behaviour.csv_relationship_header == "campaign_name":
            return f"{relation}_{name}"
        return relation + name[0].upper() + name[1:]


@dataclass
class _Splitter:
    """Spreads lines over files, none larger than the limit unless one record alone is."""

    folder: Path
    header: bytes
    limit: int
    line_end: str
    keeps_final_line_end: bool
    files: list[ResultFile] = field(default_factory=list)
    _file: IO[bytes] | None = None
    _path: Path = field(default_factory=Path)
    _size: int = 0
    _rows: int = 0

    def add(self, lines: list[str]) -> None:
        """Append lines to the current file, or begin the next."""
        blob = (self.line_end.join(lines) + self.line_end).encode()
        file = self.ensure_file()
        if self._size + len(blob) <= self.limit:
            file.write(blob)
            self._size += len(blob)
            self._rows += len(lines)
        elif len(lines) > 1:
            middle = len(lines) // 2
            self.add(lines[:middle])
            self.add(lines[middle:])
        else:
            if self._rows:
                self.close_file()
                file = self.ensure_file()
            file.write(blob)
            self._size += len(blob)
            self._rows += 1

    def ensure_file(self) -> IO[bytes]:
        """Return the current file, begun with the header."""
        if self._file is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._path = self.folder / f"{len(self.files) + 1}.csv"
            self._file = self._path.open("wb")
            self._file.write(self.header)
            self._size, self._rows = len(self.header), 0
        return self._file

    def close_file(self) -> None:
        """Finish the current file, if there is one."""
        if self._file is None:
            return
        with self._file as file:
            if not self.keeps_final_line_end:
                self._size -= len(self.line_end)
                file.truncate(self._size)
        self.files.append(ResultFile(self._path, self._size, self._rows))
        self._file = None
