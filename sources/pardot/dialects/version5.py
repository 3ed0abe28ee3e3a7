"""Version 5, the current one: every object, times with their offset, one shape for all answers.

Source: Account Engagement API v5 overview, object pages and Export API guide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ..api.transport import Transport
from ..catalogue import CATALOGUE, Entry, Field, Type
from ..custom_fields import ASKED, CustomField, parse_custom_fields
from ..errors import RejectedRequestError, TransientRequestError
from ..events import EventHandler
from ..exports.messages import EXPORTS_PATH
from ..windows import parse_time
from .dialect import REFUSED_FIELD_CODES, ExportApi
from .version5_queries import PagedQuery, object_path

RECENT_EXPORTS = 200


class Version5:
    """Speak version 5."""

    def __init__(self, transport: Transport, on_event: EventHandler) -> None:
        self._transport = transport
        self._on_event = on_event
        self.catalogue: Mapping[str, Entry] = CATALOGUE
        self.exports: ExportApi = Version5Exports(transport)
        self._custom_fields: tuple[CustomField, ...] | None = None

    def query(self, entry: Entry, fields: Sequence[str]) -> PagedQuery:
        """Return a query of some fields; one call for each page of a thousand rows."""
        return PagedQuery(self._transport, entry, fields, self._on_event)

    def takes(self, entry: Entry, names: Sequence[str]) -> bool:
        """Whether an object's query takes all these fields; one call."""
        params: dict[str, str | int] = {"fields": ",".join(["id", *names])}
        if not entry.is_single:
            params["limit"] = 1
        try:
            self._transport.get_json(object_path(entry), params, operation=f"query:{entry.collection}")
        except RejectedRequestError as error:
            if error.code in REFUSED_FIELD_CODES:
                return False
            raise
        return True

    def custom_fields(self, entry: Entry) -> tuple[Field, ...]:
        """Return the account's custom fields as other objects spell them; one call per thousand, once.

        Fields in the recycle bin are asked for as well: their values are still there to read, or are refused.
        """
        if self._custom_fields is None:
            query = self.query(self.catalogue["custom_fields"], ASKED)
            self._custom_fields = parse_custom_fields(record for page in query.iter_pages() for record in page)
        return tuple(
            Field(each.name, Type.TEXT, needs_export=each.holds_several and entry.query_refuses_several)
            for each in self._custom_fields
        )

    def oldest_at(self, entry: Entry) -> datetime | None:
        """Return when the oldest row of an object was created; one call."""
        params: dict[str, str | int] = {"orderBy": "createdAt ASC"}
        if entry.has_recycle_bin:
            params["deleted"] = "all"
        try:
            return parse_time(self._created_at(entry, params) or "")
        except (RejectedRequestError, TransientRequestError, ValueError):
            return None

    def activity_time(self, *, newest: bool = False) -> str | None:
        """Return when a visitor activity was created, as the answer writes it; None when there is none. One call."""
        return self._created_at(self.catalogue["visitor_activities"], {"orderBy": "createdAt DESC"} if newest else {})

    def _created_at(self, entry: Entry, params: Mapping[str, str | int]) -> str | None:
        asked: dict[str, str | int] = {"fields": "id,createdAt", "limit": 1, **params}
        reply = self._transport.get_json(object_path(entry), asked, operation=f"query:{entry.collection}")
        values = reply.data.get("values")
        first = values[0] if isinstance(values, list) and values else None
        return str(first["createdAt"]) if isinstance(first, dict) and first.get("createdAt") else None

    def account(self) -> Mapping[str, object]:
        """Return the account's counters of calls; one call."""
        params: dict[str, str | int] = {"fields": "id,maximumDailyApiCalls,apiCallsUsed"}
        return self._transport.get_json("/api/v5/objects/account", params, operation="account").data

    def parse_time(self, text: str) -> datetime:
        """Return the instant of a time with its offset."""
        return parse_time(text)


class Version5Exports:
    """The Export API of version 5, whose words the rest of the client uses."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, request: Mapping[str, object]) -> Mapping[str, object]:
        params: dict[str, str | int] = {"fields": "id,status,createdAt"}
        return self._transport.post_json(EXPORTS_PATH, request, params, operation="export.create").data

    def read(self, export_id: str) -> Mapping[str, object]:
        return self._read(export_id, "id,status,isExpired,resultRefs,createdAt,updatedAt")

    def describe(self, export_id: str) -> Mapping[str, object]:
        return self._read(export_id, "id,fields,legacyDateFormat")

    def recent(self) -> Sequence[Mapping[str, object]]:
        params: dict[str, str | int] = {
            "fields": "id,status,procedure,isExpired,createdAt",
            "orderBy": "id DESC",
            "limit": RECENT_EXPORTS,
        }
        values = self._transport.get_json(EXPORTS_PATH, params, operation="export.query").data.get("values")
        return [export for export in values if isinstance(export, dict)] if isinstance(values, list) else []

    def _read(self, export_id: str, fields: str) -> Mapping[str, object]:
        params: dict[str, str | int] = {"fields": fields}
        return self._transport.get_json(f"{EXPORTS_PATH}/{export_id}", params, operation="export.read").data
