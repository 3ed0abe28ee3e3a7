"""Rows that no filter by date tells of: purged at the source, or changed without a new stamp."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fetching import calls
from kit import Account, build_store, fill, open_account, table_differences, without_several_values
from prepared import copied, prepare
from sampling import sampled

from pardot.errors import StorageError
from pardot.purges import MANY_ROWS
from pardot_emulator import Fault
from pardot_emulator.faults import KINDS, Detail, Exchange
from pardot_emulator.messages import Response
from pardot_emulator.store import Store
from pardot_etl.files.database import connect
from pardot_etl.runs.rounds import Rounds
from pardot_etl.runs.run import RunOptions
from pardot_etl.runs.summary import RunSummary
from pardot_etl.verbs.planning import plan_run

TABLES = ("visitor_activities", "visitor_page_views", "prospects", "campaigns", "forms")
A_DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def begin(store: Store) -> None:
        fill(store, 400)
        without_several_values(store)

    def load(account: Account) -> None:
        assert run(account).exit_code == 0

    return prepare(tmp_path_factory.mktemp("loaded"), begin, load)


@pytest.fixture
def account(loaded: Path, tmp_path: Path) -> Iterator[Account]:
    """An account that was loaded once."""
    with copied(loaded, tmp_path) as account:
        yield account
        account.emulator.faults.assert_all_consumed()


def run(account: Account, *tables: str, **overrides: Any) -> RunSummary:
    """Run for these tables, or for all that the account was loaded with."""
    return account.run(RunOptions(objects=tables or TABLES, transform=False), **overrides)


def query(account: Account, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        db.execute("SET TimeZone = 'UTC'")
        return db.execute(sql).fetchall()


def purge(account: Account, collection: str, *, newest: bool = False, rows: int = 1) -> list[int]:
    """Remove rows for good and return their ids."""
    ids = [int(str(row["id"])) for row in account.store.rows(collection)]
    gone = ids[-rows:] if newest else ids[:rows]
    for number in gone:
        account.store.purge(collection, number)
    return gone


def marked(account: Account, table: str) -> list[int]:
    rows = query(account, f"SELECT id FROM pardot.{table} WHERE purged_at IS NOT NULL ORDER BY id")
    return [number for (number,) in rows]


def differences(account: Account) -> dict[str, list[str]]:
    """Compare the rows that are not marked as purged."""
    with duckdb.connect(str(account.places.published_database), read_only=True) as published, duckdb.connect() as db:
        published.close()
        db.execute(f"ATTACH '{account.places.published_database}' AS published (READ_ONLY)")
        db.execute("CREATE SCHEMA alive")
        for table in TABLES:
            db.execute(f"CREATE VIEW alive.{table} AS FROM published.pardot.{table} WHERE purged_at IS NULL")
        return table_differences(account.store, db, TABLES, schema="alive")


@pytest.mark.parametrize("table", sampled(["prospects", "campaigns"], 2))
def test_purged_row_of_a_small_object_is_marked_on_the_next_day(table: str, account: Account) -> None:
    gone = purge(account, table)
    assert run(account, table).exit_code == 0
    assert marked(account, table) == [], "the same day asks for nothing again"
    account.clock.advance(A_DAY)
    summary = run(account, table)
    assert marked(account, table) == gone
    assert query(account, f"SELECT is_deleted FROM pardot.{table} WHERE purged_at IS NOT NULL") == [(True,)]
    assert summary.objects[table].purged == 1
    assert any("rows.purged" in notice for notice in summary.notices)
    assert differences(account) == {}


def test_first_load_from_an_export_of_another_day_is_looked_at_again_at_once(tmp_path: Path) -> None:
    account = open_account(tmp_path, build_store(100))
    account.sleep = lambda _: None
    only = RunOptions(objects=("visitor_activities",), transform=False)
    with account.emulator:
        account.emulator.faults.add(Fault("export.download", "http", times=6, status=503))
        assert account.run(only).exit_code == 75
        gone = purge(account, "visitor-activities", newest=True)
        account.clock.advance(A_DAY)
        assert account.run(only).exit_code == 0
        assert marked(account, "visitor_activities") == gone
        account.emulator.faults.assert_all_consumed()
    account.store.close()


def test_purged_row_of_an_object_that_is_walked_is_marked_by_the_next_run(account: Account) -> None:
    gone = purge(account, "forms")
    run(account, "forms")
    assert marked(account, "forms") == gone


@pytest.mark.parametrize("share_rows", sampled([1, 100_000], 2))
def test_purged_activities_are_marked_when_their_turn_comes(
    share_rows: int, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pardot.reviews.SHARE_ROWS", share_rows)
    gone = purge(account, "visitor-activities") + purge(account, "visitor-activities", newest=True)
    account.clock.advance(A_DAY)
    run(account, "visitor_activities", review_days=2)
    if share_rows == 1:
        assert marked(account, "visitor_activities") == gone[1:], "recent days come first, old rows have their turn"
        account.clock.advance(A_DAY)
        run(account, "visitor_activities", review_days=2)
    assert marked(account, "visitor_activities") == sorted(gone)
    assert differences(account) == {}


def test_row_that_turns_up_again_is_alive(account: Account) -> None:
    row = next(account.store.rows("campaigns"))
    account.store.purge("campaigns", int(str(row["id"])))
    account.clock.advance(A_DAY)
    run(account, "campaigns")
    assert marked(account, "campaigns") == [row["id"]]
    account.store.insert("campaigns", [row])
    account.clock.advance(A_DAY)
    run(account, "campaigns")
    assert marked(account, "campaigns") == []
    assert differences(account) == {}


def test_change_without_a_new_stamp_is_found(account: Account) -> None:
    for row in list(account.store.rows("visitor-activities"))[::40]:
        account.store.update("visitor-activities", int(str(row["id"])), details="silently changed")
    assert run(account, "visitor_activities").exit_code == 0
    assert "visitor_activities" in differences(account)
    account.clock.advance(A_DAY)
    run(account, "visitor_activities")
    assert differences(account) == {}


def test_row_without_update_stamp_that_shows_late_is_found(account: Account) -> None:
    """Page views have no update time: one that becomes visible days after its creation is in no later window."""
    (last,) = list(account.store.rows("visitor-page-views"))[-1:]
    account.clock.advance(A_DAY)
    run(account, "visitor_page_views")
    late = account.clock.now() - timedelta(hours=30)
    account.store.insert("visitor-page-views", [{**last, "id": int(str(last["id"])) + 1, "createdAt": late}])
    account.clock.advance(A_DAY)
    run(account, "visitor_page_views")
    assert differences(account) == {}


def test_answer_that_lacks_many_rows_is_believed_when_it_is_repeated(account: Account) -> None:
    """Rights that were taken away look like rows that are gone."""
    gone = purge(account, "campaigns", rows=account.store.count("campaigns") - 1)
    assert len(gone) > MANY_ROWS
    account.clock.advance(A_DAY)
    summary = run(account, "campaigns")
    assert marked(account, "campaigns") == []
    assert any("review.in_doubt" in notice for notice in summary.notices)
    account.clock.advance(A_DAY)
    run(account, "campaigns")
    assert marked(account, "campaigns") == gone


def test_rows_that_pardot_hides_are_not_marked(account: Account) -> None:
    account.clock.advance(A_DAY)
    account.emulator.faults.add(Fault("query:campaigns", "redact", skip=1, rows=2))
    run(account, "campaigns")
    assert marked(account, "campaigns") == []


def test_review_that_fails_leaves_the_run_whole_and_is_made_up_for(account: Account) -> None:
    gone = purge(account, "prospects")
    account.clock.advance(A_DAY)
    account.emulator.faults.add(Fault("query:prospects", "error", skip=1, code=71, message="Not today"))
    summary = run(account, "prospects")
    assert summary.exit_code == 0
    assert any("review.failed" in notice and "Not today" in notice for notice in summary.notices)
    run(account, "prospects")
    assert marked(account, "prospects") == [], "today it would only fail again"
    account.clock.advance(A_DAY)
    assert run(account, "prospects").exit_code == 0
    assert marked(account, "prospects") == gone


def test_reviews_cost_little_and_can_be_switched_off(account: Account) -> None:
    account.clock.advance(A_DAY)
    before = calls(account)
    run(account, review_days=0)
    without = calls(account) - before
    account.clock.advance(A_DAY)
    before = calls(account)
    run(account)
    reviewed = calls(account) - before - without
    # Of two exported objects the recent days and all the rest, in windows of a year; of two queried ones a page each.
    assert (reviewed["export.create"], reviewed["query:prospects"], reviewed["query:campaigns"]) == (6, 1, 1)
    assert account.store.count("prospects") < 1000


def test_answer_without_any_row_is_never_believed(account: Account) -> None:
    purge(account, "campaigns", rows=account.store.count("campaigns"))
    for _ in range(3):
        account.clock.advance(A_DAY)
        assert any("review.in_doubt" in notice for notice in run(account, "campaigns").notices)
    assert marked(account, "campaigns") == []


def test_object_that_is_walked_is_believed_on_another_day(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pardot.purges.MANY_ROWS", 1)
    gone = purge(account, "forms", rows=2)
    for _ in range(2):
        assert any("review.in_doubt" in notice for notice in run(account, "forms").notices)
    assert marked(account, "forms") == []
    account.clock.advance(A_DAY)
    run(account, "forms")
    assert marked(account, "forms") == gone


def test_object_that_fails_takes_no_review_from_the_others(account: Account) -> None:
    gone = purge(account, "campaigns")
    account.clock.advance(A_DAY)
    account.emulator.faults.add(Fault("query:forms", "error", code=71))
    assert run(account).exit_code == 1
    assert marked(account, "campaigns") == gone


def run_out_of_memory(_database: Path) -> None:
    raise StorageError("load the rows", reason="out of memory")


def invalidate(database: Path) -> None:
    """Fail as a full disk lets DuckDB fail: nothing works in the database until every connection to it is closed."""
    with connect(database) as db:
        db.execute("CREATE OR REPLACE TABLE pardot._anything AS SELECT 1 AS one")
        db.execute("SET debug_checkpoint_abort = 'before_header'")
        db.execute("CHECKPOINT")


@pytest.mark.parametrize(
    ("fail", "reason"), [(run_out_of_memory, "out of memory"), (invalidate, "checkpoint")], ids=["memory", "database"]
)
def test_review_that_cannot_be_stored_leaves_what_is_new_published(
    fail: Callable[[Path], None], reason: str, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.next_day(seed=3)
    load, loads = Rounds._load, list[Rounds]()

    def fail_later(rounds: Rounds) -> None:
        loads.append(rounds)
        if len(loads) == 2:
            fail(account.places.working_database)
        load(rounds)

    monkeypatch.setattr(Rounds, "_load", fail_later)
    summary = run(account)
    assert (summary.exit_code, len(loads)) == (1, 2)
    assert any(reason in failure for failure in summary.failures)
    assert differences(account) == {}
    assert run(account).exit_code == 0


def test_cell_that_does_not_fit_does_not_keep_a_review_from_ending(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The destination refuses the files of a large review at first sight; then they are read again, cell by cell."""
    monkeypatch.setattr("pardot.tables.APPENDED_FROM_ROWS", 0)
    monkeypatch.setattr("pardot_emulator.faults.KINDS", {**KINDS, "spoil": spoil})
    gone = purge(account, "visitor-activities", newest=True)
    account.clock.advance(A_DAY)
    account.emulator.faults.add(Fault("export.download", "spoil", skip=2))
    run(account)
    creates = calls(account)["export.create"]
    assert marked(account, "visitor_activities") == gone
    run(account)
    assert calls(account)["export.create"] == creates + 2, "what is new, and no review"


