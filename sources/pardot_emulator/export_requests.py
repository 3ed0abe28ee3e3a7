"""What a create call asks for, checked: procedure, arguments, columns, file options.

Source: Export API v5 guide and the request collection of version 5 (read 2026-01).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from pardot_emulator.behaviour import Behaviour
from pardot_emulator.dates import parse_date
from pardot_emulator.errors import ApiError
from pardot_emulator.schema import EXPORTABLE, Procedure
from pardot_emulator.selection import Selection, Selector

MAX_FIELDS = 150
MAX_FILE_BYTES = 200_000_000
_SESSION_TYPE = 5


@dataclass(frozen=True)
class ExportRequest:
    """A valid create call."""

    body: Mapping[str, Any]
    """As sent; the API echoes parts of it."""
    procedure: Procedure
    selection: Selection
    after: datetime
    before: datetime | None
    """None when the call gave no end: data up to the creation of the export."""
    deleted: str
    types: tuple[int, ...]
    is_prospect_only: bool
    includes_byte_order_mark: bool
    has_legacy_dates: bool
    max_file_bytes: int


@dataclass(frozen=True)
class ExportRequestParser:
    """Checks create calls.

    Args:
        selector: resolves the fields of the files.
        behaviour: which codes refuse what.
        min_file_bytes: smallest accepted ``maxFileSizeBytes``.
    """

    selector: Selector
    behaviour: Behaviour
    min_file_bytes: int
    properties: ClassVar[frozenset[str]] = frozenset(
        {"procedure", "fields", "includeByteOrderMark", "legacyDateFormat", "maxFileSizeBytes"}
    )

    def parse(self, content_type: str, raw_body: bytes, now: datetime) -> ExportRequest:
        """Read the body of a create call.

        Raises:
            ApiError: with the code that names what is wrong.
        """
        body = _parse_body(content_type, raw_body)
        for name in body:
            if name not in self.properties:
                raise ApiError(154, name)
        collection_name, procedure, arguments = self._parse_procedure(body)
        after, before = self._parse_range(procedure, arguments, now)
        return ExportRequest(
            body=body,
            procedure=procedure,
            selection=self._parse_fields(collection_name, body),
            after=after,
            before=before,
            deleted=_parse_deleted(arguments),
            types=self._parse_types(arguments),
            is_prospect_only=_parse_flag(arguments, "prospectOnly", 177),
            includes_byte_order_mark=_parse_flag(body, "includeByteOrderMark", 154),
            has_legacy_dates=_parse_flag(body, "legacyDateFormat", 154),
            max_file_bytes=self._parse_max_file_bytes(body),
        )

    def _parse_procedure(self, body: Mapping[str, Any]) -> tuple[str, Procedure, Mapping[str, Any]]:
        if "procedure" not in body:
            raise ApiError(153, "procedure")
        given = body["procedure"]
        if not isinstance(given, dict) or not isinstance(given.get("arguments", {}), dict):
            raise ApiError(154, "procedure")
        if "name" not in given:
            raise ApiError(153, "procedure.name")
        export_name, _, procedure_name = str(given["name"]).partition("/")
        collection = EXPORTABLE.get(export_name)
        if collection is None or procedure_name not in collection.procedures:
            raise ApiError(174, str(given["name"]))
        procedure = collection.procedures[procedure_name]
        arguments = given.get("arguments", {})
        for name in arguments:
            if name not in procedure.arguments:
                raise ApiError(175, name)
        if arguments.get(procedure.after) is None:
            raise ApiError(176, procedure.after)
        return collection.export_name or "", procedure, arguments

    def _parse_range(
        self, procedure: Procedure, arguments: Mapping[str, Any], now: datetime
    ) -> tuple[datetime, datetime | None]:
        after = self._parse_date(arguments, procedure.after, now)
        has_end = arguments.get(procedure.before) is not None
        before = self._parse_date(arguments, procedure.before, now) if has_end else None
        if after >= (before or now):
            raise ApiError(self.behaviour.empty_range_code, procedure.after)
        if (before or now) > _one_year_later(after):
            raise ApiError(self.behaviour.over_one_year_code, "the dates are more than one year apart")
        return after, before

    def _parse_date(self, arguments: Mapping[str, Any], name: str, now: datetime) -> datetime:  # noqa: ARG002  see legacy
        zones = {"user zone": ZoneInfo(self.behaviour.user_zone), "UTC": ZoneInfo("UTC")}
        try:
            instant = parse_date(arguments[name], zones.get(self.behaviour.naive_dates))
        except ValueError as error:
            raise ApiError(self.behaviour.bad_export_date_code, name) from error
        return instant.replace(microsecond=0) if self.behaviour.bounds_cut_to_seconds else instant

    def _parse_fields(self, export_name: str, body: Mapping[str, Any]) -> Selection:
        collection = EXPORTABLE[export_name]
        if "fields" not in body:
            if self.behaviour.body_fields_missing != "all":
                raise ApiError(int(self.behaviour.body_fields_missing), "fields")
            return self.selector.select(collection, self.selector.all_fields(collection), "export")
        paths = body["fields"]
        if not isinstance(paths, list) or not paths or not all(isinstance(path, str) for path in paths):
            raise ApiError(154, "fields")
        if len(paths) > MAX_FIELDS:
            raise ApiError(154, f"fields, at most {MAX_FIELDS} are allowed")
        ordered = sorted(paths) if self.behaviour.csv_columns == "sorted" else paths
        return self.selector.select(collection, ordered, "export")

    def _parse_types(self, arguments: Mapping[str, Any]) -> tuple[int, ...]:
        types = arguments.get("type", [])
        if not isinstance(types, list) or not all(type(each) is int for each in types):
            raise ApiError(177, "type")
        if _SESSION_TYPE in types and not self.behaviour.accepts_type_5:
            raise ApiError(177, "type")
        return tuple(types)

    def _parse_max_file_bytes(self, body: Mapping[str, Any]) -> int:
        size = body.get("maxFileSizeBytes", MAX_FILE_BYTES)
        if type(size) is not int:
            raise ApiError(154, "maxFileSizeBytes")
        if size < self.min_file_bytes:
            raise ApiError(231)
        if size > MAX_FILE_BYTES:
            raise ApiError(232)
        return size


def _parse_body(content_type: str, raw_body: bytes) -> dict[str, Any]:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise ApiError(151)
    if not raw_body.strip():
        raise ApiError(152)
    try:
        body = json.loads(raw_body)
    except ValueError as error:
        raise ApiError(150) from error
    if not isinstance(body, dict):
        raise ApiError(150)
    return body


def _parse_flag(given: Mapping[str, Any], name: str, code: int) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise ApiError(code, name)
    return value


def _parse_deleted(arguments: Mapping[str, Any]) -> str:
    value = arguments.get("deleted", arguments.get("prospectDeleted", "false"))
    text = str(value).lower()
    if text not in ("all", "true", "false"):
        raise ApiError(177, "deleted")
    return text


def _one_year_later(instant: datetime) -> datetime:
    try:
        return instant.replace(year=instant.year + 1)
    except ValueError:  # 29 February
        return instant.replace(year=instant.year + 1, month=3, day=1)
