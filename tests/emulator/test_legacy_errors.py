"""What versions 3 and 4 refuse, with which code, in which form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from emulator.http_client import Answer, Client
from emulator.legacy_emulator import opened


def _code(answer: Answer) -> int:
    return int(answer.json["@attributes"]["err_code"])


@pytest.mark.parametrize(
    ("object", "action", "parameters", "code"),
    [
        ("visitorActivity", "conquer", {}, 2),
        ("unicorn", "query", {}, 2),
        ("account", "query", {}, 2),
        ("prospect", "read/id/99", {}, 3),
        ("visitorActivity", "query", {"colour": "red"}, 5),
        ("visitorActivity", "query", {"created_after": "last_year"}, 6),
        ("visitorActivity", "query", {"created_after": "2026-13-01"}, 7),
        ("visitorActivity", "query", {"created_after": "2026-01-01T00:00:00 05:00"}, 7),
        ("visitorActivity", "query", {"created_after": "2026-01-02", "created_before": "2026-01-01"}, 8),
        ("user", "read/id/99", {}, 10),
        ("visit", "query", {}, 13),
        ("list", "read/id/99", {}, 16),
        ("list", "read", {}, 16),
        ("visitorActivity", "query", {"id_greater_than": "many"}, 16),
        ("visitorActivity", "query", {"id_greater_than": 9, "id_less_than": 3}, 17),
        ("visitorActivity", "query", {"sort_by": "details"}, 19),
        ("visitorActivity", "query", {"sort_order": "sideways"}, 20),
        ("visitorActivity", "query", {"offset": "far"}, 21),
        ("visitorActivity", "query", {"limit": "201"}, 23),
        ("visitorActivity", "query", {"limit": "0"}, 23),
        ("visitor", "read/id/99", {}, 24),
        ("prospect", "query", {"deleted": "all"}, 27),
        ("visitor", "query", {"only_identified": "perhaps"}, 50),
        ("visitorActivity", "query", {"type": "click"}, 51),
        ("prospect", "query", {"score_greater_than": "high"}, 51),
        ("visit", "query", {"ids": ",".join(map(str, range(1, 1002)))}, 63),
        ("prospect", "query", {"fields": "shoe_size"}, 130),
        ("prospect", "read/id/6", {}, 132),
        ("visitorActivity", "query", {"sort_by": "id,created_at,updated_at"}, 133),
        ("visitorActivity", "query", {"sort_order": "ascending,ascending,ascending"}, 134),
        ("visitorActivity", "query", {"sort_by": "created_at,updated_at"}, 135),
    ],
    ids=lambda value: str(value)[:60],
)
def test_wrong_request_is_refused_with_its_code(
    client: Client, object: str, action: str, parameters: dict[str, Any], code: int
) -> None:
    answer = client.legacy(object, action, **parameters)

    assert (answer.status, _code(answer)) == (200, code)
    assert answer.json["@attributes"]["stat"] == "fail"
    assert isinstance(answer.json["err"], str)
    assert client.emulator.calls[-1].code == code


def test_search_that_an_object_does_not_know_is_passed_over(client: Client) -> None:
    answer = client.legacy("user", updated_after="soon", updated_before="later", id_less_than=9)

    assert answer.json["result"] == {"total_results": 0}


def test_failure_in_xml_has_the_code_as_an_attribute(client: Client) -> None:
    answer = client.legacy("list", "read/id/99", format="xml")

    assert answer.body == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<rsp stat="fail" version="1.0"><err code="16">Invalid ID</err></rsp>'
    )


def test_several_wrong_parameters_are_named_each(client: Client) -> None:
    wrong = {"limit": "201", "sort_order": "sideways", "created_after": "soon"}

    in_json = client.legacy("visitorActivity", **wrong)
    in_xml = client.legacy("visitorActivity", format="xml", **wrong).xml

    assert _code(in_json) == 10_000
    named = [each["@attributes"]["param"] for each in in_json.json["err"]]
    assert named == ["created_after", "sort_order", "limit"]
    assert [(each.get("code"), each.get("param")) for each in in_xml] == [("10000", name) for name in named]
    assert all(each.get("msg") for each in in_xml)


@pytest.mark.parametrize("version", ["x", "5", "34"])
def test_version_has_to_be_3_or_4(client: Client, version: str) -> None:
    assert _code(client.legacy("list", version=version)) == 94


def test_account_may_take_one_version_only() -> None:
    for versions, refused, code in (("only 4", 3, 88), ("only 3", 4, 89)):
        with opened(account_versions=versions) as client:
            answers = {version: client.legacy("list", version=version) for version in (3, 4)}
            assert _code(answers.pop(refused)) == code
            assert all(each.json["@attributes"]["stat"] == "ok" for each in answers.values())
            assert _code(client.legacy("export", "query", version=refused)) == code


def test_only_get_and_post_are_taken(client: Client) -> None:
    answer = client.send("DELETE", "/api/list/version/4/do/query?format=json")

    assert _code(answer) == 60


def test_credentials_are_refused_with_their_real_status(client: Client) -> None:
    client.headers["Authorization"] = "Bearer wrong"

    answer = client.legacy("list")

    assert (answer.status, _code(answer)) == (401, 184)


def test_missing_business_unit_is_told_by_the_body(client: Client) -> None:
    del client.headers["Pardot-Business-Unit-Id"]

    answer = client.legacy("list")

    assert (answer.status, _code(answer)) == (200, 181)


def _limit(client: Client) -> Answer:
    return client.legacy("list", limit=201)


@pytest.mark.parametrize(
    ("behaviour", "ask", "expected"),
    [
        ({"v4_failure_status": "4xx"}, _limit, (400, 23)),
        ({"v4_limit_over_200": "cut to 200"}, _limit, (200, None)),
        ({"errors_under_http_200": True}, lambda client: client.legacy("export", "read/id/1"), (200, 109)),
        ({}, lambda client: client.legacy("export", "read/id/1"), (404, 109)),
        ({"v4_several_errors": "first"}, lambda client: client.legacy("list", limit=201, sort_by="x"), (200, 19)),
        ({"v4_template_query": False}, lambda client: client.legacy("emailTemplate"), (200, 2)),
    ],
    ids=["status", "limit", "under 200", "not found", "first of several", "templates"],
)
def test_refusals_follow_the_switches(
    behaviour: dict[str, Any], ask: Callable[[Client], Answer], expected: tuple[int, int | None]
) -> None:
    with opened(**behaviour) as client:
        answer = ask(client)
        assert (answer.status, answer.json["@attributes"].get("err_code")) == expected


def test_error_may_be_an_object() -> None:
    with opened(v4_error_form="object") as client:
        answer = client.legacy("list", limit=201).json

    message = "Invalid value specified for limit"
    assert answer == {
        "@attributes": {"stat": "fail", "version": 1},
        "err": {"@attributes": {"err_code": 23, "msg": message}},
    }
