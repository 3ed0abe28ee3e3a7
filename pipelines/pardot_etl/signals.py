"""Ending early: SIGINT, SIGTERM and SIGHUP end a command in order; the next run continues from what they leave."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

INTERRUPTED: Final = 130
GRACE_SECONDS: Final = 20.0
"""How long an interrupted run may take to end by itself; service managers kill after 30 seconds and more."""
RAISED_AGAIN_AFTER_SECONDS: Final = 0.01
"""Long enough for a finalizer to end; should the interruption meet another one, it comes once more."""
ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STOPPED = threading.Event()


@contextmanager
def stoppable(*, is_process: bool = False) -> Iterator[None]:
    """Let a signal end the command in order; a second one, or no end in sight, ends it at once.

    A signal that whoever started us ignores stays ignored: `nohup` protects from SIGHUP, a shell's `&` from SIGINT.

    Args:
        is_process: whether nothing follows but the process's end. A signal that comes so late is ignored: the result
            stands, and its exit code tells it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _STOPPED.clear()
    before = {number: signal.getsignal(number) for number in ENDING}
    hook = sys.unraisablehook
    sys.unraisablehook = _raise_later
    for number, handler in before.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, _handler(number))
    try:
        yield
    except Exception as error:
        if is_stopped():  # what fails now fails for it: DuckDB says that a query was interrupted, by RuntimeError
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if is_process else handler)


def is_stopped() -> bool:
    """Whether a signal has told this command to end."""
    return _STOPPED.is_set()


def _handler(number: int) -> Callable[[int, FrameType | None], None]:
    return _hang_up if number == signal.SIGHUP else _stop


def _hang_up(number: int, frame: FrameType | None) -> None:
    """Do what SIGTERM does now.

    While dlt loads it answers that one itself. Our own exception, out of nowhere, it takes for the failure of a job
    where it runs jobs without threads, and waits for the job's end.
    """
    instead = signal.getsignal(signal.SIGTERM)
    if callable(instead):
        instead(signal.SIGTERM, frame)
    else:
        _stop(number, frame)


def _stop(number: int, _frame: FrameType | None) -> None:
    """End the command as Ctrl-C does; dlt may have stood in for us and calls only at the second signal."""
    if signal.getsignal(number) is not _handler(number):
        end_at_once()
    _STOPPED.set()
    for each in ENDING:
        if signal.getsignal(each) != signal.SIG_IGN:
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
    _interrupt()


def _interrupt(*_: object) -> None:
    """Raise the interruption; in a moment where DuckDB is being loaded, which aborts the process over it."""
    duckdb = sys.modules.get("duckdb")
    if getattr(getattr(duckdb, "__spec__", None), "_initializing", False):
        _interrupt_in_a_moment()
    else:
        raise KeyboardInterrupt


def _interrupt_in_a_moment() -> None:
    signal.signal(signal.SIGALRM, _interrupt)
    signal.setitimer(signal.ITIMER_REAL, RAISED_AGAIN_AFTER_SECONDS)


def _raise_later(lost: sys.UnraisableHookArgs) -> None:
    """Interrupt again, in a moment: a signal that meets a finalizer raises where Python drops what is raised."""
    if lost.exc_type is KeyboardInterrupt and is_stopped():
        _interrupt_in_a_moment()
    else:
        sys.__unraisablehook__(lost)


def end_at_once() -> NoReturn:
    os._exit(INTERRUPTED)
