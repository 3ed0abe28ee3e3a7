"""Several business units: the rows of one never go into the tables of another."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from kit import build_store, open_account, table_differences

from pardot.errors import SettingsError
from pardot_emulator.auth import Credentials
from pardot_etl.run import RunOptions

CAMPAIGNS = RunOptions(objects=("campaigns",), transform=False)
OTHER_UNIT = "0Uv000000000002CAE"


def test_rows_of_another_unit_are_refused_and_nothing_changes(tmp_path: Path) -> None:
    first = open_account(tmp_path, build_store(50))
    with first.emulator:
        first.run(CAMPAIGNS)
    second = open_account(tmp_path, build_store(50, seed=9), credentials=Credentials(business_unit_id=OTHER_UNIT))
    with second.emulator, pytest.raises(SettingsError, match="hold the rows of") as refused:
        second.run(CAMPAIGNS)
    assert refused.value.exit_code == 2
    with duckdb.connect(str(first.places.published_database), read_only=True) as db:
        assert table_differences(first.store, db, ("campaigns",)) == {}
