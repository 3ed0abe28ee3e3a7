"""Fields that come late: a new custom field, and one that Pardot refused for a while."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
from kit import Account, build_store, open_account, table_differences, without_several_values

from pardot_emulator import Fault, Polls
from pardot_etl.runs.run import RunOptions

OBJECTS = ("visitor_activities", "prospects")
OPTIONS = RunOptions(objects=OBJECTS, transform=False)


def differences(account: Account) -> dict[str, list[str]]:
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        return table_differences(account.store, db, OBJECTS)


def test_new_custom_field_is_filled_for_prospects_that_did_not_change(tmp_path: Path) -> None:
    account = open_account(tmp_path, build_store(300))
    with account.emulator:
        account.run(OPTIONS)
        account.clock.advance(timedelta(days=1))
        _add_custom_field(account, "Late")
        summary = account.run(OPTIONS)
        assert differences(account) == {}
        assert summary.objects["prospects"].changed == account.store.count("prospects")
        again = account.run(OPTIONS)
    assert again.objects["prospects"].parsed < account.store.count("prospects")
    account.store.close()


def _add_custom_field(account: Account, field_id: str) -> None:
    """Give every prospect a value, as an import in Pardot would, without touching its update time."""
    store, now = account.store, account.clock.now()
    template: dict[str, Any] = dict(next(store.rows("custom-fields")))
    number = store.next_id("custom-fields")
    plain: dict[str, Any] = {
        "id": number,
        "type": "text",
        "isRecordMultipleResponses": False,
        "createdAt": now,
        "updatedAt": now,
    }
    store.insert(
        "custom-fields",
        [
            {
                **template,
                "id": number,
                "name": field_id,
                "fieldId": field_id,
                "createdAt": now,
                "updatedAt": now,
                **plain,
            }
        ],
    )
    store.add_column("prospects", f"{field_id}__c")
    for row in list(store.rows("prospects")):
        store.update("prospects", int(str(row["id"])), **{f"{field_id}__c": f"late {row['id']}"})


def test_field_that_is_refused_for_a_while_is_filled_once_it_is_granted(tmp_path: Path) -> None:
    account = open_account(tmp_path, without_several_values(build_store(300)))  # so that prospects need no export
    refusal = Fault("export.create", "error", code=180, status=400, message="Unknown field: opportunityId")
    with account.emulator:
        account.emulator.faults.add(refusal)
        first = account.run(OPTIONS)
        assert any("opportunityId" in notice for notice in first.notices)
        account.emulator.faults.assert_all_consumed()
        account.clock.advance(timedelta(days=2))
        assert any("opportunityId" in notice for notice in account.run(OPTIONS).notices)
        account.clock.advance(timedelta(days=6))
        account.run(OPTIONS)
    assert differences(account) == {}
    account.store.close()


def test_search_for_a_refused_field_that_is_not_named_costs_few_calls(tmp_path: Path) -> None:
    account = open_account(tmp_path, build_store(150))
    with account.emulator:
        account.emulator.faults.add(Fault("export.create", "error", code=130, status=400, message="Unknown field"))
        summary = account.run(RunOptions(objects=("visitor_activities",), transform=False))
    # The query takes every field, so none is to blame and the refusal stands, after one question.
    assert summary.exit_code == 1
    asked = [call for call in account.emulator.calls if call.operation == "query:visitor-activities"]
    assert len(asked) <= 2
    account.store.close()


def test_position_of_accounts_moves_with_every_export(tmp_path: Path) -> None:
    account = open_account(tmp_path, build_store(150))
    options = RunOptions(objects=("prospect_accounts",), transform=False)
    with account.emulator:
        for _ in range(3):
            account.run(options)
            account.clock.advance(timedelta(days=20))
    asked = [export.request.after for export in account.emulator.exports]
    assert len(asked) == 2
    assert asked[1] - asked[0] >= timedelta(days=19)
    account.store.close()


def test_unfinished_export_of_an_earlier_run_is_waited_for_once_a_run(tmp_path: Path) -> None:
    account = open_account(tmp_path, build_store(150), processing=Polls(1, 10_000))
    options = RunOptions(objects=("visitor_activities",), transform=False)
    patience = {"poll_seconds": 0.01, "export_patience_seconds": 0.1}
    with account.emulator:
        for _ in range(2):
            summary = account.run(options, **patience)
            assert (summary.exit_code, len(summary.failures)) == (75, 1)
    account.store.close()
