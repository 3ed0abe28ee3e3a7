"""One export from its intent to its files, call by call."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast

import pytest
from scripted import NOW, Answer, ScriptedTransport

from pardot.catalogue import CATALOGUE
from pardot.dialects.version5 import Version5Exports
from pardot.errors import (
    DataError,
    ExportFailedError,
    ExportTimedOutError,
    RejectedRequestError,
    TransientRequestError,
)
from pardot.events import Event
from pardot.exports.driver import (
    CACHE_SECONDS,
    DOWNLOADS_AT_ONCE,
    MAX_ANSWERS_LOST,
    MAX_EXPORTS_PER_WINDOW,
    Exports,
    FetchedExport,
)
from pardot.exports.ledger import Ledger
from pardot.exports.messages import Status, build_request, parse_result_urls, parse_status, serves
from pardot.windows import Window, api_time

ENTRY = CATALOGUE["visits"]
FIELDS = ("id", "visitorId")
CONTENT = b"id,visitorId\n1,7\n2,8\n"
URL = "https://pi.example.com/api/v5/exports/88/results/1"
OPEN = Window(NOW - timedelta(days=30), None)
CREATED: dict[str, Any] = {"id": 88, "status": "Waiting", "createdAt": "2026-03-01T11:59:58+00:00"}
WAITING: Answer = {"id": 88, "status": "Waiting"}
COMPLETE: dict[str, Any] = {"id": 88, "status": "Complete", "isExpired": False, "resultRefs": [URL]}
GONE = RejectedRequestError("export.read", status=404, code=109, reason="Export not found")
LOST = TransientRequestError("export.create", outcome_unknown=True)


@dataclass
class Desk:
    """Exports over a scripted transport, with a clock that only waiting moves."""

    ledger: Ledger
    folder: Path
    events: list[Event] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    transport: ScriptedTransport = field(default_factory=lambda: ScriptedTransport({}))

    def exports(self, **script: list[Answer]) -> Exports:
        usual: dict[str, list[Answer]] = {
            "export.create": [CREATED],
            "export.read": [COMPLETE],
            "export.download": [{"content": CONTENT}],
            "export.query": [{"values": []}],
        }
        given = {name.replace("_", "."): answers for name, answers in script.items()}
        self.transport = ScriptedTransport({**usual, **given})
        return Exports(
            cast(Any, self.transport),
            Version5Exports(cast(Any, self.transport)),
            self.ledger,
            self.folder,
            poll_seconds=10,
            patience_seconds=600,
            on_event=self.events.append,
            sleep=self.waits.append,
            monotonic=lambda: sum(self.waits),
        )

    def fetch(self, window: Window = OPEN, **script: list[Answer]) -> FetchedExport:
        exports = self.exports(**script)
        (record,) = exports.plan(ENTRY, FIELDS, [window], by_update=True)
        return exports.fetch(ENTRY, record)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.note_in_use()
    yield Desk(ledger, tmp_path / "exports")
    ledger.close()


# -- pure parts


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Waiting", Status.PENDING),
        ("PROCESSING", Status.PENDING),
        ("complete", Status.COMPLETE),
        ("Completed", Status.COMPLETE),
        ("Failed", Status.LOST),
        ("Canceled", Status.LOST),
        ("Cancelled", Status.LOST),
        (" Expired ", Status.LOST),
    ],
)
def test_status_words_are_understood_in_any_case(word: str, status: Status) -> None:
    assert parse_status(word) is status


def test_expired_export_is_lost_whatever_its_word() -> None:
    assert parse_status("Complete", is_expired=True) is Status.LOST
    assert parse_status("Brewing", is_expired=True) is Status.LOST


@pytest.mark.parametrize("word", ["Brewing", "Complete With Errors", "", None, 7])
def test_word_that_nobody_has_written_down_is_unfinished(word: object) -> None:
    assert parse_status(word) is Status.PENDING


REQUEST = build_request(CATALOGUE["visitors"], FIELDS, Window(NOW - timedelta(days=9), None), by_update=True)
CLOSED = build_request(CATALOGUE["visitors"], FIELDS, Window(NOW - timedelta(days=9), NOW), by_update=True)


def listed(request: dict[str, object], **changes: object) -> dict[str, object]:
    """Return an export as the query lists it, with some of its arguments changed; None takes one away."""
    procedure = cast(dict[str, Any], request["procedure"])
    arguments = {name: value for name, value in {**procedure["arguments"], **changes}.items() if value is not None}
    return {"id": 5, "procedure": {"name": procedure["name"], "arguments": arguments}}


EARLIER, LATER = "2025-01-01T00:00:00Z", "2026-12-31T00:00:00+0000"


@pytest.mark.parametrize(
    ("export", "request_", "does"),
    [
        (listed(REQUEST), REQUEST, True),
        (listed(REQUEST, updatedAfter=EARLIER), REQUEST, True),
        (listed(REQUEST, updatedAfter=None), REQUEST, True),
        (listed(REQUEST, updatedAfter=LATER), REQUEST, False),
        (listed(REQUEST, updatedBefore=LATER), REQUEST, False),
        (listed(CLOSED), CLOSED, True),
        (listed(CLOSED, updatedBefore=LATER), CLOSED, True),
        (listed(CLOSED, updatedBefore=EARLIER), CLOSED, False),
        (listed(CLOSED, updatedBefore=None), CLOSED, False),
        (listed(REQUEST, deleted="false"), REQUEST, False),
        (listed(REQUEST, deleted=None), REQUEST, False),
        (listed(REQUEST, createdAfter=EARLIER), REQUEST, False),
        (listed(REQUEST, updatedAfter="yesterday"), REQUEST, False),
        ({"procedure": {"name": "Visitor/FilterByUpdatedAt"}}, REQUEST, False),
        ({"procedure": "Visitor/FilterByUpdatedAt"}, REQUEST, False),
        ({"procedure": {**listed(REQUEST)["procedure"], "name": "Visit/FilterByUpdatedAt"}}, REQUEST, False),  # type: ignore[dict-item]
        ({}, REQUEST, False),
    ],
)
def test_export_serves_when_it_leaves_nothing_out(
    export: dict[str, object], request_: dict[str, object], does: bool
) -> None:
    assert serves(export, request_) is does


@pytest.mark.parametrize("nothing", [None, "", []], ids=repr)
def test_no_links_are_no_files(nothing: object) -> None:
    assert parse_result_urls(nothing, "88") == []


@pytest.mark.parametrize(
    ("value", "links"),
    [
        (URL, [URL]),
        ([URL, URL + "2"], [URL, URL + "2"]),
        ([URL, URL], [URL]),
        ([{"url": URL}], [URL]),
        ([9001], ["/api/v5/exports/88/results/9001"]),
        ([None, "", URL], [URL]),
    ],
    ids=["text", "list", "doubled", "objects", "numbers", "holes"],
)
def test_links_are_found_in_every_shape(value: object, links: list[str]) -> None:
    assert parse_result_urls(value, "88") == links


@pytest.mark.parametrize("value", [[1.5], [True], [[URL]]], ids=repr)
def test_links_of_another_kind_are_refused(value: object) -> None:
    with pytest.raises(DataError):
        parse_result_urls(value, "88")


def test_request_names_the_procedure_the_bounds_and_the_fields() -> None:
    window = Window(datetime(2026, 1, 1, tzinfo=timezone.utc), datetime(2026, 2, 1, tzinfo=timezone.utc))
    assert build_request(CATALOGUE["visitors"], FIELDS, window, by_update=False) == {
        "procedure": {
            "name": "Visitor/FilterByCreatedAt",
            "arguments": {
                "createdAfter": "2025-12-31T23:59:59+00:00",
                "createdBefore": "2026-02-01T00:00:01+00:00",
                "deleted": "all",
            },
        },
        "fields": ["id", "visitorId"],
        "includeByteOrderMark": False,
        "legacyDateFormat": False,
    }
    activities = build_request(CATALOGUE["visitor_activities"], FIELDS, OPEN, by_update=True)
    assert activities["procedure"] == {
        "name": "VisitorActivity/FilterByUpdatedAt",
        "arguments": {"updatedAfter": OPEN.after_bound, "prospectOnly": False},
    }


# -- the course of one export


def test_export_is_created_waited_for_and_fetched(desk: Desk) -> None:
    fetched = desk.fetch(export_read=[WAITING, WAITING, COMPLETE])
    assert desk.transport.operations() == ["export.create", *["export.read"] * 3, "export.download"]
    assert desk.waits == [8, 10, 10]  # it was created two seconds ago
    assert [file.path.read_bytes() for file in fetched.files] == [CONTENT]
    assert fetched.end_at == datetime(2026, 3, 1, 11, 59, 58, tzinfo=timezone.utc)
    assert fetched.window == OPEN


@pytest.mark.parametrize("stamp", ["2026-03-01T13:00:00+00:00", "soon", None], ids=str)
def test_open_window_never_ends_after_the_moment_of_asking(stamp: str | None, desk: Desk) -> None:
    assert desk.fetch(export_create=[{"id": 88, "createdAt": stamp}]).end_at == NOW


def test_closed_window_ends_where_it_says(desk: Desk) -> None:
    closed = Window(OPEN.start_at, NOW - timedelta(days=10))
    assert desk.fetch(closed).end_at == closed.end_at


def test_waits_grow_and_end_with_patience(desk: Desk) -> None:
    with pytest.raises(ExportTimedOutError) as caught:
        desk.fetch(export_read=[WAITING])
    assert desk.waits[:9] == [8, 10, 10, 20, 30, 50, 60, 90, 100]
    assert sum(desk.waits) <= 600 < sum(desk.waits) + 100
    assert (caught.value.export_id, caught.value.object_name, caught.value.window) == (88, "visits", str(OPEN))


def test_next_run_goes_on_with_the_same_export(desk: Desk) -> None:
    with pytest.raises(ExportTimedOutError):
        desk.fetch(export_read=[WAITING])
    later = Window(OPEN.start_at + timedelta(hours=1), None)
    assert desk.fetch(later).window == OPEN
    assert desk.transport.operations() == ["export.read", "export.download"]
    assert "export.resumed" in [event.name for event in desk.events]


def test_nothing_is_asked_for_what_is_on_disk(desk: Desk) -> None:
    desk.fetch()
    assert [file.rows for file in desk.fetch().files] == [2]
    assert desk.transport.operations() == []


def test_other_fields_need_other_exports_and_remove_the_old_files(desk: Desk) -> None:
    first = desk.fetch()
    exports = desk.exports(export_create=[{"id": 89}], export_download=[{"content": b"id\n1\n"}])
    (record,) = exports.plan(ENTRY, ("id",), [OPEN], by_update=True)
    assert record.export_id is None
    assert not first.files[0].path.exists()


def test_intended_window_that_grew_over_a_year_is_planned_anew(desk: Desk) -> None:
    exports = desk.exports()
    exports.plan(ENTRY, FIELDS, [Window(NOW - timedelta(days=366), None)], by_update=True)
    (record,) = exports.plan(ENTRY, FIELDS, [OPEN], by_update=True)
    assert record.start_at == api_time(OPEN.start_at)


def test_export_without_rows_has_no_file(desk: Desk) -> None:
    assert desk.fetch(export_read=[{"status": "Complete", "resultRefs": None}]).files == ()


def test_export_is_first_looked_at_when_it_is_as_old_as_such_exports_get(desk: Desk) -> None:
    """A look costs a call of the day's allowance."""
    for day, seconds in enumerate((900.0, 40.0, 44.0, 48.0), start=1):
        desk.ledger.note_duration(ENTRY.table, seconds, f"2026-02-{day:02}")
    desk.fetch(export_read=[WAITING, WAITING, WAITING, COMPLETE])
    assert desk.waits == [38, 10, 10, 20]


