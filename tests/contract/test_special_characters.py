"""Text arrives as it was sent: each difficult text, in every text column of every object, by both routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from contract.difficult import TEXTS, as_pages, as_result_file, asked, text_columns

from pardot.catalogue import CATALOGUE, Entry
from pardot.reading.columns import check
from pardot.reading.text_files import TextFile
from pardot_emulator.hostile import HOSTILE_TEXTS

MORE_TEXTS = {"nul": "before\0after", "only a NUL": "\0", "delete": "\x7f", "not a character": "\ufffe"}
WAYS: Mapping[str, Callable[..., TextFile]] = {"export": as_result_file, "query": as_pages}
WITH_TEXTS = {table: entry for table, entry in CATALOGUE.items() if text_columns(entry)}
entries = pytest.mark.parametrize("entry", WITH_TEXTS.values(), ids=list(WITH_TEXTS))
EXPECTED_KINDS = (
    *("quotes", "newline", "crlf", "comma", "tab", "emoji", "line_separator", "leading_zeros", "null_upper", "na"),
    *("nan", "formula", "plus", "minus", "at", "200 kB"),
)


def test_every_kind_of_difficult_text_is_among_them() -> None:
    assert set(EXPECTED_KINDS) <= TEXTS.keys()
    assert len(TEXTS["200 kB"].encode()) > 200_000


@pytest.mark.parametrize("way", WAYS)
@entries
def test_text_stays_as_it_was_sent(entry: Entry, way: str, tmp_path: Path) -> None:
    """The long one has a test against a whole account; here it would only take time."""
    texts = [*HOSTILE_TEXTS.values(), *MORE_TEXTS.values()]
    names = [name for name in text_columns(entry) if name in {field.name for field in asked(entry)}]
    rows = [{"id": str(n), **dict.fromkeys(names, text)} for n, text in enumerate(texts)]
    file = WAYS[way](entry, rows, tmp_path / entry.table)
    checked = check([file], asked(entry), tmp_path / "checked.parquet", table=entry.table, time_zone=None)
    assert checked.rejected == ()
    columns = [field.column for field in asked(entry) if field.name in names]
    found = {row.pop("id"): row for row in pq.read_table(checked.path, columns=["id", *columns]).to_pylist()}
    assert found == {n: dict.fromkeys(columns, text) for n, text in enumerate(texts)}
