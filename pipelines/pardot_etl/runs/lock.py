"""One run at a time: an operating-system lock held for the whole run, released by the kernel if the process dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import Any

from pardot.errors import RunLockedError, StorageError


class RunLock:
    """Hold the locks of every place a run writes to; a context manager.

    Raises:
        RunLockedError: another run holds one of them; nothing was touched.
        StorageError: a lock file cannot be written, or its file system knows no locks.
    """

    def __init__(self, *paths: Path) -> None:
        self._paths = paths
        self._held = ExitStack()

    def __enter__(self) -> RunLock:
        with ExitStack() as held:
            for path in self._paths:
                held.callback(os.close, _lock(path))
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()


def _lock(path: Path) -> int:
    """Return the locked file; it holds who has it. It is never removed: removing would let two runs lock two files."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError("write the lock file", path=str(path), reason=error.strerror) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(file, 0)
        os.pwrite(file, json.dumps(_ourselves()).encode(), 0)
    except BlockingIOError as error:
        holder = _holder(file)
        os.close(file)
        raise RunLockedError(str(path), **holder) from error
    except OSError as error:
        os.close(file)
        raise StorageError("lock the working folder", path=str(path), reason=error.strerror) from error
    return file


def _ourselves() -> dict[str, object]:
    started = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "started_at": started}


def _holder(file: int) -> dict[str, Any]:
    try:
        facts = json.loads(os.pread(file, 4096, 0))
        return {name: facts[name] for name in ("pid", "host", "started_at")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
