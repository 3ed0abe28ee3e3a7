"""Times without an offset, as versions 3 and 4 write and read them: the wall clock of the API user's zone. Pure.

Where clocks go back an hour of the wall comes twice, and where they go forward one is left out. Whoever reads such a
time has to choose; whoever filters by one must not let the other side's choice lose a row.

Source: Account Engagement API versions 3 and 4, "Using Dates"; the zone is the API user's preference.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from ..windows import parse_time

_STEP = timedelta(minutes=30)
"""No zone has shifted its clocks by less."""


class WallClock:
    """The wall clock of one time zone."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)

    def read(self, text: str) -> datetime:
        """Return the instant of a time; the earlier one of two. A time with an offset is taken by it.

        Raises:
            ValueError: it is no time.
        """
        try:
            return parse_time(text)
        except ValueError:
            return self._earliest(datetime.fromisoformat(text.strip()))

    def not_after(self, moment: datetime) -> str:
        """Return the latest time that nobody can read as later than a moment: a lower bound."""
        return _text(self._plain(moment, -_STEP))

    def not_before(self, moment: datetime) -> str:
        """Return the earliest time that nobody can read as earlier than a moment: an upper bound."""
        return _text(self._plain(moment, _STEP))

    def _plain(self, moment: datetime, step: timedelta) -> datetime:
        """Return the wall time of a moment, or of the next one in steps whose wall time comes once."""
        while True:
            wall = moment.astimezone(self._zone).replace(tzinfo=None)
            if self._earliest(wall) == self._latest(wall):
                return wall
            moment += step

    def _earliest(self, wall: datetime) -> datetime:
        return min(self._instants(wall))

    def _latest(self, wall: datetime) -> datetime:
        return max(self._instants(wall))

    def _instants(self, wall: datetime) -> list[datetime]:
        return [wall.replace(tzinfo=self._zone, fold=fold).astimezone(timezone.utc) for fold in (0, 1)]


def _text(wall: datetime) -> str:
    return wall.strftime("%Y-%m-%d %H:%M:%S")
