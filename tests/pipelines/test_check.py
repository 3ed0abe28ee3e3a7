"""`pardot-etl check`: each finding, its exit code, and how few calls it takes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest
from command_line import Outcome, files_below, invoke, start
from kit import build_store

from pardot_emulator import Behaviour, Emulator, Fault, ManualClock, Store
from pardot_etl.configuration import load_places
from pardot_etl.files.database import create_if_missing
from pardot_etl.runs.lock import RunLock
from pardot_etl.verbs.check import Finding, check_database, worst


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with build_store(300) as store:
        yield store


@pytest.fixture
def emulator(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator(store) as emulator:
        point_at(emulator, monkeypatch)
        yield emulator


def point_at(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)


def findings(outcome: Outcome) -> Mapping[str, list[dict[str, Any]]]:
    """Return the findings of `check --json` by name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in json.loads(outcome.out)["checks"]:
        found.setdefault(one["name"], []).append(one)
    return found


def test_a_healthy_installation_passes_with_four_calls_and_leaves_nothing(emulator: Emulator, tmp_path: Path) -> None:
    outcome = invoke("check")
    assert outcome.code == 0, outcome.out
    assert outcome.err == ""
    lines = [line for line in outcome.out.splitlines() if not line.startswith("    ")]
    assert all(line.startswith("✓ ") for line in lines)
    for name in ("settings", "places", "disk", "lock", "login", "business unit", "allowance", "clock", "time zone"):
        assert any(line[2:].startswith(name) for line in lines), name
    assert sum(line[2:].startswith("ability") for line in lines) == 3
    assert len(emulator.calls) == 4
    assert files_below(tmp_path) == {}


def test_settings_are_told_by_place_and_never_by_value(emulator: Emulator) -> None:
    outcome = invoke("check")
    assert "sources.pardot.credentials.client_secret" in outcome.out
    assert "environment: SOURCES__PARDOT__CREDENTIALS__CLIENT_SECRET" in outcome.out
    for secret in (*emulator.secrets(), emulator.credentials.client_id):
        assert secret not in outcome.out + outcome.err


