"""How an object of the API is described, and the words for it: types, routes, fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from ..naming import column_name

MAX_EXPORT_FIELDS = 150
"""Fields that one export may name. Source: Export API guide, limits."""


class Type(Enum):
    """The declared type of a column; values stay text until they reach it."""

    BIGINT = "bigint"
    BOOLEAN = "bool"
    DOUBLE = "double"
    TEXT = "text"
    TIMESTAMP = "timestamp"
    """An instant, kept as TIMESTAMPTZ."""


class Route(Enum):
    """How the rows of an object are fetched; the cheapest way that loses nothing."""

    EXPORT = "export"
    """History by creation time and changes by update time, through the Export API: a few calls for any volume."""
    QUERY = "query"
    """All rows once, then the rows changed since, by the dated query: one call per thousand rows."""
    WALK = "walk"
    """All rows by id at every run, compared with what is stored: the query has no filter by the date of a change."""
    WALK_THEN_EXPORT = "walk, then export"
    """All rows once by id; changes through the Export API, because the query has no filter by date."""


@dataclass(frozen=True)
class Field:
    """One field of an object: the API's name, our column, and its declared type."""

    name: str
    type: Type
    is_asked: bool = True
    """False for what the API does not list and we tell from how a row was found."""
    needs_export: bool = False
    """Whether the query refuses the field and only an export delivers it."""
    stored_as: str = ""
    """The column where it is not made of the name: older versions call some fields otherwise."""

    @property
    def column(self) -> str:
        return self.stored_as or column_name(self.name)


@dataclass(frozen=True)
class Entry:
    """One object of the API and everything that the rest of the package needs to know about it."""

    table: str
    """The raw table, plural snake case of the v5 collection; of a single object, its name."""
    fields: tuple[Field, ...]
    route: Route
    export_object: str | None = None
    """Prefix of the export procedures, for example `VisitorActivity`."""
    exports_changes: bool = True
    """Whether `FilterByUpdatedAt` exists; without it new rows are found by creation time."""
    export_arguments: tuple[tuple[str, object], ...] = ()
    changed_by: str = "updatedAt"
    """The field that the dated query filters on."""
    few_by_query: bool = False
    """Whether a query by `changed_by` delivers the rows of an export: then a few are asked for by query."""
    finds_new_by_id: bool = False
    """Also ask for ids above the greatest one seen: rows may lack the dated field."""
    has_recycle_bin: bool = False
    has_custom_fields: bool = False
    relations: str = ""
    """The related objects of which an export may name fields, `campaign.name`; separated by blanks."""
    query_refuses_several: bool = False
    """Whether custom fields that hold several values come by export only."""
    has_query: bool = True
    """False for what the Export API alone delivers."""
    is_single: bool = False
    """Whether the object is one record, read without an id, a filter or pages."""
    times_are_local: bool = False
    """Whether times have no offset, so that two of them may be an hour apart in the other order."""
    left_out: tuple[str, ...] = ()
    """Documented fields that have no column, because the route does not deliver them or no row has a value to keep."""
    standard: bool = True
    """Whether the reporting tables need it; `sources.pardot.objects = "standard"` loads these."""

    @property
    def collection(self) -> str:
        """Path segment of the v5 query endpoint."""
        return self.table.replace("_", "-")

    def related(self, names: Sequence[str]) -> tuple[Field, ...]:
        """Return those of some related fields that this object's exports may name."""
        relations = self.relations.split()
        return tuple(Field(name, Type.TEXT) for name in names if name.partition(".")[0] in relations)

    @property
    def tells_bin_apart(self) -> bool:
        """Whether only asking apart tells which rows are in the recycle bin."""
        return any(field.column == "is_deleted" and not field.is_asked for field in self.fields)

    @property
    def goes_by_volume(self) -> bool:
        """Whether how many rows there are decides how they are read."""
        return self.few_by_query or self.query_refuses_several or self.route is Route.WALK_THEN_EXPORT

    @property
    def has_updated_at(self) -> bool:
        return any(field.column == "updated_at" for field in self.fields)

    @property
    def changed_column(self) -> str:
        """The column of the field that the dated query filters on."""
        return next((field.column for field in self.fields if field.name == self.changed_by), "")


PURGED_AT = Field("purgedAt", Type.TIMESTAMP, is_asked=False)
"""A column of every raw table: when a row was found to be delivered no longer, by the server's clock. NULL is alive."""

TOLD_BY_BIN = (Field("isDeleted", Type.BOOLEAN, is_asked=False),)
"""For objects with a recycle bin and no field that says so: rows in use and rows in the bin are asked for apart."""


def build_fields(
    *, ints: str = "", text: str = "", flags: str = "", times: str = "", numbers: str = ""
) -> tuple[Field, ...]:
    """Build the fields of an entry: `id` first, then by type, in the order given."""
    groups = (
        (ints, Type.BIGINT),
        (text, Type.TEXT),
        (flags, Type.BOOLEAN),
        (numbers, Type.DOUBLE),
        (times, Type.TIMESTAMP),
    )
    return (
        Field("id", Type.BIGINT),
        *(Field(name, kind) for names, kind in groups for name in names.split()),
    )
