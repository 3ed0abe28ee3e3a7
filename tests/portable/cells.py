"""When two databases hold the same table: only how a value is represented may differ, never the value.

* Names and order of columns are the same; rows are a set, in no order.
* NULL is NULL, true is true, texts are the same to the character, a date is no time.
* A time with a zone is the instant; a time without one is what its clock shows.
* Numbers that are exact in both, integers and decimals, have the same value: 2 is 2.00. Where either is a double, both
  may differ by a thousand-millionth of the greater one: sums of doubles depend on the order of rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from decimal import Decimal
from itertools import zip_longest
from math import isnan
from typing import Any

TOLERANCE = 1e-9

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """A table or view as a database gave it."""

    columns: tuple[str, ...]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Comparison:
    """What came of comparing one table: how much was compared, and every cell that differs."""

    name: str
    rows: int
    cells: int
    differences: Sequence[str] = field(repr=False)


def compare(name: str, ours: Table, theirs: Table, key: Sequence[str] = ()) -> Comparison:
    """Compare every cell of a table; rows are put side by side by the columns of the key, then by all others."""
    cells = len(ours.rows) * len(ours.columns)
    if ours.columns != theirs.columns:
        return Comparison(name, len(ours.rows), cells, [f"columns {ours.columns}, there {theirs.columns}"])
    return Comparison(name, len(ours.rows), cells, list(_differences(ours, theirs, key)))


def is_same(ours: Any, theirs: Any) -> bool:
    """Whether two cells have the same value, by the rules of this file."""
    if ours is None or theirs is None:
        return ours is theirs
    if _kind(ours) != _kind(theirs):
        return False
    if isinstance(ours, float) or isinstance(theirs, float):
        one, other = float(ours), float(theirs)
        return (
            one == other or (isnan(one) and isnan(other)) or abs(one - other) <= TOLERANCE * max(abs(one), abs(other))
        )
    return bool(_plain(ours) == _plain(theirs))


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int | float | Decimal):
        return "number"
    if isinstance(value, datetime):
        return "instant" if value.tzinfo else "clock"
    return "date" if isinstance(value, date) else type(value).__name__


def _plain(value: Any) -> Any:
    """Return exact numbers as decimals and instants in UTC, so that equal ones are equal and sort alike."""
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(timezone.utc)
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _differences(ours: Table, theirs: Table, key: Sequence[str]) -> Iterator[str]:
    first = [ours.columns.index(name) for name in key]
    doubles = {
        place
        for table in (ours, theirs)
        for row in table.rows
        for place, cell in enumerate(row)
        if isinstance(cell, float)
    }
    exact = [place for place in range(len(ours.columns)) if place not in doubles]
    order = [*first, *exact, *sorted(doubles)]

    def placed(table: Table) -> list[Row]:
        return sorted(table.rows, key=lambda row: [_sortable(row[place]) for place in order])

    for one, other in zip_longest(placed(ours), placed(theirs)):
        if one is None or other is None:
            yield f"only {'here' if other is None else 'there'}: {one or other}"
            continue
        for place, column in enumerate(ours.columns):
            if not is_same(one[place], other[place]):
                named = {name: one[ours.columns.index(name)] for name in key} or one[:3]
                yield f"{column} of {named}: {one[place]!r}, there {other[place]!r}"


def _sortable(value: Any) -> tuple[bool, str, Any]:
    """Doubles are sorted last and by nine digits, so that what is equal within the tolerance sorts alike."""
    if isinstance(value, float):
        return (False, "number", Decimal(f"{value:.8e}"))
    return (value is None, _kind(value), "" if value is None else _plain(value))


def counted(comparisons: Sequence[Comparison]) -> Mapping[str, int]:
    """Return how many tables, rows, cells and differences there are in all."""
    return {
        "tables": len(comparisons),
        "rows": sum(one.rows for one in comparisons),
        "cells": sum(one.cells for one in comparisons),
        "differences": sum(len(one.differences) for one in comparisons),
    }
