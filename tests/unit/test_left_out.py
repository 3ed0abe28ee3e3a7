"""Rows of erased people on their way to a table: left out, counted, and what they lead to remembered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pardot.catalogue import Field, Type
from pardot.erased import ErasedPeople, People
from pardot.reading.careful import CheckedFile, write_parquet
from pardot.reading.left_out import leave_out

ANN = "Ann@Example.com"
COLUMNS = {
    "prospects": (Field("id", Type.BIGINT), Field("email", Type.TEXT), Field("notes", Type.TEXT)),
    "visitors": (Field("id", Type.BIGINT), Field("prospectId", Type.BIGINT)),
    "visitor_page_views": (Field("id", Type.BIGINT), Field("visitorId", Type.BIGINT), Field("url", Type.TEXT)),
    "users": (Field("id", Type.BIGINT), Field("email", Type.TEXT)),
}


@pytest.fixture
def erased() -> ErasedPeople:
    people = ErasedPeople()
    people.add(People(frozenset({1}), frozenset({10})))
    people.add_address(ANN)
    return people


def checked(folder: Path, table: str, values: str) -> CheckedFile:
    fields = COLUMNS[table]
    with duckdb.connect() as db:
        names = ", ".join(field.column for field in fields)
        rows = write_parquet(db, f"SELECT * FROM (VALUES {values}) AS t({names})", folder / "rows.parquet")
    return CheckedFile(folder / "rows.parquet", fields, rows)


def rows_of(file: CheckedFile) -> Sequence[tuple[Any, ...]]:
    with duckdb.connect() as db:
        found = db.execute(f"FROM read_parquet('{file.path}') ORDER BY 1").fetchall()
    assert len(found) == file.rows
    return found


def test_nothing_is_read_again_while_nobody_is_erased(tmp_path: Path) -> None:
    file = CheckedFile(tmp_path / "there is no such file", COLUMNS["users"], 5)
    assert leave_out(file, "users", ErasedPeople()) == (file, 0)


def test_file_without_anybody_is_passed_on_as_it_is(tmp_path: Path, erased: ErasedPeople) -> None:
    file = checked(tmp_path, "users", "(1, 'bob@example.com'), (10, NULL)")
    assert leave_out(file, "users", erased) == (file, 0)


def test_prospect_is_known_by_id_or_by_address_and_put_on_the_list(tmp_path: Path, erased: ErasedPeople) -> None:
    values = (
        "(1, 'other@example.com', NULL), (2, 'ann@example.COM', 'it''s'), (3, 'bob@example.com', NULL), (4, NULL, 'x')"
    )
    file, left_out = leave_out(checked(tmp_path, "prospects", values), "prospects", erased)
    assert (left_out, [number for number, *_ in rows_of(file)]) == (2, [3, 4])
    assert erased.people.prospects == {1, 2}
    assert not (tmp_path / "rows.parquet").exists(), "the person is in no file that is left"


def test_prospect_that_only_mentions_the_address_stays_without_it(tmp_path: Path, erased: ErasedPeople) -> None:
    values = f"(5, 'bob@example.com', 'colleague of {ANN}, see joann@example.com')"
    file, left_out = leave_out(checked(tmp_path, "prospects", values), "prospects", erased)
    assert left_out == 0
    assert rows_of(file) == [(5, "bob@example.com", "colleague of ***, see joann@example.com")]
    assert erased.people.prospects == {1}


def test_visitor_of_an_erased_prospect_is_put_on_the_list(tmp_path: Path, erased: ErasedPeople) -> None:
    file, left_out = leave_out(checked(tmp_path, "visitors", "(10, NULL), (11, 1), (12, 2)"), "visitors", erased)
    assert (left_out, rows_of(file)) == (2, [(12, 2)])
    assert erased.people.visitors == {10, 11}


def test_address_in_rows_of_others_is_masked(tmp_path: Path, erased: ErasedPeople) -> None:
    values = "(1, 10, '/'), (2, 11, 'https://a.example/?e=ann%40example.com&x=it''s'), (3, NULL, '/%40')"
    file, left_out = leave_out(checked(tmp_path, "visitor_page_views", values), "visitor_page_views", erased)
    assert left_out == 1
    assert rows_of(file) == [(2, 11, "https://a.example/?e=***&x=it's"), (3, None, "/%40")]


def test_user_of_the_account_is_no_prospect_and_stays_without_the_address(tmp_path: Path, erased: ErasedPeople) -> None:
    file, left_out = leave_out(checked(tmp_path, "users", f"(1, '{ANN}')"), "users", erased)
    assert (left_out, rows_of(file)) == (0, [(1, "***")])
