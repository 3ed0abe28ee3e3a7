"""The Export API of version 5, against the documented rules."""

from __future__ import annotations

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from emulator.http_client import ACTIVITY_EXPORT, Client
from emulator.small_account import ACTIVITIES, NOW, at, fill

from pardot_emulator import Emulator, ManualClock, Polls, Seconds, Store
from pardot_emulator.schema import EXPORTABLE


def _rows(files: list[bytes]) -> list[dict[str, str]]:
    return [row for file in files for row in csv.DictReader(io.StringIO(file.decode(), newline=""))]


def _ids(files: list[bytes]) -> list[int]:
    return sorted(int(row["id"]) for row in _rows(files))


# -- the course of an export


def test_export_is_found_while_others_are_listed(emulator: Emulator) -> None:
    """A listing under way never hides an export from a create or read call beside it."""

    def use(name: str) -> set[int]:
        with Client(emulator) as client:
            if name == "list":
                return {client.get("/api/v5/exports?fields=id,status").status for _ in range(150)}
            return {client.create().status for _ in range(150)}

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(use, ["list", "create", "list"])) == [{200}, {201}, {200}]


def test_export_goes_through_its_states_and_ends_with_every_row(client: Client) -> None:
    created = client.create()
    assert (created.status, created.json) == (201, {"id": 88101, "status": "Waiting", "resultRefs": None})
    assert created.headers["location"].endswith("/api/v5/exports/88101")

    reads = [client.read_export(88101).json for _ in range(3)]

    assert [read["status"] for read in reads] == ["Waiting", "Processing", "Complete"]
    assert [read["isExpired"] for read in reads] == [False] * 3
    assert reads[1]["resultRefs"] is None
    assert reads[2]["resultRefs"] == [f"{client.emulator.url}/api/v5/exports/88101/results/9001"]
    download = client.download(reads[2]["resultRefs"][0])
    assert download.headers["content-type"] == "text/csv"
    assert _ids([download.body]) == list(range(1, ACTIVITIES + 1))


def test_file_has_the_asked_columns_in_documented_form(client: Client) -> None:
    fields = ["id", "createdAt", "visitorId", "details", "campaign.name", "prospectId"]
    arguments = {"createdAfter": at(0).isoformat(), "createdBefore": at(2).isoformat()}

    assert client.export_files(fields=fields, arguments=arguments) == [
        b"id,createdAt,visitorId,details,campaign.name,prospectId\n"
        b'1,2026-01-01T07:01:00-05:00,,"Spring sale, ""last call""\nnow",Website,2\n'
    ]


@pytest.mark.parametrize("details", ["a,b", 'q"', "lf\n", "cr\r", "crlf\r\n", " space ", "NA", "é😀", "\u2028", "%s"])
def test_text_survives_the_file(client: Client, small_store: Store, details: str) -> None:
    small_store.update("visitor-activities", 2, details=details)

    found = {row["id"]: row["details"] for row in _rows(client.export_files())}

    assert found["2"] == details


def test_legacy_dates_and_byte_order_mark_come_when_asked(client: Client) -> None:
    arguments = {"createdAfter": at(29).isoformat()}
    files = client.export_files(
        fields=["createdAt"], arguments=arguments, legacyDateFormat=True, includeByteOrderMark=True
    )

    assert files == [b"\xef\xbb\xbfcreatedAt\n2026-01-01 07:30:00\n"]


def test_export_echoes_what_was_asked(client: Client) -> None:
    shows = "id,procedure,fields,includeByteOrderMark,maxFileSizeBytes,createdAt,createdById"

    created = client.create(shows=shows, maxFileSizeBytes=5000).json

    assert created == {
        "id": 88101,
        "procedure": {"name": ACTIVITY_EXPORT, "arguments": {"createdAfter": "2026-01-01T00:00:00Z"}},
        "fields": ["id", "details"],
        "includeByteOrderMark": False,
        "maxFileSizeBytes": 5000,
        "createdAt": "2026-02-01T07:00:00-05:00",
        "createdById": 1,
    }


def test_files_are_split_by_size_each_with_its_header(client: Client) -> None:
    files = client.export_files(maxFileSizeBytes=150)

    assert len(files) > 2
    assert all(len(file) <= 150 and file.startswith(b"id,details\n") for file in files)
    assert _ids(files) == list(range(1, ACTIVITIES + 1))


