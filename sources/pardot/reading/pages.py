"""Pages of records -> a file of text cells."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..catalogue import Field
from .text_files import PageFile, numbered


def write_pages(
    pages: Iterator[list[Mapping[str, object]]], fields: Sequence[Field], path: Path, on_page: Callable[[int], None]
) -> PageFile:
    """Write pages of records as text cells to a Parquet file; memory holds one page."""
    names = [field.name for field in fields]
    schema = pa.schema([(column, pa.string()) for column in numbered(names)])
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = 0
    with pq.ParquetWriter(path, schema, compression="lz4") as writer:
        for page in pages:
            columns = [pa.array([cell_text(record.get(name)) for record in page], pa.string()) for name in names]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            rows += len(page)
            on_page(rows)
    return PageFile(path, tuple(names), rows)


def cell_text(value: object) -> str | None:
    """Return a JSON value as the text of one cell; numbers keep the digits they were sent with.

    >>> cell_text(True), cell_text(7), cell_text(["a", "b"]), cell_text(None)
    ('true', '7', '["a","b"]', None)
    """
    if value is None:
        return None
    if isinstance(value, str):
        return _encodable(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return _encodable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _encodable(text: str) -> str:
    """Return a text that can be stored: half a surrogate pair, which JSON can escape, is no character in any table."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
