"""Ending early: SIGINT and SIGTERM end a command in order, and leave a state that the next run continues from."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

INTERRUPTED: Final = 130
GRACE_SECONDS: Final = 20.0
"""How long an interrupted run may take to end by itself; service managers kill after 30 seconds and more."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGINT and SIGTERM end the command in order; a second one, or no end in sight, ends it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        signal.signal(number, _stop)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, before[number])


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    """End the command as Ctrl-C does; dlt may have stood in for us and calls only at the second signal."""
    if signal.getsignal(number) is not _stop:
        end_at_once()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: end_at_once())
    # What is not loaded yet has nothing to stop; a signal handler imports nothing.
    if "pardot.stopping" in sys.modules:
        sys.modules["pardot.stopping"].stop()
    if "logging" in sys.modules:
        # dlt warns about threads whose request is under way; the next run goes on where they were.
        sys.modules["logging"].getLogger("dlt").disabled = True
    timer = threading.Timer(GRACE_SECONDS, end_at_once)
    timer.daemon = True
    timer.start()
    raise KeyboardInterrupt


def end_at_once() -> NoReturn:
    os._exit(INTERRUPTED)
