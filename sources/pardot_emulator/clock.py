"""The emulator's time: every date it writes and every expiry it enforces comes from one clock."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the time."""

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC."""


class SystemClock:
    """The time of the machine."""

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC."""
        return datetime.now(timezone.utc)


class ManualClock:
    """A clock that moves only when told to, so that no test has to sleep."""

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._now = _utc(start)

    def now(self) -> datetime:
        """Return the instant that was set or reached last."""
        with self._lock:
            return self._now

    def advance(self, delta: timedelta | None = None, *, seconds: float = 0.0) -> datetime:
        """Move on by a timedelta, by seconds, or by both together; return the new time."""
        with self._lock:
            self._now += (delta or timedelta()) + timedelta(seconds=seconds)
            return self._now

    def set(self, instant: datetime) -> None:
        """Jump to an aware instant, also backwards, as a corrected clock would."""
        with self._lock:
            self._now = _utc(instant)


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("a clock needs an aware date-time")
    return instant.astimezone(timezone.utc)
