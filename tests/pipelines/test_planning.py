"""`pardot-etl plan`: whose exports go on, and how many calls a run takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from command_line import invoke

from pardot.exports.ledger import Ledger
from pardot_etl.configuration import load_places

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
