"""The catalogue: sound in itself, in agreement with the emulator's own, and never poorer than it was."""

from __future__ import annotations

import re

import pytest
from contract.golden import UPDATE, broken, kept
from kit import NOT_ASKED_FOR, snake

from pardot.catalogue import CATALOGUE, MAX_EXPORT_FIELDS, Entry, Route, Type, select_entries
from pardot.tables import column_hints
from pardot_emulator.schema import COLLECTIONS, Kind

KINDS: dict[Type, set[Kind]] = {
    Type.BIGINT: {"int"},
    Type.BOOLEAN: {"bool"},
    Type.DOUBLE: {"number"},
    Type.TEXT: {"str", "list", "object"},
    Type.TIMESTAMP: {"datetime"},
}
entries = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=list(CATALOGUE))


def test_catalogue_is_not_empty_and_keyed_by_table() -> None:
    assert len(CATALOGUE) >= 37
    assert [entry.table for entry in CATALOGUE.values()] == list(CATALOGUE)
    assert [entry.table for entry in select_entries("all")] == list(CATALOGUE)


@entries
def test_key_exists_and_is_a_whole_number(entry: Entry) -> None:
    assert (entry.fields[0].name, entry.fields[0].type) == ("id", Type.BIGINT)
    assert column_hints(entry.fields)["id"]["nullable"] is False


@entries
def test_date_that_tells_what_is_new_is_a_declared_instant(entry: Entry) -> None:
    if entry.route is Route.WALK:
        return
    types = {field.name: field.type for field in entry.fields}
    cursor = entry.changed_by if entry.route is Route.QUERY else "updatedAt" if entry.exports_changes else "createdAt"
    assert types[cursor] is Type.TIMESTAMP


@entries
def test_names_are_words_and_columns_are_their_snake_case(entry: Entry) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", entry.table)
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9]*", field.name) for field in entry.fields)
    assert [field.column for field in entry.fields] == [snake(field.name) for field in entry.fields]
    assert len({field.column for field in entry.fields}) == len(entry.fields) <= MAX_EXPORT_FIELDS


@entries
def test_declaration_agrees_with_the_emulators_own(entry: Entry) -> None:
    """Written down twice, independently: the client reads nothing that the API does not have, and all that it has."""
    collection = COLLECTIONS[entry.collection]
    asked = {field.name: field.type for field in entry.fields if field.is_asked}
    assert asked.keys() <= set(collection.fields)
    assert set(collection.fields) - asked.keys() <= {*entry.left_out, *NOT_ASKED_FOR.get(collection.name, ())}
    assert asked.keys() & set(entry.left_out) == set()
    is_queried_like_others = collection.is_query and collection.path.endswith(f"/objects/{entry.collection}")
    assert (entry.has_query, entry.is_single) == (is_queried_like_others, collection.is_single)
    assert {name for name, kind in asked.items() if collection.fields[name].kind not in KINDS[kind]} == set()
    assert entry.has_recycle_bin is collection.has_recycle_bin
    assert entry.has_custom_fields or not collection.has_custom_fields
    assert not entry.export_object or entry.export_object == collection.export_name
    if entry.route is Route.QUERY:
        assert collection.filters[entry.changed_by].ranged
    if entry.route in (Route.EXPORT, Route.WALK_THEN_EXPORT):
        names = {"FilterByCreatedAt", *(["FilterByUpdatedAt"] if entry.exports_changes else [])}
        assert names <= set(collection.procedures)


@entries
def test_object_is_read_whole_at_every_run_only_where_no_query_can_filter_by_the_date_of_a_change(entry: Entry) -> None:
    """A walk costs a call per thousand rows at every run."""
    walks = entry.route in (Route.WALK, Route.WALK_THEN_EXPORT)
    assert not walks or "updatedAt" not in COLLECTIONS[entry.collection].filters


@entries
def test_no_column_of_an_earlier_version_is_gone_or_of_another_type(entry: Entry) -> None:
    found = {field.column: field.type.value for field in entry.fields}
    promised = kept(f"table_{entry.table}", found)
    assert broken(promised, found) == {}
    assert found.keys() - promised.keys() == set(), UPDATE


def test_no_table_of_an_earlier_version_is_gone() -> None:
    found = {entry.table: "standard" if entry.standard else "on demand" for entry in CATALOGUE.values()}
    promised = kept("tables", found)
    assert broken(promised, found) == {}
    assert found.keys() - promised.keys() == set(), UPDATE
