"""Visits of versions 3 and 4, which are found by their visitors only, and the page views inside them.

The query wants the ids of visits, visitors or prospects and has no filter by a date. So the visitors that changed are
asked for, two hundred a page, and for each page of visitors their visits. A visitor that changed brings all its
visits again; what is stored already loads nothing.

Source: Account Engagement API versions 3 and 4, "Querying Visits" (required ids, 200 results, `offset`, ascending ids).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from .. import stopping
from ..catalogue import Entry
from .dialect import Query, Record, greatest_id
from .legacy_api import LegacyApi, many
from .legacy_queries import PAGE_ROWS
from .legacy_records import Found, record_reader, records_of

Reader = Callable[[Found], list[Record]]


class VisitQuery:
    """The visits of the visitors that changed, or what is inside them; a call per 200 visitors and per 200 visits.

    Args:
        visitors: delivers the visitors.
        read: the rows that one visit stands for.
    """

    hides_rows = False

    def __init__(self, api: LegacyApi, visitors: Query, read: Reader) -> None:
        self._api = api
        self._visitors = visitors
        self._read = read

    def iter_pages(
        self,
        changed_since: datetime | None = None,
        *,
        above_id: int | None = None,  # noqa: ARG002  no query of visits can be asked for ids above one
    ) -> Iterator[list[Record]]:
        """Yield the rows of the visitors that changed since a moment, or of all, visitor page by visitor page."""
        for visitors in self._visitors.iter_pages(changed_since):
            for page in self._visits(",".join(str(visitor["id"]) for visitor in visitors)):
                rows = [row for visit in page for row in self._read(visit)]
                if rows:
                    yield rows

    def _visits(self, visitor_ids: str) -> Iterator[list[Found]]:
        last_id, offset = None, 0
        while True:
            stopping.check()
            params: dict[str, str | int] = {"visitor_ids": visitor_ids, "limit": PAGE_ROWS}
            if offset:
                params["offset"] = offset
            page = records_of(self._api.get("visit", "query", params, operation="query:visit"), "visit")
            if page:
                last_id = greatest_id(page, last_id, "visits")
                yield page
            if len(page) < PAGE_ROWS:
                return
            offset += len(page)


def visit_reader(entry: Entry) -> Reader:
    """Return what reads a visit as one row."""
    read = record_reader(entry)
    return lambda visit: [read(visit)]


def page_view_reader(entry: Entry) -> Reader:
    """Return what reads the page views inside a visit, which name neither the visit nor the visitor themselves."""
    read = record_reader(entry)

    def views_of(visit: Mapping[str, Any]) -> list[Record]:
        views = visit.get("visitor_page_views")
        found = many(views.get("visitor_page_view") if isinstance(views, dict) else views)
        return [{**read(view), "visit_id": visit["id"], "visitor_id": visit.get("visitor_id")} for view in found]

    return views_of
