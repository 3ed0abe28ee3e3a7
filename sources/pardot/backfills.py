"""A stretch of the past to read by creation time: its windows, and which of them are done. Pure.

Only objects that are read by export have a history that may be left out; all others are read whole.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .windows import Window, api_time, parse_time, tiles

SPAN = timedelta(days=92)
"""What one export of a backfill covers: after an interruption, at most so much is read again."""
_STATE_KEY = "backfill"


@dataclass(frozen=True)
class Backfill:
    """Everything created in `start_at <= t < end_at`."""

    start_at: datetime
    end_at: datetime
    reading: str = ""
    """The name of this reading: what an earlier one has loaded is read again."""

    def windows(self, now: datetime) -> list[Window]:
        """Return the windows, newest first; one that ends in the future is open-ended."""
        cut = tiles(self.start_at, self.end_at, SPAN)
        return [Window(w.start_at, None if w.end_at and w.end_at > now else w.end_at) for w in cut if w.start_at < now]

    def is_done(self, state: Mapping[str, Any], window: Window) -> bool:
        """Whether an earlier run of the same reading has loaded a window, by the object's state."""
        return self.was_done(state, window) and state[_STATE_KEY]["of"] == self._names()

    def was_done(self, state: Mapping[str, Any], window: Window) -> bool:
        """Whether this or an earlier reading of the same stretch has loaded a window."""
        known = state.get(_STATE_KEY)
        if known is None or known["of"][:2] != self._names()[:2]:
            return False
        return parse_time(known["reached"]) <= window.start_at

    def note_done(self, state: MutableMapping[str, Any], window: Window) -> None:
        state[_STATE_KEY] = {"of": self._names(), "reached": api_time(window.start_at)}

    def _names(self) -> list[str]:
        return [api_time(self.start_at), api_time(self.end_at), self.reading]
