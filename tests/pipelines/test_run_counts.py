"""What every run counted stays in the database, and `data_quality` says what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from kit import HISTORY_START, Account, build_store, fill, open_account, without_several_values
from prepared import copied, prepare

from pardot.backfills import Backfill
from pardot.events import Event
from pardot_emulator import Fault
from pardot_emulator.faults import KINDS, Detail, Exchange
from pardot_emulator.messages import Response
from pardot_emulator.store import Store
from pardot_etl.runs.run import RunOptions, run
from pardot_etl.runs.summary import ObjectCounts
from pardot_etl.verbs.status import read_status

ACTIVITIES = "visitor_activities"
OBJECTS = (ACTIVITIES, "prospects", "campaigns")
OPTIONS = RunOptions(objects=OBJECTS)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    with without_several_values(build_store(150)) as store:
        account = open_account(tmp_path, store)
        account.sleep = lambda _: None
        with account.emulator:
            yield account


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def begin(store: Store) -> None:
        fill(store, 150)
        without_several_values(store)

    return prepare(tmp_path_factory.mktemp("loaded"), begin, lambda account: account.run(OPTIONS))


@pytest.fixture
def loaded(prepared: Path, tmp_path: Path) -> Iterator[Account]:
    """The account after its first run."""
    with copied(prepared, tmp_path) as account:
        yield account


def query(account: Account, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        return db.execute(sql).fetchall()


def warnings(account: Account) -> set[tuple[str, str, int]]:
    sql = "SELECT table_name, check_name, run_number FROM pardot_marts.data_quality WHERE status = 'warn'"
    counted = {"read_failed", "rows_set_aside", "rows_unaccounted_for", "rows_missing", "hours_since_read"}
    return {(table, check, run) for table, check, run in query(account, sql) if check in counted}


def lose_a_cell(detail: Detail, exchange: Exchange) -> Response:
    """Let one record of a result file lose a cell."""
    response = exchange.proceed()
    head, record, *others = response.content().split(b"\n")
    content = b"\n".join([head, record.rpartition(b",")[0], *others])
    return Response(response.status, response.headers, content)


def test_every_run_leaves_what_its_summary_says_also_of_objects_without_news(account: Account) -> None:
    summaries = [account.run(OPTIONS), account.run(OPTIONS)]
    account.next_day(seed=3)
    summaries.append(account.run(OPTIONS))
    columns = "object, files, bytes, parsed_rows, set_aside_rows, purged_rows, loaded_rows, new_rows, erased_rows"
    for number, summary in enumerate(summaries, 1):
        nothing = dict.fromkeys(OBJECTS, ObjectCounts())
        told = {table: astuple(counts) for table, counts in {**nothing, **summary.objects}.items()}
        found = query(account, f"SELECT {columns} FROM pardot._runs WHERE run_number = {number}")
        assert {table: figures for table, *figures in found} == {table: [*told[table]] for table in OBJECTS}
    rows = f"SELECT table_rows FROM pardot._runs WHERE run_number = 3 AND object = '{ACTIVITIES}'"
    assert query(account, rows) == [(account.store.count("visitor-activities"),)]
    assert warnings(account) == set()


def test_rejected_rows_warn_in_their_run(loaded: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pardot_emulator.faults.KINDS", {**KINDS, "lose_a_cell": lose_a_cell})
    loaded.next_day(seed=3)
    loaded.emulator.faults.add(Fault("export.download", "lose_a_cell"))
    summary = loaded.run(OPTIONS, review_days=0)
    assert summary.objects[ACTIVITIES].set_aside == 1
    assert warnings(loaded) == {(ACTIVITIES, "rows_set_aside", 2)}
    loaded.next_day(seed=4)
    loaded.run(OPTIONS, review_days=0)
    assert warnings(loaded) == {(ACTIVITIES, "rows_set_aside", 2)}, "the run keeps its warning"


def test_object_that_fails_warns_and_others_do_not(loaded: Account) -> None:
    loaded.next_day(seed=3)
    loaded.emulator.faults.add(Fault("export.create", "error", code=71, message="Not today"))
    assert loaded.run(OPTIONS).exit_code == 1
    assert warnings(loaded) == {(ACTIVITIES, "read_failed", 2)}
    loaded.clock.advance(timedelta(days=2))
    loaded.run(RunOptions(objects=("prospects",)), review_days=0)
    late = {(table, "hours_since_read", 3) for table in (ACTIVITIES, "campaigns")}
    assert warnings(loaded) == {(ACTIVITIES, "read_failed", 2), *late}


def test_rows_that_somebody_deleted_are_missed_and_those_of_a_killed_run_are_not(loaded: Account) -> None:
    loaded.next_day(seed=3)

    def die(event: Event) -> None:
        if event.name == "stage.finished" and event.fields["stage"] == "load":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(loaded.settings(), loaded.places, OPTIONS, die, sleep=loaded.sleep)
    loaded.run(OPTIONS)
    assert query(loaded, "SELECT max(run_number) FROM pardot._runs") == [(2,)]
    assert warnings(loaded) == set()
    with duckdb.connect(str(loaded.places.working_database)) as db:
        db.execute("DELETE FROM pardot.prospects WHERE id = (SELECT min(id) FROM pardot.prospects)")
    loaded.run(OPTIONS)
    assert warnings(loaded) == {("prospects", "rows_missing", 3)}


def test_run_that_brings_nothing_is_told_though_nothing_is_built(loaded: Account) -> None:
    loaded.emulator.faults.add(Fault("export.create", "error", code=71, message="Not today"))
    loaded.clock.advance(timedelta(days=1))
    summary = loaded.run(OPTIONS, review_days=0)
    assert {counts.loaded for counts in summary.objects.values()} <= {0}
    assert summary.transform["skipped"] is True
    assert warnings(loaded) == {(ACTIVITIES, "read_failed", 2)}
    assert query(loaded, "SELECT run_number FROM pardot_marts.data_quality WHERE check_name = 'gap_days'") == [(2,)]


def test_rows_are_published_when_what_the_run_counted_cannot_be_kept(loaded: Account) -> None:
    with duckdb.connect(str(loaded.places.working_database)) as db:
        db.execute("ALTER TABLE pardot._runs DROP COLUMN files")
    loaded.next_day(seed=3)
    summary = loaded.run(OPTIONS)
    (failure,) = summary.failures
    assert failure.startswith(
        f"Could not keep what the run counted for data_quality ({loaded.places.working_database})"
    )
    assert "The rows themselves are loaded and published" in failure
    assert summary.exit_code == 1
    assert query(loaded, f"SELECT count(*) FROM pardot_marts.{ACTIVITIES}_enriched") == [
        (loaded.store.count("visitor-activities"),)
    ]
    assert query(loaded, "SELECT max(run_number) FROM pardot._runs") == [(1,)]
    with duckdb.connect(str(loaded.places.working_database)) as db:
        db.execute("DROP TABLE pardot._runs")
    assert loaded.run(OPTIONS).exit_code == 0
    assert warnings(loaded) == set()


def test_backfill_is_told_apart_and_names_what_it_read(loaded: Account) -> None:
    loaded.run(RunOptions(objects=(ACTIVITIES,), backfill=Backfill(HISTORY_START, HISTORY_START + timedelta(days=30))))
    assert query(loaded, "SELECT object, is_backfill FROM pardot._runs WHERE run_number = 2") == [(ACTIVITIES, True)]


def test_bookkeeping_is_in_no_list_of_tables_and_no_folder(account: Account) -> None:
    account.run(RunOptions(objects=OBJECTS, destination="filesystem"))
    assert query(account, "SELECT count(*) FROM pardot._runs") == [(len(OBJECTS),)]
    folders = {path.name for path in (Path(str(account.places.lake)) / "pardot").iterdir() if path.is_dir()}
    assert folders >= set(OBJECTS)
    assert not [name for name in folders if name.startswith("_")]
    listed = {table.name for table in read_status(account.places, account.clock.now()).tables}
    assert listed == folders
