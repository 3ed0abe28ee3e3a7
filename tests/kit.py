"""What the pipeline tests share: an emulated account, a run against it, and the row-by-row comparison.

The comparison is independent of the client: names, types and rows come from the emulator's store and schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb

from pardot import stopping
from pardot.events import Event
from pardot.settings import Settings, load_settings
from pardot_emulator import Behaviour, Emulator
from pardot_emulator.clock import ManualClock
from pardot_emulator.company import build_company
from pardot_emulator.days import play_day
from pardot_emulator.schema import COLLECTIONS, RECYCLED
from pardot_emulator.store import Store
from pardot_etl.configuration import Places
from pardot_etl.runs.run import RunOptions, run
from pardot_etl.runs.summary import RunSummary

END = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
HISTORY_START = datetime(2025, 1, 1, tzinfo=timezone.utc)

NOT_ASKED_FOR = {"emails": {"updatedAt"}, "account": {"apiCallsUsed"}}
"""Fields that the emulator may return although no documented field list has them, and one that never stands still."""


@dataclass
class Account:
    """An emulated account with a clock of its own, and a place where a pipeline leaves its work."""

    store: Store
    clock: ManualClock
    emulator: Emulator
    folder: Path
    events: list[Event] = field(default_factory=list)
    sleep: Callable[[float], None] = stopping.sleep
    dataset: str = "pardot"

    @property
    def places(self) -> Places:
        return Places(
            working_database=self.folder / "working.duckdb",
            published_database=self.folder / "published.duckdb",
            published_parquet=None,
            lake=str(self.folder / "lake"),
            data_folder=self.folder / "dlt",
            dataset=self.dataset,
        )

    def settings(self, **overrides: Any) -> Settings:
        return load_settings(
            **{
                "business_unit_id": self.emulator.business_unit_id,
                "api_url": self.emulator.url,
                "login_url": self.emulator.url,
                "poll_seconds": 0.01,
                "start_date": HISTORY_START,
                "few_rows": 0,  # small as these accounts are, nothing new would be exported
                "credentials": {
                    "client_id": self.emulator.credentials.client_id,
                    "client_secret": self.emulator.credentials.client_secret,
                    "refresh_token": self.emulator.credentials.refresh_token,
                },
                **overrides,
            }
        )

    def run(self, options: RunOptions | None = None, **overrides: Any) -> RunSummary:
        """Run the pipeline once against the emulator."""
        settings = self.settings(**overrides)
        return run(settings, self.places, options or RunOptions(), self.events.append, sleep=self.sleep)

    def next_day(self, *, seed: int, purge: bool = False) -> Any:
        """Let a day pass in the account and return what it changed."""
        self.clock.advance(timedelta(days=1))
        return play_day(self.store, seed=seed, at=self.clock.now(), purge=purge)


def build_store(activities: int, *, seed: int = 7, path: str = ":memory:") -> Store:
    store = Store(path)
    fill(store, activities, seed=seed)
    return store


def fill(store: Store, activities: int, *, seed: int = 7) -> None:
    build_company(store, activities=activities, seed=seed, end_at=END)


def without_several_values(store: Store) -> Store:
    """Take away the custom fields that hold several values, so that prospects are queried, not exported."""
    for row in list(store.rows("custom-fields")):
        if f"{row['fieldId']}__c" in several_values(store):
            store.purge("custom-fields", int(str(row["id"])))
    return store


def open_account(
    folder: Path, store: Store, behaviour: Behaviour | None = None, *, dataset: str = "pardot", **options: Any
) -> Account:
    clock = ManualClock(END)
    emulator = Emulator(store, behaviour=behaviour or Behaviour(), clock=clock, **options)
    return Account(store, clock, emulator, folder, dataset=dataset)


def snake(name: str) -> str:
    """Return a v5 name in snake case; written again on purpose, so that the client's own cannot hide a mistake."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def expected_rows(store: Store, collection: str) -> dict[int, dict[str, Any]]:
    """Return what a table must hold: every field that a query or an export can deliver, by column name."""
    known = {f"{row['fieldId']}__c" for row in store.rows("custom-fields")}
    several = several_values(store) if collection == "prospect-accounts" else set()
    fields = COLLECTIONS[collection].fields
    hidden = {RECYCLED, *NOT_ASKED_FOR.get(collection, ()), *several}
    hidden |= {name for name, one in fields.items() if not one.in_query}
    lists = {name for name, one in fields.items() if one.kind in ("list", "object")}
    rows = {}
    for row in store.rows(collection):
        if RECYCLED in row:
            row["isDeleted"] = bool(row[RECYCLED])
        kept = {n: value for n, value in row.items() if n not in hidden and (n in known or not n.endswith("__c"))}
        rows[int(row["id"])] = {snake(n): json.loads(v) if n in lists and v else v for n, v in kept.items()}  # type: ignore[arg-type]
    return rows


def several_values(store: Store) -> set[str]:
    """Return the custom fields that hold several values: prospects' come by export, no query has them."""
    several = {"multi-select", "checkbox"}
    return {
        f"{row['fieldId']}__c"
        for row in store.rows("custom-fields")
        if row["isRecordMultipleResponses"] or row["type"] in several
    }


def rows_of(
    db: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str] | None = None
) -> Iterator[dict[str, Any]]:
    cursor = db.execute(f"SELECT * FROM {relation}")
    names = [str(one[0]) for one in cursor.description]
    for row in cursor.fetchall():
        yield dict(zip(names, row, strict=True))


def differences(
    expected: Mapping[int, Mapping[str, Any]], found: Mapping[int, Mapping[str, Any]], lists: set[str]
) -> list[str]:
    """Return every difference between two sets of rows, value by value, instants as instants."""
    lines = [f"row {number} is missing" for number in expected.keys() - found.keys()]
    lines += [f"row {number} should not be there" for number in found.keys() - expected.keys()]
    for number in expected.keys() & found.keys():
        for column, value in expected[number].items():
            if column not in found[number]:
                lines.append(f"row {number} has no column {column}")
                continue
            other = found[number][column]
            if column in lists and other is not None:
                other = json.loads(other)
            if isinstance(other, datetime):
                other = other.astimezone(timezone.utc)
            if other != value or isinstance(other, bool) != isinstance(value, bool):
                lines.append(f"row {number} {column}: expected {value!r}, found {other!r}")
    return lines


def table_differences(
    store: Store,
    db: duckdb.DuckDBPyConnection,
    tables: Sequence[str],
    schema: str = "pardot",
    *,
    without: AbstractSet[str] = frozenset(),
) -> dict[str, list[str]]:
    """Compare raw tables with the account, row by row and value by value; only tables that differ are returned."""
    db.execute("SET TimeZone = 'UTC'")
    result = {}
    for table in tables:
        collection = table.replace("_", "-")
        lists = {snake(n) for n, one in COLLECTIONS[collection].fields.items() if one.kind in ("list", "object")}
        found: dict[int, dict[str, Any]] = {}
        doubled = []
        for row in rows_of(db, f'{schema}."{table}"'):
            if row["id"] in found:
                doubled.append(f"row {row['id']} stands twice")
            found[row["id"]] = row
        expected = expected_rows(store, collection)
        for row in (*expected.values(), *found.values()):
            for name in without & row.keys():
                del row[name]
        lines = doubled + differences(expected, found, lists - without)
        if lines:
            result[table] = lines[:5]
    return result
