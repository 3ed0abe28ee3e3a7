"""Email templates of versions 3 and 4, whose page documents no query.

Clients query them all the same. Where that is refused, the templates for one-to-one emails are all that can be listed.

Source: Account Engagement API version 4, "Reading Email Templates" and "List One to One Email Templates".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ..catalogue import Entry
from ..errors import AuthenticationError, RejectedRequestError
from ..events import Event, EventHandler
from .dialect import Query, Record
from .legacy_api import LegacyApi, many
from .legacy_records import record_reader

_OPERATION = "query:emailTemplate"


class TemplateQuery:
    """All templates where they can be queried, else those for one-to-one emails: one call."""

    def __init__(self, api: LegacyApi, entry: Entry, query: Query, on_event: EventHandler) -> None:
        self._api = api
        self._entry = entry
        self._query = query
        self._on_event = on_event
        self._read = record_reader(entry)
        self.hides_rows = False

    def iter_pages(
        self, changed_since: datetime | None = None, *, above_id: int | None = None
    ) -> Iterator[list[Record]]:
        """Yield every page that there is; nothing says that a template is gone when only some can be listed."""
        try:
            yield from self._query.iter_pages(changed_since, above_id=above_id)
        except AuthenticationError:
            raise
        except RejectedRequestError as error:
            self.hides_rows = True
            self._on_event(Event("query.partial", {"object": self._entry.table, "code": error.code}))
            yield self._listed()

    def _listed(self) -> list[Record]:
        data = self._api.get("emailTemplate", "listOneToOne", {"archived": "true"}, operation=_OPERATION)
        listed = data.get("emailTemplates")
        found = many(listed.get("templates") if isinstance(listed, dict) else listed)
        return [self._read(each) for each in found]
