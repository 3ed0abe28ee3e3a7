"""Stopping soon: waits end at once when the process is told to end, in whatever thread they happen.

Exports are waited for in worker threads, which no signal reaches. The signal handler of the command line calls
`stop`; every wait and every page or piece of a file asks `check`. What was reached is in the ledger.
"""

from __future__ import annotations

import threading

from .errors import StoppedError

_STOP = threading.Event()


def stop() -> None:
    """Let every wait of this process end with `StoppedError`."""
    _STOP.set()


def resume() -> None:
    """Allow waits again; for processes that run more than once."""
    _STOP.clear()


def check() -> None:
    """Raise `StoppedError` when the process is to end."""
    if _STOP.is_set():
        raise StoppedError


def sleep(seconds: float) -> None:
    """Sleep, unless told to stop meanwhile.

    Raises:
        StoppedError: the process is to end.
    """
    if _STOP.wait(seconds):
        raise StoppedError
