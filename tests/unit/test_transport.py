"""Requests against a real server that answers byte by byte what each test lays out."""

from __future__ import annotations

import gzip
import http.client
import inspect
import logging
import random
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from unit.edge_server import Answer, EdgeServer, FakeTime, Request, answer, chunked, edge_server, reset

from pardot.api import bodies
from pardot.api.allowance import Allowance
from pardot.api.bodies import NETWORK_ERRORS, WireError, describe
from pardot.api.credentials import TokenProvider
from pardot.api.retry import Failure
from pardot.api.transport import MAX_IN_FLIGHT, Transport
from pardot.errors import (
    AuthenticationError,
    DataError,
    LimitReachedError,
    PardotError,
    RejectedRequestError,
    TransientRequestError,
)
from pardot.events import Event
from pardot.redaction import Secret
from pardot.settings import Credentials, Settings

UNIT = "0Uv000000000001AAA"
FILE = b"id,name\n" + b"1,x\n" * 100_000
HTML = {"Content-Type": "text/html"}
CHUNKS = {"Content-Length": "", "Transfer-Encoding": "chunked"}


class Rig:
    """A transport on fake time, its server, its login host."""

    def __init__(self, api: EdgeServer, login: EdgeServer, **settings: Any) -> None:
        self.api, self.login, self.time, self.events = api, login, FakeTime(), list[Event]()
        values = {"api_url": api.url, "login_url": login.url, "request_timeout_seconds": 5.0, **settings}
        self.settings = Settings(UNIT, Credentials("app", Secret("app-secret")), **values)
        self.tokens = TokenProvider(self.settings, clock=self.time, sleep=self.time.sleep)
        self.allowance = Allowance()
        self.transport = Transport(
            self.settings,
            self.tokens,
            self.allowance,
            sleep=self.time.sleep,
            monotonic=self.time,
            clock=self.time,
            rng=random.Random(1),  # noqa: S311
            on_event=self.events.append,
        )

    def get(self, path: str = "/api/v5/x") -> Any:
        return self.transport.get_json(path, operation="test.get").data

    def post(self) -> Any:
        return self.transport.post_json("/api/v5/exports", {"a": 1}, operation="test.post").data

    def download(self, *, max_bytes: int = 10_000_000) -> bytes:
        received: list[bytes] = []
        path = "/api/v5/exports/1/results/2"
        self.transport.download(path, received.append, operation="test.file", max_bytes=max_bytes)
        assert all(len(piece) >= bodies.CHUNK_BYTES for piece in received[:-1])
        return b"".join(received)


@pytest.fixture
def rig() -> Iterator[Rig]:
    with edge_server() as api, edge_server() as login:
        login.otherwise = token_answers()
        made = Rig(api, login)
        with made.transport:
            yield made


def token_answers() -> Callable[[socket.socket, Request], None]:
    issued = iter(range(1, 1000))

    def give(connection: socket.socket, request: Request) -> None:
        connection.sendall(answer({"access_token": f"token-{next(issued)}"}))

    return give


def raised(kind: type[PardotError], call: Callable[[], object]) -> Any:
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    return caught.value


# What is sent.


def test_request_carries_what_pardot_asks_for_and_no_more(rig: Rig) -> None:
    assert rig.get() == {"ok": True}
    (request,) = rig.api.requests
    assert request.headers["Authorization"] == "Bearer token-1"
    assert request.headers["Pardot-Business-Unit-Id"] == UNIT
    assert request.headers["X-Return-Api-Usage"] == "1"
    assert "Cookie" not in request.headers


def test_parameters_are_fully_encoded(rig: Rig) -> None:
    params: dict[str, str | int] = {
        "fields": "id,campaign.name",
        "createdAtAfter": "2025-01-01T00:00:00+02:00",
        "orderBy": "id ASC",
        "n": 5,
    }
    rig.transport.get_json("/api/v5/x", params, operation="test")
    target = rig.api.requests[0].target
    assert (
        target == "/api/v5/x?fields=id,campaign.name&createdAtAfter=2025-01-01T00%3A00%3A00%2B02%3A00"
        "&orderBy=id%20ASC&n=5"
    )


