"""Running `pardot-etl` as a user does: in this process for speed, in one of its own where that matters."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from pardot_etl.cli import main

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden"
COMMAND = (sys.executable, "-m", "pardot_etl")


@dataclass(frozen=True)
class Outcome:
    """What a command left behind for its caller."""

    code: int
    out: str
    err: str


def invoke(*arguments: str) -> Outcome:
    """Run a command in this process, and put back what it changes about the process."""
    from pardot import redaction

    # Secrets of other tests, which may be ordinary words, are none of this command's.
    secrets, redaction._secrets = redaction._secrets, redaction.SecretList()
    out, err = io.StringIO(), io.StringIO()
    handlers, level = logging.root.handlers[:], logging.root.level
    mask = os.umask(0o022)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = main(arguments)
    finally:
        os.umask(mask)
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
        redaction._secrets = secrets
    return Outcome(code, out.getvalue(), err.getvalue())


def start(*arguments: str, **variables: str) -> subprocess.Popen[str]:
    """Start a command as a process of its own."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        env=environment(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process that imports the package from this checkout."""
    folders = [str(ROOT / name) for name in ("sources", "pipelines", "transforms")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(folders), **variables}


def assert_golden(name: str, found: str, **places: object) -> None:
    """Compare a text with the reviewed one; `UPDATE_GOLDEN=1` writes it anew.

    Args:
        places: what differs from machine to machine, by the word that stands for it in the file.
    """
    for word, place in places.items():
        found = found.replace(str(place), f"<{word}>")
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


def files_below(folder: Path) -> dict[str, int]:
    """Return every file below a folder with its size: what must not change when nothing is touched."""
    return {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file()}
