"""Which custom fields there are, and which of them hold several values."""

from __future__ import annotations

import pytest

from pardot.custom_fields import CustomField, custom_name, parse_custom_fields


@pytest.mark.parametrize(
    "kind", ["multi-select", "Multi-Select", "multiselect", "Multi Select", "checkbox", "Checkbox"]
)
def test_field_of_these_types_holds_several_values(kind: str) -> None:
    assert parse_custom_fields([{"fieldId": "A", "type": kind}]) == (CustomField("A__c", holds_several=True),)


@pytest.mark.parametrize(
    "kind", ["text", "textarea", "radio button", "dropdown", "hidden", "crm user", "date", "", None]
)
def test_field_of_another_type_holds_one(kind: str | None) -> None:
    row = {"fieldId": "A", "type": kind, "isRecordMultipleResponses": False}
    assert parse_custom_fields([row]) == (CustomField("A__c"),)


@pytest.mark.parametrize(("mark", "several"), [(True, True), ("true", True), (1, True), (0, False), (None, False)])
def test_field_of_any_type_that_records_every_response_holds_several(mark: object, several: bool) -> None:
    row = {"fieldId": "A", "type": "text", "isRecordMultipleResponses": mark}
    assert parse_custom_fields([row]) == (CustomField("A__c", holds_several=several),)


def test_names_are_spelled_as_objects_spell_them_and_each_is_there_once() -> None:
    rows: list[dict[str, object]] = [{"fieldId": "A__c"}, {"fieldId": None}, {}, {"fieldId": "B"}, {"fieldId": "A"}]
    assert [field.name for field in parse_custom_fields(rows)] == ["A__c", "B__c"]
    assert custom_name("B__c") == "B__c"


def test_name_that_stands_twice_holds_several_when_either_does() -> None:
    one, other = {"fieldId": "A", "type": "checkbox"}, {"fieldId": "A", "type": "text"}
    for rows in ([one, other], [other, one]):
        assert parse_custom_fields(rows) == (CustomField("A__c", holds_several=True),)
