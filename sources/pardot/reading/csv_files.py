"""Downloaded bytes of an export -> a result file that is known to be whole.

A result file is accepted when its header names exactly the fields that were asked for, its quotes are balanced, its
last record is complete, and the connection's own framing said so. Nothing is typed here and nothing is sniffed: the
dialect is fixed (comma, doubled quotes, LF or CRLF), and the first line is compared before any byte is believed,
because an HTML error page reads as "zero rows" in every CSV reader.
"""

from __future__ import annotations

import csv
import io
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..durable import sync_folder
from ..errors import DataError
from ..naming import column_name
from .records import BYTE_ORDER_MARK, RecordCounter, ends_in_quotes, fault_of, iter_records, joins_texts

_MAX_HEADER_BYTES = 1 << 20


@dataclass(frozen=True)
class ResultFile:
    """One verified CSV on disk and what was measured while it arrived."""

    path: Path
    header: tuple[str, ...]
    """Field names in the order of the columns."""
    rows: int
    """Records after the header, counted by their line ends outside quotes."""
    size_bytes: int
    crc32: int
    """Tells a file that changed on disk; a cryptographic hash costs ten times as much and guards against nobody."""
    line_end: str
    """`\\n` or `\\r\\n`."""
    is_regular: bool = True
    """Whether there are as many cells as records of the header's width have. A record that is wider by one empty cell
    is read by DuckDB as if it were not, with its cells in the wrong columns if the extra comma was part of a text; and
    so is one with two quoted texts in a cell, which become one."""
    is_plain: bool = False
    """Whether every reader of CSV makes the same records and cells of the file."""

    def facts(self) -> dict[str, object]:
        """Return everything but the path, for the ledger."""
        return {name: value for name, value in asdict(self).items() if name != "path"}

    def is_intact(self) -> bool:
        """Whether the file on disk is, byte for byte, the one that was verified; reads all of it."""
        size_bytes = crc32 = 0
        try:
            with self.path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    size_bytes += len(chunk)
                    crc32 = zlib.crc32(chunk, crc32)
        except OSError:
            return False
        return (size_bytes, crc32) == (self.size_bytes, self.crc32)

    @classmethod
    def from_facts(cls, path: Path, facts: Mapping[str, object]) -> ResultFile:
        values = dict(facts)
        values["header"] = tuple(values["header"])  # type: ignore[arg-type]
        return cls(path=path, **values)  # type: ignore[arg-type]


class ResultFileWriter:
    """Write a download to a `.part` file while measuring it; `finish` verifies, syncs and renames it."""

    def __init__(self, path: Path, fields: Sequence[str], *, table: str) -> None:
        self._path = path
        self._fields = tuple(fields)
        self._table = table
        path.parent.mkdir(parents=True, exist_ok=True)
        self._part = path.with_suffix(".part")
        self._file = self._part.open("wb")
        self._crc32 = 0
        self._counter = RecordCounter()
        self._head = b""
        self._tail = b""
        self.size_bytes = 0

    def write(self, chunk: bytes) -> None:
        if len(self._head) < _MAX_HEADER_BYTES and b"\n" not in self._head:
            self._head += chunk[:_MAX_HEADER_BYTES]
        self._crc32 = zlib.crc32(chunk, self._crc32)
        self._counter.feed(chunk)
        self._tail = (self._tail + chunk[-2:])[-2:]
        self._file.write(chunk)
        self.size_bytes += len(chunk)

    def discard(self) -> None:
        """Close and remove the partial file."""
        self._file.close()
        self._part.unlink(missing_ok=True)

    def finish(self) -> ResultFile:
        """Verify what arrived and move it to its final name, durably.

        Raises:
            DataError: the header is not what was asked for, or the file ends inside a record.
        """
        try:
            header, line_end = self._verified_header()
            rows = self._verified_rows()
        except DataError:
            self.discard()
            raise
        is_regular = not self._counter.in_quotes and self._counter.commas == (rows + 1) * (len(header) - 1)
        is_plain = is_regular and self._counter.is_plain
        if is_regular and not is_plain:
            is_regular = not any(joins_texts(record.text) for record in iter_records(self._part))
        elif not is_regular:  # a quote inside a cell may have misled the counter
            rows = sum(1 for _ in iter_records(self._part)) - 1
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(self._path)
        sync_folder(self._path.parent)
        return ResultFile(self._path, header, rows, self.size_bytes, self._crc32, line_end, is_regular, is_plain)

    def _verified_header(self) -> tuple[tuple[str, ...], str]:
        first_line, found_end, _ = self._head.removeprefix(BYTE_ORDER_MARK).partition(b"\n")
        line_end = "\r\n" if found_end and first_line.endswith(b"\r") else "\n"
        text = first_line.decode("utf-8", errors="replace").rstrip("\r")
        header = parse_header(text, self._fields, table=self._table, file=self._path.name)
        return header, line_end

    def _verified_rows(self) -> int:
        self._file.flush()
        if self._counter.in_quotes and ends_in_quotes(self._part):
            raise DataError(
                "a result file",
                expected="balanced quotes",
                found="a file that ends inside quotes",
                object_name=self._table,
                file=self._path.name,
            )
        ends_open = self.size_bytes > 0 and not self._tail.endswith(b"\n")
        rows = max(0, self._counter.line_ends + int(ends_open) - 1)
        if ends_open and rows:
            self._verify_last_record()
        return rows

    def _verify_last_record(self) -> None:
        """Refuse a file that was cut between two cells: nobody knows how many records it lacks.

        Raises:
            DataError: the last record, which no line end completes, is narrower than the header.
        """
        for record in iter_records(self._part):
            last = record
        if fault_of(last.text, len(self._fields)) == "missing columns":
            raise DataError(
                "a result file",
                expected=f"{len(self._fields)} cells in the last record",
                found="a file that ends inside a record",
                object_name=self._table,
                file=self._path.name,
                line=last.line,
            )


def parse_header(line: str, fields: Sequence[str], *, table: str, file: str) -> tuple[str, ...]:
    """Return the header's field names when they are exactly the fields asked for, in any order.

    How a related field, `campaign.name`, stands in a header is not documented: any spelling of its words is taken.

    Raises:
        DataError: a name is missing, extra or doubled; an HTML page or a JSON error lands here too.
    """
    try:
        header = tuple(next(csv.reader(io.StringIO(line), strict=False), []))
    except csv.Error:  # an endless line, or bytes that are no text
        header = (line[:80],)
    related = {column_name(name): name for name in fields if "." in name}
    header = tuple(name if name in fields else related.get(column_name(name), name) for name in header)
    if len(header) == len(fields) and set(header) == set(fields):
        return header
    missing = [name for name in fields if name not in header]
    extra = [name for name in header if name not in fields]
    doubled = sorted({name for name in header if header.count(name) > 1})
    differences = [
        f"{kind} {', '.join(names[:3])}"
        for kind, names in (("missing", missing), ("unexpected", extra), ("doubled", doubled))
        if names
    ]
    raise DataError(
        "a result file",
        expected=f"a header with the {len(fields)} fields asked for",
        found="; ".join(differences),
        object_name=table,
        file=file,
        line=1,
    )
