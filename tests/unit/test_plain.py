"""What Arrow takes for a cell's value is what DuckDB's expressions make of it; what it refuses is left to them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pardot.catalogue import Field, Type
from pardot.reading.columns import check, select_strict
from pardot.reading.csv_files import ResultFile, ResultFileWriter
from pardot.reading.plain import BLOCK_BYTES, write_plain

ID = Field("id", Type.BIGINT)
TEXTS = {
    Type.BIGINT: (
        *("7", "007", " 7 ", "\t7", "+7", "-7", "-0", "9223372036854775807", "9223372036854775808", "1e18", "1e400"),
        *("1.5", ".5", "5.", "1e-1", "0x1F", " 0X1e", "-0x1F", "0b1", "1_000", "_1", "1e", "e5", "+", "--1", "1 2"),
        *("7a", "９", "nan", "inf", "true", "NULL", "\\N", "'7'", "", "0x", "0x1.5"),
    ),
    Type.BOOLEAN: ("true", "TRUE", "True", "tRuE", "1", "0", "t", "yes", "on", " true", "01", "false", "", "-1", "2"),
    Type.DOUBLE: (
        *("1.5", "nan", "NaN", "inf", "-inf", "infinity", "1e999", "-1e999", " 1.5 ", "0x1p3", "1,5", ".5", "5."),
        *("1e5", "1d5", "+1.5", "-.5e-3", "1_0.5", "", "0.1", "1e-400", "123456789012345678901234567890"),
    ),
    Type.TEXT: ("", " ", "NULL", "nan", '"', '""', "a\nb", "a\r\nb", "\r", "ä🚀", "a,b", "\\", "\\N"),
    Type.TIMESTAMP: (
        *("2026-01-02T03:04:05-05:00", "2026-01-02 03:04:05+00:00", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05"),
        *("2026-01-02", "2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05.1234567Z", "2026-01-02T03:04:05.1-0330"),
        *("2026-01-02T03:04Z", "2026-01-02 03:04-05", "2026-01-02T03Z", "2026-01-02 03+05:30", "2026-01-02T24:00:00Z"),
        *("2026-01-02T23:59:60Z", "2026-02-30T00:00:00Z", "0000-00-00 00:00:00Z", "0001-01-01T00:00:00Z"),
        *("9999-12-31T23:59:59Z", "2026-01-02T03:04:05+0530", "2026-01-02T03:04:05+05", "2026-01-02T03:04:05+25:00"),
        *(" 2026-01-02T03:04:05Z", "2026-01-02T03:04:05 +00:00", "2026-01-02T03:04:05z", "2026-1-2T03:04:05Z"),
        *("1767323045", "2026-01-02Z", "infinity", "2026-01-02T03:04:05.Z", "", "2026-01-02-05:00", "26-01-02T03:04Z"),
    ),
}


def received(folder: Path, cell: str, *, quoted: bool = True) -> ResultFile:
    escaped = cell.replace('"', '""')
    writer = ResultFileWriter(folder / "0.csv", ["id", "x"], table="visits")
    writer.write((f'id,x\n7,"{escaped}"\n' if quoted else f"id,x\n7,{cell}\n").encode())
    return writer.finish()


@cache
def connection() -> duckdb.DuckDBPyConnection:
    """Return the connection of all tests: to open one costs more than what a test asks it."""
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    return db


def said(file: ResultFile, type_: Type) -> tuple[object, object]:
    """Return what the plain way and the strict way read; `refused` where they leave it to the careful way."""
    fields, target = (ID, Field("x", type_)), file.path.with_suffix(".parquet")
    rows = write_plain([file], fields, target) if file.is_plain else None
    db = connection().cursor()
    plain = "refused" if rows is None else db.read_parquet(str(target)).fetchall()
    try:
        return plain, db.execute(select_strict([file], fields, time_zone=None)).fetchall()
    except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException):
        return plain, "refused"


@pytest.mark.parametrize(("type_", "text"), [(type_, text) for type_ in TEXTS for text in TEXTS[type_]])
def test_value_is_the_one_of_the_strict_way(type_: Type, text: str, tmp_path: Path) -> None:
    plain, strict = said(received(tmp_path, text), type_)
    assert plain in (strict, "refused")


def test_usual_texts_are_not_left_to_the_strict_way(tmp_path: Path) -> None:
    usual = {
        Type.BIGINT: "7",
        Type.BOOLEAN: "true",
        Type.DOUBLE: "1.5",
        Type.TEXT: 'say "a",\nb',
        Type.TIMESTAMP: "2026-01-02T03:04:05-05:00",
    }
    assert set(usual) == set(Type)
    for type_, text in usual.items():
        plain, strict = said(received(tmp_path, text), type_)
        assert plain == strict != "refused"


@settings(max_examples=200, deadline=None)
@given(
    type_=st.sampled_from([Type.BIGINT, Type.DOUBLE]), text=st.text("0123456789+-.eExXabf_ \t", min_size=1, max_size=6)
)
def test_whatever_looks_like_a_number_is_read_alike(
    type_: Type, text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plain, strict = said(received(tmp_path_factory.mktemp("plain"), text), type_)
    assert plain in (strict, "refused")


@settings(max_examples=200, deadline=None)
@given(
    day=st.sampled_from(["2026-03-01", "1969-12-31", "0001-01-01", "2024-02-29", "2023-02-29"]),
    rest=st.text("0123456789:.TZ+- ", max_size=16),
)
def test_whatever_looks_like_a_time_is_read_alike(
    day: str, rest: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plain, strict = said(received(tmp_path_factory.mktemp("plain"), day + rest), Type.TIMESTAMP)
    assert plain in (strict, "refused")


@pytest.mark.parametrize("cell", ['"a"b', 'a"b', '"a" "b"', ' "a"', '"a" ', '""x', "a\x00b", '"a,"b"', "a\rb"])
def test_text_that_readers_take_differently_is_not_plain(cell: str, tmp_path: Path) -> None:
    assert not received(tmp_path, cell, quoted=False).is_plain


@pytest.mark.parametrize("cell", ['"a"', '"a ""b"" c"', '""', '"a,""b"', '"\r\n"', "a b", "'a'", '"""a"""', '""""'])
def test_text_that_readers_agree_on_is_plain(cell: str, tmp_path: Path) -> None:
    assert received(tmp_path, cell, quoted=False).is_plain


@pytest.mark.parametrize("body", ["id,x\n,a\n", "id,x\n\n", "id,x\n1\n", "id,x\n1,a,\n", "id,x\n1,a\n\n"])
def test_row_without_a_key_and_record_of_another_width_are_refused(body: str, tmp_path: Path) -> None:
    file = ResultFile(tmp_path / "0.csv", ("id", "x"), 1, len(body), 0, "\n", is_plain=True)
    file.path.write_text(body)
    assert write_plain([file], (ID, Field("x", Type.TEXT)), tmp_path / "0.parquet") is None


def test_record_of_several_blocks_is_left_to_the_other_ways(tmp_path: Path) -> None:
    fields, text = (ID, Field("x", Type.TEXT)), "a" * 3 * BLOCK_BYTES
    file = received(tmp_path, text)
    assert write_plain([file], fields, tmp_path / "0.parquet") is None
    outcome = check([file], fields, tmp_path / "0.parquet", table="visits", time_zone=None)
    assert duckdb.read_parquet(str(outcome.path)).fetchall() == [(7, text)]