@pytest.mark.parametrize(("known", "waits"), [(0.2, [0.2, 1.0, 1.0]), (9_000.0, [98, 10, 10])])
def test_learned_waits_have_bounds(known: float, waits: list[float], desk: Desk) -> None:
    desk.ledger.note_duration(ENTRY.table, known, "2026-02-01")
    created = {**CREATED, "createdAt": api_time(NOW + timedelta(seconds=2))} if known < 1 else CREATED
    desk.fetch(export_create=[created], export_read=[WAITING, WAITING, COMPLETE])
    assert desk.waits == waits


def test_resumed_export_is_looked_at_at_once(desk: Desk) -> None:
    desk.ledger.note_duration(ENTRY.table, 60.0, "2026-02-01")
    created = {**CREATED, "createdAt": api_time(NOW - timedelta(hours=1))}
    desk.fetch(export_create=[created])
    assert desk.waits == []


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        ({"createdAt": "2026-03-01T11:59:58Z", "updatedAt": "2026-03-01T12:00:01Z"}, 3.0),
        ({"createdAt": "2026-03-01T11:59:58Z", "updatedAt": "2026-03-01T11:59:58Z"}, 20.0),
        ({"createdAt": "soon", "updatedAt": "2026-03-01T12:00:01Z"}, 20.0),
        ({}, 20.0),
    ],
    ids=["told", "same", "unreadable", "missing"],
)
def test_duration_is_the_export_s_own_where_it_tells(times: dict[str, str], seconds: float, desk: Desk) -> None:
    desk.fetch(export_read=[WAITING, WAITING, {**COMPLETE, **times}])
    assert desk.ledger.usual_seconds(ENTRY.table) == pytest.approx(seconds, abs=8)
    assert (desk.ledger.usual_seconds(ENTRY.table) == 3.0) is (seconds == 3.0)