def spoil(detail: Detail, exchange: Exchange) -> Response:
    """Let the type of the first activity be a word, where the file has one."""
    response = exchange.proceed()
    head, _, rest = response.content().partition(b"\n")
    names, cells = head.split(b","), rest.split(b",")
    if b"type" in names and rest:
        cells[names.index(b"type")] = b"unheard of"
    return Response(response.status, response.headers, head + b"\n" + b",".join(cells))


def test_plan_tells_which_reviews_are_due(account: Account) -> None:
    def due(**later: int) -> set[str]:
        now = account.clock.now() + timedelta(**later)
        return set(plan_run(account.settings(), account.places, now, objects=TABLES).reviews)

    assert due(minutes=1) == set()
    assert due(days=1) == set(TABLES) - {"forms"}


def test_calls_that_others_need_are_not_spent_on_reviews(account: Account) -> None:
    gone = purge(account, "prospects")
    account.clock.advance(A_DAY)
    summary = run(account, max_daily_calls=30)
    assert summary.exit_code == 0
    assert any("review.postponed" in notice for notice in summary.notices)
    assert marked(account, "prospects") == []
    account.clock.advance(A_DAY)
    run(account)
    assert marked(account, "prospects") == gone


def test_interrupted_review_is_finished_that_day_and_tells_what_is_gone_on_the_next(account: Account) -> None:
    """Its exports are not created again, but rows that are missing from them may just be newer."""
    gone = purge(account, "visitor-activities", newest=True)
    before = calls(account)["export.create"]
    account.clock.advance(A_DAY)
    updates, windows = 2, 2 * 3
    account.emulator.faults.add(Fault("export.download", "http", skip=updates, times=12, status=503))
    summary = run(account)
    assert summary.exit_code == 0
    assert any("review.failed" in notice for notice in summary.notices)
    for further in (2, 3):
        account.clock.advance(timedelta(hours=1))
        run(account)
        created = calls(account)["export.create"]
        assert created == before + further * updates + windows, "none of the review was created twice"
        assert marked(account, "visitor_activities") == []
    account.clock.advance(A_DAY)
    run(account)
    assert marked(account, "visitor_activities") == gone


