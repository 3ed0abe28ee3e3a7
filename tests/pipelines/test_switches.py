"""Whatever the documentation leaves open, the same rows arrive: one account per switch, turned the other way."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from kit import build_store, open_account, several_values, table_differences
from sampling import sampled

from pardot_emulator import Behaviour, Store
from pardot_etl.runs.run import RunOptions

EVERY_ROUTE = ("visitor_activities", "prospects", "prospect_accounts", "emails", "forms", "custom_fields")
SWITCHES = Behaviour.alternatives(with_legacy=False)
MATTERS_ON_LATER_DAYS = (
    "bounds_cut_to_seconds",
    "cache_seconds",
    "csv_",
    "deleted_all_in_queries",
    "empty_",
    "export_bounds",
    "refs_of_empty_export",
    "refresh_tokens=new, old kept",
    "user_zone",
)
"""Switches that can make a difference to windows and overlaps; the others are tried on the first day alone."""


@pytest.mark.parametrize("switch", sampled(SWITCHES, 12))
def test_same_rows_arrive_with_switch(switch: str, tmp_path: Path) -> None:
    behaviour = SWITCHES[switch]
    # Times without an offset are refused unless the settings say whose they are.
    overrides = {"time_zone": behaviour.user_zone} if behaviour.csv_dates == "legacy" else {}
    store = build_store(200)
    account = open_account(tmp_path, store, behaviour, page_ceiling=150, min_file_bytes=5_000)
    options = RunOptions(objects=EVERY_ROUTE, transform=False)
    with account.emulator:
        account.run(options, **overrides)
        if switch.startswith(MATTERS_ON_LATER_DAYS):
            account.next_day(seed=5)
            account.clock.advance(timedelta(minutes=2))
            account.run(options, **overrides)
    if behaviour.csv_dates == "legacy":
        _tell_repeated_hours_apart_no_more(store, ZoneInfo(behaviour.user_zone))
    if behaviour.csv_multi_value_separator != ";":
        _separate_values_by(behaviour.csv_multi_value_separator, store)
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        assert table_differences(store, db, EVERY_ROUTE) == {}
    store.close()


def _separate_values_by(mark: str, store: Store) -> None:
    """Let fields of several values read as the export writes them: their separator is not documented."""
    for row in list(store.rows("prospects")):
        texts = {name: str(row[name]).replace(";", mark) for name in several_values(store) if row.get(name)}
        if texts:
            stamps = {"updatedAt": row["updatedAt"]}
            store.update("prospects", int(str(row["id"])), **texts, **stamps)


def _tell_repeated_hours_apart_no_more(store: Store, zone: ZoneInfo) -> None:
    """Move stamps of the repeated autumn hour to its second pass, as the stated rule for texts without an offset does.

    Such a text names two instants; no client can tell them apart.
    """
    for path in ("visitor-activities", "prospects"):
        for row in list(store.rows(path)):
            moved = {
                name: stamp.astimezone(zone).replace(fold=1).astimezone(timezone.utc)
                for name, stamp in row.items()
                if isinstance(stamp, datetime)
            }
            if any(moved[name] != row[name] for name in moved):
                store.update(path, int(str(row["id"])), **moved)
