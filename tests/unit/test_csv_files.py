"""A result file is accepted whole or not at all, whatever it holds and however it arrives."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from pardot.errors import DataError
from pardot.reading.csv_files import ResultFile, ResultFileWriter, parse_header

FIELDS = ("id", "name")


def receive(folder: Path, *chunks: bytes, fields: tuple[str, ...] = FIELDS) -> ResultFile:
    writer = ResultFileWriter(folder / "88" / "0.csv", fields, table="visits")
    for chunk in chunks:
        writer.write(chunk)
    return writer.finish()


def test_accepted_file_is_measured_and_renamed(tmp_path: Path) -> None:
    body = b'id,name\n1,"a\nb"\n2,c\n'
    file = receive(tmp_path, body)
    assert (file.rows, file.size_bytes, file.line_end, file.header) == (2, len(body), "\n", FIELDS)
    assert file.crc32 == zlib.crc32(body)
    assert file.path.read_bytes() == body
    assert [path.name for path in file.path.parent.iterdir()] == ["0.csv"]


def test_facts_bring_the_file_back(tmp_path: Path) -> None:
    file = receive(tmp_path, b"name,id\r\nb,1\r\n")
    assert ResultFile.from_facts(file.path, file.facts()) == file
    assert (file.header, file.line_end) == (("name", "id"), "\r\n")


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        (b"id,name", 0),
        (b"id,name\n", 0),
        (b"id,name\n1,a", 1),
        (b"id,name\n1,a\n", 1),
        (b'\xef\xbb\xbfid,name\n1,a\n2,""""\n', 2),
        (b'"id","name"\n"1","\r\n"\n', 1),
    ],
    ids=["header cut", "header", "last line open", "last line ended", "byte order mark", "all quoted"],
)
def test_rows_are_counted(body: bytes, rows: int, tmp_path: Path) -> None:
    assert receive(tmp_path, body).rows == rows


@pytest.mark.parametrize(
    ("body", "is_regular"),
    [
        (b'id,name\n1,"a,\n,b"\n2,\n', True),
        (b"id,name", True),
        (b"id,name\n1,a,\n", False),
        (b'id,name\n1,a,""\n', False),
        (b"id,name\n1\n", False),
        (b"id,name\n1,a\n\n", False),
        (b'id,name\n1,"a" "b"\n', False),
        (b'id,name\n1,"a\n"   "b"\n', False),
        (b'id,name\n1,"a ""b"" ""c"" "\n" 2" ,"d"\n', True),
    ],
)
def test_cells_are_counted(body: bytes, is_regular: bool, tmp_path: Path) -> None:
    assert receive(tmp_path, body).is_regular is is_regular


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", "missing id, name"),
        (b"id\n1\n", "missing name"),
        (b"id,name,extra\n", "unexpected extra"),
        (b"id,id\n", "missing name; doubled id"),
        (b"<!DOCTYPE html><html>\n", "missing id, name; unexpected <!DOCTYPE html><html>"),
        (b'{"code":109,"message":"gone"}', "missing id, name"),
        (b"\xff\xfei\x00d\x00,\x00", "missing id, name"),
        (b"Id,Name\n", "missing id, name"),
    ],
    ids=["nothing", "short", "long", "doubled", "login page", "JSON error", "UTF-16", "other case"],
)
def test_header_other_than_asked_for_is_refused(body: bytes, found: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        receive(tmp_path, body)
    assert found in caught.value.found
    assert (caught.value.object_name, caught.value.file) == ("visits", "0.csv")
    assert list((tmp_path / "88").iterdir()) == []


def test_header_in_another_order_is_taken_by_name() -> None:
    assert parse_header("name,id", FIELDS, table="visits", file="0.csv") == ("name", "id")


def test_file_that_ends_inside_quotes_is_refused_and_removed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="balanced quotes"):
        receive(tmp_path, b'id,name\n1,"cut here')
    assert list((tmp_path / "88").iterdir()) == []


@pytest.mark.parametrize("body", [b"id,name\n1", b'id,name\n1,a\n"2"', b"id,name\r\n1,a\r\n2\r"])
def test_file_that_ends_inside_a_record_is_refused_and_removed(body: bytes, tmp_path: Path) -> None:
    """Its length may be right all the same; what came after the cut is not known."""
    with pytest.raises(DataError, match="ends inside a record") as caught:
        receive(tmp_path, body)
    assert caught.value.line == body.count(b"\n") + 1
    assert list((tmp_path / "88").iterdir()) == []


@pytest.mark.parametrize("body", [b"id,name\n1,a\n2,", b"id,name\n1\n2,b", b'id,name\n1,"a\nb"', b"id,name\n1,a\n2\n"])
def test_open_end_is_no_fault_and_a_narrow_record_elsewhere_is_not_the_files(body: bytes, tmp_path: Path) -> None:
    assert receive(tmp_path, body).size_bytes == len(body)


def test_new_attempt_replaces_what_an_earlier_one_left(tmp_path: Path) -> None:
    receive(tmp_path, b"id,name\n1,a\n2,b\n")
    abandoned = ResultFileWriter(tmp_path / "88" / "0.csv", FIELDS, table="visits")
    abandoned.write(b"id,name\n9")
    again = receive(tmp_path, b"id,name\n1,a\n")
    assert again.path.read_bytes() == b"id,name\n1,a\n"
    abandoned.discard()


def test_discarding_twice_is_harmless(tmp_path: Path) -> None:
    writer = ResultFileWriter(tmp_path / "0.csv", FIELDS, table="visits")
    writer.discard()
    writer.discard()
    assert list(tmp_path.iterdir()) == []


def test_endless_first_line_is_no_header(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="missing id, name"):
        receive(tmp_path, *[b"x" * (1 << 18)] * 16)
