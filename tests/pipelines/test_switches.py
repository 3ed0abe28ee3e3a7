"""Whatever the documentation leaves open, the same rows arrive: one account per switch, turned the other way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from kit import build_store, open_account, table_differences

from pardot_emulator import Behaviour
from pardot_emulator.store import Store
from pardot_etl.run import RunOptions

EVERY_ROUTE = (
    "visitor_activities",
    "visitor_page_views",
    "prospects",
    "prospect_accounts",
    "emails",
    "forms",
    "custom_fields",
)
SWITCHES = Behaviour.alternatives()


@pytest.fixture
def store() -> Store:
    return build_store(200)


@pytest.mark.parametrize("switch", SWITCHES)
def test_same_rows_arrive_with_switch(switch: str, store: Store, tmp_path: Path) -> None:
    behaviour = SWITCHES[switch]
    overrides = {"time_zone": behaviour.user_zone} if behaviour.csv_dates == "legacy" else {}
    account = open_account(tmp_path, store, behaviour, page_ceiling=150, min_file_bytes=5_000)
    options = RunOptions(objects=EVERY_ROUTE, transform=False)
    with account.emulator:
        account.run(options, **overrides)
        account.next_day(seed=5)
        account.clock.advance(timedelta(minutes=2))
        account.run(options, **overrides)
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        assert table_differences(store, db, EVERY_ROUTE) == {}
    store.close()
