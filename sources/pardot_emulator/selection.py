"""Field lists of requests, resolved to SQL: own fields, custom fields, and one level of relationships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pardot_emulator.behaviour import Behaviour
from pardot_emulator.errors import ApiError
from pardot_emulator.schema import COLLECTIONS, CUSTOM_SUFFIX, MULTI_VALUE_TYPES, RECYCLED, Collection, Kind
from pardot_emulator.store import Store

Usage = Literal["query", "read", "export"]

_DEEPEST_PATH = 2


@dataclass(frozen=True)
class Column:
    """One requested field."""

    path: str
    """As the request spells it: ``name`` or ``campaign.name``."""
    kind: Kind
    sql: str
    relation: str | None = None
    is_multi_value: bool = False
    title: str | None = None
    """What the header of a file calls it, where that is not the path: versions 3 and 4 have names of their own."""

    @property
    def name(self) -> str:
        """The field's name without its relationship."""
        return self.path.rpartition(".")[2]

    @property
    def is_id(self) -> bool:
        """Whether the field holds an identifier."""
        return self.kind == "int" and (self.name == "id" or self.name.endswith("Id"))


@dataclass(frozen=True)
class Selection:
    """The fields of one request over one collection, whose table is called ``t`` in SQL."""

    collection: Collection
    columns: tuple[Column, ...]

    @cached_property
    def relations(self) -> tuple[str, ...]:
        """The relationships in use, each once."""
        return tuple(dict.fromkeys(each.relation for each in self.columns if each.relation))

    @property
    def source(self) -> str:
        """The FROM clause with its joins."""
        joins = "".join(
            f' LEFT JOIN "{target}" AS "{relation}" ON "{relation}".id = t."{id_field}"'
            for relation in self.relations
            for id_field, target in [self.collection.relationships[relation]]
        )
        return f'"{self.collection.name}" AS t{joins}'

    @property
    def expressions(self) -> str:
        """The SELECT list of the requested fields."""
        return ", ".join(each.sql for each in self.columns)


@dataclass(frozen=True)
class Selector:
    """Resolves field lists against the account as it is now: custom fields come and go."""

    store: Store
    behaviour: Behaviour

    def select(self, collection: Collection, paths: Sequence[str], usage: Usage) -> Selection:
        """Resolve a field list.

        Raises:
            ApiError: a field does not exist (130, 180 or 154), is not available here (224), or lies too deep
                (193).
        """
        return Selection(collection, tuple(self._resolve(collection, path, usage) for path in paths))

    def all_fields(self, collection: Collection) -> tuple[str, ...]:
        """Every field that an export of the collection can have."""
        return tuple(
            name
            for name, kind in self.store.columns(collection.name).items()
            if kind not in ("list", "object") and name != RECYCLED
        )

    def _resolve(self, collection: Collection, path: str, usage: Usage) -> Column:
        parts = path.split(".")
        if len(parts) > _DEEPEST_PATH:
            raise ApiError(193, path)
        if len(parts) == 1:
            kind, is_multi_value, exists = self._field(collection, path, path, usage)
            return Column(path, kind, f't."{path}"' if exists else "NULL", None, is_multi_value)
        relation, name = parts
        if relation not in collection.relationships:
            raise self._unknown_field(path, usage)
        target = COLLECTIONS[collection.relationships[relation][1]]
        kind, is_multi_value, exists = self._field(target, name, path, usage)
        return Column(path, kind, f'"{relation}"."{name}"' if exists else "NULL", relation, is_multi_value)

    def _field(self, collection: Collection, name: str, path: str, usage: Usage) -> tuple[Kind, bool, bool]:
        """Return kind, whether it has several values, and whether the table has the column yet."""
        if collection.name == "emails" and name == "updatedAt" and not self.behaviour.emails_updated_at:
            raise self._unknown_field(path, usage)
        known = collection.fields.get(name)
        if known is None:
            return self._custom_field(collection, name, path, usage)
        if usage == "query" and not known.in_query:
            raise ApiError(self.behaviour.unqueryable_field_code, path)
        if usage == "export" and known.kind in ("list", "object"):
            raise self._unknown_field(path, usage)
        return known.kind, False, True

    def _custom_field(self, collection: Collection, name: str, path: str, usage: Usage) -> tuple[Kind, bool, bool]:
        has_column = name in self.store.custom_columns(collection.name)
        is_multi_value = False
        definition = self._definition(name) if collection.has_custom_fields else None
        if definition is not None:
            type_, has_many_responses = definition
            is_multi_value = type_ in MULTI_VALUE_TYPES or has_many_responses
        elif not has_column:
            raise self._unknown_field(path, usage)
        if is_multi_value and usage == "query":
            raise ApiError(self.behaviour.unqueryable_field_code, path)
        return "str", is_multi_value, has_column

    def _definition(self, name: str) -> tuple[str, bool] | None:
        """Return type and repeatability of a custom field that is defined and not in the recycle bin."""
        if not name.endswith(CUSTOM_SUFFIX):
            return None
        statement = (
            'SELECT type, isRecordMultipleResponses FROM "custom-fields"'
            f' WHERE "fieldId" = ? AND coalesce("{RECYCLED}", 0) = 0'
        )
        found = next(self.store.iter_tuples(statement, (name.removesuffix(CUSTOM_SUFFIX),)), None)
        return None if found is None else (str(found[0] or "").lower(), bool(found[1]))

    def _unknown_field(self, path: str, usage: Usage) -> ApiError:
        if usage == "export":
            return ApiError(self.behaviour.unknown_export_field_code, path)
        return ApiError(self.behaviour.unknown_query_field_code, path)
