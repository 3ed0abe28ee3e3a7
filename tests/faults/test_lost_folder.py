"""A working folder that is lost or damaged: state comes back from the destination, exports from Pardot."""

from __future__ import annotations

import shutil
from datetime import timedelta

import duckdb
import pytest
from fetching import WINDOWS, Fetcher, OpenAccount, calls, event_names
from kit import HISTORY_START, Account, table_differences

from pardot.errors import TransientRequestError
from pardot.position import Position
from pardot_emulator import Fault
from pardot_emulator.exports import Status
from pardot_etl.runs.run import RunOptions

TABLES = ("visitor_activities", "prospects")
OPTIONS = RunOptions(objects=TABLES, transform=False)
DOWN = Fault("export.download", "http", times=6, status=503)


def differences(account: Account) -> dict[str, list[str]]:
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        return table_differences(account.store, db, TABLES)


def test_lost_folder_costs_neither_rows_nor_exports(account: Account) -> None:
    """The second day's export was created, then the machine was replaced; only the database was kept."""
    account.run(OPTIONS)
    account.next_day(seed=3)
    account.emulator.faults.add(DOWN)
    assert account.run(OPTIONS).exit_code == 75
    created = len(account.emulator.exports)
    shutil.rmtree(account.places.data_folder)
    summary = account.run(OPTIONS, review_days=0)
    assert summary.exit_code == 0
    assert any("export.adopted" in notice for notice in summary.notices)
    assert differences(account) == {}
    assert len(account.emulator.exports) == created + 1, "only the time since then is asked for"


def test_lost_folder_of_a_first_load(account: Account) -> None:
    account.emulator.faults.add(DOWN)
    assert account.run(OPTIONS).exit_code == 75
    shutil.rmtree(account.places.data_folder)
    account.places.working_database.unlink()
    account.clock.advance(timedelta(hours=3))
    assert account.run(OPTIONS).exit_code == 0
    assert differences(account) == {}
    newest = [one for one in account.emulator.exports if one.request.before is None]
    assert len(newest) == 2, "the open window was taken over, and the time since then asked for"


@pytest.mark.parametrize("age", [timedelta(days=6, hours=1), timedelta(days=8)], ids=["about to expire", "expired"])
def test_export_that_may_not_deliver_much_longer_is_not_adopted(age: timedelta, account: Account) -> None:
    account.emulator.faults.add(DOWN)
    with Fetcher(account) as lost, pytest.raises(TransientRequestError):
        lost.gather()
    shutil.rmtree(account.folder / "work")
    account.clock.advance(age)
    with Fetcher(account) as next_run:
        next_run.session.read_account()  # from here on, time is the server's
        assert next_run.ids() == next_run.expected_ids()
    assert "export.adopted" not in event_names(account)


def test_export_with_other_columns_is_not_adopted(account: Account) -> None:
    account.emulator.faults.add(DOWN, Fault("export.create", "error", code=130, message="Unknown field: details"))
    with Fetcher(account) as lost, pytest.raises(TransientRequestError):
        lost.gather()
    assert lost.state["refused_fields"]
    shutil.rmtree(account.folder / "work")
    with Fetcher(account) as next_run:
        assert next_run.ids() == next_run.expected_ids()
    assert "export.adopted" not in event_names(account)
    assert len(account.emulator.exports) == 1 + WINDOWS


@pytest.mark.parametrize("refusal", [{"code": 46, "status": 403}, {"code": 71}], ids=["not allowed", "refused"])
def test_login_that_may_not_list_exports_creates_its_own(refusal: dict[str, int], account: Account) -> None:
    account.emulator.faults.add(Fault("export.query", "error", **refusal))
    with Fetcher(account) as fetcher:
        assert fetcher.ids() == fetcher.expected_ids()


def test_list_of_exports_is_read_once_and_only_by_a_new_ledger(account: Account) -> None:
    account.run(OPTIONS)
    assert calls(account)["export.query"] == 1
    account.next_day(seed=3)
    account.run(OPTIONS)
    assert calls(account)["export.query"] == 1


def test_export_of_a_wider_window_is_taken_over(account: Account) -> None:
    through = HISTORY_START + timedelta(days=300)
    account.emulator.faults.add(DOWN)
    with Fetcher(account) as lost, pytest.raises(TransientRequestError):
        lost.gather(position=Position(through))
    shutil.rmtree(account.folder / "work")
    with Fetcher(account) as next_run:
        next_run.gather(position=Position(through + timedelta(days=5)))
    assert "export.adopted" in event_names(account)
    assert all(one.status is Status.COMPLETE for one in account.emulator.exports)
    assert calls(account)["export.create"] == WINDOWS


def test_damaged_ledger_is_put_aside(open_small_account: OpenAccount) -> None:
    account = open_small_account()
    account.run(OPTIONS)
    account.next_day(seed=3)
    (ledger,) = account.places.own_folder.rglob("ledger.sqlite")
    ledger.write_bytes(b"not a ledger" * 500)
    summary = account.run(OPTIONS)
    assert summary.exit_code == 0
    assert any("began a new ledger" in line for line in summary.healed)
    assert ledger.with_name("ledger.sqlite.broken-1").read_bytes().startswith(b"not a ledger")
    assert differences(account) == {}
