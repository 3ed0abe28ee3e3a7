"""dbt as `make dbt` installs it: one command in an exported project, and what it counted in the end."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from pardot_transforms import load_project

DBT = os.environ.get("PARDOT_DBT", "")
LEFT_OUT = "LEFT OUT: dbt; `make dbt` installs and runs it"
TESTS = sum(len(model.tests) for model in load_project().models.values())
REPORTING = sorted(model.name for model in load_project().models.values() if model.is_reporting)
NOT_THEIRS = ("DBT_", "PARDOT_", "PYTHON", "PG")


def dbt(folder: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    """Run dbt in an exported project, with more variables of the environment, and return exit code and output."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(NOT_THEIRS)}
    done = subprocess.run(
        [DBT, "--no-use-colors", *arguments],
        cwd=folder,
        env=ours | variables,
        capture_output=True,
        text=True,
        timeout=3600,
    )
    return done.returncode, done.stdout + done.stderr


def done(printed: str) -> dict[str, int]:
    """Return what dbt counted in the end, without what there was none of."""
    return {name: int(count) for name, count in re.findall(r"([A-Z-]+)=(\d+)", printed) if count != "0"}


def last_line(printed: str) -> str:
    return printed.strip().splitlines()[-1].strip()
