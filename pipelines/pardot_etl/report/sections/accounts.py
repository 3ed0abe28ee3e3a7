"""Accounts that engage, and how many of their people are worth a call. The page names companies, never a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pardot_etl.report import formats as f
from pardot_etl.report.figures import Compared, Measure, compare, figures, moved, weeks_table
from pardot_etl.report.parts import Block, Figure, Section, table
from pardot_etl.report.period import Period
from pardot_etl.report.published import FACTS, Published, Window
from pardot_etl.report.ranked import Ranked, engagement_block, top_engaged
from pardot_etl.report.ranks import TOP, ranks


@dataclass(frozen=True)
class EngagedAccounts:
    """Prospect accounts with a person who did something, in one stretch of time."""

    accounts: int = 0
    people: int = 0


@dataclass(frozen=True)
class Queue:
    """How many people are worth a call, and to whom they are assigned."""

    people: int
    unassigned: int


@dataclass(frozen=True)
class Call:
    """A person worth a call, without the person; the rank finds the name in the table."""

    rank: int
    account_id: int | None
    account_name: str | None
    points: int
    reasons: str | None
    is_assigned: bool
    has_phone: bool


ENGAGED = Measure[EngagedAccounts]("Engaged accounts", "someone there did something", lambda a: a.accounts)
MEASURES = (
    ENGAGED,
    Measure[EngagedAccounts]("Their people", "prospects of accounts who engaged", lambda a: a.people),
)


def section(db: Published, period: Period) -> Section:
    return build(
        period,
        compare(lambda window: read_spans(db, window), period),
        top_engaged(db, period.now, "prospect_account_id", "prospect_account_name"),
        read_queue(db),
        read_calls(db),
    )


def build(
    period: Period,
    counted: Compared[EngagedAccounts],
    accounts: Sequence[Ranked],
    queue: Queue | None,
    calls: Sequence[Call],
) -> Section:
    return Section(
        "accounts",
        "Accounts and calls",
        _sentence(period, counted, queue),
        figures=(
            *figures(MEASURES, counted),
            Figure("People worth a call", "today, with recent own activity", f.number(queue.people if queue else None)),
            Figure("Of them unassigned", "nobody is asked to call", f.number(queue.unassigned if queue else None)),
        ),
        weeks=weeks_table("Accounts", MEASURES, counted, period),
        blocks=(engagement_block("Top accounts", "Account", accounts, period), _calls(calls)),
        models=("account_engagement", "prospect_engagement", "follow_up_queue", "score_history"),
    )


def _sentence(period: Period, counted: Compared[EngagedAccounts], queue: Queue | None) -> str:
    if counted.now is None:
        told = "The reporting tables do not say which accounts engaged."
    else:
        told = f"{f.counted(counted.now.accounts, 'account')} engaged{moved(ENGAGED, counted, period.days)}."
    if queue is None:
        return told
    return f"{told} {f.counted(queue.people, 'person is', 'people are')} worth a call."


def _calls(calls: Sequence[Call]) -> Block:
    names = [
        f"{f.number(each.rank)}. "
        + f.label(each.account_name, "No account" if each.account_id is None else f"Account {each.account_id}")
        for each in calls
    ]
    reasons = [
        "; ".join(f.label(reason, f.NOTHING) for reason in (each.reasons or "").split("; ")[:5]) for each in calls
    ]
    points = [each.points for each in calls]
    return Block(
        "People worth a call",
        f"by points, the first {TOP}",
        "Nobody is worth a call by the points that are set.",
        note="Without names, so that the page can be forwarded: the table follow_up_queue has them by the same rank.",
        in_columns=True,
        ranks=ranks(
            names,
            points,
            [f.counted(each, "point") for each in points],
            [" · ".join((why, *_in_the_way(each))) for why, each in zip(reasons, calls, strict=True)],
        ),
        table=table(
            "Whom to call first",
            ("Rank and account", "Points", "Why", "Assigned", "Phone"),
            (
                (
                    name,
                    f.number(each.points),
                    why,
                    "yes" if each.is_assigned else "no",
                    "yes" if each.has_phone else "no",
                )
                for name, why, each in zip(names, reasons, calls, strict=True)
            ),
            ["Why", "Assigned", "Phone"],
        ),
    )


def _in_the_way(call: Call) -> Iterator[str]:
    """Yield what stands between a person and the call."""
    if not call.is_assigned:
        yield "nobody is assigned"
    if not call.has_phone:
        yield "no phone number"


# -- what is asked of the database


def read_spans(db: Published, window: Window) -> list[EngagedAccounts]:
    table = db.mart(FACTS, "created_at_utc", "prospect_id", "prospect_account_id", "is_engagement")
    if table is None:
        return []
    return db.stretches(
        EngagedAccounts,
        window,
        at="epoch_us(created_at_utc)",
        counts="count(DISTINCT prospect_account_id), count(DISTINCT prospect_id)",
        source=table,
        where="is_engagement AND prospect_account_id IS NOT NULL",
    )


def read_queue(db: Published) -> Queue | None:
    table = db.mart("follow_up_queue", "prospect_id", "assigned_to_id")
    if table is None:
        return None
    [(people, assigned)] = db.rows("SELECT count(*), count(assigned_to_id) FROM {t}", t=table)
    return Queue(int(people), int(people) - int(assigned))


def read_calls(db: Published) -> list[Call]:
    """Return whom to call first; no id or name of a person leaves the database."""
    table = db.mart(
        "follow_up_queue", "call_rank", "prospect_account_id", "prospect_account_name", "points", "reasons",
        "assigned_to_id", "has_phone",
    )  # fmt: skip
    if table is None:
        return []
    return [
        Call(int(rank), account, name, int(points), reasons, bool(assigned), bool(has_phone))
        for rank, account, name, points, reasons, assigned, has_phone in db.rows(
            "SELECT call_rank, prospect_account_id, prospect_account_name, points, reasons, "
            "assigned_to_id IS NOT NULL, has_phone FROM {t} ORDER BY call_rank LIMIT ?",
            [TOP],
            t=table,
        )
    ]
