"""Half-open UTC windows: which stretches of time a run asks for. Pure.

Inside the package a window is `start_at <= t < end_at`. The API's own bounds are documented both as exclusive and
as inclusive, so `after_bound` and `before_bound` ask for a little more on both sides and the key removes the
overlap.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

MAX_SPAN = timedelta(days=364)
"""One export covers at most a year; a day is kept back for the bounds. Source: Export API guide, limits."""

LAG = timedelta(minutes=15)
"""How far before the last window's end the next one starts: reads may be served from a cache that is a minute old,
and nothing is documented about how late a row can appear."""

_SHORT_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$")
_BOUND = timedelta(seconds=1)


@dataclass(frozen=True)
class Window:
    """A half-open stretch of time. `end_at` is None for "up to the moment of asking", which the API measures itself."""

    start_at: datetime
    end_at: datetime | None

    def __str__(self) -> str:
        end = "now" if self.end_at is None else _minute(self.end_at)
        return f"{_minute(self.start_at)} to {end} (UTC)"

    @property
    def after_bound(self) -> str:
        """The API's lower bound, one second early, so that an exclusive bound still delivers the first second."""
        return api_time(self.start_at - _BOUND)

    @property
    def before_bound(self) -> str | None:
        """The API's upper bound, one second late; None leaves it to the moment of creation."""
        return None if self.end_at is None else api_time(self.end_at + _BOUND)


def api_time(moment: datetime) -> str:
    """Return the ISO 8601 text with offset that version 5 takes.

    >>> api_time(datetime(2026, 3, 1, tzinfo=timezone.utc))
    '2026-03-01T00:00:00+00:00'
    """
    return moment.astimezone(timezone.utc).replace(microsecond=0).isoformat()


def parse_time(text: str) -> datetime:
    """Parse a stored or received ISO 8601 time with offset into an aware UTC datetime.

    Raises:
        ValueError: the text is no date-time, or has no offset.
    """
    moment = datetime.fromisoformat(_SHORT_OFFSET.sub(r"\1:\2", text.strip().replace("Z", "+00:00")))
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC")
    return moment.astimezone(timezone.utc)


def history(start_at: datetime, now: datetime) -> list[Window]:
    """Tile `start_at` up to now with windows of at most a year, newest first; the newest one is open-ended.

    Windows meet exactly: each one's end is the start of the one before it in the list. The newest one is cut from
    now backwards, so that it is wide even where our clock and the server's differ.
    """
    newest, *older = tiles(start_at, now, MAX_SPAN)
    return [Window(newest.start_at, None), *older]


def changes(through: datetime, newest: datetime | None, now: datetime) -> list[Window]:
    """Tile everything that may have changed since the last finished window.

    Args:
        through: the end of the last finished window.
        newest: the newest row seen in it, if known. The next window starts before both: the watermark never passes
            the window's end, and where the stamps of the rows lag behind the server's clock, neither does it pass them.
        now: the server's clock. A position ahead of it, from a clock that was set back, asks for the last minutes.
    """
    return history(min(through, newest or through, now) - LAG, now)


def tiles(start_at: datetime, end_at: datetime, span: timedelta) -> list[Window]:
    """Tile a stretch with closed windows of at most a span, newest first, cut from its end backwards."""
    return [Window(max(start_at, cut - span), cut) for cut in _cuts(start_at, end_at, span)]


def lies_in(part: Window, whole: Window) -> bool:
    """Whether a window reaches nowhere beyond another one."""
    reaches_no_further = whole.end_at is None or (part.end_at is not None and part.end_at <= whole.end_at)
    return whole.start_at <= part.start_at and reaches_no_further


def make_up(parts: Collection[Window], whole: Window) -> bool:
    """Whether windows, in any order, lie end to end and are together exactly a whole one.

    >>> one, two, three = (datetime(2026, 1, day, tzinfo=timezone.utc) for day in (1, 2, 3))
    >>> make_up([Window(two, None), Window(one, two)], Window(one, None))
    True
    >>> make_up([Window(one, two)], Window(one, three)), make_up([], Window(one, None))
    (False, False)
    """
    reached: datetime | None = whole.start_at
    for part in sorted(parts, key=lambda window: window.start_at):
        if part.start_at != reached:
            return False
        reached = part.end_at
    return bool(parts) and reached == whole.end_at


def _cuts(start_at: datetime, end_at: datetime, span: timedelta) -> Iterator[datetime]:
    """Yield the ends of the windows that tile a stretch; one window at least."""
    yield end_at
    while end_at - start_at > span:
        end_at -= span
        yield end_at


def _minute(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M")
