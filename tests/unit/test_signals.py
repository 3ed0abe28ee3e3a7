from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from command_line import environment

PROGRAM = """
import os, pathlib, signal, sys
from pardot_etl.runs.history import read_runs, recorded
from pardot_etl.signals import stoppable

folder = pathlib.Path(sys.argv[1])
try:
    with stoppable(), recorded(folder):
        try:
            os.kill(os.getpid(), int(sys.argv[2]))
        except KeyboardInterrupt:
            raise RuntimeError("Query interrupted") from None
except KeyboardInterrupt:
    print("interrupted", read_runs(folder)[0]["exit_code"], "error" in read_runs(folder)[0])
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_whatever_fails_after_a_signal_is_an_interruption(number: signal.Signals, tmp_path: Path) -> None:
    """DuckDB turns the interruption of a query into an exception of its own."""
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(tmp_path), str(int(number))]
    outcome = subprocess.run(command, env=environment({}), capture_output=True, text=True, check=False)
    assert (outcome.stdout, outcome.stderr) == ("interrupted 130 False\n", "")
    assert json.loads((tmp_path / "runs.jsonl").read_text())["exit_code"] == 130


def test_failure_without_a_signal_stays_what_it_is(tmp_path: Path) -> None:
    from pardot_etl.runs.history import read_runs, recorded
    from pardot_etl.signals import stoppable

    with pytest.raises(RuntimeError, match="a bug of ours"), stoppable(), recorded(tmp_path):
        raise RuntimeError("a bug of ours")
    assert read_runs(tmp_path)[0]["error"] == "a bug of ours"


LOADING = """
import os, signal
from dlt.common.runtime.signals import intercepted_signals, was_signal_received
from pardot_etl.signals import stoppable

with stoppable(), intercepted_signals():
    os.kill(os.getpid(), signal.SIGHUP)
    print("the job goes on,", "told to end" if was_signal_received() else "not told", flush=True)
    os.kill(os.getpid(), signal.SIGHUP)
    print("the second one did nothing")
"""


def test_hang_up_during_a_load_is_told_to_dlt_and_the_second_one_ends_all() -> None:
    """An exception raised inside a job is a job's failure to dlt, which then waits for it without end."""
    command = [sys.executable, "-c", textwrap.dedent(LOADING)]
    outcome = subprocess.run(command, env=environment({}), capture_output=True, text=True, check=False)
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (130, "the job goes on, told to end\n", "")


FINALIZER = """
import os, signal, sys, time
from pardot_etl.signals import stoppable

class Connection:
    def __del__(self):
        os.kill(os.getpid(), int(sys.argv[1]))
        print("closing", flush=True)

try:
    with stoppable():
        Connection()
        print("the work goes on", flush=True)
        time.sleep(15)
        print("to its end")
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_signal_that_meets_a_finalizer_interrupts_after_it(number: signal.Signals) -> None:
    """Python drops what a finalizer raises, and prints it with a traceback."""
    command = [sys.executable, "-c", textwrap.dedent(FINALIZER), str(int(number))]
    outcome = subprocess.run(command, env=environment({}), capture_output=True, text=True, check=False)
    assert (outcome.stdout, outcome.stderr) == ("the work goes on\ninterrupted\n", "")


def test_other_failures_of_finalizers_are_told() -> None:
    program = """
    from pardot_etl.signals import stoppable

    class Connection:
        def __del__(self):
            raise RuntimeError("cannot close")

    with stoppable():
        Connection()
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    outcome = subprocess.run(command, env=environment({}), capture_output=True, text=True, check=False)
    assert "RuntimeError: cannot close" in outcome.stderr


LATE = """
import atexit, os, sys
from pardot_etl.cli import main

@atexit.register
def _():
    for number in sys.argv[2:]:
        os.kill(os.getpid(), int(number))

_, *numbers = sys.argv
sys.argv = ["pardot-etl", "--version"]
code = main()
sys.argv = ["", "", *numbers]
sys.exit(code)
"""


def test_signal_after_the_result_changes_nothing() -> None:
    """A service manager that stops a job which is about to end anyway sees how it ended."""
    numbers = [str(int(each)) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    command = [sys.executable, "-c", textwrap.dedent(LATE), *numbers]
    outcome = subprocess.run(command, env=environment({}), capture_output=True, text=True, check=False)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert outcome.stdout.startswith("pardot-etl ")
