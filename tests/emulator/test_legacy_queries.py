"""Queries and reads of versions 3 and 4, against the documented rules."""

from __future__ import annotations

import html
from typing import Any
from urllib.parse import urlencode

import pytest
from emulator.http_client import Answer, Client
from emulator.small_account import ACTIVITIES, DETAILS, NOW, START, at

from pardot_emulator import Emulator, Fault, ManualClock, Store, Value


def _rows(answer: Answer, key: str = "visitor_activity") -> list[dict[str, Any]]:
    """Return the records of a JSON result, however many there are."""
    found = (answer.json["result"] or {}).get(key, [])
    return found if isinstance(found, list) else [found]


def _ids(answer: Answer, key: str = "visitor_activity") -> list[int]:
    return [row["id"] for row in _rows(answer, key)]


def _local(minutes: int) -> str:
    """Return a minute of the account as its user's zone writes it."""
    return f"2026-01-01 07:{minutes:02}:00"


# -- the answer


def test_json_page_has_the_documented_form(client: Client) -> None:
    answer = client.legacy("visitorActivity", limit=2)

    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json == {
        "@attributes": {"stat": "ok", "version": 1},
        "result": {
            "total_results": ACTIVITIES,
            "visitor_activity": [
                {
                    "id": 1,
                    "prospect_id": 2,
                    "type": 11,
                    "type_name": "Email",
                    "details": html.escape(DETAILS),
                    "created_at": _local(1),
                    "updated_at": _local(1),
                    "campaign": {"id": 1, "name": "Website", "cost": 12.5},
                },
                {
                    "id": 2,
                    "prospect_id": 3,
                    "type": 6,
                    "type_name": "Email",
                    "details": "Mail 2",
                    "created_at": _local(2),
                    "updated_at": _local(2),
                    "campaign": {"id": 1, "name": "Website", "cost": 12.5},
                },
            ],
        },
    }


def test_xml_is_the_usual_format_and_says_the_same(client: Client) -> None:
    answer = client.legacy("visitorActivity", format="", limit=3)

    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<rsp stat="ok" version="1.0">')
    result = answer.xml[0]
    assert [each.tag for each in result] == ["total_results", *["visitor_activity"] * 3]
    first, expected = result[1], _rows(client.legacy("visitorActivity", limit=3))[0]
    assert {each.tag for each in first} == set(expected)
    assert html.unescape(first.findtext("details") or "") == DETAILS
    assert first.findtext("campaign/cost") == "12.5"


def test_slashes_are_escaped_in_json(client: Client, small_store: Store) -> None:
    small_store.update("visitor-activities", 2, details="https://www.example.com/demo")

    answer = client.legacy("visitorActivity", "read/id/2")

    assert rb'"details":"https:\/\/www.example.com\/demo"' in answer.body
    assert answer.json["visitor_activity"]["details"] == "https://www.example.com/demo"


@pytest.mark.parametrize(
    "text", ["R&D <dept>", 'say "hi"', "O'Neill", "Zoë €5", "Tom &amp; Jerry", "名字 🚀", "a\r\nb"]
)
@pytest.mark.parametrize("format", ["json", "xml"])
def test_text_survives_entities_and_format(client: Client, small_store: Store, text: str, format: str) -> None:
    small_store.update("visitor-activities", 2, details=text)

    answer = client.legacy("visitorActivity", "read/id/2", format=format)

    if format == "json":
        sent = answer.json["visitor_activity"]["details"]
    else:
        sent = answer.xml.findtext("visitor_activity/details")
    assert html.unescape(sent) == text


def test_one_result_is_an_object_and_none_leaves_the_key_out(client: Client) -> None:
    one = client.legacy("visitorActivity", id_greater_than=ACTIVITIES - 1).json["result"]
    none = client.legacy("visitorActivity", id_greater_than=ACTIVITIES).json["result"]

    assert (one["total_results"], one["visitor_activity"]["id"]) == (1, ACTIVITIES)
    assert none == {"total_results": 0}


