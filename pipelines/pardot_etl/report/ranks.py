"""Rankings: what comes first, each with a bar to scale, and the table behind."""

from __future__ import annotations

from collections.abc import Sequence

from pardot_etl.report import charts
from pardot_etl.report.parts import Rank

TOP = 8
"""Rows of a ranking; the page says so, since the sum of the rows is not the sum of all."""


def ranks(
    names: Sequence[str],
    values: Sequence[float | None],
    shown: Sequence[str],
    notes: Sequence[str],
    *,
    largest: float | None = None,
    solid: Sequence[float | None] | None = None,
) -> tuple[Rank, ...]:
    """Return the rows of a ranking; bars are to the scale of the largest value.

    Args:
        solid: the part of each value that its bar shows in full colour.
    """
    scale = max((value or 0 for value in values), default=0) if largest is None else largest
    parts = [None] * len(names) if solid is None else solid
    return tuple(
        Rank(name, charts.bar(value or 0, scale, solid=part), text, note)
        for name, value, text, note, part in zip(names, values, shown, notes, parts, strict=True)
    )
