"""Result files survive the way from a writer to typed columns, whatever text is in them and however it is cut."""

from __future__ import annotations

import csv
import io
import itertools
import tempfile
from pathlib import Path

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from pardot.catalogue import Field, Type
from pardot.columns import check, select_checked, select_strict
from pardot.csv_files import RecordCounter, ResultFileWriter
from pardot_emulator.hostile import HOSTILE_TEXTS

FIELDS = (Field("id", Type.BIGINT), Field("first", Type.TEXT), Field("last", Type.TEXT))
LINE_ENDS = st.sampled_from(["\n", "\r\n"])
QUOTING = st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])

plain_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
nasty_texts = st.text(st.sampled_from('",\r\n\t \\;ä🚀'), max_size=8)
texts = plain_texts | nasty_texts | st.sampled_from(sorted(HOSTILE_TEXTS.values()))


def cut(body: bytes, places: list[int]) -> list[bytes]:
    """Cut a body at some places."""
    edges = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    return [body[start:end] for start, end in itertools.pairwise(edges)]


def written(rows: list[tuple[object, ...]], quoting: int, line_end: str) -> str:
    """Write records as Pardot does: a cell with a line end of any kind is quoted, also where Python would not."""
    buffer = io.StringIO(newline="")
    for row in rows:
        has_carriage_return = any("\r" in str(cell) for cell in row)
        style = csv.QUOTE_ALL if has_carriage_return else quoting
        csv.writer(buffer, quoting=style, lineterminator=line_end).writerow(row)  # type: ignore[arg-type]
    return buffer.getvalue()


@given(st.lists(st.tuples(nasty_texts, nasty_texts), min_size=1), QUOTING, LINE_ENDS, st.lists(st.integers(0)))
def test_records_are_counted_as_the_csv_module_counts_them(
    rows: list[tuple[object, ...]], quoting: int, line_end: str, places: list[int]
) -> None:
    text = written(rows, quoting, line_end)
    counter = RecordCounter()
    for chunk in cut(text.encode(), places):
        counter.feed(chunk)
    records = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert (counter.line_ends, counter.in_quotes) == (len(records), False)


@given(st.binary(), st.lists(st.integers(0)))
def test_count_does_not_depend_on_the_chunks(body: bytes, places: list[int]) -> None:
    whole, pieces = RecordCounter(), RecordCounter()
    whole.feed(body)
    for chunk in cut(body, places):
        pieces.feed(chunk)
    assert (pieces.line_ends, pieces.in_quotes) == (whole.line_ends, whole.in_quotes)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(texts, texts), max_size=6),
    QUOTING,
    LINE_ENDS,
    st.lists(st.integers(0), max_size=4),
    st.booleans(),
)
def test_text_arrives_as_it_was_written(
    cells: list[tuple[str, str]], quoting: int, line_end: str, places: list[int], ends_open: bool
) -> None:
    rows = [(number, *pair) for number, pair in enumerate(cells)]
    header = tuple(field.name for field in FIELDS)
    body = written([header, *rows], quoting, line_end).encode()
    if ends_open:
        body = body[: -len(line_end)]
    expected = [(number, *(cell or None for cell in pair), "7") for number, pair in enumerate(cells)]
    with tempfile.TemporaryDirectory() as folder:
        writer = ResultFileWriter(Path(folder) / "0.csv", [field.name for field in FIELDS], table="visits")
        for chunk in cut(body, places):
            writer.write(chunk)
        file = writer.finish()
        assert file.rows == len(rows)
        target = Path(folder) / "checked.parquet"
        outcome = check([file], FIELDS, target, table="visits", time_zone=None)
        assert outcome.rejected == ()
        with duckdb.connect() as db:
            for select in (
                select_checked(target, FIELDS, load_id="7"),
                select_strict([file], FIELDS, load_id="7", time_zone=None),
            ):
                assert db.execute(f"{select} ORDER BY id").fetchall() == expected
