"""The database: how many prospects there are, how many of them may be mailed, and how the lists grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pardot_etl.report import formats as f
from pardot_etl.report.charts import Series
from pardot_etl.report.days import days_block
from pardot_etl.report.figures import Compared, Measure, compare, figures, moved, weeks_table
from pardot_etl.report.formats import ratio
from pardot_etl.report.parts import Block, Section, table
from pardot_etl.report.period import Period
from pardot_etl.report.published import Published, Window
from pardot_etl.report.ranks import TOP, ranks


@dataclass(frozen=True)
class Growth:
    """Prospects at the end of the last UTC day of a stretch, and what changed in its days."""

    created: int = 0
    lost: int = 0
    existing: int | None = None
    mailable: int | None = None

    def mailable_share(self) -> float | None:
        return ratio(self.mailable, self.existing)


@dataclass(frozen=True)
class DaySize:
    on: date
    existing: int
    mailable: int


@dataclass(frozen=True)
class ListSize:
    id: int
    name: str | None
    members: int
    added: int
    removed: int
    opted_out: int


MAILABLE = Measure[Growth]("Mailable prospects", "may be sent email, at the end", lambda g: g.mailable)
MEASURES = (
    MAILABLE,
    Measure[Growth]("Mailable share", "of all prospects", Growth.mailable_share, is_rate=True),
    Measure[Growth]("New prospects", "created in these days", lambda g: g.created),
    Measure[Growth]("No longer mailable", "opted out, bounced or deleted", lambda g: g.lost, is_welcome=False),
)


def section(db: Published, period: Period) -> Section:
    return build(
        period,
        compare(lambda window: read_spans(db, window), period),
        read_days(db, period),
        read_lists(db, period.now),
    )


def build(period: Period, counted: Compared[Growth], days: Sequence[DaySize], lists: Sequence[ListSize]) -> Section:
    return Section(
        "database",
        "Database",
        _sentence(period, counted),
        figures=figures(MEASURES, counted),
        weeks=weeks_table("Prospects", MEASURES, counted, period),
        blocks=(_days(period, days), _lists(lists, period)),
        models=("database_growth", "list_growth", "prospect_cohorts"),
    )


def _sentence(period: Period, counted: Compared[Growth]) -> str:
    found = counted.now
    if found is None or found.mailable is None:
        return "The reporting tables do not say how the database grows."
    return (
        f"{f.counted(found.mailable, 'prospect')} of {f.number(found.existing)} may be mailed"
        f"{moved(MAILABLE, counted, period.days)}."
    )


def _days(period: Period, days: Sequence[DaySize]) -> Block:
    sizes = {each.on: each for each in days}
    nothing = DaySize(period.until.date(), 0, 0)
    found = [sizes.get(on, nothing) for on in period.chart_dates]
    return days_block(
        period,
        "Prospects at the end of each day",
        [
            Series("successes", "Mailable", tuple(each.mailable for each in found)),
            Series("other", "Not mailable", tuple(each.existing - each.mailable for each in found)),
        ],
        panel="Prospects",
        counted="Prospects",
        nothing="There is no growth by day to draw.",
        is_level=True,
    )


def _lists(lists: Sequence[ListSize], period: Period) -> Block:
    names = [f.label(each.name, f"List {each.id}") for each in lists]
    return Block(
        "Largest lists",
        f"members at the end, the first {TOP}; joined and left in {period.days} days",
        "No list has a member.",
        in_columns=True,
        note="In a pale colour the members who opted out of the list.",
        ranks=ranks(
            names,
            [each.members for each in lists],
            [f"{f.number(each.members)} members" for each in lists],
            [
                f"{f.number(each.added)} joined, {f.number(each.removed)} left · {f.number(each.opted_out)} opted out"
                for each in lists
            ],
            solid=[each.members - each.opted_out for each in lists],
        ),
        table=table(
            f"Members of lists, last {period.days} days",
            ("List", "Members", "Joined", "Left", "Opted out"),
            (
                (name, *map(f.number, (each.members, each.added, each.removed, each.opted_out)))
                for name, each in zip(names, lists, strict=True)
            ),
        ),
    )


# -- what is asked of the database


def read_spans(db: Published, window: Window) -> list[Growth]:
    """Return whole UTC days, which is all that the table knows; the last day is the one of the newest activity."""
    table = db.mart("database_growth", "counted_on", "created", "mailable_removed", "existing", "mailable")
    if table is None:
        return []
    last = window.until.date()
    found = db.rows(
        "SELECT (? - counted_on) // ? AS stretch, sum(created), sum(mailable_removed), "
        "arg_max(existing, counted_on), arg_max(mailable, counted_on) FROM {t} "
        "WHERE counted_on > ? AND counted_on <= ? GROUP BY stretch",
        [last, window.days, window.since.date(), last],
        t=table,
    )
    by_stretch = {int(stretch): Growth(*map(int, counts)) for stretch, *counts in found}
    return [by_stretch.get(i, Growth()) for i in range(window.stretches)]


def read_days(db: Published, period: Period) -> list[DaySize]:
    table, days = db.mart("database_growth", "counted_on", "existing", "mailable"), period.chart_dates
    if table is None or not days:
        return []
    return [
        DaySize(on, int(existing), int(mailable))
        for on, existing, mailable in db.rows(
            "SELECT counted_on, existing, mailable FROM {t} WHERE counted_on BETWEEN ? AND ? ORDER BY counted_on",
            [days[0], days[-1]],
            t=table,
        )
    ]


def read_lists(db: Published, window: Window) -> list[ListSize]:
    """Return the largest lists as of the last day of the window; those in the recycle bin are left out."""
    table = db.mart(
        "list_growth", "list_id", "changed_on", "name", "is_deleted", "added", "removed", "members",
        "opted_out_members",
    )  # fmt: skip
    if table is None:
        return []
    since, last = window.since.date(), window.until.date()
    found = db.rows(
        """
        SELECT
            list_id,
            max(name),
            arg_max(members, coalesce(changed_on, DATE '0001-01-01')) AS members,
            sum(CASE WHEN changed_on > ? THEN added ELSE 0 END),
            sum(CASE WHEN changed_on > ? THEN removed ELSE 0 END),
            arg_max(opted_out_members, coalesce(changed_on, DATE '0001-01-01'))
        FROM {t}
        WHERE (changed_on IS NULL OR changed_on <= ?) AND NOT coalesce(is_deleted, false)
        GROUP BY list_id
        HAVING arg_max(members, coalesce(changed_on, DATE '0001-01-01')) > 0
        ORDER BY members DESC, list_id
        LIMIT ?
        """,
        [since, since, last, TOP],
        t=table,
    )
    return [ListSize(id, name, *map(int, counts)) for id, name, *counts in found]
