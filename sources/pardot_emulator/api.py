"""The API itself: which request means what, and in which order it is checked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from pardot_emulator.auth import Authority
from pardot_emulator.behaviour import Behaviour
from pardot_emulator.clock import Clock
from pardot_emulator.dates import DateWriter
from pardot_emulator.errors import HTTP_STATUS, ApiError, OAuthError
from pardot_emulator.export_requests import ExportRequestParser
from pardot_emulator.exports import Export, Exports, Polls, Seconds, export_row
from pardot_emulator.legacy.service import LegacyService, check_version
from pardot_emulator.limits import Limits, Slot
from pardot_emulator.login_pages import show_page
from pardot_emulator.messages import Request, Response, deliver_chunked
from pardot_emulator.queries import Queries, split_fields
from pardot_emulator.records import Json, RecordWriter
from pardot_emulator.result_files import ResultWriter
from pardot_emulator.routes import Route
from pardot_emulator.schema import COLLECTIONS
from pardot_emulator.selection import Selector
from pardot_emulator.store import Store

_EXPORTS = COLLECTIONS["exports"]
_LIMIT_CODES = frozenset({66, 122, 202})


@dataclass
class Api:
    """Handles requests; knows nothing of sockets.

    Checks in this order: credentials, business unit, limits, then the request itself.
    """

    store: Store
    behaviour: Behaviour
    clock: Clock
    authority: Authority
    limits: Limits
    workdir: Path
    processing: Polls | Seconds
    page_ceiling: int
    min_file_bytes: int
    base_url: str

    def __post_init__(self) -> None:
        zone = ZoneInfo(self.behaviour.user_zone)
        self.records = RecordWriter(self.behaviour, DateWriter(zone))
        self.queries = Queries(self.store, self.behaviour, self.clock, self.records, self.page_ceiling)
        self.selector = Selector(self.store, self.behaviour)
        self.parser = ExportRequestParser(self.selector, self.behaviour, self.min_file_bytes)
        self.exports = Exports(
            ResultWriter(self.store, self.behaviour),
            self.behaviour,
            self.clock,
            self.workdir,
            self.processing,
            record=self._record_export,
            forget=lambda id: self.store.purge("exports", id),
        )
        self.legacy = LegacyService(self.store, self.behaviour, self.clock, self.exports, self.parser, self.base_url)
        self._cache: dict[tuple[str, str], tuple[datetime, Response]] = {}
        self._cache_lock = threading.Lock()
        self.store.clear("exports")

    # -- entry

    def login(self, request: Request, operation: str = "token") -> Response:
        """Answer the login host's addresses: the token endpoint, and the two pages that a person sees."""
        if operation != "token":
            return show_page(self.authority, operation, request.parameters)
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        try:
            answer = self.authority.issue(form, request.headers.get("authorization"))
        except OAuthError as error:
            content = {"error": error.error, "error_description": error.description}
            return Response.of_json(content, self.behaviour.oauth_error_status)
        return Response.of_json(answer)

    def handle(self, request: Request, route: Route, slot: Slot) -> Response:
        """Answer an API request."""
        try:
            self.authority.check(request.headers)
            self.limits.spend(slot, self._cost(route))
            response = self._cached(request, route)
        except ApiError as error:
            response = self.refuse(error, request, route)
        if request.headers.get("x-return-api-usage", "").lower() in ("1", "true"):
            response = self._with_usage(response)
        return response

    def refuse(self, error: ApiError, request: Request, route: Route) -> Response:
        """Build the answer to a refused request."""
        usual = HTTP_STATUS.get(error.code, 400)
        status = error.status or self.behaviour.http_status.get(error.code, usual)
        if error.status is not None and error.status == usual:
            status = self.behaviour.http_status.get(error.code, usual)
        if self.behaviour.errors_under_http_200:
            status = 200
        if route.is_legacy:
            response = self.legacy.refuse(error, request, route, status)
        else:
            response = Response.of_json({"code": error.code, "message": error.message}, status, error.code)
        if error.code in _LIMIT_CODES and self.behaviour.retry_after_seconds is not None:
            response = response.with_headers(("Retry-After", str(self.behaviour.retry_after_seconds)))
        return response

    def _cost(self, route: Route) -> int:
        is_free = (route.operation == "account" and not self.behaviour.account_read_costs_a_call) or (
            route.operation.endswith("export.download") and not self.behaviour.downloads_cost_a_call
        )
        return 0 if is_free else 1

    def _with_usage(self, response: Response) -> Response:
        form = self.behaviour.usage_header
        if form == "absent":
            return response
        separator = "/" if form == "1234/100000" else " of "
        usage = f"{self.limits.used_today}{separator}{self.limits.daily}"
        return response.with_headers(("x-api-usage", usage))

    def _cached(self, request: Request, route: Route) -> Response:
        """Answer object reads and queries from the cache while they may be stale."""
        life = timedelta(seconds=self.behaviour.cache_seconds)
        if not life or route.collection is None:
            return self._dispatch(request, route)
        key, now = (request.path, request.query), self.clock.now()
        with self._cache_lock:
            cached_at, response = self._cache.get(key, (now - life, None))
        if response is None or now >= cached_at + life:
            response = self._dispatch(request, route)
            with self._cache_lock:
                self._cache[key] = (now, response)
        return response

    def _dispatch(self, request: Request, route: Route) -> Response:
        if route.is_legacy:
            return self._dispatch_legacy(request, route)
        if route.operation == "unknown":
            raise ApiError(198)
        if route.operation == "wrong_method":
            raise ApiError(60)
        return self._handlers[route.operation.partition(":")[0]](request, route)

    @cached_property
    def _handlers(self) -> Mapping[str, Callable[[Request, Route], Response]]:
        return {
            "export.create": self._create_export,
            "export.read": self._read_export,
            "export.query": self._query_exports,
            "export.download": self._download,
            "export.cancel": self._cancel_export,
            "account": self._read_account,
            "query": self._query,
            "read": self._read,
        }

    def _dispatch_legacy(self, request: Request, route: Route) -> Response:
        if request.method not in ("GET", "POST"):
            raise ApiError(60)
        if route.is_export and route.action == "downloadResults":
            check_version(route, self.behaviour)
            return self._download(request, route)
        if route.object == "account":
            self._refresh_account()
        return self.legacy.handle(request, route)

    # -- objects

    def _query(self, request: Request, route: Route) -> Response:
        assert route.collection is not None  # noqa: S101  by the route
        page = self.queries.query(route.collection, request.parameters, self.base_url)
        response = Response.of_json(page.body)
        if page.warning is not None and self.behaviour.warning_header:
            response = response.with_headers(("Pardot-Warning", page.warning))
        return response

    def _read(self, request: Request, route: Route) -> Response:
        assert route.collection is not None  # noqa: S101  by the route
        record, updated_at = self.queries.read(route.collection, route.id, request.parameters)
        since = request.headers.get("if-modified-since")
        if since and updated_at is not None and updated_at <= _http_date(since).timestamp():
            return Response(304)
        return Response.of_json(record)

    def _read_account(self, request: Request, route: Route) -> Response:
        self._refresh_account()
        return self._read(request, route)

    def _refresh_account(self) -> None:
        if not self.store.count("account"):
            self.store.insert("account", [{"id": 1}])
        account = next(self.store.rows("account"))
        self.store.update(
            "account",
            int(str(account["id"])),
            maximumDailyApiCalls=self.limits.daily,
            apiCallsUsed=self.limits.used_today,
        )

    # -- exports

    def _create_export(self, request: Request, _: Route) -> Response:
        self.selector.select(_EXPORTS, split_fields(request.parameters), "read")
        content_type = request.headers.get("content-type", "")
        parsed = self.parser.parse(content_type, request.body, self.clock.now())
        export = self.exports.create(parsed)
        location = ("Location", f"{self.base_url}/api/v5/exports/{export.id}")
        record = self._export_record(export, request.parameters)
        return Response.of_json(record, self.behaviour.create_status).with_headers(location)

    def _read_export(self, request: Request, route: Route) -> Response:
        split_fields(request.parameters)
        export = self.exports.read(_id(route.id))
        self._record_export(export)
        return Response.of_json(self._export_record(export, request.parameters))

    def _query_exports(self, request: Request, _: Route) -> Response:
        self.exports.refresh()
        return self._query(request, Route("export.query", _EXPORTS))

    def _cancel_export(self, request: Request, route: Route) -> Response:
        export = self.exports.cancel(_id(route.id))
        if self.behaviour.cancel_status == 204:
            return Response(204)
        parameters = request.parameters or {"fields": "id,status,isExpired,createdAt,updatedAt"}
        return Response.of_json(self._export_record(export, parameters))

    def _download(self, request: Request, route: Route) -> Response:
        file = self.exports.file(_id(route.id), _id(route.file_id))
        headers: list[tuple[str, str]] = [("Content-Type", self.behaviour.download_content_type)]
        if self.behaviour.download_names_file:
            headers.append(("Content-Disposition", f'attachment; filename="{route.file_id}.csv"'))
        response = Response(200, tuple(headers), file=file.path)
        transfer: Literal["identity", "chunked", "gzip"] = self.behaviour.download_transfer
        if transfer == "gzip" and "gzip" in request.headers.get("accept-encoding", ""):
            return response.compressed()
        if transfer == "chunked":
            return Response(200, response.headers, file=file.path, deliver=deliver_chunked)
        return response

    def _export_record(self, export: Export, parameters: Mapping[str, str]) -> dict[str, Json]:
        record, _ = self.queries.read(_EXPORTS, export.id, parameters)
        if "resultRefs" in record:
            self.exports.add_result_refs(export, record, self.base_url)
        return record

    def _record_export(self, export: Export) -> None:
        word, is_expired = self.exports.status_word(export), self.exports.is_expired(export)
        self.store.insert("exports", [export_row(export, word, is_expired)])


def _id(id: int | None) -> int:
    if id is None:  # versions 3 and 4 spell ids as pairs, which may be wrong
        raise ApiError(16)
    return id


def _http_date(text: str) -> datetime:
    try:
        return parsedate_to_datetime(text).replace(tzinfo=timezone.utc)
    except (TypeError, ValueError) as error:
        raise ApiError(182, "If-Modified-Since") from error
