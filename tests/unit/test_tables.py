"""The last step before dlt: what is new, what is kept, what is counted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pardot.catalogue import Entry, Field, Route, Type
from pardot.columns import LOAD_ID_COLUMN, RejectedRow
from pardot.tables import column_hints, keep_rejected, kept_columns, select_news, write_disposition

ID, NOTE, UPDATED = Field("id", Type.BIGINT), Field("note", Type.TEXT), Field("updatedAt", Type.TIMESTAMP)
DATED = Entry("visits", (ID, NOTE, UPDATED), Route.QUERY)
UNDATED = Entry("visits", (ID, NOTE), Route.QUERY)
EARLY, LATE = "2026-03-01 10:00:00+00", "2026-03-01 11:00:00+00"


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute("CREATE SCHEMA pardot")
        db.execute("CREATE TABLE pardot.visits (id BIGINT, note VARCHAR, updated_at TIMESTAMPTZ, lost__c VARCHAR)")
        db.execute(f"INSERT INTO pardot.visits VALUES (1, 'stored', '{EARLY}', 'kept'), (2, NULL, NULL, NULL)")
        yield db


def news(
    db: duckdb.DuckDBPyConnection,
    rows: str,
    entry: Entry = DATED,
    *,
    kept: Sequence[str] = (),
    into_empty: bool = False,
) -> list[tuple[Any, ...]]:
    names = ", ".join(field.column for field in entry.fields)
    fetched = f"SELECT * FROM (VALUES {rows}) AS v({names}, _dlt_load_id)"
    return db.execute(
        select_news(fetched, entry, entry.fields, "pardot", into_empty=into_empty, kept=kept) + " ORDER BY id"
    ).fetchall()


@pytest.mark.parametrize(
    ("row", "passes"),
    [
        (f"(1, 'stored', TIMESTAMPTZ '{EARLY}', 'x')", False),
        (f"(1, 'changed', TIMESTAMPTZ '{LATE}', 'x')", True),
        (f"(1, 'changed', TIMESTAMPTZ '{EARLY}', 'x')", True),
        ("(1, 'changed', TIMESTAMPTZ '2026-03-01 09:00:00+00', 'x')", False),
        ("(2, NULL, NULL::TIMESTAMPTZ, 'x')", False),
        ("(2, 'now with a note', NULL::TIMESTAMPTZ, 'x')", True),
        (f"(2, NULL, TIMESTAMPTZ '{EARLY}', 'x')", True),
        (f"(3, 'new', TIMESTAMPTZ '{EARLY}', 'x')", True),
    ],
    ids=["same", "newer", "same stamp, other value", "older", "same nulls", "null stamp", "first stamp", "new id"],
)
def test_row_passes_when_it_is_news(row: str, passes: bool, db: duckdb.DuckDBPyConnection) -> None:
    assert bool(news(db, row)) is passes


@pytest.mark.parametrize(("row", "passes"), [("(1, 'stored', 'x')", False), ("(1, 'other', 'x')", True)])
def test_row_without_a_stamp_passes_when_any_value_differs(
    row: str, passes: bool, db: duckdb.DuckDBPyConnection
) -> None:
    assert bool(news(db, row, UNDATED)) is passes


def test_rows_for_an_empty_table_pass_only_while_it_is_empty(db: duckdb.DuckDBPyConnection) -> None:
    row = f"(3, 'new', TIMESTAMPTZ '{EARLY}', 'x')"
    assert news(db, row, into_empty=True) == []
    db.execute("DELETE FROM pardot.visits")
    assert len(news(db, row, into_empty=True)) == 1


def test_column_that_the_fetch_lacks_is_taken_over(db: duckdb.DuckDBPyConnection) -> None:
    rows = f"(1, 'changed', TIMESTAMPTZ '{LATE}', 'x'), (3, 'new', TIMESTAMPTZ '{LATE}', 'x')"
    late = datetime(2026, 3, 1, 11, tzinfo=timezone.utc)
    assert news(db, rows, kept=["lost__c"]) == [(1, "changed", late, "x", "kept"), (3, "new", late, "x", None)]


def test_kept_columns_are_those_of_ours_that_were_not_fetched() -> None:
    stored = ["id", "note", "updated_at", "lost__c", "_dlt_load_id", "_dlt_id"]
    assert kept_columns(stored, DATED.fields) == ("lost__c",)


def test_hints_declare_every_column_and_the_key() -> None:
    hints = column_hints(DATED.fields)
    assert {name: (hint["data_type"], hint["nullable"]) for name, hint in hints.items()} == {
        "id": ("bigint", False),
        "note": ("text", True),
        "updated_at": ("timestamp", True),
        LOAD_ID_COLUMN: ("text", True),
    }


def test_rows_join_by_a_merge_whose_cost_does_not_follow_the_table() -> None:
    assert write_disposition() == {"disposition": "merge", "strategy": "delete-insert"}
    assert write_disposition(append=True) == {"disposition": "append"}


def test_rejected_rows_have_a_key_of_their_own_and_nothing_is_overwritten(tmp_path: Path) -> None:
    rows = [RejectedRow("0.csv", 3, "missing columns", "2,\u2028b"), RejectedRow(None, None, "id is empty", "x")]
    for row in (*rows, rows[0]):
        path = keep_rejected([row], tmp_path, table="visits", source="visits", at="2026-03-01T12:00:00+00:00")
    kept = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    assert [one["raw_text"] for one in kept] == ["2,\u2028b", "x", "2,\u2028b"]
    assert kept[0]["id"] == kept[2]["id"] != kept[1]["id"]
    assert (kept[0]["object"], kept[0]["rejected_at"]) == ("visits", "2026-03-01T12:00:00+00:00")
