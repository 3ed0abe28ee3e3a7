"""What the documentation of versions 3 and 4 leaves open, turned each way."""

from __future__ import annotations

from typing import Any

import pytest
from emulator.http_client import Client
from emulator.legacy_emulator import opened
from emulator.small_account import START


def _prospect(client: Client, **parameters: object) -> dict[str, Any]:
    record: dict[str, Any] = client.legacy("prospect", "read/id/1", output="simple", **parameters).json["prospect"]
    return record


@pytest.mark.parametrize(
    ("switch", "expected"),
    [("key missing", {"total_results": 0}), ("null", None), ("[]", {"total_results": 0, "list": []})],
    ids=lambda value: str(value),
)
def test_no_rows(switch: str, expected: object) -> None:
    with opened(v4_no_rows=switch) as client:
        assert client.legacy("list", id_less_than=1).json["result"] == expected


@pytest.mark.parametrize(
    ("switch", "expected"), [("true/false", (False, True)), ("1/0", (0, 1)), ("text", ("false", "true"))]
)
def test_booleans(switch: str, expected: tuple[object, object]) -> None:
    with opened(v4_booleans=switch) as client:
        found = [client.legacy("prospect", f"read/id/{id}").json["prospect"]["opted_out"] for id in (1, 2)]

    assert [(type(value), value) for value in found] == [(type(value), value) for value in expected]


@pytest.mark.parametrize(
    ("switch", "expected"),
    [
        ("named", "&lt;R&amp;D&gt; &eacute;&euro;&quot;&#039;"),
        ("numeric", "&#60;R&#38;D&#62; &#233;&#8364;&#34;&#39;"),
        ("none", "<R&D> é€\"'"),
    ],
)
def test_entities(switch: str, expected: str) -> None:
    with opened(v4_entities=switch) as client:
        client.emulator.store.update("prospects", 1, company="<R&D> é€\"'")

        assert _prospect(client)["company"] == expected
        in_xml = client.legacy("prospect", "read/id/1", format="xml").xml
        assert in_xml.findtext("prospect/company") == expected


@pytest.mark.parametrize(("switch", "expected"), [("null", None), ("empty text", "")])
def test_nulls_may_come_empty(switch: str, expected: object) -> None:
    with opened(v4_nulls=switch) as client:
        record = _prospect(client)
        assert (record["company"], record["Region"]) == (expected, "North")
        assert client.legacy("prospect", "read/id/1", format="xml").xml.findtext("prospect/company") == ""


def test_several_values_may_be_a_plain_list_in_json() -> None:
    with opened(v4_values="list") as client:
        assert _prospect(client)["Interests"] == ["Chess", "Tea"]
        in_xml = client.legacy("prospect", "read/id/1", format="xml").xml
        assert [each.text for each in in_xml.findall("prospect/Interests/value")] == ["Chess", "Tea"]


@pytest.mark.parametrize(("switch", "expected"), [("plain", "Acme; Inc."), ("in value", {"value": "Acme; Inc."})])
def test_texts_of_prospect_accounts(switch: str, expected: object) -> None:
    with opened(v4_account_values=switch) as client:
        client.emulator.store.insert("prospect-accounts", [{"id": 9, "name": "Acme; Inc.", "createdAt": START}])

        record = client.legacy("prospectAccount", "read/id/9").json["prospectAccount"]

    assert record == {"id": 9, "name": expected, "created_at": "2026-01-01 07:00:00"}


@pytest.mark.parametrize("name", ["destination", "destination_url"])
def test_target_of_a_custom_redirect(name: str) -> None:
    with opened(v4_target=name) as client:
        client.emulator.store.insert("custom-redirects", [{"id": 9, "destinationUrl": "https://example.com/"}])

        assert client.legacy("customRedirect", "read/id/9").json["customRedirect"][name] == "https://example.com/"


def test_ids_and_numbers_may_be_texts() -> None:
    with opened(ids_as_text=True, numbers_as_text=True) as client:
        record = _prospect(client)

    assert (record["id"], record["score"]) == ("1", "10")


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", "2026-01-01 12:00:00"),
        ("Asia/Kolkata", "2026-01-01 17:30:00"),
        ("America/New_York", "2026-01-01 07:00:00"),
    ],
)
def test_times_and_searches_are_in_the_users_zone(zone: str, expected: str) -> None:
    with opened(user_zone=zone) as client:
        assert _prospect(client)["created_at"] == expected
        found = client.legacy("visitorActivity", created_after=expected, limit=1).json["result"]
        assert found["visitor_activity"]["id"] == 1
