"""Where the records of a CSV begin and end, on which lines, and which of them are no rows.

The dialect is fixed: comma, doubled quotes, LF or CRLF. Which record is a row follows DuckDB's strict reader, so that
what is found readable here is read there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MAX_RECORD_BYTES = 64 * 1024 * 1024
"""A greater record is no record but a file that lost a quote."""
_CELL = rb'(?: *"[^"]*(?:""[^"]*)*" *|(?! *")[^,\r\n]*)'


_FINISHED_CELL = rb'(?: *"[^"]*(?:""[^"]*)*"(?!")[^,\n]*|(?! *")[^,\n]*)'
_OPEN_AT_END = re.compile(rb'(?:%s,)* *"[^"]*(?:""[^"]*)*\Z' % _FINISHED_CELL)
_QUOTES_APART = re.compile(rb'" +"')
_BESIDE_TEXT = re.compile(rb'"(?:[^",\r\n]|(?<=[^",\n]"))')
"""A quote with something beside it that is no quote, comma or line end; the quote stands first, as it is found fast."""
_CLOSING_QUOTE = re.compile(rb'[^"]*(?:""[^"]*)*"(?!")')


@dataclass(frozen=True)
class Record:
    """The bytes of one record without its line end, and the physical line it starts on; the header is line 1."""

    line: int
    text: bytes

    def as_text(self) -> str:
        """Return the text for people to read: bytes that are no text, and NUL, are spelled out."""
        return self.text.decode("utf-8", errors="backslashreplace").replace("\x00", "\\x00")


class RecordCounter:
    """Count CSV records and cells in a stream of bytes: line ends and commas outside quotes, whatever the chunks.

    Where a quote stands inside a cell that has none at its beginning, `iter_records` counts otherwise, and rightly.
    Quoted texts are cut out, and what stands between two of them is joined by one quote; so two quotes that mean one
    leave a quote beside a quote, and any other neighbour but a comma or a line end makes the text ambiguous.
    """

    def __init__(self) -> None:
        self.line_ends = 0
        self.commas = 0
        self.in_quotes = False
        self._carriage_returns = 0
        self._is_clear = True
        self._end = b"\n"

    @property
    def is_plain(self) -> bool:
        """Whether every reader makes the same records and cells of what was fed: quotes stand at the ends of cells or
        doubled inside them, all lines end alike, and there is no NUL."""
        return self._is_clear and not self.in_quotes and self._carriage_returns in (0, self.line_ends)

    def feed(self, chunk: bytes) -> None:
        parts = chunk.split(b'"')
        texts = parts[int(self.in_quotes) :: 2]
        outside = b'"'.join(texts)
        if self.in_quotes and texts:
            outside = b'"' + outside
        line_ends = outside.count(b"\n")
        self.line_ends += line_ends
        self.commas += outside.count(b",")
        self._carriage_returns += outside.count(b"\r")
        self._is_clear = self._is_clear and b"\0" not in chunk and not _BESIDE_TEXT.search(self._end + outside)
        self._end = outside[-1:] or self._end
        self.in_quotes ^= len(parts) % 2 == 0


def iter_records(path: Path) -> Iterator[Record]:
    """Yield the records of a file, header first, empty lines included; holds one record in memory.

    Only a quote at the beginning of a cell opens one that may go on in the next line. A record is cut off at
    `MAX_RECORD_BYTES`.
    """
    with path.open("rb") as file:
        lines, size, start, in_quotes = list[bytes](), 0, 1, False
        for number, line in enumerate(file, start=1):
            if in_quotes or b'"' in line:
                in_quotes = _goes_on(line, in_quotes)
            lines.append(line)
            size += len(line)
            if not in_quotes or size > MAX_RECORD_BYTES:
                yield Record(start, _without_line_end(b"".join(lines)))
                lines, size, start = [], 0, number + 1
        if lines:
            yield Record(start, _without_line_end(b"".join(lines)))


def ends_with_line(path: Path) -> bool:
    """Whether the last byte of a file is a line end."""
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def ends_in_quotes(path: Path) -> bool:
    """Whether a file ends inside a cell that a quote has opened; reads all of it."""
    with path.open("rb") as file:
        in_quotes = False
        for line in file:
            if in_quotes or b'"' in line:
                in_quotes = _goes_on(line, in_quotes)
    return in_quotes


def _goes_on(line: bytes, in_quotes: bool) -> bool:
    """Whether the last cell of a line goes on in the next one.

    >>> [_goes_on(line, False) for line in (b'1,"a\\n', b'1,"a",b"c\\n', b'1,"a"",\\n')]
    [True, False, True]
    """
    if in_quotes:
        closing = _CLOSING_QUOTE.match(line)
        if closing is None:
            return True
        line = b"." + line[closing.end() :]  # what follows up to the comma is still of the same cell
    return _OPEN_AT_END.match(line) is not None


def records_at(path: Path, lines: Collection[int]) -> Iterator[Record]:
    """Yield the records that start on some lines."""
    last = max(lines, default=0)
    for record in iter_records(path):
        if record.line > last:
            return
        if record.line in lines:
            yield record


def fault_of(record: bytes, columns: int) -> str | None:
    """Return why a record is no row of so many columns, or None when it is one.

    >>> fault_of(b'1,"a, b",', 3), fault_of(b'1,"a"b,', 3), fault_of(b'1,2', 3)
    (None, 'text beside quotes', 'missing columns')
    """
    cells = _plain_width(record)
    if cells is not None:
        fault = None if cells == columns else "missing columns" if cells < columns else "too many columns"
    elif _rows(columns).fullmatch(record):
        fault = None
    elif not _any_row().fullmatch(record):
        fault = "text beside quotes" if b'"' in record else "a line end outside quotes"
    else:
        fault = "too many columns" if _rows(columns).match(record) else "missing columns"
    return fault or (None if _is_utf8(record) else "invalid encoding")


def joins_texts(record: bytes) -> bool:
    """Whether DuckDB takes two quoted texts with blanks between them for one; no writer of CSV means that.

    >>> joins_texts(b'7,"a" "b",'), joins_texts(b'7,"a ""b"" ""c"" d",')
    (True, False)
    """
    if not _QUOTES_APART.search(record):
        return False
    return _plain_width(record) is None and not _any_row().fullmatch(record)


def may_hide_rows(record: bytes, fault: str) -> bool:
    """Whether a record that is no row may be several: a lost quote joins lines that were records."""
    return b"\n" in record and fault != "invalid encoding"


def _plain_width(record: bytes) -> int | None:
    """Return the number of cells where every quote clearly stands at an end of its cell, else None; ten times as fast
    as the pattern."""
    parts = record.split(b'"')
    if len(parts) == 1:
        return None if b"\r" in record or b"\n" in record else record.count(b",") + 1
    outside = parts[::2]
    inner, text = outside[1:-1], b"".join(outside)
    if (
        len(parts) % 2 == 0
        or b"\r" in text
        or b"\n" in text
        or outside[0][-1:] not in (b"", b",")
        or outside[-1][:1] not in (b"", b",")
        or any(part[:1] != b"," or part[-1:] != b"," for part in inner if part)
    ):
        return None
    return text.count(b",") + 1


def _without_line_end(record: bytes) -> bytes:
    return record.removesuffix(b"\n").removesuffix(b"\r")


def _is_utf8(record: bytes) -> bool:
    try:
        record.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@cache
def _rows(columns: int) -> re.Pattern[bytes]:
    return re.compile(_CELL + b"(?:,%s){%d}" % (_CELL, columns - 1))


@cache
def _any_row() -> re.Pattern[bytes]:
    return re.compile(b"%s(?:,%s)*" % (_CELL, _CELL))
