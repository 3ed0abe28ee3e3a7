"""Faults of whole runs: what is loaded stays right, what is missing is named, and the next run goes on by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fetching import WINDOWS, OpenAccount, calls, event_names
from kit import Account, fill, table_differences, without_several_values
from prepared import copied, prepare

from pardot.errors import AuthenticationError, RunLockedError
from pardot_emulator import Behaviour, Fault
from pardot_emulator.exports import Status
from pardot_emulator.faults import KINDS, Detail, Exchange
from pardot_emulator.messages import Response
from pardot_emulator.store import Store
from pardot_etl.runs.lock import RunLock
from pardot_etl.runs.run import RunOptions
from pardot_etl.runs.summary import RunSummary

TABLES = ("visitor_activities", "prospects")
OPTIONS = RunOptions(objects=TABLES, transform=False)


def query(account: Account, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        db.execute("SET TimeZone = 'UTC'")
        return db.execute(sql).fetchall()


def differences(account: Account) -> dict[str, list[str]]:
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        return table_differences(account.store, db, TABLES)


def run(account: Account, **overrides: Any) -> RunSummary:
    return account.run(OPTIONS, **overrides)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def begin(store: Store) -> None:
        fill(store, 150)
        without_several_values(store)

    return prepare(tmp_path_factory.mktemp("loaded"), begin, run)


@pytest.fixture
def loaded(prepared: Path, tmp_path: Path) -> Iterator[Account]:
    """The account after its first run."""
    with copied(prepared, tmp_path) as account:
        yield account
        account.emulator.faults.assert_all_consumed()


# -- what Pardot does


def test_failing_object_leaves_the_others_loaded_and_is_made_up_for(account: Account) -> None:
    account.emulator.faults.add(Fault("export.create", "error", code=71, message="Not today"))
    summary = run(account)
    assert summary.exit_code == 1
    assert query(account, "SELECT count(*) FROM pardot.prospects") == [(account.store.count("prospects"),)]
    assert run(account).exit_code == 0
    assert differences(account) == {}


def test_unfinished_export_ends_with_75_and_the_next_run_waits_for_the_same_one(account: Account) -> None:
    account.emulator.faults.add(Fault("export.create", "slow_export", reads=30))
    patience = {"poll_seconds": 1, "export_patience_seconds": 10}
    assert run(account, **patience).exit_code == 75
    while run(account, **patience).exit_code:
        first, *others = account.emulator.exports
        assert not others or first.status is Status.COMPLETE
    assert differences(account) == {}
    assert len(account.emulator.exports) == WINDOWS + 1, "the time since the interrupted run is an export of its own"


def test_time_since_an_interrupted_run_is_asked_for_as_well(account: Account) -> None:
    account.emulator.faults.add(Fault("export.download", "http", times=6, status=503))
    assert run(account).exit_code == 75
    account.next_day(seed=3)
    summary = run(account)
    assert summary.exit_code == 0
    assert differences(account) == {}
    assert summary.objects["visitor_activities"].parsed >= account.store.count("visitor-activities")


def test_deleted_working_database_is_filled_anew(loaded: Account) -> None:
    loaded.places.working_database.unlink()
    run(loaded)
    assert differences(loaded) == {}


# -- what is in the rows


def spoil(detail: Detail, exchange: Exchange) -> Response:
    """Let one record of a result file lose a cell, and another hold a word where a number belongs."""
    response = exchange.proceed()
    content = response.content()
    lines = content.split(b"\n")
    lines[1] = b",".join(lines[1].split(b",")[:-1])
    lines[2] = b"x" + lines[2]
    return Response(response.status, response.headers, b"\n".join(lines))


@pytest.mark.parametrize("appended_from", [1 << 26, 0], ids=["merged", "appended"])
def test_bad_records_are_set_aside_and_every_record_is_accounted_for(
    appended_from: int, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pardot.tables.APPENDED_FROM_ROWS", appended_from)
    monkeypatch.setattr("pardot_emulator.faults.KINDS", {**KINDS, "spoil": spoil})
    account.emulator.faults.add(Fault("export.download", "spoil"))
    summary = run(account)
    rejected = query(account, "SELECT object, export, file, line, reason FROM pardot.rejected_rows ORDER BY line")
    export = str(account.emulator.exports[0].id)
    assert rejected == [
        ("visitor_activities", export, "0.csv", 2, "missing columns"),
        ("visitor_activities", export, "0.csv", 3, "id is no BIGINT"),
    ]
    counts = summary.objects["visitor_activities"]
    assert counts.set_aside == 2
    assert counts.loaded + counts.set_aside == account.store.count("visitor-activities")
    assert counts.parsed == counts.loaded + counts.seen_before
    assert query(account, "SELECT count(*) FROM pardot.visitor_activities") == [(counts.loaded,)]
    again = run(account)
    assert "rejected_rows" not in again.objects or again.objects["rejected_rows"].loaded == 0
    assert query(account, "SELECT count(*) FROM pardot.rejected_rows") == [(2,)]


def test_records_that_two_rounds_set_aside_are_all_kept(loaded: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that goes on with an export sets a record aside, and so does the round for the time since."""
    monkeypatch.setattr("pardot_emulator.faults.KINDS", {**KINDS, "spoil": spoil})
    loaded.next_day(seed=3)
    loaded.emulator.faults.add(Fault("export.download", "http", times=6, status=503))
    assert run(loaded).exit_code == 75
    loaded.next_day(seed=4)
    loaded.emulator.faults.add(Fault("export.download", "spoil", times=2))
    summary = run(loaded, review_days=0)
    assert summary.objects["visitor_activities"].set_aside == 4
    assert query(loaded, "SELECT count(*) FROM pardot.rejected_rows") == [(4,)]