def test_absolute_link_is_followed_as_given(rig: Rig) -> None:
    rig.get(f"http://localhost:{rig.api.port}/api/v5/x?nextPageToken=a%2Bb%3D")
    assert rig.api.requests[0].target == "/api/v5/x?nextPageToken=a%2Bb%3D"


def test_link_to_another_door_is_refused_before_anything_is_sent(rig: Rig) -> None:
    with edge_server() as other:
        for link in (f"{other.url}/x", "https://evil.example/x", "//evil.example/x", "file:///etc/passwd"):
            raised(RejectedRequestError, lambda link=link: rig.get(link))  # type: ignore[misc]
            raised(
                RejectedRequestError,
                lambda link=link: rig.transport.download(link, print, operation="x", max_bytes=1),  # type: ignore[misc]
            )
        assert not other.requests
    assert not rig.api.requests
    assert not rig.login.requests
    assert rig.allowance.calls_made == 0


def test_redirect_is_an_error_and_the_token_goes_nowhere(rig: Rig) -> None:
    with edge_server() as other:
        rig.api.otherwise = answer(b"", 302, {"Location": f"{other.url}/stolen?q=1"})
        error = raised(RejectedRequestError, rig.get)
        raised(RejectedRequestError, rig.download)
        assert not other.requests
    assert error.status == 302
    assert "redirect to 127.0.0.1" in str(error)
    assert "stolen" not in str(error)


