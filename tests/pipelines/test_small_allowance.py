"""An allowance that does not do for all objects in a day: nobody waits for ever, and the share is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from kit import Account, build_store, open_account, table_differences, without_several_values

from pardot.catalogue import select_entries
from pardot_emulator import Fault
from pardot_etl.runs.run import RunOptions
from pardot_etl.runs.summary import RunSummary

SHARE = 25
TABLES = [entry.table for entry in select_entries("standard")]


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    account = open_account(tmp_path, without_several_values(build_store(200)), daily_limit=100)
    account.sleep = lambda _: None
    with account.emulator:
        yield account
    account.store.close()


def run(account: Account) -> tuple[RunSummary, int]:
    """Return the summary and the calls that the account was charged with."""
    before = account.emulator.calls_used
    summary = account.run(RunOptions(transform=False), max_daily_calls=SHARE, reserve_percent=0, review_days=0)
    return summary, account.emulator.calls_used - before


def published(account: Account) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(account.places.published_database), read_only=True)


def loaded(account: Account) -> set[str]:
    with published(account) as db:
        found = db.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'pardot'").fetchall()
    return {str(name) for (name,) in found} & set(TABLES)


def test_objects_take_turns_and_no_day_costs_more_than_its_share(account: Account) -> None:
    days = 0
    while days == 0 or loaded(account) != set(TABLES):
        days += 1
        assert days < 10, f"never loaded: {set(TABLES) - loaded(account)}"
        summary, charged = run(account)
        assert charged <= SHARE
        if summary.exit_code:
            assert summary.exit_code == 75
            (message,) = summary.failures
            assert f"we stop at {SHARE}" in message
        account.clock.advance(timedelta(days=1))
    assert days > 1, "one day has done for all"
    with published(account) as db:
        assert table_differences(account.store, db, TABLES) == {}


def test_further_run_of_a_day_says_once_that_no_calls_are_left(account: Account) -> None:
    _, before = run(account)
    summary, charged = run(account)
    # A new process has to ask for the account's counters, and that is a call.
    assert (summary.exit_code, before + charged <= SHARE + 1) == (75, True)
    (message,) = summary.failures
    assert "nor any for" in message
    assert len(message.split(". ")) == 3


def test_refusal_for_today_ends_all_calls(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """One call at a time, so that none is under way beside the refused one."""
    monkeypatch.setattr("pardot.api.transport._slots", {})
    monkeypatch.setattr("pardot.api.transport.MAX_IN_FLIGHT", 1)
    account.emulator.faults.add(Fault("query:campaigns", "error", code=122, status=400))
    summary = account.run(RunOptions(transform=False), review_days=0)
    assert (summary.exit_code, len(summary.failures)) == (75, 1)
    names = [call.operation for call in account.emulator.calls]
    assert names[-1] == "query:campaigns"
    assert len(names) < 70, "all objects were read before"
    account.emulator.faults.assert_all_consumed()
