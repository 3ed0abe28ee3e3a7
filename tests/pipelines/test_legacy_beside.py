"""What only version 4 has, clicks of emails and counts of list emails: through version 4 and beside version 5."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from kit import Account, build_store, open_account
from legacy_rows import legacy_differences, visible_rows
from sampling import sampled

from pardot.dialects.choose import entries_of
from pardot.dialects.legacy import LEGACY_CATALOGUE
from pardot.errors import SettingsError
from pardot_etl.runs.run import RunOptions

TABLES = ("visitor_activities", "email_clicks", "list_email_statistics")
CLICKS, STATISTICS = LEGACY_CATALOGUE["email_clicks"], LEGACY_CATALOGUE["list_email_statistics"]


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    store = build_store(1500)
    account = open_account(tmp_path, store)
    with account.emulator:
        yield account
    store.close()


def load(account: Account, version: int) -> None:
    zone = account.emulator.behaviour.user_zone
    summary = account.run(RunOptions(objects=TABLES, transform=False), api_version=version, time_zone=zone)
    assert summary.exit_code == 0, summary.failures


def counted(account: Account) -> int:
    return sum(call.path.startswith("/api/email/") for call in account.emulator.calls)


@pytest.mark.parametrize("version", sampled([5, 4], 2))
def test_clicks_and_counts_arrive_and_follow_what_happens(version: int, account: Account) -> None:
    zone = account.emulator.behaviour.user_zone
    load(account, version)
    assert counted(account) == 0  # no activities are stored yet that would tell of list emails
    load(account, version)
    sent = {number: row["sent"] for number, row in visible_rows(account.store, STATISTICS).items()}
    assert counted(account) == len(sent) > 0
    account.next_day(seed=5)
    account.clock.advance(timedelta(minutes=2))
    load(account, version)
    load(account, version)
    before = counted(account)
    load(account, version)
    assert counted(account) == before  # counted today
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        assert legacy_differences(account.store, db, [CLICKS], zone) == {}
        found = dict(db.execute("SELECT id, sent FROM pardot.list_email_statistics").fetchall())
        assert db.execute("SELECT count(purged_at) FROM pardot.list_email_statistics").fetchone() == (0,)
    assert found.keys() == visible_rows(account.store, STATISTICS).keys()
    assert {number: found[number] for number in sent} == sent


def test_version_5_has_them_by_name_once_the_zone_of_their_times_is_known(account: Account) -> None:
    known = account.settings(time_zone="UTC")
    assert [entry.table for entry in entries_of(known, ["email_clicks"])] == ["email_clicks"]
    assert "email_clicks" not in [entry.table for entry in entries_of(known, "all")]
    with pytest.raises(SettingsError):
        entries_of(account.settings(), ["email_clicks"])
