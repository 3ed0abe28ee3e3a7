"""Rows of the store as records of versions 3 and 4."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html.entities import codepoint2name
from typing import Any
from zoneinfo import ZoneInfo

from pardot_emulator.behaviour import Behaviour
from pardot_emulator.dates import DateWriter
from pardot_emulator.legacy.bodies import Node, Values
from pardot_emulator.legacy.objects import LegacyField, LegacyObject
from pardot_emulator.schema import CUSTOM_SUFFIX, MULTI_VALUE_TYPES, RECYCLED
from pardot_emulator.store import Store

_NAMED = {number: f"&{name};" for number, name in codepoint2name.items()} | {ord("'"): "&#039;"}
"""As PHP's ``htmlentities`` does."""

_NUMERIC = {number: f"&#{number};" for number in _NAMED}


@dataclass(frozen=True)
class LegacyRecordWriter:
    """Builds records the way the behaviour says: local times without an offset, nulls left out."""

    behaviour: Behaviour

    def records(self, fields: Sequence[LegacyField], rows: Iterable[Sequence[Any]]) -> list[dict[str, Node]]:
        """Build a record of each row, which holds the fields' values."""
        columns = [(field.name, self._converter(field)) for field in fields]
        empty = "" if self.behaviour.v4_nulls == "empty text" else None
        return [
            {
                name: empty if value is None else convert(value)
                for (name, convert), value in zip(columns, row, strict=True)
                if value is not None or self.behaviour.v4_nulls != "absent"
            }
            for row in rows
        ]

    def identifier(self, value: int) -> Node:
        """Write an id."""
        return str(value) if self.behaviour.ids_as_text else int(value)

    def date(self, seconds: float) -> str:
        """Write an instant in the user's zone, without an offset."""
        return self._dates.text(int(seconds))

    def flag(self, value: bool) -> Node:
        """Write a boolean."""
        if self.behaviour.v4_booleans == "1/0":
            return int(value)
        return str(value).lower() if self.behaviour.v4_booleans == "text" else bool(value)

    def text(self, value: str) -> str:
        """Write a text, some characters of it as HTML entities."""
        if self.behaviour.v4_entities == "none":
            return value
        return value.translate(_NAMED if self.behaviour.v4_entities == "named" else _NUMERIC)

    def _converter(self, field: LegacyField) -> Callable[[Any], Node]:
        if field.is_id:
            return self.identifier
        if field.shape == "several values":
            return lambda value: Values(map(self.text, str(value).split(";")))
        if field.shape == "in value":
            return lambda value: Values([self.text(str(value))])
        return self._converters[field.kind]

    @cached_property
    def _converters(self) -> Mapping[str, Callable[[Any], Node]]:
        as_text = self.behaviour.numbers_as_text
        return {
            "str": self.text,
            "int": str if as_text else int,
            "number": (lambda value: f"{value:.2f}") if as_text else float,
            "bool": lambda value: self.flag(bool(value)),
            "datetime": self.date,
            "list": self.text,
            "object": self.text,
        }

    @cached_property
    def _dates(self) -> DateWriter:
        return DateWriter(ZoneInfo(self.behaviour.user_zone), "legacy")


def all_fields(found: LegacyObject, version: int, store: Store, behaviour: Behaviour) -> dict[str, LegacyField]:
    """Return every field that an object has now: the account's custom fields come under their API name."""
    fields = [field for name, field in found.fields.items() if version == 4 or name not in found.since_version_4]
    if found.name == "customRedirect":
        fields = [replace(each, name=behaviour.v4_target) if each.name == "destination" else each for each in fields]
    if found.name == "prospectAccount" and behaviour.v4_account_values == "in value":
        fields = [replace(each, shape="in value") if each.kind == "str" else each for each in fields]
    if found.collection.has_custom_fields:
        fields += _custom_fields(found, store)
    return {field.name: field for field in fields}


def _custom_fields(found: LegacyObject, store: Store) -> list[LegacyField]:
    columns = set(store.custom_columns(found.collection.name))
    statement = (
        'SELECT "fieldId", lower(type), "isRecordMultipleResponses" FROM "custom-fields"'
        f' WHERE coalesce("{RECYCLED}", 0) = 0 ORDER BY id'
    )
    return [
        LegacyField(
            name,
            "str",
            f't."{name}{CUSTOM_SUFFIX}"',
            name + CUSTOM_SUFFIX,
            "several values" if type_ in MULTI_VALUE_TYPES or has_many_responses else "plain",
        )
        for name, type_, has_many_responses in store.iter_tuples(statement)
        if f"{name}{CUSTOM_SUFFIX}" in columns
    ]