def test_bulk_counts_nothing_and_nests_nothing(client: Client) -> None:
    result = client.legacy("visitorActivity", output="bulk", limit=2).json["result"]

    assert list(result) == ["visitor_activity"]
    assert [row["campaign_id"] for row in result["visitor_activity"]] == [1, 1]
    assert not any("campaign" in row for row in result["visitor_activity"])
    assert client.legacy("visitorActivity", output="bulk", id_less_than=1).json["result"] == {}


def test_mobile_is_short_and_knows_no_limit(client: Client, small_store: Store) -> None:
    rows: list[dict[str, Value]] = [
        {"id": n, "email": f"{n}@example.com", "createdAt": START} for n in range(1000, 1300)
    ]
    small_store.insert("prospects", rows)

    assert len(_rows(client.legacy("prospect"), "prospect")) == 200
    mobile = _rows(client.legacy("prospect", output="mobile"), "prospect")
    assert len(mobile) == 305
    assert mobile[-1] == {"id": 1299, "email": "1299@example.com"}
    assert len(_rows(client.legacy("prospect", output="mobile", limit=250), "prospect")) == 250


def test_mobile_keeps_the_limit_for_activities(client: Client) -> None:
    assert client.legacy("visitorActivity", output="mobile", limit=201).json["@attributes"]["err_code"] == 23


@pytest.mark.parametrize("spelling", ["visitoractivity", "VISITORACTIVITY", "VisitorActivity"])
def test_object_is_known_in_any_letter_case(client: Client, spelling: str) -> None:
    assert _ids(client.legacy(spelling, limit=1)) == [1]
    assert client.emulator.calls[-1].operation == "v4.query:visitorActivity"


def test_parameters_may_come_as_a_form(client: Client) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({"format": "json", "id_greater_than": 27}).encode()

    answer = client.send("POST", "/api/visitorActivity/version/4/do/query?limit=2", body, form)

    assert _ids(answer) == [28, 29]


# -- searches


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"created_after": _local(28)}, [29, 30]),
        ({"created_before": _local(3)}, [1, 2]),
        ({"updated_after": "2026-01-01T12:28:00Z"}, [29, 30]),
        ({"updated_after": "2026-01-01T13:28:00+01:00", "updated_before": _local(30)}, [29]),
        ({"id_greater_than": 3, "id_less_than": 6}, [4, 5]),
        ({"type": "6", "id_less_than": 6}, [2, 4]),
        ({"type": "6,11", "id_less_than": 3}, [1, 2]),
        ({"prospect_only": "true", "id_less_than": 5}, [1, 2, 4]),
        ({"prospect_only": "false", "id_less_than": 4}, [1, 2, 3]),
        ({"prospect_id": 3, "id_less_than": 10}, [2, 8]),
        ({"campaign_id": 2}, []),
        ({"email_only": "true"}, []),
        ({"limit": 2, "offset": 3}, [4, 5]),
        ({"sort_by": "created_at", "limit": 2}, [30, 29]),
        ({"sort_by": "id", "sort_order": "descending", "limit": 2}, [30, 29]),
        ({"sort_by": "created_at", "sort_order": "ascending", "limit": 2}, [1, 2]),
        ({"sort_by": "prospect_id,id", "sort_order": "ascending,descending", "limit": 2}, [30, 27]),
        ({"unheard_of": 1, "limit": 1}, "5"),
        ({"unheard_of": 1, "id_less_than": 2}, [1]),
    ],
    ids=lambda value: str(value)[:60],
)
def test_activities_are_searched_and_sorted(
    client: Client, parameters: dict[str, Any], expected: list[int] | str
) -> None:
    answer = client.legacy("visitorActivity", **parameters)

    if isinstance(expected, str):
        assert answer.json["@attributes"]["err_code"] == int(expected)
    else:
        assert _ids(answer) == expected


