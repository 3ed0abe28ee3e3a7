"""What raw tables and columns are, in words, for whoever opens the database.

Beside the columns of the catalogue: custom fields by their labels, the texts of cells that did not fit, bookkeeping.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ..naming import CUSTOM_SUFFIX, VARIANT_SUFFIX


@dataclass(frozen=True)
class TableText:
    """What a raw table is, and what it says of columns that no other table has, or not in this sense."""

    description: str
    columns: Mapping[str, str] = field(default_factory=dict)


def raw_tables() -> Mapping[str, TableText]:
    """Return the descriptions of all tables that a run may make, by name."""
    return {name: TableText(**text) for name, text in _document()["tables"].items()}


def describe_column(table: str, column: str, labels: Mapping[str, str] | None = None) -> str | None:
    """Return what a column of a raw table is; None when nothing is known of it.

    Args:
        labels: column of a custom field -> its label in Account Engagement, which may hold any characters.
    """
    own = raw_tables().get(table, TableText("")).columns
    if column in own:
        return own[column]
    if column.endswith(VARIANT_SUFFIX):
        return f"Text of {column.removesuffix(VARIANT_SUFFIX)} where it does not fit the type of that column."
    if column.endswith(CUSTOM_SUFFIX):
        label = (labels or {}).get(column)
        return "Custom field, as text." if label is None else f"Custom field “{label}”, as text."
    if "__" in column.strip("_"):
        return f"Field {column.replace('__', '.')} of a related object, as text."
    shared: str | None = _document()["columns"].get(column)
    return shared


@cache
def _document() -> Mapping[str, Any]:
    import yaml

    path = Path(__file__).with_name("descriptions.yml")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: Mapping[str, Any] = yaml.load(path.read_text(encoding="utf-8"), loader)  # noqa: S506  both are safe
    return document