def test_cookies_and_netrc_play_no_part(rig: Rig, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password never\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    rig.api.will(answer({}, headers={"Set-Cookie": "a=b; Path=/"}))
    rig.get()
    rig.get()
    assert [request.headers.get("Cookie") for request in rig.api.requests] == [None, None]
    assert {request.headers["Authorization"] for request in rig.api.requests} == {"Bearer token-1"}


def test_post_sends_json(rig: Rig) -> None:
    rig.api.will(answer({"id": 7}, 201))
    assert rig.transport.post_json("/x", {"a": "ä"}, {"fields": "id"}, operation="t").status == 201
    (request,) = rig.api.requests
    assert (request.method, request.target, request.body) == ("POST", "/x?fields=id", b'{"a": "\\u00e4"}')
    assert request.headers["Content-Type"] == "application/json"


# What is read.


def test_numbers_keep_their_digits(rig: Rig) -> None:
    rig.api.will(answer(b'{"id": 1, "score": 1.10, "big": 1E+2}', headers={"Content-Type": "application/json"}))
    assert rig.get() == {"id": 1, "score": "1.10", "big": "1E+2"}


@pytest.mark.parametrize(
    "reply",
    [
        answer(gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip"}),
        answer(zlib.compress(b'{"a": 1}'), headers={"Content-Encoding": "deflate"}),
        answer(b'\xef\xbb\xbf{"a": 1}'),
        answer(b'{"a": 1}', headers={"Content-Length": ""}),
        chunked(b'{"a"', b": 1}"),
    ],
    ids=["gzip", "deflate", "bom", "until-close", "chunked"],
)
def test_answers_in_every_wrapping_are_read(reply: bytes, rig: Rig) -> None:
    rig.api.will(reply)
    assert rig.get() == {"a": 1}


def test_empty_answer_is_fine_under_204_only(rig: Rig) -> None:
    rig.api.will(answer(b"", 204))
    assert rig.get() == {}


def test_warnings_are_told(rig: Rig) -> None:
    text = "202;Record(s) have been redacted, sorry, 203;Record count exceeded. No page token returned."
    rig.api.will(answer({"values": []}, headers={"Pardot-Warning": text}))
    reply = rig.transport.get_json("/x", operation="t")
    assert reply.warnings == [
        "202;Record(s) have been redacted, sorry",
        "203;Record count exceeded. No page token returned.",
    ]


def test_values_may_have_a_code_and_a_message(rig: Rig) -> None:
    record = {"id": 3, "code": 109, "message": "hello"}
    rig.api.will(answer(record), answer({"values": [record], "code": 1, "message": "x"}))
    assert rig.get() == record
    assert rig.get()["values"] == [record]


UNREADABLE = {
    "html": answer(b"<html>login</html>", headers=HTML),
    "empty": answer(b""),
    "list": answer(b"[1]"),
    "text": answer(b'"id"'),
    "twice-the-same-key": answer(b'{"id": 1, "id": 2}'),
    "nan": answer(b'{"id": NaN}'),
    "bad-utf8": answer(b'{"id": "\xff"}'),
    "deep": answer(b"[" * 100_000),
    "huge-number": answer(b'{"id": ' + b"9" * 5000 + b"}"),
    "brotli": answer(b"{}", headers={"Content-Encoding": "br"}),
}


@pytest.mark.parametrize("reply", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_unreadable_answer_is_a_data_error_after_two_retries(reply: bytes, rig: Rig) -> None:
    rig.api.otherwise = reply
    error = raised(DataError, rig.get)
    assert (len(rig.api.requests), len(rig.time.slept)) == (3, 2)
    assert "in 3 attempts" in str(error)
    assert "login" not in str(error)


@pytest.mark.parametrize("reply", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_unreadable_answer_to_a_create_leaves_the_outcome_unknown(reply: bytes, rig: Rig) -> None:
    rig.api.otherwise = reply
    assert raised(TransientRequestError, rig.post).outcome_unknown
    assert len(rig.api.requests) == 1


def test_endless_answer_is_cut_off(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pardot.api.transport.LARGEST_JSON_BYTES", 1000)
    rig.api.otherwise = answer(b'{"a": "' + b"x" * 5000 + b'"}')
    raised(DataError, rig.get)


# What goes wrong, by code.


ERROR_SHAPES: dict[str, Callable[[int], tuple[bytes | dict[str, Any], dict[str, str]]]] = {
    "v5": lambda code: ({"code": code, "message": "no"}, {}),
    "v5-text": lambda code: ({"code": str(code), "message": "no"}, {}),
    "v4": lambda code: ({"@attributes": {"stat": "fail", "err_code": code}, "err": "no"}, {}),
    "v4-inner": lambda code: (
        {"@attributes": {"stat": "fail"}, "err": {"@attributes": {"err_code": code}}},
        {},
    ),
    "xml": lambda code: (
        f'<rsp stat="fail"><err code="{code}">no</err></rsp>'.encode(),
        {"Content-Type": "text/xml"},
    ),
}


@pytest.mark.parametrize("status", [200, 400, 401, 403, 429])
@pytest.mark.parametrize("shape", ERROR_SHAPES.values(), ids=ERROR_SHAPES.keys())
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (109, RejectedRequestError),
        (122, LimitReachedError),
        (201, AuthenticationError),
        (214, TransientRequestError),
    ],
)
def test_code_decides_in_every_dialect_and_under_every_status(
    status: int, shape: Callable[[int], Any], code: int, kind: type[PardotError], rig: Rig
) -> None:
    body, headers = shape(code)
    rig.api.otherwise = answer(body, status, headers)
    # After the word that no calls are left today none is made.
    made = (rig.get,) if kind is LimitReachedError else (rig.get, rig.download)
    for call in made:
        error = raised(kind, call)
        assert (error.code, error.status) == (code, status)
    assert (len(rig.api.requests), len(rig.login.requests), rig.time.slept) == (len(made), 1, [])


def test_timed_out_query_asks_for_less(rig: Rig) -> None:
    rig.api.otherwise = answer({"code": 214, "message": "API request timed out"}, 400)
    assert raised(TransientRequestError, rig.get).should_split


@pytest.mark.parametrize("code", [46, 76, 181, 182, 199, 201])
def test_refused_permission_starts_no_token_loop(code: int, rig: Rig) -> None:
    rig.api.otherwise = answer({"code": code, "message": "no"}, 401)
    error = raised(AuthenticationError, rig.get)
    assert (len(rig.api.requests), len(rig.login.requests)) == (1, 1)
    assert len(error.hints) == 1


EXPIRED = {
    "184-under-401": answer({"code": 184, "message": "access_token is invalid"}, 401),
    "184-under-200": answer({"code": 184, "message": "access_token is invalid"}),
    "49-under-401": answer({"code": 49, "message": "Access Denied"}, 401),
    "401-alone": answer(b"", 401),
}


@pytest.mark.parametrize("reply", EXPIRED.values(), ids=EXPIRED.keys())
@pytest.mark.parametrize("verb", ["get", "post", "download"])
def test_expired_token_is_renewed_once_and_the_call_repeated(reply: bytes, verb: str, rig: Rig) -> None:
    last = answer(FILE) if verb == "download" else answer({"id": 1})
    rig.api.will(reply, last)
    getattr(rig, verb)()
    assert [request.headers["Authorization"] for request in rig.api.requests] == [
        "Bearer token-1",
        "Bearer token-2",
    ]
    assert [event.name for event in rig.events] == ["token.renewed"]
    assert rig.time.slept == []


@pytest.mark.parametrize("reply", EXPIRED.values(), ids=EXPIRED.keys())
def test_token_that_fails_twice_is_an_authentication_error(reply: bytes, rig: Rig) -> None:
    rig.api.otherwise = reply
    error = raised(AuthenticationError, rig.get)
    assert (len(rig.api.requests), len(rig.login.requests)) == (2, 2)
    assert error.hints


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(answer({"code": 66, "message": "too many"}, 429), id="66"),
        pytest.param(answer({"code": 202, "message": "minute"}, 429), id="202"),
        pytest.param(answer(b"", 429), id="429"),
    ],
)
@pytest.mark.parametrize("verb", ["get", "post", "download"])
def test_refusal_for_now_is_retried_for_every_verb(reply: bytes, verb: str, rig: Rig) -> None:
    rig.api.will(reply, reply, answer(FILE) if verb == "download" else answer({"id": 1}))
    getattr(rig, verb)()
    assert (len(rig.api.requests), len(rig.time.slept)) == (3, 2)
    assert [event.name for event in rig.events] == ["request.retry", "request.retry"]


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(answer({"code": 183, "message": "try again"}, 500), id="183"),
        pytest.param(answer(b"<h1>down</h1>", 503, HTML), id="503"),
    ],
)
@pytest.mark.parametrize("verb", ["get", "download"])
def test_trouble_of_the_service_is_waited_out_where_repeating_does_no_harm(reply: bytes, verb: str, rig: Rig) -> None:
    rig.api.will(reply, reply, answer(FILE) if verb == "download" else answer({"id": 1}))
    getattr(rig, verb)()
    assert [event.name for event in rig.events] == ["request.retry", "request.retry"]


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(answer({"code": 183, "message": "try again"}, 500), id="183"),
        pytest.param(answer({"code": 0, "message": "gateway"}, 503), id="503 with a code"),
        pytest.param(answer(b"<h1>down</h1>", 503, HTML), id="503"),
    ],
)
def test_trouble_of_the_service_leaves_open_what_a_post_has_done(reply: bytes, rig: Rig) -> None:
    rig.api.will(reply)
    assert raised(TransientRequestError, rig.post).outcome_unknown
    assert len(rig.api.requests) == 1


