"""Planned faults: each kind does what its name says, as often as planned."""

from __future__ import annotations

import gzip
import http.client
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import pytest
from emulator.http_client import Client

from pardot_emulator import Emulator, Fault
from pardot_emulator.faults import KINDS


@pytest.fixture
def ref(client: Client) -> str:
    """The address of a result file."""
    found: str = client.finish(client.create().json["id"])["resultRefs"][0]
    return found


def test_fault_waits_for_its_turn_and_happens_as_often_as_planned(client: Client, emulator: Emulator) -> None:
    fault = Fault("query:lists", "error", times=2, skip=1, code=183)
    emulator.faults.add(fault)

    codes = [client.query("lists", fields="id").json.get("code") for _ in range(5)]

    assert codes == [None, 183, 183, None, None]
    assert emulator.faults.consumed == [fault]
    emulator.faults.assert_all_consumed()


def test_fault_that_never_happened_is_named(emulator: Emulator) -> None:
    emulator.faults.add(Fault("export.read", "fail_export"))

    with pytest.raises(AssertionError, match=r"never met: \[Fault\('export.read', 'fail_export'"):
        emulator.faults.assert_all_consumed()
    emulator.faults.clear()
    emulator.faults.assert_all_consumed()


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="known are accept_then_drop"):
        Fault("any", "explode")


def test_every_operation_can_be_met(client: Client, emulator: Emulator) -> None:
    id = client.create().json["id"]
    path = f"/api/v5/exports/{id}"
    requests: dict[str, Callable[[], object]] = {
        "token": lambda: client.token(grant_type="client_credentials"),
        "export.create": client.create,
        "export.read": lambda: client.read_export(id),
        "export.query": lambda: client.get("/api/v5/exports", fields="id"),
        "export.download": lambda: client.send("GET", f"{path}/results/1"),
        "export.cancel": lambda: client.send("POST", f"{path}/do/cancel", b"{}"),
        "query:prospects": lambda: client.query("prospects", fields="id"),
        "read:prospects": lambda: client.query("prospects/1", fields="id"),
        "account": lambda: client.query("account", fields="id"),
        "any": lambda: client.query("tags", fields="id"),
    }
    for operation, request in requests.items():
        emulator.faults.add(Fault(operation, "http", status=503))
        request()
        emulator.faults.assert_all_consumed()
        assert emulator.calls[-1].status == 503


@pytest.mark.parametrize(
    ("fault", "status", "begin"),
    [
        pytest.param(
            Fault("any", "error", code=214),
            504,
            b'{"code":214,"message":"API request timed out."}',
            id="error",
        ),
        pytest.param(
            Fault("any", "error", code=999, message="New", status=418),
            418,
            b'{"code":999,"message":"New"}',
            id="new",
        ),
        pytest.param(Fault("any", "http", status=502, body="bad gateway"), 502, b"bad gateway", id="http"),
        pytest.param(Fault("any", "wrong_body"), 200, b"<!DOCTYPE html>", id="login-page"),
        pytest.param(Fault("any", "wrong_body", body="{", content_type="application/json"), 200, b"{", id="json"),
        pytest.param(Fault("any", "redirect", location="https://evil.example.com/"), 302, b"", id="redirect"),
        pytest.param(Fault("any", "expire_token"), 401, b'{"code":184', id="expire-token"),
        pytest.param(Fault("any", "patch", values=None), 200, b'{"nextPageToken": null', id="patch"),
        pytest.param(Fault("any", "drip", piece_bytes=3), 200, b'{"nextPageToken":null', id="drip"),
        pytest.param(Fault("any", "stall", seconds=0.001), 200, b'{"nextPageToken":null', id="stall"),
        pytest.param(Fault("any", "stall", seconds=0.001, after_bytes=4), 200, b'{"next', id="stall-inside"),
        pytest.param(Fault("any", "no_framing"), 200, b'{"nextPageToken":null', id="no-framing"),
    ],
)
def test_answers_with_a_fault(client: Client, emulator: Emulator, fault: Fault, status: int, begin: bytes) -> None:
    emulator.faults.add(fault)

    answer = client.query("lists", fields="id")

    assert (answer.status, answer.body[: len(begin)]) == (status, begin)
    assert answer.headers.get("location") == fault.detail.get("location")
    emulator.faults.assert_all_consumed()


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault("query:lists", "reset"), id="before"),
        pytest.param(Fault("query:lists", "reset", after_bytes=5), id="after-bytes"),
        pytest.param(Fault("query:lists", "reset", fraction=0.5), id="at-half"),
        pytest.param(Fault("query:lists", "accept_then_drop"), id="handled-but-unanswered"),
    ],
)
def test_connection_is_reset_and_the_next_works(client: Client, emulator: Emulator, fault: Fault) -> None:
    emulator.faults.add(fault)

    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        client.query("lists", fields="id")

    assert client.query("lists", fields="id").status == 200
    emulator.faults.assert_all_consumed()


