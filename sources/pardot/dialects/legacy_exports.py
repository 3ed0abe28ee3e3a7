"""The Export API of versions 3 and 4, told in the words of version 5.

Lists of exports name neither the procedure nor the columns, so an export whose create call lost its answer cannot be
told from another one: it is asked for again.

Source: Export API versions 3 and 4 (create, read, query; procedures and their arguments; times in the user's zone).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..naming import column_name
from ..windows import api_time, parse_time
from .legacy_api import LegacyApi, many
from .legacy_times import WallClock

_AS_THEY_ARE = frozenset({"prospectOnly"})
"""Arguments whose names are not in snake case."""


class LegacyExports:
    """Create exports and look at them; `resultRefs` are followed as they come."""

    def __init__(self, api: LegacyApi, clock: WallClock) -> None:
        self._api = api
        self._clock = clock

    def create(self, request: Mapping[str, Any]) -> Mapping[str, object]:
        name, _, procedure = request["procedure"]["name"].partition("/")
        body = {
            "object": name[:1].lower() + name[1:],
            "fields": request["fields"],
            "procedure": {
                "name": column_name(procedure),
                "arguments": dict(self._argument(*each) for each in request["procedure"]["arguments"].items()),
            },
        }
        return self._export(self._api.post("export", "create", body, operation="export.create"))

    def read(self, export_id: str) -> Mapping[str, object]:
        return self._export(self._api.get("export", f"read/id/{export_id}", {}, operation="export.read"))

    def describe(self, export_id: str) -> Mapping[str, object]:
        return self.read(export_id)

    def recent(self) -> Sequence[Mapping[str, object]]:
        params: dict[str, str | int] = {"sort_by": "id", "sort_order": "descending"}
        data = self._api.get("export", "query", params, operation="export.query")
        result = data.get("result")
        return [self._translated(each) for each in many(result.get("export") if isinstance(result, dict) else None)]

    def _export(self, data: Mapping[str, Any]) -> Mapping[str, object]:
        wrapped = data.get("export")
        return self._translated(wrapped if isinstance(wrapped, dict) else data)

    def _translated(self, export: Mapping[str, Any]) -> Mapping[str, object]:
        created_at = export.get("createdAt", export.get("created_at"))
        return {
            **export,
            "status": export.get("state", export.get("status")),
            "isExpired": export.get("isExpired", export.get("is_expired")),
            "resultRefs": export.get("resultRefs", export.get("result_refs")),
            "createdAt": self._instant(created_at),
        }

    def _instant(self, text: object) -> str | None:
        try:
            return api_time(self._clock.read(str(text)))
        except ValueError:
            return None

    def _argument(self, name: str, value: object) -> tuple[str, object]:
        if name.endswith("After"):
            value = self._clock.not_after(_moment(value))
        elif name.endswith("Before"):
            value = self._clock.not_before(_moment(value))
        return (name if name in _AS_THEY_ARE else column_name(name)), value


def _moment(value: object) -> datetime:
    return parse_time(str(value))
