"""The ledger remembers, through crashes and from several threads, what costs something to do again."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pardot.errors import StorageError
from pardot.exports.ledger import Ledger, Task

START, END = "2026-01-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "deep" / "ledger.sqlite")
    yield ledger
    ledger.close()


def test_intent_is_there_before_any_answer(ledger: Ledger) -> None:
    (record,) = ledger.intend("visits", [("{}", START, None)])
    assert (record.table, record.start_at, record.end_at) == ("visits", START, None)
    assert (record.export_id, record.status, record.attempts) == (None, "intended", 0)


def test_open_exports_come_in_the_order_of_their_intent(ledger: Ledger) -> None:
    ledger.intend("visits", [("a", START, None), ("b", START, END)])
    ledger.intend("visitors", [("c", START, None)])
    assert [record.request for record in ledger.open_exports()] == ["a", "b", "c"]
    assert [record.request for record in ledger.open_exports("visitors")] == ["c"]


def test_intents_are_recorded_together_or_not_at_all(ledger: Ledger) -> None:
    with pytest.raises(Exception, match="NOT NULL"):
        ledger.intend("visits", [("a", START, None), (None, START, END)])  # type: ignore[list-item]
    assert ledger.open_exports() == []
    assert len(ledger.intend("visits", [("a", START, None)])) == 1


def test_everything_survives_another_opening(ledger: Ledger, tmp_path: Path) -> None:
    (record,) = ledger.intend("visits", [("{}", START, None)])
    ledger.created(record.request_id, "88", START, END)
    ledger.finished(record.request_id, ["https://x/1", "https://x/2"])
    ledger.fetched(record.request_id, 0, tmp_path / "0.csv", {"rows": 3})
    ledger.mark_unsettled("visits")
    ledger.close()
    again = Ledger(tmp_path / "deep" / "ledger.sqlite")
    kept = again.read(record.request_id)
    assert (kept.export_id, kept.status, kept.end_at, kept.attempts) == ("88", "complete", END, 1)
    first, second = again.files(record.request_id)
    assert (first.path, first.facts) == (str(tmp_path / "0.csv"), {"rows": 3})
    assert (second.path, second.facts) == (None, None)
    assert again.unsettled() == ["visits"]
    again.close()


def test_lost_export_forgets_its_files_and_keeps_its_attempts(ledger: Ledger) -> None:
    (record,) = ledger.intend("visits", [("{}", START, None)])
    ledger.created(record.request_id, "88", START, END)
    ledger.finished(record.request_id, ["https://x/1"])
    ledger.lost(record.request_id, "{closed}")
    lost = ledger.read(record.request_id)
    assert (lost.export_id, lost.status, lost.attempts) == (None, "intended", 1)
    assert lost.request == "{closed}"
    assert ledger.files(record.request_id) == []


def test_finishing_twice_keeps_what_was_fetched(ledger: Ledger, tmp_path: Path) -> None:
    (record,) = ledger.intend("visits", [("{}", START, None)])
    ledger.finished(record.request_id, ["https://x/1"])
    ledger.fetched(record.request_id, 0, tmp_path / "0.csv", {"rows": 3})
    ledger.finished(record.request_id, ["https://x/1"])
    assert ledger.files(record.request_id)[0].path == str(tmp_path / "0.csv")


def test_forgetting_an_export_forgets_its_files(ledger: Ledger) -> None:
    (record,) = ledger.intend("visits", [("{}", START, None)])
    ledger.finished(record.request_id, ["https://x/1"])
    ledger.forget(record.request_id)
    assert ledger.open_exports() == []
    assert ledger.files(record.request_id) == []


def test_usual_duration_is_the_median_of_the_last_ones(ledger: Ledger) -> None:
    assert ledger.usual_seconds("visits") is None
    for day, seconds in enumerate([1000.0, 30.0, 20.0, 40.0], start=1):
        ledger.note_duration("visits", seconds, f"2026-03-{day:02}")
    assert ledger.usual_seconds("visits") == 40.0
    for day in range(10, 30):
        ledger.note_duration("visits", 7.0, f"2026-03-{day}")
    assert ledger.usual_seconds("visits") == 7.0


def test_only_the_newest_durations_of_a_table_are_kept(ledger: Ledger, tmp_path: Path) -> None:
    ledger.note_duration("visitors", 5.0, "2026-01-01")
    for day in range(1, 31):
        ledger.note_duration("visits", float(day), f"2026-03-{day:02}")
    ledger.close()
    with closing(sqlite3.connect(tmp_path / "deep" / "ledger.sqlite")) as db:
        kept = db.execute("SELECT table_name, seconds FROM durations ORDER BY table_name, seconds").fetchall()
    assert kept == [("visitors", 5.0), *(("visits", float(day)) for day in range(11, 31))]


def test_settled_table_is_no_longer_listed(ledger: Ledger) -> None:
    ledger.mark_unsettled("visits")
    ledger.mark_unsettled("visits")
    ledger.mark_settled("visits")
    assert ledger.unsettled() == []


def test_threads_do_not_lose_each_others_lines(ledger: Ledger) -> None:
    def work(table: str) -> None:
        for number in range(20):
            ledger.intend(table, [(str(number), START, None)])

    threads = [threading.Thread(target=work, args=(f"t{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ledger.open_exports()) == 80
    assert [record.request for record in ledger.open_exports("t2")] == [str(number) for number in range(20)]


def test_tasks_do_not_stand_in_for_each_other(ledger: Ledger) -> None:
    ledger.intend("visits", [("a", START, None)])
    (backfill,) = ledger.intend("visits", [("a", START, END)], Task.BACKFILL)
    assert backfill.task == "backfill"
    assert [record.task for record in ledger.open_exports("visits")] == ["update", "backfill"]
    assert ledger.open_exports("visits", Task.REVIEW) == []
    (first, second) = ledger.split(backfill, [("b", START, None), ("c", START, None)])
    assert (first.task, second.task) == ("backfill", "backfill")


def test_ledger_without_tasks_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(path)) as old:
        old.execute(
            "CREATE TABLE exports (request_id INTEGER PRIMARY KEY, table_name TEXT NOT NULL, request TEXT NOT NULL, "
            "start_at TEXT NOT NULL, end_at TEXT, export_id TEXT, status TEXT NOT NULL DEFAULT 'intended', "
            "created_at TEXT, attempts INTEGER NOT NULL DEFAULT 0)"
        )
        old.execute("INSERT INTO exports (table_name, request, start_at, export_id) VALUES ('visits', '{}', 'x', '7')")
        old.commit()
    with closing(Ledger(path)) as ledger:
        (kept,) = ledger.open_exports("visits", Task.UPDATE)
        assert (kept.export_id, ledger.put_aside) == ("7", None)


def test_ledger_is_new_until_a_load_was_finished_with_it(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
        ledger.intend("visits", [("a", START, None)])
        assert ledger.is_new
        ledger.note_in_use()
    with closing(Ledger(tmp_path / "ledger.sqlite")) as again:
        assert not again.is_new


@pytest.mark.parametrize("damage", [b"", b"garbage" * 1000])
def test_file_that_is_no_ledger_is_put_aside(damage: bytes, tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    for number in (1, 2):
        with closing(Ledger(path)) as ledger:
            ledger.intend("visits", [("a", START, None)])
        content = path.read_bytes()
        path.write_bytes(content[:4096] + damage + b"\x55" * 3000)
        with closing(Ledger(path)) as ledger:
            assert ledger.put_aside == tmp_path / f"ledger.sqlite.broken-{number}"
            assert ledger.open_exports() == []
        path.unlink()


def test_trouble_with_the_disk_is_our_own_error(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(StorageError, match="open the ledger"):
        Ledger(tmp_path / "ledger.sqlite")


def test_write_that_fails_is_our_own_error_and_leaves_the_ledger_usable(ledger: Ledger) -> None:
    ledger._db.execute("PRAGMA max_page_count = 1")
    many = [("x" * 5000, START, None)] * 200
    with pytest.raises(StorageError, match="full"):
        ledger.intend("visits", many)
    ledger._db.execute("PRAGMA max_page_count = 100000")
    assert ledger.open_exports() == []
    assert len(ledger.intend("visits", many)) == 200