# -- answers that are lost


def ours(**more: object) -> dict[str, object]:
    request = build_request(ENTRY, FIELDS, OPEN, by_update=True)
    return {"id": 88, "procedure": request["procedure"], "isExpired": False, **more}


def test_export_whose_answer_was_lost_is_found_at_once(desk: Desk) -> None:
    desk.fetch(export_create=[LOST], export_query=[{"values": [{"id": 87, "procedure": {}}, ours()]}])
    assert desk.transport.operations()[:2] == ["export.create", "export.query"]
    assert CACHE_SECONDS not in desk.waits


def test_list_that_may_be_cached_is_asked_for_again_before_another_export_is_made(desk: Desk) -> None:
    desk.fetch(export_create=[LOST], export_query=[{"values": []}, {"values": [ours()]}])
    assert desk.transport.operations()[:3] == ["export.create", "export.query", "export.query"]
    assert desk.waits[0] == CACHE_SECONDS


def test_create_call_that_did_nothing_is_repeated(desk: Desk) -> None:
    desk.fetch(export_create=[LOST, CREATED])
    assert desk.transport.operations().count("export.create") == 2


def test_create_calls_that_do_nothing_end(desk: Desk) -> None:
    with pytest.raises(TransientRequestError):
        desk.fetch(export_create=[LOST])
    assert desk.transport.operations().count("export.create") == MAX_ANSWERS_LOST


