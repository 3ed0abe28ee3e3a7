"""Cells get their declared type or are set aside with their place and the reason; every record is accounted for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pardot.catalogue import Field, Type
from pardot.errors import DataError
from pardot.reading.careful import REJECTED_ROWS_ALLOWED, WIDENED_CELLS_KEPT, CheckedFile, RejectedRow, variant_of
from pardot.reading.columns import check, select_checked, select_strict
from pardot.reading.csv_files import ResultFile, ResultFileWriter
from pardot.reading.pages import write_pages
from pardot.reading.text_files import PageFile, TextFile, numbered

FIELDS = (
    Field("id", Type.BIGINT),
    Field("fullName", Type.TEXT),
    Field("isOpen", Type.BOOLEAN),
    Field("cost", Type.DOUBLE),
    Field("createdAt", Type.TIMESTAMP),
)
WIDE = {
    "isOpen": FIELDS[2],
    "cost": FIELDS[3],
    "clicks": Field("clicks", Type.BIGINT),
    "sentAt": Field("sentAt", Type.TIMESTAMP),
}
"""Fields that nothing relies on, one for each type."""
OTHER_SEATS = Field("SEATS__C", Type.BIGINT, stored_as="other_seats__c")
NAMES = [field.name for field in FIELDS]
HEADER = ",".join(NAMES)


def result_file(folder: Path, *lines: str, header: str = HEADER, line_end: str = "\n", name: str = "0") -> ResultFile:
    return raw_file(folder, line_end.join([header, *lines, ""]).encode(), name=name)


def raw_file(folder: Path, body: bytes, *, name: str = "0", fields: list[str] | None = None) -> ResultFile:
    writer = ResultFileWriter(folder / f"{name}.csv", fields or NAMES, table="visits")
    writer.write(body)
    return writer.finish()


def page_file(folder: Path, *rows: tuple[str | None, ...]) -> PageFile:
    path = folder / "pages.parquet"
    columns = list(zip(*rows, strict=True))
    schema = pa.schema([(column, pa.string()) for column in numbered(NAMES)])
    pq.write_table(pa.Table.from_arrays([pa.array(column, pa.string()) for column in columns], schema=schema), path)
    return PageFile(path, tuple(NAMES), len(rows))


def checked(folder: Path, *files: TextFile, time_zone: str | None = None) -> CheckedFile:
    return check(files, FIELDS, folder / "checked.parquet", table="visits", time_zone=time_zone)


def rows_of(select: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        return sorted(db.execute(select).fetchall())


def read(folder: Path, *files: TextFile, time_zone: str | None = None) -> list[tuple[Any, ...]]:
    """Return the rows of good files, read in both ways, which must not differ."""
    outcome = checked(folder, *files, time_zone=time_zone)
    assert outcome.rejected == ()
    found = rows_of(select_checked(outcome.path, FIELDS, load_id="7"))
    assert [row[:-1] for row in found] == rows_of(select_strict(files, FIELDS, time_zone=time_zone))
    assert outcome.rows == len(found) == sum(file.rows for file in files)
    return found


NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def test_cells_get_their_declared_type(tmp_path: Path) -> None:
    file = result_file(tmp_path, "7,Ann,true,12.5,2026-03-01T12:00:00+00:00", '8,"",,,')
    assert read(tmp_path, file) == [(7, "Ann", True, 12.5, NOON, "7"), (8, None, None, None, None, "7")]


@pytest.mark.parametrize(
    "text", ["NA", "NULL", "null", "nan", "007", "1e5", "\\N", " padded ", "None", "=1+1", "a\tb", "O'Brien"]
)
def test_text_stays_as_it_was_sent(text: str, tmp_path: Path) -> None:
    assert read(tmp_path, result_file(tmp_path, f"1,{text},,,"))[0][1] == text


@pytest.mark.parametrize("text", ['say ""hi""', "a\nb", "a\r\nb", "a\rb", ",", "\u2028", "🚀", "", "x" * 3_000_000])
def test_quoted_text_stays_as_it_was_sent(text: str, tmp_path: Path) -> None:
    found = read(tmp_path, result_file(tmp_path, f'1,"{text}",,,'))[0][1]
    assert found == (text.replace('""', '"') or None)


@pytest.mark.parametrize(
    ("flag", "value"), [("true", True), ("false", False), ("1", True), ("0", False), ("TRUE", True), ("", None)]
)
def test_flags_are_understood_in_both_spellings(flag: str, value: bool | None, tmp_path: Path) -> None:
    assert read(tmp_path, result_file(tmp_path, f"1,,{flag},,"))[0][2] is value


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T12:00:00+00:00",
        "2026-03-01T12:00:00Z",
        "2026-03-01T07:00:00-05:00",
        "2026-03-01T07:00:00-0500",
        "2026-03-01T17:30:00+0530",
        "2026-03-01T12:00:00.000Z",
        "2026-03-01 12:00:00+00",
    ],
)
def test_an_instant_is_the_same_from_any_offset(text: str, tmp_path: Path) -> None:
    assert read(tmp_path, result_file(tmp_path, f"1,,,,{text}"))[0][4] == NOON
    assert read(tmp_path, result_file(tmp_path, f"1,,,,{text}"), time_zone="Asia/Tokyo")[0][4] == NOON


def test_time_without_an_offset_is_read_in_the_zone_of_the_api_user(tmp_path: Path) -> None:
    file = result_file(tmp_path, "1,,,,2026-03-01 07:00:00", "2,,,,2026-07-01 08:00:00")
    (winter, summer) = read(tmp_path, file, time_zone="America/New_York")
    assert winter[4] == NOON
    assert summer[4] == datetime(2026, 7, 1, 12, tzinfo=timezone.utc)


def test_columns_are_taken_by_name_and_files_of_different_shape_fit_together(tmp_path: Path) -> None:
    unix = result_file(tmp_path, "1,a,,,", name="0")
    turned = result_file(
        tmp_path, ',,,"b\r\nc",2', header="createdAt,cost,isOpen,fullName,id", line_end="\r\n", name="1"
    )
    marked = raw_file(tmp_path, b"\xef\xbb\xbf" + f"{HEADER}\n3,c,,,".encode(), name="2")
    assert [row[:2] for row in read(tmp_path, unix, turned, marked)] == [(1, "a"), (2, "b\r\nc"), (3, "c")]


def test_pages_of_a_query_are_read_like_files(tmp_path: Path) -> None:
    pages = page_file(tmp_path, ("1", "a\nb", "true", "0.5", "2026-03-01T12:00:00Z"), ("2", None, None, None, None))
    assert read(tmp_path, pages) == [(1, "a\nb", True, 0.5, NOON, "7"), (2, None, None, None, None, "7")]


def test_field_that_is_not_asked_for_is_null_in_files_without_it(tmp_path: Path) -> None:
    fields = (*FIELDS, Field("isDeleted", Type.BOOLEAN, is_asked=False))
    lacking = (result_file(tmp_path, "1,a,,,"), page_file(tmp_path, ("2", "b", None, None, None)))
    having = raw_file(tmp_path, f"{HEADER},isDeleted\n3,c,,,,true\n".encode(), name="1", fields=[*NAMES, "isDeleted"])
    files = (*lacking, having)
    outcome = check(files, fields, tmp_path / "c.parquet", table="visits", time_zone=None)
    careful = rows_of(select_checked(outcome.path, fields, load_id="7"))
    assert [(row[0], row[5]) for row in careful] == [(1, None), (2, None), (3, True)]
    assert [row[:-1] for row in careful] == rows_of(select_strict(files, fields, time_zone=None))


def test_field_that_was_asked_for_is_never_made_up(tmp_path: Path) -> None:
    fields = (*FIELDS, Field("grade", Type.TEXT))
    with pytest.raises(ValueError, match="tuple"):
        rows_of(select_strict([result_file(tmp_path, "1,a,,,")], fields, time_zone=None))


def test_no_file_is_no_row(tmp_path: Path) -> None:
    assert read(tmp_path) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x1,b,,,", "id is no BIGINT"),
        ("1.5,b,,,", "id is no BIGINT"),
        ("99999999999999999999,b,,,", "id is no BIGINT"),
        (",b,,,", "id is empty"),
        ("2,b,,,yesterday", "createdAt is no time that exists"),
        ("2,b,,,2026-02-30T12:00:00Z", "createdAt is no time that exists"),
    ],
)
def test_row_without_a_value_that_we_rely_on_is_set_aside(line: str, reason: str, tmp_path: Path) -> None:
    outcome = checked(tmp_path, result_file(tmp_path, "1,a,,,", line, "3,c,,,"))
    assert (outcome.rows, outcome.set_aside, outcome.widened) == (2, 1, {})
    assert outcome.rejected == (RejectedRow("0.csv", 3, reason, line, tmp_path.name),)
    assert [row[0] for row in rows_of(select_checked(outcome.path, FIELDS, load_id="7"))] == [1, 3]


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        ("isOpen", ("maybe", "2", "ja", " true")),
        ("cost", ("ten", "1,5", "nan", "inf", "-Infinity", "1e400", "12 EUR")),
        ("clicks", ("1.5", "1e3", "9223372036854775808", "-9223372036854775809", "many")),
        ("sentAt", ("yesterday", "2026-02-30T12:00:00Z", "infinity", "epoch", "2026-03-01T12:00:00 Europe/Berlin")),
    ],
    ids=["flag", "number", "whole number", "time"],
)
def test_cell_that_its_type_cannot_hold_costs_no_row(fields: str, texts: tuple[str, ...], tmp_path: Path) -> None:
    """The text goes to a column beside its own, where a reader finds it."""
    columns = (FIELDS[0], WIDE[fields])
    quoted = [f'"{text}"' for text in texts]
    good = {"isOpen": "true", "cost": "1.5", "clicks": "5", "sentAt": "2026-03-01T12:00:00Z"}[fields]
    lines = [f"{number},{text}" for number, text in enumerate((good, "", *quoted), start=1)]
    file = raw_file(tmp_path, "\n".join([f"id,{fields}", *lines, ""]).encode(), fields=["id", fields])
    outcome = check([file], columns, tmp_path / "c.parquet", table="visits", time_zone="Europe/Berlin")
    column = WIDE[fields].column
    assert (outcome.rows, outcome.set_aside, outcome.widened) == (len(lines), 0, {column: len(texts)})
    assert [each.column for each in outcome.fields] == ["id", column, f"{column}__v_text"]
    found = rows_of(select_checked(outcome.path, outcome.fields, load_id="7"))
    assert [row[1] is not None for row in found] == [True] + [False] * (len(texts) + 1)
    assert [row[2] for row in found] == [None, None, *texts]
    assert [(row.file, row.line, row.is_loaded) for row in outcome.rejected] == [
        ("0.csv", line, True) for line in range(4, 4 + len(texts))
    ]
    assert [json.loads(row.raw_text) for row in outcome.rejected] == [
        {"id": str(number), fields: text} for number, text in enumerate(texts, start=3)
    ]


def test_every_cell_that_does_not_fit_is_counted_and_the_first_are_kept(tmp_path: Path) -> None:
    lines = [f"{number},,maybe,," for number in range(WIDENED_CELLS_KEPT + 5)]
    outcome = checked(tmp_path, result_file(tmp_path, *lines))
    assert (outcome.rows, outcome.widened, outcome.set_aside) == (len(lines), {"is_open": len(lines)}, 0)
    assert [row.line for row in outcome.rejected] == list(range(2, 2 + WIDENED_CELLS_KEPT))


def test_variant_that_a_table_has_is_null_where_values_fit(tmp_path: Path) -> None:
    variant = variant_of(FIELDS[2])
    fields = (*FIELDS, variant)
    for line, expected in (("1,,true,,", (True, None)), ("1,,maybe,,", (None, "maybe"))):
        file = result_file(tmp_path, line)
        outcome = check([file], fields, tmp_path / "c.parquet", table="visits", time_zone=None)
        assert outcome.fields == fields
        (row,) = rows_of(select_checked(outcome.path, outcome.fields, load_id="7"))
        assert (row[2], row[5]) == expected
    strict = rows_of(select_strict([result_file(tmp_path, "1,,true,,")], fields, time_zone=None))
    assert strict == [(1, None, True, None, None, None)]


def test_a_field_is_relied_on_when_the_object_is_asked_for_by_it(tmp_path: Path) -> None:
    file = result_file(tmp_path, "1,,maybe,,")
    outcome = check([file], FIELDS, tmp_path / "c.parquet", table="x", time_zone=None, relied_on={"id", "is_open"})
    assert (outcome.rows, outcome.set_aside, outcome.widened) == (0, 1, {})


@pytest.mark.parametrize("more", [0, 200])
def test_times_without_an_offset_stop_the_window_until_a_zone_is_set(more: int, tmp_path: Path) -> None:
    file = result_file(tmp_path, "1,,,,", "2,,,,2026-03-01 12:00:00", *["3,,,,2026-03-01T12:00:00Z"] * more)
    with pytest.raises(DataError, match=r"set sources\.pardot\.time_zone") as caught:
        checked(tmp_path, file)
    assert (caught.value.file, caught.value.line) == (f"{tmp_path.name}/0.csv", 3)
    assert checked(tmp_path, file, time_zone="Europe/Berlin").rows == 2 + more


@pytest.mark.parametrize("text", ["2026-03-08 02:30:00", "2026-03-08T02:00:00", "2026-03-08 02:59:59.999"])
def test_local_time_that_a_change_of_clocks_skips_is_not_moved(text: str, tmp_path: Path) -> None:
    """DuckDB would read half past two as half past three."""
    file = result_file(tmp_path, "1,,,,2026-03-08 01:59:59", f"2,,,,{text}", "3,,,,2026-03-08 03:00:00")
    outcome = checked(tmp_path, file, time_zone="America/New_York")
    assert [(row.line, row.reason) for row in outcome.rejected] == [(3, "createdAt is no time that exists")]
    found = rows_of(select_checked(outcome.path, FIELDS, load_id="7"))
    assert [row[4].astimezone(timezone.utc).isoformat() for row in found] == [
        "2026-03-08T06:59:59+00:00",
        "2026-03-08T07:00:00+00:00",
    ]
    with pytest.raises(duckdb.InvalidInputException, match="a time that its zone does not have"):
        rows_of(select_strict([file], FIELDS, time_zone="America/New_York"))


def test_local_time_that_comes_twice_is_the_later_one(tmp_path: Path) -> None:
    """The text does not tell which is meant."""
    file = result_file(tmp_path, "1,,,,2026-11-01 01:30:00")
    assert read(tmp_path, file, time_zone="America/New_York")[0][4] == datetime(2026, 11, 1, 6, 30, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"2,b,,", "missing columns"),
        (b"2,b,,,,9", "too many columns"),
        (b"2,b, c,,,", "too many columns"),
        (b'2,"b"x,,,', "text beside quotes"),
        (b'2,"b\\"x",y",,,', "text beside quotes"),
        (b"2,b\rc,,,", "a line end outside quotes"),
        (b"2,\xff\xfe,,,", "invalid encoding"),
        (b"2,\xed\xa0\x80,,,", "invalid encoding"),
        (b'2,"\xff\nb",,,', "invalid encoding"),
        (b" ", "missing columns"),
        (b"2,\x00", "missing columns"),
    ],
    ids=[
        *("short", "long", "long by an empty cell", "text after a quote", "backslash before a quote", "lone CR"),
        *("not UTF-8", "lone surrogate", "not UTF-8, two lines", "blank", "short, with NUL"),
    ],
)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_record_that_is_no_row_is_set_aside_with_its_line(
    record: bytes, reason: str, line_end: bytes, tmp_path: Path
) -> None:
    body = line_end.join([HEADER.encode(), b'1,"a\nb",,,', record, b"3,c,,,", b"x,d,,,", b""])
    outcome = checked(tmp_path, raw_file(tmp_path, body))
    last = 5 + record.count(b"\n")
    assert [(row.file, row.line, row.reason) for row in outcome.rejected] == [
        ("0.csv", 4, reason),
        ("0.csv", last + 1, "id is no BIGINT"),
    ]
    assert outcome.rejected[0].raw_text == record.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    assert [row[0] for row in rows_of(select_checked(outcome.path, FIELDS, load_id="7"))] == [1, 3]


def test_comma_too_many_shifts_no_cells(tmp_path: Path) -> None:
    """DuckDB's strict reader would drop the empty last cell and load the others a column too far on."""
    outcome = checked(tmp_path, result_file(tmp_path, "1,Lee,,5,,"))
    assert (outcome.rows, outcome.widened) == (0, {})
    assert [(row.line, row.reason) for row in outcome.rejected] == [(2, "too many columns")]


