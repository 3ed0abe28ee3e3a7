"""Paged queries of versions 3 and 4: the rows of one object, walked by id, two hundred a page.

Source: Account Engagement API versions 3 and 4, "Bulk data pull" (walk by id, `output=bulk`, the last page has room
left) and the object pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from .. import stopping
from .dialect import Record, greatest_id
from .legacy_api import LegacyApi
from .legacy_catalogue import LegacyObject
from .legacy_records import record_reader, records_of
from .legacy_times import WallClock

PAGE_ROWS = 200
"""Rows a page; the greatest number that versions 3 and 4 take."""


class LegacyQuery:
    """Walk one object by id and yield its pages; costs one API call per page."""

    hides_rows = False

    def __init__(self, api: LegacyApi, clock: WallClock, source: LegacyObject, fields: Sequence[str]) -> None:
        self._api = api
        self._clock = clock
        self._source = source
        self._fields = fields
        self._read = record_reader(source.entry)

    def iter_pages(
        self, changed_since: datetime | None = None, *, above_id: int | None = None
    ) -> Iterator[list[Record]]:
        """Yield every page of the rows that changed since a moment, or of those above an id, recycle bin included."""
        filters: dict[str, str | int] = dict(self._source.parameters)
        if changed_since is not None:
            kind = self._source.entry.changed_by.removesuffix("_at")
            filters[f"{kind}_after"] = self._clock.not_after(changed_since)
        if not self._source.entry.tells_bin_apart:
            yield from self._walk(filters, above_id)
            return
        # The bin first: where the filter is ignored, a row comes twice and the second time says that it is in use.
        for in_bin in ("true", "false"):
            for page in self._walk({**filters, "deleted": in_bin}, above_id):
                yield [{**record, "is_deleted": in_bin} for record in page]

    def _walk(self, filters: Mapping[str, str | int], above_id: int | None) -> Iterator[list[Record]]:
        while True:
            stopping.check()
            page = self._page(filters, above_id)
            if page:
                above_id = greatest_id(page, above_id, self._source.entry.table)
                yield page
            if len(page) < PAGE_ROWS:
                return

    def _page(self, filters: Mapping[str, str | int], above_id: int | None) -> list[Record]:
        params: dict[str, str | int] = {**filters, "limit": PAGE_ROWS}
        if self._source.takes_order:
            params |= {"sort_by": "id", "sort_order": "ascending"}
        if self._source.takes_fields:
            params["fields"] = ",".join(self._fields)
        if above_id is not None:
            params["id_greater_than"] = above_id
        name = self._source.name
        data = self._api.get(name, "query", params, operation=f"query:{name}")
        return list(map(self._read, records_of(data, name)))
