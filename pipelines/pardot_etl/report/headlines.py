"""The headline numbers of the last 28 days beside those of the 28 before, and the same in two sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from pardot_etl.report import charts, queries
from pardot_etl.report import formats as f
from pardot_etl.report.parts import PERIOD_DAYS, Card, Table, table
from pardot_etl.report.queries import ActivitySpan, EmailTotals, Extent, Published

WEEKS = 2 * PERIOD_DAYS // 7


@dataclass(frozen=True)
class _Stretch:
    """What is known of one stretch of days; None where a reporting table is missing."""

    activity: ActivitySpan | None
    emails: EmailTotals | None


@dataclass(frozen=True)
class _Headline:
    name: str
    hint: str
    of: Callable[[_Stretch], float | None]
    is_rate: bool = False
    is_welcome: bool = True

    def shown(self, value: float | None) -> str:
        return f.rate(value) if self.is_rate else f.number(value)

    def change(self, now: float | None, before: float | None) -> f.Change | None:
        compare = f.change_of_rate if self.is_rate else f.change_of_count
        return compare(now, before, is_welcome=self.is_welcome)


def _activity(get: Callable[[ActivitySpan], int]) -> Callable[[_Stretch], float | None]:
    return lambda stretch: None if stretch.activity is None else get(stretch.activity)


def _emails(get: Callable[[EmailTotals], float | None]) -> Callable[[_Stretch], float | None]:
    return lambda stretch: None if stretch.emails is None else get(stretch.emails)


_HEADLINES = (
    _Headline("Activities", "everything recorded", _activity(lambda a: a.activities)),
    _Headline("Active prospects", "with any activity", _activity(lambda a: a.active_prospects)),
    _Headline("Engaged prospects", "did something themselves", _activity(lambda a: a.engaged_prospects)),
    _Headline("Form successes", "forms, handlers, pages", _activity(lambda a: a.successes)),
    _Headline("Emails delivered", "list emails, less bounces", _emails(lambda e: e.delivered)),
    _Headline("Unique open rate", "of delivered", _emails(EmailTotals.open_rate), is_rate=True),
    _Headline("Click-to-open rate", "clicks of opens, unique", _emails(EmailTotals.ctor), is_rate=True),
    _Headline(
        "Opt-out rate", "of delivered", _emails(EmailTotals.opt_out_rate), is_rate=True, is_welcome=False
    ),
)  # fmt: skip


def is_comparable(extent: Extent) -> bool:
    """Whether the data reach back over the whole period before; less would pass off a gap as growth."""
    return extent.first_at <= extent.last_at - timedelta(days=2 * PERIOD_DAYS)


def headlines(db: Published, extent: Extent | None) -> tuple[tuple[Card, ...], Table | None]:
    """Return the cards, and the table with the numbers behind their small bars."""
    if extent is None:
        return tuple(Card(each.name, each.hint, f.NOTHING, "", None, None) for each in _HEADLINES), None
    now, before = _stretches(db, extent.last_at, PERIOD_DAYS, 2)
    weeks = _stretches(db, extent.last_at, 7, WEEKS)[::-1]
    cards = tuple(_card(each, now, before if is_comparable(extent) else None, weeks) for each in _HEADLINES)
    ends = [extent.last_at - timedelta(days=7 * back) for back in reversed(range(WEEKS))]
    rows = [
        (f.day(end), *(each.shown(each.of(week)) for each in _HEADLINES)) for end, week in zip(ends, weeks, strict=True)
    ]
    return cards, table("Headline numbers by week", ("Week to", *(each.name for each in _HEADLINES)), rows)


def lead(db: Published, extent: Extent | None) -> str:
    """Return the period in two sentences, for whoever reads nothing else."""
    if extent is None:
        return "There is nothing to report yet."
    now, before = _stretches(db, extent.last_at, PERIOD_DAYS, 2)
    told = f"In the {PERIOD_DAYS} days to {f.day(extent.last_at)}"
    if now.activity is None:
        return f"{told}, the reporting tables do not say who engaged."
    told += f", {f.counted(now.activity.engaged_prospects, 'prospect')} engaged"
    if before.activity and is_comparable(extent):
        told += _compared(now.activity.engaged_prospects, before.activity.engaged_prospects)
    return f"{told}. {_emails_told(now.emails)}".strip()


def _compared(now: int, before: int) -> str:
    change = f.change_of_count(now, before)
    if change is None:
        return ""
    if change.tone == "even":
        return f", as many as in the {PERIOD_DAYS} days before"
    return f", {change.text} {'more' if now > before else 'fewer'} than in the {PERIOD_DAYS} days before"


def _emails_told(emails: EmailTotals | None) -> str:
    if emails is None:
        return ""
    if not emails.emails:
        return "No list email went out."
    told = f"{f.counted(emails.emails, 'list email')} reached {f.counted(emails.delivered, 'inbox', 'inboxes')}"
    opened = emails.open_rate()
    return f"{told}." if opened is None else f"{told}; {f.rate(opened)} were opened."


def _stretches(db: Published, until: datetime, days: int, count: int) -> list[_Stretch]:
    """Return the latest stretches of days, newest first."""
    activity = queries.activity_spans(db, until, days=days, spans=count)
    emails = queries.email_spans(db, until, days=days, spans=count)
    return [_Stretch(activity[i] if activity else None, emails[i] if emails else None) for i in range(count)]


def _card(headline: _Headline, now: _Stretch, before: _Stretch | None, weeks: list[_Stretch]) -> Card:
    value, earlier = headline.of(now), headline.of(before) if before else None
    weekly = [headline.of(week) for week in weeks]
    return Card(
        name=headline.name,
        hint=headline.hint,
        value=headline.shown(value),
        before=f"from {headline.shown(earlier)}" if earlier is not None else "",
        change=headline.change(value, earlier),
        weeks=_week_bars(headline, weekly) if any(weekly) else None,
    )


def _week_bars(headline: _Headline, values: list[float | None]) -> Markup:
    told = ", ".join(map(headline.shown, values))
    return charts.weekly_bars(values, len(values) // 2, title=f"{headline.name} by week, oldest first: {told}")
