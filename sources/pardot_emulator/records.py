"""Rows of the store as JSON records."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pardot_emulator.behaviour import Behaviour
from pardot_emulator.dates import DateWriter
from pardot_emulator.selection import Column, Selection

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True)
class RecordWriter:
    """Builds JSON records the way the behaviour says."""

    behaviour: Behaviour
    dates: DateWriter

    def expressions(self, selection: Selection) -> str:
        """The SELECT list that :meth:`record` expects: one id per relationship, then the fields."""
        probes = [f'"{relation}".id' for relation in selection.relations]
        return ", ".join([*probes, selection.expressions])

    def record(self, selection: Selection, row: Sequence[Any]) -> dict[str, Json]:
        """Build one record; related fields are nested under their relationship's name."""
        probes = dict(zip(selection.relations, row, strict=False))
        record: dict[str, Json] = {}
        for column, value in zip(selection.columns, row[len(probes) :], strict=True):
            if column.relation is None:
                record[column.name] = self._json(column, value)
            elif probes[column.relation] is None and self.behaviour.null_relationship != "object":
                if self.behaviour.null_relationship == "null":
                    record[column.relation] = None
            else:
                related = record.setdefault(column.relation, {})
                if isinstance(related, dict):
                    related[column.name] = self._json(column, value)
        return record

    def _json(self, column: Column, value: Any) -> Json:
        if value is None:
            return None
        if column.is_id:
            return str(value) if self.behaviour.ids_as_text else int(value)
        return self._converters[column.kind](value)

    @property
    def _converters(self) -> Mapping[str, Callable[[Any], Json]]:
        as_text, as_integers = self.behaviour.numbers_as_text, self.behaviour.booleans_as_integers
        return {
            "str": lambda value: value,
            "int": str if as_text else int,
            "number": (lambda value: f"{value:.2f}") if as_text else (lambda value: value),
            "bool": int if as_integers else bool,
            "datetime": self.dates.text,
            "list": json.loads,
            "object": json.loads,
        }
