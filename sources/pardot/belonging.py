"""Which rows are a person's, by the names of columns: one rule for files on their way and for tables. Pure.

A prospect is a person, and a visitor is a browser of one. Every object names them in the same way, by a field
`prospectId` or `visitorId`; tags name them by type and id.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from .erased import People
from .naming import quote_identifier

PROSPECTS: Final = "prospects"
VISITORS: Final = "visitors"
PROSPECT_ID: Final = "prospect_id"
VISITOR_ID: Final = "visitor_id"
ADDRESS: Final = "email"
"""The column of a prospect that says who it is."""
_TAGGED: Final = ("object_type", "object_id")


def is_of(people: People, table: str, columns: Collection[str]) -> str | None:
    """Return the condition for the rows of a table that are these people's; None where it can have none.

    What a visitor did belongs to whom the row itself names, where it names somebody: a browser may have several users.

    Args:
        table: the raw table; that of versions has the name of what they are versions of.
    """
    prospects, visitors = listed(people.prospects), listed(people.visitors)
    found = []
    if table == PROSPECTS:
        found.append(f"id IN ({prospects})")
    names_prospect = PROSPECT_ID in columns
    if names_prospect:
        found.append(f"{PROSPECT_ID} IN ({prospects})")
    visitor = "id" if table == VISITORS else VISITOR_ID
    if visitor in columns:
        nobody_else = f" AND {PROSPECT_ID} IS NULL" if names_prospect else ""
        found.append(f"({quote_identifier(visitor)} IN ({visitors}){nobody_else})")
    if set(_TAGGED) <= set(columns):
        found.append(f"(lower(object_type) = 'prospect' AND object_id IN ({prospects}))")
    return " OR ".join(found) or None


def listed(numbers: Iterable[int]) -> str:
    """Return numbers for an IN; one that no id is where there are none."""
    return ", ".join(str(int(number)) for number in sorted(numbers)) or "-1"