def test_each_unusable_setting_is_a_line_of_its_own_and_local_checks_go_on(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCES__PARDOT__BUSINESS_UNIT_ID")
    monkeypatch.setenv("SOURCES__PARDOT__RESERVE_PERCENT", "300")
    outcome = invoke("check", "--json")
    assert outcome.code == 2
    found = findings(outcome)
    assert [one["exit_code"] for one in found["settings"]] == [2, 2]
    assert found["lock"][0]["ok"]
    assert "login" not in found
    assert emulator.calls == ()


def test_the_settings_folder_is_named_and_secrets_that_others_can_read_are_warned_of(tmp_path: Path) -> None:
    folder = tmp_path / ".dlt"
    folder.mkdir()
    secrets = folder / "secrets.toml"
    secrets.write_text("[sources.pardot.credentials]\nclient_id = 'theirs'\n", encoding="utf-8")
    secrets.chmod(0o644)
    out, _ = start("check", "--json").communicate(timeout=60)
    found = findings(Outcome(2, out, ""))
    assert found["folder"][0]["detail"].startswith(str(folder))
    assert found["folder"][0]["fix"] == f"chmod 600 {secrets}"
    assert [one["detail"].partition(" ")[0] for one in found["settings"]] == ["sources.pardot.business_unit_id"]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "pardot_working.duckdb"
    create_if_missing(path)
    with duckdb.connect(str(path)) as db:
        db.execute("CREATE TABLE t AS SELECT range AS id FROM range(100_000)")
    return path


def test_damaged_file_is_told_from_one_that_is_in_use(database: Path) -> None:
    assert check_database("file", database, is_written=True).is_ok
    raw = bytearray(database.read_bytes())
    for place in range(4096 * 3, len(raw), 64):
        raw[place] ^= 0xFF
    for header in range(2):  # neither of the two headers fits its checksum
        raw[4096 * (header + 1) + 100] ^= 0xFF
    database.write_bytes(raw)
    found = check_database("file", database, is_written=True)
    assert (found.is_ok, found.exit_code) == (False, 1)
    assert "move it away" in found.fix


def test_file_that_a_run_could_not_write_is_told_while_somebody_reads_it(database: Path) -> None:
    script = f"import duckdb; db = duckdb.connect({str(database)!r}, read_only=True); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "1\n"
        written, published = (check_database("file", database, is_written=each) for each in (True, False))
        reader.communicate("\n", timeout=60)
    assert (written.exit_code, published.is_ok) == (75, True)
    assert check_database("file", database, is_written=True).is_ok


def test_settings_file_that_cannot_be_read_ends_the_check(tmp_path: Path) -> None:
    folder = tmp_path / ".dlt"
    folder.mkdir()
    (folder / "secrets.toml").write_bytes(b"\xef\xbb\xbf[sources.pardot]\n")
    check = start("check", "--json")
    out, err = check.communicate(timeout=60)
    assert (check.returncode, err) == (2, "")
    (line,) = findings(Outcome(2, out, ""))["folder"]
    assert "begins with a byte order mark" in line["detail"]


def test_refused_credentials_end_the_check_there(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__PARDOT__CREDENTIALS__REFRESH_TOKEN", "wrong")
    outcome = invoke("check", "--json")
    assert outcome.code == 2
    found = findings(outcome)
    assert "refresh token" in found["login"][0]["detail"]
    assert "business unit" not in found


def test_a_wrong_business_unit_is_told_from_a_missing_permission(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__PARDOT__BUSINESS_UNIT_ID", "0Uv000000000009CAA")
    outcome = invoke("check", "--json")
    assert outcome.code == 2
    found = findings(outcome)
    assert found["login"][0]["ok"]
    assert not found["business unit"][0]["ok"]
    assert "ability" not in found


@pytest.mark.parametrize(("operation", "code"), [("export.query", 2), ("query:visitor-activities", 2), ("account", 0)])
def test_a_missing_permission_is_named_with_its_fix(emulator: Emulator, operation: str, code: int) -> None:
    emulator.faults.add(Fault(operation, "error", code=46, status=403, message="lacks sufficient permissions"))
    outcome = invoke("check", "--json")
    assert outcome.code == code, outcome.out
    lacking = [one for one in findings(outcome)["ability"] if one["fix"]]
    assert len(lacking) == 1
    assert "role" in lacking[0]["fix"]
    assert findings(outcome)["business unit"][0]["ok"]
    emulator.faults.assert_all_consumed()


def test_a_used_up_share_is_exit_75_with_the_numbers(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator(store, daily_limit=1000) as emulator:
        point_at(emulator, monkeypatch)
        monkeypatch.setenv("SOURCES__PARDOT__MAX_DAILY_CALLS", "3")
        outcome = invoke("check", "--json")
    assert outcome.code == 75
    allowance = findings(outcome)["allowance"][0]
    assert allowance["detail"] == "3 of 1,000 calls used today, we stop at 2"
    assert "midnight" in allowance["fix"]


def test_a_wrong_clock_is_measured_by_pardots(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock(datetime.now(timezone.utc) + timedelta(hours=2))
    with Emulator(store, clock=clock) as emulator:
        point_at(emulator, monkeypatch)
        outcome = invoke("check", "--json")
    assert outcome.code == 1
    found = findings(outcome)["clock"][0]
    assert found["detail"].startswith(("2 h 00 min behind", "1 h 59 min behind"))
    assert "NTP" in found["fix"]


@pytest.mark.parametrize(("zone", "matches"), [("America/New_York", True), ("Asia/Tokyo", False)])
def test_the_configured_zone_is_compared_with_an_answer(
    store: Store, monkeypatch: pytest.MonkeyPatch, zone: str, matches: bool
) -> None:
    behaviour = Behaviour(user_zone="America/New_York")
    with Emulator(store, behaviour=behaviour) as emulator:
        point_at(emulator, monkeypatch)
        monkeypatch.setenv("SOURCES__PARDOT__TIME_ZONE", zone)
        outcome = invoke("check", "--json")
    assert outcome.code == 0, "version 5 says the offset itself, so this is a warning"
    found = findings(outcome)["time zone"][0]
    assert (found["fix"] == "") is matches
    assert ("as America/New_York should" in found["detail"]) is matches


def test_version_4_is_asked_in_its_own_words(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator(store, behaviour=Behaviour(account_versions="only 3")) as emulator:
        point_at(emulator, monkeypatch)
        monkeypatch.setenv("SOURCES__PARDOT__API_VERSION", "4")
        monkeypatch.setenv("SOURCES__PARDOT__TIME_ZONE", "America/New_York")
        outcome = invoke("check", "--json")
        assert outcome.code == 0, outcome.out
        assert all("/v5/" not in call.path for call in emulator.calls)
        assert len(emulator.calls) == 5, "one of them is told to speak version 3"
    found = findings(outcome)
    assert [one["ok"] for one in found["ability"]] == [True, True, True]
    assert "America/New_York" in found["time zone"][0]["detail"]


def test_account_that_takes_neither_4_nor_3_is_a_wrong_setting(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version, code in {4: 89, 3: 88}.items():
        emulator.faults.add(Fault(f"v{version}.read:account", "error", code=code, status=200, message="not this one"))
    monkeypatch.setenv("SOURCES__PARDOT__API_VERSION", "4")
    monkeypatch.setenv("SOURCES__PARDOT__TIME_ZONE", "America/New_York")
    outcome = invoke("check", "--json")
    assert outcome.code == 2
    assert "set it to 5" in findings(outcome)["business unit"][0]["detail"]
    emulator.faults.assert_all_consumed()
    for version, code in {4: 89, 3: 88}.items():
        emulator.faults.add(Fault(f"v{version}.read:account", "error", code=code, status=200, message="not this one"))
    outcome = invoke("run")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.count("set it to 5") == 1
    emulator.faults.assert_all_consumed()


def test_a_running_run_is_exit_75_with_its_process(emulator: Emulator) -> None:
    with RunLock(*load_places().lock_files()):
        outcome = invoke("check", "--json")
    assert outcome.code == 75
    assert "another run is active (process " in findings(outcome)["lock"][0]["detail"]
    assert invoke("check").code == 0, "looking at the lock must not take it"


def test_a_damaged_database_is_exit_1_and_a_sound_one_is_described(emulator: Emulator, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "pardot.duckdb")):
        pass
    (tmp_path / "pardot_working.duckdb").write_bytes(b"not a database" * 1000)
    outcome = invoke("check", "--json")
    assert outcome.code == 1
    found = findings(outcome)
    assert "cannot be opened by DuckDB" in found["working file"][0]["detail"]
    assert found["published file"][0]["ok"]
    assert "storage v" in found["published file"][0]["detail"]


def test_a_folder_that_cannot_be_written_is_exit_1(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    # `/proc` refuses new files to everyone, root included.
    monkeypatch.setenv("PUBLISH__DUCKDB", "/proc/pardot.duckdb")
    outcome = invoke("check", "--json")
    assert outcome.code == 1
    bad = [one for one in findings(outcome)["disk"] if not one["ok"]]
    assert len(bad) == 1
    assert "/proc cannot be written" in bad[0]["detail"]


def test_the_worst_finding_decides() -> None:
    def code(*codes: int) -> int:
        return worst([Finding("x", "", one) for one in codes])

    assert [code(0, 0), code(0, 75), code(75, 1, 0), code(1, 2, 75)] == [0, 75, 1, 2]
    assert code(99) == 1
