"""Charts by day: series of counts, the marks of both periods, and the table behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta, timezone

from pardot_etl.report import charts
from pardot_etl.report import formats as f
from pardot_etl.report.charts import Mark, Series
from pardot_etl.report.parts import Block, Legend, table
from pardot_etl.report.period import Period


def days_block(
    period: Period,
    title: str,
    stacked: Sequence[Series],
    *,
    panel: str,
    counted: str,
    nothing: str,
    bars: Series | None = None,
    total: str | None = "All",
    is_level: bool = False,
) -> Block:
    """Return a chart of the days of the period's charts, with all its numbers in the table behind.

    Args:
        counted: what the table counts, as the beginning of its caption.
        total: the name of a last column with the sum of each day.
        is_level: whether the values are states, of which the last one counts, and not events to add up.
    """
    days = period.chart_dates
    series = [*stacked, *([bars] if bars else [])]
    if not any(any(each.values) for each in series):
        return Block(title, "", nothing)
    span = f"{f.day(days[0])} to {f.day(days[-1])}"
    drawing = charts.days_chart(
        days,
        stacked,
        _marks(period),
        panel=panel,
        title=f"{counted} per day, {span}",
        told="; ".join(f"{each.name}: {f.number(_figure(each, is_level))}" for each in series)
        + "; each day is in the table below",
        bars=bars,
    )
    by_day = list(zip(days, *(each.values for each in series), strict=True))
    rows = [
        (f.day(on), *map(f.number, counts), *([f.number(sum(counts))] if total else []))
        for on, *counts in reversed(by_day)
    ]
    columns = ("Day", *(each.name for each in series), *([total] if total else []))
    legend = [Legend(each.key, each.name, f.number(_figure(each, is_level))) for each in series if any(each.values)]
    return Block(
        title,
        span,
        nothing,
        drawing=drawing,
        legend=tuple(legend),
        table=table(f"{counted} per day (UTC), {span}", columns, rows),
    )


def _figure(series: Series, is_level: bool) -> int:
    return series.values[-1] if is_level else sum(series.values)


def _marks(period: Period) -> list[Mark]:
    days = period.chart_dates
    noon = datetime.combine(days[0], time(12), timezone.utc)
    length = timedelta(days=max(1, len(days) - 1))
    return [
        Mark((window.since - noon) / length, text)
        for window, text in ((period.now, f"last {period.days} days"), (period.before, "period before"))
    ]