def test_minute_guard_waits_a_minute(rig: Rig) -> None:
    rig.api.will(answer({"code": 202, "message": "minute"}, 429))
    rig.get()
    assert rig.time.slept[0] >= 60


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(answer(b"", 500), id="500"),
        pytest.param(answer(b"<h1>gateway</h1>", 504, HTML), id="504"),
        pytest.param(reset, id="reset"),
        pytest.param(answer({"id": 1}, headers={"Content-Length": "500"}), id="cut"),
        pytest.param(answer({"code": 109}, 400, headers={"Content-Length": "500"}), id="cut-refusal"),
    ],
)
def test_lost_answer_is_retried_only_where_it_does_no_harm(reply: Answer, rig: Rig) -> None:
    rig.api.will(reply, answer({"id": 1}))
    assert rig.get() == {"id": 1}
    rig.api.will(reply)
    error = raised(TransientRequestError, rig.post)
    assert error.outcome_unknown
    assert len(rig.api.requests) == 3
    rig.api.will(reply, answer({"id": 2}))
    assert rig.transport.post_json("/x", {}, operation="t", idempotent=True).data == {"id": 2}


def test_patience_ends_after_six_attempts(rig: Rig) -> None:
    rig.api.otherwise = answer(b"", 503)
    error = raised(TransientRequestError, rig.get)
    assert (error.attempts, len(rig.api.requests), error.outcome_unknown) == (6, 6, False)


