"""What lands equals what the account has, row by row and value by value."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from kit import Account, build_store, open_account, table_differences

from pardot.catalogue import select_entries
from pardot_etl.runs.run import RunOptions

TABLES = [entry.table for entry in select_entries("standard")]


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    account = open_account(tmp_path, build_store(1500), min_file_bytes=20_000)
    with account.emulator:
        yield account
    account.store.close()


def test_first_and_later_days_equal_the_account_in_duckdb_and_parquet(account: Account) -> None:
    lake = RunOptions(destination="filesystem")
    account.run(lake)
    assert _differences(account) == {}
    for seed in (3, 4):
        changes = account.next_day(seed=seed)
        summary = account.run(lake)
        assert _differences(account) == {}
        assert _differences_in_parquet(account) == {}
        counted = {table.replace("_", "-"): counts for table, counts in summary.objects.items()}
        for collection, count in changes.new.items():
            if collection in counted:
                assert counted[collection].new == count, collection
        for collection, count in changes.changed.items():
            if collection in counted:
                assert counted[collection].changed == count, collection
    summary = account.run(lake)
    assert {table: counts.loaded for table, counts in summary.objects.items() if counts.loaded} == {}
    assert _differences_in_parquet(account) == {}


def _differences(account: Account) -> dict[str, list[str]]:
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        return table_differences(account.store, db, TABLES)


def _differences_in_parquet(account: Account) -> dict[str, list[str]]:
    with duckdb.connect() as db:
        db.execute("CREATE SCHEMA pardot")
        for table in TABLES:
            db.execute(
                f"CREATE VIEW pardot.{table} AS FROM read_parquet('{account.places.lake}/pardot/{table}/*.parquet')"
            )
        return table_differences(account.store, db, TABLES)
