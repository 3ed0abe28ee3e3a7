"""The overview: how much happened, who took part, and in whose campaigns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pardot_etl.report import formats as f
from pardot_etl.report.charts import Series
from pardot_etl.report.days import days_block
from pardot_etl.report.figures import Compared, Measure, compare, figures, moved, weeks_table
from pardot_etl.report.parts import Block, Section
from pardot_etl.report.period import Period
from pardot_etl.report.published import FACTS, Published, Window
from pardot_etl.report.ranked import Ranked, engagement_block, top_engaged

SENT = (6, "sent", "Emails sent")
KINDS = (
    (20, "visits", "Visits"),
    (2, "views", "Views"),
    (11, "opens", "Email opens"),
    (1, "clicks", "Clicks"),
    (4, "successes", "Form successes"),
)
"""The same types that `prospect_engagement` names; every other type is "Other"."""


@dataclass(frozen=True)
class ActivitySpan:
    """What happened in one stretch of time."""

    activities: int = 0
    active_prospects: int = 0
    engaged_prospects: int = 0
    successes: int = 0


@dataclass(frozen=True)
class DayCount:
    on: date
    type: int | None
    activities: int


ENGAGED = Measure[ActivitySpan]("Engaged prospects", "did something themselves", lambda a: a.engaged_prospects)
MEASURES = (
    ENGAGED,
    Measure[ActivitySpan]("Active prospects", "with any activity, sends too", lambda a: a.active_prospects),
    Measure[ActivitySpan]("Activities", "everything recorded", lambda a: a.activities),
    Measure[ActivitySpan]("Form successes", "forms, handlers, landing pages", lambda a: a.successes),
)


def section(db: Published, period: Period) -> Section:
    return build(
        period,
        compare(lambda window: read_spans(db, window), period),
        read_days(db, period),
        top_engaged(db, period.now, "campaign_id", "campaign_name"),
    )


def build(
    period: Period, counted: Compared[ActivitySpan], days: Sequence[DayCount], campaigns: Sequence[Ranked]
) -> Section:
    return Section(
        "overview",
        "Overview",
        _sentence(period, counted),
        figures=figures(MEASURES, counted),
        weeks=weeks_table("Activity", MEASURES, counted, period),
        blocks=(_activity(period, days), engagement_block("Top campaigns", "Campaign", campaigns, period)),
        models=("visitor_activities_enriched", "daily_activity", "campaign_performance"),
    )


def _sentence(period: Period, counted: Compared[ActivitySpan]) -> str:
    if period.extent is None:
        return "There is nothing to report yet."
    if counted.now is None:
        return "The reporting tables do not say who engaged."
    engaged = f.counted(counted.now.engaged_prospects, "prospect")
    return f"{engaged} engaged{moved(ENGAGED, counted, period.days)}."


def _activity(period: Period, counts: Sequence[DayCount]) -> Block:
    kinds = (SENT, *KINDS, (None, "other", "Other"))
    named = {kind for kind, _, _ in kinds}
    found: dict[tuple[int | None, date], int] = {}
    for each in counts:
        kind = each.type if each.type in named else None
        found[kind, each.on] = found.get((kind, each.on), 0) + each.activities
    sent, *stacked = [
        Series(key, name, tuple(found.get((kind, on), 0) for on in period.chart_dates)) for kind, key, name in kinds
    ]
    return days_block(
        period,
        "Activity per day",
        stacked,
        bars=sent,
        panel="What people did",
        counted="Activities",
        nothing="There is no activity by day to draw.",
    )


# -- what is asked of the database


def read_spans(db: Published, window: Window) -> list[ActivitySpan]:
    table = db.mart(FACTS, "created_at_utc", "type", "prospect_id", "is_engagement")
    if table is None:
        return []
    return db.stretches(
        ActivitySpan,
        window,
        at="epoch_us(created_at_utc)",
        counts="count(*), count(DISTINCT prospect_id), count(DISTINCT CASE WHEN is_engagement THEN prospect_id END), "
        "count(CASE WHEN type = 4 THEN 1 END)",
        source=table,
    )


def read_days(db: Published, period: Period) -> list[DayCount]:
    """Return the activities of each UTC day of the charts, by type."""
    table, days = db.mart("daily_activity", "created_on", "type", "activities"), period.chart_dates
    if table is None or not days:
        return []
    return [
        DayCount(on, kind, int(activities))
        for on, kind, activities in db.rows(
            "SELECT created_on, type, sum(activities) FROM {t} WHERE created_on BETWEEN ? AND ? "
            "GROUP BY created_on, type ORDER BY created_on, type",
            [days[0], days[-1]],
            t=table,
        )
    ]
