"""One run at a time: an operating-system lock held for the whole run, released by the kernel if the process dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from contextlib import ExitStack
from datetime import datetime, timezone
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType

from pardot.errors import RunLockedError, StorageError


class RunLock:
    """Hold the locks of every place a run writes to; a context manager.

    Raises:
        RunLockedError: another run holds one of them; nothing was touched.
        StorageError: a lock file cannot be written.
    """

    def __init__(self, *paths: Path) -> None:
        self._paths = paths
        self._held = ExitStack()

    def __enter__(self) -> RunLock:
        with ExitStack() as held:
            for path in self._paths:
                held.enter_context(_lock(path))
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()


def _lock(path: Path) -> TextIOWrapper:
    """Return the locked file; it holds who has it. It is never removed: removing would let two runs lock two files."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = open(path, "a+", encoding="utf-8")  # noqa: SIM115, PTH123 stays open as long as the lock is held
    except OSError as error:
        raise StorageError("write the lock file", path=str(path), reason=error.strerror) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = _holder(file)
        file.close()
        raise RunLockedError(str(path), **holder) from error  # type: ignore[arg-type]
    file.seek(0)
    file.truncate()
    started = datetime.now(timezone.utc).isoformat(timespec="seconds")
    json.dump({"pid": os.getpid(), "host": socket.gethostname(), "started_at": started}, file)
    file.flush()
    return file


def _holder(file: TextIOWrapper) -> dict[str, object]:
    file.seek(0)
    try:
        facts = json.loads(file.read())
        return {name: facts[name] for name in ("pid", "host", "started_at")}
    except (ValueError, KeyError, TypeError):
        return {}
