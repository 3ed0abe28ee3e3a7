"""Faults of single requests: each kind of call gets over what passes, and stops clearly at what does not."""

from __future__ import annotations

import pytest
from fetching import WINDOWS, Fetcher, OpenAccount, calls
from kit import Account

from pardot.errors import AuthenticationError, LimitReachedError, TransientRequestError
from pardot_emulator import Behaviour, Fault

EVERY_KIND_OF_CALL = ("export.create", "export.read", "export.download", "query:prospects", "query:custom-fields")


def fetch_both_ways(fetcher: Fetcher) -> None:
    for table in ("visitor_activities", "prospects"):
        assert fetcher.ids(table) == fetcher.expected_ids(table)


@pytest.mark.parametrize("operation", EVERY_KIND_OF_CALL)
def test_token_that_expires_is_renewed_once(operation: str, fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(Fault(operation, "expire_token"))
    fetch_both_ways(fetcher)
    assert account.emulator.logins == 2


@pytest.mark.parametrize("operation", EVERY_KIND_OF_CALL)
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "code": 66},
        {"kind": "error", "code": 202},
        {"kind": "http", "status": 503},
        {"kind": "http", "status": 429, "headers": {"Retry-After": "1"}},
    ],
    ids=["five at once", "minute limit", "503", "429"],
)
def test_refusal_that_passes_is_repeated(
    operation: str, fault: dict[str, object], fetcher: Fetcher, account: Account
) -> None:
    account.emulator.faults.add(Fault(operation, times=2, **fault))  # type: ignore[arg-type]
    fetch_both_ways(fetcher)
    assert len(account.emulator.exports) == WINDOWS


@pytest.mark.parametrize("operation", [name for name in EVERY_KIND_OF_CALL if name != "export.create"])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "http", "status": 502},
        {"kind": "http", "status": 500},
        {"kind": "reset"},
        {"kind": "accept_then_drop"},
        {"kind": "wrong_body"},
        {"kind": "error", "code": 183},
    ],
    ids=["502", "500", "reset", "answer lost", "login page", "internal error"],
)
def test_call_that_only_reads_is_repeated(
    operation: str, fault: dict[str, object], fetcher: Fetcher, account: Account
) -> None:
    account.emulator.faults.add(Fault(operation, times=2, **fault))  # type: ignore[arg-type]
    fetch_both_ways(fetcher)


@pytest.mark.parametrize("operation", ["export.read", "query:prospects"])
def test_patience_with_a_service_that_is_down_ends(operation: str, fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(Fault(operation, "http", times=6, status=503))
    with pytest.raises(TransientRequestError) as caught:
        fetch_both_ways(fetcher)
    assert caught.value.exit_code == 75
    assert calls(account)[operation] == 6


def test_error_under_http_200_is_an_error(open_small_account: OpenAccount) -> None:
    account = open_small_account(Behaviour(errors_under_http_200=True))
    account.emulator.faults.add(
        Fault("export.read", "error", code=184), Fault("query:prospects", "error", code=66, times=2)
    )
    with Fetcher(account) as fetcher:
        fetch_both_ways(fetcher)


def test_day_limit_ends_the_run_at_once(fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(Fault("export.read", "error", code=122))
    with pytest.raises(LimitReachedError) as caught:
        fetcher.gather()
    assert caught.value.exit_code == 75
    before = calls(account)
    assert before["export.read"] == 1
    with pytest.raises(LimitReachedError):
        fetcher.gather()
    assert calls(account) == before
    with Fetcher(account) as next_day:
        assert next_day.ids() == next_day.expected_ids()
    assert calls(account)["export.create"] == WINDOWS


def test_refused_login_is_not_tried_again(fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(
        Fault("token", "http", status=400, body='{"error": "invalid_grant"}', content_type="application/json")
    )
    for _ in range(2):
        with pytest.raises(AuthenticationError) as caught:
            fetcher.gather()
        assert caught.value.exit_code == 2
    assert calls(account) == {"token": 1}


def test_wait_longer_than_a_run_is_not_shortened(fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(Fault("export.read", "http", status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(TransientRequestError) as caught:
        fetcher.gather()
    assert caught.value.retry_after_seconds == 3600
    assert calls(account)["export.read"] == 1
