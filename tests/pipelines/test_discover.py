"""`pardot-etl discover`: what there is, what this login gets of it, what is stored, and what the answer costs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from command_line import assert_golden, files_below, invoke
from kit import END, HISTORY_START, build_store

from pardot.catalogue import CATALOGUE
from pardot.dialects.legacy import LEGACY_CATALOGUE
from pardot_emulator import Emulator, Fault, ManualClock, Store

LOADED = ("visitor_activities", "prospects", "campaigns")


@pytest.fixture
def store() -> Iterator[Store]:
    with build_store(300) as store:
        yield store


@pytest.fixture
def emulator(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator(store, clock=ManualClock(END)) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("SOURCES__PARDOT__START_DATE", HISTORY_START.isoformat())
        yield emulator


def discovered(*options: str, code: int = 0) -> tuple[dict[str, Any], Mapping[str, dict[str, Any]]]:
    """Return what `discover --json` says, and its objects by table."""
    outcome = invoke("discover", "--json", *options)
    assert outcome.code == code, outcome.err
    found = json.loads(outcome.out)
    return found, {one["object"]: one for one in found["objects"]}


def load(*tables: str) -> None:
    assert invoke("run", "--objects", ",".join(tables), "--no-transform").code == 0


def custom_fields(store: Store) -> set[str]:
    return {f"{row['fieldId']}__c" for row in store.rows("custom-fields")}


def add_custom_field(store: Store, field_id: str) -> None:
    row: dict[str, Any] = dict(next(store.rows("custom-fields")))
    number = store.next_id("custom-fields")
    row |= {"id": number, "name": field_id, "fieldId": field_id, "type": "text", "isRecordMultipleResponses": False}
    store.insert("custom-fields", [row])
    store.add_column("prospects", f"{field_id}__c")


def may_not_see(emulator: Emulator, *collections: str, code: int = 46) -> None:
    """Refuse every query of some collections, as for a user whose role lacks the ability."""
    emulator.faults.add(*(Fault(f"query:{name}", "error", times=1000, code=code) for name in collections))


# What is found out.


def test_every_object_is_told_with_its_fields_and_nothing_is_left_behind(
    emulator: Emulator, store: Store, tmp_path: Path
) -> None:
    found, objects = discovered()
    assert tuple(objects) == tuple(CATALOGUE)
    by_export = {table for table, entry in CATALOGUE.items() if not entry.has_query}
    assert {table for table, one in objects.items() if one["access"] == "not tried"} == by_export
    assert {one["access"] for table, one in objects.items() if table not in by_export} == {"read"}
    assert {one["rows_stored"] for one in objects.values()} == {None}
    assert set(objects["prospects"]["custom_fields"]) == custom_fields(store)
    assert objects["prospects"]["refused_fields"] == []
    assert "visitor_activities" in {table for table, one in objects.items() if one["is_selected"]}
    assert not objects["account"]["is_selected"]
    assert found["api_calls"] == sum(call.operation != "token" for call in emulator.calls)
    assert files_below(tmp_path) == {}


def test_the_shape_for_machines_is_as_reviewed(emulator: Emulator) -> None:
    load(*LOADED)
    may_not_see(emulator, "campaigns")
    found, _ = discovered("--objects", "campaigns,tags")
    assert found.pop("calls_used_today") > found["api_calls"], "by everyone, the run before it included"
    assert_golden("discover", json.dumps(found, indent=1, sort_keys=True) + "\n", url=emulator.url)


def test_each_object_costs_one_call_and_the_last_line_says_so(emulator: Emulator) -> None:
    outcome = invoke("discover", "--objects", "visits,campaigns,users")
    asked = [call.operation for call in emulator.calls if call.operation != "token"]
    assert asked == ["account", "query:visits", "query:campaigns", "query:users"]
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines()[-1] == (
        "3 objects, 0 refused; 4 API calls; 4 used today, by everyone, we stop at 90,000"
    )
    assert "visits  (export)  may be read, not stored" in outcome.out


def test_rows_and_columns_that_are_stored_are_told(emulator: Emulator, store: Store) -> None:
    load(*LOADED)
    _, objects = discovered()
    assert {table for table, one in objects.items() if one["rows_stored"] is not None} == set(LOADED)
    assert objects["visitor_activities"]["rows_stored"] == store.count("visitor-activities")
    assert objects["campaigns"]["columns_stored"] == len(CATALOGUE["campaigns"].fields)
    assert "300 rows and" in invoke("discover", "--objects", "visitor_activities").out


def test_a_login_that_may_not_see_some_is_told_which_and_what_is_missing(emulator: Emulator) -> None:
    may_not_see(emulator, "visitor-activities", "visits")
    _, objects = discovered()
    refused = {table: one for table, one in objects.items() if one["access"] == "refused"}
    assert {table: (one["code"], one["missing"]) for table, one in refused.items()} == {
        "visitor_activities": (46, "Prospects > Visitors > View"),
        "visits": (46, "the ability to view visits"),
    }
    outcome = invoke("discover", "--objects", "visits,users")
    assert outcome.code == 0, "a refusal is an answer"
    assert "visits  (export)  refused (Pardot code 46), missing: the ability to view visits, not stored" in outcome.out
    assert "2 objects, 1 refused" in outcome.out


def test_custom_fields_that_may_not_be_listed_are_no_reason_to_call_columns_lost(emulator: Emulator) -> None:
    load(*LOADED)
    may_not_see(emulator, "custom-fields")
    _, objects = discovered("--objects", "prospects")
    assert objects["prospects"]["access"] == "read"
    assert objects["prospects"]["custom_fields"] is None
    assert objects["prospects"]["columns_without_field"] == []
    assert "this login may not list them" in invoke("discover", "--objects", "prospects").out


def test_refused_fields_are_found_among_the_others(emulator: Emulator, store: Store) -> None:
    load("prospect_accounts")
    _, objects = discovered("--objects", "prospect_accounts")
    assert set(objects["prospect_accounts"]["refused_fields"]) == custom_fields(store), "they are fields of prospects"
    assert objects["prospect_accounts"]["columns_not_filled"] == []


@pytest.mark.parametrize("version", [4, 3])
def test_older_versions_have_fewer_objects_and_are_asked_for_each(
    version: int, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__PARDOT__API_VERSION", str(version))
    monkeypatch.setenv("SOURCES__PARDOT__TIME_ZONE", emulator.behaviour.user_zone)
    emulator.faults.add(Fault(f"v{version}.query:tag", "error", times=1000, code=46))
    found, objects = discovered()
    assert tuple(objects) == tuple(LEGACY_CATALOGUE)
    assert found["api_version"] == version
    assert {table for table, one in objects.items() if one["access"] == "refused"} == {"tags"}
    operations = {call.operation for call in emulator.calls}
    for name, table in (("visitorActivity", "visitor_activities"), ("prospect", "prospects"), ("list", "lists")):
        assert objects[table]["access"] == "read"
        assert f"v{version}.query:{name}" in operations
    assert {one["access"] for one in objects.values()} <= {"read", "refused", "not tried"}


# What differs.


def test_nothing_differs_after_a_run(emulator: Emulator) -> None:
    load(*LOADED)
    outcome = invoke("discover", "--diff", "--objects", ",".join(LOADED))
    assert outcome.code == 0
    assert outcome.out.startswith("nothing differs")
    assert discovered("--diff", "--objects", ",".join(LOADED))[1] == {}


def test_new_and_lost_fields_and_objects_that_are_not_stored_differ(emulator: Emulator, store: Store) -> None:
    load(*LOADED)
    gone = next(iter(store.rows("custom-fields")))
    store.purge("custom-fields", int(str(gone["id"])))
    add_custom_field(store, "Late")
    may_not_see(emulator, "campaigns")
    _, objects = discovered("--diff")
    assert set(objects) == {*CATALOGUE} - {"visitor_activities"}
    assert objects["prospects"]["new_fields"] == ["Late__c"]
    assert objects["prospects"]["columns_without_field"] == [f"{gone['fieldId']}__c".lower()]
    assert objects["campaigns"]["access"] == "refused"
    outcome = invoke("discover", "--diff")
    assert outcome.code == 0
    lines = [" ".join(line.split()) for line in outcome.out.splitlines()]
    assert lines[:4] == [
        "prospects",
        "no column yet Late__c",
        f"no field any more {gone['fieldId']}__c".lower(),
        "campaigns refused (Pardot code 46), missing: the ability to view campaigns",
    ]
    assert any(line.startswith("not stored yet") and "visitors" in line for line in lines)
    assert any(line.startswith("not selected") and "files" in line for line in lines)


def test_a_stored_column_whose_field_is_refused_gets_nothing_new(emulator: Emulator) -> None:
    load(*LOADED)
    names = [each.name for each in CATALOGUE["campaigns"].fields if each.is_asked and each.name != "id"]
    halvings = len(names).bit_length()  # all of them, the first half, its first half, down to the first field
    emulator.faults.add(Fault("query:campaigns", "error", times=halvings, code=180))
    _, objects = discovered("--diff", "--objects", "campaigns")
    assert objects["campaigns"]["refused_fields"] == names[:1]
    assert objects["campaigns"]["columns_not_filled"] == names[:1]
    emulator.faults.assert_all_consumed()


# What it costs, and what ends it.


def test_the_share_of_the_allowance_ends_it_and_the_rest_is_not_asked_for(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__PARDOT__MAX_DAILY_CALLS", "3")
    monkeypatch.setenv("SOURCES__PARDOT__RESERVE_PERCENT", "0")
    found, objects = discovered("--objects", "visits,campaigns,users,forms", code=75)
    assert found["api_calls"] == len([call for call in emulator.calls if call.operation != "token"]) == 3
    assert sorted(one["access"] for one in objects.values()) == ["read", "read", "unknown", "unknown"]
    assert invoke("discover").err.count("Error: ") == 1


def test_pardots_own_limit_ends_it_at_once(emulator: Emulator) -> None:
    emulator.faults.add(Fault("query:campaigns", "error", code=122))
    found, _ = discovered("--objects", "visits,campaigns,users,forms", code=75)
    assert found["api_calls"] == len([call for call in emulator.calls if call.operation != "token"])
    emulator.faults.assert_all_consumed()


def test_an_object_that_times_out_is_not_known_and_the_others_are(emulator: Emulator) -> None:
    emulator.faults.add(Fault("query:campaigns", "error", code=214))
    _, objects = discovered("--objects", "campaigns,users", code=75)
    assert {table: one["access"] for table, one in objects.items()} == {"campaigns": "unknown", "users": "read"}
    emulator.faults.assert_all_consumed()


def test_a_refused_business_unit_ends_it_before_any_object(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__PARDOT__BUSINESS_UNIT_ID", "0Uv000000000009CAA")
    outcome = invoke("discover")
    assert (outcome.code, outcome.out) == (2, "")
    assert "Pardot code 201" in outcome.err
    assert "pi.demo.pardot.com" in outcome.err
    assert len([call for call in emulator.calls if call.operation != "token"]) == 1


def test_a_login_that_may_not_read_the_account_goes_on_without_its_counters(emulator: Emulator) -> None:
    emulator.faults.add(Fault("account", "error", code=46))
    _, objects = discovered("--objects", "users")
    assert objects["users"]["access"] == "read"
    emulator.faults.assert_all_consumed()


def test_an_unknown_object_is_exit_2_with_the_nearest_one(emulator: Emulator) -> None:
    outcome = invoke("discover", "--objects", "prospect")
    assert outcome.code == 2
    assert "prospects" in outcome.err
    assert emulator.calls == ()
