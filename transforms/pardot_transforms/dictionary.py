"""The metric dictionary as values, for documents and tests; it needs no data."""

from __future__ import annotations

from dataclasses import dataclass

from pardot_transforms.project import load_project


@dataclass(frozen=True)
class Metric:
    """One metric of a reporting table; the fields are the columns of `metric_dictionary`."""

    model: str
    metric: str
    name: str
    formula: str
    grain: str
    caveat: str | None


def dictionary() -> list[Metric]:
    """Return every metric, in the order of the model's file."""
    import duckdb

    model = load_project().models["metric_dictionary"]
    with duckdb.connect(":memory:") as connection:
        return [Metric(*row) for row in connection.execute(model.sql).fetchall()]
