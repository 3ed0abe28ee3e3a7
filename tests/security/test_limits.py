"""Everything that a vendor can make large, many or slow has a bound, and each bound has a test."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import pytest
from project_code import ROOT
from unit.edge_server import EdgeServer, FakeTime, answer, edge_server

from pardot import catalogue
from pardot.api import bodies, retry, transport, wire
from pardot.api.allowance import Allowance
from pardot.api.credentials import TokenProvider
from pardot.api.transport import Transport
from pardot.errors import PardotError
from pardot.events import LONGEST_TEXT, Event
from pardot.exports import driver
from pardot.redaction import Secret
from pardot.settings import Credentials, Settings

TESTS = ROOT / "tests"
UNIT = "0Uv000000000001AAA"


class Limit(NamedTuple):
    """A bound, what it is at most, and the test that meets it."""

    value: float
    at_most: float
    proof: str


LIMITS = {
    "bytes of a JSON answer": Limit(
        transport.LARGEST_JSON_BYTES, 64 << 20, "unit/test_transport.py::test_endless_answer_is_cut_off"
    ),
    "bytes of a result file": Limit(
        driver.MAX_FILE_BYTES, 4 << 30, "unit/test_transport.py::test_endless_body_is_cut_off"
    ),
    "bytes unpacked at a time": Limit(bodies.CHUNK_BYTES, 1 << 20, "unit/test_transport.py::test_zip_bomb_is_defused"),
    "seconds for a result file": Limit(
        transport.DOWNLOAD_SECONDS, 3600, "unit/test_transport.py::test_slow_drip_ends_with_the_total_time"
    ),
    "seconds to connect": Limit(
        wire.CONNECT_TIMEOUT_SECONDS, 20, "unit/test_transport.py::test_silence_ends_with_the_timeout"
    ),
    "attempts of a call": Limit(
        retry.RetryPolicy().max_attempts, 6, "unit/test_transport.py::test_patience_ends_after_six_attempts"
    ),
    "seconds for all attempts": Limit(
        retry.RetryPolicy().total_seconds, 3600, "unit/test_transport.py::test_total_patience_bounds_the_waits"
    ),
    "seconds that a server may ask for": Limit(
        retry.RetryPolicy().longest_wait_seconds,
        3600,
        "unit/test_transport.py::test_server_wait_is_kept_or_ends_the_call",
    ),
    "requests in flight": Limit(
        transport.MAX_IN_FLIGHT,
        5,
        "unit/test_transport.py::test_five_requests_at_most_are_in_flight_over_all_transports",
    ),
    "exports for one window": Limit(
        driver.MAX_EXPORTS_PER_WINDOW,
        5,
        "faults/test_exports.py::test_export_that_is_lost_every_time_ends_the_attempts",
    ),
    "downloads of one file": Limit(
        driver.MAX_DOWNLOADS_PER_FILE,
        5,
        "faults/test_downloads.py::test_damage_every_time_ends_with_run_again_and_the_next_run_resumes",
    ),
    "seconds for one export": Limit(
        Settings(UNIT).export_patience_seconds,
        7200,
        "faults/test_exports.py::test_unfinished_export_is_waited_for_by_the_next_run",
    ),
    "fields of an export": Limit(catalogue.MAX_EXPORT_FIELDS, 150, "unit/test_catalogue.py::test_fields_fit_an_export"),
    "characters of a field in a log": Limit(
        LONGEST_TEXT, 300, "security/test_limits.py::test_words_of_a_server_are_cut_in_logs"
    ),
}


@pytest.mark.parametrize("name", LIMITS)
def test_limit_stands_and_has_a_test(name: str) -> None:
    limit = LIMITS[name]
    assert 0 < limit.value <= limit.at_most
    file, _, function = limit.proof.partition("::")
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@dataclass
class Rig:
    api: EdgeServer
    login: EdgeServer
    transport: Transport


@pytest.fixture
def rig() -> Iterator[Rig]:
    with edge_server() as api, edge_server() as login:
        login.otherwise = answer({"access_token": "a-token"})
        settings = Settings(UNIT, Credentials("app", Secret("app-secret")), api_url=api.url, login_url=login.url)
        time = FakeTime()
        tokens = TokenProvider(settings, clock=time, sleep=time.sleep)
        yield Rig(api, login, Transport(settings, tokens, Allowance(), sleep=time.sleep, monotonic=time, clock=time))


HOSTILE_ANSWERS = {
    "three hundred headers": b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(300)) + b"\r\n{}",
    "a header of 70 kB": b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n{}",
    "a status line of 70 kB": b"HTTP/1.1 200 " + b"y" * 70_000 + b"\r\n\r\n{}",
    "an error of 3 MB": answer(b'{"code": 1, "message": "' + b"y" * 3_000_000 + b'"}', 400),
    "a length of 400 digits": answer(b"{}", headers={"Content-Length": "9" * 400}),
    "a length below zero": answer(b"{}", headers={"Content-Length": "-1"}),
    "JSON of a hundred thousand levels": answer(b"[" * 100_000, headers={"Content-Type": "application/json"}),
    "a number of 5,000 digits": answer(b'{"a": ' + b"9" * 5_000 + b"}", headers={"Content-Type": "application/json"}),
    "a chunk of all there is": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
    "a wait of 400 digits": answer({"code": 66, "message": "x"}, 429, {"Retry-After": "9" * 400}),
}


@pytest.mark.parametrize("name", HOSTILE_ANSWERS)
def test_answer_without_measure_is_one_of_our_errors(name: str, rig: Rig) -> None:
    rig.api.otherwise = HOSTILE_ANSWERS[name]
    with pytest.raises(PardotError) as caught:
        rig.transport.get_json("/api/v5/x", operation="test.get")
    assert len(str(caught.value)) < 700
    assert 1 <= len(rig.api.requests) <= 6


def test_login_answer_without_measure_is_refused(rig: Rig) -> None:
    rig.login.otherwise = answer(b'{"access_token": "' + b"y" * (2 << 20) + b'"}')
    with pytest.raises(PardotError):
        rig.transport.get_json("/api/v5/x", operation="test.get")
    assert rig.api.requests == []


def test_words_of_a_server_are_cut_in_logs() -> None:
    event = Event("export.polled", {"status": "y" * 100_000, "rows": 7})
    assert len(str(event)) < 400
    assert event.fields["rows"] == 7


@pytest.mark.parametrize("cut", [120, 130, 140])
def test_secret_that_is_cut_by_a_limit_is_still_hidden(cut: int) -> None:
    secret = "canary-of-forty-characters-0123456789-abc"
    Secret(secret)
    text = f"{'x' * 100} {secret}"[:cut]
    assert secret[:10] not in str(Event("query.warning", {"warning": text}))
