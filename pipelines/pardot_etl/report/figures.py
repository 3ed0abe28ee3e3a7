"""Key figures: the period beside the one before, and small bars week by week."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from markupsafe import Markup

from pardot_etl.report import charts
from pardot_etl.report import formats as f
from pardot_etl.report.parts import Figure, Table, table
from pardot_etl.report.period import Period
from pardot_etl.report.published import Window

T = TypeVar("T")


@dataclass(frozen=True)
class Measure(Generic[T]):
    """How a key figure is named, and taken from what was counted in a stretch of time."""

    name: str
    hint: str
    of: Callable[[T], float | None]
    is_rate: bool = False
    is_welcome: bool = True

    def shown(self, value: float | None) -> str:
        return f.rate(value) if self.is_rate else f.number(value)

    def change(self, now: float | None, before: float | None) -> f.Change | None:
        compare = f.change_of_rate if self.is_rate else f.change_of_count
        return compare(now, before, is_welcome=self.is_welcome)


@dataclass(frozen=True)
class Compared(Generic[T]):
    """What was counted in the period, in the one before and in each week of both, oldest first.

    `now` is None where the reporting table is missing, `before` also where the data do not reach back so far.
    """

    now: T | None
    before: T | None
    weeks: tuple[T, ...] = ()


def compare(read: Callable[[Window], Sequence[T]], period: Period) -> Compared[T]:
    """Read both stretches and their weeks; `read` answers nothing where the reporting table is missing."""
    found = read(Window(period.until, period.days, 2))
    if not found:
        return Compared(None, None)
    weeks = read(Window(period.until, 7, 2 * period.weeks))
    return Compared(found[0], found[1] if period.is_comparable else None, tuple(reversed(weeks)))


def figures(measures: Sequence[Measure[T]], counted: Compared[T]) -> tuple[Figure, ...]:
    """Return the key figures in the order of the measures."""
    return tuple(_figure(each, counted) for each in measures)


def weeks_table(caption: str, measures: Sequence[Measure[T]], counted: Compared[T], period: Period) -> Table | None:
    """Return the numbers behind the small bars."""
    ends = [period.until - timedelta(days=7 * back) for back in reversed(range(len(counted.weeks)))]
    rows = [
        (f.day(end), *(each.shown(each.of(week)) for each in measures))
        for end, week in zip(ends, counted.weeks, strict=True)
    ]
    return table(f"{caption} by week", ("Week to", *(each.name for each in measures)), rows)


def moved(measure: Measure[T], counted: Compared[T], days: int) -> str:
    """Return the change as the end of a sentence, beginning with a comma; nothing without one."""
    if counted.now is None or counted.before is None:
        return ""
    change = measure.change(measure.of(counted.now), measure.of(counted.before))
    if change is None:
        return ""
    if change.tone == "even":
        return f", as in the {days} days before"
    return f", {change.spoken} {change.text.replace('pt', 'points')} on the {days} days before"


def _figure(measure: Measure[T], counted: Compared[T]) -> Figure:
    value = None if counted.now is None else measure.of(counted.now)
    earlier = None if counted.before is None else measure.of(counted.before)
    weekly = [measure.of(week) for week in counted.weeks]
    return Figure(
        name=measure.name,
        hint=measure.hint,
        value=measure.shown(value),
        before=f"from {measure.shown(earlier)}" if earlier is not None else "",
        change=measure.change(value, earlier),
        weeks=_week_bars(measure, weekly) if any(weekly) else None,
    )


def _week_bars(measure: Measure[T], values: list[float | None]) -> Markup:
    told = ", ".join(map(measure.shown, values))
    return charts.weekly_bars(values, len(values) // 2, title=f"{measure.name} by week, oldest first", told=told)
