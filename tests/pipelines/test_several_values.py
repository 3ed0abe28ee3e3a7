"""Custom fields of prospects that hold several values: the query refuses them, exports bring them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from kit import Account, build_store, open_account, several_values, table_differences

from pardot_emulator import Behaviour, Fault
from pardot_etl.runs.run import RunOptions

PROSPECTS = RunOptions(objects=("prospects",), transform=False)


def differences(account: Account) -> object:
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        return table_differences(account.store, db, ("prospects",))


@pytest.mark.parametrize(
    "behaviour", [Behaviour(), Behaviour(deleted_all_in_queries=False)], ids=["all", "asked apart"]
)
def test_every_prospect_arrives_whether_or_not_the_oldest_is_told(behaviour: Behaviour, tmp_path: Path) -> None:
    account = open_account(tmp_path, build_store(120), behaviour)
    with account.emulator:
        assert account.run(PROSPECTS).exit_code == 0
        assert differences(account) == {}


def test_account_that_refuses_to_tell_its_oldest_prospect_is_read_whole(tmp_path: Path) -> None:
    account = open_account(tmp_path, build_store(120))
    with account.emulator:
        account.emulator.faults.add(Fault("query:prospects", "error", code=52, skip=1))
        assert account.run(PROSPECTS).exit_code == 0
        account.emulator.faults.assert_all_consumed()
        assert differences(account) == {}


def test_silent_change_is_found_by_the_review(tmp_path: Path) -> None:
    account = open_account(tmp_path, build_store(120))
    name = sorted(several_values(account.store))[0]
    with account.emulator:
        account.run(PROSPECTS)
        row = next(row for row in account.store.rows("prospects") if row.get(name))
        account.store.update("prospects", int(str(row["id"])), **{name: "another;text"})
        assert differences(account)
        account.clock.advance(timedelta(days=1))
        assert account.run(PROSPECTS).exit_code == 0
        assert differences(account) == {}
