"""The command line: help, exit codes, errors, streams, signals."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from command_line import COMMAND, Outcome, assert_golden, environment, files_below, invoke, start
from kit import END, HISTORY_START, build_store
from sampling import sampled

from pardot_emulator import Emulator, Fault, ManualClock, Polls
from pardot_etl.cli import commands
from pardot_etl.configuration import load_places
from pardot_etl.runs.lock import RunLock

HEAVY = ("dlt", "duckdb", "pendulum", "requests", "jinja2", "pyarrow", "rich", "pardot")
VERBS = tuple(commands.commands)
SETTINGS = {
    "SOURCES__PARDOT__BUSINESS_UNIT_ID": "0Uv000000000001CAA",
    "SOURCES__PARDOT__CREDENTIALS__CLIENT_ID": "client-id",
    "SOURCES__PARDOT__CREDENTIALS__CLIENT_SECRET": "hidden-client-secret",
    "SOURCES__PARDOT__CREDENTIALS__REFRESH_TOKEN": "hidden-refresh-token",
}


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with build_store(300) as store, Emulator(store, clock=ManualClock(END)) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("SOURCES__PARDOT__START_DATE", HISTORY_START.isoformat())
        yield emulator


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def assert_short_and_clean(outcome: Outcome) -> None:
    """At most three sentences, nothing on stdout, no traceback, no secret."""
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    assert "hidden" not in outcome.err
    bullets = [line for line in outcome.err.splitlines() if line.startswith("  - ")]
    prose = "\n".join(line for line in outcome.err.splitlines() if line not in bullets)
    assert len(re.findall(r"[.!?](?=\s+[A-Z“`]|\s*$)", prose)) <= 3


# Help and versions.


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_is_as_reviewed(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    outcome = invoke(*filter(None, [verb]), "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert "..." not in outcome.out.partition("Commands:")[2]
    assert_golden(f"help/{verb or 'pardot-etl'}", outcome.out)


def test_every_verb_of_this_release_is_there() -> None:
    daily = ("run", "backfill", "plan", "login", "check", "discover", "status")
    assert (*daily, "transform", "report", "export-dbt", "erase", "docs", "demo", "emulator") == VERBS


def test_no_verb_prints_the_help() -> None:
    assert invoke() == invoke("--help")


def test_version_names_what_matters_for_a_bug_report() -> None:
    outcome = invoke("--version")
    assert outcome.code == 0
    assert re.fullmatch(r"pardot-etl \S+( installed\))?, dlt \d\S+, duckdb \d\S+\n", outcome.out)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from pardot_etl.cli import main; main(['--help']); main(['run', '--help']); "
        "print(*sorted(sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment({}), capture_output=True, text=True, check=True
    )
    loaded = set(found.stdout.splitlines()[-1].split())
    assert "click" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["stats"], "No such verb: stats. Did you mean status?"),
        (["xyzzy"], "Verbs are run, backfill, plan, login"),
        (["run", "--jsn"], "--json"),
        (["status", "--max-age", "soon"], "expected an age such as 26h, 90m or 2d"),
        (["run", "--objects", " , "], "A list of tables is empty"),
        (["emulator", "--port", "70000"], "--port"),
    ],
)
def test_a_typing_error_is_exit_2_and_names_what_was_meant(
    arguments: list[str], said: str, settings: pytest.MonkeyPatch
) -> None:
    outcome = invoke(*arguments)
    assert outcome.code == 2
    assert said in outcome.err
    assert outcome.out == ""


# Errors.


def test_missing_settings_are_named_with_their_places(tmp_path: Path) -> None:
    outcome = invoke("run")
    assert outcome.code == 2
    assert_short_and_clean(outcome)
    assert_golden("errors/missing_settings", outcome.err)
    assert files_below(tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("unknown_setting", {"SOURCES__PARDOT__BUSINES_UNIT": "x"}),
        ("malformed_setting", {"SOURCES__PARDOT__BUSINESS_UNIT_ID": "0Uv"}),
        ("same_database_twice", {"PUBLISH__DUCKDB": "one.duckdb", "DESTINATION__DUCKDB__CREDENTIALS": "one.duckdb"}),
        ("database_elsewhere", {"DESTINATION__DUCKDB__CREDENTIALS": "md:warehouse"}),
        ("folder_would_be_replaced", {"PUBLISH__PARQUET": "."}),
        (
            "several_problems",
            {"SOURCES__PARDOT__RESERVE_PERCENT": "hidden", "SOURCES__PARDOT__API_URL": "http://example.com",
             "PUBLISH__DUCKDB": "md:x"},
        ),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_exit_2_before_anything_is_touched(
    name: str, variables: dict[str, str], settings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    variables = {key: value.replace("hidden", "most") for key, value in variables.items()}
    for key, value in variables.items():
        settings.setenv(key, value)
    outcome = invoke("run")
    assert outcome.code == 2
    assert_short_and_clean(outcome)
    assert_golden(f"errors/{name}", outcome.err, folder=tmp_path)
    assert files_below(tmp_path) == {}


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [(["--objects", "prospect"], "prospects"), (["--destination", "postgress"], "postgres")],
)
def test_an_unknown_name_on_the_command_line_is_exit_2_with_the_nearest_one(
    arguments: list[str], nearest: str, settings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for verb in ("run", "plan"):
        outcome = invoke(verb, *arguments)
        assert outcome.code == 2
        assert_short_and_clean(outcome)
        assert nearest in outcome.err
    assert files_below(tmp_path) == {}


def test_refused_credentials_are_exit_2(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__PARDOT__CREDENTIALS__REFRESH_TOKEN", "hidden-and-wrong")
    outcome = invoke("run", "--log-format", "text")
    assert outcome.code == 2
    errors = Outcome(2, outcome.out, _errors(outcome))
    assert_short_and_clean(errors)
    assert_golden("errors/refused_credentials", errors.err, url=emulator.url)


def test_an_unreachable_host_is_exit_75(settings: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    settings.setenv("SOURCES__PARDOT__API_URL", url)
    settings.setenv("SOURCES__PARDOT__LOGIN_URL", url)
    monkeypatch.setattr("pardot_etl.runs.run.run.__kwdefaults__", {"sleep": lambda _seconds: None})
    outcome = invoke("run")
    assert outcome.code == 75
    assert_short_and_clean(Outcome(75, outcome.out, _errors(outcome)))
    assert "Nothing is lost" in outcome.err


def test_a_folder_that_cannot_be_written_is_exit_1_before_any_call(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(tmp_path / "file" / "working.duckdb"))
    outcome = invoke("run")
    assert outcome.code == 1
    assert_short_and_clean(Outcome(1, outcome.out, _errors(outcome)))
    assert_golden("errors/unwritable_folder", _errors(outcome), folder=tmp_path)
    assert emulator.calls == ()


def test_a_second_run_is_exit_75_and_touches_nothing(emulator: Emulator, tmp_path: Path) -> None:
    with RunLock(*load_places().lock_files()):
        before = files_below(tmp_path)
        for verb in ("run", "transform"):
            if verb == "transform":
                (tmp_path / "pardot_working.duckdb").touch()
                before = files_below(tmp_path)
            outcome = invoke(verb)
            assert outcome.code == 75
            assert_short_and_clean(outcome)
            assert f"process {os.getpid()}" in outcome.err
            assert files_below(tmp_path) == before
    assert emulator.calls == ()


def test_an_error_that_nobody_foresaw_has_a_traceback_only_with_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr("pardot_etl.configuration.load_places", fail)
    outcome = invoke("status")
    assert outcome.code == 1
    assert_short_and_clean(outcome)
    assert_golden("errors/unforeseen", outcome.err)
    assert "Traceback" in invoke("status", "--debug").err
    assert "Traceback" in invoke("--debug", "status").err


def test_file_that_the_system_refused_is_named_however_deep_that_was(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        full = OSError(errno.ENOSPC, "No space left on device", "/srv/data/state.json")
        raise RuntimeError("a library's own words") from full

    monkeypatch.setattr("pardot_etl.configuration.load_places", fail)
    outcome = invoke("status")
    assert outcome.code == 1
    assert_short_and_clean(outcome)
    assert "/srv/data/state.json" in outcome.err
    assert "No space left on device" in outcome.err


@pytest.mark.parametrize(
    ("verb", "word"), [("transform", "does not exist yet"), ("report", "nothing was published yet")]
)
def test_what_needs_a_run_first_says_so(verb: str, word: str, tmp_path: Path) -> None:
    outcome = invoke(verb)
    assert outcome.code == 1
    assert_short_and_clean(outcome)
    assert word in outcome.err
    assert "pardot-etl run" in outcome.err
    assert files_below(tmp_path) == {}


# A run.


def test_results_go_to_stdout_and_progress_to_stderr(emulator: Emulator, tmp_path: Path) -> None:
    outcome = invoke("run", "--objects", "visitor_activities,campaigns")
    assert outcome.code == 0, outcome.err
    assert re.search(r"^visitor_activities +\d +300 +300 +300 ", outcome.out, re.MULTILINE)
    assert "visitor_activities: export" in outcome.err
    assert "export" not in outcome.out
    again = invoke("run", "--objects", "campaigns", "--json")
    assert json.loads(again.out)["objects"]["campaigns"]["new"] == 0
    assert (tmp_path / "pardot_working.duckdb").stat().st_mode & 0o077 == 0


def test_json_logs_are_one_object_per_line(emulator: Emulator) -> None:
    outcome = invoke("run", "--objects", "visitor_activities", "--no-transform", "--log-format", "json")
    assert outcome.code == 0, outcome.err
    events = [json.loads(line) for line in outcome.err.splitlines()]
    names = [event["event"] for event in events]
    assert {"stage.started", "export.created", "export.file_fetched", "rows.parsed"} <= set(names)
    created = events[names.index("export.created")]
    assert created["object"] == "visitor_activities"
    assert {"at", "level", "logger", "export_id", "window"} <= created.keys()


def test_a_retry_is_one_json_line(emulator: Emulator) -> None:
    emulator.faults.add(Fault("account", "http", status=503))
    outcome = invoke("run", "--objects", "campaigns", "--no-transform", "--log-format", "json")
    assert outcome.code == 0, outcome.err
    names = [json.loads(line)["event"] for line in outcome.err.splitlines()]
    assert names.count("request.retry") == 1
    emulator.faults.assert_all_consumed()


def test_no_secret_is_printed_logged_or_written(emulator: Emulator, tmp_path: Path) -> None:
    outcome = invoke("run", "--objects", "visitor_activities", "--no-transform", "--debug")
    assert outcome.code == 0, outcome.err
    assert "request.done" in outcome.err
    checked = invoke("check", "--debug")
    texts = [outcome.out, outcome.err, checked.out, checked.err]
    texts += [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    for secret in emulator.secrets():
        assert not [text for text in texts if secret in text]


def test_a_dry_run_plans_without_a_call_or_a_file(emulator: Emulator, tmp_path: Path) -> None:
    planned = invoke("plan", "--json")
    assert planned == invoke("run", "--dry-run", "--json")
    assert planned.code == 0
    plan = json.loads(planned.out)
    assert plan["first_run"]
    by_name = {one["object"]: one for one in plan["objects"]}
    assert by_name["visitor_activities"]["way"] == "export"
    assert by_name["campaigns"]["windows"] == []
    assert emulator.calls == ()
    assert files_below(tmp_path) == {}


def test_the_plan_goes_on_from_the_last_run(emulator: Emulator) -> None:
    assert invoke("run", "--objects", "visitor_activities,campaigns", "--no-transform").code == 0
    used = len(emulator.calls)
    plan = json.loads(invoke("plan", "--objects", "visitor_activities,campaigns", "--json").out)
    assert not plan["first_run"]
    activities, campaigns = plan["objects"]
    assert activities["filter"] == "changed"
    assert activities["windows"] == ["2026-11-20 11:45 to now (UTC)"]
    assert campaigns["way"] == "query"
    assert len(emulator.calls) == used


def test_the_plan_is_corrected_by_what_such_runs_took(emulator: Emulator) -> None:
    asked = ("--objects", "visitor_activities,prospects")
    assert invoke("run", *asked, "--no-transform").code == 0
    assert json.loads(invoke("plan", *asked, "--json").out)["expected_seconds"] is None  # the first one is no such run
    assert invoke("run", *asked, "--no-transform").code == 0
    run = json.loads(invoke("run", *asked, "--no-transform", "--json").out)
    assert run["estimated_calls"] < run["api_calls"], "prospects with fields of several values come by export"
    planned = json.loads(invoke("plan", *asked, "--json").out)
    assert (planned["estimated_calls"], planned["expected_calls"]) == (run["estimated_calls"], run["api_calls"])
    lines = invoke("plan", *asked).out
    assert f"about {run['api_calls']} API calls" in lines
    assert f"({run['estimated_calls']} by the list; the last 2 such runs took" in lines
    assert f"{run['api_calls']} ({run['estimated_calls']} were estimated)" in invoke("run", *asked).out


# Processes: pipes, locales, signals.


def test_a_reader_that_goes_away_is_no_failure() -> None:
    process = start("status")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr:
        assert process.stderr.read() == ""
    assert process.wait(60) == 0


def test_ascii_terminals_get_words_for_marks() -> None:
    process = start("check", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "FAILED settings" in out
    assert err == ""


@pytest.mark.parametrize("number", sampled([signal.SIGTERM, signal.SIGINT], 2, lambda number: number.name))
def test_an_interrupted_run_is_exit_130_and_the_next_one_takes_the_same_export(
    number: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with build_store(300) as store, Emulator(store, clock=ManualClock(END), processing=Polls(1, 2)) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("SOURCES__PARDOT__START_DATE", (END - timedelta(days=300)).isoformat())
        process = start("run", "--objects", "visitor_activities", "--no-transform", SOURCES__PARDOT__POLL_SECONDS="2")
        _wait_for(lambda: any(call.operation == "export.read" for call in emulator.calls), process)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 130, err
        assert out == ""
        assert "Interrupted. What was finished is kept" in err
        assert "Traceback" not in err
        again = invoke("run", "--objects", "visitor_activities", "--no-transform", "--json")
        assert again.code == 0, again.err
        assert json.loads(again.out)["objects"]["visitor_activities"]["new"] > 100
        made = [call.operation for call in emulator.calls]
        assert made.count("export.create") == 1, "for the history; few rows are expected of the time since"
        assert made.count("query:visitor-activities") == 1


def _wait_for(condition: object, process: subprocess.Popen[str]) -> None:
    assert callable(condition)
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _errors(outcome: Outcome) -> str:
    """Return stderr without the progress lines before the error."""
    return "".join(line + "\n" for line in outcome.err.splitlines() if not re.match(r"\d{4}-\d\d-\d\d ", line))


# The emulator's verb.


def test_the_emulator_prints_settings_that_work_and_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    process = start("emulator", "--activities", "150")
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    lines = [process.stdout.readline() for _ in range(7)]
    for name, value in (re.findall(r"^export (\w+)='(.*)'$", line)[0] for line in lines):
        monkeypatch.setenv(name, value)
    outcome = invoke("check")
    assert outcome.code == 0, outcome.out
    assert url in outcome.out
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")


def test_a_taken_port_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        outcome = invoke("emulator", "--activities", "0", "--port", str(taken.getsockname()[1]))
    assert outcome.code == 1
    assert_short_and_clean(outcome)
    assert "Address already in use" in outcome.err


# -- where results go


def run_into(out: int, *arguments: str, folder: Path, closed: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a command whose stdout is a file of ours, or closed."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment({}),
        cwd=folder,
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=partial(os.close, 1) if closed else None,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="LEFT OUT: this system has no file that is always full")
def test_result_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run_into(full.fileno(), "--version", folder=tmp_path)
    assert done.returncode == 1
    assert "Could not write the result (standard output). Evidence: “No space left on device”" in done.stderr


def test_result_that_nobody_reads_is_none(tmp_path: Path) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    done = run_into(writes, "--version", folder=tmp_path)
    os.close(writes)
    assert (done.returncode, done.stderr) == (0, "")
    done = run_into(subprocess.DEVNULL, "--version", folder=tmp_path, closed=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f"import os, sys; os.rmdir({str(gone)!r}); from pardot_etl.cli import main; sys.exit(main(['status']))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment({}),
        cwd=gone,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "the current folder does not exist any more" in done.stderr
