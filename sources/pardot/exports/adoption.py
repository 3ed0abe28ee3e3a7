"""Exports at Pardot that the ledger does not know: found by a query and taken over instead of created again.

There are two kinds. An export whose create call lost its answer has exactly our procedure. When the ledger itself is
lost with its folder, the newest export that brings at least our rows will do, whatever its bounds. Of both only a read
tells the columns.

A login sees its own exports, those of others only with the ability to. One that may not look finds nothing.

Source: Export API v5 guide, query and read; results can be fetched for seven days.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from ..dialects.dialect import ExportApi
from ..errors import DataError, RejectedRequestError
from ..windows import LAG, api_time, parse_time
from .ledger import ExportRecord, Ledger
from .messages import Status, parse_export_id, parse_flag, parse_status, serves

ADOPTED_UP_TO = timedelta(days=6)
"""How old an export may be that is taken over: a day is left to fetch its files."""

Listed = Mapping[str, object]
"""An export as the query lists it."""


class Adoption:
    """Look for exports at Pardot and enter them into the ledger; safe to use from several threads."""

    def __init__(self, api: ExportApi, ledger: Ledger, server_now: Callable[[], datetime]) -> None:
        self._api = api
        self._server_now = server_now
        self._ledger = ledger
        self._lock = threading.Lock()
        self._candidates: list[Listed] | None = None

    def find_lost(self, request: Mapping[str, object]) -> Listed | None:
        """Return the newest export with the procedure of a request that the ledger does not know.

        Costs one call for the list, and one for each export that has the procedure: only a look at it tells its fields,
        and somebody else's may have others.
        """
        known = {record.export_id for record in self._ledger.open_exports()}
        for export in self._recent():
            is_ours = export.get("procedure") == request["procedure"]
            is_new = str(export.get("id")) not in known and not parse_flag(export.get("isExpired"))
            if is_ours and is_new and self._may_have_fields(export, request):
                return export
        return None

    def _may_have_fields(self, export: Listed, request: Mapping[str, object]) -> bool:
        """Whether an export has our fields, or does not tell: then the header of its files will."""
        try:
            told = self._api.describe(parse_export_id(export.get("id")))
        except (RejectedRequestError, DataError):
            return True
        return not isinstance(told.get("fields"), list) or _has_fields(told, request)

    def adopt(self, record: ExportRecord) -> ExportRecord | None:
        """Enter the newest export that brings the rows of an intended one as its own; None when there is none.

        Costs one call for the list, once, and one for each export that might do.
        """
        request = json.loads(record.request)
        with self._lock:
            if self._candidates is None:
                self._candidates = self._recent()
            for export in [one for one in self._candidates if serves(one, request)]:
                created_at = self._usable_since(export, request, parse_time(record.start_at))
                if created_at is not None:
                    self._candidates.remove(export)
                    end_at = record.end_at or api_time(created_at)
                    export_id = parse_export_id(export.get("id"))
                    self._ledger.created(record.request_id, export_id, api_time(created_at), end_at)
                    return self._ledger.read(record.request_id)
        return None

    def _usable_since(self, export: Listed, request: Mapping[str, object], start_at: datetime) -> datetime | None:
        """Return when an export was created; None when its files are not sure to be there, or have other columns."""
        try:
            created_at = parse_time(str(export.get("createdAt")))
            status = parse_status(export.get("status"), is_expired=parse_flag(export.get("isExpired")))
            now = self._server_now()
            if status is Status.LOST or not now - ADOPTED_UP_TO < created_at <= now:
                return None
            if created_at <= start_at + 2 * LAG:  # it brings nothing that is not loaded
                return None
            told = self._api.describe(parse_export_id(export.get("id")))
        except (RejectedRequestError, DataError, ValueError):
            return None
        if parse_flag(told.get("legacyDateFormat")):
            return None
        return created_at if _has_fields(told, request) else None

    def _recent(self) -> list[Listed]:
        try:
            return list(self._api.recent())
        except RejectedRequestError as error:
            if error.refuses_login:
                raise
            return []


def _has_fields(told: Listed, request: Mapping[str, object]) -> bool:
    fields, wanted = told.get("fields"), request["fields"]
    return isinstance(fields, list) and isinstance(wanted, list) and sorted(map(str, fields)) == sorted(wanted)
