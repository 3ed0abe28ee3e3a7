"""The web site: who came, from where, and to which pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pardot_etl.report import formats as f
from pardot_etl.report.charts import Series
from pardot_etl.report.days import days_block
from pardot_etl.report.figures import Compared, Measure, compare, figures, moved, weeks_table
from pardot_etl.report.formats import ratio
from pardot_etl.report.parts import Block, Section, table
from pardot_etl.report.period import Period
from pardot_etl.report.published import Published, Window, within
from pardot_etl.report.ranks import TOP, ranks


@dataclass(frozen=True)
class Visits:
    """Sessions that began in one stretch of time."""

    sessions: int = 0
    visitors: int = 0
    known: int = 0
    submitting: int = 0

    def known_share(self) -> float | None:
        return ratio(self.known, self.sessions)

    def submitting_share(self) -> float | None:
        return ratio(self.submitting, self.sessions)


@dataclass(frozen=True)
class DaySessions:
    on: date
    known: int
    unknown: int


@dataclass(frozen=True)
class Source:
    source: str | None
    medium: str | None
    sessions: int
    known: int
    submitting: int


@dataclass(frozen=True)
class PageViews:
    """A page in the month of the newest activity and in the one before."""

    page: str | None
    views: int
    views_before: int
    entries: int
    average_seconds: float | None


SESSIONS = Measure[Visits]("Sessions", "visits to the web site", lambda v: v.sessions)
MEASURES = (
    SESSIONS,
    Measure[Visits]("Visitors", "browsers, by their cookies", lambda v: v.visitors),
    Measure[Visits]("Known visitors", "share of sessions of a known prospect", Visits.known_share, is_rate=True),
    Measure[Visits]("Sessions with a submission", "share of sessions", Visits.submitting_share, is_rate=True),
)


def section(db: Published, period: Period) -> Section:
    return build(
        period,
        compare(lambda window: read_spans(db, window), period),
        read_days(db, period),
        read_pages(db, period.until),
        read_sources(db, period.now),
    )


def build(
    period: Period,
    counted: Compared[Visits],
    days: Sequence[DaySessions],
    pages: Sequence[PageViews],
    sources: Sequence[Source],
) -> Section:
    return Section(
        "web",
        "Web site",
        _sentence(period, counted),
        figures=figures(MEASURES, counted),
        weeks=weeks_table("Sessions", MEASURES, counted, period),
        blocks=(_days(period, days), _pages(pages), _sources(sources, period)),
        models=("visitor_sessions", "top_pages"),
    )


def _sentence(period: Period, counted: Compared[Visits]) -> str:
    visits = counted.now
    if visits is None:
        return "The reporting tables do not say who visited the web site."
    if not visits.sessions:
        return "No visit to the web site is loaded for these days."
    return (
        f"{f.counted(visits.sessions, 'session')} by {f.counted(visits.visitors, 'visitor')}"
        f"{moved(SESSIONS, counted, period.days)}; {f.rate(visits.known_share())} by people we know."
    )


def _days(period: Period, days: Sequence[DaySessions]) -> Block:
    known = {each.on: each.known for each in days}
    unknown = {each.on: each.unknown for each in days}
    return days_block(
        period,
        "Sessions per day",
        [
            Series("visits", "Known prospects", tuple(known.get(on, 0) for on in period.chart_dates)),
            Series("other", "Unknown visitors", tuple(unknown.get(on, 0) for on in period.chart_dates)),
        ],
        panel="Sessions",
        counted="Sessions",
        nothing="There is no session by day to draw.",
    )


def _pages(pages: Sequence[PageViews]) -> Block:
    names = [f.label(each.page, "Address not told") for each in pages]
    return Block(
        "Top pages",
        f"by views in this UTC month so far and the one before, the first {TOP}",
        "No page view of these months is loaded.",
        ranks=ranks(
            names,
            [each.views + each.views_before for each in pages],
            [f.number(each.views + each.views_before) for each in pages],
            [
                f"{f.number(each.views)} this month, {f.number(each.views_before)} the month before · "
                f"{f.number(each.entries)} sessions began here"
                for each in pages
            ],
            solid=[each.views for each in pages],
        ),
        table=table(
            "Page views by page",
            ("Page", "This month", "Month before", "Entries", "Average seconds"),
            (
                (name, *map(f.number, (each.views, each.views_before, each.entries, each.average_seconds)))
                for name, each in zip(names, pages, strict=True)
            ),
        ),
        note="In full colour the views of this month.",
        is_wide=False,
    )


def _sources(sources: Sequence[Source], period: Period) -> Block:
    names = [
        " / ".join(filter(None, (f.label(each.source, ""), f.label(each.medium, "")))) or "No utm parameters"
        for each in sources
    ]
    return Block(
        "Where sessions came from",
        f"by utm_source and utm_medium, the first {TOP}, {period.days} days",
        "No session of these days is loaded.",
        ranks=ranks(
            names,
            [each.sessions for each in sources],
            [f.number(each.sessions) for each in sources],
            [
                f"{f.number(each.known)} by known prospects · {f.number(each.submitting)} with a submission"
                for each in sources
            ],
        ),
        table=table(
            f"Sessions by source, last {period.days} days",
            ("Source", "Sessions", "Of known prospects", "With a submission"),
            (
                (name, *map(f.number, (each.sessions, each.known, each.submitting)))
                for name, each in zip(names, sources, strict=True)
            ),
        ),
        is_wide=False,
    )


# -- what is asked of the database


def read_spans(db: Published, window: Window) -> list[Visits]:
    table = db.mart("visitor_sessions", "started_at", "visitor_id", "prospect_id", "submissions")
    if table is None:
        return []
    return db.stretches(
        Visits,
        window,
        at="epoch_us(started_at)",
        counts="count(*), count(DISTINCT visitor_id), count(prospect_id), count(CASE WHEN submissions > 0 THEN 1 END)",
        source=table,
    )


def read_days(db: Published, period: Period) -> list[DaySessions]:
    table, days = db.mart("visitor_sessions", "started_at", "prospect_id"), period.chart_dates
    if table is None or not days:
        return []
    return [
        DaySessions(on, int(known), int(sessions) - int(known))
        for on, known, sessions in db.rows(
            "SELECT CAST(started_at AT TIME ZONE 'UTC' AS DATE) AS day_on, count(prospect_id), count(*) FROM {t} "
            "GROUP BY day_on HAVING day_on BETWEEN ? AND ? ORDER BY day_on",
            [days[0], days[-1]],
            t=table,
        )
    ]


def read_pages(db: Published, until: datetime) -> list[PageViews]:
    """Return the pages with most views; the table knows months only."""
    table = db.mart("top_pages", "page", "month_starts_on", "views", "entries", "timed_views", "seconds")
    if table is None:
        return []
    this = until.date().replace(day=1)
    before = date(this.year - (this.month == 1), (this.month - 2) % 12 + 1, 1)
    found = db.rows(
        """
        SELECT
            page,
            sum(CASE WHEN month_starts_on = ? THEN views ELSE 0 END),
            sum(CASE WHEN month_starts_on = ? THEN views ELSE 0 END),
            sum(entries),
            sum(seconds)::DOUBLE / nullif(sum(timed_views), 0)
        FROM {t}
        WHERE month_starts_on BETWEEN ? AND ?
        GROUP BY page
        ORDER BY sum(views) DESC, page
        LIMIT ?
        """,
        [this, before, before, this, TOP],
        t=table,
    )
    return [PageViews(page, int(now), int(then), int(entries), average) for page, now, then, entries, average in found]


def read_sources(db: Published, window: Window) -> list[Source]:
    """Return where the sessions of the window came from, as the visits tell it."""
    table = db.mart(
        "visitor_sessions", "started_at", "prospect_id", "submissions", "source_parameter", "medium_parameter"
    )
    if table is None:
        return []
    found = db.rows(
        """
        SELECT
            nullif(trim(source_parameter), '') AS source,
            nullif(trim(medium_parameter), '') AS medium,
            count(*) AS sessions,
            count(prospect_id),
            count(CASE WHEN submissions > 0 THEN 1 END)
        FROM {t}
        WHERE epoch_us(started_at) > ? AND epoch_us(started_at) <= ?
        GROUP BY ALL
        ORDER BY sessions DESC, source NULLS FIRST, medium NULLS FIRST
        LIMIT ?
        """,
        [*within(window), TOP],
        t=table,
    )
    return [Source(source, medium, *map(int, counts)) for source, medium, *counts in found]
