"""`pardot-etl status`: what is told about an installation, from nothing at all to exports in flight."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest
from command_line import files_below, invoke
from kit import END, HISTORY_START, Account, build_store, open_account

from pardot.errors import RunLockedError, SettingsError, StorageError
from pardot.exports.ledger import Ledger
from pardot_emulator import Emulator, ManualClock
from pardot_etl.configuration import load_places, schema_called_like
from pardot_etl.runs.history import MOST_RUNS, append_run, read_runs, recorded
from pardot_etl.runs.in_flight import all_exports_in_flight, exports_in_flight, usual_seconds
from pardot_etl.verbs.status import parse_age, read_status

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


def test_nothing_yet_is_a_status_too_and_stays_nothing(tmp_path: Path) -> None:
    outcome = invoke("status")
    assert (outcome.code, outcome.err) == (0, "")
    assert "last success   never" in outcome.out
    assert "none in flight" in outcome.out
    assert "nothing yet at" in outcome.out
    found = json.loads(invoke("status", "--json").out)
    assert found["last_success_at"] is None
    assert (found["runs"], found["tables"], found["exports_in_flight"]) == ([], [], [])
    assert files_below(tmp_path) == {}


def test_after_a_run_every_table_has_rows_and_a_freshness(monkeypatch: pytest.MonkeyPatch) -> None:
    with build_store(300) as store, Emulator(store, clock=ManualClock(END)) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("SOURCES__PARDOT__START_DATE", HISTORY_START.isoformat())
        assert invoke("run", "--objects", "visitor_activities,prospects,emails").code == 0
        counts = {name: store.count(name.replace("_", "-")) for name in ("visitor_activities", "prospects", "emails")}
    found = json.loads(invoke("status", "--json").out)
    tables = {table["name"]: table for table in found["tables"]}
    assert {name: tables[name]["rows"] for name in counts} == counts
    newest = datetime.fromisoformat(tables["visitor_activities"]["newest_at"])
    assert END - timedelta(days=3) < newest <= END
    assert found["last_success_age_seconds"] < 60
    assert found["runs"][0]["exit_code"] == 0
    assert found["allowance"]["maximum"] == 100_000
    assert "write `pardot.pardot.` before its tables" in found["published"]
    assert _rows_of("pardot.duckdb", "pardot.pardot.prospects") == counts["prospects"]
    with pytest.raises(duckdb.BinderException, match="Ambiguous"):
        _rows_of("pardot.duckdb", "pardot.prospects")
    text = invoke("status", "--max-age", "26h")
    assert text.code == 0
    assert "rows loaded" in text.out
    assert "visitor_activities" in text.out


def _rows_of(file: str, table: str) -> int:
    with duckdb.connect(file, read_only=True) as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


@pytest.mark.parametrize(
    ("file", "schema"),
    [("pardot.duckdb", "pardot"), ("Pardot_marts.v2.db", "pardot_marts"), ("snapshot.duckdb", None), ("par.db", None)],
)
def test_only_a_file_that_is_called_like_a_schema_needs_three_parts(file: str, schema: str | None) -> None:
    assert schema_called_like(Path("/srv") / file, "pardot") == schema


def test_an_old_or_missing_success_is_exit_1_for_monitors() -> None:
    assert invoke("status", "--max-age", "26h").code == 1
    folder = load_places().own_folder
    append_run(folder, {"finished_at": _ago(hours=27), "exit_code": 0})
    append_run(folder, {"finished_at": _ago(hours=1), "exit_code": 75, "error": "Nothing is lost."})
    outcome = invoke("status", "--max-age", "26h", "--json")
    assert outcome.code == 1
    assert json.loads(outcome.out)["is_older_than_max_age"]
    assert "older than 26h" in outcome.err
    assert invoke("status", "--max-age", "28h").code == 0
    assert "to be continued (exit 75), Nothing is lost." in invoke("status").out


def test_exports_in_flight_are_told_with_age_and_expiry() -> None:
    places = load_places()
    ledger = Ledger(places.own_folder / "0Uv000000000001CAA" / "ledger.sqlite")
    first, second = ledger.intend("visitor_activities", [("{}", "2026-01-01T00:00:00+00:00", None)] * 2)
    ledger.created(first.request_id, "88101", _at(NOW - timedelta(hours=5)), _at(NOW))
    ledger.finished(first.request_id, ["/a", "/b"])
    ledger.fetched(first.request_id, 0, Path("a.csv"), {})
    status = read_status(places, NOW)  # while the ledger is open elsewhere, as during a run
    ledger.close()
    assert [export.export_id for export in status.exports] == ["88101", None]
    assert second.export_id is None
    text = "\n".join(status.lines())
    assert "visitor_activities 88101, complete, 1 of 2 files on disk, 5 h 00 min old, expires in 6 d 19 h" in text
    assert "visitor_activities not created yet, intended" in text
    later = read_status(places, NOW + timedelta(days=8))
    assert "expired; the next run creates a new one" in "\n".join(later.lines())


def test_looking_at_the_ledger_leaves_no_file_behind(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    ledger = Ledger(folder / "unit" / "ledger.sqlite")
    for number, seconds in enumerate((30.0, 10.0, 20.0)):
        ledger.note_duration("visits", seconds, f"2026-01-0{number + 1}T00:00:00+00:00")
    ledger.close()
    before = files_below(tmp_path)
    assert usual_seconds(folder / "unit") == {"visits": 20.0}
    assert (exports_in_flight(folder / "unit"), all_exports_in_flight(folder)) == ([], [])
    assert files_below(tmp_path) == before


def test_a_ledger_that_is_none_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "unit").mkdir()
    (tmp_path / "unit" / "ledger.sqlite").write_text("no database", encoding="utf-8")
    assert exports_in_flight(tmp_path / "unit") == all_exports_in_flight(tmp_path) == []


def test_a_damaged_snapshot_is_told_and_does_not_end_the_status(tmp_path: Path) -> None:
    (tmp_path / "pardot.duckdb").write_text("no database", encoding="utf-8")
    outcome = invoke("status")
    assert outcome.code == 0
    assert "pardot.duckdb cannot be read" in outcome.out


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("26h", timedelta(hours=26)),
        ("90m", timedelta(minutes=90)),
        ("1.5d", timedelta(hours=36)),
        ("2 W", timedelta(14)),
    ],
)
def test_ages_are_read(text: str, age: timedelta) -> None:
    assert parse_age(text) == age


@pytest.mark.parametrize("text", ["", "26", "h", "-1h", "1h30m", "1e9d", "99999999999d"])
def test_other_ages_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="an age such as"):
        parse_age(text)


# The history of runs.


def test_the_history_keeps_the_last_runs_and_survives_a_torn_line(tmp_path: Path) -> None:
    for number in range(MOST_RUNS + 3):
        append_run(tmp_path, {"number": number, "text": "line \u2028 separator"})
    with (tmp_path / "runs.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"torn": \n[1]\n')
    runs = read_runs(tmp_path)
    assert [run["number"] for run in runs] == list(range(3, MOST_RUNS + 3))
    append_run(tmp_path, {"number": -1})
    assert read_runs(tmp_path)[-1] == {"number": -1}


def test_failed_and_interrupted_runs_are_recorded_with_their_exit_code(tmp_path: Path) -> None:
    for error in (StorageError("load the rows"), KeyboardInterrupt(), ZeroDivisionError()):
        with pytest.raises(type(error)), recorded(tmp_path):
            raise error
    assert [(run["exit_code"], run.get("error", "")[:24]) for run in read_runs(tmp_path)] == [
        (1, "Could not load the rows."),
        (130, ""),
        (1, "ZeroDivisionError"),
    ]


@pytest.mark.parametrize("error", [SettingsError("x is not set"), RunLockedError("lock")])
def test_what_did_not_start_is_no_run(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)), recorded(tmp_path):
        raise error
    assert files_below(tmp_path) == {}


def test_a_failed_run_is_in_the_status(tmp_path: Path) -> None:
    account: Account = open_account(tmp_path, build_store(150))
    with account.store, account.emulator as emulator, pytest.MonkeyPatch.context() as patch:
        for name, value in emulator.environment().items():
            patch.setenv(name, value)
        patch.setenv("SOURCES__PARDOT__CREDENTIALS__REFRESH_TOKEN", "wrong")
        assert invoke("run").code == 2
    assert "failed (exit 2)" in invoke("status").out


def _ago(**span: float) -> str:
    return _at(datetime.now(timezone.utc) - timedelta(**span))


def _at(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
