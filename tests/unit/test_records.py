"""Records are told apart as DuckDB's strict reader tells them apart, and known by their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pardot.reading.records import (
    MAX_RECORD_BYTES,
    Record,
    RecordCounter,
    ends_in_quotes,
    fault_of,
    iter_records,
    may_hide_rows,
    records_at,
)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_quotes_are_understood_across_chunks(size: int) -> None:
    body = b'a,b\n"x""\n",1\n"""",2\n"""\n""",3\n'
    counter = RecordCounter()
    for start in range(0, len(body), size):
        counter.feed(body[start : start + size])
    assert (counter.line_ends, counter.in_quotes) == (4, False)


def records(folder: Path, body: bytes) -> list[Record]:
    path = folder / "0.csv"
    path.write_bytes(body)
    return list(iter_records(path))


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_records_know_the_line_they_start_on(line_end: bytes, tmp_path: Path) -> None:
    body = line_end.join([b"id,a", b'1,"x\n\ny"', b"", b'2,"""\n"', b"3,z"])
    assert records(tmp_path, body) == [
        Record(1, b"id,a"),
        Record(2, b'1,"x\n\ny"'),
        Record(5, b""),
        Record(6, b'2,"""\n"'),
        Record(8, b"3,z"),
    ]
    assert [record.text for record in records_at(tmp_path / "0.csv", {2, 6})] == [b'1,"x\n\ny"', b'2,"""\n"']


def test_lost_quote_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_RECORD_BYTES >= 1 << 24
    monkeypatch.setattr("pardot.reading.records.MAX_RECORD_BYTES", 100)
    found = records(tmp_path, b'id,a\n1,"x\n' + b"2,y\n" * 100)
    assert max(len(record.text) for record in found) <= 104
    assert sum(record.text.count(b"\n") + 1 for record in found) == 102


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        (b"1,a,b", None),
        (b",,", None),
        (b'"1","a\n,b",""', None),
        (b'1,"a""b",c', None),
        (b'1, "a,b" ,c', None),
        (b'1,a"b,c', None),
        (b"1,a", "missing columns"),
        (b"", "missing columns"),
        (b'1,"a,b"', "missing columns"),
        (b"1,a,b,c", "too many columns"),
        (b'1,"a",b,c', "too many columns"),
        (b'1,"a"b,c', "text beside quotes"),
        (b'1,"a""b,c', "text beside quotes"),
        (b"1,a\rb,c", "a line end outside quotes"),
        (b"1,a\xff,c", "invalid encoding"),
        (b"1,\xff", "missing columns"),
    ],
)
def test_fault_of_a_record(record: bytes, fault: str | None) -> None:
    assert fault_of(record, 3) == fault


@pytest.mark.parametrize(
    ("record", "fault", "hides"),
    [
        (b'1,"a\n2,b', "text beside quotes", True),
        (b'1,"a\n2"', "missing columns", True),
        (b'1,"a\n\xff"', "invalid encoding", False),
        (b'1,"a"b', "text beside quotes", False),
    ],
)
def test_faulty_record_of_several_lines_may_hide_rows(record: bytes, fault: str, hides: bool) -> None:
    assert may_hide_rows(record, fault) is hides


def test_fault_of_a_long_record_is_found_in_a_time_that_follows_its_length() -> None:
    """A pattern that tried every way to cut these cells would not end."""
    assert fault_of(b'1,"' + b'""' * 500_000 + b'",' + b"x" * 500_000 + b'"', 3) is None
    assert fault_of(b",".join([b'"a""b"'] * 150) + b'"', 150) == "text beside quotes"


@pytest.mark.parametrize(
    ("content", "records"),
    [
        (b'id,x\n1,a"b\n2,c\n3,d"e\n', 4),
        (b'id,x\n1,"a\nb"\n2,c\n', 3),
        (b'id,x\n1,"a""\nb"\n2,"c"\n', 3),
        (b'id,x\n1,a"b\n2,"c\nd"\n3,"e"\n', 4),
        (b'id,x\r\n1,"a\r\n"\r\n2,c"\r\n', 3),
        (b'id,x\n1,"a"b\n2,"c"\n', 3),
        (b'id,x\n1,""","\n2,"\n0"\n', 3),
    ],
)
def test_only_a_quote_at_the_beginning_of_a_cell_opens_one(content: bytes, records: int, tmp_path: Path) -> None:
    path = tmp_path / "0.csv"
    path.write_bytes(content)
    assert len(list(iter_records(path))) == records
    assert not ends_in_quotes(path)


def test_file_that_ends_in_an_open_cell_is_known(tmp_path: Path) -> None:
    path = tmp_path / "0.csv"
    path.write_bytes(b'id,x\n1,a"b\n2,"c\n')
    assert ends_in_quotes(path)