def test_dropped_create_call_has_created_the_export(client: Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("export.create", "accept_then_drop"))

    with pytest.raises(ConnectionResetError):
        client.create()

    assert [each.id for each in emulator.exports] == [88101]


def test_cut_file_breaks_its_promised_length(client: Client, emulator: Emulator, ref: str) -> None:
    emulator.faults.add(Fault("export.download", "cut", after_bytes=50))

    with pytest.raises(http.client.IncompleteRead) as caught:
        client.download(ref)

    assert len(caught.value.partial) == 50


def test_cut_file_with_a_matching_length_looks_complete(client: Client, emulator: Emulator, ref: str) -> None:
    whole = client.download(ref).body
    emulator.faults.add(Fault("export.download", "cut", fraction=0.5, right_length=True))

    assert client.download(ref).body == whole[: len(whole) // 2]
    assert client.download(ref).body == whole


def test_bad_gzip_has_a_wrong_checksum(client: Client, emulator: Emulator, ref: str) -> None:
    emulator.faults.add(Fault("export.download", "bad_gzip"))

    with pytest.raises(gzip.BadGzipFile, match="CRC check failed"):
        gzip.decompress(client.download(ref).body)


def test_longer_body_goes_on_after_its_announced_end(client: Client, emulator: Emulator, ref: str) -> None:
    whole = client.download(ref).body
    emulator.faults.add(Fault("export.download", "longer", after_bytes=50))

    assert client.download(ref).body == whole[:50]
    with pytest.raises((http.client.HTTPException, ConnectionResetError)):
        client.download(ref)  # over the same connection comes the rest


@pytest.mark.parametrize("kind", ["open_chunks", "bad_chunks"])
def test_chunks_break_off(client: Client, emulator: Emulator, ref: str, kind: str) -> None:
    whole = client.download(ref).body
    emulator.faults.add(Fault("export.download", kind, fraction=0.5))

    with pytest.raises(http.client.IncompleteRead) as caught, _answer_to(client, urlsplit(ref).path) as answer:
        answer.read()

    assert whole.startswith(caught.value.partial)
    assert client.download(ref).body == whole


@pytest.mark.parametrize("packed", [False, True])
def test_endless_body_goes_on_until_the_client_hangs_up(emulator: Emulator, client: Client, packed: bool) -> None:
    emulator.faults.add(Fault("query:lists", "endless", packed=packed))

    with _answer_to(client, "/api/v5/objects/lists?fields=id") as answer:
        body = answer.read(30_000)

    assert len(body) == 30_000
    text = zlib.decompressobj(31).decompress(body) if packed else body
    assert text.endswith(bytes(1 << 20) if packed else b"x" * 1000)
    assert not packed or len(text) > 100 * len(body)


@contextmanager
def _answer_to(client: Client, path: str) -> Iterator[http.client.HTTPResponse]:
    """Send a request over a connection of its own, which is closed however little is read of the answer."""
    with closing(http.client.HTTPConnection(urlsplit(client.emulator.url).netloc, timeout=10)) as connection:
        connection.request("GET", path, headers=client.headers)
        with connection.getresponse() as answer:
            yield answer


def test_gateway_answers_for_a_call_that_was_handled(client: Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("export.create", "gateway"))

    assert client.create().status == 504
    assert [each.id for each in emulator.exports] == [88101]


def test_answer_can_be_edited(client: Client, emulator: Emulator, ref: str) -> None:
    whole = client.download(ref).body
    emulator.faults.add(Fault("export.download", "edit", change=bytes.upper))

    assert client.download(ref).body == whole.upper() != whole


def test_answer_can_have_further_headers(client: Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("any", "headers", headers={"X-Noise": "x" * 1000}))

    assert client.query("lists", fields="id").headers["x-noise"] == "x" * 1000


def test_truncated_gzip_cannot_be_unpacked(client: Client, emulator: Emulator, ref: str) -> None:
    emulator.faults.add(Fault("export.download", "truncated_gzip", fraction=0.7))

    answer = client.download(ref)

    assert answer.headers["content-encoding"] == "gzip"
    with pytest.raises(EOFError):
        gzip.decompress(answer.body)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("fail_export", {"status": "Failed", "isExpired": False}),
        ("cancel_export", {"status": "Canceled", "isExpired": False}),
        ("expire_export", {"status": "Waiting", "isExpired": True}),
        ("unknown_status", {"status": "Reticulating", "isExpired": False}),
        ("vanish_export", {"code": 109}),
    ],
)
@pytest.mark.parametrize("operation", ["export.create", "export.read"])
def test_exports_meet_their_fate(
    client: Client, emulator: Emulator, operation: str, kind: str, expected: dict[str, object]
) -> None:
    emulator.faults.add(Fault(operation, kind))

    created = client.create(shows="id,status,isExpired").json
    record = created if (operation, kind) == ("export.create", "unknown_status") else client.read_export(88101).json

    assert {name: record.get(name) for name in expected} == expected
    emulator.faults.assert_all_consumed()


