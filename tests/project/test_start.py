"""`pardot-etl` answers at once: nothing heavy is imported before a verb needs it. A signal ends it at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from project_code import PACKAGES

MOST_CPU_SECONDS = 0.4
HEAVY = ("dlt", "duckdb", "pyarrow", "pendulum", "sqlglot", "requests", "rich", "jinja2")


def _environment() -> dict[str, str]:
    folders = dict.fromkeys(str(path.parent) for path in PACKAGES.values())
    return {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}


def _cpu_seconds() -> float:
    """Return what one `--help` costs, the interpreter's start included; the wall clock would measure the machine."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pardot_etl", "--help"], env=_environment(), stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime


def test_help_costs_little() -> None:
    assert min(_cpu_seconds() for _ in range(5)) < MOST_CPU_SECONDS


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["status", "--help"]], ids=" ".join)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    script = f"import sys; from pardot_etl.cli import main; main({arguments!r}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script], env=_environment(), capture_output=True, text=True, check=True
    )
    assert set(done.stderr.split()) & set(HEAVY) == set()


HOOK = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)

class Signal:
    def find_spec(self, name, *_):
        if name == AT:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), NUMBER)

sys.meta_path.insert(0, Signal())
"""
COMMAND_LINE = "AT = 'pardot_etl.cli'" + HOOK + "from pardot_etl.__main__ import main\nmain()"
EXTENSION = f"""
AT = '_duckdb'
{HOOK}
from pardot_etl.signals import stoppable

try:
    with stoppable():
        import duckdb
        time.sleep(60)
except KeyboardInterrupt:
    print(sys.modules["duckdb"].sql("SELECT 42").fetchall())
    sys.exit(130)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize(("script", "out"), [(COMMAND_LINE, ""), (EXTENSION, "[(42,)]\n")], ids=["command", "duckdb"])
def test_signal_in_the_middle_of_an_import_ends_in_order(number: signal.Signals, script: str, out: str) -> None:
    """Python would show where it was, and an extension would abort the process."""
    ran = subprocess.run(
        [sys.executable, "-c", f"NUMBER = {int(number)}\n{script}"],
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, out, "")
