"""Every object is read, whole, in its declared shape."""

from __future__ import annotations

import pytest
from contract.conftest import Loaded
from kit import table_differences

from pardot.catalogue import CATALOGUE, Entry, Type

TYPES = {
    Type.BIGINT: "BIGINT",
    Type.BOOLEAN: "BOOLEAN",
    Type.DOUBLE: "DOUBLE",
    Type.TEXT: "VARCHAR",
    Type.TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
}
TOLD_BY_US = {"purged_at"}
"""Columns of every table that no answer of the API has."""
entries = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=list(CATALOGUE))
several = pytest.mark.parametrize(
    "entry", [one for one in CATALOGUE.values() if not one.is_single], ids=lambda one: str(one.table)
)


@entries
def test_columns_have_the_declared_types_and_nothing_else_is_there(entry: Entry, loaded: Loaded) -> None:
    found = {str(row[0]): str(row[1]) for row in loaded.after.execute(f"DESCRIBE pardot.{entry.table}").fetchall()}
    declared = {field.column: TYPES[field.type] for field in entry.fields}
    assert {column: found.get(column) for column in declared} == declared
    extra = {column for column in found.keys() - declared.keys() - TOLD_BY_US if not column.startswith("_dlt_")}
    assert all(column.endswith("__c") for column in extra)
    assert not extra or entry.has_custom_fields


@entries
def test_key_is_unique_and_never_null(entry: Entry, loaded: Loaded) -> None:
    sql = f"SELECT count(*), count(id), count(DISTINCT id) FROM pardot.{entry.table}"
    (rows, keys, distinct) = loaded.after.execute(sql).fetchall()[0]
    assert rows == keys == distinct > 0


@entries
def test_every_row_of_the_account_is_there_value_by_value(entry: Entry, loaded: Loaded) -> None:
    """Texts of every kind, 200 kB, extremes of integers and empty cells among them; by the account's own book."""
    counts = loaded.first.objects[entry.table]
    assert counts.parsed == counts.loaded == counts.new == loaded.store.count(entry.collection)
    assert counts.set_aside == 0
    assert table_differences(loaded.store, loaded.before, [entry.table]) == {}


@entries
def test_every_declared_field_is_seen_at_least_once(entry: Entry, loaded: Loaded) -> None:
    fields = [field for field in entry.fields if field.column not in TOLD_BY_US]
    counts = ", ".join(f'count("{field.column}")' for field in fields)
    found = loaded.after.execute(f"SELECT {counts} FROM pardot.{entry.table}").fetchall()[0]
    assert {field.name for field, count in zip(fields, found, strict=True) if not count} == set()


@several
def test_every_column_but_the_key_and_the_stamps_may_be_null(entry: Entry, loaded: Loaded) -> None:
    stamps = {"created_at", "updated_at", "sent_at", "is_deleted"}
    columns = [field.column for field in entry.fields if field.column not in {"id", *stamps, *TOLD_BY_US}]
    counts = ", ".join(f'count(*) - count("{column}")' for column in columns)
    found = loaded.after.execute(f"SELECT {counts} FROM pardot.{entry.table}").fetchall()[0]
    assert [column for column, nulls in zip(columns, found, strict=True) if not nulls] == []
