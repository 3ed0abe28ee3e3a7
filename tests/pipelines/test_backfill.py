"""`pardot-etl backfill`: a stretch of the past, newest first, resumable, beside the daily work."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest
from command_line import invoke
from fetching import calls
from kit import END, Account, build_store, fill, open_account, table_differences
from prepared import copied, prepare

from pardot.backfills import Backfill
from pardot.errors import SettingsError, StorageError
from pardot.exports.driver import MAX_EXPORTS_PER_WINDOW
from pardot.windows import api_time
from pardot_emulator import Fault
from pardot_etl.runs.run import RunOptions
from pardot_etl.runs.summary import RunSummary
from pardot_etl.verbs.planning import read_state

ACTIVITIES = ("visitor_activities",)
TABLES = ("visitor_activities", "visitor_page_views", "campaigns")
LATELY = END - timedelta(days=10)
PAST = Backfill(datetime(2025, 11, 1, tzinfo=timezone.utc), END - timedelta(days=5))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("loaded"), lambda store: fill(store, 600), run)


@pytest.fixture
def account(loaded: Path, tmp_path: Path) -> Iterator[Account]:
    """An account of which only the last days are loaded."""
    with copied(loaded, tmp_path) as account:
        yield account
        account.emulator.faults.assert_all_consumed()


def run(
    account: Account, backfill: Backfill | None = None, objects: tuple[str, ...] = TABLES, **overrides: Any
) -> RunSummary:
    options = RunOptions(objects=objects, transform=False, backfill=backfill)
    return account.run(options, **{"start_date": LATELY, **overrides})


def missing_before(account: Account) -> list[datetime]:
    """Return the creation times of the account's activities that are not loaded."""
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        loaded = {number for (number,) in db.execute("SELECT id FROM pardot.visitor_activities").fetchall()}
    rows = account.store.rows("visitor-activities")
    return [row["createdAt"] for row in rows if row["id"] not in loaded]  # type: ignore[misc]


def through(account: Account) -> object:
    return read_state(account.places)[0]["visitor_activities"]["through"]


def test_past_is_loaded_and_the_position_stays(account: Account) -> None:
    before = through(account)
    assert missing_before(account)
    creates = calls(account)["export.create"]
    summary = run(account, PAST)
    assert summary.exit_code == 0
    assert max(missing_before(account)) < PAST.start_at
    assert summary.objects["visitor_activities"].new
    windows = len(PAST.windows(END))
    assert calls(account)["export.create"] - creates == 2 * windows, "the third object is read whole"
    assert any("campaigns" in notice for notice in summary.notices)
    assert through(account) == before
    account.next_day(seed=3)
    assert run(account).exit_code == 0
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        assert table_differences(account.store, db, ("campaigns",)) == {}
    assert max(missing_before(account)) < PAST.start_at


def test_interrupted_backfill_goes_on_where_it_stopped(account: Account) -> None:
    creates = calls(account)["export.create"]
    account.emulator.faults.add(Fault("export.download", "http", skip=1, times=6, status=503))
    assert run(account, PAST, ACTIVITIES).exit_code == 75
    loaded_to = max(missing_before(account))
    assert PAST.start_at < loaded_to < PAST.end_at, "the newest window came first, and the others were not asked for"
    assert calls(account)["export.create"] - creates == 2
    assert run(account, PAST, ACTIVITIES).exit_code == 0
    assert max(missing_before(account)) < PAST.start_at
    assert calls(account)["export.create"] - creates == len(PAST.windows(END)), "none was created twice"


def test_halves_of_an_interrupted_backfill_are_continued(account: Account) -> None:
    account.emulator.faults.add(
        Fault("export.create", "fail_export", times=MAX_EXPORTS_PER_WINDOW),
        Fault("export.download", "http", skip=1, times=6, status=503),
    )
    assert run(account, PAST, ACTIVITIES).exit_code == 75
    creates = calls(account)["export.create"]
    assert [event.name for event in account.events].count("export.halved") == 1
    assert run(account, PAST, ACTIVITIES).exit_code == 0
    assert max(missing_before(account)) < PAST.start_at
    assert calls(account)["export.create"] - creates == len(PAST.windows(END)) - 1, (
        "none of the halves was created twice"
    )


def test_backfill_that_was_loaded_and_not_published_is_only_published(account: Account) -> None:
    in_the_way = account.folder / ".published.duckdb.new" / "folder"
    in_the_way.mkdir(parents=True)
    with pytest.raises(StorageError):
        run(account, PAST)
    shutil.rmtree(in_the_way.parent)
    creates = calls(account)["export.create"]
    assert run(account, PAST).exit_code == 0
    assert max(missing_before(account)) < PAST.start_at
    assert calls(account)["export.create"] == creates
    run(account, PAST)
    assert calls(account)["export.create"] > creates, "it was finished, and is read once more"


