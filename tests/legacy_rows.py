"""What tables must hold after a load through version 3 or 4, told from the account; the client has no part in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from kit import differences, expected_rows, rows_of

from pardot.catalogue import Entry
from pardot_emulator.store import Store

Rows = dict[int, dict[str, Any]]

_SIMPLE_COUNTS = (
    "id",
    "sent",
    "delivered",
    "total_clicks",
    "soft_bounced",
    "hard_bounced",
    "spam_complaints",
    "opens",
)
ONE_TO_ONE_ONLY = "v4_template_query=False"
"""The switch under which nothing but templates for one-to-one emails can be listed, those in the bin included."""


def legacy_differences(
    store: Store, db: duckdb.DuckDBPyConnection, entries: Iterable[Entry], zone: str, *, switch: str = ""
) -> dict[str, list[str]]:
    """Compare tables with the account, row by row, in the columns that the older versions have.

    Times are compared as the wall clock of the API user's zone shows them, which is all that these versions tell.
    """
    db.execute("SET TimeZone = 'UTC'")
    result = {}
    for entry in entries:
        expected = visible_rows(store, entry, switch)
        columns = [*(field.column for field in entry.fields), "purged_at"]
        if entry.table == "list_email_statistics":  # rates and distinct prospects are the emulator's own
            columns = [*_SIMPLE_COUNTS, "purged_at"]
        found = {
            row["id"]: row
            for row in rows_of(db, f'pardot."{entry.table}"')
            if row["id"] in expected or row["purged_at"] is None  # what was put into the bin is shown no longer
        }
        zoned = (on_the_wall(rows, columns, ZoneInfo(zone)) for rows in (expected, found))
        lines = differences(next(zoned), next(zoned), set())
        if lines:
            result[entry.table] = lines[:5]
    return result


def visible_rows(store: Store, entry: Entry, switch: str = "") -> Rows:
    """Return the rows that the older versions show: of most objects, those that are not in the recycle bin."""
    special = {"email_clicks": _clicks, "list_email_statistics": _statistics}.get(entry.table)
    if special is not None:
        return special(store)
    rows = expected_rows(store, entry.collection)
    if entry.table == "email_templates" and switch == ONE_TO_ONE_ONLY:
        return {number: row for number, row in rows.items() if row["is_one_to_one_email"]}
    if entry.table in ("visits", "visitor_page_views"):
        visitors = {number for number, row in expected_rows(store, "visitors").items() if not row["is_deleted"]}
        return {number: row for number, row in rows.items() if row["visitor_id"] in visitors}
    return rows if entry.has_recycle_bin else {n: row for n, row in rows.items() if not row.get("is_deleted")}


def on_the_wall(rows: Mapping[int, Mapping[str, Any]], columns: Iterable[str], zone: ZoneInfo) -> Rows:
    """Return some columns of rows, times as the zone's wall clock shows them."""
    return {number: {name: _wall(row.get(name), zone) for name in columns} for number, row in rows.items()}


def _wall(value: object, zone: ZoneInfo) -> object:
    return value.astimezone(zone).replace(tzinfo=timezone.utc) if isinstance(value, datetime) else value


def _clicks(store: Store) -> Rows:
    activities = expected_rows(store, "visitor-activities")
    clicks = {number: row for number, row in activities.items() if row["type"] == 1 and row["email_id"] is not None}
    return {number: {**row, "url": row["details"]} for number, row in clicks.items()}


def _statistics(store: Store) -> Rows:
    """Return the counts of the list emails of which something was sent."""
    counts: dict[int, Counter[int]] = {}
    for row in expected_rows(store, "visitor-activities").values():
        if row["list_email_id"] is not None:
            counts.setdefault(row["list_email_id"], Counter())[row["type"]] += 1
    return {
        number: {
            "id": number,
            "sent": by_type[6],
            "delivered": by_type[6] - by_type[13] - by_type[36],
            "total_clicks": by_type[1],
            "soft_bounced": by_type[36],
            "hard_bounced": by_type[13],
            "spam_complaints": by_type[14],
            "opens": by_type[11],
        }
        for number, by_type in counts.items()
        if by_type[6]
    }
