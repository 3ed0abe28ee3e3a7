"""What runs leave behind for `data_quality`, and activities by day, for its tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from transforms_warehouse import Row, utc

RUN: Final = utc(2026, 3, 31, 2, 30)
LAST_NOON: Final = utc(2026, 3, 30, 12)
"""Of the last day that is complete when that run begins."""
DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)
ACTIVITIES: Final = "visitor_activities"
KEYS: Final[Mapping[str, Mapping[str, str]]] = {
    ACTIVITIES: {
        "prospect_id": "prospects",
        "campaign_id": "campaigns",
        "list_email_id": "list_emails",
        "email_template_id": "email_templates",
        "email_id": "emails",
        "form_id": "forms",
        "form_handler_id": "form_handlers",
        "landing_page_id": "landing_pages",
        "custom_redirect_id": "custom_redirects",
        "opportunity_id": "opportunities",
    },
    "list_memberships": {"list_id": "lists", "prospect_id": "prospects"},
    "prospects": {"prospect_account_id": "prospect_accounts", "campaign_id": "campaigns"},
    "list_emails": {"campaign_id": "campaigns"},
    "opportunities": {"campaign_id": "campaigns"},
    "lifecycle_histories": {"prospect_id": "prospects", "next_stage_id": "lifecycle_stages"},
}
"""Table -> each key that is looked for -> the table that it names a row of."""


def line(
    number: int = 1,
    at: datetime = RUN,
    *,
    table: str = ACTIVITIES,
    counts: Mapping[str, int] | None = None,
    **values: Any,
) -> Row:
    """Return what one run counted for one object; counts that are not given are 0."""
    names = ("files", "bytes", "parsed_rows", "set_aside_rows", "purged_rows", "loaded_rows", "new_rows", "table_rows")
    is_so = {"is_backfill": False, "is_complete": True}
    given = {**dict.fromkeys(names, 0), **(counts or {})}
    return {"run_number": number, "run_at": at, "object": table, **is_so, **given, **values}


def happened(per_day: Mapping[int, int]) -> list[dict[str, Any]]:
    """Return activities, so many on each day, told by how many days it lies before the last complete one."""
    times = [LAST_NOON - days_ago * DAY for days_ago, count in per_day.items() for _ in range(count)]
    return [{"id": id, "type": 20, "created_at": at} for id, at in enumerate(times, 1)]
