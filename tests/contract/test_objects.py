"""The standard tests of every object: what each raw table promises, against one made-up company."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from fetching import Fetcher
from kit import END, Account, build_store, open_account

from pardot.catalogue import CATALOGUE, Entry, Field, Route, Type
from pardot.position import Position
from pardot_emulator.schema import COLLECTIONS, Kind
from pardot_emulator.store import Store, Value
from pardot_etl.run import RunOptions
from pardot_etl.summary import RunSummary

EVERYTHING = RunOptions(objects=tuple(CATALOGUE), transform=False)
TYPES = {
    Type.BIGINT: "BIGINT",
    Type.BOOLEAN: "BOOLEAN",
    Type.DOUBLE: "DOUBLE",
    Type.TEXT: "VARCHAR",
    Type.TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
}
SAMPLES: dict[Kind, Value] = {
    "int": 7,
    "number": 1.5,
    "str": "filled in",
    "bool": True,
    "datetime": END - timedelta(days=1),
    "list": '["filled in"]',
    "object": '{"is": "filled in"}',
}
"""A value of every kind that the emulator's store knows."""
entries = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=list(CATALOGUE))


@dataclass
class Loaded:
    """One account read twice: what the runs said, and the tables after each."""

    first: RunSummary
    second: RunSummary
    before: duckdb.DuckDBPyConnection
    after: duckdb.DuckDBPyConnection


def fill_gaps(store: Store) -> None:
    """Give one row of each collection a value in every field that the made-up company leaves empty."""
    for entry in CATALOGUE.values():
        row = next(store.rows(entry.collection))
        kinds = store.columns(entry.collection)
        filled = {
            field.name: SAMPLES[kinds[field.name]]
            for field in entry.fields
            if not store.count(entry.collection, f'"{field.name}" IS NOT NULL')
        }
        if filled:
            store.update(entry.collection, int(str(row["id"])), **filled)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """Run twice against an account in which nothing happens in between."""
    folder = tmp_path_factory.mktemp("contract")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLT_DATA_DIR", str(folder / "dlt"))
        patch.setenv("DLT_PROJECT_DIR", str(folder))
        patch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
        patch.setenv("RUNTIME__LOG_LEVEL", "CRITICAL")
        patch.chdir(folder)
        account = open_account(folder, build_store(1500))
        fill_gaps(account.store)
        with account.emulator:
            first = account.run(EVERYTHING)
            copy = account.places.published_database.rename(folder / "before.duckdb")
            second = account.run(EVERYTHING)
        account.store.close()
    with (
        duckdb.connect(str(copy), read_only=True) as before,
        duckdb.connect(str(account.places.published_database), read_only=True) as after,
    ):
        yield Loaded(first, second, before, after)


@entries
def test_columns_have_the_declared_types(entry: Entry, loaded: Loaded) -> None:
    found = {str(row[0]): str(row[1]) for row in loaded.after.execute(f"DESCRIBE pardot.{entry.table}").fetchall()}
    declared = {field.column: TYPES[field.type] for field in entry.fields}
    assert {column: found.get(column) for column in declared} == declared
    extra = {column for column in found.keys() - declared.keys() if not column.startswith("_dlt_")}
    assert all(column.endswith("__c") for column in extra)
    assert not extra or entry.has_custom_fields


@entries
def test_key_is_unique_and_never_null(entry: Entry, loaded: Loaded) -> None:
    sql = f"SELECT count(*), count(id), count(DISTINCT id) FROM pardot.{entry.table}"
    (rows, keys, distinct) = loaded.after.execute(sql).fetchall()[0]
    assert rows == keys == distinct > 0


@entries
def test_every_row_of_the_account_is_there(entry: Entry, loaded: Loaded) -> None:
    counts = loaded.first.objects[entry.table]
    assert counts.parsed == counts.loaded == counts.new
    assert loaded.after.execute(f"SELECT count(*) FROM pardot.{entry.table}").fetchall() == [(counts.new,)]


@entries
def test_reading_twice_gives_the_same_rows_and_loads_none(entry: Entry, loaded: Loaded) -> None:
    rows = f"SELECT * FROM pardot.{entry.table} ORDER BY id"
    assert loaded.before.execute(rows).fetchall() == loaded.after.execute(rows).fetchall()
    assert entry.table not in loaded.second.objects or loaded.second.objects[entry.table].loaded == 0


@entries
def test_every_declared_field_is_seen_at_least_once(entry: Entry, loaded: Loaded) -> None:
    counts = ", ".join(f'count("{field.column}")' for field in entry.fields)
    found = loaded.after.execute(f"SELECT {counts} FROM pardot.{entry.table}").fetchall()[0]
    never = {field.name for field, count in zip(entry.fields, found, strict=True) if not count}
    assert never == set()


@entries
def test_declaration_agrees_with_the_emulators_own(entry: Entry) -> None:
    """Written down twice, independently: the client reads nothing that the API does not have."""
    collection = COLLECTIONS[entry.collection]
    assert {field.name for field in entry.fields if field.is_asked} <= set(collection.fields)
    assert entry.has_recycle_bin is collection.has_recycle_bin
    assert entry.has_custom_fields or not collection.has_custom_fields
    assert not entry.export_object or entry.export_object == collection.export_name
    if entry.route is Route.QUERY:
        assert collection.filters[entry.changed_by].ranged
    if entry.route in (Route.EXPORT, Route.WALK_THEN_EXPORT):
        names = {"FilterByCreatedAt", *(["FilterByUpdatedAt"] if entry.exports_changes else [])}
        assert names <= set(collection.procedures)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    account = open_account(tmp_path, build_store(200))
    with account.emulator:
        yield account
    account.store.close()


@pytest.mark.parametrize(
    "entry", [one for one in CATALOGUE.values() if one.route is not Route.WALK], ids=lambda one: str(one.table)
)
def test_position_in_the_future_reads_the_last_minutes_at_most(entry: Entry, account: Account) -> None:
    future = account.clock.now() + timedelta(days=30)
    with Fetcher(account) as fetcher:
        fetcher.session.read_account()  # from here on, time is the server's
        last_id = fetcher.expected_ids(entry.table)[-1]
        account.clock.advance(timedelta(hours=1))
        fetcher.session.read_account()
        assert fetcher.ids(entry.table, Position(future, future, last_id)) == []


def test_another_object_takes_one_catalogue_entry(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    tags = Entry(
        "tags",
        (
            Field("id", Type.BIGINT),
            Field("name", Type.TEXT),
            Field("createdAt", Type.TIMESTAMP),
            Field("updatedAt", Type.TIMESTAMP),
        ),
        Route.QUERY,
    )
    monkeypatch.setitem(CATALOGUE, "tags", tags)
    summary = account.run(RunOptions(objects=("tags",), transform=False))
    expected = [(row["id"], row["name"]) for row in account.store.rows("tags")]
    assert summary.objects["tags"].new == len(expected) > 0
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        assert db.execute("SELECT id, name FROM pardot.tags ORDER BY id").fetchall() == expected