def test_rows_are_shuffled_the_same_way_every_time() -> None:
    def ids() -> list[str]:
        with (
            Store() as store,
            Emulator(fill(store), clock=ManualClock(NOW)) as emulator,
            Client(emulator) as client,
        ):
            return [row["id"] for row in _rows(client.export_files())]

    first = ids()

    assert first == ids()
    assert first != sorted(first, key=int)


def test_large_export_is_complete_across_blocks() -> None:
    with Store() as store:
        rows = ((n, n % 7, 1_767_268_800 + n // 50) for n in range(1, 60_001))
        store.insert_tuples("visitor-activities", ["id", "type", "createdAt"], rows)
        with (
            Emulator(store, clock=ManualClock(NOW), min_file_bytes=1) as emulator,
            Client(emulator) as client,
        ):
            files = client.export_files(fields=["id", "createdAt"], maxFileSizeBytes=500_000)

    assert len(files) > 2
    assert _ids(files) == list(range(1, 60_001))


def test_no_rows_leave_no_file(client: Client) -> None:
    record = client.finish(client.create(arguments={"createdAfter": at(999).isoformat()}).json["id"])

    assert record["status"] == "Complete"
    assert record["resultRefs"] is None


# -- what is selected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param({"createdAfter": at(28).isoformat()}, [29, 30], id="after-is-exclusive"),
        pytest.param(
            {"createdAfter": at(1).isoformat(), "createdBefore": at(4).isoformat()},
            [2, 3],
            id="both-exclusive",
        ),
        pytest.param({"createdAfter": at(26).isoformat(), "type": [11]}, [27, 29], id="type"),
        pytest.param({"createdAfter": at(26).isoformat(), "prospectOnly": True}, [28, 29], id="prospect-only"),
    ],
)
def test_arguments_of_activity_exports_select(
    client: Client, arguments: dict[str, object], expected: list[int]
) -> None:
    assert _ids(client.export_files(arguments=arguments)) == expected


@pytest.mark.parametrize(
    ("deleted", "expected"),
    [(None, [1, 2, 3, 4, 5]), ("false", [1, 2, 3, 4, 5]), ("true", [6]), ("all", [1, 2, 3, 4, 5, 6])],
)
def test_deleted_selects_the_recycle_bin(client: Client, deleted: str | None, expected: list[int]) -> None:
    arguments = {"createdAfter": "2026-01-01T00:00:00Z"} | ({} if deleted is None else {"deleted": deleted})

    files = client.export_files("Prospect/FilterByCreatedAt", fields=["id", "Interests__c"], arguments=arguments)

    assert _ids(files) == expected


def test_visitors_are_selected_by_the_update_of_their_prospect(client: Client) -> None:
    arguments = {"prospectUpdatedAfter": at(1).isoformat(), "prospectUpdatedBefore": at(9).isoformat()}

    files = client.export_files("Visitor/FilterByProspectUpdatedAt", fields=["id"], arguments=arguments)

    assert _ids(files) == [2]


def test_data_ends_with_the_creation_of_an_export_without_an_end(
    client: Client, clock: ManualClock, small_store: Store
) -> None:
    id = client.create().json["id"]
    small_store.insert(
        "visitor-activities",
        [{"id": 31, "createdAt": NOW}, {"id": 32, "createdAt": NOW + timedelta(seconds=1)}],
    )
    clock.advance(seconds=10)

    files = [client.download(ref).body for ref in client.finish(id)["resultRefs"]]

    assert _ids(files) == list(range(1, 32))


@pytest.mark.parametrize("export_name", EXPORTABLE)
def test_every_procedure_exports_every_field(client: Client, small_store: Store, export_name: str) -> None:
    collection = EXPORTABLE[export_name]
    fields = [each.name for each in collection.fields.values() if each.kind not in ("list", "object")]
    for procedure in collection.procedures.values():
        arguments = {procedure.after: "2026-01-01T00:00:00Z"}
        created = client.create(f"{export_name}/{procedure.name}", fields=fields, arguments=arguments)
        assert client.finish(created.json["id"])["status"] == "Complete"


# -- refusals

