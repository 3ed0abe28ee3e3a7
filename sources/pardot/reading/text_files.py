"""Files whose cells are all text, and the SQL that reads their cells.

A cell that is empty and one that is not there are both NULL, quoted or not: Pardot has no other way to write NULL.
Fields may have names that SQL does not tell apart, so the columns of a file are numbered, and a cell is called as the
column that it is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..catalogue import Field, Type
from ..naming import quote_identifier, quote_text
from .csv_files import ResultFile

USUAL_RECORD_BYTES = 4 * 1024 * 1024
"""A longer record is refused at first, and read by the careful way: the reader's buffers are 16 times as large, one for
each thread, and files smaller than a buffer are read by one thread alone."""


@dataclass(frozen=True)
class PageFile:
    """Rows of query pages as text cells, in a Parquet file of our own."""

    path: Path
    header: tuple[str, ...]
    rows: int


TextFile = ResultFile | PageFile
"""A file whose cells are all text: a verified CSV of an export, or the pages of a query."""


def relation(files: Sequence[TextFile], fields: Sequence[Field]) -> str:
    """Return a table expression of text cells over files that may differ in column order and line ends."""
    if not files:
        nothing = ", ".join(f"NULL::VARCHAR AS {quote_identifier(field.column)}" for field in fields)
        return f"(SELECT {nothing} WHERE false)"
    groups: dict[tuple[type, tuple[str, ...], str], list[TextFile]] = {}
    for file in files:
        line_end = file.line_end if isinstance(file, ResultFile) else ""
        groups.setdefault((type(file), file.header, line_end), []).append(file)
    readers = [
        f"SELECT {text_cells(fields, header, may_be_empty=kind is PageFile)} "
        f"FROM {_reader(kind, header, line_end, members)}"
        for (kind, header, line_end), members in groups.items()
    ]
    return "(" + " UNION ALL ".join(readers) + ")"


def text_cells(fields: Sequence[Field], header: Sequence[str], *, may_be_empty: bool) -> str:
    """Return the text cells of the fields; what is not asked for need not be in a file, and then is NULL.

    Args:
        may_be_empty: whether the reader leaves empty texts, which say nothing unless the field's type is text.
    """
    return ", ".join(_text_cell(field, header, may_be_empty=may_be_empty) for field in fields)


def numbered(header: Sequence[str]) -> tuple[str, ...]:
    """Return what the columns of a file are called.

    >>> numbered(["id", "Region__c", "region__c"])
    ('c0', 'c1', 'c2')
    """
    return tuple(f"c{place}" for place in range(len(header)))


def _text_cell(field: Field, header: Sequence[str], *, may_be_empty: bool) -> str:
    cell = quote_identifier(field.column)
    if not field.is_asked and field.name not in header:
        return f"NULL::VARCHAR AS {cell}"
    found = quote_identifier(numbered(header)[header.index(field.name)])
    return f"nullif({found}, '') AS {cell}" if may_be_empty and field.type is not Type.TEXT else f"{found} AS {cell}"


def _reader(kind: type, header: Sequence[str], line_end: str, files: Sequence[TextFile]) -> str:
    paths = [file.path for file in files]
    if kind is PageFile:
        return parquet_reader(paths)
    return csv_reader(paths, numbered(header), line_end, has_header=True)


def parquet_reader(paths: Sequence[Path]) -> str:
    return f"read_parquet([{_listed(paths)}], file_row_number = true)"


def csv_reader(
    paths: Sequence[Path],
    columns: Sequence[str],
    line_end: str,
    *,
    has_header: bool,
    longest_bytes: int = USUAL_RECORD_BYTES,
) -> str:
    """Return a reader of CSV files as text; its buffers are many times as large as the longest record may be."""
    spec = ", ".join(f"{quote_text(name)}: 'VARCHAR'" for name in columns)
    options = [
        "auto_detect = false",
        f"header = {has_header}",
        "delim = ','",
        "quote = '\"'",
        "escape = '\"'",
        "allow_quoted_nulls = true",
        "new_line = " + quote_text("\\r\\n" if line_end == "\r\n" else "\\n"),
        f"max_line_size = {longest_bytes}",
        f"columns = {{{spec}}}",
    ]
    return f"read_csv([{_listed(paths)}], {', '.join(options)})"


def is_regular(file: TextFile) -> bool:
    """Whether DuckDB's strict reader tells every record of a file that is too wide; see `ResultFile.is_regular`."""
    return isinstance(file, PageFile) or file.is_regular


def place(file: TextFile) -> tuple[str | None, str]:
    """Return the export that a file is one of, and its name."""
    return (file.path.parent.name if isinstance(file, ResultFile) else None), file.path.name


def _listed(paths: Sequence[Path]) -> str:
    return ", ".join(quote_text(str(path)) for path in paths)