def test_keywords_begin_at_local_midnight(client: Client, small_store: Store, clock: ManualClock) -> None:
    midnight = NOW.replace(hour=5)  # in New York
    for id, hours in ((101, -24 * 7), (102, -24), (103, 0), (104, 1)):
        small_store.insert("visitor-activities", [{"id": id, "createdAt": midnight.replace(second=1), "type": 1}])
        small_store.update("visitor-activities", id, createdAt=int(midnight.timestamp()) + 3600 * hours + 1)

    def found(keyword: str) -> list[int]:
        return _ids(client.legacy("visitorActivity", created_after=keyword, id_greater_than=100))

    assert found("today") == [103, 104]
    assert found("yesterday") == [102, 103, 104]
    assert found("last_7_days") == [101, 102, 103, 104]
    assert found("this_month") == [103, 104]
    assert found("last_month") == [101, 102, 103, 104]
    assert found("2 days ago") == [102, 103, 104]


@pytest.mark.parametrize(
    ("object", "key", "parameters", "expected"),
    [
        ("prospect", "prospect", {}, [1, 2, 3, 4, 5]),
        ("prospect", "prospect", {"deleted": "true"}, [6]),
        ("prospect", "prospect", {"score_greater_than": 30}, [4, 5]),
        ("prospect", "prospect", {"score_equal_to": 30}, [3]),
        ("prospect", "prospect", {"assigned": "true"}, []),
        ("prospect", "prospect", {"last_activity_never": "true", "id_less_than": 3}, [1, 2]),
        ("prospect", "prospect", {"list_id": 1}, [2]),
        ("prospect", "prospect", {"grade_greater_than": "B-"}, [4, 5]),
        ("prospect", "prospect", {"grade_less_than": "B"}, [3]),
        ("listMembership", "list_membership", {"list_id": 1}, [2]),
        ("listMembership", "list_membership", {"deleted": "true"}, [3]),
        ("visitor", "visitor", {"id_less_than": 9}, [1]),
        ("visitor", "visitor", {"only_identified": "false"}, [1, 2, 3, 4]),
        ("visitor", "visitor", {"only_identified": "false", "prospect_ids": "2,9"}, [2]),
        ("opportunity", "opportunity", {}, [1]),
        ("campaign", "campaign", {"name": "Website"}, [1]),
        ("campaign", "campaign", {"name": "Else"}, []),
        ("emailClick", "emailClick", {"list_email_id": 4}, [201]),
        ("emailClick", "emailClick", {"drip_program_action_id": 4}, []),
    ],
    ids=lambda value: str(value)[:60],
)
def test_objects_have_searches_of_their_own(
    client: Client, small_store: Store, object: str, key: str, parameters: dict[str, Any], expected: list[int]
) -> None:
    memberships = [(2, False), (3, True)]
    small_store.insert(
        "list-memberships",
        [{"id": n, "listId": 1, "prospectId": n, "isDeleted": gone, "createdAt": START} for n, gone in memberships],
    )
    small_store.update("visitors", 1, isIdentified=True)
    for id, grade in ((3, "D+"), (4, "B"), (5, "A+")):
        small_store.update("prospects", id, grade=grade)
    small_store.insert(
        "visitor-activities",
        [
            {"id": 201 + n, "type": 1, "emailId": e, "listEmailId": 4, "createdAt": START}
            for n, e in enumerate((7, None))
        ],
    )

    assert _ids(client.legacy(object, **parameters), key) == expected


