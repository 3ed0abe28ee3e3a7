"""The definitions of the metrics, for the section that shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pardot_etl.report.published import Published


@dataclass(frozen=True)
class MetricNote:
    model: str
    name: str
    formula: str
    grain: str
    caveat: str | None


def read_notes(db: Published) -> list[MetricNote]:
    """Return the metric dictionary, table by table in its own order."""
    table = db.mart("metric_dictionary", "model", "name", "formula", "grain", "caveat")
    if table is None:
        return []
    return [MetricNote(*row) for row in db.rows("SELECT model, name, formula, grain, caveat FROM {t}", t=table)]


def notes_of(notes: Sequence[MetricNote], models: Sequence[str]) -> tuple[tuple[str, tuple[MetricNote, ...]], ...]:
    """Return the definitions of these reporting tables, table by table."""
    by_model = ((model, tuple(each for each in notes if each.model == model)) for model in models)
    return tuple((model, found) for model, found in by_model if found)
