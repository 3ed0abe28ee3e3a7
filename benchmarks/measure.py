"""Running one way of doing things in a fresh process, and measuring the whole process from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

WAYS = Path(__file__).parent / "ways"
_MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024
"""What one unit of `ru_maxrss` is in bytes."""

QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}


@dataclass(frozen=True)
class Measured:
    """One process from its start to its end, and what it said about itself."""

    wall_seconds: float
    cpu_seconds: float
    """User and system time of the process with all its threads, start-up included."""
    peak_mb: float
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def waited_seconds(self) -> float:
        """Wall time spent waiting for Pardot to finish exports."""
        return float(self.said.get("waited_seconds", 0.0))

    @property
    def own_wall_seconds(self) -> float:
        return self.wall_seconds - self.waited_seconds


def run_way(name: str, order: Mapping[str, Any], *, home: Path | None = None) -> Measured:
    """Run `ways/<name>.py` with its order as JSON; the last line that it prints is its report, as JSON.

    Args:
        home: dlt's settings and data are looked for below this folder and nowhere else.

    Raises:
        RuntimeError: the process failed.
    """
    environment = {**os.environ, **QUIET}
    if home is not None:
        environment |= {"DLT_PROJECT_DIR": str(home), "DLT_DATA_DIR": str(home / "dlt")}
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, str(WAYS / f"{name}.py"), json.dumps(order)],
        stdout=subprocess.PIPE,
        env=environment,
        cwd=home,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as output:
        lines = output.read().splitlines()
    _, status, usage = os.wait4(process.pid, 0)
    wall_seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{name} ended with exit code {process.returncode}; its own message stands above")
    peak_mb = usage.ru_maxrss * _MEMORY_UNIT / 1e6
    return Measured(wall_seconds, usage.ru_utime + usage.ru_stime, peak_mb, json.loads(lines[-1]))


def middle(runs: Sequence[Measured]) -> Measured:
    """Return the medians of several runs, with the report of the run whose CPU time is the middle one."""
    by_cpu = sorted(runs, key=lambda run: run.cpu_seconds)
    return Measured(
        median(run.own_wall_seconds for run in runs) + median(run.waited_seconds for run in runs),
        median(run.cpu_seconds for run in runs),
        median(run.peak_mb for run in runs),
        {**by_cpu[len(by_cpu) // 2].said, "waited_seconds": median(run.waited_seconds for run in runs)},
    )


def size_mb(*paths: Path) -> float:
    """Return the size of files and folders with everything in them."""
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6
