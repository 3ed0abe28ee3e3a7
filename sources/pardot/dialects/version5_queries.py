"""Paged queries of version 5: the rows of one object, page by page.

Rows are walked by id, so that paging never depends on a value that changes meanwhile. A chain of pages ends silently
after 100,000 rows, with or without a warning; so the walk goes on above the greatest id seen, and only a chain of a
single page with room left ends it.

Source: Account Engagement API v5 overview, query parameters and paging; error codes 210, 211 and 214.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from .. import stopping
from ..api.transport import Reply, Transport
from ..catalogue import Entry
from ..errors import DataError, RejectedRequestError, TransientRequestError
from ..events import Event, EventHandler
from ..windows import api_time
from .dialect import Record, greatest_id

PAGE_ROWS = 1000
"""Rows a page; the greatest number that version 5 takes."""
MIN_PAGE_ROWS = 50
PAGE_TOKEN_CODES = frozenset({210, 211})
DELETED_REFUSED_CODES = frozenset({51, 52, 7, 8, 16, 177, 175})
INCOMPLETE_WARNING = "203"
HIDING_WARNING = "202"

Filters = Mapping[str, str | int]


def object_path(entry: Entry) -> str:
    return f"/api/v5/objects/{entry.collection}"


class PagedQuery:
    """Walk one collection by id and yield its pages; costs one API call per page."""

    def __init__(self, transport: Transport, entry: Entry, fields: Sequence[str], on_event: EventHandler) -> None:
        self._transport = transport
        self._entry = entry
        self._fields = ",".join(fields)
        self._path = object_path(entry)
        self._operation = f"query:{entry.collection}"
        self._on_event = on_event
        self._page_rows = PAGE_ROWS
        self._warnings = set[str]()
        self.hides_rows = False
        """Whether Pardot said that rows are left out because of this login's access rules."""

    def iter_pages(
        self, changed_since: datetime | None = None, *, above_id: int | None = None
    ) -> Iterator[list[Record]]:
        """Yield every page of the rows that changed since a moment, or of those above an id, recycle bin included.

        Pardot documents `deleted` both as all/true/false and as a boolean; where `all` is refused, the rows in use
        and the rows in the recycle bin are asked for one after the other. Where both are refused, the object has no
        recycle bin after all. The account is one record, which has no pages.
        """
        filters: Filters = {}
        if changed_since is not None:
            filters = {f"{self._entry.changed_by}AfterOrEqualTo": api_time(changed_since)}
        if self._entry.is_single:
            yield [self._transport.get_json(self._path, {"fields": self._fields}, operation=self._operation).data]
        elif not self._entry.has_recycle_bin:
            yield from self._walk(filters, above_id)
        elif self._entry.tells_bin_apart:
            yield from self._walk_apart(filters, above_id)
        else:
            try:
                yield from self._walk({**filters, "deleted": "all"}, above_id)
            except RejectedRequestError as refused:
                if not _is_about_bin(refused):
                    raise
                yield from self._walk_apart(filters, above_id)

    def _walk_apart(self, filters: Filters, above_id: int | None) -> Iterator[list[Record]]:
        """Walk the rows in use, then those in the recycle bin, marked as such where no field tells."""
        has_begun = False
        try:
            for in_bin in ("false", "true"):
                for page in self._walk({**filters, "deleted": in_bin}, above_id):
                    has_begun = True
                    yield [{**record, "isDeleted": in_bin} for record in page] if self._entry.tells_bin_apart else page
        except RejectedRequestError as refused:
            if has_begun or not _is_about_bin(refused):
                raise
            yield from self._walk(filters, above_id)

    def _walk(self, filters: Filters, above_id: int | None) -> Iterator[list[Record]]:
        """Follow chains of pages until one ends with room left on its last page."""
        while True:
            full, sizes = False, list[int]()
            try:
                for reply in self._chain(filters, above_id):
                    stopping.check()
                    page = self._records(reply)
                    sizes.append(len(page))
                    # The ceiling may fall inside a page, and a server may hand out smaller pages than asked for:
                    # only a chain of one page that has room left is certain to be the end.
                    full = self._is_incomplete(reply) or len(sizes) > 1 or len(page) >= self._page_rows
                    if page:
                        above_id = greatest_id(page, above_id, self._entry.table)
                        yield page
                full = full and any(sizes)  # asked again, an answer without a row would be the same
            except RejectedRequestError as error:
                if error.code not in PAGE_TOKEN_CODES or not sizes:
                    raise
                self._on_event(Event("query.token_expired", {"object": self._entry.table}))
                full = True
            except TransientRequestError as error:
                if not error.should_split or self._page_rows <= MIN_PAGE_ROWS:
                    raise
                self._page_rows = max(MIN_PAGE_ROWS, self._page_rows // 2)
                self._on_event(Event("query.page_shrunk", {"object": self._entry.table, "rows": self._page_rows}))
                full = True
            if not full:
                return

    def _chain(self, filters: Filters, above_id: int | None) -> Iterator[Reply]:
        """Yield the replies of one chain of page tokens; the same token asks for the same page, so a retry is safe."""
        params: dict[str, str | int] = {
            "fields": self._fields,
            "limit": self._page_rows,
            "orderBy": "id ASC",
            **filters,
        }
        if above_id is not None:
            params["idGreaterThan"] = above_id
        reply = self._transport.get_json(self._path, params, operation=self._operation)
        yield reply
        followed = set[str]()
        while True:
            url, token = reply.data.get("nextPageUrl"), reply.data.get("nextPageToken")
            if not reply.data.get("values"):  # pages with rows go upwards, or are refused; empty ones could go round
                self._insist_on_another(str(url or token), followed)
            if isinstance(url, str) and url:
                reply = self._transport.get_json(url, operation=self._operation)
            elif isinstance(token, str) and token:
                follow = {"fields": self._fields, "nextPageToken": token}
                reply = self._transport.get_json(self._path, follow, operation=self._operation)
            else:
                return
            yield reply

    def _insist_on_another(self, link: str, followed: set[str]) -> None:
        if link in followed:
            raise DataError(
                "a page of rows",
                expected="a link to another page",
                found="an empty page and the link that led to it",
                object_name=self._entry.table,
            )
        followed.add(link)

    def _records(self, reply: Reply) -> list[Record]:
        values = reply.data.get("values")
        if values is None:
            return []
        if not isinstance(values, list) or not all(isinstance(record, dict) for record in values):
            raise DataError(
                "a page of rows",
                expected="a list of records in `values`",
                found=type(values).__name__,
                object_name=self._entry.table,
            )
        return values

    def _is_incomplete(self, reply: Reply) -> bool:
        for warning in reply.warnings:
            if warning not in self._warnings:  # every page of a query may carry the same one
                self._warnings.add(warning)
                self._on_event(Event("query.warning", {"object": self._entry.table, "warning": warning[:120]}))
            self.hides_rows |= warning.strip().startswith(HIDING_WARNING)
        return any(warning.strip().startswith(INCOMPLETE_WARNING) for warning in reply.warnings)


def _is_about_bin(refused: RejectedRequestError) -> bool:
    return "deleted" in (refused.reason or "").lower() or refused.code in DELETED_REFUSED_CODES
