"""The same account through versions 4 and 3, day after day, and through version 5 after them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from kit import Account, build_store, open_account, table_differences
from legacy_rows import legacy_differences
from sampling import sampled

from pardot.dialects.legacy import LEGACY_CATALOGUE
from pardot_emulator.store import Store
from pardot_etl.runs.run import RunOptions

TABLES = tuple(table for table in LEGACY_CATALOGUE if table != "list_email_statistics")
"""Statistics are counted from what is stored: they have tests of their own."""
SHARED_WITH_5 = ("prospects", "campaigns", "lists", "users", "custom_redirects")


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    store: Store = build_store(150)
    account = open_account(tmp_path, store)
    with account.emulator:
        yield account
    store.close()


def load(account: Account, version: int, tables: tuple[str, ...] = TABLES) -> None:
    zone = account.emulator.behaviour.user_zone
    summary = account.run(RunOptions(objects=tables, transform=False), api_version=version, time_zone=zone)
    assert summary.exit_code == 0, summary.failures


def differing(account: Account) -> dict[str, list[str]]:
    entries = [LEGACY_CATALOGUE[table] for table in TABLES]
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        return legacy_differences(account.store, db, entries, account.emulator.behaviour.user_zone)


@pytest.mark.parametrize("version", sampled([4, 3], 2))
def test_older_versions_bring_every_row_and_what_a_day_changes(version: int, account: Account) -> None:
    load(account, version)
    assert differing(account) == {}
    account.next_day(seed=5)
    account.clock.advance(timedelta(minutes=2))
    load(account, version)
    assert differing(account) == {}


def test_run_in_which_nothing_changed_loads_no_row(account: Account) -> None:
    load(account, 4)
    account.clock.advance(timedelta(hours=1))
    zone = account.emulator.behaviour.user_zone
    summary = account.run(RunOptions(objects=TABLES, transform=False), api_version=4, time_zone=zone)
    assert sum(each.loaded for each in summary.objects.values()) == 0


def test_version_5_completes_what_version_4_has_loaded(account: Account) -> None:
    load(account, 4, SHARED_WITH_5)
    account.clock.advance(timedelta(hours=1))
    load(account, 5, SHARED_WITH_5)
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        assert table_differences(account.store, db, SHARED_WITH_5) == {}
