"""The last step before dlt: what is new, what is kept, what is counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest
from isolation import isolated

from pardot.catalogue import Entry, Field, Route, Type
from pardot.reading.careful import write_parquet
from pardot.reading.columns import LOAD_ID_COLUMN
from pardot.reading.csv_files import ResultFileWriter
from pardot.tables import (
    Delivery,
    Destination,
    column_hints,
    deliver,
    kept_columns,
    select_news,
    write_disposition,
)

__all__ = ["isolated"]  # the deliveries run dlt

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


# -- deliveries through dlt

WIDE = Entry("visits", (ID, Field("cost", Type.DOUBLE), NOTE, UPDATED), Route.QUERY)


class Loader:
    """A pipeline of one table that is handed result files."""

    def __init__(self, folder: Path, *, runs_models: bool = True, writes: bool = True) -> None:
        self.folder = folder
        self.writes = writes
        self.pipeline = dlt.pipeline(
            "deliveries",
            pipelines_dir=str(folder / "dlt"),
            destination=dlt.destinations.duckdb(str(folder / "t.duckdb")),
            dataset_name="pardot",
        )
        self.runs_models = runs_models
        self.loads = 0

    def load(self, *lines: str, fields: Sequence[Field] = WIDE.fields, is_empty: bool = False) -> list[Delivery]:
        self.loads += 1
        writer = ResultFileWriter(self.folder / str(self.loads) / "0.csv", [f.name for f in fields], table="visits")
        writer.write("\n".join([",".join(f.name for f in fields), *lines, ""]).encode())
        file = writer.finish()
        destination = Destination(
            self.runs_models, "pardot", self.folder / "out", lambda _: True, write=self.write if self.writes else cannot
        )
        known = self.pipeline.schemas.get("deliveries")
        stored = known.tables.get("visits", {}).get("columns", {}) if known else {}
        deliveries = list(
            deliver(
                WIDE,
                fields,
                [file],
                destination,
                load_id=str(self.loads),
                time_zone=None,
                is_empty=is_empty,
                kept=kept_columns(stored, fields),
            )
        )
        items = [delivery.item for delivery in deliveries if delivery.item is not None]
        resource = dlt.resource(
            items,
            name="visits",
            primary_key="id",
            write_disposition=write_disposition(),
            columns=column_hints(WIDE.fields),
        )
        self.pipeline.run(dlt.source(lambda: resource, name="deliveries", max_table_nesting=0)())
        return deliveries

    def write(self, select: str, target: Path) -> int | None:
        with self.pipeline.sql_client() as client:
            try:
                return write_parquet(client.native_connection, select, target)
            except duckdb.Error:
                return None

    def rows(self, columns: str = "id, cost, cost__v_text, note") -> list[tuple[Any, ...]]:
        with self.pipeline.sql_client() as client:
            return [tuple(row) for row in client.execute_sql(f"SELECT {columns} FROM visits ORDER BY id") or ()]


def cannot(_select: str, _target: Path) -> None:
    """Stand for a destination that can write no rows to a file."""


def file_format(delivery: Delivery) -> str:
    return str(delivery.item.meta.file_format)


@pytest.mark.parametrize(
    "ways",
    [{"runs_models": False}, {"writes": False}, {"writes": True}],
    ids=["Arrow tables", "models", "Parquet files"],
)
def test_cell_that_does_not_fit_is_loaded_beside_and_cleared_when_it_fits_again(
    ways: dict[str, bool], tmp_path: Path
) -> None:
    loader = Loader(tmp_path, **ways)
    loader.load(f"1,1.5,a,{EARLY}", f"2,2.5,b,{EARLY}", is_empty=True)
    first, *_ = loader.load(f"1,ten,a,{LATE}", f"3,x,c,{LATE}", "4,4.5,d,never")
    assert (first.rows, first.set_aside, first.widened) == (2, 1, {"cost": 2})
    assert [(row.line, row.is_loaded) for row in first.rejected] == [(2, True), (3, True), (4, False)]
    assert loader.rows() == [(1, None, "ten", "a"), (2, 2.5, None, "b"), (3, None, "x", "c")]
    (later, *_) = loader.load(f"1,11,a,{LATE[:14]}30:00+00", f"2,2.75,b,{LATE}")
    assert (later.rows, later.set_aside, later.widened) == (2, 0, {})
    assert loader.rows() == [(1, 11.0, None, "a"), (2, 2.75, None, "b"), (3, None, "x", "c")]


def test_variant_of_a_field_that_is_fetched_no_longer_is_kept_with_it(tmp_path: Path) -> None:
    loader = Loader(tmp_path)
    loader.load(f"1,ten,a,{EARLY}", is_empty=True)
    loader.load(f"1,b,{LATE}", fields=[ID, NOTE, UPDATED])
    assert loader.rows() == [(1, None, "ten", "b")]


def test_few_rows_are_a_parquet_file_and_more_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pardot.tables.FEW_ROWS", 2)
    loader = Loader(tmp_path)
    first = [f"{number},1.5,a,{EARLY}" for number in range(3)]
    (many,) = loader.load(*first, is_empty=True)
    (few,) = loader.load(f"1,2.5,b,{LATE}", f"4,2.5,c,{LATE}")
    assert (file_format(many), file_format(few)) == ("model", "parquet")
    assert loader.rows("id, note") == [(0, "a"), (1, "b"), (2, "a"), (4, "c")]


@pytest.mark.parametrize("few", [0, 100], ids=["a model", "a Parquet file"])
@pytest.mark.parametrize(
    ("news", "pieces"), [(range(0), 0), (range(5), 2), (range(3, 40), 13), ([0, 39, 40], 2)], ids=str
)
def test_many_rows_are_compared_with_the_table_in_pieces(
    news: Sequence[int], pieces: int, few: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the changed rows lie among those that are read again, each piece brings its own."""
    loader = Loader(tmp_path)
    loader.load(*(f"{number},1.5,a,{EARLY}" for number in range(40)), is_empty=True)
    monkeypatch.setattr("pardot.tables.FEW_ROWS", few)
    monkeypatch.setattr("pardot.tables.PIECE_ROWS", 3)
    again = [f"{number},2.5,b,{LATE}" if number in news else f"{number},1.5,a,{EARLY}" for number in range(41)]
    (delivery,) = loader.load(*reversed(again if 40 in news else again[:40]))
    assert loader.rows("id, note") == [
        (number, "b" if number in news else "a") for number in range(41 if 40 in news else 40)
    ]
    files = sorted((tmp_path / "out").glob("visits-2-[0-9]*.parquet"))
    with duckdb.connect() as db:
        found = [db.execute(f"SELECT count(*) FROM read_parquet('{file}')").fetchall()[0][0] for file in files]
    assert (len(found), sum(map(bool, found)), sum(found)) == (14, pieces, len(news))
    assert (delivery.item is None) is (not news)
    if news:
        assert file_format(delivery) == ("parquet" if few else "model")