@pytest.mark.parametrize(
    "body",
    [
        b'1,a,,,\n2,"b,,,\n3,c,,,\n4,"d",,,\n5,"e,,,\n6,f,,,\n',
        b'1,a,,,\n2,"b\n3,c,,,\n4,d",,\n',
    ],
    ids=["two quotes lost", "wrong width"],
)
def test_lost_quote_that_may_hide_rows_stops_the_window(body: bytes, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a quote is missing or one too many") as caught:
        checked(tmp_path, raw_file(tmp_path, HEADER.encode() + b"\n" + body))
    assert (caught.value.file, caught.value.line) == (f"{tmp_path.name}/0.csv", 3)


@pytest.mark.parametrize("times", [1, 2])
def test_quote_inside_a_cell_that_has_none_at_its_beginning_is_text(times: int, tmp_path: Path) -> None:
    lines = ["1,a,,,", '2,b"b,,,', "3,c,,,", '4,d"d,,,'][: 2 * times]
    outcome = checked(tmp_path, result_file(tmp_path, *lines))
    assert (outcome.rows, outcome.rejected) == (2 * times, ())
    texts = [row[1] for row in rows_of(select_checked(outcome.path, FIELDS, load_id="7"))]
    assert texts == ["a", 'b"b', "c", 'd"d'][: 2 * times]


def test_backslash_instead_of_a_doubled_quote_costs_its_own_record(tmp_path: Path) -> None:
    outcome = checked(tmp_path, result_file(tmp_path, "1,a,,,", '2,"b\\"c",,,', "3,c,,,", '4,"d\\"e",,,'))
    assert [(row.line, row.reason) for row in outcome.rejected] == [
        (3, "text beside quotes"),
        (5, "text beside quotes"),
    ]
    assert outcome.rows == 2


@pytest.mark.parametrize("last", ["3,c,,,2026-04-2", "3,c,x,,", "3"])
def test_file_that_was_cut_inside_its_last_record_is_not_believed(last: str, tmp_path: Path) -> None:
    """Nobody knows how many records it lacks; with a line end behind, the same record is one that cannot be read."""
    with pytest.raises(DataError, match=r"no line end completes|ends inside a record"):
        checked(tmp_path, raw_file(tmp_path, f"{HEADER}\n1,a,,,\n2,b,,,\n{last}".encode()))
    outcome = checked(tmp_path, raw_file(tmp_path, f"{HEADER}\n1,a,,,\n2,b,,,\n{last}\n".encode()))
    assert outcome.rows >= 2


def test_file_that_changed_since_it_was_downloaded_stops_the_window(tmp_path: Path) -> None:
    file = result_file(tmp_path, "1,a,,,", "2,b,,,")
    file.path.write_bytes(f"{HEADER}\n1,a,,,\n".encode())
    with pytest.raises(DataError, match="2 records, as downloaded"):
        checked(tmp_path, file)


@pytest.mark.parametrize(
    "body",
    [
        b"1,a,,,\r\n2,b,,,\n3,c,,,\r\n",
        b"1,a,,,\n2,b,,,\r\n3,c,,,",
        b"1,a,,,\n\n2,b,,,\r\n3,c,,,\n\n",
        b'1,a,,,\n2,"b",,,\r\n3,"c",,,\r\n',
    ],
    ids=["LF in CRLF", "CRLF in LF, open end", "empty lines", "quoted"],
)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_line_ends_of_two_kinds_lose_nothing(body: bytes, line_end: bytes, tmp_path: Path) -> None:
    outcome = checked(tmp_path, raw_file(tmp_path, HEADER.encode() + line_end + body))
    assert outcome.rejected == ()
    found = rows_of(select_checked(outcome.path, FIELDS, load_id="7"))
    assert [row[:2] for row in found] == [(1, "a"), (2, "b"), (3, "c")]


def test_pages_that_hold_other_rows_than_were_written_stop_the_window(tmp_path: Path) -> None:
    pages = replace(page_file(tmp_path, ("1", "a", None, None, None)), rows=2)
    with pytest.raises(DataError, match="2 rows"):
        checked(tmp_path, pages)


@pytest.mark.parametrize("line", ["2,b,,", '2,"b"x,,,'])
def test_record_that_we_take_for_a_row_and_duckdb_does_not_stops_the_window(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two agree on every record that was tried; should they not, nothing is lost."""
    monkeypatch.setattr("pardot.reading.careful.fault_of", lambda *_: None)
    file = result_file(tmp_path, "1,a,,,", line)
    with pytest.raises(DataError, match="Expected rows; found Invalid Input Error"):
        checked(tmp_path, file)


def test_row_of_a_page_is_set_aside_with_its_place(tmp_path: Path) -> None:
    pages = page_file(tmp_path, ("1", "a", None, None, None), ("x", "b\nc", None, "1", None), ("3", "", "no!", "", ""))
    outcome = checked(tmp_path, pages)
    assert outcome.rejected == (
        RejectedRow("pages.parquet", 2, "id is no BIGINT", '{"id": "x", "fullName": "b\\nc", "cost": "1"}'),
        RejectedRow("pages.parquet", 3, "isOpen is no BOOLEAN", '{"id": "3", "isOpen": "no!"}', is_loaded=True),
    )
    assert outcome.rows == 2


def test_same_id_twice_is_two_rows_here(tmp_path: Path) -> None:
    """Which one stands is the merge's to decide."""
    assert [row[:2] for row in read(tmp_path, result_file(tmp_path, "1,a,,,", "1,b,,,"))] == [(1, "a"), (1, "b")]


@pytest.mark.parametrize("first", ["1,a,,,", "x,a,,,"], ids=["strict", "careful"])
def test_nul_and_backslashes_are_text(first: str, tmp_path: Path) -> None:
    file = result_file(tmp_path, first, "2,b\x00c,,,", '3,"d\x00\\",,,', "4,\\,,,")
    outcome = checked(tmp_path, file)
    found = rows_of(select_checked(outcome.path, FIELDS, load_id="7"))
    assert [row[1] for row in found][-3:] == ["b\x00c", "d\x00\\", "\\"]


def test_both_ways_read_a_clean_file_alike(tmp_path: Path) -> None:
    lines = ["1,a,true,1.5,2026-03-01T12:00:00Z", '2,"b\n""c""",,,', "3,,,,", '4,"   x",false,0,2026-03-01 07:00:00-05']
    clean = rows_of(select_checked(checked(tmp_path, result_file(tmp_path, *lines)).path, FIELDS, load_id="7"))
    outcome = checked(tmp_path, result_file(tmp_path, *lines, "x,,,,"))
    assert outcome.set_aside == 1
    assert rows_of(select_checked(outcome.path, FIELDS, load_id="7")) == clean


def test_nothing_is_left_beside_the_typed_file(tmp_path: Path) -> None:
    checked(tmp_path, result_file(tmp_path, "x,,,,", "1,,maybe,,", "2,b,,"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.csv", "checked.parquet"]
    with pytest.raises(DataError):
        checked(tmp_path, result_file(tmp_path, "1,,,,2026-03-01 12:00:00"))
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv", ".parquet"]


@pytest.mark.parametrize("line", ["x1,b,,,", ",b,,,", "1.5,b,,,", "2,b,maybe,,", "2,b,,", "2,b,,,2026-03-01 12:00:00"])
def test_strict_reading_refuses_what_checking_sets_aside(line: str, tmp_path: Path) -> None:
    file = result_file(tmp_path, "1,a,,,", line)
    with pytest.raises((duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException)):
        rows_of(select_strict([file], FIELDS, time_zone=None))


def test_many_unreadable_rows_stop_the_window(tmp_path: Path) -> None:
    bad = ["x,,,,"] * (REJECTED_ROWS_ALLOWED + 1)
    with pytest.raises(DataError) as caught:
        checked(tmp_path, result_file(tmp_path, *bad, "1,a,,,"))
    assert caught.value.object_name == "visits"
    assert "101 of 102" in caught.value.found


def test_some_unreadable_rows_among_very_many_do_not(tmp_path: Path) -> None:
    good = [f"{number},a,,," for number in range(1, 150_000)]
    bad = ["x,,,,"] * (REJECTED_ROWS_ALLOWED + 1)
    outcome = checked(tmp_path, result_file(tmp_path, *good, *bad))
    assert (outcome.rows, len(outcome.rejected)) == (149_999, 101)


def test_hostile_field_names_stay_names(tmp_path: Path) -> None:
    name = 'it\'s "a"; DROP TABLE x--__c'
    fields = (FIELDS[0], Field(name, Type.TEXT))
    quoted = '"' + name.replace('"', '""') + '"'
    file = raw_file(tmp_path, f"id,{quoted}\n1,x\n".encode(), fields=["id", name])
    outcome = check([file], fields, tmp_path / "c.parquet", table="visits", time_zone=None)
    assert rows_of(select_checked(outcome.path, fields, load_id="7")) == [(1, "x", "7")]


@pytest.mark.parametrize("way", ["plain", "strict", "careful", "pages"])
def test_fields_whose_names_differ_in_case_only_keep_their_values(way: str, tmp_path: Path) -> None:
    """SQL takes such names for one; whatever the order in the file, each value goes to its own column."""
    fields = (Field("id", Type.BIGINT), Field("Seats__c", Type.BIGINT), OTHER_SEATS)
    if way == "pages":
        records: list[Mapping[str, object]] = [{"SEATS__C": 2, "id": 7, "Seats__c": 1}]
        file: TextFile = write_pages(iter([records]), fields, tmp_path / "pages.parquet", lambda _: None)
    else:
        header = [OTHER_SEATS.name, "id", "Seats__c"]
        body = "\n".join([",".join(header), "two,7,1" if way == "careful" else "2,7,1", ""]).encode()
        file = raw_file(tmp_path, body, fields=header)
        if way == "strict":
            file = replace(file, is_plain=False)
    outcome = check([file], fields, tmp_path / "checked.parquet", table="visits", time_zone=None)
    (row,) = rows_of(f"SELECT id, seats__c, other_seats__c FROM read_parquet('{outcome.path}')")
    assert row == (7, 1, None if way == "careful" else 2)
    if way == "careful":
        assert [json.loads(one.raw_text) for one in outcome.rejected] == [{"id": "7", "SEATS__C": "two"}]
