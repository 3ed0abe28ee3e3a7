"""`pardot-etl plan`: whose exports go on, and how many calls a run takes."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import invoke
from kit import END, build_store, open_account

from pardot.exports.ledger import Ledger
from pardot.settings import Settings
from pardot_etl.configuration import load_places
from pardot_etl.runs.run import RunOptions
from pardot_etl.verbs.planning import plan_run

UNIT = "0Uv000000000001CAA"
SETTINGS = {
    "SOURCES__PARDOT__BUSINESS_UNIT_ID": UNIT,
    "SOURCES__PARDOT__CREDENTIALS__CLIENT_ID": "client-id",
    "SOURCES__PARDOT__CREDENTIALS__CLIENT_SECRET": "client-secret",
}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)


def plan(*arguments: str) -> dict[str, Any]:
    outcome = invoke("plan", "--objects", "visitor_activities", *arguments, "--json")
    assert outcome.code == 0, outcome.err
    found: dict[str, Any] = json.loads(outcome.out)
    return found


def open_export(folder: str, export_id: str) -> None:
    ledger = Ledger(load_places().own_folder / folder / "ledger.sqlite")
    (only,) = ledger.intend("visitor_activities", [("{}", "2026-01-01T00:00:00+00:00", None)])
    ledger.created(only.request_id, export_id, "2026-01-02T00:00:00+00:00", "2026-01-02T00:00:00+00:00")
    ledger.note_duration("visitor_activities", 3600.0, "2026-01-02T00:00:00+00:00")
    ledger.close()


def test_exports_of_another_destination_or_unit_do_not_go_on_here(settings: None) -> None:
    alone = plan()
    open_export(f"{UNIT}_postgres", "88101")
    open_export("0Uv000000000002CAA", "88102")
    assert plan() == alone
    assert plan("--destination", "postgres")["objects"][0]["in_flight"] == ["88101"]
    status = json.loads(invoke("status", "--json").out)
    assert {export["export_id"] for export in status["exports_in_flight"]} == {"88101", "88102"}


@pytest.mark.parametrize(
    "tables", [("visitor_activities", "campaigns"), ("opportunities", "custom_fields", "emails"), ("visits", "forms")]
)
def test_estimate_is_what_the_run_makes(tables: tuple[str, ...], tmp_path: Path) -> None:
    """Of a first run and of a quiet one, where exports take the usual looks and no field needs one."""
    chosen: dict[str, Any] = {
        "start_date": END - timedelta(days=300),
        "few_rows": Settings.few_rows,
        "review_days": 0,
    }
    with build_store(300) as store:
        account = open_account(tmp_path, store)
        with account.emulator:
            for _ in range(2):
                planned = plan_run(account.settings(**chosen), account.places, account.clock.now(), objects=tables)
                before = len(account.emulator.calls)
                summary = account.run(RunOptions(objects=tables, transform=False), **chosen)
                made = [call.operation for call in account.emulator.calls[before:] if call.operation != "token"]
                assert planned.calls == summary.api_calls == len(made), made
                account.clock.advance(timedelta(days=1))


def test_plan_without_a_start_says_that_a_run_looks_for_the_newest_activity(tmp_path: Path) -> None:
    """The plan asks nobody, so it cannot know that an account rests: it says so, and counts the call."""
    options = RunOptions(objects=("visitor_activities",), transform=False)
    chosen: dict[str, Any] = {"start_date": None, "few_rows": Settings.few_rows, "review_days": 0}
    with build_store(100) as store:
        account = open_account(tmp_path, store)
        with account.emulator:
            account.clock.advance(timedelta(hours=12))  # midnight: a year is one window
            planned = plan_run(account.settings(**chosen), account.places, account.clock.now(), objects=options.objects)
            assert "`start_date` is not set" in "\n".join(planned.lines())
            assert planned.calls == account.run(options, **chosen).api_calls
            assert [call.operation for call in account.emulator.calls].count("query:visitor-activities") == 1
            planned = plan_run(account.settings(**chosen), account.places, account.clock.now(), objects=options.objects)
            assert "start_date" not in "\n".join(planned.lines())
