"""Whether the numbers can be trusted: warnings at the top of the page, the evidence at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from pardot_etl.report import formats as f
from pardot_etl.report.loads import Load
from pardot_etl.report.parts import Block, Check, Figure, Section, table
from pardot_etl.report.period import Period
from pardot_etl.report.published import Published
from pardot_etl.report.sections.health_queries import (
    Judgement,
    RejectedRows,
    TableRows,
    UnmatchedKey,
    read_judgements,
    read_rejected,
    read_tables,
    read_unmatched,
)

STALE_AFTER = timedelta(hours=48)
"""How much older than the last load the newest activity may be before the page says so; even a weekend rarely
passes without a single visit."""


def section(db: Published, period: Period, loads: Sequence[Load]) -> Section:
    return build(period, loads, read_judgements(db), read_tables(db), read_rejected(db), read_unmatched(db))


def build(
    period: Period,
    loads: Sequence[Load],
    judged: Sequence[Judgement],
    tables: Sequence[TableRows],
    rejected: Sequence[RejectedRows],
    keys: Sequence[UnmatchedKey],
) -> Section:
    found = tuple(_checks(period, judged, tables, rejected, keys))
    to_look_at = sum(not each.is_fine for each in found)
    if not tables:
        sentence = "No table is loaded, so there is nothing to check."
    elif to_look_at:
        sentence = f"{f.counted(to_look_at, 'check needs', 'checks need')} a look before these numbers are quoted."
    else:
        sentence = "Every check passed: these numbers can be quoted."
    return Section(
        "health",
        "Data health",
        sentence,
        figures=tuple(_figures(loads, judged, tables, rejected)),
        checks=found,
        blocks=(
            _judgements(judged),
            _keys(keys),
            _loads(loads),
            *([_rejected(rejected)] if rejected else []),
            _tables(tables),
        ),
        models=("data_quality",),
    )


def warnings(
    period: Period, *, has_marts: bool, loads: Sequence[Load], rejected: Sequence[RejectedRows]
) -> Iterator[str]:
    """Yield what a reader must know before the first number."""
    extent = period.extent
    if not has_marts:
        yield "This database has no reporting tables. Run `pardot-etl transform`, then make the report again."
    elif extent is None:
        yield "No visitor activity is loaded, so there is nothing to count."
    if extent and not period.is_comparable:
        yield (
            f"The data begin on {f.day(extent.first_at)}, too late for a comparison: the key figures "
            f"stand alone until two periods of {period.days} days are loaded."
        )
    newest = loads[0].finished_at if loads else None
    if extent and newest and newest - extent.last_at > STALE_AFTER:
        age = f.duration((newest - extent.last_at).total_seconds())
        yield f"The newest activity is {age} older than the last load: nothing happened, or tracking stopped."
    if loads and loads[0].status:
        yield f"The last load is not complete (status {loads[0].status})."
    if lost := sum(each.rows for each in rejected):
        yield f"{f.counted(lost, 'row')} could not be read, so no number here counts them; see data health."


def _figures(
    loads: Sequence[Load], judged: Sequence[Judgement], tables: Sequence[TableRows], rejected: Sequence[RejectedRows]
) -> Iterator[Figure]:
    rows = sum(each.rows for each in tables) if tables else None
    fine = sum(each.status == "ok" for each in judged)
    counted = fine + sum(each.status == "warn" for each in judged)
    yield Figure("Rows loaded", f"in {f.counted(len(tables), 'table')}", f.number(rows))
    yield Figure(
        "Rows not readable", "set aside, in no number here", f.number(sum(r.rows for r in rejected) if tables else None)
    )
    yield Figure(
        "Checks passed", "after the newest run", f"{f.number(fine)} of {f.number(counted)}" if counted else f.NOTHING
    )
    at = loads[0].finished_at if loads else None
    yield Figure("Last load", f"at {at:%H:%M} UTC" if at else "UTC", f.day(at) if at else f.NOTHING)


def _checks(
    period: Period,
    judged: Sequence[Judgement],
    tables: Sequence[TableRows],
    rejected: Sequence[RejectedRows],
    keys: Sequence[UnmatchedKey],
) -> Iterator[Check]:
    """Yield what was looked at, fine or not; nothing where nothing is loaded."""
    if not tables:
        return
    lost = sum(each.rows for each in rejected)
    told = f"{f.counted(lost, 'row')} set aside as unreadable" if lost else "Every row could be read"
    yield Check(not lost, told)
    missing = [each.table for each in keys if each.keys is None and each.activities]
    if missing:
        yield Check(False, f"Not loaded, so names are missing: {', '.join(missing)}")
    unmatched = sum(each.keys or 0 for each in keys)
    if unmatched:
        yield Check(False, f"{f.counted(unmatched, 'id')} in activities without a row of their own")
    elif keys and not missing:
        yield Check(True, "Every prospect, campaign, email, form and page that activities name is loaded")
    if period.extent:
        undated = f"{f.counted(period.extent.undated, 'activity', 'activities')} without a time"
        yield Check(not period.extent.undated, undated if period.extent.undated else "Every activity has a time")
    if not judged:
        yield Check(False, "No run is on record, so freshness, volume, gaps and counts are not judged")
    else:
        warned = [each for each in judged if each.status == "warn"]
        fine = "Freshness, volume, gaps and counts of the newest run are as expected"
        told = f"{f.counted(len(warned), 'check')} of the newest run outside of what is expected, see below"
        yield Check(not warned, told if warned else fine)


def _judgements(judged: Sequence[Judgement]) -> Block:
    warned = [each for each in judged if each.status == "warn"]
    told = "Every check is within what is expected." if judged else "The table data_quality has no run to judge."
    return Block(
        "Checks outside of what is expected",
        "after the newest run",
        told,
        table=table(
            "Checks that warn",
            ("Table", "Check", "Found", "Expected", "What it means"),
            (
                (
                    f.label(each.table, "?"),
                    f.label(each.check, "?").replace("_", " "),
                    f.exact(each.value),
                    _expected(each),
                    f.label(each.explanation, f.NOTHING),
                )
                for each in warned
            ),
            ["Check", "Expected", "What it means"],
        ),
    )


def _expected(judged: Judgement) -> str:
    low, high = (None if each is None else f.exact(each) for each in (judged.low, judged.high))
    if low is not None and high is not None:
        return f"{low} to {high}" if low != high else low
    return f"at least {low}" if low is not None else f"at most {high}" if high is not None else f.NOTHING


def _tables(tables: Sequence[TableRows]) -> Block:
    return Block(
        "Tables",
        "raw tables as they were loaded",
        "No table is loaded.",
        table=table(
            "Rows per table, and the newest of them (UTC)",
            ("Table", "Rows", "Newest row"),
            ((each.name, f.number(each.rows), f.moment(each.newest_at)) for each in tables),
        ),
        is_wide=False,
    )


def _keys(keys: Sequence[UnmatchedKey]) -> Block:
    rows = [
        (
            each.column,
            each.table if each.keys is not None else f"{each.table} (not loaded)",
            f.number(each.keys),
            f.number(each.activities),
        )
        for each in keys
    ]
    columns = ("Key in activities", "Looked for in", "Ids not found", "Activities")
    return Block(
        "Keys",
        "ids in activities whose row is not loaded",
        "No activity is loaded.",
        table=table("Keys without a row", columns, rows, ["Looked for in"]),
        is_wide=False,
    )


def _rejected(rejected: Sequence[RejectedRows]) -> Block:
    rows = [(f.label(each.object, "?"), f.number(each.rows), f.moment(each.newest_at)) for each in rejected]
    return Block(
        "Rows set aside",
        "their text is in rejected_rows",
        "",
        table=table("Rows set aside, by table", ("Table", "Rows", "Newest (UTC)"), rows),
        is_wide=False,
    )


def _loads(loads: Sequence[Load]) -> Block:
    rows = [
        (
            f.label(each.id, f.NOTHING),
            f.moment(each.finished_at),
            "complete" if each.status == 0 else f"status {f.number(each.status)}",
        )
        for each in loads
    ]
    return Block(
        "Loads",
        "the newest first",
        "No load is on record.",
        table=table("Last loads", ("Load", "Finished (UTC)", "State"), rows),
        is_wide=False,
    )
