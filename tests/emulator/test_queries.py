"""Version 5 queries and reads, against the documented rules."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from emulator.http_client import Client
from emulator.small_account import ACTIVITIES, NOW, at, fill

from pardot_emulator import Emulator, Fault, ManualClock, Store
from pardot_emulator.schema import COLLECTIONS


def _ids(client: Client, collection: str, **parameters: object) -> list[int]:
    answer = client.query(collection, fields="id", **parameters)
    assert answer.status == 200, answer.body
    return [record["id"] for record in answer.json["values"]]


def _follow(client: Client, collection: str, **parameters: object) -> Iterator[list[int]]:
    """Yield the ids of each page."""
    answer = client.query(collection, fields="id", **parameters)
    while True:
        yield [record["id"] for record in answer.json["values"]]
        if (token := answer.json["nextPageToken"]) is None:
            return
        answer = client.query(collection, fields="id", nextPageToken=token)


@pytest.mark.parametrize("name", [name for name, each in COLLECTIONS.items() if each.is_query and not each.is_single])
def test_every_collection_answers_for_all_its_fields(client: Client, name: str) -> None:
    collection = COLLECTIONS[name]
    fields = ",".join(each.name for each in collection.fields.values() if each.in_query)

    answer = client.get(collection.path, fields=fields)

    assert answer.status == 200
    assert set(answer.json) == {"nextPageToken", "nextPageUrl", "values"}


def test_record_has_the_asked_fields_with_json_types(client: Client) -> None:
    answer = client.query("visitor-activities", fields="id,type,details,visitorId,createdAt,campaign.name", limit=1)

    assert answer.json["values"] == [
        {
            "id": 1,
            "type": 11,
            "details": 'Spring sale, "last call"\nnow',
            "visitorId": None,
            "createdAt": "2026-01-01T07:01:00-05:00",
            "campaign": {"name": "Website"},
        }
    ]


def test_relationship_that_is_not_set_is_null(client: Client) -> None:
    answer = client.query("visitor-activities", fields="id,campaign.name", id=5)

    assert answer.json["values"] == [{"id": 5, "campaign": None}]


_REFUSED: list[Any] = [
    pytest.param({}, 13, "One or more required parameters are missing: fields", id="no-fields"),
    pytest.param({"fields": ""}, 13, "One or more required parameters are missing: fields", id="empty-fields"),
    pytest.param({"fields": "id,nope"}, 130, "One or more of the specified fields are invalid: nope", id="field"),
    pytest.param({"fields": "campaign.nope"}, 130, None, id="related-field"),
    pytest.param({"fields": "nope.name"}, 130, None, id="relationship"),
    pytest.param({"fields": "campaign.createdBy.email"}, 193, None, id="too-deep"),
    pytest.param({"fields": "id", "limit": 0}, 52, None, id="limit-0"),
    pytest.param({"fields": "id", "limit": 1001}, 52, None, id="limit-1001"),
    pytest.param({"fields": "id", "limit": "x"}, 51, None, id="limit-text"),
    pytest.param({"fields": "id", "offset": 2001}, 52, None, id="offset"),
    pytest.param({"fields": "id", "orderBy": "type"}, 51, None, id="order"),
    pytest.param({"fields": "id", "orderBy": "id SIDEWAYS"}, 51, None, id="direction"),
    pytest.param({"fields": "id", "detailsLike": "x"}, 51, None, id="unknown-parameter"),
    pytest.param({"fields": "id", "deleted": "all"}, 51, None, id="no-recycle-bin"),
    pytest.param({"fields": "id", "createdAtAfter": "yesterday"}, 7, None, id="date"),
    pytest.param({"fields": "id", "type": "Email"}, 51, None, id="number"),
    pytest.param(
        {"fields": "id", "id": 1, "type": 1, "visitorId": 1, "prospectId": 1},
        209,
        "Too many fields have filters: The max number of 3 distinct fields with filters was exceeded for this query.",
        id="four-filtered-fields",
    ),
    pytest.param({"fields": "id", "nextPageToken": "garbage"}, 211, "Page token is invalid.", id="token"),
]


@pytest.mark.parametrize(("parameters", "code", "message"), _REFUSED)
def test_wrong_query_is_refused_with_the_code_that_names_the_mistake(
    client: Client, parameters: dict[str, object], code: int, message: str | None
) -> None:
    answer = client.query("visitor-activities", **parameters)

    assert (answer.status, answer.json["code"]) == (400, code)
    assert message is None or answer.json["message"] == message


def test_plus_sign_that_was_not_escaped_spoils_a_date(client: Client) -> None:
    path = "/api/v5/objects/visitor-activities?fields=id&createdAtAfter=2026-01-01T00:00:00"

    assert client.send("GET", f"{path}%2B00:00").status == 200
    assert client.send("GET", f"{path}+00:00").json["code"] == 7


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        pytest.param({"id": 7}, [7], id="equal"),
        pytest.param({"idGreaterThan": 28}, [29, 30], id="greater"),
        pytest.param({"idGreaterThanOrEqualTo": 28, "idLessThan": 30}, [28, 29], id="one-field-two-suffixes"),
        pytest.param({"idLessThanOrEqualTo": 2}, [1, 2], id="less-or-equal"),
        pytest.param({"createdAtAfter": at(29).isoformat()}, [30], id="after-is-exclusive"),
        pytest.param({"createdAtAfterOrEqualTo": at(29).isoformat()}, [29, 30], id="after-or-equal"),
        pytest.param({"createdAtBefore": at(2).isoformat()}, [1], id="before-is-exclusive"),
        pytest.param({"updatedAtBeforeOrEqualTo": at(2).isoformat()}, [1, 2], id="before-or-equal"),
        pytest.param({"createdAtBefore": "2026-01-01T07:02:00-05:00"}, [1], id="offset-of-the-user"),
        pytest.param({"createdAtBefore": "2026-01-01T07:02:00"}, [1], id="no-offset-is-the-users-zone"),
        pytest.param({"orderBy": "id DESC", "limit": 2}, [30, 29], id="descending"),
        pytest.param({"offset": 28}, [29, 30], id="offset"),
    ],
)
def test_filters_and_orders_select(client: Client, parameters: dict[str, object], expected: list[int]) -> None:
    assert _ids(client, "visitor-activities", **parameters) == expected


@pytest.mark.parametrize(
    ("deleted", "expected"),
    [(None, [1, 2, 3, 4, 5]), ("false", [1, 2, 3, 4, 5]), ("true", [6]), ("all", [1, 2, 3, 4, 5, 6])],
)
def test_recycle_bin_is_shown_when_asked(client: Client, deleted: str | None, expected: list[int]) -> None:
    parameters = {} if deleted is None else {"deleted": deleted}

    assert _ids(client, "prospects", **parameters) == expected


def test_recycle_bin_without_a_field_of_its_own_works_alike(client: Client) -> None:
    assert _ids(client, "opportunities") == [1]
    assert _ids(client, "opportunities", deleted="true") == [2]
    assert client.query("opportunities", fields="id,isDeleted").json["code"] == 130


@pytest.mark.parametrize(("parameter", "expected"), [("prospectIdIsNull", [2]), ("prospectIdIsNotNull", [1])])
def test_null_filters_select(client: Client, small_store: Store, parameter: str, expected: list[int]) -> None:
    small_store.insert("visits", [{"id": 1, "prospectId": 4}, {"id": 2}])

    assert _ids(client, "visits", **{parameter: "true"}) == expected


def test_custom_fields_are_columns_and_multi_value_ones_only_on_read(client: Client) -> None:
    assert client.query("prospects", fields="Region__c", id=1).json["values"] == [{"Region__c": "North"}]
    assert client.query("prospects", fields="Interests__c").json["code"] == 224
    read = client.get("/api/v5/objects/prospects/1", fields="id,Interests__c")
    assert read.json == {"id": 1, "Interests__c": "Chess;Tea"}


def test_custom_field_without_any_value_yet_is_null(client: Client, small_store: Store) -> None:
    small_store.insert("custom-fields", [{"id": 3, "fieldId": "New", "type": "text"}])

    assert client.query("prospects", fields="id,New__c", id=1).json["values"] == [{"id": 1, "New__c": None}]


def test_long_texts_are_refused_in_queries_and_given_on_read(client: Client) -> None:
    assert client.query("emails", fields="htmlMessage").json["code"] == 224
    assert client.get("/api/v5/objects/emails/1", fields="htmlMessage").json == {"htmlMessage": "<p>"}


@pytest.mark.parametrize("path", ["/api/v5/objects/prospects/6", "/api/v5/objects/prospects/99"])
def test_read_of_a_missing_or_recycled_record_is_not_found(client: Client, path: str) -> None:
    answer = client.get(path, fields="id")

    assert (answer.status, answer.json["code"]) == (404, 109)


def test_read_of_an_unchanged_record_says_so(client: Client) -> None:
    path, since = "/api/v5/objects/prospects/1", "Thu, 01 Jan 2026 12:01:00 GMT"

    assert client.get(path, {"If-Modified-Since": since}, fields="id").status == 304
    assert client.get(path, {"If-Modified-Since": since.replace("01:00", "00:59")}, fields="id").status == 200


# -- pages


@pytest.mark.parametrize("order", ["id", "id DESC", "createdAt", "createdAt DESC", "updatedAt ASC"])
def test_pages_follow_each_other_without_gap_or_repetition(client: Client, order: str) -> None:
    pages = list(_follow(client, "visitor-activities", orderBy=order, limit=7))

    assert [len(page) for page in pages] == [7, 7, 7, 7, 2]
    ids = [id for page in pages for id in page]
    assert ids == sorted(ids, reverse="DESC" in order)
    assert len(set(ids)) == ACTIVITIES


@pytest.mark.parametrize("order", ["prospectId", "prospectId DESC"])
def test_pages_reach_records_whose_order_value_is_null(client: Client, order: str) -> None:
    ids = [id for page in _follow(client, "visitors", orderBy=order, limit=1) for id in page]

    assert sorted(ids) == [1, 2, 3, 4]


def test_records_that_share_an_order_value_are_not_lost_between_pages(client: Client, small_store: Store) -> None:
    small_store.insert("tags", [{"id": n, "createdAt": at(0)} for n in range(1, 8)])

    ids = [id for page in _follow(client, "tags", orderBy="createdAt", limit=3) for id in page]

    assert ids == [1, 2, 3, 4, 5, 6, 7]


def test_page_token_gives_the_same_page_again(client: Client) -> None:
    token = client.query("visitor-activities", fields="id", limit=2).json["nextPageToken"]
    again = [client.query("visitor-activities", fields="id", nextPageToken=token).json for _ in range(2)]

    assert again[0] == again[1]
    assert json.loads(base64.b64decode(token)).keys() == {
        "orderBy", "filters", "limit", "resumeValue", "page", "recCount", "expireTime", "deleted"
    }  # fmt: skip


def test_next_page_url_leads_to_the_next_page(client: Client, emulator: Emulator) -> None:
    answer = client.query("visitor-activities", fields="id,type", limit=2)
    url = answer.json["nextPageUrl"]

    assert url.startswith(f"{emulator.url}/api/v5/objects/visitor-activities?")
    assert dict(parse_qsl(urlsplit(url).query)) == {
        "fields": "id,type",
        "nextPageToken": answer.json["nextPageToken"],
    }
    following = client.send("GET", url.removeprefix(emulator.url)).json["values"]
    assert [record["id"] for record in following] == [3, 4]


def test_page_token_keeps_filters_and_recycle_bin(client: Client) -> None:
    pages = list(_follow(client, "prospects", idGreaterThan=2, deleted="all", limit=3))

    assert pages == [[3, 4, 5], [6]]


@pytest.mark.parametrize("extra", [{"limit": 5}, {"orderBy": "id"}, {"idGreaterThan": 3}])
def test_only_fields_may_accompany_a_page_token(client: Client, extra: dict[str, object]) -> None:
    token = client.query("visitor-activities", fields="id", limit=2).json["nextPageToken"]

    assert client.query("visitor-activities", fields="id", nextPageToken=token, **extra).status == 400


def test_page_token_expires_after_four_hours(client: Client, clock: ManualClock) -> None:
    token = client.query("visitor-activities", fields="id", limit=2).json["nextPageToken"]
    clock.advance(seconds=4 * 3600 - 1)
    client.log_in()
    assert client.query("visitor-activities", fields="id", nextPageToken=token).status == 200
    clock.advance(seconds=1)

    assert client.query("visitor-activities", fields="id", nextPageToken=token).json["code"] == 210


@pytest.mark.parametrize("order_field", ['id"; DROP TABLE prospects', "details"])
def test_forged_page_token_is_invalid(client: Client, order_field: str) -> None:
    content = {"orderBy": f"{order_field} ASC", "filters": [], "limit": 1, "page": 2, "recCount": 1}
    content |= {"resumeValue": {order_field.split(" ")[0]: 1, "id": 1}, "deleted": "false"}
    content["expireTime"] = "2030-01-01T00:00:00Z"
    token = base64.b64encode(json.dumps(content).encode()).decode()

    assert client.query("visitor-activities", fields="id", nextPageToken=token).json["code"] == 211


@pytest.mark.parametrize(("rows", "warns"), [(10, False), (11, True), (25, True)])
def test_chain_of_pages_ends_at_the_ceiling_with_a_warning_only_if_rows_are_left(rows: int, warns: bool) -> None:
    with (
        Store() as store,
        Emulator(fill(store, rows), clock=ManualClock(NOW), page_ceiling=10) as emulator,
        Client(emulator) as client,
    ):
        first = client.query("visitor-activities", fields="id", limit=6)
        token = first.json["nextPageToken"]
        second = client.query("visitor-activities", fields="id", nextPageToken=token)

    assert "pardot-warning" not in first.headers
    assert [record["id"] for record in second.json["values"]] == [7, 8, 9, 10]
    assert second.json["nextPageToken"] is second.json["nextPageUrl"] is None
    expected = "203;Record count for nextPageToken sequence has been exceeded. No page token returned."
    assert second.headers.get("pardot-warning") == (expected if warns else None)


def test_hidden_records_are_announced(client: Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("query:lists", "redact"))

    answer = client.query("lists", fields="id")

    assert answer.json["values"] == []
    assert answer.headers["pardot-warning"].startswith("202;")
    emulator.faults.assert_all_consumed()


# -- everything around


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        pytest.param("GET", "/api/v5/objects/nonsense?fields=id", 404, 198, id="collection"),
        pytest.param("GET", "/api/v5/nonsense?fields=id", 404, 198, id="path"),
        pytest.param("GET", "/api/v5/objects/lifecycle-stage-prospects?fields=id", 404, 198, id="export-only"),
        pytest.param("GET", "/api/v5/objects/exports?fields=id", 404, 198, id="exports-are-not-objects"),
        pytest.param("GET", "/api/v5/objects/account/1?fields=id", 404, 198, id="account-has-no-id"),
        pytest.param("DELETE", "/api/v5/objects/prospects/1", 405, 60, id="writing"),
        pytest.param("GET", "/api/v5/external-activities?fields=id", 200, None, id="external-activities-twice"),
        pytest.param("GET", "/api/v5/objects/external-activities?fields=id", 200, None, id="external-activities"),
    ],
)
def test_paths_and_methods(client: Client, method: str, path: str, status: int, code: int | None) -> None:
    answer = client.send(method, path)

    assert (answer.status, answer.json.get("code")) == (status, code)


def test_account_counts_the_calls(client: Client) -> None:
    client.query("lists", fields="id")

    account = client.get("/api/v5/objects/account", fields="id,maximumDailyApiCalls,apiCallsUsed")

    assert account.json == {"id": 1, "maximumDailyApiCalls": 100_000, "apiCallsUsed": 2}


@pytest.mark.parametrize(("asked", "expected"), [("1", "1/100000"), ("true", "1/100000"), ("no", None)])
def test_usage_is_told_when_asked_for(client: Client, asked: str, expected: str | None) -> None:
    answer = client.get("/api/v5/objects/lists", {"X-Return-Api-Usage": asked}, fields="id")

    assert answer.headers.get("x-api-usage") == expected


def test_date_header_follows_the_clock(client: Client) -> None:
    assert client.query("lists", fields="id").headers["date"] == "Sun, 01 Feb 2026 12:00:00 GMT"