def test_visits_need_ids_and_bring_their_page_views(client: Client, small_store: Store) -> None:
    small_store.insert("visits", [{"id": n, "visitorId": 1, "prospectId": n, "createdAt": START} for n in (1, 2, 3)])
    small_store.insert(
        "visitor-page-views",
        [{"id": n, "visitId": 1 if n < 3 else 2, "url": f"/{n}", "createdAt": START} for n in (1, 2, 3)],
    )

    assert client.legacy("visit").json["@attributes"]["err_code"] == 13
    found = _rows(client.legacy("visit", visitor_ids="1"), "visit")

    assert [row["id"] for row in found] == [1, 2, 3]
    stamp = "2026-01-01 07:00:00"
    views = [{"id": n, "url": f"/{n}", "created_at": stamp} for n in (1, 2, 3)]
    assert found[0]["visitor_page_views"] == {"visitor_page_view": views[:2]}
    assert found[1]["visitor_page_views"] == {"visitor_page_view": views[2]}
    assert "visitor_page_views" not in found[2]
    assert _ids(client.legacy("visit", prospect_ids="2,3"), "visit") == [2, 3]
    assert _ids(client.legacy("visit", ids="1"), "visit") == [1]


def test_prospect_fields_can_be_chosen(client: Client) -> None:
    found = _rows(client.legacy("prospect", fields="email,Region", id_less_than=2), "prospect")

    assert found == [{"id": 1, "email": "person1@example.com", "Region": "North"}]
    assert client.legacy("prospect", fields="email,nope").json["@attributes"]["err_code"] == 130


def test_custom_fields_come_under_their_api_name_and_several_values_as_such(client: Client) -> None:
    record = client.legacy("prospect", "read/id/1").json["prospect"]
    element = client.legacy("prospect", "read/id/1", format="xml").xml

    assert (record["Region"], record["Interests"]) == ("North", {"value": ["Chess", "Tea"]})
    assert [each.text for each in element.findall("prospect/Interests/value")] == ["Chess", "Tea"]


def test_only_version_4_knows_crm_ids_and_archived_prospects(client: Client, small_store: Store) -> None:
    small_store.update("prospects", 1, salesforceId="003EX", salesforceLeadId="00QEX")

    of_4, of_3 = (client.legacy("prospect", "read/id/1", version=version).json["prospect"] for version in (4, 3))

    assert (of_4["salesforce_fid"], of_4["is_archived"]) == ("003EX", False)
    assert of_4.keys() - of_3.keys() == {"salesforce_fid", "is_archived"}
    assert of_3["crm_lead_fid"] == "00QEX"


# -- reads


def test_full_read_of_a_prospect_brings_all_that_belongs_to_it(client: Client, small_store: Store) -> None:
    small_store.insert(
        "list-memberships", [{"id": 5, "listId": 1, "prospectId": 2, "optedOut": True, "isDeleted": False}]
    )

    full = client.legacy("prospect", "read/id/2").json["prospect"]
    simple = client.legacy("prospect", "read/id/2", output="simple").json["prospect"]

    assert full.keys() - simple.keys() == {"visitors", "visitor_activities", "lists"}
    assert full["visitors"]["visitor"]["id"] == 2
    assert [row["id"] for row in full["visitor_activities"]["visitor_activity"]] == [1, 7, 13, 19, 25]
    assert simple["last_activity"]["visitor_activity"]["id"] == 25
    subscription = full["lists"]["list_subscription"]
    assert (subscription["id"], subscription["did_opt_out"], subscription["list"]["name"]) == (5, True, "Newsletter")


def test_email_is_read_with_its_message_unless_that_is_declined(client: Client, small_store: Store) -> None:
    small_store.update("emails", 1, name="Hello", subject="Hi", textMessage="Hi!")

    email = client.legacy("email", "read/id/1").json["email"]

    assert email["message"] == {"text": "Hi!", "html": "&lt;p&gt;"}
    assert (email["name"], email["created_at"]) == ("Hello", _local(1))
    assert "message" not in client.legacy("email", "read/id/1", include_message="false").json["email"]