def test_export_of_somebody_else_or_of_another_window_is_not_adopted(desk: Desk) -> None:
    others = [ours(isExpired=True), ours(procedure={"name": "Visit/FilterByUpdatedAt", "arguments": {}}), 7]
    desk.fetch(export_create=[LOST, CREATED], export_query=[{"values": others}])
    assert desk.transport.operations().count("export.create") == 2


def test_run_after_a_kill_looks_before_it_creates(desk: Desk) -> None:
    (record,) = desk.exports().plan(ENTRY, FIELDS, [OPEN], by_update=True)
    desk.ledger.asked(record.request_id)
    desk.fetch(export_query=[{"values": [ours()]}])
    looks = ["export.query", "export.read"]  # only a look at it tells its fields
    assert desk.transport.operations() == [*looks, "export.read", "export.download"]


def test_answer_without_a_number_is_refused(desk: Desk) -> None:
    with pytest.raises(DataError, match="numeric `id`"):
        desk.fetch(export_create=[{"id": None}])


# -- exports that are lost


@pytest.mark.parametrize(
    "loss",
    [{"status": "Failed"}, {"status": "Canceled"}, {"status": "Complete", "isExpired": True}, GONE],
    ids=["failed", "cancelled", "expired", "vanished"],
)
def test_lost_export_is_created_anew_with_its_window_closed(loss: Answer, desk: Desk) -> None:
    fetched = desk.fetch(export_create=[CREATED, {"id": 89}], export_read=[loss, COMPLETE])
    first, second = (one.body for one in desk.transport.asked if one.operation == "export.create")
    assert first is not None
    assert second is not None
    assert "updatedBefore" not in json.dumps(first)
    assert second["procedure"]["arguments"]["updatedBefore"] == "2026-03-01T11:59:59+00:00"
    assert fetched.export_id == "89"
    assert fetched.end_at == datetime(2026, 3, 1, 11, 59, 58, tzinfo=timezone.utc)


