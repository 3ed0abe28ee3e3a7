"""What versions 3 and 4 count for each list email: one call for each.

Source: Account Engagement API version 4, "Querying Email Stats" (`email/do/stats/id/<list email>`; one object of counts
and rates, the rates as texts).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from .. import stopping
from ..catalogue import Entry
from ..errors import AuthenticationError, RejectedRequestError
from ..events import Event, EventHandler
from ..naming import quote_identifier, quote_text
from ..windows import api_time
from .dialect import Record
from .legacy_api import LegacyApi
from .legacy_records import record_reader

COUNTED_FOR_DAYS = 30
"""Counts of a list email that was sent in so many days are read again daily; later hardly anything is counted."""
MOST_AT_ONCE = 1000
"""List emails of one run: what an account has sent in years is counted run by run, the newest first."""

SENT = 6
"""Type of the visitor activity that is a sent email."""
ListEmails = Callable[[], Iterable[int]]
"""Tells the list emails whose counts are due."""


class StatisticsQuery:
    """The counts of the list emails that are due; costs one API call for each."""

    hides_rows = True
    """Counts that are not due are not read, and not gone."""

    def __init__(
        self,
        api: LegacyApi,
        entry: Entry,
        list_emails: ListEmails,
        now: Callable[[], datetime],
        on_event: EventHandler,
    ) -> None:
        self._api = api
        self._list_emails = list_emails
        self._now = now
        self._on_event = on_event
        self._read = record_reader(entry)

    def iter_pages(
        self,
        changed_since: datetime | None = None,  # noqa: ARG002  what is stored tells what is due
        *,
        above_id: int | None = None,
    ) -> Iterator[list[Record]]:
        """Yield a page for each list email; one whose counts are refused is left out and reported."""
        for number in self._list_emails():
            stopping.check()
            if above_id is None or number > above_id:
                yield from self._counts(number)

    def _counts(self, number: int) -> Iterator[list[Record]]:
        try:
            data = self._api.get("email", f"stats/id/{number}", {}, operation="email.stats")
        except AuthenticationError:
            raise
        except RejectedRequestError as error:
            self._on_event(Event("statistics.refused", {"list_email": number, "code": error.code}))
            return
        counts = data.get("stats")
        if isinstance(counts, dict):
            yield [{**self._read(counts), "id": number, "counted_at": api_time(self._now())}]


def select_due(dataset: str, now: datetime, *, has_counts: bool) -> str:
    """Return a SELECT of one list: the list emails that have no counts yet, or were sent lately and not counted today.

    It reads the visitor activities as they are stored: a list email shows in the run after the one that loads the
    first of what it sent.

    Args:
        has_counts: whether there is a table of counts already.
    """
    schema, moment = quote_identifier(dataset), f"TIMESTAMPTZ {quote_text(api_time(now))}"
    counts = f"SELECT id FROM {schema}.list_email_statistics"  # noqa: S608  all names are quoted
    sent = (
        "SELECT list_email_id AS id, max(created_at) AS newest "  # noqa: S608
        f"FROM {schema}.visitor_activities WHERE type = {SENT} AND list_email_id IS NOT NULL GROUP BY 1"
    )
    due = "true"
    if has_counts:
        is_recent = f"newest >= {moment} - INTERVAL {COUNTED_FOR_DAYS} DAY"
        today = f"TIMESTAMPTZ {quote_text(api_time(now.replace(hour=0, minute=0, second=0)))}"
        counted_today = f"{counts} WHERE counted_at >= {today}"
        due = f"id NOT IN ({counts}) OR ({is_recent} AND id NOT IN ({counted_today}))"
    newest_first = f"SELECT id FROM ({sent}) WHERE {due} ORDER BY newest DESC, id LIMIT {MOST_AT_ONCE}"  # noqa: S608
    return f"SELECT list(id) FROM ({newest_first})"  # noqa: S608
