"""Queries and reads of versions 3 and 4, in each of their output formats.

Source: "Version 3 and 4 Overview" and the pages "Querying …", archived in pardot/api-docs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pardot_emulator.behaviour import Behaviour
from pardot_emulator.clock import Clock
from pardot_emulator.errors import ApiError
from pardot_emulator.legacy.bodies import Node, repeated
from pardot_emulator.legacy.criteria import parse_flag
from pardot_emulator.legacy.nests import MOST_RELATED, Nester
from pardot_emulator.legacy.objects import LegacyField, LegacyObject
from pardot_emulator.legacy.plans import Planner
from pardot_emulator.legacy.records import LegacyRecordWriter, all_fields
from pardot_emulator.store import Store

_OUTPUTS = ("full", "simple", "mobile", "bulk")


@dataclass(frozen=True)
class LegacyQueries:
    """Answers queries and reads over the store."""

    store: Store
    behaviour: Behaviour
    clock: Clock

    @cached_property
    def writer(self) -> LegacyRecordWriter:
        """Writes the records."""
        return LegacyRecordWriter(self.behaviour)

    def query(self, found: LegacyObject, version: int, parameters: Mapping[str, str]) -> Node:
        """Return the content of ``<result>``.

        Raises:
            ApiError: a parameter is missing or wrong; 10000 when several are.
        """
        output = _output(parameters)
        fields = self._fields(found, version, output, parameters)
        plan = Planner(self.behaviour, self.clock).plan(found, output, parameters)
        self._index(found, parameters)
        where = " AND ".join(plan.conditions)
        source = f'"{found.collection.name}" AS t WHERE {where}'
        statement = f"{_selected(fields)} FROM {source} ORDER BY {plan.order} LIMIT {plan.limit} OFFSET {plan.offset}"
        rows = list(self.store.iter_tuples(f"SELECT {statement}", plan.values))
        records = self._records(found, fields, rows, found.nested if output in ("full", "simple") else (), parameters)
        result: dict[str, Node] = {}
        if output != "bulk":
            result["total_results"] = next(self.store.iter_tuples(f"SELECT count(*) FROM {source}", plan.values))[0]
        if records:
            return {**result, found.key: repeated(records)}
        return {"key missing": result, "null": None, "[]": {**result, found.key: []}}[self.behaviour.v4_no_rows]

    def read(self, found: LegacyObject, version: int, id: int | None, parameters: Mapping[str, str]) -> Node:
        """Return one record; the account needs no id.

        Raises:
            ApiError: 132 it is an archived prospect, else the object's own code: there is no such record.
        """
        output = _output(parameters)
        fields = self._fields(found, version, output, parameters)
        where = found.where if id is None else f"{found.where} AND t.id = {id}"
        recycled = found.collection.recycled_column
        bin_sql = f't."{recycled}"' if recycled else "0"
        statement = f'{bin_sql}, {_selected(fields)} FROM "{found.collection.name}" AS t WHERE {where} LIMIT 1'
        row = next(self.store.iter_tuples(f"SELECT {statement}"), None)
        if row is None or (row[0] and not _takes_archived(found, parameters)):
            raise ApiError(132 if row is not None and found.name == "prospect" else found.missing_code)
        nested = {"full": (*found.nested, *found.nested_on_read), "simple": found.nested}.get(output, ())
        return self._records(found, fields, [row[1:]], nested, parameters)[0]

    # -- what is asked for

    def _fields(
        self, found: LegacyObject, version: int, output: str, parameters: Mapping[str, str]
    ) -> list[LegacyField]:
        fields = all_fields(found, version, self.store, self.behaviour)
        asked = [name.strip() for name in parameters.get("fields", "").split(",") if name.strip()]
        if asked and found.takes_fields:
            unknown = [name for name in asked if name not in fields and name not in found.nested]
            if unknown:
                raise ApiError(130, ", ".join(unknown))
            return [fields[name] for name in dict.fromkeys(["id", *asked]) if name in fields]
        if output == "mobile" and found.mobile is not None:
            return [fields[name] for name in found.mobile]
        return [each for name, each in fields.items() if output == "bulk" or name not in found.flat]

    def _records(
        self,
        found: LegacyObject,
        fields: Sequence[LegacyField],
        rows: Sequence[tuple[Any, ...]],
        nested: Sequence[str],
        parameters: Mapping[str, str],
    ) -> list[dict[str, Node]]:
        records = self.writer.records(fields, (row[1:] for row in rows))
        asked = parameters.get("fields", "") if found.takes_fields else ""
        nester = Nester(self.store, self.writer)
        for name in nested:
            if asked and name not in asked.split(","):
                continue
            by_id = nester.nested(name, found, [row[0] for row in rows])
            for row, record in zip(rows, records, strict=True):
                if row[0] in by_id:
                    record[name] = _limited(by_id[row[0]], parameters)
        return records

    def _index(self, found: LegacyObject, parameters: Mapping[str, str]) -> None:
        for name in found.criteria.keys() & parameters.keys():
            column = re.match(r't\."(\w+)" ', found.criteria[name].sql)
            if column is not None and found.criteria[name].reading != "flag":
                self.store.ensure_index(found.collection.name, column[1])


def _output(parameters: Mapping[str, str]) -> str:
    output = parameters.get("output", "full").lower()
    return output if output in _OUTPUTS else "full"


def _selected(fields: Sequence[LegacyField]) -> str:
    return ", ".join(["t.id", *(each.sql for each in fields)])


def _takes_archived(found: LegacyObject, parameters: Mapping[str, str]) -> bool:
    return found.name == "emailTemplate" and parse_flag(parameters.get("archived", "false"), "archived")


def _limited(node: Node, parameters: Mapping[str, str]) -> Node:
    """Cut a long list of visitor activities short where the request asks for that."""
    if not parse_flag(parameters.get("limit_related_records", "false"), "limit_related_records"):
        return node
    if not isinstance(node, dict):
        return node
    return {name: each[:MOST_RELATED] if isinstance(each, list) else each for name, each in node.items()}