def test_slow_export_takes_more_reads(client: Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("export.create", "slow_export", reads=2))
    id = client.create().json["id"]

    statuses = [client.read_export(id).json["status"] for _ in range(5)]

    assert statuses == ["Waiting", "Processing", "Processing", "Processing", "Complete"]


def test_close_ends_a_stall(emulator: Emulator, client: Client) -> None:
    emulator.faults.add(Fault("any", "stall", event=threading.Event()))
    thread = threading.Thread(target=lambda: client.query("lists", fields="id"))
    thread.start()
    while emulator.faults.unconsumed:
        threading.Event().wait(0.001)

    emulator.faults.release()

    thread.join(5)
    assert not thread.is_alive()


def test_call_log_tells_what_happened(client: Client, emulator: Emulator) -> None:
    client.query("lists", fields="nope")

    call = emulator.calls[-1]

    assert (call.method, call.path, call.operation) == ("GET", "/api/v5/objects/lists", "query:lists")
    assert (call.status, call.code, call.authorization_present) == (400, 130, True)
    assert call.bytes == len('{"code":130,"message":"One or more of the specified fields are invalid: nope"}')


def test_failure_of_the_emulator_itself_does_not_go_unnoticed(emulator: Emulator, client: Client) -> None:
    emulator.store.add_column("lists", "broken")
    emulator.faults.add(Fault("query:lists", "error", code="not a number"))

    assert client.query("lists", fields="id").json["code"] == 183
    with pytest.raises(RuntimeError, match="the emulator itself failed 1 times"):
        emulator.raise_problems()
    emulator.forgive_problems()


def test_every_kind_is_documented() -> None:
    import pardot_emulator.faults as module

    assert module.__doc__ is not None
    assert all(f"``{kind}``" in module.__doc__ for kind in KINDS)