def test_server_wait_is_kept_or_ends_the_call(rig: Rig) -> None:
    rig.api.will(answer(b"", 503, {"Retry-After": "100"}))
    rig.get()
    assert rig.time.slept == [100.0]
    rig.api.will(answer(b"", 503, {"Retry-After": "86400"}))
    assert raised(TransientRequestError, rig.get).retry_after_seconds == 86_400
    assert rig.time.slept == [100.0]


def test_total_patience_bounds_the_waits(rig: Rig) -> None:
    rig.api.otherwise = answer({"code": 202, "message": "minute"}, 429, {"Retry-After": "119"})
    rig.transport._policy = type(rig.transport._policy)(max_attempts=100)
    raised(TransientRequestError, rig.get)
    assert sum(rig.time.slept) <= 600


def test_unreachable_host_is_transient_also_for_a_create(rig: Rig) -> None:
    with edge_server() as gone:
        pass
    lost = Rig(gone, rig.login)
    for call in (lost.get, lost.post):
        error = raised(TransientRequestError, call)
        assert (error.attempts, error.outcome_unknown, error.reason) == (
            6,
            False,
            "the connection was refused",
        )


def test_silence_ends_with_the_timeout(rig: Rig) -> None:
    impatient = Rig(rig.api, rig.login, request_timeout_seconds=0.2)
    release = threading.Event()

    def silent(connection: socket.socket, request: Request) -> None:
        release.wait(5)

    rig.api.will(silent)
    try:
        error = raised(TransientRequestError, impatient.post)
    finally:
        release.set()
    assert (error.outcome_unknown, error.reason) == (True, "the server went silent")


# Counting, clock, limits.


def test_usage_header_stops_us_in_time(rig: Rig) -> None:
    rig.api.otherwise = answer({}, headers={"x-api-usage": "99/100"})
    rig.get()
    assert (rig.allowance.used, rig.allowance.maximum) == (99, 100)
    rig.get()
    rig.api.otherwise = answer({}, headers={"x-api-usage": "100/100"})
    rig.get()
    error = raised(LimitReachedError, rig.get)
    assert (error.used, error.operation, len(rig.api.requests)) == (100, "test.get", 3)


def test_every_attempt_counts(rig: Rig) -> None:
    rig.api.will(answer(b"", 503), answer(b"", 401))
    rig.get()
    assert rig.allowance.calls_made == 3


def test_time_is_the_servers(rig: Rig) -> None:
    assert rig.transport.server_now() == datetime.fromtimestamp(rig.time.now, timezone.utc)
    assert rig.transport.clock_skew_seconds is None
    at = datetime(2020, 1, 1, 12, tzinfo=timezone.utc)
    rig.api.will(answer({}, headers={"Date": format_datetime(at, usegmt=True)}), answer({}, headers={"Date": "junk"}))
    rig.get()
    rig.get()
    rig.time.now += 30
    assert (rig.transport.server_now() - at).total_seconds() == 30
    assert rig.transport.clock_skew_seconds == pytest.approx(rig.time.now - 30 - at.timestamp())


def test_five_requests_at_most_are_in_flight_over_all_transports(rig: Rig) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def slow(connection: socket.socket, request: Request) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.03)
        with lock:
            now -= 1
        connection.sendall(answer({}))

    rig.api.otherwise = slow
    second = Rig(rig.api, rig.login)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: (rig, second)[n % 2].get(), range(32)))
    assert most == MAX_IN_FLIGHT


