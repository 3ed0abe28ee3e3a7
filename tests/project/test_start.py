"""`pardot-etl --help` answers at once: nothing heavy is imported before a verb needs it."""

from __future__ import annotations

import os
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
        [sys.executable, "-m", "pardot_etl.cli", "--help"], env=_environment(), stdout=subprocess.DEVNULL
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
