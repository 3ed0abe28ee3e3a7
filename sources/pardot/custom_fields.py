"""The account's own fields of prospects and accounts: what they are called, and which hold several values. Pure.

A field with several values is refused by the query of prospects; a read of one record returns its values as a list. Of
an export only the single values are documented, so what stands in such a cell is kept as the text that came.

Source: Account Engagement API v5, CustomField object page (`type`, `isRecordMultipleResponses`) and Prospect object
page (custom fields).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .naming import CUSTOM_SUFFIX

SEVERAL_VALUES = frozenset({"multiselect", "checkbox"})
"""Types that hold several values, without case and marks: the API writes `multi-select` and `Multi-Select` alike."""
ASKED = ("id", "fieldId", "type", "isRecordMultipleResponses")
"""Fields of a CustomField row that tell what we need."""
_TRUE = frozenset({"true", "1"})


@dataclass(frozen=True)
class CustomField:
    """One field of the account's own, as other objects spell it."""

    name: str
    holds_several: bool = False


def parse_custom_fields(rows: Iterable[Mapping[str, object]]) -> tuple[CustomField, ...]:
    """Return the fields that CustomField rows define, each name once, in their order; rows without a name define none.

    >>> parse_custom_fields([{"fieldId": "Region", "type": "Dropdown"}, {"fieldId": "Topics", "type": "Multi-Select"}])
    (CustomField(name='Region__c', holds_several=False), CustomField(name='Topics__c', holds_several=True))
    """
    found: dict[str, CustomField] = {}
    for row in rows:
        field_id = row.get("fieldId")
        if field_id:
            name = custom_name(str(field_id))
            # A name may stand there twice, once in the recycle bin: one that may hold several is treated as if it did.
            several = _holds_several(row) or (name in found and found[name].holds_several)
            found[name] = CustomField(name, several)
    return tuple(found.values())


def custom_name(field_id: str) -> str:
    """Return a custom field's name in other objects: its `fieldId` with the suffix `__c`."""
    return field_id if field_id.endswith(CUSTOM_SUFFIX) else f"{field_id}{CUSTOM_SUFFIX}"


def _holds_several(row: Mapping[str, object]) -> bool:
    kind = "".join(char for char in str(row.get("type") or "").lower() if char.isalpha())
    return kind in SEVERAL_VALUES or str(row.get("isRecordMultipleResponses")).lower() in _TRUE
