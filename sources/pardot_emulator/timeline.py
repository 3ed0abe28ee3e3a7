"""The months a made-up company lives through: working days, growth, and awkward seconds.

Everything is epoch seconds; a date-time object per row would cost more than the row.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from random import Random

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
SPAN_DAYS = 396
"""About thirteen months: longer than the one year that a single export may span."""

# Share of a day's activity per UTC hour: most of the public sits in America/New_York, some of it in Europe.
_WORKDAY_HOURS = (1, 1, 1, 1, 1, 1, 3, 6, 8, 8, 7, 6, 8, 14, 18, 19, 16, 13, 14, 15, 12, 8, 4, 2)
_WEEKEND_HOURS = (2, 1, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 5, 5, 4, 4, 4, 3, 3, 2)
_WEEKDAY_WEIGHTS = (1.0, 1.25, 1.2, 1.1, 0.85, 0.18, 0.22)


def _pool(weights: Sequence[int]) -> tuple[int, ...]:
    return tuple(hour * HOUR for hour, weight in enumerate(weights) for _ in range(weight))


_WORKDAY_POOL = _pool(_WORKDAY_HOURS)
_WEEKEND_POOL = _pool(_WEEKEND_HOURS)


def epoch(year: int, month: int, day: int, hour: int = 0) -> int:
    """Return the epoch second at which a UTC hour begins."""
    return int(datetime(year, month, day, hour, tzinfo=timezone.utc).timestamp())


def moment(second: int) -> datetime:
    """Return an epoch second as an aware UTC date-time."""
    return datetime.fromtimestamp(second, tz=timezone.utc)


def weekday(second: int) -> int:
    """Return the UTC weekday of an epoch second, Monday as 0."""
    return (second // DAY + 3) % 7


def sample_second(rng: Random, midnight: int, earliest: int, latest: int) -> int:
    """Return a second of the UTC day, within the two bounds, likelier when people are at work."""
    pool = _WORKDAY_POOL if weekday(midnight) < 5 else _WEEKEND_POOL
    second = midnight + pool[int(rng.random() * len(pool))] + int(rng.random() * HOUR)
    if earliest <= second <= latest:
        return second
    low, high = max(earliest, midnight), min(latest, midnight + DAY - 1)
    return low + int(rng.random() * (high - low + 1))


def new_york_changes(year: int) -> tuple[int, int]:
    """Return the epoch seconds at which America/New_York sets its clocks forward and back in a year.

    The rule has been in force since 2007: the second Sunday of March and the first Sunday of November, at two
    o'clock. Written out because a zone database is not part of every Python installation.
    """
    march = 14 - (date(year, 3, 14).weekday() + 1) % 7
    november = 7 - (date(year, 11, 7).weekday() + 1) % 7
    return epoch(year, 3, march, 7), epoch(year, 11, november, 6)


@dataclass(frozen=True)
class Timeline:
    """The closed span of epoch seconds a company's rows fall into."""

    start: int
    end: int

    @classmethod
    def until(cls, end_at: datetime) -> Timeline:
        """Return the thirteen months that end at an aware date-time; sub-second parts are cut off."""
        if end_at.tzinfo is None:
            raise ValueError(f"The end of the company's time must carry a UTC offset, and {end_at!r} has none.")
        end = int(end_at.timestamp())
        return cls(end - SPAN_DAYS * DAY, end)

    def holds(self, second: int) -> bool:
        """Say whether a second lies within the span."""
        return self.start <= second <= self.end

    def midnights(self) -> range:
        """Return the UTC midnights of every day that the span touches."""
        return range(self.start - self.start % DAY, self.end + 1, DAY)

    def weight(self, midnight: int) -> float:
        """Return how busy a day is against an ordinary one: working days, growth, quiet holidays."""
        day = moment(midnight)
        growth = 0.55 + 0.9 * (midnight - self.start) / (self.end - self.start)
        holiday = 0.25 if (day.month == 12 and day.day > 23) or (day.month == 1 and day.day == 1) else 1.0
        inside = min(self.end, midnight + DAY) - max(self.start, midnight)
        return _WEEKDAY_WEIGHTS[weekday(midnight)] * growth * holiday * inside / DAY

    def grow(self, rng: Random, share_at_start: float) -> int:
        """Return the second at which something joined; `share_at_start` came by import on the first day."""
        if rng.random() < share_at_start:
            return self.start + 9 * HOUR + int(rng.random() * 5)
        # A power below one makes the later months busier.
        return self.start + DAY + int(rng.random() ** 0.7 * (self.end - self.start - DAY))

    def edges(self) -> Iterator[tuple[str, int]]:
        """Yield the seconds that date arithmetic gets wrong, each with its reason, if the span holds them."""
        return ((reason, second) for reason, second in self._all_edges() if self.holds(second))

    def _all_edges(self) -> Iterator[tuple[str, int]]:
        yield "first second of the span", self.start
        yield "second second of the span", self.start + 1
        yield "last second of the span", self.end
        yield "second before the last", self.end - 1
        for days in (1, 7, 30, 90, 365):
            yield f"{days} days before the end", self.end - days * DAY
        for year in range(moment(self.start).year, moment(self.end).year + 1):
            forward, back = new_york_changes(year)
            yield "last second before clocks go forward", forward - 1
            yield "clocks go forward", forward
            yield "same wall time a day before the skipped hour", forward - DAY + HOUR // 2
            yield "last second before clocks go back", back - 1
            yield "clocks go back", back
            yield "half past one, first time", back - HOUR // 2
            yield "half past one, second time", back + HOUR // 2
            yield "end of the repeated hour", back + HOUR
        for midnight in self._month_starts():
            yield "last second of a month", midnight - 1
            yield "first second of a month", midnight
        middle = (self.start + self.end) // 2
        midnight = middle - middle % DAY
        yield "last second of a day", midnight - 1
        yield "first second of a day", midnight

    def _month_starts(self) -> Iterator[int]:
        day = moment(self.start).date().replace(day=1)
        while day <= moment(self.end).date():
            yield epoch(day.year, day.month, 1)
            day += timedelta(days=monthrange(day.year, day.month)[1])
