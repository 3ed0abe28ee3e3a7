"""The two stretches of time that the page compares, and how far back its charts look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from pardot_etl.report import formats as f
from pardot_etl.report.loads import Load
from pardot_etl.report.published import FACTS, Published, Window, moment

WEEKS = 4
"""Whole weeks, so that both stretches have the same weekdays: mail goes out on some of them and not on others."""
_CHART_DAYS = 90
YEAR_DAYS = 365
"""How far back the opportunities look: they take months, and four weeks of them tell nothing."""


@dataclass(frozen=True)
class Extent:
    """The earliest and the latest activity, and how many have no time."""

    first_at: datetime
    last_at: datetime
    undated: int


@dataclass(frozen=True)
class Period:
    """So many weeks that end with the newest activity, not now; the same data give the same page on any day."""

    extent: Extent | None
    weeks: int = WEEKS
    is_last_day_over: bool = False
    """Whether a load finished after the last day was over; until then its count would look like a slump."""

    @property
    def until(self) -> datetime:
        return self.extent.last_at if self.extent else datetime(1970, 1, 1, tzinfo=timezone.utc)

    @property
    def days(self) -> int:
        return 7 * self.weeks

    @property
    def now(self) -> Window:
        return Window(self.until, self.days)

    @property
    def before(self) -> Window:
        return Window(self.now.since, self.days)

    @property
    def chart_days(self) -> int:
        """Days that charts show: both stretches, and something before."""
        return max(_CHART_DAYS, 2 * self.days)

    @property
    def chart(self) -> Window:
        return Window(self.until, self.chart_days)

    @property
    def year(self) -> Window:
        return Window(self.until, YEAR_DAYS)

    @property
    def is_comparable(self) -> bool:
        """Whether the data reach back over the whole period before; less would pass off a gap as growth."""
        return self.extent is not None and self.extent.first_at <= self.before.since

    @property
    def chart_dates(self) -> tuple[date, ...]:
        """The UTC days of the charts, oldest first; none without data."""
        if self.extent is None:
            return ()
        last, begin = self.until.date(), self.extent.first_at.date()
        if not self.is_last_day_over and begin < last:
            last -= timedelta(days=1)
        first = max(begin, last - timedelta(days=self.chart_days - 1))
        return tuple(first + timedelta(days=i) for i in range((last - first).days + 1))

    @property
    def text(self) -> str:
        return f"{self.days} days to {f.day(self.until)}" if self.extent else "No activity yet"

    def compared_text(self) -> str:
        """Return which days these are compared with."""
        return f"{self.days} days to {f.day(self.now.since)}" if self.is_comparable else f.NOTHING


def read_period(db: Published, weeks: int, loads: Sequence[Load]) -> Period:
    """Return the period of the page, which the newest activity ends."""
    found = extent(db)
    if found is None:
        return Period(None, weeks)
    midnight = datetime.combine(found.last_at.date() + timedelta(days=1), time(), timezone.utc)
    return Period(found, weeks, any(each.finished_at is not None and each.finished_at >= midnight for each in loads))


def extent(db: Published) -> Extent | None:
    """Return the stretch of time that the activities cover; None without any dated activity."""
    table = db.mart(FACTS, "created_at_utc")
    if table is None:
        return None
    [(first, last, undated)] = db.rows(
        "SELECT epoch_us(min(created_at_utc)), epoch_us(max(created_at_utc)), "
        "count(*) - count(created_at_utc) FROM {t}",
        t=table,
    )
    return None if last is None else Extent(moment(first), moment(last), int(undated))
