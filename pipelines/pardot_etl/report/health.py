"""Whether the numbers can be trusted: warnings at the top of the page, the evidence at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from pardot_etl.report import formats as f
from pardot_etl.report.headlines import is_comparable
from pardot_etl.report.parts import PERIOD_DAYS, Check, Table, table
from pardot_etl.report.queries import Extent, Load, MetricNote, RejectedRows, TableRows, UnmatchedKey

STALE_AFTER = timedelta(hours=48)
"""How much older than the last load the newest activity may be before the page says so; even a weekend rarely
passes without a single visit."""


def warnings(
    extent: Extent | None, *, has_marts: bool, loads: Sequence[Load], rejected: Sequence[RejectedRows]
) -> Iterator[str]:
    """Yield what a reader must know before the first number."""
    if not has_marts:
        yield "This database has no reporting tables. Run `pardot-etl transform`, then make the report again."
    elif extent is None:
        yield "No visitor activity is loaded, so there is nothing to count."
    if extent and not is_comparable(extent):
        yield (
            f"The data begin on {f.day(extent.first_at)}, too late for a comparison: the headline numbers "
            f"stand alone until two periods of {PERIOD_DAYS} days are loaded."
        )
    newest = loads[0].finished_at if loads else None
    if extent and newest and newest - extent.last_at > STALE_AFTER:
        age = f.duration((newest - extent.last_at).total_seconds())
        yield f"The newest activity is {age} older than the last load: nothing happened, or tracking stopped."
    if loads and loads[0].status:
        yield f"The last load is not complete (status {loads[0].status})."
    if lost := sum(each.rows for each in rejected):
        yield f"{f.counted(lost, 'row')} could not be read, so no number here counts them; see data health."


def checks(
    extent: Extent | None,
    *,
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
    if extent:
        undated = f"{f.counted(extent.undated, 'activity', 'activities')} without a time"
        yield Check(not extent.undated, undated if extent.undated else "Every activity has a time")


def row_table(tables: Sequence[TableRows]) -> Table | None:
    rows = [(each.name, f.number(each.rows), f.moment(each.newest_at)) for each in tables]
    return table("Rows per table, and the newest of them (UTC)", ("Table", "Rows", "Newest row"), rows)


def key_table(keys: Sequence[UnmatchedKey]) -> Table | None:
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
    return table("Keys without a row", columns, rows, ["Looked for in"])


def rejected_table(rejected: Sequence[RejectedRows]) -> Table | None:
    rows = [(f.label(each.object, "?"), f.number(each.rows), f.moment(each.newest_at)) for each in rejected]
    return table("Rows set aside; their text is in rejected_rows", ("Table", "Rows", "Newest (UTC)"), rows)


def load_table(loads: Sequence[Load]) -> Table | None:
    rows = [
        (
            f.label(each.id, f.NOTHING),
            f.moment(each.finished_at),
            "complete" if each.status == 0 else f"status {f.number(each.status)}",
        )
        for each in loads
    ]
    return table("Last loads", ("Load", "Finished (UTC)", "State"), rows)


def notes(metrics: Sequence[MetricNote]) -> tuple[tuple[str, tuple[MetricNote, ...]], ...]:
    """Return the metric definitions by reporting table, in the order of the dictionary."""
    models = dict.fromkeys(each.model for each in metrics)
    return tuple((model, tuple(each for each in metrics if each.model == model)) for model in models)