def test_email_statistics_are_counted_from_the_activities(client: Client, small_store: Store) -> None:
    small_store.insert("list-emails", [{"id": 7, "name": "Spring"}, {"id": 8, "name": "Never sent"}])
    story = [
        *[(6, n) for n in range(1, 11)],
        (13, 1),
        (36, 2),
        (11, 3),
        (11, 3),
        (11, 4),
        (1, 3),
        (1, 3),
        (12, 4),
        (14, 4),
    ]
    small_store.insert(
        "visitor-activities",
        [
            {"id": 500 + n, "type": type_, "prospectId": prospect, "listEmailId": 7, "createdAt": at(n)}
            for n, (type_, prospect) in enumerate(story)
        ],
    )

    stats = client.legacy("email", "stats/id/7").json["stats"]

    assert stats == {
        "sent": 10, "delivered": 8, "total_clicks": 2, "unique_clicks": 1, "soft_bounced": 1, "hard_bounced": 1,
        "opt_outs": 1, "spam_complaints": 1, "opens": 3, "unique_opens": 2, "delivery_rate": "80.00%",
        "opens_rate": "25.00%", "click_through_rate": "25.00%", "unique_click_through_rate": "12.50%",
        "click_open_ratio": "50.00%", "opt_out_rate": "12.50%", "spam_complaint_rate": "12.50%",
    }  # fmt: skip
    assert client.legacy("email", "stats/id/8").json["stats"]["opens_rate"] == "0.00%"
    assert client.legacy("email", "stats/id/9").json["@attributes"]["err_code"] == 16


def test_account_needs_no_id(client: Client, small_store: Store) -> None:
    small_store.insert("account", [{"id": 1, "company": "Acme", "addressOne": "1 Street", "createdAt": START}])

    account = client.legacy("account", "read").json["account"]

    assert account == {"id": 1, "company": "Acme", "address1": "1 Street", "created_at": "2026-01-01 07:00:00"}
    assert client.legacy("account").json["@attributes"]["err_code"] == 2


def test_templates_are_listed_and_archived_ones_when_asked(client: Client, small_store: Store) -> None:
    small_store.insert(
        "email-templates",
        [{"id": n, "name": f"T{n}", "isOneToOneEmail": n < 3, "isDeleted": n == 2} for n in (1, 2, 3)],
    )

    def listed(**parameters: object) -> list[int]:
        return _ids_of(client.legacy("emailTemplate", "listOneToOne", **parameters).json["emailTemplates"]["templates"])

    assert (listed(), listed(archived="true")) == ([1], [1, 2])
    assert client.legacy("emailTemplate", "read/id/2").json["@attributes"]["err_code"] == 16
    assert client.legacy("emailTemplate", "read/id/2", archived="true").json["emailTemplate"]["isArchived"] is True


def _ids_of(found: Any) -> list[int]:
    return [each["id"] for each in (found if isinstance(found, list) else [found])]


def test_prospect_accounts_describe_their_fields(client: Client) -> None:
    fields = client.legacy("prospectAccount", "describe").json["result"]["field"]

    described = {each["id"]: (each["type"], each["is_required"]) for each in fields}
    assert described["name"] == ("Text", True)
    assert described["billing_city"] == ("Text", False)


# -- like version 5


def test_calls_count_are_logged_and_can_be_broken(client: Client, emulator: Emulator) -> None:
    before = emulator.calls_used
    emulator.faults.add(Fault("v4.query:list", "http", status=503), Fault("v3.read:list", "error", code=66))

    assert client.legacy("list").status == 503
    refused = client.legacy("list", "read/id/1", version=3)
    assert (refused.status, refused.json["@attributes"]["err_code"]) == (200, 66)
    assert client.legacy("list").json["result"]["list"]["name"] == "Newsletter"
    assert emulator.calls_used == before + 1
    assert [call.operation for call in emulator.calls[-3:]] == ["v4.query:list", "v3.read:list", "v4.query:list"]
    emulator.faults.assert_all_consumed()


def test_daily_limit_holds_for_every_version(client: Client, emulator: Emulator) -> None:
    emulator.limits.used_today = emulator.limits.daily

    answer = client.legacy("list")

    assert (answer.status, answer.json["@attributes"]["err_code"]) == (200, 122)
