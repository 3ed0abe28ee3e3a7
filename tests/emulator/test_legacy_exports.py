"""The Export API of versions 3 and 4, against the documented rules."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from emulator.http_client import Answer, Client
from emulator.legacy_emulator import opened
from emulator.small_account import ACTIVITIES, DETAILS, at

from pardot_emulator import Emulator, Fault, ManualClock, Store


@pytest.fixture
def emulator(small_store: Store, clock: ManualClock) -> Iterator[Emulator]:
    """One that does not split small files."""
    with Emulator(small_store, clock=clock) as emulator:
        yield emulator


_SINCE = {"created_after": "2026-01-01 00:00:00"}


def _create(
    client: Client,
    object: str = "visitorActivity",
    procedure: str = "filter_by_created_at",
    arguments: dict[str, Any] | None = None,
    *,
    version: int = 4,
    **body: Any,
) -> Answer:
    sent = {"object": object, "procedure": {"name": procedure, "arguments": arguments or _SINCE}, **body}
    path = f"/api/export/version/{version}/do/create?format=json"
    return client.send("POST", path, json.dumps(sent).encode(), {"Content-Type": "application/json"})


def _finish(client: Client, id: int, version: int = 4) -> dict[str, Any]:
    for _ in range(9):
        answer = client.legacy("export", f"read/id/{id}", version=version).json
        record: dict[str, Any] = answer.get("export", answer)
        if record["state"] not in ("Waiting", "Processing"):
            return record
    raise AssertionError(record)


def _refs(record: dict[str, Any]) -> list[str]:
    refs = record.get("resultRefs", [])
    return [refs] if isinstance(refs, str) else refs


def _files(client: Client, *args: Any, **more: Any) -> list[bytes]:
    record = _finish(client, _create(client, *args, **more).json["export"]["id"])
    return [client.download(ref).body for ref in _refs(record)]


def _rows(files: list[bytes]) -> list[dict[str, str]]:
    return [row for file in files for row in csv.DictReader(io.StringIO(file.decode(), newline=""))]


def test_export_goes_through_its_states_and_ends_with_every_row(client: Client) -> None:
    created = _create(client)
    reads = [client.legacy("export", "read/id/88101").json["export"] for _ in range(3)]

    stamp = "2026-02-01 07:00:00"
    assert created.status == 200
    assert created.json == {
        "@attributes": {"stat": "ok", "version": 1},
        "export": {"id": 88101, "state": "Waiting", "isExpired": False, "createdAt": stamp, "updatedAt": stamp},
    }
    assert [read["state"] for read in reads] == ["Waiting", "Processing", "Complete"]
    assert "resultRefs" not in reads[1]
    assert reads[2]["resultRefs"].startswith(
        f"{client.emulator.url}/api/export/version/4/do/downloadResults/id/88101/file/"
    )
    download = client.download(reads[2]["resultRefs"])
    assert download.headers["content-type"] == "text/csv"
    assert len(_rows([download.body])) == ACTIVITIES
    assert [call.operation for call in client.emulator.calls[-5:]] == [
        "v4.export.create", *["v4.export.read"] * 3, "v4.export.download",
    ]  # fmt: skip


def test_file_has_snake_case_names_and_local_times(client: Client) -> None:
    arguments = {"created_after": "2026-01-01 07:00:00", "created_before": "2026-01-01 07:02:00"}
    fields = ["id", "created_at", "visitor_id", "details", "campaign_id", "prospect_id"]

    assert _files(client, arguments=arguments, fields=fields) == [
        b"id,created_at,visitor_id,details,campaign_id,prospect_id\n"
        b'1,2026-01-01 07:01:00,,"Spring sale, ""last call""\nnow",1,2\n'
    ]


def test_file_without_fields_has_all_that_can_be_exported(client: Client) -> None:
    prospect = _rows(_files(client, "prospect", arguments={**_SINCE, "deleted": "all"}))

    assert {"id", "email", "crm_lead_fid", "is_archived", "Region", "Interests"} <= prospect[0].keys()
    assert not {"grade", "notes", "campaign"} & prospect[0].keys()
    assert {row["id"]: row["is_archived"] for row in prospect}["6"] == "true"


@pytest.mark.parametrize(
    ("object", "procedure", "arguments", "ids"),
    [
        ("VISITORACTIVITY", "filter_by_updated_at", {"updated_after": "2026-01-01T12:28:00Z"}, [29, 30]),
        ("visitorActivity", "filter_by_created_at", {"created_after": "2026-01-01 07:27:00", "type": [6]}, [28, 30]),
        ("visitorActivity", "filter_by_created_at", {**_SINCE, "prospectOnly": True, "type": [11]}, None),
        ("prospect", "filter_by_created_at", _SINCE, [1, 2, 3, 4, 5]),
        ("prospect", "filter_by_updated_at", {"updated_after": "2026-01-01 07:04:00", "deleted": "true"}, [6]),
        ("visitor", "filter_by_created_at", {"created_after": "2026-01-01 06:59:59"}, [1, 2, 3, 4]),
        ("visitor", "filter_by_prospect_updated_at", {"prospect_updated_after": "2026-01-01 07:01:00"}, [2]),
        ("prospectaccount", "filter_by_prospect_updated_at", {"prospect_updated_after": "2026-01-01"}, [9]),
        ("listmembership", "filter_by_created_at", {**_SINCE, "deleted": "all"}, [2, 3]),
    ],
    ids=lambda value: str(value)[:50],
)
def test_objects_have_their_procedures(
    client: Client, small_store: Store, object: str, procedure: str, arguments: dict[str, Any], ids: list[int] | None
) -> None:
    small_store.insert("prospect-accounts", [{"id": 9, "name": "Acme", "createdAt": at(0), "updatedAt": at(0)}])
    small_store.update("prospects", 1, prospectAccountId=9)
    small_store.insert(
        "list-memberships",
        [{"id": n, "listId": 1, "prospectId": n, "isDeleted": n == 3, "createdAt": at(n)} for n in (2, 3)],
    )

    found = sorted(int(row["id"]) for row in _rows(_files(client, object, procedure, arguments, fields=["id"])))

    anonymous = set(range(3, ACTIVITIES + 1, 3))
    assert found == (ids if ids is not None else [n for n in range(1, ACTIVITIES, 2) if n not in anonymous])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"object": "campaign"}, 154),
        ({"object": None}, 153),
        ({"colour": "red"}, 154),
        ({"fields": ["id", "shoe_size"]}, 130),
        ({"fields": ["prospectId"]}, 130),
        ({"procedure": {"name": "filter_by_mood"}}, 174),
        ({"procedure": {"name": "VisitorActivity/FilterByCreatedAt"}}, 174),
        ({"procedure": {"name": "filter_by_created_at", "arguments": {**_SINCE, "prospect_only": True}}}, 175),
        ({"procedure": {"name": "filter_by_created_at", "arguments": {}}}, 176),
        ({"procedure": {"name": "filter_by_created_at", "arguments": {"created_after": "soon"}}}, 177),
        ({"procedure": {"name": "filter_by_created_at", "arguments": {"created_after": "2024-01-01"}}}, 177),
    ],
    ids=str,
)
def test_wrong_create_call_is_refused_with_a_4xx(client: Client, body: dict[str, Any], code: int) -> None:
    complete = {"object": "visitorActivity", "procedure": {"name": "filter_by_created_at", "arguments": _SINCE}, **body}
    sent = json.dumps({name: value for name, value in complete.items() if value is not None}).encode()

    answer = client.send(
        "POST", "/api/export/version/4/do/create?format=json", sent, {"Content-Type": "application/json"}
    )

    assert (answer.status, answer.json["@attributes"]["err_code"]) == (400, code)


def test_hour_of_24_is_the_next_day(client: Client) -> None:
    files = _files(client, arguments={"created_after": "2025-12-31 24:00:00", "created_before": "2026-01-01 24:59:59"})

    assert len(_rows(files)) == ACTIVITIES


def test_query_lists_exports_without_their_files(client: Client, clock: ManualClock) -> None:
    assert client.legacy("export").json["result"] == {"total_results": 0}
    _finish(client, _create(client).json["export"]["id"])
    clock.advance(timedelta(minutes=5))
    assert client.legacy("export").json["result"]["export"]["id"] == 88101
    _create(client, "prospect")

    def listed(**parameters: object) -> list[int]:
        result = client.legacy("export", **parameters).json["result"]
        found = result.get("export", [])
        return [each["id"] for each in (found if isinstance(found, list) else [found])]

    assert (listed(), listed(sort_order="ascending")) == ([88102, 88101], [88101, 88102])
    assert (listed(status="Complete"), listed(status="Waiting"), listed(status="Failed")) == ([88101], [88102], [])
    assert (listed(object="prospect"), listed(object="visitoractivity")) == ([88102], [88101])
    assert listed(created_after="2026-02-01 07:01:00") == [88102]
    assert listed(updated_before="2026-02-01 07:01:00") == [88101]
    assert "resultRefs" not in client.legacy("export", status="Complete").json["result"]["export"]


def test_export_expires_after_seven_days(client: Client, clock: ManualClock) -> None:
    ref = _refs(_finish(client, _create(client).json["export"]["id"]))[0]
    clock.advance(timedelta(days=7))
    client.log_in()

    record = client.legacy("export", "read/id/88101").json["export"]
    refused = client.send("GET", urlsplit(ref).path + "?format=json")

    assert (record["isExpired"], "resultRefs" in record) == (True, False)
    assert (refused.status, refused.json["@attributes"]["err_code"]) == (400, 178)


def test_large_export_has_several_files() -> None:
    with opened(min_file_bytes=200) as client:
        record = _finish(client, _create(client, fields=["id", "details"]).json["export"]["id"])
        files = [client.download(ref).body for ref in record["resultRefs"]]

    assert isinstance(record["resultRefs"], list)
    assert all(file.startswith(b"id,details\n") for file in files)
    assert sorted(int(row["id"]) for row in _rows(files)) == list(range(1, ACTIVITIES + 1))


def test_exports_of_all_versions_wait_in_one_queue(client: Client) -> None:
    first, second = client.create().json["id"], _create(client, version=3).json["export"]["id"]

    assert client.read_export(first).json["status"] == "Waiting"
    assert client.legacy("export", f"read/id/{second}", version=3).json["export"]["state"] == "Waiting"
    assert _finish(client, first)["state"] == "Complete"
    record = _finish(client, second, version=3)
    assert "/version/3/" in record["resultRefs"]
    assert _rows([client.download(record["resultRefs"]).body])[0]["details"]


def test_planned_faults_meet_these_exports_too(client: Client, emulator: Emulator) -> None:
    id = _create(client).json["export"]["id"]
    emulator.faults.add(
        Fault("v4.export.read", "unknown_status", word="Brewing"), Fault("v4.export.read", "fail_export")
    )

    states = [client.legacy("export", f"read/id/{id}").json["export"]["state"] for _ in range(2)]

    assert states == ["Brewing", "Failed"]
    emulator.faults.assert_all_consumed()


# -- switches


def test_export_may_come_bare() -> None:
    with opened(v4_export_wrapper=False) as client:
        assert _create(client).json["state"] == "Waiting"


def test_format_when_none_is_asked_for() -> None:
    for usual, start in (("xml", b"<?xml"), ("json", b'{"@attributes"')):
        with opened(v4_export_format=usual) as client:
            id = _create(client).json["export"]["id"]
            assert client.legacy("export", f"read/id/{id}", format="").body.startswith(start)


def test_only_file_may_be_a_list() -> None:
    with opened(v4_single_ref="list") as client:
        assert len(_finish(client, _create(client).json["export"]["id"])["resultRefs"]) == 1


def test_files_may_be_on_another_host() -> None:
    with opened(v4_result_host="other") as client:
        ref = _finish(client, _create(client).json["export"]["id"])["resultRefs"]

        assert urlsplit(ref).hostname == "localhost"
        assert len(_rows([client.download(ref).body])) == ACTIVITIES


def test_prospect_export_may_insist_on_deleted_all() -> None:
    with opened(v4_prospect_export_deleted="all only") as client:
        codes = [
            _create(client, "prospect", arguments={**_SINCE, **extra}).json["@attributes"].get("err_code")
            for extra in ({}, {"deleted": "false"}, {"deleted": "all"})
        ]

    assert codes == [176, 177, None]


def test_xml_shows_the_same_export(client: Client) -> None:
    id = _create(client).json["export"]["id"]
    record = _finish(client, id)

    export = client.legacy("export", f"read/id/{id}", format="xml").xml[0]

    assert {each.tag: each.text for each in export} == {
        name: str(value).replace("False", "false") for name, value in record.items()
    }


def test_text_survives_the_file(client: Client) -> None:
    assert {row["id"]: row["details"] for row in _rows(_files(client))}["1"] == DETAILS
