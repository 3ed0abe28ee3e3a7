"""The limits of the account: at once, per minute, per day."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import pytest
from emulator.http_client import Client

from pardot_emulator import Behaviour, Emulator, Fault, ManualClock, Store


def _code(client: Client) -> int | None:
    code: int | None = client.query("lists", fields="id").json.get("code")
    return code


def test_daily_limit_ends_at_midnight_of_the_account(small_store: Store) -> None:
    clock = ManualClock(datetime(2026, 2, 1, 23, 0, tzinfo=timezone.utc))
    with Emulator(small_store, clock=clock, daily_limit=3) as emulator, Client(emulator) as client:
        assert [_code(client) for _ in range(5)] == [None, None, None, 122, 122]
        clock.set(datetime(2026, 2, 2, 4, 59, 59, tzinfo=timezone.utc))
        client.log_in()
        assert _code(client) == 122
        clock.advance(seconds=1)  # midnight in New York
        assert _code(client) is None
        assert emulator.calls_used == 4


def test_login_and_refused_calls_cost_nothing(client: Client) -> None:
    client.log_in()
    client.send("GET", "/api/v5/objects/lists?fields=id", headers={"Authorization": "Bearer x"})

    assert client.emulator.calls_used == 0


def test_daily_limit_travels_as_http_429(small_store: Store, clock: ManualClock) -> None:
    with Emulator(small_store, clock=clock, daily_limit=0) as emulator, Client(emulator) as client:
        answer = client.query("lists", fields="id")

    assert (answer.status, answer.json) == (429, {"code": 122, "message": "Daily API rate limit met"})
    assert "retry-after" not in answer.headers


def test_allowance_used_by_others_counts(client: Client) -> None:
    client.emulator.limits.used_today = 99_999

    assert [_code(client), _code(client)] == [None, 122]


def test_minute_limit_slides(small_store: Store, clock: ManualClock) -> None:
    with Emulator(small_store, clock=clock, minute_limit=2) as emulator, Client(emulator) as client:
        assert _code(client) is None
        clock.advance(seconds=30)
        assert [_code(client), _code(client)] == [None, 202]
        clock.advance(seconds=30)
        assert [_code(client), _code(client)] == [None, 202]


def test_sixth_request_at_once_is_refused(emulator: Emulator) -> None:
    gate = threading.Event()
    emulator.faults.add(Fault("query:lists", "stall", times=5, event=gate))

    def ask(collection: str) -> int | None:
        with Client(emulator) as client:
            code: int | None = client.query(collection, fields="id").json.get("code")
            return code

    with ThreadPoolExecutor(5) as pool:
        stalled = [pool.submit(ask, "lists") for _ in range(5)]
        while emulator.faults.unconsumed:
            threading.Event().wait(0.001)
        refused = ask("campaigns")
        gate.set()
        assert [each.result() for each in stalled] == [None] * 5

    assert refused == 66
    assert emulator.max_in_flight_seen == 6
    emulator.faults.assert_all_consumed()


def test_five_busy_connections_never_meet_the_limit(emulator: Emulator) -> None:
    def ask_often(_: int) -> set[int | None]:
        with Client(emulator) as client:
            return {_code(client) for _ in range(40)}

    with ThreadPoolExecutor(5) as pool:
        assert set().union(*pool.map(ask_often, range(5))) == {None}
    assert emulator.max_in_flight_seen <= 5


@pytest.mark.parametrize(("zone", "code"), [("America/New_York", 122), ("UTC", None)])
def test_midnight_is_the_accounts_not_the_users(small_store: Store, zone: str, code: int | None) -> None:
    clock = ManualClock(datetime(2026, 2, 1, 23, 59, 59, tzinfo=timezone.utc))
    behaviour = Behaviour(account_zone=zone, user_zone="Asia/Kolkata")
    with (
        Emulator(small_store, clock=clock, behaviour=behaviour, daily_limit=1) as emulator,
        Client(emulator) as client,
    ):
        client.query("lists", fields="id")
        clock.advance(seconds=1)
        assert _code(client) == code
