"""What the page says: from the answers of the database to headlines, charts and tables of plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from itertools import pairwise

from pardot_etl.report import charts, health, queries
from pardot_etl.report import formats as f
from pardot_etl.report.headlines import headlines, lead
from pardot_etl.report.parts import (
    CHART_DAYS,
    PERIOD_DAYS,
    Card,
    Check,
    Mailing,
    Rank,
    Section,
    Step,
    Table,
    table,
)
from pardot_etl.report.queries import Extent, Load, Published

TOP = 8
"""Rows of a ranking."""

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
class Page:
    """Everything that the template shows, ready to be printed and escaped."""

    title: str
    period: str
    lead: str
    data_through: str
    load_id: str
    loaded_at: str
    warnings: tuple[str, ...]
    cards: tuple[Card, ...]
    weeks: Table | None
    activity: Section
    legend: tuple[tuple[str, str, str], ...]
    chart_days: str
    funnel: Section
    steps: tuple[Step, ...]
    mailings: tuple[Mailing, ...]
    mailing_table: Table | None
    campaigns: tuple[Rank, ...]
    campaign_table: Table | None
    accounts: tuple[Rank, ...]
    account_table: Table | None
    checks: tuple[Check, ...]
    tables: Table | None
    keys: Table | None
    rejected: Table | None
    loads: Table | None
    notes: tuple[tuple[str, tuple[queries.MetricNote, ...]], ...]

    @property
    def charts(self) -> int:
        """The number of drawings on the page."""
        drawn = [self.activity.drawing, self.funnel.drawing, *(card.weeks for card in self.cards)]
        return sum(map(bool, drawn)) + sum(map(bool, (self.mailings, self.campaigns, self.accounts)))


def read_page(db: Published, title: str) -> Page:
    """Ask the database everything and put it into words."""
    extent = queries.extent(db)
    until = extent.last_at if extent else datetime(1970, 1, 1, tzinfo=timezone.utc)
    loads = queries.last_loads(db, 6)
    cards, weeks = headlines(db, extent)
    activity, legend, chart_days = _activity(db, extent, loads)
    funnel, steps = _funnel(db, until)
    mailings, mailing_table = _mailings(queries.top_list_emails(db, until, days=CHART_DAYS, limit=TOP))
    campaigns = queries.top_campaigns(db, until, days=PERIOD_DAYS, limit=TOP)
    accounts = queries.top_accounts(db, until, days=PERIOD_DAYS, limit=TOP)
    rejected = queries.rejected_rows(db)
    keys = queries.unmatched_keys(db)
    tables = queries.table_rows(db)
    return Page(
        title=f.label(title, "Marketing activity"),
        period=f"{PERIOD_DAYS} days to {f.day(until)}" if extent else "No activity yet",
        lead=lead(db, extent),
        data_through=f"{f.moment(until)} UTC" if extent else f.NOTHING,
        load_id=f.label(loads[0].id, f.NOTHING) if loads else f.NOTHING,
        loaded_at=f"{f.moment(loads[0].finished_at)} UTC" if loads and loads[0].finished_at else f.NOTHING,
        warnings=tuple(health.warnings(extent, has_marts=db.has_marts, loads=loads, rejected=rejected)),
        cards=cards,
        weeks=weeks,
        activity=activity,
        legend=legend,
        chart_days=chart_days,
        funnel=funnel,
        steps=steps,
        mailings=mailings,
        mailing_table=mailing_table,
        campaigns=_ranks(campaigns, "Campaign"),
        campaign_table=_rank_table(campaigns, "Campaign"),
        accounts=_ranks(accounts, "Account"),
        account_table=_rank_table(accounts, "Account"),
        checks=tuple(health.checks(extent, tables=tables, rejected=rejected, keys=keys)),
        tables=health.row_table(tables),
        keys=health.key_table(keys),
        rejected=health.rejected_table(rejected),
        loads=health.load_table(loads),
        notes=health.notes(queries.metric_notes(db)),
    )


# -- activity by day


def _activity(
    db: Published, extent: Extent | None, loads: Sequence[Load]
) -> tuple[Section, tuple[tuple[str, str, str], ...], str]:
    if extent is None:
        return Section(None, None), (), ""
    last = extent.last_at.date()
    first = max(extent.first_at.date(), last - timedelta(days=CHART_DAYS - 1))
    if first < last and not _is_whole(last, loads):
        last -= timedelta(days=1)
        first = max(extent.first_at.date(), last - timedelta(days=CHART_DAYS - 1))
    counts = [each for each in queries.days_by_type(db, first) if each.on <= last]
    if not counts:
        return Section(None, None), (), ""
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    sent, *stacked = _series(counts, days)
    span = f"{f.day(first)} to {f.day(last)}"
    title = f"Activities per day by kind, {span}; the numbers are in the table below"
    drawing = charts.activity_chart(days, stacked, sent, _marks(extent.last_at, days), title=title)
    series = (*stacked, sent)
    by_day = list(zip(days, *(each.values for each in series), strict=True))
    rows = [(f.day(on), *map(f.number, counts), f.number(sum(counts))) for on, *counts in reversed(by_day)]
    columns = ("Day", *(each.name for each in series), "All")
    legend = tuple((each.key, each.name, f.number(sum(each.values))) for each in series if any(each.values))
    return Section(drawing, table(f"Activities per day (UTC), {span}", columns, rows)), legend, span


def _is_whole(on: date, loads: Sequence[Load]) -> bool:
    """Whether a load finished after that UTC day was over; until then its count would look like a slump."""
    midnight = datetime.combine(on + timedelta(days=1), time(), timezone.utc)
    return any(load.finished_at is not None and load.finished_at >= midnight for load in loads)


def _series(counts: Sequence[queries.DayCount], days: Sequence[date]) -> list[charts.Series]:
    """Return the counts per kind and day: sent first, then the named kinds, then all the rest."""
    kinds = (SENT, *KINDS, (None, "other", "Other"))
    named = {kind for kind, _, _ in kinds}
    found: dict[tuple[int | None, date], int] = {}
    for each in counts:
        kind = each.type if each.type in named else None
        found[kind, each.on] = found.get((kind, each.on), 0) + each.activities
    return [charts.Series(key, name, tuple(found.get((kind, on), 0) for on in days)) for kind, key, name in kinds]


def _marks(until: datetime, days: Sequence[date]) -> list[charts.Mark]:
    noon = datetime.combine(days[0], time(12), timezone.utc)
    length = timedelta(days=max(1, len(days) - 1))
    return [
        charts.Mark((until - timedelta(days=back) - noon) / length, text)
        for back, text in ((PERIOD_DAYS, f"last {PERIOD_DAYS} days"), (2 * PERIOD_DAYS, "period before"))
    ]


# -- emails


def _funnel(db: Published, until: datetime) -> tuple[Section, tuple[Step, ...]]:
    spans = queries.email_spans(db, until, days=CHART_DAYS, spans=1)
    if not spans or not spans[0].sent:
        return Section(None, None), ()
    [total] = spans
    stages = [
        charts.Stage("Sent", total.sent),
        charts.Stage("Delivered", total.delivered),
        charts.Stage("Unique opens", total.unique_opens),
        charts.Stage("Unique clicks", total.unique_clicks),
    ]
    shares = [f.counted(total.emails, "list email")]
    for before, stage in pairwise(stages):
        shares.append(f"{f.rate(f.ratio(stage.value, before.value))} of {before.name.lower()}")
    steps = tuple(Step(stage.name, f.number(stage.value), share) for stage, share in zip(stages, shares, strict=True))
    rows = [(s.name, f.number(s.value), f.rate(f.ratio(s.value, total.sent))) for s in stages]
    numbers = table(f"List emails sent in the last {CHART_DAYS} days", ("Stage", "Emails", "Of sent"), rows)
    return Section(charts.funnel(stages, title=charts.funnel_title(stages)), numbers), steps


def _mailings(emails: Sequence[queries.ListEmail]) -> tuple[tuple[Mailing, ...], Table | None]:
    shown, rows = [], []
    for email in emails:
        name = f.label(email.name, f"List email {email.id}")
        campaign = f.label(email.campaign_name, "no campaign")
        opened = f.ratio(email.unique_opens, email.delivered)
        clicked = f.ratio(email.unique_clicks, email.unique_opens)
        shown.append(
            Mailing(
                name,
                f"{f.day(email.sent_at)} · {campaign}",
                f.number(email.delivered),
                f.rate(opened),
                charts.bar(opened or 0, 1),
                f.rate(clicked),
                charts.bar(clicked or 0, 1, kind="clicks"),
            )
        )
        counts = (email.sent, email.delivered, email.unique_opens, email.unique_clicks)
        rows.append((name, f.day(email.sent_at), *map(f.number, counts), f.rate(opened), f.rate(clicked)))
    columns = ("Sent on", "Sent", "Delivered", "Unique opens", "Unique clicks", "Open rate", "CTOR")
    return tuple(shown), table("Top list emails", ("List email", *columns), rows, ["Sent on"])


# -- rankings


def _ranks(found: Sequence[queries.Ranked], kind: str) -> tuple[Rank, ...]:
    largest = max((each.engagements for each in found), default=0)
    return tuple(
        Rank(
            f.label(each.name, f"{kind} {each.id}"),
            charts.bar(each.engagements, largest),
            f.number(each.engagements),
            " · ".join(
                [
                    f.counted(each.prospects, "prospect"),
                    f.counted(each.clicks, "click"),
                    f.counted(each.successes, "form success", "form successes"),
                ]
            ),
        )
        for each in found
    )


def _rank_table(found: Sequence[queries.Ranked], kind: str) -> Table | None:
    rows = [
        (
            f.label(each.name, f"{kind} {each.id}"),
            *map(f.number, (each.engagements, each.prospects, each.clicks, each.successes)),
        )
        for each in found
    ]
    columns = (kind, "Engagements", "Prospects", "Clicks", "Form successes")
    return table(f"What people did, by {kind.lower()}, last {PERIOD_DAYS} days", columns, rows)
