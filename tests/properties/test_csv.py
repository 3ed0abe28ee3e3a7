"""Result files survive the way from a writer to typed columns, whatever text is in them and however it is cut."""

from __future__ import annotations

import csv
import io
import itertools
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pardot.catalogue import Field, Type
from pardot.errors import DataError
from pardot.reading.careful import RejectedRow, variant_of
from pardot.reading.columns import check, select_checked, select_strict
from pardot.reading.csv_files import ResultFile, ResultFileWriter
from pardot.reading.plain import write_plain
from pardot.reading.records import RecordCounter, fault_of, iter_records
from pardot_emulator.hostile import HOSTILE_TEXTS

FIELDS = (Field("id", Type.BIGINT), Field("first", Type.TEXT), Field("last", Type.TEXT))


@pytest.fixture(scope="module")
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads files and keeps nothing; to open one costs more than what an example asks it."""
    with duckdb.connect() as connection:
        yield connection


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


@given(st.binary() | st.text(' "a').map(str.encode), st.lists(st.integers(0)))
def test_count_does_not_depend_on_the_chunks(body: bytes, places: list[int]) -> None:
    whole, pieces = RecordCounter(), RecordCounter()
    whole.feed(body)
    for chunk in cut(body, places):
        pieces.feed(chunk)
    assert (pieces.line_ends, pieces.in_quotes) == (whole.line_ends, whole.in_quotes)
    assert pieces.is_plain == whole.is_plain


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
    expected = [(number, *(cell or None for cell in pair)) for number, pair in enumerate(cells)]
    with tempfile.TemporaryDirectory() as folder:
        writer = ResultFileWriter(Path(folder) / "0.csv", [field.name for field in FIELDS], table="visits")
        for chunk in cut(body, places):
            writer.write(chunk)
        file = writer.finish()
        assert (file.rows, file.is_plain) == (len(rows), True)
        target = Path(folder) / "checked.parquet"
        outcome = check([file], FIELDS, target, table="visits", time_zone=None)
        assert outcome.rejected == ()
        with duckdb.connect() as db:
            for select in (f"SELECT * FROM read_parquet('{target}')", select_strict([file], FIELDS, time_zone=None)):
                assert db.execute(f"{select} ORDER BY id").fetchall() == expected


def received(folder: str, body: bytes, names: list[str]) -> ResultFile:
    writer = ResultFileWriter(Path(folder) / "88" / "0.csv", names, table="visits")
    writer.write(body)
    return writer.finish()


# -- what DuckDB takes for a row, and what we do


raw_records = st.lists(st.sampled_from([b'"', b",", b" ", b"a", b"\\", b"\r", b"\xff", b"\xc3\xa4"]), max_size=9).map(
    b"".join
)


@settings(deadline=None, max_examples=150)
@given(raw_records)
@example(b'"" "",')
@example(b'"a"  "",')
@example(b'a",a"')
def test_record_is_a_row_for_us_when_it_is_one_for_the_strict_reader(
    db: duckdb.DuckDBPyConnection, record: bytes
) -> None:
    """Else the careful way would set aside what the fast way loads, or stop at what it let pass.

    The strict reader is asked about regular files only; of any other, the careful way takes what is a row.
    """
    assume(b'  "' not in record)  # DuckDB opens a quote after one blank and not after two; then its window stops
    counter = RecordCounter()
    counter.feed(record)
    if counter.in_quotes or not record or record.endswith(b"\r"):
        return  # no record by itself
    fields = FIELDS
    with tempfile.TemporaryDirectory() as folder:
        try:
            file = received(folder, b"id,first,last\n7," + record + b"\n", ["id", "first", "last"])
            rows = len(db.execute(select_strict([file], fields, time_zone=None)).fetchall())
        except duckdb.Error:
            rows = 0
        outcome = check([file], fields, Path(folder) / "checked.parquet", table="visits", time_zone=None)
    is_row = fault_of(b"7," + record, 3) is None
    assert (outcome.rows, len(outcome.rejected)) == (int(is_row), int(not is_row))
    assert is_row == (rows == 1) or not file.is_regular


@settings(deadline=None, max_examples=300)
@given(st.lists(raw_records | st.just(b"\n7,"), max_size=9).map(b"".join), st.sampled_from([b"\n", b"\r\n", b""]))
@example(b'"a,"b",c"d",e\n7,"', b"\n")
@example(b'x"\n7,y",\n7,,', b"\n")
@example(b'"",\r"\n7,', b"")
def test_plain_reading_is_the_careful_one(db: duckdb.DuckDBPyConnection, record: bytes, end: bytes) -> None:
    """Whatever the fast way takes of files that no writer of CSV would write, the careful way finds as well."""
    names = [field.name for field in FIELDS]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            file = received(name, b"id,first,last\n7," + record + end, names)
            if not file.is_plain or write_plain([file], FIELDS, folder / "plain.parquet") != file.rows:
                return
            outcome = check(
                [replace(file, is_plain=False, is_regular=False)],
                FIELDS,
                folder / "careful.parquet",
                table="visits",
                time_zone=None,
            )
        except DataError:
            return
        found = [db.read_parquet(str(folder / f"{way}.parquet")).fetchall() for way in ("plain", "careful")]
    assert outcome.rejected == ()
    assert sorted(found[0], key=str) == sorted(found[1], key=str)


# -- random tables with random faults

WIDE = (
    Field("id", Type.BIGINT),
    Field("note", Type.TEXT),
    Field("isOpen", Type.BOOLEAN),
    Field("cost", Type.DOUBLE),
    Field("clicks", Type.BIGINT),
    Field("sentAt", Type.TIMESTAMP),
    Field("createdAt", Type.TIMESTAMP),
)
MOMENT = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
GOOD: dict[str, list[tuple[str, object]]] = {
    "isOpen": [("true", True), ("0", False), ("", None)],
    "cost": [("1.5", 1.5), ("-3", -3.0), ("1e3", 1000.0), ("", None)],
    "clicks": [("12", 12), ("-9223372036854775808", -(2**63)), ("", None)],
    "sentAt": [("2026-03-01T12:00:00Z", MOMENT), ("2026-03-01T07:00:00-05:00", MOMENT), ("", None)],
    "createdAt": [("2026-03-01T12:00:00+00:00", MOMENT), ("", None)],
}
BAD = {
    "isOpen": ["maybe", "2", "ja, nein"],
    "cost": ["1,5", "nan", "inf", "1e999", "ten"],
    "clicks": ["1.5", "1e3", "9223372036854775808", "x\ny"],
    "sentAt": ["yesterday", "2026-02-30T12:00:00Z", "infinity", "2026-03-01 12:00:00"],
    "createdAt": ["2026-13-01T00:00:00Z", "soon"],
}
NO_ROWS = [b"1,2", b"1,2,3,4,5,6,7,8", b'1,"a"b,,,,,', b"1,\xff,,,,,", b" ", b"1,a\rb,,,,,"]


@dataclass(frozen=True)
class Cell:
    text: str
    value: object
    fits: bool = True


@st.composite
def cells_of(draw: st.DrawFn, name: str) -> Cell:
    if draw(st.integers(0, 5)) == 0:
        return Cell(draw(st.sampled_from(BAD[name])), None, fits=False)
    return Cell(*draw(st.sampled_from(GOOD[name])))


rows_of_cells = st.tuples(texts.map(lambda text: Cell(text, text or None)), *map(cells_of, list(GOOD)))
tables = st.lists(rows_of_cells | st.sampled_from(NO_ROWS), max_size=12)


@settings(deadline=None, max_examples=80)
@given(tables, QUOTING, LINE_ENDS)
def test_every_record_is_loaded_or_rejected_and_no_good_cell_is_lost(
    table: list[tuple[Cell, ...] | bytes], quoting: int, line_end: str
) -> None:
    names = [field.name for field in WIDE]
    body = written([tuple(names)], quoting, line_end).encode()
    expected, rejected_lines, misfits = [], [], list[tuple[int, str, str]]()
    for number, row in enumerate(table):
        line = body.count(b"\n") + 1
        if isinstance(row, bytes):
            body += row + line_end.encode()
            rejected_lines.append(line)
            continue
        body += written([(number, *(cell.text for cell in row))], quoting, line_end).encode()
        if not row[-1].fits:
            rejected_lines.append(line)
            continue
        expected.append((number, *(cell.value for cell in row)))
        named = zip(names[1:], row, strict=True)
        misfits += [(line, name, cell.text) for name, cell in named if not cell.fits]
    with tempfile.TemporaryDirectory() as folder:
        file = received(folder, body, names)
        outcome = check([file], WIDE, Path(folder) / "c.parquet", table="visits", time_zone=None)
        with duckdb.connect() as db:
            db.execute("SET TimeZone = 'UTC'")
            found = db.execute(f"{select_checked(outcome.path, WIDE, load_id='7')} ORDER BY id").fetchall()
            beside = {
                (name, text)
                for name in names
                for base in [next(field for field in WIDE if field.name == name)]
                if base.column in outcome.widened
                for (text,) in db.execute(
                    f'SELECT "{variant_of(base).column}" FROM read_parquet(?)', [str(outcome.path)]
                ).fetchall()
                if text is not None
            }
    assert outcome.rows + outcome.set_aside == file.rows == len(table)
    assert [row[:-1] for row in found] == expected
    assert [row.line for row in outcome.rejected if not row.is_loaded] == rejected_lines
    assert sum(outcome.widened.values()) == len(misfits)
    assert beside == {(name, text) for _, name, text in misfits}
    kept = sorted((row.line, *_named_cell(row)) for row in outcome.rejected if row.is_loaded)
    assert kept == sorted(misfits)


def _named_cell(row: RejectedRow) -> tuple[str, str]:
    """Return the name and the text of the cell that a row lacks."""
    (cell,) = [(name, text) for name, text in json.loads(row.raw_text).items() if name != "id"]
    return cell


@settings(deadline=None, max_examples=60)
@given(tables, QUOTING, LINE_ENDS, st.data())
def test_account_holds_or_the_window_stops_however_quotes_are_damaged(
    table: list[tuple[Cell, ...] | bytes], quoting: int, line_end: str, data: st.DataObject
) -> None:
    rows = [(number, *(cell.text for cell in row)) for number, row in enumerate(table) if not isinstance(row, bytes)]
    names = [field.name for field in WIDE]
    header, body = written([tuple(names)], quoting, line_end), written([*rows], quoting, line_end)
    for _ in range(2):
        place = data.draw(st.integers(0, len(body)))
        body = body[:place] + '"' + body[place:] if data.draw(st.booleans()) else body[:place] + body[place + 1 :]
    with tempfile.TemporaryDirectory() as folder:
        try:
            file = received(folder, (header + body).encode(), names)
            outcome = check([file], WIDE, Path(folder) / "c.parquet", table="visits", time_zone=None)
        except DataError:
            return
        records = [record for record in iter_records(file.path) if record.text]
    assert outcome.rows + outcome.set_aside == len(records) - 1
