"""Cells get their declared type or are set aside with their place and the reason; every record is accounted for."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pardot.catalogue import Field, Type
from pardot.columns import (
    REJECTED_ROWS_ALLOWED,
    CheckedFile,
    PageFile,
    TextFile,
    check,
    select_checked,
    select_strict,
)
from pardot.csv_files import ResultFile, ResultFileWriter
from pardot.errors import DataError

FIELDS = (
    Field("id", Type.BIGINT),
    Field("fullName", Type.TEXT),
    Field("isOpen", Type.BOOLEAN),
    Field("cost", Type.DOUBLE),
    Field("createdAt", Type.TIMESTAMP),
)
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
    schema = pa.schema([(name, pa.string()) for name in NAMES])
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
    careful = rows_of(select_checked(outcome.path, FIELDS, load_id="7"))
    assert careful == rows_of(select_strict(files, FIELDS, load_id="7", time_zone=time_zone))
    assert outcome.rows == len(careful) == sum(file.rows for file in files)
    return careful


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


def test_no_file_is_no_row(tmp_path: Path) -> None:
    assert read(tmp_path) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x1,b,,,", "id is no BIGINT"),
        ("1.5,b,,,", "id is no BIGINT"),
        ("99999999999999999999,b,,,", "id is no BIGINT"),
        (",b,,,", "id is empty"),
        ("2,b,maybe,,", "isOpen is no BOOLEAN"),
        ("2,b,,ten,", "cost is no DOUBLE"),
        ("2,b,,,yesterday", "createdAt is no time with an offset (or sources.pardot.time_zone is needed)"),
        ("2,b,,,2026-03-01T12:00:00", "createdAt is no time with an offset (or sources.pardot.time_zone is needed)"),
        ("2,b,,,2026-02-30T12:00:00Z", "createdAt is no time with an offset (or sources.pardot.time_zone is needed)"),
    ],
)
def test_row_with_a_cell_that_its_type_cannot_hold_is_set_aside(line: str, reason: str, tmp_path: Path) -> None:
    outcome = checked(tmp_path, result_file(tmp_path, "1,a,,,", line, "3,c,,,"))
    assert outcome.rows == 2
    assert [row.reason for row in outcome.rejected] == [reason]
    assert "b" in outcome.rejected[0].raw_text
    assert [row[0] for row in rows_of(select_checked(outcome.path, FIELDS, load_id="7"))] == [1, 3]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2,b,,", "missing columns"),
        ("2,b,,,,9", "too many columns"),
        ('2,"b"x,,,', "unquoted value"),
        ("2,\udcff\udcfe,,,", "invalid encoding"),
    ],
)
def test_record_that_is_no_row_is_set_aside_with_its_line(line: str, reason: str, tmp_path: Path) -> None:
    body = "\n".join([HEADER, "1,a,,,", line, "3,c,,,", ""]).encode("utf-8", "surrogateescape")
    outcome = checked(tmp_path, raw_file(tmp_path, body))
    assert [(row.file, row.line, row.reason) for row in outcome.rejected] == [(f"{tmp_path.name}/0.csv", 3, reason)]
    assert outcome.rows == 2


@pytest.mark.parametrize("line", ["x1,b,,,", ",b,,,", "1.5,b,,,", "2,b,maybe,,", "2,b,,", "2,b,,,2026-03-01 12:00:00"])
def test_strict_reading_refuses_what_checking_sets_aside(line: str, tmp_path: Path) -> None:
    file = result_file(tmp_path, "1,a,,,", line)
    with pytest.raises((duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException)):
        rows_of(select_strict([file], FIELDS, load_id="7", time_zone=None))


def test_file_that_cannot_be_split_into_records_is_refused_as_a_whole(tmp_path: Path) -> None:
    file = raw_file(tmp_path, f"{HEADER}\n1,a\rb,,,\n2,b,,,\n".encode())
    with pytest.raises(DataError, match="CSV records"):
        checked(tmp_path, file)


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
