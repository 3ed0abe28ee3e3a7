"""The history of runs: one line of JSON per finished run, kept beside the ledger for `status`.

It holds counts, times and error texts, which carry neither secrets nor personal data: a server's own words may stand
in an error, so each line is redacted, as everything that is printed is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

from pardot.durable import write_lines

from ..output import redacted
from ..signals import INTERRUPTED, is_stopped

MOST_RUNS: Final = 500
_FILE: Final = "runs.jsonl"


@contextmanager
def recorded(folder: Path) -> Iterator[dict[str, Any]]:
    """Record what happens in the block as one finished run; the caller adds the summary to the entry.

    A run that did not start, for its settings or for the lock, is no run and leaves nothing behind.
    """
    from pardot.errors import RunLockedError, SettingsError, StoppedError

    entry: dict[str, Any] = {"started_at": _now(), "exit_code": 0}
    try:
        yield entry
    except (SettingsError, RunLockedError):
        raise
    except BaseException as error:
        was_stopped = is_stopped() or isinstance(error, KeyboardInterrupt | StoppedError)
        entry["exit_code"] = INTERRUPTED if was_stopped else getattr(error, "exit_code", 1)
        if not was_stopped:
            entry["error"] = redacted(str(error)) or type(error).__name__
        append_run(folder, {**entry, "finished_at": _now()})
        raise
    append_run(folder, {**entry, "finished_at": _now()})


def append_run(folder: Path, entry: Mapping[str, Any]) -> None:
    """Add a finished run and keep the last 500; a disk that refuses costs the line, never the run.

    Called while nobody else writes: a run appends at its end, and only one runs at a time.
    """
    path = folder / _FILE
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_lines(path, [*_lines(path), redacted(json.dumps(entry, default=str))][-MOST_RUNS:])


def mask_runs(folder: Path, without: Callable[[str], str]) -> bool:
    """Take something out of every line, and say whether it stood in one: an error may quote a server's words."""
    lines = _lines(folder / _FILE)
    masked = [without(line) for line in lines]
    if masked != lines:
        write_lines(folder / _FILE, masked)
    return masked != lines


def read_runs(folder: Path) -> list[dict[str, Any]]:
    """Return the finished runs, oldest first; lines that are no JSON objects are passed over."""
    runs = []
    for line in _lines(folder / _FILE):
        with suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict):
                runs.append(entry)
    return runs


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8", errors="replace").split("\n") if line.strip()]
    except OSError:
        return []


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