def test_destination_that_was_set_back_gets_all_rows(loaded: Account) -> None:
    """What an interrupted run left behind begins where its destination stood; another one may need more."""
    backup = loaded.places.working_database.read_bytes()
    loaded.next_day(seed=3)
    run(loaded)
    loaded.next_day(seed=4)
    loaded.emulator.faults.add(Fault("export.download", "http", times=6, status=503))
    assert run(loaded).exit_code == 75
    loaded.places.working_database.write_bytes(backup)
    assert run(loaded).exit_code == 0
    assert differences(loaded) == {}


def test_older_copy_that_arrives_later_does_not_win(loaded: Account) -> None:
    newest = max(loaded.store.rows("visitor-activities"), key=lambda row: row["updatedAt"])  # type: ignore[arg-type, return-value]
    number = int(str(newest["id"]))
    now = loaded.clock.advance(timedelta(hours=1)).replace(microsecond=0)
    loaded.store.update("visitor-activities", number, details="newer", updatedAt=now)
    run(loaded)
    loaded.store.update("visitor-activities", number, details="older", updatedAt=now - timedelta(minutes=1))
    run(loaded)
    assert query(loaded, f"SELECT details FROM pardot.visitor_activities WHERE id = {number}") == [("newer",)]


@pytest.mark.parametrize("way", ["custom field deleted", "field refused"])
def test_field_that_is_no_longer_offered_keeps_what_it_held(way: str, account: Account) -> None:
    store = account.store
    if way == "custom field deleted":
        (field, column) = next(
            (f"{row['fieldId']}__c", row["id"]) for row in store.rows("custom-fields") if row["type"] == "text"
        )
        prospect = next(row for row in store.rows("prospects") if row[field] is not None)
    else:
        field = "jobTitle"
        prospect = next(row for row in store.rows("prospects") if row[field] is not None)
    run(account)
    kept = prospect[field]
    now = account.clock.advance(timedelta(hours=1)).replace(microsecond=0)
    number = int(str(prospect["id"]))
    store.update("prospects", number, company="Moved Ltd", updatedAt=now)
    if way == "custom field deleted":
        store.purge("custom-fields", int(str(column)))
    else:
        account.emulator.faults.add(
            Fault("query:prospects", "error", code=130, status=400, message="Invalid field: jobTitle")
        )
    run(account)
    name = "job_title" if field == "jobTitle" else field.lower()
    found = query(account, f'SELECT company, "{name}" FROM pardot.prospects WHERE id = {number}')
    assert found == [("Moved Ltd", kept)]


def double(detail: Detail, exchange: Exchange) -> Response:
    """Let a result file hold each of its records twice."""
    response = exchange.proceed()
    header, records = response.content().split(b"\n", 1)
    return Response(response.status, response.headers, header + b"\n" + records + records)