def test_logs_and_events_hold_names_and_numbers_only(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="pardot")
    rig.api.will(answer({"code": 66, "message": "body-text token-1"}, 429), answer({"email": "body-text"}))
    rig.get("/api/v5/x?email=ann%40acme.example")
    assert "request.done operation=test.get method=GET path=/api/v5/x status=200 milliseconds=" in caplog.text
    for text in ("token-1", "app-secret", "body-text", "acme.example", "Bearer"):
        assert text not in caplog.text + "".join(map(str, rig.events))


def test_token_in_server_text_is_taken_out_of_the_error(rig: Rig) -> None:
    rig.api.otherwise = answer({"code": 109, "message": "Bearer token-1 is fine,\nnot found"}, 404)
    assert "“Bearer [secret] is fine, not found”" in str(raised(RejectedRequestError, rig.get))


# Downloads.


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(answer(FILE), id="length"),
        pytest.param(chunked(FILE[:70_000], FILE[70_000:]), id="chunked"),
        pytest.param(answer(gzip.compress(FILE), headers={"Content-Encoding": "gzip"}), id="gzip"),
        pytest.param(answer(zlib.compress(FILE), headers={"Content-Encoding": "deflate"}), id="deflate"),
        pytest.param(
            answer(gzip.compress(FILE[:9]) + gzip.compress(FILE[9:]), headers={"Content-Encoding": "gzip"}),
            id="two-gzip-members",
        ),
    ],
)
def test_whole_file_arrives_in_every_wrapping(reply: bytes, rig: Rig) -> None:
    rig.api.will(reply)
    assert rig.download() == FILE
    assert rig.api.requests[0].headers["Accept-Encoding"] == "identity"


def test_large_file_comes_in_large_pieces(rig: Rig) -> None:
    rig.api.will(answer(FILE * 12))
    assert len(rig.download()) == 12 * len(FILE)


def test_empty_file_is_a_file(rig: Rig) -> None:
    rig.api.will(answer(b""))
    assert rig.download() == b""