_YEAR: dict[str, Any] = {"createdAfter": "2025-01-01T00:00:00Z", "createdBefore": "2026-01-01T00:00:00Z"}
_REFUSED: list[Any] = [
    pytest.param({"procedure": "VisitorActivity/Nope"}, 174, id="procedure"),
    pytest.param({"procedure": "Email/FilterByCreatedAt"}, 174, id="object-without-export"),
    pytest.param({"procedure": "VisitorPageView/FilterByUpdatedAt"}, 174, id="procedure-of-others"),
    pytest.param({"arguments": {"createdAfter": "2026-01-01", "deleted": "all"}}, 175, id="unknown-argument"),
    pytest.param({"arguments": {}}, 176, id="no-start"),
    pytest.param({"arguments": {"createdBefore": "2026-01-01T00:00:00Z"}}, 176, id="end-alone"),
    pytest.param({"arguments": {"createdAfter": "last week"}}, 177, id="date"),
    pytest.param({"arguments": {"createdAfter": 5}}, 177, id="date-as-number"),
    pytest.param({"arguments": {**_YEAR, "createdBefore": "2025-01-01T00:00:00Z"}}, 177, id="empty-range"),
    pytest.param({"arguments": {**_YEAR, "createdBefore": "2026-01-01T00:00:01Z"}}, 177, id="over-a-year"),
    pytest.param({"arguments": {"createdAfter": "2025-02-01T11:59:59Z"}}, 177, id="over-a-year-until-now"),
    pytest.param({"arguments": {**_YEAR, "type": "1"}}, 177, id="type"),
    pytest.param({"arguments": {**_YEAR, "prospectOnly": "true"}}, 177, id="prospect-only"),
    pytest.param({"fields": ["id", "nope"]}, 130, id="field"),
    pytest.param({"fields": []}, 154, id="empty-fields"),
    pytest.param({"fields": None}, 13, id="no-fields"),
    pytest.param({"fields": ["id"] * 151}, 154, id="151-fields"),
    pytest.param({"fields": ["campaign.createdBy.email"]}, 193, id="too-deep"),
    pytest.param({"maxFileSizeBytes": 99}, 231, id="file-too-small"),
    pytest.param({"maxFileSizeBytes": 200_000_001}, 232, id="file-too-large"),
    pytest.param({"maxFileSizeBytes": "many"}, 154, id="file-size"),
    pytest.param({"includeByteOrderMark": 1}, 154, id="flag"),
    pytest.param({"object": "visitorActivity"}, 154, id="version-4-property"),
    pytest.param({"shows": ""}, 13, id="no-response-fields"),
    pytest.param({"shows": "id,nope"}, 130, id="response-field"),
]


@pytest.mark.parametrize(("body", "code"), _REFUSED)
def test_wrong_create_call_is_refused(client: Client, body: dict[str, Any], code: int) -> None:
    answer = client.create(**body)

    assert (answer.status, answer.json["code"]) == (400, code)
    assert client.emulator.exports == []


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        pytest.param(b"", "application/json", 152, id="empty"),
        pytest.param(b"{", "application/json", 150, id="malformed"),
        pytest.param(b"[]", "application/json", 150, id="not-an-object"),
        pytest.param(b"{}", "text/plain", 151, id="content-type"),
        pytest.param(b"{}", "application/json", 153, id="no-procedure"),
    ],
)
def test_body_that_is_no_request_is_refused(client: Client, body: bytes, content_type: str, code: int) -> None:
    assert client.create_raw(body, content_type=content_type).json["code"] == code


@pytest.mark.parametrize("arguments", [_YEAR, {"createdAfter": "2025-02-01T12:00:00Z"}])
def test_a_whole_year_is_allowed(client: Client, arguments: dict[str, str]) -> None:
    assert client.create(arguments=arguments).status == 201


def test_150_fields_are_allowed(client: Client) -> None:
    assert client.create(fields=["id"] * 150).status == 201


def test_published_minimum_of_file_size_is_the_default(small_store: Store) -> None:
    with Emulator(small_store, clock=ManualClock(NOW)) as emulator, Client(emulator) as client:
        assert client.create(maxFileSizeBytes=9_999_999).json["code"] == 231
        assert client.create(maxFileSizeBytes=10_000_000).status == 201


# -- queue, cancel, expiry


def test_exports_run_one_after_the_other(client: Client) -> None:
    first, second = (client.create().json["id"] for _ in range(2))

    seen = [(client.read_export(second).json["status"], client.emulator.exports[0].status.value) for _ in range(6)]

    assert seen == [
        ("Waiting", "Waiting"),
        ("Waiting", "Processing"),
        ("Waiting", "Complete"),
        ("Waiting", "Complete"),
        ("Processing", "Complete"),
        ("Complete", "Complete"),
    ]
    assert client.read_export(first).json["status"] == "Complete"


