"""What the section about data health asks of the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pardot_etl.report.published import Published, optional_moment


@dataclass(frozen=True)
class TableRows:
    name: str
    rows: int
    newest_at: datetime | None


@dataclass(frozen=True)
class UnmatchedKey:
    """Activities that name a row which is not in its table; `keys` is None when there is no such table."""

    column: str
    table: str
    activities: int
    keys: int | None


@dataclass(frozen=True)
class RejectedRows:
    object: str
    rows: int
    newest_at: datetime | None


@dataclass(frozen=True)
class Judgement:
    """What the newest run found about a table, beside what was expected."""

    table: str
    check: str
    status: str
    value: float | None
    low: float | None
    high: float | None
    explanation: str | None


def read_tables(db: Published) -> list[TableRows]:
    """Return the size of every raw table and its newest row, by the last change or else the creation."""
    found = []
    for name, table in db.raw_tables().items():
        stamps = [column for column in ("updated_at", "created_at", "sent_at", "rejected_at") if db.raw(name, column)]
        newest = f"epoch_us(max({stamps[0]}))" if stamps else "NULL"
        [(rows, at)] = db.rows("SELECT count(*), {newest} FROM {t}", t=table, newest=newest)
        found.append(TableRows(name, int(rows), optional_moment(at)))
    return found


def read_unmatched(db: Published) -> list[UnmatchedKey]:
    """Return which ids in activities name a row that is not loaded."""
    found = []
    for column, name in (
        ("prospect_id", "prospects"),
        ("campaign_id", "campaigns"),
        ("list_email_id", "list_emails"),
        ("form_id", "forms"),
        ("landing_page_id", "landing_pages"),
    ):
        facts, table = db.raw("visitor_activities", column), db.raw(name, "id")
        if facts is None:
            continue
        if table is None:
            [(activities,)] = db.rows("SELECT count({key}) FROM {facts}", key=column, facts=facts)
            found.append(UnmatchedKey(column, name, int(activities), None))
            continue
        [(activities, keys)] = db.rows(
            "SELECT count(*), count(DISTINCT {key}) FROM {facts} WHERE {key} NOT IN (SELECT id FROM {t})",
            key=column,
            facts=facts,
            t=table,
        )
        found.append(UnmatchedKey(column, name, int(activities), int(keys)))
    return found


def read_rejected(db: Published) -> list[RejectedRows]:
    """Return how many rows were set aside for each object; never their text."""
    table = db.raw("rejected_rows", "object", "rejected_at", "is_loaded")
    if table is None:
        return []
    return [
        RejectedRows(str(name), int(rows), optional_moment(at))
        for name, rows, at in db.rows(
            "SELECT object, count(*), epoch_us(max(rejected_at)) FROM {t} "
            "WHERE NOT coalesce(is_loaded, false) GROUP BY object ORDER BY object",
            t=table,
        )
    ]


def read_judgements(db: Published) -> list[Judgement]:
    """Return all checks of the newest run."""
    table = db.mart(
        "data_quality", "table_name", "check_name", "run_number", "status", "value", "expected_low", "expected_high",
        "explanation",
    )  # fmt: skip
    if table is None:
        return []
    return [
        Judgement(*row)
        for row in db.rows(
            "SELECT table_name, check_name, status, value, expected_low, expected_high, explanation FROM {t} "
            "WHERE run_number = (SELECT max(run_number) FROM {t}) ORDER BY table_name, check_name",
            t=table,
        )
    ]