@pytest.mark.parametrize("appended_from", [1 << 26, 0], ids=["merged", "appended"])
def test_ids_that_stand_twice_are_loaded_once(
    appended_from: int, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that is filled without a merge is settled afterwards."""
    monkeypatch.setattr("pardot.tables.APPENDED_FROM_ROWS", appended_from)
    monkeypatch.setattr("pardot_emulator.faults.KINDS", {**KINDS, "double": double})
    account.emulator.faults.add(Fault("export.download", "double", times=2))
    assert run(account).objects["visitor_activities"].set_aside == 0
    assert differences(account) == {}


# -- what happens on our side


def test_load_that_needs_more_memory_than_it_is_given_is_repeated_without_a_bound(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pardot.tables.APPENDED_FROM_ROWS", 0)
    monkeypatch.setattr("pardot_etl.files.database.LOAD_MEMORY_MB", 2)
    assert run(account, review_days=0).exit_code == 0
    stages = Counter((event.name, event.fields.get("stage")) for event in account.events)
    assert stages["stage.started", "load"] - stages["stage.finished", "load"] == 1
    assert event_names(account).count("export.file_on_disk") == WINDOWS
    assert differences(account) == {}


def test_memory_that_a_killed_run_left_on_disk_is_removed(account: Account) -> None:
    left = account.places.working_database.with_name("working.duckdb.tmp") / "duckdb_temp_storage_DEFAULT-0.tmp"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"spilled")
    assert run(account).exit_code == 0
    assert not left.parent.exists()


def test_second_run_at_once_is_turned_away(account: Account) -> None:
    with RunLock(*account.places.lock_files()), pytest.raises(RunLockedError) as caught:
        run(account)
    assert caught.value.exit_code == 75
    assert str(os.getpid()) in str(caught.value)
    assert calls(account) == {}
    assert run(account).exit_code == 0


def test_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    lock = tmp_path / "run.lock"
    program = textwrap.dedent(
        f"""
        import pathlib, sys, time
        from pardot_etl.runs.lock import RunLock
        with RunLock(pathlib.Path({str(lock)!r})):
            print("locked", flush=True)
            time.sleep(600)
        """
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        with pytest.raises(RunLockedError, match=str(holder.pid)), RunLock(lock):
            pass
        holder.send_signal(signal.SIGKILL)
    with RunLock(lock):
        assert json.loads(lock.read_text())["pid"] == os.getpid()


def test_failed_run_leaves_the_previous_snapshot(loaded: Account) -> None:
    before = loaded.places.published_database.read_bytes()
    loaded.emulator.faults.add(Fault("token", "http", status=400, body='{"error": "invalid_grant"}'))
    with pytest.raises(AuthenticationError):
        run(loaded)
    assert loaded.places.published_database.read_bytes() == before


def test_reader_keeps_the_old_snapshot_and_the_next_one_gets_the_new(loaded: Account) -> None:
    published = loaded.places.published_database
    count = "SELECT count(*) FROM pardot.visitor_activities"
    reader = (
        "import duckdb, sys; db = duckdb.connect(sys.argv[1], read_only=True);"
        f"print(db.execute('{count}').fetchone()[0], flush=True); sys.stdin.readline();"
        f"print(db.execute('{count}').fetchone()[0], flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", reader, str(published)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        old = process.stdout.readline()
        loaded.next_day(seed=3)
        stray = published.with_name(f"{published.name}.wal")
        stray.write_bytes(b"left by somebody")
        run(loaded)
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == old
    assert query(loaded, count) == [(loaded.store.count("visitor-activities"),)]
    assert int(old) < loaded.store.count("visitor-activities")
    assert [path.name for path in published.parent.glob("*published*")] == [published.name]
    assert published.stat().st_mode & 0o777 == 0o444


def test_expired_page_token_and_errors_under_200_in_a_whole_run(open_small_account: OpenAccount) -> None:
    account = open_small_account(Behaviour(errors_under_http_200=True))
    account.emulator.faults.add(
        Fault("export.create", "error", code=66),
        Fault("export.read", "error", code=202),
        Fault("query:prospects", "expire_token", skip=1),
        Fault("export.download", "truncated_gzip", fraction=0.7),
        Fault("export.create", "accept_then_drop"),
    )
    assert run(account).exit_code == 0
    assert differences(account) == {}
    assert len(account.emulator.exports) == WINDOWS
