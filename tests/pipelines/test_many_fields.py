"""Prospects with more fields than one export can name: they come in parts, and no row is of two versions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from kit import Account, build_store, open_account, several_values, table_differences

from pardot.catalogue import MAX_EXPORT_FIELDS
from pardot.events import Event
from pardot_emulator import Fault
from pardot_emulator.store import Store
from pardot_etl.runs.run import RunOptions

PROSPECTS = RunOptions(objects=("prospects",), transform=False)


def add_fields(store: Store, number: int) -> None:
    """Give the account so many more custom fields, with values that tell which prospect and which field they are of."""
    template = next(row for row in store.rows("custom-fields") if row["type"] == "text")
    plain: dict[str, Any] = {**template, "isRecordMultipleResponses": False}
    names = []
    for _ in range(number):
        id = store.next_id("custom-fields")
        names.append(f"More{id}")
        store.insert("custom-fields", [{**plain, "id": id, "name": f"More {id}", "fieldId": f"More{id}"}])
        store.add_column("prospects", f"More{id}__c")
    for row in list(store.rows("prospects")):
        values = {f"{name}__c": f"{name} of {row['id']}" for name in names}
        store.update("prospects", int(str(row["id"])), **values)


def differences(account: Account) -> object:
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        return table_differences(account.store, db, ("prospects",))


def created(account: Account) -> int:
    return sum(call.operation == "export.create" for call in account.emulator.calls)


class Meanwhile(list[Event]):
    """Events; once the first export of a task is complete, something happens in the account."""

    def __init__(self, task: str, change: Callable[[], object]) -> None:
        super().__init__()
        self.task = task
        self.change = change
        self.has_begun = self.is_over = False

    def append(self, event: Event) -> None:
        super().append(event)
        self.has_begun = self.has_begun or event.fields.get("task") == self.task
        if self.has_begun and event.name == "export.completed" and not self.is_over:
            self.is_over = True
            self.change()


@pytest.fixture
def account(tmp_path: Path) -> Account:
    account = open_account(tmp_path, build_store(60))
    add_fields(account.store, 220)  # in all more than two exports can name
    return account


def changed(account: Account, which: int = 0, **more: str) -> int:
    """Change a prospect, the newest is -1, in a field of the first part and in one of the last, and return its id."""
    row = list(account.store.rows("prospects"))[which]
    last = max(name for name in row if name.startswith("More"))
    several = sorted(several_values(account.store))[0]
    values: dict[str, Any] = {
        "firstName": "Changed",
        last: "changed",
        several: "a;b",
        "updatedAt": account.clock.now(),
        **more,
    }
    account.store.update("prospects", int(str(row["id"])), **values)
    return int(str(row["id"]))


def found(account: Account, condition: str) -> list[int]:
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        return [id for (id,) in db.execute(f"SELECT id FROM pardot.prospects WHERE {condition} ORDER BY id").fetchall()]


def test_every_field_of_every_prospect_arrives_and_stays_up_to_date(account: Account) -> None:
    with account.emulator:
        assert account.run(PROSPECTS).exit_code == 0
        assert differences(account) == {}
        for seed in (1, 2):
            account.next_day(seed=seed)
            changed(account)
            assert account.run(PROSPECTS).exit_code == 0
            assert differences(account) == {}
        gone = changed(account, which=4)
        account.store.purge("prospects", gone)
        account.clock.advance(timedelta(days=1))
        assert account.run(PROSPECTS).exit_code == 0
        assert found(account, "purged_at IS NOT NULL") == [gone]
    assert created(account) % 3 == 0
    account.store.close()


def test_account_that_grows_beyond_one_export_keeps_its_fields_of_several_values_up_to_date(tmp_path: Path) -> None:
    account = open_account(tmp_path, build_store(60))
    with account.emulator:
        assert account.run(PROSPECTS).exit_code == 0
        before = created(account)
        account.clock.advance(timedelta(days=1))
        add_fields(account.store, MAX_EXPORT_FIELDS - 20)
        changed(account)
        assert account.run(PROSPECTS).exit_code == 0
        assert differences(account) == {}
        assert created(account) - before > before
        account.clock.advance(timedelta(days=1))
        changed(account, which=5)
        assert account.run(PROSPECTS).exit_code == 0
        assert differences(account) == {}
    account.store.close()


def assert_torn_rows_come_whole(account: Account, task: str, change: Callable[[], object], rows: int) -> None:
    """Let rows change once the first part of a task is complete: they stay as they were until the next run."""
    account.events = Meanwhile(task, change)
    assert account.run(PROSPECTS).exit_code == 0
    assert [event.fields["rows"] for event in account.events if event.name == "rows.torn"] == [rows]
    assert found(account, "first_name IN ('Changed', 'Again') OR purged_at IS NOT NULL") == []
    account.clock.advance(timedelta(minutes=30))
    assert account.run(PROSPECTS).exit_code == 0
    assert differences(account) == {}
    account.store.close()


def test_row_that_changes_between_two_parts_is_never_of_two_versions(account: Account) -> None:
    def change() -> None:
        account.clock.advance(timedelta(minutes=1))
        changed(account, which=1, firstName="Again")
        changed(account)

    with account.emulator:
        account.run(PROSPECTS)
        account.clock.advance(timedelta(hours=2))
        changed(account, which=1)
        assert_torn_rows_come_whole(account, "update", change, rows=2)


def test_row_that_changes_while_it_is_looked_at_again_is_not_taken_for_purged(account: Account) -> None:
    with account.emulator:
        account.run(PROSPECTS)
        account.clock.advance(timedelta(days=1))
        assert_torn_rows_come_whole(account, "review", lambda: changed(account, which=-1), rows=1)


def test_part_that_was_created_is_not_created_again(account: Account) -> None:
    with account.emulator:
        account.run(PROSPECTS)
        account.clock.advance(timedelta(hours=2))
        changed(account)
        before = created(account)
        account.emulator.faults.add(Fault("export.create", "error", skip=1, code=182))
        assert account.run(PROSPECTS).exit_code != 0
        account.emulator.faults.assert_all_consumed()
        assert created(account) == before + 2
        account.clock.advance(timedelta(minutes=30))
        changed(account, which=3)
        assert account.run(PROSPECTS).exit_code == 0
        assert created(account) == before + 4 + 3, "two parts of the first window, and three of the time since then"
        assert differences(account) == {}
    account.store.close()
