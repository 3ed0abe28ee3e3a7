"""What a collection is, and the compact notation that collections are declared in.

The notation of a field list:

====================  =======================================================================
``name``              text
``name#``             whole number
``name$``             decimal number
``name?``             true or false
``name@``             date-time
``name[]``            list, stored as JSON text; lists cannot be exported
``name{}``            object, stored as JSON text
``name†``             on read and export only, refused in a query (comes last: ``recipientListIds[]†``)
====================  =======================================================================

A filter list names the parameters of a query: ``id*`` takes the range suffixes as well, ``closedAt*0`` also
``IsNull`` and ``IsNotNull``. Export procedures: ``C`` by creation, ``U`` by update, ``P`` by the prospect's
update, ``A`` by activity date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal

Kind = Literal["int", "str", "bool", "datetime", "number", "list", "object"]

RECYCLED = "_deleted"
"""Hidden column that marks the recycle bin where the object has the switch but no ``isDeleted`` field."""

CUSTOM_SUFFIX = "__c"
"""A custom field's name in the API is the ``fieldId`` of its CustomField row and this suffix."""

MULTI_VALUE_TYPES = frozenset({"multi-select", "checkbox"})
"""Custom field types with several values: on read only, refused in a query."""

_KIND_OF_MARK: Mapping[str, Kind] = {
    "#": "int",
    "$": "number",
    "?": "bool",
    "@": "datetime",
    "[]": "list",
    "{}": "object",
}


@dataclass(frozen=True)
class Field:
    """One field of a collection."""

    name: str
    kind: Kind
    in_query: bool = True
    """False for fields that only a read or an export shows."""

    @classmethod
    def parse(cls, notation: str) -> Field:
        """Read one entry of a field list, in the notation of the module docstring."""
        in_query = not notation.endswith("†")
        notation = notation.removesuffix("†")
        for mark, kind in _KIND_OF_MARK.items():
            if notation.endswith(mark):
                return cls(notation.removesuffix(mark), kind, in_query)
        return cls(notation, "str", in_query)


@dataclass(frozen=True)
class Filter:
    """One filterable field of a query."""

    field: Field
    ranged: bool
    nullable: bool


@dataclass(frozen=True)
class Procedure:
    """One export procedure: which date it filters by, and which further arguments it takes."""

    name: str
    after: str
    before: str
    field: str
    """The field that the dates are compared with."""
    of_prospect: bool = False
    """True when that field belongs to the related prospect."""
    options: frozenset[str] = frozenset()
    """Optional arguments: ``deleted``, ``prospectDeleted``, ``type``, ``prospectOnly``."""

    @property
    def arguments(self) -> frozenset[str]:
        """Every argument that the procedure knows."""
        return self.options | {self.after, self.before}


@dataclass(frozen=True)
class Collection:
    """One collection of version 5, or one object that only exists as an export."""

    name: str
    export_name: str | None
    fields: Mapping[str, Field]
    filters: Mapping[str, Filter]
    order_by: tuple[str, ...]
    has_recycle_bin: bool
    procedures: Mapping[str, Procedure]
    has_custom_fields: bool = False
    is_query: bool = True
    """False where there is no ``GET`` of the collection."""
    is_single: bool = False
    """True for the account: one object, no id in the path."""
    path: str = ""
    relationships: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Relationship name to the id field that holds it and the collection it leads to."""

    @cached_property
    def read_only_fields(self) -> frozenset[str]:
        """Fields that a read or an export shows and a query refuses."""
        return frozenset(each.name for each in self.fields.values() if not each.in_query)

    @property
    def recycled_column(self) -> str | None:
        """The column that marks the recycle bin, or None where there is no recycle bin."""
        if not self.has_recycle_bin:
            return None
        return "isDeleted" if "isDeleted" in self.fields else RECYCLED


_RELATIONSHIPS: Mapping[str, str] = {
    "account": "account",
    "assignedTo": "users",
    "campaign": "campaigns",
    "createdBy": "users",
    "customRedirect": "custom-redirects",
    "dynamicContent": "dynamic-contents",
    "email": "emails",
    "emailTemplate": "email-templates",
    "file": "files",
    "folder": "folders",
    "form": "forms",
    "formHandler": "form-handlers",
    "landingPage": "landing-pages",
    "layoutTemplate": "layout-templates",
    "lifecycleStage": "lifecycle-stages",
    "list": "lists",
    "listEmail": "list-emails",
    "opportunity": "opportunities",
    "parentCampaign": "campaigns",
    "prospect": "prospects",
    "prospectAccount": "prospect-accounts",
    "tag": "tags",
    "trackerDomain": "tracker-domains",
    "updatedBy": "users",
    "visit": "visits",
    "visitor": "visitors",
    "visitorPageView": "visitor-page-views",
}
"""Relationship to the collection it leads to; an object has it when it has the field ``<name>Id``."""


def _parse_filters(notation: str, fields: Mapping[str, Field]) -> Mapping[str, Filter]:
    filters = {}
    for word in notation.split():
        name, star, null = word.partition("*")
        filters[name] = Filter(fields[name], ranged=bool(star), nullable=bool(null))
    return filters


def _build_procedures(letters: str, options: frozenset[str]) -> Mapping[str, Procedure]:
    known = {
        "C": Procedure("FilterByCreatedAt", "createdAfter", "createdBefore", "createdAt", options=options),
        "U": Procedure("FilterByUpdatedAt", "updatedAfter", "updatedBefore", "updatedAt", options=options),
        "P": Procedure(
            "FilterByProspectUpdatedAt",
            "prospectUpdatedAfter",
            "prospectUpdatedBefore",
            "updatedAt",
            of_prospect=True,
            options=frozenset({"prospectDeleted"}),
        ),
        "A": Procedure("FilterByActivityDate", "activityAfter", "activityBefore", "activityDate"),
    }
    return {known[letter].name: known[letter] for letter in letters}


def declare(
    name: str,
    export_name: str | None,
    fields: str,
    *,
    filters: str = "id*",
    order_by: str = "id",
    recycle_bin: bool = True,
    procedures: str = "",
    options: Iterable[str] | None = None,
    has_custom_fields: bool = False,
    is_query: bool = True,
    is_single: bool = False,
    path: str | None = None,
) -> Collection:
    """Build a collection from the compact notation."""
    parsed = {each.name: each for each in map(Field.parse, fields.split())}
    if options is None:
        options = ("deleted",) if recycle_bin else ()
    return Collection(
        name=name,
        export_name=export_name,
        fields=MappingProxyType(parsed),
        filters=MappingProxyType(_parse_filters(filters, parsed)),
        order_by=tuple(order_by.split()),
        has_recycle_bin=recycle_bin,
        procedures=MappingProxyType(_build_procedures(procedures, frozenset(options))),
        has_custom_fields=has_custom_fields,
        is_query=is_query,
        is_single=is_single,
        path=path or f"/api/v5/objects/{name}",
        relationships=MappingProxyType(
            {
                relation: (f"{relation}Id", target)
                for relation, target in _RELATIONSHIPS.items()
                if f"{relation}Id" in parsed
            }
        ),
    )
