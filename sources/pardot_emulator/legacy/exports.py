"""The Export API of versions 3 and 4: the same engine under other names.

Source: "Export API" of version 4, archived in pardot/api-docs; visitor and prospect account exports came later and
are known from a client that uses them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from pardot_emulator.behaviour import Behaviour
from pardot_emulator.errors import ApiError
from pardot_emulator.export_requests import MAX_FIELDS, ExportRequest, ExportRequestParser
from pardot_emulator.exports import Export, Exports, Status
from pardot_emulator.legacy.bodies import Node, repeated
from pardot_emulator.legacy.criteria import parse_date
from pardot_emulator.legacy.dates import parse_search_date
from pardot_emulator.legacy.objects import OBJECTS, LegacyObject, snake
from pardot_emulator.legacy.records import LegacyRecordWriter, all_fields
from pardot_emulator.schema import Procedure
from pardot_emulator.selection import Column, Selection

_EXPORTED = frozenset({"visitoractivity", "listmembership", "prospect", "visitor", "prospectaccount"})
_NOT_EXPORTED: Mapping[str, frozenset[str]] = MappingProxyType({"prospect": frozenset({"grade", "notes"})})
_STATES = {each.value: each for each in (Status.COMPLETE, Status.FAILED, Status.PROCESSING, Status.WAITING)}
_OTHER_HOST = "localhost"


def _spell(argument: str) -> str:
    """Spell an argument: snake case, but for one that is camel case in the documentation as well."""
    return argument if argument == "prospectOnly" else snake(argument)


@dataclass(frozen=True)
class LegacyExportRequestParser(ExportRequestParser):
    """Checks create calls of versions 3 and 4."""

    version: int = 4
    properties: ClassVar[frozenset[str]] = frozenset({"object", "procedure", "fields"})

    def parse(self, content_type: str, raw_body: bytes, now: datetime) -> ExportRequest:
        """Read the body of a create call; dates in the files are local, without an offset.

        The size of files cannot be asked for here. They are as small as files can be, so that there are several.

        Raises:
            ApiError: with the code that names what is wrong.
        """
        request = super().parse(content_type, raw_body, now)
        return replace(request, has_legacy_dates=True, max_file_bytes=self.min_file_bytes)

    def _parse_procedure(self, body: Mapping[str, Any]) -> tuple[str, Procedure, Mapping[str, Any]]:
        found = _exported(body)
        given = body.get("procedure")
        if given is None:
            raise ApiError(153, "procedure")
        if not isinstance(given, dict) or not isinstance(given.get("arguments", {}), dict):
            raise ApiError(154, "procedure")
        known = {snake(name)[1:]: each for name, each in found.collection.procedures.items()}
        if given.get("name") not in known:
            raise ApiError(174, str(given.get("name")))
        procedure = known[str(given["name"])]
        arguments = given.get("arguments", {})
        spelled = {_spell(name): name for name in procedure.arguments}
        for name in arguments:
            if name not in spelled:
                raise ApiError(175, name)
        if arguments.get(_spell(procedure.after)) is None:
            raise ApiError(176, _spell(procedure.after))
        if self.behaviour.v4_prospect_export_deleted == "all only" and found.name == "prospect":
            if "deleted" not in arguments:
                raise ApiError(176, "deleted")
            if arguments["deleted"] != "all":
                raise ApiError(177, "deleted")
        return found.collection.export_name or "", procedure, {spelled[name]: each for name, each in arguments.items()}

    def _parse_date(self, arguments: Mapping[str, Any], name: str, now: datetime) -> datetime:
        try:
            return parse_search_date(arguments[name], ZoneInfo(self.behaviour.user_zone), now)
        except (ValueError, OverflowError) as error:
            raise ApiError(self.behaviour.bad_export_date_code, _spell(name)) from error

    def _parse_fields(self, _: str, body: Mapping[str, Any]) -> Selection:
        found = _exported(body)
        known = all_fields(found, self.version, self.selector.store, self.behaviour)
        hidden = _NOT_EXPORTED.get(found.name, frozenset())
        columns = {
            name: Column(field.source, field.kind, field.sql, None, field.shape == "several values", title=name)
            for name, field in known.items()
            if name not in hidden
        }
        names = body.get("fields", list(columns))
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            raise ApiError(154, "fields")
        if len(names) > MAX_FIELDS and "fields" in body:
            raise ApiError(154, f"fields, at most {MAX_FIELDS} are allowed")
        unknown = [name for name in names if name not in columns]
        if unknown:
            raise ApiError(self.behaviour.unknown_export_field_code, ", ".join(unknown))
        ordered = sorted(names) if self.behaviour.csv_columns == "sorted" else names
        return Selection(found.collection, tuple(columns[name] for name in ordered))


def _exported(body: Mapping[str, Any]) -> LegacyObject:
    """Return the object to export; its name may be spelled in any case."""
    if "object" not in body:
        raise ApiError(153, "object")
    name = str(body["object"]).lower()
    if name not in _EXPORTED:
        raise ApiError(154, "object")
    return OBJECTS[name]


@dataclass(frozen=True)
class LegacyExports:
    """Exports as versions 3 and 4 show them."""

    exports: Exports
    behaviour: Behaviour
    base_url: str

    def record(self, export: Export, version: str) -> dict[str, Node]:
        """Return an export with the addresses of its files."""
        record = self._summary(export)
        refs = self._refs(export, version)
        if refs:
            as_list = self.behaviour.v4_single_ref == "list"
            record["resultRefs"] = list(refs) if as_list else repeated(refs)
        return record

    def query(self, parameters: Mapping[str, str], now: datetime) -> dict[str, Node]:
        """Return the exports of the account, without the addresses of their files; newest first unless asked."""
        self.exports.refresh()
        found = [export for export in self.exports.all() if self._is_wanted(export, parameters, now)]
        sort_by, sort_order = parameters.get("sort_by", "id"), parameters.get("sort_order", "descending")
        if sort_by not in ("id", "created_at", "updated_at"):
            raise ApiError(19)
        if sort_order not in ("ascending", "descending"):
            raise ApiError(20)
        found.sort(key=lambda export: (getattr(export, sort_by), export.id), reverse=sort_order == "descending")
        result: dict[str, Node] = {"total_results": len(found)}
        return {**result, "export": repeated([self._summary(each) for each in found])} if found else result

    def _summary(self, export: Export) -> dict[str, Node]:
        writer = LegacyRecordWriter(self.behaviour)
        return {
            "id": writer.identifier(export.id),
            "state": export.status.value,
            "isExpired": writer.flag(self.exports.is_expired(export)),
            "createdAt": writer.date(export.created_at.timestamp()),
            "updatedAt": writer.date(export.updated_at.timestamp()),
        }

    def _refs(self, export: Export, version: str) -> Sequence[Node]:
        if export.status is not Status.COMPLETE or self.exports.is_expired(export):
            return []
        host = self.base_url
        if self.behaviour.v4_result_host == "other":
            host = host.replace("127.0.0.1", _OTHER_HOST)
        path = f"{host}/api/export/version/{version}/do/downloadResults/id/{export.id}/file"
        return [f"{path}/{file_id}" for file_id in export.files]

    def _is_wanted(self, export: Export, parameters: Mapping[str, str], now: datetime) -> bool:
        state, wanted = parameters.get("status"), parameters.get("object")
        if state is not None and state not in _STATES:
            raise ApiError(51, "status")
        exported = export.request.selection.collection.export_name or ""
        return (
            (state is None or _STATES[state] is export.status)
            and (wanted is None or wanted.lower() == exported.lower())
            and self._is_between(export.created_at, "created", parameters, now)
            and self._is_between(export.updated_at, "updated", parameters, now)
        )

    def _is_between(self, instant: datetime, name: str, parameters: Mapping[str, str], now: datetime) -> bool:
        zone = ZoneInfo(self.behaviour.user_zone)
        after, before = (
            parse_date(parameters[bound], bound, lambda text: parse_search_date(text, zone, now))
            if bound in parameters
            else None
            for bound in (f"{name}_after", f"{name}_before")
        )
        second = instant.timestamp()
        return (after is None or second > after) and (before is None or second < before)
