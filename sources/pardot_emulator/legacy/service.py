"""Versions 3 and 4 as a whole: which request is answered by what, in which version and format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl

from pardot_emulator.behaviour import Behaviour
from pardot_emulator.clock import Clock
from pardot_emulator.errors import ApiError
from pardot_emulator.export_requests import ExportRequestParser
from pardot_emulator.exports import Exports
from pardot_emulator.legacy.bodies import Format, Node, write_failure, write_success
from pardot_emulator.legacy.exports import LegacyExportRequestParser, LegacyExports
from pardot_emulator.legacy.objects import OBJECTS, LegacyObject
from pardot_emulator.legacy.queries import LegacyQueries
from pardot_emulator.legacy.specials import Specials
from pardot_emulator.messages import Request, Response
from pardot_emulator.routes import Route
from pardot_emulator.store import Store

_OTHER_VERSION = {("3", "only 4"): 88, ("4", "only 3"): 89}
_FORM = "application/x-www-form-urlencoded"
Content = dict[str, Node]


@dataclass(frozen=True)
class LegacyService:
    """Answers requests of versions 3 and 4; credentials and limits have been checked before."""

    store: Store
    behaviour: Behaviour
    clock: Clock
    exports: Exports
    parser: ExportRequestParser
    base_url: str

    def handle(self, request: Request, route: Route) -> Response:
        """Answer a request; downloads are not for here, they look the same in all versions.

        Raises:
            ApiError: it is refused.
        """
        check_version(route, self.behaviour)
        content = (self._export if route.is_export else self._object)(request, route)
        return write_success(content, self._format(request, route), self.behaviour)

    def refuse(self, error: ApiError, request: Request, route: Route, usual_status: int) -> Response:
        """Build the answer to a refused request.

        Source: "Export API" of version 4 promises a 4xx for its errors; nothing does for other requests.
        """
        is_told_by_body = self.behaviour.v4_failure_status == "200" and not route.is_export
        status = 200 if is_told_by_body and 400 <= usual_status < 500 and usual_status != 401 else usual_status
        return write_failure(error, self._format(request, route), self.behaviour, status)

    def _format(self, request: Request, route: Route) -> Format:
        asked = _parameters(request).get("format", "").lower()
        if asked in ("xml", "json"):
            return "json" if asked == "json" else "xml"
        return self.behaviour.v4_export_format if route.is_export else "xml"

    # -- objects

    def _object(self, request: Request, route: Route) -> Content:
        found = OBJECTS.get(route.object)
        answers: Mapping[str, Callable[[LegacyObject, Request, Route], Content]] = {
            "query": self._query,
            "read": self._read,
            "stats": lambda _, __, asked: {"stats": self._specials.email_stats(_id(asked))},
            "describe": lambda _, __, asked: {"result": self._specials.describe_accounts(int(asked.version))},
            "listOneToOne": lambda _, asked, __: {
                "emailTemplates": self._specials.one_to_one_templates(_parameters(asked))
            },
        }
        if found is None or route.action not in found.operations:
            raise ApiError(2)
        if found.name == "emailTemplate" and route.action == "query" and not self.behaviour.v4_template_query:
            raise ApiError(2)
        return answers[route.action](found, request, route)

    def _query(self, found: LegacyObject, request: Request, route: Route) -> Content:
        return {"result": self._queries.query(found, int(route.version), _parameters(request))}

    def _read(self, found: LegacyObject, request: Request, route: Route) -> Content:
        parameters = _parameters(request)
        if found.name == "email":
            return {found.key: self._specials.read_email(_id(route), parameters)}
        id = None if found.collection.is_single else _id(route)
        return {found.key: self._queries.read(found, int(route.version), id, parameters)}

    @cached_property
    def _queries(self) -> LegacyQueries:
        return LegacyQueries(self.store, self.behaviour, self.clock)

    @cached_property
    def _specials(self) -> Specials:
        return Specials(self.store, self._queries.writer)

    # -- exports

    def _export(self, request: Request, route: Route) -> Content:
        shown = LegacyExports(self.exports, self.behaviour, self.base_url)
        now = self.clock.now()
        if route.action == "query":
            return {"result": shown.query(_parameters(request), now)}
        if route.action == "create":
            if request.method != "POST":
                raise ApiError(60)
            parser = LegacyExportRequestParser(
                self.parser.selector, self.behaviour, self.parser.min_file_bytes, int(route.version)
            )
            parsed = parser.parse(request.headers.get("content-type", ""), request.body, now)
            export = self.exports.create(parsed)
        elif route.action == "read":
            export = self.exports.read(_id(route))
        else:
            raise ApiError(2)
        record = shown.record(export, route.version)
        return {"export": record} if self.behaviour.v4_export_wrapper else record


def check_version(route: Route, behaviour: Behaviour) -> None:
    """Refuse what is no version (94), or not the account's (88, 89)."""
    if route.version not in ("3", "4"):
        raise ApiError(94)
    code = _OTHER_VERSION.get((route.version, behaviour.account_versions))
    if code is not None:
        raise ApiError(code)


def _parameters(request: Request) -> Mapping[str, str]:
    """Return the parameters of the query string and of a form in the body."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "POST" or content_type != _FORM:
        return request.parameters
    form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return {**request.parameters, **form}


def _id(route: Route) -> int:
    if route.id is None:
        raise ApiError(16)
    return route.id