def test_object_that_fails_is_left_there_and_the_others_go_on(account: Account) -> None:
    account.emulator.faults.add(Fault("export.create", "error", code=71))
    assert run(account, PAST).exit_code == 1
    state = read_state(account.places)[0]
    finished = [table for table in TABLES[:2] if "backfill" in state[table]]
    assert len(finished) == 1
    assert state[finished[0]]["backfill"]["reached"] == api_time(PAST.start_at)
    assert run(account, PAST).exit_code == 0
    assert max(missing_before(account)) < PAST.start_at


def test_export_whose_rows_are_loaded_is_not_kept_for_the_next_time(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that dies after a load leaves its exports in the ledger; asked for once more, Pardot is asked."""
    with monkeypatch.context() as patch:
        patch.setattr("pardot.session.Session.forget_fetched", lambda _: None)
        run(account, PAST, ACTIVITIES)
    row = next(row for row in account.store.rows("visitor-activities") if row["createdAt"] > PAST.start_at)  # type: ignore[operator]
    account.store.update("visitor-activities", int(str(row["id"])), details="another text")
    assert run(account, PAST, ACTIVITIES).objects["visitor_activities"].loaded == 1


def test_daily_run_between_two_halves_disturbs_neither(account: Account) -> None:
    account.emulator.faults.add(Fault("export.download", "http", skip=3, times=6, status=503))
    creates = calls(account)["export.create"]
    assert run(account, PAST).exit_code == 75
    account.next_day(seed=3)
    assert run(account, review_days=0).exit_code == 0
    assert run(account, PAST).exit_code == 0
    assert max(missing_before(account)) < PAST.start_at
    assert calls(account)["export.create"] - creates == 2 * len(PAST.windows(END)) + 2


def test_finished_backfill_may_be_repeated_and_loads_nothing(account: Account) -> None:
    run(account, PAST)
    creates = calls(account)["export.create"]
    summary = run(account, PAST)
    assert summary.objects["visitor_activities"].loaded == 0
    assert calls(account)["export.create"] - creates == 2 * len(PAST.windows(END))


def test_reviews_reach_back_to_what_was_filled(account: Account) -> None:
    run(account, PAST)
    since = PAST.start_at + timedelta(days=1)
    old = next(row for row in account.store.rows("visitor-activities") if row["createdAt"] > since)  # type: ignore[operator]
    account.store.purge("visitor-activities", int(str(old["id"])))
    for _ in range(2):
        account.clock.advance(timedelta(days=1))
        run(account, review_days=2)
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        found = db.execute("SELECT id FROM pardot.visitor_activities WHERE purged_at IS NOT NULL").fetchall()
    assert found == [(old["id"],)]


def test_what_was_filled_before_the_first_load_is_reviewed_as_well(tmp_path: Path) -> None:
    account = open_account(tmp_path, build_store(300))
    account.sleep = lambda _: None
    with account.emulator:
        run(account, PAST, ACTIVITIES)
        since = PAST.start_at + timedelta(days=1)
        old = next(row for row in account.store.rows("visitor-activities") if row["createdAt"] > since)  # type: ignore[operator]
        account.store.purge("visitor-activities", int(str(old["id"])))
        account.clock.advance(timedelta(minutes=2))
        run(account, None, ACTIVITIES, review_days=1)
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        found = db.execute("SELECT id FROM pardot.visitor_activities WHERE purged_at IS NOT NULL").fetchall()
    assert found == [(old["id"],)]
    account.store.close()


def test_stretch_of_the_future_is_refused_and_nothing_is_asked_for(account: Account) -> None:
    before = len(account.emulator.exports)
    with pytest.raises(SettingsError, match=r"--from is 2027-01-01, and it is 2026-"):
        run(account, Backfill(datetime(2027, 1, 1, tzinfo=timezone.utc), datetime(2027, 2, 1, tzinfo=timezone.utc)))
    assert len(account.emulator.exports) == before


def test_future_end_is_left_open(account: Account) -> None:
    soon = Backfill(END - timedelta(days=20), END + timedelta(days=1))
    assert run(account, soon).exit_code == 0
    assert max(missing_before(account)) < soon.start_at
    assert all(
        "createdBefore" not in export.request.body["procedure"]["arguments"] for export in account.emulator.exports[-2:]
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "2024-13-01", "--to", "2024-12-31"], "expected a date such as 2024-01-31"),
        (["--from", "2026-02-01", "--to", "2026-01-01"], "it is after 2026-01-01"),
        (["--to", "2026-01-01"], "Missing option '--from'"),
        (["--from", "2026-01-01"], "Missing option '--to'"),
    ],
)
def test_dates_that_make_no_stretch_are_refused(arguments: list[str], message: str) -> None:
    outcome = invoke("backfill", *arguments)
    assert outcome.code == 2
    assert message in outcome.err