def test_few_rows_of_which_none_is_new_are_no_item(tmp_path: Path) -> None:
    loader = Loader(tmp_path)
    loader.load(f"1,1.5,a,{EARLY}", is_empty=True)
    (again,) = loader.load(f"1,1.5,a,{EARLY}")
    assert (again.item, again.rows) == (None, 1)


def test_object_without_rows_gets_its_table_at_its_first_load(tmp_path: Path) -> None:
    loader = Loader(tmp_path)
    loader.load(is_empty=True)
    assert loader.rows("id, cost, note") == []


def test_few_rows_with_a_column_that_the_table_is_still_to_get_are_a_model(tmp_path: Path) -> None:
    loader = Loader(tmp_path)
    loader.load(f"1,1.5,a,{EARLY}", f"2,2.5,b,{EARLY}", is_empty=True)
    (delivery,) = loader.load(f"1,1.5,a,{EARLY},x", fields=[*WIDE.fields, Field("shade__c", Type.TEXT)])
    assert file_format(delivery) == "model"
    assert loader.rows("id, shade__c") == [(1, "x"), (2, None)]


def test_strict_delivery_clears_a_variant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = Loader(tmp_path)
    loader.load(f"1,ten,a,{EARLY}", is_empty=True)
    monkeypatch.setattr("pardot.tables.APPENDED_FROM_ROWS", 0)
    (delivery,) = loader.load(f"1,10,a,{LATE}")
    assert (delivery.rejected, delivery.set_aside, delivery.widened) == ((), 0, {})
    assert loader.rows() == [(1, 10.0, None, "a")]


def test_file_with_a_cell_too_many_is_not_left_to_the_destination(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB would drop the last, empty cell, and load `Lee` as the cost."""
    monkeypatch.setattr("pardot.tables.APPENDED_FROM_ROWS", 0)
    (delivery,) = Loader(tmp_path).load("1,1.5,Ann,", "2,,Lee, Ann,", is_empty=True)
    assert [(row.line, row.reason) for row in delivery.rejected] == [(3, "too many columns")]
    assert delivery.checked is not None


def test_row_without_the_date_that_its_object_is_asked_by_is_set_aside(tmp_path: Path) -> None:
    """Else the next query by that date would never find the row again."""
    entry = replace(WIDE, fields=(ID, Field("joinedAt", Type.TIMESTAMP)))
    writer = ResultFileWriter(tmp_path / "1" / "0.csv", ["id", "joinedAt"], table="visits")
    writer.write(b"id,joinedAt\n1,never\n")
    files = [writer.finish()]
    destination = Destination(False, "pardot", tmp_path / "out", lambda _: True)
    options: dict[str, Any] = {"load_id": "1", "time_zone": None, "is_empty": True}
    for changed_by, expected in (("joinedAt", (0, 1)), ("updatedAt", (1, 0))):
        entry = replace(entry, changed_by=changed_by)
        first, *_ = deliver(entry, entry.fields, files, destination, **options)
        assert (first.rows, first.set_aside) == expected
