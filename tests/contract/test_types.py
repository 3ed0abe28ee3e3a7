"""The edges of every declared type, for every column of every object, in a result file and in a page of a query."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from contract.difficult import as_pages, as_result_file, asked

from pardot.catalogue import CATALOGUE, Entry, Type
from pardot.reading.careful import CheckedFile
from pardot.reading.columns import check
from pardot.reading.text_files import TextFile

UTC = timezone.utc
EDGES: Mapping[Type, Mapping[str, Any]] = {
    Type.BIGINT: {
        "9223372036854775807": (1 << 63) - 1,
        "-9223372036854775808": -(1 << 63),
        "0": 0,
        "-1": -1,
        "007": 7,
        "": None,
    },
    Type.BOOLEAN: {
        **dict.fromkeys(("true", "TRUE", "True", "t", "1"), True),
        **dict.fromkeys(("false", "FALSE", "False", "f", "0"), False),
        "": None,
    },
    Type.DOUBLE: {
        "0.1": 0.1,
        "-12.50": -12.5,
        "1e3": 1000.0,
        "1.7976931348623157e308": 1.7976931348623157e308,
        "9007199254740993": 9007199254740992.0,  # what a double can hold of it
        "": None,
    },
    Type.TEXT: {"007": "007", "NULL": "NULL", "1e5": "1e5", " ": " ", "12345678901234567890": "12345678901234567890"},
    Type.TIMESTAMP: {
        "0001-01-01T00:00:00Z": datetime(1, 1, 1, tzinfo=UTC),
        "9999-12-31T23:59:59+00:00": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
        "2026-03-01T12:00:00+14:00": datetime(2026, 2, 28, 22, tzinfo=UTC),
        "2026-03-01T12:00:00-12:00": datetime(2026, 3, 2, tzinfo=UTC),
        "2026-03-01T12:00:00.123456-05:30": datetime(2026, 3, 1, 17, 30, 0, 123456, tzinfo=UTC),
        "2026-03-01T12:00:00.5Z": datetime(2026, 3, 1, 12, 0, 0, 500000, tzinfo=UTC),
        "2024-02-29T00:00:00+00:00": datetime(2024, 2, 29, tzinfo=UTC),
        "": None,
    },
}
"""Type -> text of a cell -> what it is."""
MISFITS: Mapping[Type, Sequence[str]] = {
    Type.BIGINT: ("9223372036854775808", "-9223372036854775809", "seven", "1,000", "1.5", "1e3"),
    Type.BOOLEAN: ("maybe", "2", "yes please"),
    Type.DOUBLE: ("a lot", "1,5", "1.2.3"),
    Type.TIMESTAMP: ("yesterday", "2026-02-30T00:00:00Z", "2026-03-01T25:00:00Z"),
}
"""Type -> texts that it cannot hold. A time without an offset has rules, and tests, of its own."""
NOT_LOOKED_FOR_IN_REFERENCES = ("1.5", "1e3")
"""References are most columns of the largest tables; looking for a fraction there is not worth its time."""
WAYS: Mapping[str, Callable[..., TextFile]] = {"export": as_result_file, "query": as_pages}
entries = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=list(CATALOGUE))
ways = pytest.mark.parametrize("way", WAYS)


def read(entry: Entry, rows: Sequence[Mapping[str, Any]], way: str, folder: Path) -> tuple[CheckedFile, list[Any]]:
    """Write rows as they arrive, and return what the client makes of them."""
    file = WAYS[way](entry, rows, folder / entry.table)
    checked = check([file], asked(entry), folder / "checked.parquet", table=entry.table, time_zone=None)
    return checked, sorted(pq.read_table(checked.path).to_pylist(), key=lambda row: int(row["id"]))


@ways
@entries
def test_every_column_holds_the_edges_of_its_type(entry: Entry, way: str, tmp_path: Path) -> None:
    count = max(map(len, EDGES.values()))
    fields = [field for field in asked(entry) if field.name != "id"]
    cells = {field.name: [*EDGES[field.type].items()] for field in fields}
    rows = [
        {"id": str(n + 1), **{name: edges[n % len(edges)][0] for name, edges in cells.items()}} for n in range(count)
    ]
    checked, found = read(entry, rows, way, tmp_path)
    assert checked.rejected == ()
    for n, row in enumerate(found):
        expected = {field.column: cells[field.name][n % len(cells[field.name])][1] for field in fields}
        assert {column: row[column] for column in expected} == expected
        assert all(type(row[column]) is type(value) for column, value in expected.items())


@ways
@entries
def test_text_outside_of_a_type_is_kept_and_never_becomes_another_value(entry: Entry, way: str, tmp_path: Path) -> None:
    """Where rows are found by the cell, the row is set aside; another cell is NULL, its text in a column beside it."""
    bad = [
        (field, text)
        for field in asked(entry)
        for text in MISFITS.get(field.type, ())
        if field.name != "id" and not (field.name.endswith("Id") and text in NOT_LOOKED_FOR_IN_REFERENCES)
    ]
    bad = bad[:90]  # more than a hundred may stop the window, which has a test of its own
    cells = dict(enumerate(bad, start=10))
    rows = [{"id": "1"}, *({"id": str(n), field.name: text} for n, (field, text) in cells.items()), {"id": "2"}]
    checked, found = read(entry, rows, way, tmp_path)
    read_rows = {row["id"]: row for row in found}
    assert {1, 2} <= read_rows.keys() <= {1, 2, *cells}
    for number, (field, text) in cells.items():
        assert any(text in one.raw_text and one.reason.startswith(field.name) for one in checked.rejected)
        if number in read_rows:
            assert read_rows[number][field.column] is None
            assert read_rows[number][f"{field.column}__v_text"] == text


@ways
@entries
def test_nothing_but_the_key_is_needed(entry: Entry, way: str, tmp_path: Path) -> None:
    checked, found = read(entry, [{"id": "1"}], way, tmp_path)
    assert checked.rejected == ()
    assert found == [{field.column: 1 if field.name == "id" else None for field in asked(entry)}]


@ways
@entries
def test_row_without_a_key_is_set_aside(entry: Entry, way: str, tmp_path: Path) -> None:
    checked, found = read(entry, [{"id": "1"}, {"id": ""}], way, tmp_path)
    assert [row["id"] for row in found] == [1]
    assert [one.reason for one in checked.rejected] == ["id is empty"]
