"""The same account through versions 5, 4 and 3: the same rows, in the columns that the older ones have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from kit import Account, build_store, open_account, rows_of

from pardot.dialects.legacy import LEGACY_CATALOGUE
from pardot_emulator import Behaviour
from pardot_emulator.store import Store
from pardot_etl.run import RunOptions

TABLES = tuple(LEGACY_CATALOGUE)
QUICK = RunOptions(objects=TABLES, transform=False)
ONLY_IN_USE = {
    table for table, entry in LEGACY_CATALOGUE.items() if not entry.has_recycle_bin and table != "visitor_activities"
}
"""Objects whose recycle bin the older versions do not show."""

ZONE = ZoneInfo(Behaviour().user_zone)

Tables = dict[str, dict[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    store = build_store(300)
    yield store
    store.close()


def tables_of(account: Account) -> Tables:
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        db.execute("SET TimeZone = 'UTC'")
        return {table: {row["id"]: row for row in rows_of(db, f'pardot."{table}"')} for table in TABLES}


def load(folder: Path, store: Store, version: int, behaviour: Behaviour | None = None) -> Tables:
    account = open_account(folder / str(version), store, behaviour)
    account.folder.mkdir()
    with account.emulator:
        zone = account.emulator.behaviour.user_zone
        assert account.run(QUICK, api_version=version, time_zone=zone).exit_code == 0
        return tables_of(account)


def shared(tables: Tables) -> Tables:
    """Return the columns that versions 3 and 4 have, of the rows that they show."""
    found: Tables = {}
    for table, rows in tables.items():
        names = {field.column for field in LEGACY_CATALOGUE[table].fields}
        alive = {number: row for number, row in rows.items() if table not in ONLY_IN_USE or not row.get("is_deleted")}
        found[table] = {number: {n: on_the_wall(row.get(n)) for n in names} for number, row in alive.items()}
    return found


def on_the_wall(value: object) -> object:
    """Return a time as the wall clock shows it, which is all that versions 3 and 4 tell."""
    return value.astimezone(ZONE).replace(tzinfo=None) if isinstance(value, datetime) else value


@pytest.mark.parametrize("version", [4, 3])
def test_older_versions_bring_the_same_rows(version: int, store: Store, tmp_path: Path) -> None:
    modern, older = shared(load(tmp_path, store, 5)), shared(load(tmp_path, store, version))
    for table in TABLES:
        assert older[table].keys() == modern[table].keys(), table
        for number, row in older[table].items():
            assert row == modern[table][number], table