ZIPPED = gzip.compress(FILE)
BROKEN = {
    **{f"cut-after-{tenth}0-percent": answer(FILE)[: -len(FILE) * (10 - tenth) // 10] for tenth in range(1, 10)},
    "length-too-large": answer(FILE, headers={"Content-Length": str(len(FILE) + 1)}),
    "no-framing": answer(FILE, headers={"Content-Length": ""}),
    "length-is-no-number": answer(FILE, headers={"Content-Length": "many"}),
    "chunks-without-end": chunked(FILE, end=b""),
    "cut-inside-a-chunk": chunked(FILE)[:-1000],
    "bad-chunk-size": chunked(FILE, end=b"zz\r\n"),
    "cut-gzip-with-right-length": answer(ZIPPED[:-100], headers={"Content-Encoding": "gzip"}),
    "gzip-without-checksum": answer(ZIPPED[:-8], headers={"Content-Encoding": "gzip"}),
    "gzip-with-bad-checksum": answer(ZIPPED[:-8] + b"\0" * 8, headers={"Content-Encoding": "gzip"}),
    "gzip-with-garbage-behind": answer(ZIPPED + b"garbage", headers={"Content-Encoding": "gzip"}),
    "not-gzip": answer(FILE, headers={"Content-Encoding": "gzip"}),
    "empty-gzip": answer(b"", headers={"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("reply", BROKEN.values(), ids=BROKEN.keys())
def test_broken_body_is_never_taken_for_a_file(reply: bytes, rig: Rig) -> None:
    rig.api.will(reply)
    error = raised(TransientRequestError, rig.download)
    assert error.body_interrupted
    assert (len(rig.api.requests), error.path) == (1, "/api/v5/exports/1/results/2")


def test_reset_in_the_middle_is_an_interrupted_body(rig: Rig) -> None:
    def half(connection: socket.socket, request: Request) -> None:
        connection.sendall(answer(FILE)[:200_000])
        reset(connection, request)

    rig.api.will(half)
    assert raised(TransientRequestError, rig.download).body_interrupted


@pytest.mark.parametrize("reply", [reset, answer(b"", 503), answer(b"<h1>x</h1>", 200, HTML), answer({"a": 1})])
def test_trouble_before_the_body_is_retried_and_the_sink_unharmed(reply: Answer, rig: Rig) -> None:
    rig.api.will(reply, answer(FILE))
    assert rig.download() == FILE


@pytest.mark.parametrize("reply", [answer(b"<h1>Log in</h1>", 200, HTML), answer({"a": 1})], ids=["html", "json"])
def test_page_instead_of_a_file_is_a_data_error(reply: bytes, rig: Rig) -> None:
    rig.api.otherwise = reply
    assert "Expected a result file" in str(raised(DataError, rig.download))
    assert len(rig.api.requests) == 3


def test_zip_bomb_is_defused(rig: Rig) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    rig.api.will(answer(bomb, headers={"Content-Encoding": "gzip"}))
    assert "at most 1000000 bytes" in str(raised(DataError, lambda: rig.download(max_bytes=1_000_000)))


def test_endless_body_is_cut_off(rig: Rig) -> None:
    def endless(connection: socket.socket, request: Request) -> None:
        connection.sendall(answer(headers=CHUNKS))
        for _ in range(10_000):
            connection.sendall(b"%x\r\n%b\r\n" % (len(FILE), FILE))

    rig.api.will(endless)
    raised(DataError, lambda: rig.download(max_bytes=1_000_000))


def test_slow_drip_ends_with_the_total_time(rig: Rig) -> None:
    def drip(connection: socket.socket, request: Request) -> None:
        connection.sendall(answer(headers={"Content-Length": "1000000"}))
        for _ in range(1000):
            rig.time.now += 1000  # as if each byte took that long
            connection.sendall(b"x")
            time.sleep(0.001)

    rig.api.will(drip)
    error = raised(TransientRequestError, rig.download)
    assert error.body_interrupted
    assert "not complete after 3600 seconds" in str(error)


def test_errors_of_the_sink_pass_untouched(rig: Rig) -> None:
    full = OSError(28, "No space left on device")

    def sink(piece: bytes) -> None:
        raise full

    rig.api.will(answer(FILE))
    with pytest.raises(OSError, match="No space left") as caught:
        rig.transport.download("/x", sink, operation="t", max_bytes=10_000_000)
    assert caught.value is full
    rig.api.will(answer({"still": "works"}))
    assert rig.get() == {"still": "works"}


# No foreign exception escapes.


def exception_classes() -> list[type[BaseException]]:
    modules = (requests.exceptions, urllib3.exceptions, http.client)
    found = {
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Exception) and not issubclass(kind, Warning) and kind.__module__ == module.__name__
    }
    return sorted(found, key=lambda kind: f"{kind.__module__}.{kind.__name__}")


@pytest.mark.parametrize("kind", exception_classes(), ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_exception_of_the_http_libraries_becomes_ours(
    kind: type[BaseException], rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert issubclass(kind, NETWORK_ERRORS)

    class Raised(kind):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            """Without the arguments that each of them wants."""

        def __str__(self) -> str:
            return "https://pi.pardot.com/x?secret=canary"

    def fail(*args: object, **kwargs: object) -> None:
        raise Raised

    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", fail)
    monkeypatch.setattr(rig.tokens, "token", lambda: FakeToken)
    with pytest.raises(PardotError) as caught:
        rig.post()
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert not isinstance(caught.value.__context__, kind)
    assert isinstance(describe(Raised(), sent=True), WireError)


class FakeToken:
    value = Secret("fake-token")


def test_nothing_counts_as_not_sent_once_it_was_sent() -> None:
    for kind in exception_classes():
        error = kind.__new__(kind)
        assert describe(error, sent=True).failure is not Failure.NOT_SENT


def test_certificate_that_nobody_vouches_for_is_final_and_gets_no_token(rig: Rig, tmp_path: Path) -> None:
    with edge_server(tls=self_signed(tmp_path)) as api:
        error = raised(RejectedRequestError, Rig(api, rig.login).get)
        assert not api.requests
    assert "certificate could not be verified" in str(error)
    assert "Nothing was sent" in str(error)


def self_signed(folder: Path) -> ssl.SSLContext:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(timezone.utc)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    signed = made.sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    text = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + signed.public_bytes(pem)
    (folder / "both.pem").write_bytes(text)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context