def test_processing_can_take_time_of_the_clock(small_store: Store, clock: ManualClock) -> None:
    processing = Seconds(waiting=60, processing=120)
    with Emulator(small_store, clock=clock, processing=processing) as emulator, Client(emulator) as client:
        ids = [client.create().json["id"] for _ in range(2)]
        seen = []
        for _ in range(7):
            seen.append([client.read_export(id).json["status"] for id in ids])
            clock.advance(seconds=60)

    assert [first for first, _ in seen] == ["Waiting", "Processing", "Processing"] + ["Complete"] * 4
    assert [second for _, second in seen] == ["Waiting"] * 4 + ["Processing"] * 2 + ["Complete"]


def test_number_of_reads_can_be_chosen(small_store: Store, clock: ManualClock) -> None:
    with Emulator(small_store, clock=clock, processing=Polls(0, 0)) as emulator, Client(emulator) as client:
        assert client.read_export(client.create().json["id"]).json["status"] == "Complete"


def test_cancelled_export_makes_room_for_the_next(client: Client) -> None:
    first, second = (client.create().json["id"] for _ in range(2))

    cancelled = client.send("POST", f"/api/v5/exports/{first}/do/cancel", b"{}")

    assert cancelled.json["status"] == "Canceled"
    assert client.read_export(first).json["resultRefs"] is None
    assert client.finish(second)["status"] == "Complete"


def test_finished_export_cannot_be_cancelled(client: Client) -> None:
    id = client.create().json["id"]
    client.finish(id)

    assert client.send("POST", f"/api/v5/exports/{id}/do/cancel", b"{}").json["code"] == 178


def test_files_expire_after_seven_days(client: Client, clock: ManualClock) -> None:
    id = client.create().json["id"]
    ref = client.finish(id)["resultRefs"][0]
    clock.advance(timedelta(days=7, seconds=-1))
    client.log_in()
    assert client.download(ref).status == 200
    clock.advance(seconds=1)

    expired = client.read_export(id).json

    assert expired == {"id": id, "status": "Complete", "isExpired": True, "resultRefs": None}
    assert client.download(ref).json["code"] == 178


def test_export_unfinished_for_seven_days_is_cancelled_and_expired(client: Client, clock: ManualClock) -> None:
    id = client.create().json["id"]
    clock.advance(timedelta(days=7))
    client.log_in()

    record = client.read_export(id).json

    assert (record["status"], record["isExpired"]) == ("Canceled", True)


def test_unfinished_export_has_no_files(client: Client) -> None:
    id = client.create().json["id"]

    assert client.send("GET", f"/api/v5/exports/{id}/results/9001").json["code"] == 178


@pytest.mark.parametrize("path", ["/api/v5/exports/5?fields=id", "/api/v5/exports/5/results/1"])
def test_unknown_export_is_not_found(client: Client, path: str) -> None:
    answer = client.send("GET", path)

    assert (answer.status, answer.json["code"]) == (404, 109)


def test_unknown_file_is_not_found(client: Client) -> None:
    id = client.create().json["id"]
    client.finish(id)

    assert client.send("GET", f"/api/v5/exports/{id}/results/1").json["code"] == 109


def test_exports_can_be_queried(client: Client, clock: ManualClock) -> None:
    first = client.create().json["id"]
    client.finish(first)
    clock.advance(seconds=60)
    second = client.create().json["id"]

    def ids(**parameters: object) -> list[int]:
        values = client.get("/api/v5/exports", fields="id,status", **parameters).json["values"]
        return [record["id"] for record in values]

    assert ids() == [first, second]
    assert ids(orderBy="createdAt DESC", limit=1) == [second]
    assert ids(createdAtAfter=NOW.isoformat()) == [second]
    assert ids(isExpired="false") == [first, second]
    clock.advance(timedelta(days=7, seconds=-60))
    client.log_in()
    assert ids(isExpired="true") == [first]


@pytest.mark.parametrize("field", ["resultRefs", "fields"])
def test_some_fields_of_exports_are_on_read_only(client: Client, field: str) -> None:
    assert client.get("/api/v5/exports", fields=field).json["code"] == 224


def test_exports_cannot_be_filtered_by_status(client: Client) -> None:
    assert client.get("/api/v5/exports", fields="id", status="Complete").status == 400


def test_state_of_every_export_can_be_looked_at(client: Client) -> None:
    client.finish(client.create().json["id"])

    (export,) = client.emulator.exports

    assert export.rows == ACTIVITIES
    assert json.loads(json.dumps(export.request.body))["fields"] == ["id", "details"]
