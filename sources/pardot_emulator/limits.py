"""The three limits of an account: requests at once, per minute, and per day."""

from __future__ import annotations

import threading
from collections import deque
from datetime import date, datetime, timedelta, tzinfo

from pardot_emulator.clock import Clock
from pardot_emulator.errors import ApiError


class Limits:
    """Counts requests and refuses those over a limit.

    The count of the day starts anew at midnight in the account's time zone. Source: developer guide, rate
    limits.
    """

    def __init__(self, clock: Clock, account_zone: tzinfo, *, daily: int, per_minute: int | None, at_once: int) -> None:
        self.daily = daily
        self.per_minute = per_minute
        self.at_once = at_once
        self.used_in_all = 0
        self.max_in_flight_seen = 0
        self._clock = clock
        self._zone = account_zone
        self._lock = threading.Lock()
        self._in_flight = 0
        self._day: date | None = None
        self._used = 0
        self._last_minute: deque[datetime] = deque()

    def enter(self) -> Slot:
        """Count a request in; its slot has to be released before its answer can be complete."""
        with self._lock:
            self._in_flight += 1
            self.max_in_flight_seen = max(self.max_in_flight_seen, self._in_flight)
            return Slot(self, self._in_flight)

    def spend(self, slot: Slot, calls: int = 1) -> None:
        """Charge an authenticated request.

        Raises:
            ApiError: 66 too many at once, 202 too many in a minute, 122 too many today; nothing is charged.
        """
        now = self._clock.now()
        with self._lock:
            if slot.position > self.at_once:
                raise ApiError(66)
            self._forget_the_past(now)
            if self._used + calls > self.daily:
                raise ApiError(122)
            if self.per_minute is not None and len(self._last_minute) >= self.per_minute:
                raise ApiError(202)
            self._last_minute.append(now)
            self._used += calls
            self.used_in_all += calls

    @property
    def used_today(self) -> int:
        """Calls charged since the account's midnight."""
        with self._lock:
            self._forget_the_past(self._clock.now())
            return self._used

    @used_today.setter
    def used_today(self, calls: int) -> None:
        """Pretend that others have used the allowance."""
        with self._lock:
            self._forget_the_past(self._clock.now())
            self._used = calls

    def leave(self) -> None:
        """Count a request out."""
        with self._lock:
            self._in_flight -= 1

    def _forget_the_past(self, now: datetime) -> None:
        today = now.astimezone(self._zone).date()
        if today != self._day:
            self._day, self._used = today, 0
        while self._last_minute and self._last_minute[0] <= now - timedelta(minutes=1):
            self._last_minute.popleft()


class Slot:
    """One request in flight."""

    def __init__(self, limits: Limits, position: int) -> None:
        self.position = position
        self._limits: Limits | None = limits

    def release(self) -> None:
        """Give the slot back; doing so twice is harmless."""
        limits, self._limits = self._limits, None
        if limits is not None:
            limits.leave()
