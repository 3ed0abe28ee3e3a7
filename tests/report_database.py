"""Databases to report about, made without the pipeline: raw tables of a made-up company, or a few chosen rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
from transforms_warehouse import Row, Warehouse

from pardot.catalogue import CATALOGUE
from pardot.naming import column_name
from pardot_emulator.company import build_company
from pardot_emulator.store import Store
from pardot_transforms import load_project

AS_OF = datetime(2026, 1, 15, 10, 0, tzinfo=timezone.utc)
LOAD_ID = "1768471200.4821"
DAY = timedelta(days=1)


def write_company(path: Path, store: Store, **arguments: Any) -> None:
    """Load every collection of the store that the reporting tables read, and build them with these arguments."""
    with _warehouse(path) as warehouse:
        for source in load_project().sources.values():
            if source.name not in CATALOGUE:  # our own bookkeeping, or what only older versions of the API have
                continue
            rows = store.rows(source.name.replace("_", "-"))
            warehouse.load(source.name, _known(rows, set(source.columns)), load_id=LOAD_ID)
        warehouse.build(**arguments)
        add_loads(warehouse, AS_OF)


def company(activities: int) -> Store:
    """Return a made-up company whose newest activity happened at `AS_OF`, or a little before."""
    store = Store()
    build_company(store, activities=activities, seed=7, end_at=AS_OF)
    return store


def write_rows(path: Path, *, loaded_at: datetime | None = AS_OF, **tables: Iterable[Row]) -> Path:
    """Write raw tables with these rows, the other ones missing, and build the reporting tables."""
    with _warehouse(path) as warehouse:
        for table, rows in tables.items():
            warehouse.load(table, rows, load_id=LOAD_ID)
        warehouse.build()
        if loaded_at is not None:
            add_loads(warehouse, loaded_at)
    return path


def activity(id: int, at: datetime, **values: Any) -> dict[str, Any]:
    return {"id": id, "created_at": at, "type": 20, **values}


def write_plain(path: Path) -> Path:
    """One campaign, one list email, one account, all called Plain."""
    return write_rows(
        path,
        visitor_activities=[
            activity(1, AS_OF, type=6, prospect_id=1, campaign_id=1, list_email_id=1),
            activity(2, AS_OF, type=11, prospect_id=1, campaign_id=1, list_email_id=1),
            activity(3, AS_OF - 90 * DAY, prospect_id=1),
        ],
        prospects=[{"id": 1, "prospect_account_id": 1}],
        campaigns=[{"id": 1, "name": "Plain"}],
        list_emails=[{"id": 1, "name": "Plain", "campaign_id": 1, "sent_at": AS_OF}],
        prospect_accounts=[{"id": 1, "name": "Plain"}],
    )


def add_loads(warehouse: Warehouse, at: datetime) -> None:
    """Add the table in which dlt keeps its finished load packages."""
    warehouse.connection.execute(
        "CREATE TABLE IF NOT EXISTS pardot._dlt_loads "
        "(load_id VARCHAR, schema_name VARCHAR, status BIGINT, inserted_at TIMESTAMPTZ)"
    )
    warehouse.connection.execute("INSERT INTO pardot._dlt_loads VALUES (?, 'pardot', 0, ?)", [LOAD_ID, at])


def add_rejected(path: Path, raw_text: str) -> None:
    """Add one row that could not be read, as the loader keeps it."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE pardot.rejected_rows AS SELECT 'r1' AS id, 'visitor_activities' AS object, "
            "'export 1' AS source, '1.csv' AS file, 3 AS line, 'type is not a number' AS reason, "
            "? AS raw_text, false AS is_loaded, ?::TIMESTAMPTZ AS rejected_at",
            [raw_text, AS_OF],
        )


@contextmanager
def _warehouse(path: Path) -> Iterator[Warehouse]:
    with duckdb.connect(str(path)) as connection:
        yield Warehouse(connection)


def _known(rows: Iterable[dict[str, Any]], columns: set[str]) -> Iterator[dict[str, Any]]:
    for row in rows:
        snake = {column_name(name): value for name, value in row.items()}
        yield {name: value for name, value in snake.items() if name in columns}
