"""How numbers, rates, changes, times and names read on the page; pure functions of their arguments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pardot_etl.files.labels import label as label

NOTHING = "–"
"""Shown where there is no number; never 0, which would be a claim."""
Tone = Literal["good", "bad", "even"]


@dataclass(frozen=True)
class Change:
    """How a number moved against the period before: the words, the arrow, and whether that is welcome."""

    text: str
    arrow: str
    tone: Tone

    @property
    def spoken(self) -> str:
        """The arrow as a word, for those who hear the page."""
        return {"▲": "up", "▼": "down"}.get(self.arrow, "")


def number(value: float | None) -> str:
    """Return a whole number with thousands separated.

    >>> number(1234567), number(-3), number(None)
    ('1,234,567', '−3', '–')
    """
    return NOTHING if value is None else _signed(f"{value:,.0f}")


def exact(value: float | None) -> str:
    """Return a number with at most one decimal, where a fraction counts.

    >>> exact(1234), exact(0.25), exact(36.5), exact(None)
    ('1,234', '0.2', '36.5', '–')
    """
    return NOTHING if value is None else _signed(f"{value:,.1f}".removesuffix(".0"))


def compact(value: float) -> str:
    """Return a number short enough for an axis.

    >>> compact(0), compact(250), compact(1500), compact(20_000), compact(3_000_000)
    ('0', '250', '1.5k', '20k', '3M')
    """
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return _signed(f"{value / size:.4g}{unit}")
    return _signed(f"{value:g}")


def rate(value: float | None) -> str:
    """Return a share as a percentage with one decimal.

    >>> rate(0.1234), rate(1), rate(None)
    ('12.3%', '100.0%', '–')
    """
    return NOTHING if value is None else _signed(f"{value:.1%}")


def ratio(part: float | None, whole: float | None) -> float | None:
    """Return part ÷ whole, and None where the whole is empty: a rate of nothing is no rate.

    >>> ratio(1, 4), ratio(1, 0), ratio(None, 4)
    (0.25, None, None)
    """
    return None if part is None or whole is None or whole <= 0 else part / whole


def change_of_count(now: float | None, before: float | None, *, is_welcome: bool = True) -> Change | None:
    """Return the relative change of a count; None when there is nothing to compare with.

    >>> change_of_count(150, 100).text, change_of_count(50, 100).tone, change_of_count(5, 0)
    ('50.0%', 'bad', None)
    """
    if now is None or before is None or before <= 0:
        return None
    return _change((now - before) / before, "{:.1%}", is_welcome)


def change_of_rate(now: float | None, before: float | None, *, is_welcome: bool = True) -> Change | None:
    """Return the change of a rate in percentage points.

    >>> change_of_rate(0.25, 0.2).text, change_of_rate(0.25, 0.25).tone
    ('5.0 pt', 'even')
    """
    if now is None or before is None:
        return None
    return _change((now - before) * 100, "{:.1f} pt", is_welcome)


def day(value: date) -> str:
    """Return a day without a leading zero, in the order that reads the same everywhere.

    >>> day(date(2026, 1, 5))
    '5 Jan 2026'
    """
    return f"{value.day} {value:%b %Y}"


def short_day(value: date) -> str:
    """Return a day for an axis: `5 Jan`."""
    return f"{value.day} {value:%b}"


def moment(value: datetime | None) -> str:
    """Return an instant in UTC to the minute; the caller says that it is UTC."""
    return NOTHING if value is None else f"{day(value)}, {value:%H:%M}"


def duration(seconds: float) -> str:
    """Return a length of time in its largest fitting unit.

    >>> duration(3 * 86400), duration(5400), duration(3700)
    ('3 days', '90 minutes', '62 minutes')
    """
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return "a minute"


def counted(value: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun.

    >>> counted(1, "row"), counted(2000, "row"), counted(2, "entry", "entries")
    ('1 row', '2,000 rows', '2 entries')
    """
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def _change(amount: float, pattern: str, is_welcome: bool) -> Change:
    text = pattern.format(abs(amount))
    if text == pattern.format(0):
        return Change("no change", "→", "even")
    is_up = amount > 0
    return Change(text, "▲" if is_up else "▼", "good" if is_up == is_welcome else "bad")


def _signed(text: str) -> str:
    return text.replace("-", "−")
