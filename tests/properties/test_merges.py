"""However versions of rows are delivered, in whatever order and how often, the newest stands in the table once."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from pardot.catalogue import Entry, Field, Route, Type
from pardot.tables import select_news
from pardot_etl.files.database import settle

ENTRY = Entry(
    "visits",
    (Field("id", Type.BIGINT), Field("note", Type.TEXT), Field("updatedAt", Type.TIMESTAMP)),
    Route.QUERY,
)
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
Version = tuple[int, int]
"""An id, and the minute of its last change."""

versions = st.tuples(st.integers(1, 4), st.integers(0, 5))
deliveries = st.lists(st.lists(versions, max_size=6), min_size=1, max_size=6)


def cells(version: Version) -> tuple[int, str, datetime]:
    number, minute = version
    return number, f"{number} at {minute}", START + timedelta(minutes=minute)


class Table:
    """A table that takes deliveries as dlt's delete-insert merge does: the newest of a delivery, guarded by our SQL."""

    def __init__(self) -> None:
        self.db = duckdb.connect()
        self.db.execute("SET TimeZone = 'UTC'")
        self.db.execute("CREATE SCHEMA pardot")
        for name in ("pardot.visits", "staging"):
            self.db.execute(
                f"CREATE TABLE {name} (id BIGINT, note VARCHAR, updated_at TIMESTAMPTZ, _dlt_load_id VARCHAR)"
            )

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()

    def deliver(self, delivery: list[Version], *, append: bool = False) -> int:
        """Merge or append a delivery, and return how many rows passed the guard."""
        self.db.execute("CREATE OR REPLACE TEMP TABLE fetched AS FROM staging LIMIT 0")
        for version in delivery:
            self.db.execute("INSERT INTO fetched VALUES (?, ?, ?, 'load')", cells(version))
        news = select_news("SELECT * FROM fetched", ENTRY, ENTRY.fields, "pardot", into_empty=append)
        if append:
            self.db.execute(f"INSERT INTO pardot.visits {news}")
            settle(self.db, "pardot", ["visits"])
            return len(delivery)
        self.db.execute("DELETE FROM staging")
        self.db.execute(f"INSERT INTO staging {news}")
        passed = len(self.db.execute("FROM staging").fetchall())
        self.db.execute("DELETE FROM pardot.visits WHERE id IN (SELECT id FROM staging)")
        self.db.execute("INSERT INTO pardot.visits SELECT DISTINCT ON (id) * FROM staging ORDER BY id, updated_at DESC")
        return passed

    def rows(self) -> list[tuple[Any, ...]]:
        return self.db.execute("SELECT id, note, updated_at FROM pardot.visits ORDER BY id").fetchall()


def newest(delivered: list[list[Version]]) -> list[tuple[Any, ...]]:
    latest: dict[int, int] = {}
    for delivery in delivered:
        for number, minute in delivery:
            latest[number] = max(minute, latest.get(number, minute))
    return [cells(version) for version in sorted(latest.items())]


@settings(deadline=None, max_examples=40)
@given(deliveries, st.booleans())
def test_newest_version_wins_in_any_order_of_deliveries(delivered: list[list[Version]], append: bool) -> None:
    with Table() as table:
        for number, delivery in enumerate(delivered):
            table.deliver(delivery, append=append and number == 0)
        assert table.rows() == newest(delivered)


@settings(deadline=None, max_examples=30)
@given(deliveries, st.data())
def test_replay_of_any_delivery_loads_nothing(delivered: list[list[Version]], data: st.DataObject) -> None:
    with Table() as table:
        for delivery in delivered:
            table.deliver(delivery)
        replayed = data.draw(st.sampled_from(delivered))
        assert table.deliver(replayed) == 0
        assert table.rows() == newest(delivered)
