"""Every documented error code, through a real transport against the emulator: class, attempts, exit code, message."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from unit.edge_server import FakeTime

from pardot.api.allowance import Allowance
from pardot.api.codes import CODES, Verdict
from pardot.api.credentials import TokenProvider
from pardot.api.transport import Transport
from pardot.errors import AuthenticationError, PardotError, RequestError
from pardot.redaction import Secret
from pardot.settings import Credentials, Settings
from pardot_emulator import Emulator, Fault, Store

GOLDEN = Path(__file__).parent.parent / "golden" / "error_codes.json"
SAID = "what Pardot says"
CALLS = {
    5: ("/api/v5/objects/visitor-activities", "query:visitor-activities"),
    4: ("/api/visitorActivity/version/4/do/query?format=json", "v4.query:visitorActivity"),
    3: ("/api/visitorActivity/version/3/do/query", "v3.query:visitorActivity"),
}
"""Version -> the path of a query, of which version 3 answers in XML, and what the emulator calls it."""

DOCUMENTED = (
    "1-68 70-77 79-81 83-86 88-126 128-135 137-139 145-146 150-166 174-178 180-184 188 190 192-194 197-199 201-211 "
    "214-224 226-228 231-237 239 242-246 10000"
)
"""The codes of "Error Codes and Messages"; the guide leaves gaps."""


class Rig:
    """A transport on fake time, and the emulator that refuses what it sends."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator, self.time = emulator, FakeTime()
        given = emulator.credentials
        credentials = Credentials(
            given.client_id, Secret(given.client_secret), refresh_token=Secret(given.refresh_token)
        )
        self._settings = Settings(emulator.business_unit_id, credentials, api_url=emulator.url, login_url=emulator.url)
        self._tokens = TokenProvider(self._settings, clock=self.time, sleep=self.time.sleep)

    def transport(self) -> Transport:
        """Return a transport of its own for a code: after one that ends the day's calls none is made."""
        return Transport(
            self._settings,
            self._tokens,
            Allowance(),
            sleep=self.time.sleep,
            monotonic=self.time,
            rng=random.Random(1),  # noqa: S311
        )

    def outcome(self, code: int, *, version: int = 5, status: int | None = None) -> tuple[dict[str, Any], PardotError]:
        """Meet a code for as long as it takes, and return what became of it."""
        path, operation = CALLS[version]
        fault = Fault(operation, "error", times=100, code=code, message=SAID, **({"status": status} if status else {}))
        self.emulator.faults.clear()
        self.emulator.faults.add(fault)
        before = len(self.emulator.calls)
        with self.transport() as transport, pytest.raises(PardotError) as caught:
            transport.get_json(path, operation="query")
        attempts = sum(call.operation == operation for call in self.emulator.calls[before:])
        error = caught.value
        facts = {"class": type(error).__name__, "attempts": attempts, "exit_code": error.exit_code}
        return {**facts, "message": str(error)}, error


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with Store() as store, Emulator(store) as emulator:
        yield Rig(emulator)


def numbers(ranges: str) -> list[int]:
    pairs = ((first, last or first) for first, _, last in (part.partition("-") for part in ranges.split()))
    return [number for first, last in pairs for number in range(int(first), int(last) + 1)]


def test_every_documented_code_has_a_line() -> None:
    assert list(CODES) == numbers(DOCUMENTED)
    assert all(code.meaning for code in CODES.values())


def test_every_code_ends_as_reviewed(rig: Rig) -> None:
    found = {str(code): rig.outcome(code)[0] for code in CODES}
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("version", [4, 3])
def test_older_versions_refuse_under_http_200_and_come_to_the_same(version: int, rig: Rig) -> None:
    for code in CODES:
        (modern, error), (older, other) = rig.outcome(code, status=200), rig.outcome(code, version=version, status=200)
        assert {**older, "message": ""} == {**modern, "message": ""}, code
        assert isinstance(error, RequestError)
        assert isinstance(other, RequestError)
        assert (other.status, other.code, other.reason) == (200, code, SAID)
        assert str(other).rpartition("Evidence: ")[2] == str(error).rpartition("Evidence: ")[2]


def test_codes_come_to_the_same_under_every_status_but_one(rig: Rig) -> None:
    differing = set()
    for code in CODES:
        usual, plain = rig.outcome(code)[0], rig.outcome(code, status=200)[0]
        if {**usual, "message": ""} != {**plain, "message": ""}:
            differing.add(code)
    assert differing == {49}, "access denied under 401 is what a call without a usable token gets"
    assert rig.outcome(84, status=500)[0]["attempts"] == 6, "a code without a meaning leaves it to the status"


@pytest.mark.parametrize(("status", "attempts", "exit_code"), [(200, 1, 1), (400, 1, 1), (429, 6, 75), (502, 6, 75)])
def test_unknown_code_is_repeated_only_where_the_status_asks_for_patience(
    status: int, attempts: int, exit_code: int, rig: Rig
) -> None:
    facts, _ = rig.outcome(9999, status=status)
    assert (facts["attempts"], facts["exit_code"]) == (attempts, exit_code)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (46, "ability to view"),
        (49, "scope `pardot_api`"),
        (53, "IP address"),
        (76, "switch API access on"),
        (88, "`sources.pardot.api_version` to 4"),
        (89, "`sources.pardot.api_version` to 3"),
        (94, "`sources.pardot.api_version` to 5, 4 or 3"),
        (122, "after midnight of the account's time zone"),
        (181, "`Pardot-Business-Unit-Id`"),
        (182, "18 characters"),
        (184, "synced to the business unit"),
        (199, "connected app"),
        (201, "pi.demo.pardot.com"),
        (203, "default administrator role"),
    ],
)
def test_the_message_says_what_a_person_has_to_do(code: int, said: str, rig: Rig) -> None:
    facts, error = rig.outcome(code)
    assert said in facts["message"]
    assert isinstance(error, AuthenticationError) is (CODES[code].verdict in (Verdict.AUTH, Verdict.RENEW_TOKEN))


def test_no_message_is_longer_than_three_sentences() -> None:
    endings = [code for code, one in CODES.items() if ". " in one.next_step or one.next_step.endswith(".")]
    assert endings == []
