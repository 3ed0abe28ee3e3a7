"""Any object: one that is made up for the test takes an entry, and a run of all objects loads all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import kit
import pytest
from kit import END, Account, build_store, open_account, table_differences

from pardot.catalogue import CATALOGUE, Entry, Field, Route, Type
from pardot_emulator import Fault, schema
from pardot_emulator.notation import declare
from pardot_etl.runs.run import RunOptions

SEMINARS = Entry(
    "seminars",
    (
        Field("id", Type.BIGINT),
        Field("title", Type.TEXT),
        Field("seatCount", Type.BIGINT),
        Field("price", Type.DOUBLE),
        Field("isOpen", Type.BOOLEAN),
        Field("speakers", Type.TEXT),
        Field("beginsAt", Type.TIMESTAMP),
        Field("createdAt", Type.TIMESTAMP),
        Field("updatedAt", Type.TIMESTAMP),
        Field("isDeleted", Type.BOOLEAN),
    ),
    Route.QUERY,
    export_object="Seminar",
    has_recycle_bin=True,
)
"""An object that Account Engagement does not have."""
ONLY_SEMINARS = RunOptions(objects=("seminars",), transform=False)


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account that has seminars."""
    collection = declare(
        "seminars",
        "Seminar",
        "id# title seatCount# price$ isOpen? speakers[] beginsAt@ createdAt@ updatedAt@ isDeleted?",
        filters="id* createdAt* updatedAt*",
        order_by="id createdAt updatedAt",
        procedures="CU",
    )
    monkeypatch.setitem(schema._BY_NAME, "seminars", collection)
    monkeypatch.setitem(schema._BY_EXPORT_NAME, "Seminar", collection)
    account = open_account(tmp_path, build_store(150))
    account.sleep = lambda _: None
    for number in range(1, 40):
        account.store.insert("seminars", [_seminar(number)])
    with account.emulator:
        yield account
    account.store.close()


def _seminar(number: int) -> dict[str, Any]:
    at = END - timedelta(days=number)
    return {
        "id": number,
        "title": None if number == 3 else f'Seminar "{number}", zwölf',
        "seatCount": number * 10,
        "price": number / 4,
        "isOpen": number % 2 == 0,
        "speakers": f'["speaker {number}"]',
        "beginsAt": END + timedelta(days=number),
        "createdAt": at,
        "updatedAt": at,
        "isDeleted": number % 7 == 0,
    }


def _differences(account: Account) -> dict[str, list[str]]:
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        return table_differences(account.store, db, ["seminars"])


@pytest.mark.parametrize("route", [Route.QUERY, Route.WALK, Route.EXPORT, Route.WALK_THEN_EXPORT], ids=lambda r: r.name)
def test_object_takes_one_entry_and_nothing_else(
    route: Route, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An export cannot name a list, which would only be reported and left out.
    exported = route in (Route.EXPORT, Route.WALK_THEN_EXPORT)
    fields = tuple(field for field in SEMINARS.fields if not (exported and field.name == "speakers"))
    monkeypatch.setitem(CATALOGUE, "seminars", replace(SEMINARS, route=route, fields=fields))
    if exported:
        monkeypatch.setitem(kit.NOT_ASKED_FOR, "seminars", {"speakers"})
    first = account.run(ONLY_SEMINARS)
    assert (first.exit_code, first.objects["seminars"].new) == (0, account.store.count("seminars"))
    assert _differences(account) == {}

    at = account.clock.advance(timedelta(hours=3)).replace(microsecond=0) - timedelta(minutes=1)
    account.store.update("seminars", 5, title="moved", isDeleted=True, updatedAt=at)
    account.store.insert("seminars", [{**_seminar(40), "createdAt": at, "updatedAt": at}])
    second = account.run(ONLY_SEMINARS)
    assert (second.objects["seminars"].new, second.objects["seminars"].changed) == (1, 1)
    assert _differences(account) == {}


def test_row_of_the_account_is_one_and_changes_with_it(account: Account) -> None:
    options = RunOptions(objects=("account",), transform=False)
    account.run(options)
    account.store.update("account", 1, company="Renamed", updatedAt=account.clock.advance(timedelta(days=1)))
    second, third = account.run(options), account.run(options)
    assert second.objects["account"].changed == 1
    assert "account" not in third.objects or third.objects["account"].loaded == 0
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        assert db.execute("SELECT company FROM pardot.account").fetchall() == [("Renamed",)]


@pytest.mark.parametrize("table", ["lifecycle_stage_prospects", "bulk_actions"])
def test_field_that_an_export_refuses_without_a_name_is_not_asked_for_in_a_query(account: Account, table: str) -> None:
    """There is no query that could tell which one it is."""
    account.emulator.faults.add(Fault("export.create", "error", code=130, status=400, message="No"))
    summary = account.run(RunOptions(objects=(table,), transform=False))
    account.emulator.faults.assert_all_consumed()
    assert (summary.exit_code, len(summary.failures)) == (1, 1)
    assert [call for call in account.emulator.calls if call.operation.startswith("query:")] == []
