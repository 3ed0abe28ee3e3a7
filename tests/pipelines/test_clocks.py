"""Rows are found by the service's own clock, whatever ours and its `Date` header say."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from kit import build_store, open_account, table_differences
from sampling import sampled

from pardot.api.transport import Transport
from pardot_etl.runs.run import RunOptions

OBJECTS = ("visitor_activities", "visits", "prospects", "prospect_accounts", "lists", "emails")


@pytest.mark.parametrize(
    "ahead", sampled([timedelta(days=600), timedelta(days=40), timedelta(hours=-5), timedelta(days=-200)], 2)
)
def test_rows_of_later_days_are_found_although_the_date_header_is_off(
    ahead: timedelta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = build_store(300)
    account = open_account(tmp_path, store)

    def wrong_now(_: Transport) -> datetime:
        return account.clock.now() + ahead

    monkeypatch.setattr(Transport, "server_now", wrong_now)
    options = RunOptions(objects=OBJECTS, transform=False)
    with account.emulator:
        for seed in (1, 2):
            account.run(options)
            account.next_day(seed=seed)
        summary = account.run(options)
    assert summary.exit_code == 0
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        assert table_differences(store, db, OBJECTS) == {}
    store.close()


def test_history_begins_a_year_before_the_newest_activity_of_an_account_at_rest(tmp_path: Path) -> None:
    store = build_store(300)
    account = open_account(tmp_path, store)
    account.clock.advance(timedelta(days=500))
    with account.emulator:
        account.run(RunOptions(objects=("visitor_activities",), transform=False), start_date=None)
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        loaded = db.execute("SELECT count(*) FROM pardot.visitor_activities").fetchall()[0][0]
    created = [at for row in store.rows("visitor-activities") if isinstance(at := row["createdAt"], datetime)]
    year = max(created).replace(year=max(created).year - 1, hour=0, minute=0, second=0)
    assert loaded == sum(at >= year for at in created) > 0
    store.close()