def test_export_of_a_review_whose_create_call_lost_its_answer_is_looked_for_by_the_next_run(account: Account) -> None:
    account.clock.advance(A_DAY)
    updates = 2
    account.emulator.faults.add(
        Fault("export.create", "accept_then_drop", skip=updates), Fault("export.query", "http", times=6, status=503)
    )
    assert any("review.failed" in notice for notice in run(account).notices)
    account.emulator.faults.assert_all_consumed()
    account.clock.advance(timedelta(hours=1))
    assert run(account).exit_code == 0
    assert any(event.name == "export.adopted" for event in account.events)
    asked = [json.dumps(export.request.body["procedure"]) for export in account.emulator.exports]
    reviews = [procedure for procedure in asked if "FilterByCreatedAt" in procedure]
    assert len(reviews) == len(set(reviews)), "none was created twice"


def test_interrupted_review_whose_exports_have_expired_is_made_with_the_windows_of_today(account: Account) -> None:
    gone = purge(account, "visitor-activities", newest=True)
    account.clock.advance(A_DAY)
    account.emulator.faults.add(Fault("export.download", "http", skip=2, times=12, status=503))
    assert any("review.failed" in notice for notice in run(account).notices)
    assert marked(account, "visitor_activities") == []
    account.clock.advance(8 * A_DAY)
    run(account)
    assert marked(account, "visitor_activities") == gone
