"""When rows that are loaded already are read again: the schedule of reviews, one per object. Pure.

No filter by date tells that a row was purged; and that every change of an activity moves its `updatedAt`, say when an
anonymous visitor is recognised, is nowhere documented. So rows are looked at again: on the first run of a UTC day,
those created lately by their creation time, until their day is settled, and a share of the older ones, so that all
have had their turn after `sources.pardot.review_days`. Objects that are read by query are read whole, the smaller they
are the more often.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from .catalogue import Entry, Route
from .windows import MAX_SPAN, Window, api_time, history, parse_time, tiles

SETTLES_AFTER = timedelta(days=3)
"""A day's rows are read again by creation time until the day is this old."""
ROWS_PER_CALL = 1000
CALLS_A_DAY = 5
"""A query of up to so many calls is repeated daily; a longer one as often as its calls a day come to this."""
SHARE_ROWS = 100_000
"""Of the older rows at least so many are read again daily, so that a small account is looked at whole."""
SHORTEST_SHARE = timedelta(days=1)
_STATE_KEY = "review"


@dataclass(frozen=True)
class Schedule:
    """How far the reviews of one object are."""

    begins: datetime
    """Where the loaded history begins, by creation time."""
    settled: datetime
    """Rows created before are read again only in their turn."""
    cursor: datetime
    """Of the older rows, those created before are next; the turn goes backwards."""
    at: datetime
    """When the last review was, or the first load."""
    rows: int = 0
    """Rows that the last full reading by query found."""
    is_in_doubt: bool = False
    """Whether the last review missed so many rows that none was marked."""

    @classmethod
    def after_first_load(cls, begins: datetime, at: datetime, rows: int) -> Schedule:
        """Return the schedule of an object whose rows were all read at a moment."""
        settled = max(begins, at - SETTLES_AFTER)
        return cls(begins, settled, settled, at, rows)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Schedule | None:
        found = state.get(_STATE_KEY)
        if found is None:
            return None
        moments = {name: parse_time(found[name]) for name in ("begins", "settled", "cursor", "at")}
        return cls(**moments, rows=int(found["rows"]), is_in_doubt=bool(found["is_in_doubt"]))

    def write(self, state: MutableMapping[str, Any]) -> None:
        moments = {name: api_time(getattr(self, name)) for name in ("begins", "settled", "cursor", "at")}
        state[_STATE_KEY] = {**moments, "rows": self.rows, "is_in_doubt": self.is_in_doubt}

    def reaching_back_to(self, begins: datetime) -> Schedule:
        """Return the schedule after older rows were loaded."""
        return replace(self, begins=min(begins, self.begins))

    def joined_to(self, other: Schedule) -> Schedule:
        """Return the schedule of rows that were read whole, and of older ones that were there before, if any were."""
        return self if other.begins >= self.begins else replace(self, begins=other.begins, at=other.at)

    def is_due(self, entry: Entry, now: datetime, review_days: int) -> bool:
        """Whether the object is to be looked at again, by the server's clock; an object that is walked never is."""
        days = abs((now.date() - self.at.date()).days)  # a clock that was set back must not end the reviews
        if review_days == 0 or entry.route is Route.WALK:
            return False
        if entry.route is Route.EXPORT:
            return days >= 1
        calls = self.rows // ROWS_PER_CALL + 1
        return days >= max(1, min(review_days, calls // CALLS_A_DAY))

    def windows(self, now: datetime, review_days: int, stored: int) -> tuple[Window, ...]:
        """Return the creation times to read again: what is not settled, then the next share of what is older.

        Args:
            stored: the rows that the table has.
        """
        return (*history(min(self.settled, now), now), *self._share(review_days, stored))

    def postponed(self, now: datetime) -> Schedule:
        """Return the schedule when nothing was read: the same is due on another day."""
        return replace(self, at=now)

    def reviewed(self, now: datetime, review_days: int, stored: int, *, rows: int, is_in_doubt: bool) -> Schedule:
        """Return the schedule after the windows were read; what was in doubt is asked for once more."""
        if is_in_doubt:
            return replace(self, at=now, rows=rows, is_in_doubt=True)
        settled = max(min(self.settled, now), now - SETTLES_AFTER)
        share = self._share(review_days, stored)
        cursor = share[-1].start_at if share else self.begins
        return Schedule(
            self.begins, settled, settled if cursor <= self.begins else cursor, now, rows=rows, is_in_doubt=False
        )

    def _share(self, review_days: int, stored: int) -> tuple[Window, ...]:
        """Return the next stretch of older rows, newest first; nothing where there are none."""
        part = max(1 / max(1, review_days), min(1.0, SHARE_ROWS / max(1, stored)))
        length = max(SHORTEST_SHARE, (self.settled - self.begins) * part)
        end_at = min(self.cursor, self.settled)
        start_at = max(self.begins, end_at - length)
        if start_at >= end_at:
            return ()
        return tuple(tiles(start_at, end_at, MAX_SPAN))