def test_attempts_are_bounded(desk: Desk) -> None:
    with pytest.raises(ExportFailedError) as caught:
        desk.fetch(export_read=[{"status": "Failed"}])
    assert desk.transport.operations().count("export.create") == MAX_EXPORTS_PER_WINDOW
    assert caught.value.window is not None


def test_files_that_cannot_be_read_are_no_attempts(desk: Desk) -> None:
    """Else the third day's one failure would pass for the third in a row."""
    for _ in range(MAX_EXPORTS_PER_WINDOW):
        with pytest.raises(DataError):
            desk.fetch(export_download=[{"content": b"<html>"}])
    fetched = desk.fetch(export_create=[CREATED, {"id": 89}], export_read=[{"status": "Failed"}, COMPLETE])
    assert fetched.export_id == "89"


@pytest.mark.parametrize("code", [66, 178])
def test_account_that_takes_no_second_export_is_waited_for(code: int, desk: Desk) -> None:
    busy = RejectedRequestError("export.create", status=400, code=code)
    desk.fetch(export_create=[busy, busy, CREATED])
    assert desk.waits == [10, 10, 8]


def test_refusal_for_good_passes_through_with_its_window(desk: Desk) -> None:
    refused = RejectedRequestError("export.create", status=400, code=177)
    with pytest.raises(RejectedRequestError) as caught:
        desk.fetch(export_create=[refused])
    assert caught.value is refused
    assert caught.value.window == f"{ENTRY.table}, {OPEN}"
    assert desk.waits == []


# -- several files


MANY = [f"{URL}{number}" for number in range(2 * DOWNLOADS_AT_ONCE)]


def test_files_are_fetched_a_few_at_a_time(desk: Desk) -> None:
    meeting, under_way, most = threading.Barrier(DOWNLOADS_AT_ONCE), threading.Semaphore(DOWNLOADS_AT_ONCE), []

    def together(_: Mapping[str, Any]) -> Mapping[str, Any]:
        most.append(under_way.acquire(blocking=False))
        meeting.wait(timeout=30)  # each waits for the others, so one after the other would break it
        under_way.release()
        return {"content": CONTENT}

    fetched = desk.fetch(export_read=[COMPLETE | {"resultRefs": MANY}], export_download=[together])
    assert [file.path.name for file in fetched.files] == [f"{number}.csv" for number in range(len(MANY))]
    assert most == [True] * len(MANY)
    assert [event.fields["rows"] for event in desk.events if event.name == "export.file_fetched"] == [2] * len(MANY)


def test_what_was_fetched_beside_a_failure_is_not_fetched_again(desk: Desk) -> None:
    complete = COMPLETE | {"resultRefs": MANY}
    refused = RejectedRequestError("export.download", status=500, code=1, reason="no")
    content: Answer = {"content": CONTENT}
    with pytest.raises(RejectedRequestError):
        desk.fetch(export_read=[complete], export_download=[content, refused, content])
    first = desk.transport.operations().count("export.download")
    assert 2 <= first <= len(MANY)
    assert len(desk.fetch(export_read=[complete]).files) == len(MANY)
    again = Counter(desk.transport.operations())
    assert again == {"export.download": len(MANY) - (first - 1)}
