"""`check`: a sound set-up passes; a broken one fails with exactly one line and the exit code of who has to act."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

import pytest
from command_line import Outcome, invoke
from kit import build_store

from pardot_emulator import Emulator, Fault, ManualClock, Store

PREFIX = "SOURCES__PARDOT__"


class Broken(NamedTuple):
    """One thing that is wrong, and what `check` must make of it."""

    name: str
    exit_code: int
    variables: dict[str, str] = {}  # noqa: RUF012  a default that nobody changes
    fault: Callable[[], Fault] | None = None
    clock_hours: float = 0.0


def error(operation: str, code: int, status: int = 403) -> Callable[[], Fault]:
    return lambda: Fault(operation, "error", times=2, code=code, status=status)


BROKEN = {
    "unknown app": Broken("login", 2, {"CREDENTIALS__CLIENT_ID": "another"}),
    "wrong client secret": Broken("login", 2, {"CREDENTIALS__CLIENT_SECRET": "not-the-secret"}),
    "revoked refresh token": Broken("login", 2, {"CREDENTIALS__REFRESH_TOKEN": "not-the-token"}),
    "business unit of somebody else": Broken("business unit", 2, {"BUSINESS_UNIT_ID": "0Uv000000000009CAA"}),
    "malformed business unit": Broken("settings", 2, {"BUSINESS_UNIT_ID": "0Uv"}),
    "unknown key": Broken("settings", 2, {"BUSINESS_UNIT": "0Uv000000000009CAA"}),
    "two logins at once": Broken("settings", 2, {"CREDENTIALS__USERNAME": "x", "CREDENTIALS__PASSWORD": "password"}),
    "plain http elsewhere": Broken("settings", 2, {"API_URL": "http://pi.pardot.com"}),
    "no private key there": Broken("settings", 2, {"CREDENTIALS__PRIVATE_KEY_FILE": "nowhere.pem"}),
    "API switched off": Broken("ability", 2, fault=error("export.query", 76)),
    "may not see activities": Broken("ability", 2, fault=error("query:visitor-activities", 46)),
    "login host unreachable": Broken("login", 75, {"LOGIN_URL": "http://127.0.0.1:9"}),
    "API host unreachable": Broken("business unit", 75, {"API_URL": "http://127.0.0.1:9"}),
    "login host out of order": Broken("login", 75, fault=lambda: Fault("token", "http", times=2, status=503)),
    "API out of order": Broken("business unit", 75, fault=lambda: Fault("account", "http", times=2, status=503)),
    "allowance used up": Broken("allowance", 75, {"MAX_DAILY_CALLS": "1"}),
    "clock that is slow": Broken("clock", 1, clock_hours=3),
}


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with build_store(100) as store:
        yield store


def failing(outcome: Outcome) -> list[str]:
    """Return the names of the lines that failed."""
    checks = json.loads(outcome.out)["checks"]
    assert [one["ok"] for one in checks] == [one["exit_code"] == 0 for one in checks]
    return [one["name"] for one in checks if not one["ok"]]


def check(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> Outcome:
    for name, value in {
        **emulator.environment(),
        **{f"{PREFIX}{name}": value for name, value in variables.items()},
    }.items():
        monkeypatch.setenv(name, value)
    if "CREDENTIALS__PRIVATE_KEY_FILE" in variables:
        monkeypatch.delenv(f"{PREFIX}CREDENTIALS__REFRESH_TOKEN")
        monkeypatch.setenv(f"{PREFIX}CREDENTIALS__USERNAME", "api.user@example.com")
    return invoke("check", "--json")


def test_sound_set_up_passes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator(store) as emulator:
        outcome = check(emulator, monkeypatch, {})
    assert (outcome.code, failing(outcome)) == (0, [])


@pytest.mark.parametrize("case", BROKEN)
def test_one_broken_thing_is_one_failing_line(case: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = BROKEN[case]
    clock = ManualClock(datetime.now(timezone.utc) + timedelta(hours=broken.clock_hours))
    with Emulator(store, clock=clock) as emulator:
        if broken.fault is not None:
            emulator.faults.add(broken.fault())
        outcome = check(emulator, monkeypatch, broken.variables)
        assert (failing(outcome), outcome.code) == ([broken.name], broken.exit_code)
        if broken.exit_code == 2 and broken.name == "settings":
            assert emulator.calls == ()


def test_line_that_fails_says_what_mends_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator(store) as emulator:
        outcome = check(emulator, monkeypatch, {"CREDENTIALS__CLIENT_SECRET": "not-the-secret"})
    (line,) = [one for one in json.loads(outcome.out)["checks"] if not one["ok"]]
    assert "check `client_secret`" in line["detail"] + line["fix"]
