"""Which fields are asked for: new ones are found, refused ones left out, and each answer is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest
from scripted import ScriptedTransport

from pardot.catalogue import CATALOGUE, Field, Type
from pardot.dialects.version5 import Version5
from pardot.errors import RejectedRequestError
from pardot.events import Event
from pardot.fields import FieldChoice

PROSPECTS = CATALOGUE["prospects"]
OPERATION = "query:prospects"


class Account:
    """An account whose prospect query refuses some fields, without saying which."""

    def __init__(self, *refused: str, code: int = 224) -> None:
        self.refused = set(refused)
        self.code = code
        self.state: dict[str, Any] = {}
        self.events: list[Event] = []
        self.transport = ScriptedTransport({OPERATION: [self.answer]})
        self.choice = FieldChoice(
            Version5(cast(Any, self.transport), self.events.append),
            self.transport.server_now,
            PROSPECTS,
            self.state,
            self.events.append,
        )

    def answer(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.refused & set(str(params["fields"]).split(",")):
            raise RejectedRequestError(OPERATION, code=self.code, reason="Invalid field")
        return {"values": []}

    def fields(self, *custom: str) -> tuple[Field, ...]:
        return self.choice.choose([Field(name, Type.TEXT) for name in custom])

    def chosen(self, *custom: str) -> set[str]:
        return {field.name for field in self.fields(*custom) if field.name.endswith("__c")}


def test_custom_fields_are_spelled_as_objects_spell_them() -> None:
    values = [{"id": 1, "fieldId": "Region"}, {"id": 2, "fieldId": "Seats__c"}, {"id": 3, "fieldId": None}]
    transport = ScriptedTransport({"query:custom-fields": [{"values": values}]})
    found = Version5(cast(Any, transport), lambda _: None).custom_fields(PROSPECTS)
    assert [field.name for field in found] == ["Region__c", "Seats__c"]


def test_accepted_fields_cost_one_call_once() -> None:
    account = Account()
    assert account.chosen("Region__c", "Seats__c") == {"Region__c", "Seats__c"}
    assert account.chosen("Region__c", "Seats__c") == {"Region__c", "Seats__c"}
    assert len(account.transport.asked) == 1
    assert [event.name for event in account.events] == ["custom_field.found"] * 2


def test_field_of_a_related_object_is_no_custom_field() -> None:
    account = Account("campaign.cost")
    account.fields("campaign.name", "campaign.cost", "Region__c")
    assert {str(event.fields["field"]): event.name for event in account.events} == {
        "campaign.name": "related_field.found",
        "campaign.cost": "related_field.refused",
        "Region__c": "custom_field.found",
    }


def test_refused_fields_are_found_by_halving_and_remembered() -> None:
    names = [f"F{number}__c" for number in range(16)]
    account = Account("F3__c", "F12__c")
    assert account.chosen(*names) == set(names) - {"F3__c", "F12__c"}
    assert len(account.transport.asked) < 20
    calls = len(account.transport.asked)
    assert account.chosen(*names, "New__c") == {*names, "New__c"} - {"F3__c", "F12__c"}
    assert len(account.transport.asked) == calls + 1


def test_fields_that_would_share_a_column_have_one_each() -> None:
    account = Account()
    columns = {field.name: field.column for field in account.fields("Lead_Source__c", "LeadSource__c")}
    assert columns["Lead_Source__c"] == "lead_source__c"
    assert columns["LeadSource__c"] == "lead_source_37581682__c"
    renamed = [event.fields for event in account.events if event.name == "column.renamed"]
    assert renamed == [{"object": "prospects", "field": "LeadSource__c", "column": "lead_source_37581682__c"}]


def test_column_stays_with_the_field_that_had_it_first() -> None:
    account = Account()
    account.fields("LeadSource__c")
    for names in (["Lead_Source__c", "LeadSource__c"], ["Lead_Source__c"], ["LeadSource__c", "Lead_Source__c"]):
        columns = {field.name: field.column for field in account.fields(*names)}
        assert {columns[name] for name in names} == {
            "lead_source__c" if name == "LeadSource__c" else "lead_source_5472e0f4__c" for name in names
        }


def test_column_is_the_same_field_s_in_every_version_of_the_api() -> None:
    account = Account()
    older = account.choice.choose([Field("Region", Type.TEXT, stored_as="region__c")])
    newer = account.fields("Region__c")
    assert [field.column for field in (older[-2], newer[-2])] == ["region__c", "region__c"]


def test_names_that_differ_in_case_only_have_a_column_each() -> None:
    columns = [field.column for field in Account().fields("Region__c", "REGION__c", "region__c")]
    assert len({column for column in columns if column.startswith("region_")}) == 3
    assert len(columns) == len(set(columns))


def test_field_that_is_gone_is_no_longer_asked_for() -> None:
    account = Account()
    account.chosen("Region__c", "Seats__c")
    assert account.chosen("Seats__c") == {"Seats__c"}


def test_other_errors_of_the_trial_pass_through() -> None:
    account = Account("Region__c", code=5)
    with pytest.raises(RejectedRequestError):
        account.chosen("Region__c")
    assert account.state == {}


def test_refused_field_that_the_error_names_is_left_out() -> None:
    account = Account()
    fields = account.choice.choose(())
    error = RejectedRequestError(OPERATION, code=130, reason="Invalid field: jobTitle")
    assert account.choice.refuse(fields, error)
    assert list(account.state["refused_fields"]) == ["jobTitle"]
    assert "jobTitle" not in {field.name for field in account.choice.choose(())}
    assert account.transport.asked == []


@pytest.mark.parametrize(
    ("message", "refused"),
    [
        ("Invalid field name: jobTitle", "jobTitle"),
        ("jobTitle is no valid field name in the company's schema", "jobTitle"),
        ("Unknown or unusable field name", "fax"),
        ("Unknown field 'city' in your source", "city"),
        ("The source has no field (city)", "city"),
        ("unusable field name fax", "fax"),
        ("Field customField.fax is unknown", "fax"),
    ],
)
def test_word_of_the_message_that_is_a_field_too_is_not_taken_for_it(message: str, refused: str) -> None:
    """`source` and `company` are fields of prospects, as `name` and `type` are of others."""
    account = Account(refused)
    fields = account.choice.choose([])
    assert {"source", "company", "city", "fax", "jobTitle"} <= {field.name for field in fields}
    assert account.choice.refuse(fields, RejectedRequestError(OPERATION, code=130, reason=message))
    assert list(account.state["refused_fields"]) == [refused]


def test_word_is_the_field_when_no_other_is_refused_by_the_query() -> None:
    """What an export refuses the query may take."""
    account = Account()
    fields = account.choice.choose([])
    error = RejectedRequestError("export.create", code=130, reason="invalid source")
    assert account.choice.refuse(fields, error)
    assert list(account.state["refused_fields"]) == ["source"]


def test_refused_field_that_the_error_does_not_name_is_searched_for() -> None:
    account = Account("fax", code=130)
    fields = account.choice.choose(())
    assert account.choice.refuse(fields, RejectedRequestError(OPERATION, code=130, reason="No"))
    assert list(account.state["refused_fields"]) == ["fax"]


def test_error_about_something_else_refuses_no_field() -> None:
    account = Account()
    fields = account.choice.choose(())
    assert not account.choice.refuse(fields, RejectedRequestError(OPERATION, code=109))
    assert not account.choice.refuse(fields, RejectedRequestError(OPERATION, code=130, reason="No"))
    assert account.state == {}


def test_all_fields_refused_is_no_answer_about_fields() -> None:
    account = Account(*(field.name for field in PROSPECTS.fields if field.name != "id"), code=130)
    fields = account.choice.choose(())
    assert not account.choice.refuse(fields, RejectedRequestError(OPERATION, code=130, reason="No"))
