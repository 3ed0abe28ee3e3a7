"""What the tests of histories share: loads as dlt stamps them, and versions as they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from transforms_warehouse import Row, Warehouse, utc

from pardot_transforms import load_project, models_path

BEGAN: Final = utc(2026, 1, 1)
MADE: Final = {"created_at": BEGAN, "updated_at": utc(2026, 1, 10)}
HISTORIES: Final = {history.name: history for history in load_project().histories.values()}
TRACKED: Final = ("score", "grade", "assigned_to_id", "is_deleted", "purged_at")
ONLY_HISTORIES: Final = {
    "history/schema.yml": (models_path() / "history/schema.yml").read_text(encoding="utf-8"),
    "staging/sources.yml": (models_path() / "staging/sources.yml").read_text(encoding="utf-8"),
}
"""A project that keeps histories and builds no model, for tests that build often."""
SCORES: Final = {
    "marts/score_history.sql": (models_path() / "marts/score_history.sql").read_text(encoding="utf-8"),
    "staging/stg_prospects.sql": "-- One row per prospect.\nselect id from pardot.prospects\n",
    "staging/schema.yml": "models:\n  - name: stg_prospects\n    columns: [{name: id, data_tests: [unique]}]\n",
}


VALUES: Final[Mapping[str, tuple[Any, Any]]] = {
    "bigint": (1, 2),
    "double": (1.5, 2.5),
    "boolean": (False, True),
    "varchar": ("a", "b"),
    "timestamptz": (utc(2026, 1, 3), utc(2026, 1, 4)),
}
"""Two values of each type."""


def load_id(at: datetime) -> str:
    """Return the stamp of a load as dlt makes it: the second at which it began."""
    return str(at.timestamp())


def merge(warehouse: Warehouse, table: str, at: datetime, *rows: Row, without: Sequence[str] = ()) -> None:
    """Load rows as a merge does: those of the same id go, the new ones carry the load's stamp."""
    if table in warehouse.names(warehouse.raw_schema):
        warehouse.connection.execute(
            f"delete from pardot.{table} where list_contains(?, id)", [[row["id"] for row in rows]]
        )
    warehouse.load(table, rows, load_id=load_id(at), without=without)


def versions(warehouse: Warehouse, name: str = "prospect_versions") -> list[dict[str, Any]]:
    return warehouse.query(f"select * from pardot_history.{name} order by id, version")


def told(warehouse: Warehouse, *columns: str) -> list[tuple[Any, ...]]:
    """Return some columns of every version of a prospect."""
    return [tuple(row[column] for column in columns) for row in versions(warehouse)]


def insist_on_one_version_at_any_instant(rows: Sequence[Mapping[str, Any]]) -> None:
    """Raise AssertionError where an id has none, or two, at an instant from its first on."""
    instants = {at for row in rows for at in (row["valid_from"], row["valid_to"]) if at is not None}
    around = {at + timedelta(microseconds=step) for at in instants for step in (-1, 0, 1)} | {utc(2100, 1, 1)}
    first: dict[int, datetime] = {}
    for row in rows:
        first[row["id"]] = min(row["valid_from"], first.get(row["id"], row["valid_from"]))
    for at in around:
        as_of = [row["id"] for row in rows if row["valid_from"] <= at and (row["valid_to"] or utc(2101, 1, 1)) > at]
        assert sorted(as_of) == sorted(each for each, began in first.items() if began <= at), at
