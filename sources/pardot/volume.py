"""How many rows a stretch of time brings, learned from the last ones: whether a query is cheaper than an export. Pure.

An export costs a creation, looks and downloads, and minutes of waiting, however few rows it has; a query costs a call
per thousand rows and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from .windows import api_time, parse_time

REFUSAL_BELIEVED_FOR = timedelta(days=7)
"""Of a query, a field or a filter: what Pardot refuses today it may allow later."""
_A_DAY = timedelta(days=1)
_STATE_KEY = "volume"


@dataclass(frozen=True)
class Volume:
    """What is known of one object's rows by time.

    Attributes:
        rows_per_day: of the stretches read so far, the last ones counting most; None before the first.
        refused_at: when a query last turned out not to deliver what an export does.
        rows_in_all: of the last reading of all rows; None before one.
    """

    rows_per_day: float | None = None
    refused_at: datetime | None = None
    rows_in_all: int | None = None

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Volume:
        known = state.get(_STATE_KEY, {})
        refused = known.get("refused_at")
        return cls(known.get("rows_per_day"), parse_time(refused) if refused else None, known.get("rows_in_all"))

    def write(self, state: MutableMapping[str, Any]) -> None:
        state[_STATE_KEY] = {
            "rows_per_day": self.rows_per_day,
            "refused_at": api_time(self.refused_at) if self.refused_at else None,
            "rows_in_all": self.rows_in_all,
        }

    def is_few(self, since: datetime, now: datetime, most_rows: int) -> bool:
        """Whether a stretch is expected to have so many rows at most, and queries were not refused this week."""
        if (
            not most_rows
            or self.rows_per_day is None
            or (self.refused_at and now - self.refused_at < REFUSAL_BELIEVED_FOR)
        ):
            return False
        return self.rows_per_day * (max(now, since) - since) / _A_DAY <= most_rows

    def is_small(self, most_rows: int) -> bool:
        """Whether there are so many rows in all at most."""
        return self.rows_in_all is not None and self.rows_in_all <= most_rows

    def corrected(self, rows: int, since: datetime, until: datetime) -> Volume:
        """Return the volume after a stretch was read; half of the new rate is what it was."""
        if until <= since:
            return self
        measured = rows * (_A_DAY / (until - since))
        rate = measured if self.rows_per_day is None else (self.rows_per_day + measured) / 2
        return replace(self, rows_per_day=round(rate, 3))

    def refused(self, at: datetime) -> Volume:
        return replace(self, refused_at=at)


UNKNOWN = Volume()
"""Before anything is known; nothing is few then."""
