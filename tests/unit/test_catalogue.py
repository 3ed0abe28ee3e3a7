"""What every entry of the catalogue must keep to, and how objects are chosen."""

from __future__ import annotations

import pytest

from pardot.catalogue import CATALOGUE, MAX_EXPORT_FIELDS, Entry, Route, Type, select_entries
from pardot.errors import SettingsError

entries = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=list(CATALOGUE))


@entries
def test_key_comes_first_and_is_an_integer(entry: Entry) -> None:
    assert (entry.fields[0].name, entry.fields[0].type) == ("id", Type.BIGINT)


@entries
def test_no_two_fields_share_a_name_or_a_column(entry: Entry) -> None:
    assert len({field.name for field in entry.fields}) == len(entry.fields)
    assert len({field.column for field in entry.fields}) == len(entry.fields)


@entries
def test_fields_fit_an_export(entry: Entry) -> None:
    assert len(entry.fields) <= MAX_EXPORT_FIELDS


@entries
def test_export_route_names_its_procedure(entry: Entry) -> None:
    assert entry.route not in (Route.EXPORT, Route.WALK_THEN_EXPORT) or entry.export_object


@entries
def test_dated_route_filters_by_a_field_that_it_reads(entry: Entry) -> None:
    assert entry.route is not Route.QUERY or entry.changed_by in {field.name for field in entry.fields}


@entries
def test_object_without_a_query_is_exported(entry: Entry) -> None:
    assert entry.has_query or entry.route is Route.EXPORT


@entries
def test_single_object_is_read_whole(entry: Entry) -> None:
    assert not entry.is_single or (entry.route, entry.has_recycle_bin) == (Route.WALK, False)


@entries
def test_no_field_is_both_read_and_left_out(entry: Entry) -> None:
    assert not {field.name for field in entry.fields} & set(entry.left_out)


@entries
def test_route_that_exports_changes_reads_their_stamp(entry: Entry) -> None:
    by_export = entry.route in (Route.EXPORT, Route.WALK_THEN_EXPORT)
    assert not (by_export and entry.exports_changes) or entry.has_updated_at


def test_ids_and_flags_and_stamps_have_the_type_that_their_name_says() -> None:
    texts = {"salesforceId", "apiFieldId", "fieldId", "salesforceCmsId"}
    texts |= {"prospectApiFieldId", "basedOnProspectApiFieldId", "extensionSalesforceId", "typeSalesforceId"}
    for entry in CATALOGUE.values():
        for field in entry.fields:
            if field.name.startswith("is") and field.name[2].isupper():
                assert field.type is Type.BOOLEAN, field
            elif field.name.endswith("At"):
                assert field.type is Type.TIMESTAMP, field
            elif field.name.endswith("Id") and field.name not in texts and not field.name.startswith("salesforce"):
                assert field.type is Type.BIGINT, field


def test_all_and_standard_and_names_are_understood() -> None:
    assert {"visitor_activities", "custom_fields"} < {entry.table for entry in select_entries("standard")}
    assert not {"tags", "account"} & {entry.table for entry in select_entries("standard")}
    assert select_entries("all") == tuple(CATALOGUE.values())
    assert select_entries("standard") == tuple(entry for entry in CATALOGUE.values() if entry.standard)
    assert [entry.table for entry in select_entries(["visits", "prospects"])] == ["visits", "prospects"], "as named"
    assert [entry.table for entry in select_entries("visits")] == ["visits"]


def test_unknown_names_are_all_reported_with_the_nearest() -> None:
    with pytest.raises(SettingsError) as caught:
        select_entries(["prospect", "visits", "emial_templates"])
    assert len(caught.value.problems) == 2
    assert "'prospects'" in caught.value.problems[0]
    assert "'email_templates'" in caught.value.problems[1]
