"""Versions 3 and 4: five objects by export, the others by query, times on the wall clock of the API user.

Source: Account Engagement API versions 3 and 4, overview and object pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from ..api.transport import Transport
from ..catalogue import Entry, Field, Type
from ..errors import RejectedRequestError, SettingsError
from ..events import EventHandler
from ..naming import CUSTOM_SUFFIX, column_name
from .dialect import ExportApi, Query
from .legacy_api import OTHER_VERSION_CODES, LegacyApi, many
from .legacy_catalogue import LEGACY
from .legacy_exports import LegacyExports
from .legacy_queries import LegacyQuery
from .legacy_statistics import ListEmails, StatisticsQuery
from .legacy_templates import TemplateQuery
from .legacy_times import WallClock
from .legacy_visits import VisitQuery, page_view_reader, visit_reader

LEGACY_CATALOGUE: Mapping[str, Entry] = {table: each.entry for table, each in LEGACY.items()}


class Legacy:
    """Speak version 4 or 3.

    Args:
        version: which one to begin with; an account may take the other one only, and says so.
        zone: the API user's time zone.
        list_emails: tells the list emails whose statistics are due.
    """

    def __init__(
        self,
        transport: Transport,
        on_event: EventHandler,
        *,
        version: int,
        zone: str,
        list_emails: ListEmails = tuple,
    ) -> None:
        self._on_event = on_event
        self._list_emails = list_emails
        self._now = transport.server_now
        self._api = LegacyApi(transport, version, on_event)
        self._clock = WallClock(zone)
        self.catalogue: Mapping[str, Entry] = LEGACY_CATALOGUE
        self.exports: ExportApi = LegacyExports(self._api, self._clock)

    def query(self, entry: Entry, fields: Sequence[str]) -> Query:
        """Return a query of some fields; one call for each page of two hundred rows, or more: see `LEGACY`."""
        ways: Mapping[str, Callable[[], Query]] = {
            "email_templates": lambda: TemplateQuery(self._api, entry, self._walk(entry, fields), self._on_event),
            "list_email_statistics": lambda: StatisticsQuery(
                self._api, entry, self._list_emails, self._now, self._on_event
            ),
            "visits": lambda: VisitQuery(self._api, self._visitors(), visit_reader(entry)),
            "visitor_page_views": lambda: VisitQuery(self._api, self._visitors(), page_view_reader(entry)),
        }
        return ways.get(entry.table, lambda: self._walk(entry, fields))()

    def _walk(self, entry: Entry, fields: Sequence[str]) -> LegacyQuery:
        return LegacyQuery(self._api, self._clock, LEGACY[entry.table], fields)

    def _visitors(self) -> LegacyQuery:
        return self._walk(self.catalogue["visitors"], ("id",))

    def takes(self, entry: Entry, names: Sequence[str]) -> bool:  # noqa: ARG002
        """Whether a query takes these fields: what it does not know is absent from its answers."""
        return True

    def custom_fields(self, entry: Entry) -> tuple[Field, ...]:
        """Return the account's own fields, named without the suffix that version 5 gives them.

        Those of prospects are listed; a prospect account describes its own. One call per two hundred, or one.
        """
        if entry.table == "prospect_accounts":
            return self._described(entry)
        query = self.query(self.catalogue["custom_fields"], ("id", "field_id"))
        ids = (record.get("field_id") for page in query.iter_pages() for record in page)
        return tuple(map(_custom, dict.fromkeys(str(found) for found in ids if found)))

    def _described(self, entry: Entry) -> tuple[Field, ...]:
        known = {field.name for field in entry.fields}
        try:
            data = self._api.get("prospectAccount", "describe", {}, operation="describe:prospectAccount")
        except RejectedRequestError as error:
            if error.refuses_login:
                raise
            return ()
        result = data.get("result")
        found = result.get("field") if isinstance(result, dict) else None
        ids = (each.get("@attributes", each).get("id") for each in many(found))
        return tuple(map(_custom, dict.fromkeys(str(name) for name in ids if name and name not in known)))

    def oldest_at(self, entry: Entry) -> datetime | None:  # noqa: ARG002
        """Return None: nothing that needs it is read by export."""
        return None

    def activity_time(self, *, newest: bool = False) -> str | None:
        """Return when a visitor activity was created, as the answer writes it; None when there is none. One call."""
        params: dict[str, str | int] = {"output": "bulk", "limit": 1}
        if newest:
            params |= {"sort_by": "created_at", "sort_order": "descending"}
        data = self._api.get("visitorActivity", "query", params, operation="query:visitorActivity")
        result = data.get("result")
        found = many(result.get("visitor_activity")) if isinstance(result, dict) else []
        return str(found[0]["created_at"]) if found and found[0].get("created_at") else None

    def account(self) -> Mapping[str, object]:
        """Return the account's counters of calls, as far as it tells them; one call.

        Raises:
            SettingsError: the account takes neither version.
        """
        try:
            data = self._api.get("account", "read", {}, operation="account")
        except RejectedRequestError as error:
            if error.code in OTHER_VERSION_CODES.values():
                raise SettingsError(
                    "sources.pardot.api_version is 4 or 3, and the account takes neither (codes 88 and 89)",
                    next_step="Nothing was loaded; set it to 5",
                ) from error
            raise
        found = data.get("account")
        found = found if isinstance(found, dict) else {}
        return {
            "maximumDailyApiCalls": found.get("maximum_daily_api_calls"),
            "apiCallsUsed": found.get("api_calls_used"),
        }

    def parse_time(self, text: str) -> datetime:
        """Return the instant of a time on the user's wall clock, the earlier one of two."""
        return self._clock.read(text)


def _custom(field_id: str) -> Field:
    name = field_id.removesuffix(CUSTOM_SUFFIX)
    return Field(name, Type.TEXT, stored_as=column_name(name + CUSTOM_SUFFIX))
