"""Whoever reads everything again, into whatever warehouse and by whatever route, gets the same rows."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

import duckdb
import pytest
from contract.conftest import Loaded
from other_routes import IN_QUERIES_ONLY

from pardot.catalogue import CATALOGUE, Entry

entries = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=list(CATALOGUE))


def rows(db: duckdb.DuckDBPyConnection, entry: Entry, without: AbstractSet[str] = frozenset()) -> list[tuple[Any, ...]]:
    """Return every row, the columns in the order of their names, without dlt's own."""
    columns = {str(row[0]) for row in db.execute(f"DESCRIBE pardot.{entry.table}").fetchall()} - without
    listed = ", ".join(f'"{column}"' for column in sorted(columns) if not column.startswith("_dlt_"))
    return db.execute(f"SELECT {listed} FROM pardot.{entry.table} ORDER BY id").fetchall()


@entries
def test_reading_again_gives_the_same_rows_and_loads_none(entry: Entry, loaded: Loaded) -> None:
    assert rows(loaded.before, entry) == rows(loaded.after, entry) != []
    assert entry.table not in loaded.second.objects or loaded.second.objects[entry.table].loaded == 0


@entries
def test_fresh_warehouse_filled_by_the_other_route_holds_the_same_rows(entry: Entry, loaded: Loaded) -> None:
    """What is difficult in a CSV file is not what is difficult in JSON: each object that can passes through both."""
    assert rows(loaded.before, entry, IN_QUERIES_ONLY) == rows(loaded.other, entry, IN_QUERIES_ONLY)
