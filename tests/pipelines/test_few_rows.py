"""Few new rows are queried instead of exported, with the same outcome; an export serves where a query does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from kit import Account, fill, table_differences
from prepared import copied, prepare

from pardot.catalogue import CATALOGUE
from pardot.few_rows import MORE_THAN_FEW
from pardot.settings import Settings
from pardot_emulator import Fault
from pardot_etl.runs.run import RunOptions
from pardot_etl.verbs.planning import plan_run

TABLES = ("visitor_activities", "visits", "visitor_page_views")
OPTIONS = RunOptions(objects=TABLES, transform=False)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def load(account: Account) -> None:
        assert account.run(OPTIONS, review_days=0).exit_code == 0

    return prepare(tmp_path_factory.mktemp("loaded"), lambda store: fill(store, 800), load)


@pytest.fixture
def account(loaded: Path, tmp_path: Path) -> Iterator[Account]:
    """An account whose history is loaded."""
    with copied(loaded, tmp_path) as account:
        yield account


def run(account: Account, *tables: str, is_idle: bool = False, **overrides: Any) -> Counter[str]:
    """Let a day pass, run, insist on equal rows, and return the calls of the run."""
    if is_idle:
        account.clock.advance(timedelta(days=1))
    else:
        account.next_day(seed=len(account.emulator.calls))
    before, options = len(account.emulator.calls), replace(OPTIONS, objects=tables or TABLES)
    account.events.clear()
    assert account.run(options, **{"review_days": 0, "few_rows": Settings.few_rows, **overrides}).exit_code == 0
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        assert table_differences(account.store, db, tables or TABLES) == {}
    return Counter(call.operation for call in account.emulator.calls[before:])


def given_up(account: Account) -> list[str]:
    return [str(event.fields["object"]) for event in account.events if event.name == "query.given_up"]


def test_a_few_rows_cost_one_call_and_no_waiting(account: Account) -> None:
    made = run(account)
    assert {name: made[f"query:{CATALOGUE[name].collection}"] for name in TABLES} == dict.fromkeys(TABLES, 1)
    assert not any(operation.startswith("export.") for operation in made)


def test_few_rows_are_exported_where_the_setting_says_so(account: Account) -> None:
    made = run(account, few_rows=0)
    assert made["export.create"] == len(TABLES)
    assert not any(operation.startswith("query:") for operation in made)


def test_many_expected_rows_are_exported_until_few_have_come(account: Account) -> None:
    assert run(account, few_rows=1)["export.create"] == len(TABLES)
    assert run(account)["export.create"] == 0


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        pytest.param("error", {"code": 130, "message": "Invalid field: visitorId"}, id="field refused"),
        pytest.param("error", {"code": 52}, id="filter refused", marks=pytest.mark.long),
        pytest.param(
            "edit",
            {"change": lambda body: body.replace(b'"visitorId"', b'"visitor"')},
            id="field missing",
            marks=pytest.mark.long,
        ),
        pytest.param("redact", {"rows": 1}, id="rows hidden", marks=pytest.mark.long),
    ],
)
def test_an_export_delivers_what_a_query_does_not_and_is_asked_at_once_for_a_week(
    kind: str, detail: Mapping[str, Any], account: Account
) -> None:
    account.emulator.faults.add(Fault("query:visits", kind, **detail))
    assert run(account)["export.create"] == 1
    assert given_up(account) == ["visits"]
    assert not {"field.refused", "field.left_out"} & {event.name for event in account.events}
    account.emulator.faults.assert_all_consumed()
    for _ in range(6):
        made = run(account, "visits")
        assert (made["export.create"], made["query:visits"]) == (1, 0)
    assert run(account)["query:visits"] == 1


def test_a_query_that_fails_for_once_is_tried_again_the_next_day(account: Account) -> None:
    account.emulator.faults.add(Fault("query:visits", "error", code=214, times=20))
    assert run(account)["export.create"] == 1
    assert given_up(account) == ["visits"]
    account.emulator.faults.clear()
    assert run(account)["export.create"] == 0


def test_more_rows_than_were_expected_are_exported(account: Account) -> None:
    rows = sum(1 for _ in account.store.rows("visits"))
    assert rows > MORE_THAN_FEW * 10
    for row in list(account.store.rows("visits")):  # as when many visitors are identified at once
        account.store.update("visits", int(str(row["id"])), updatedAt=account.clock.now())
    made = run(account, few_rows=10)
    assert "visits" in given_up(account)
    assert made["export.create"] >= 1


def test_plan_tells_what_the_run_does(account: Account) -> None:
    account.next_day(seed=1)
    planned = plan_run(
        account.settings(few_rows=Settings.few_rows), account.places, account.clock.now(), objects=TABLES
    )
    assert {one.plan.entry.table: (one.plan.way, one.calls) for one in planned.objects} == dict.fromkeys(
        TABLES, ("query", 1)
    )
    assert "few rows are expected" in "\n".join(planned.lines())


# -- where only an export delivers, or only all rows can be asked for


def test_few_rows_in_all_are_read_whole_every_time(account: Account) -> None:
    run(account, "prospect_accounts")
    made = run(account, "prospect_accounts", is_idle=True)
    assert (made["query:prospect-accounts"], made["export.create"]) == (1, 0)
    assert run(account, "prospect_accounts", is_idle=True, few_rows=1)["export.create"] == 1


def test_rows_with_several_values_are_exported_only_when_there_are_any(account: Account) -> None:
    for _ in range(2):  # the last minutes before a run are read twice
        run(account, "prospects", is_idle=True)
    made = run(account, "prospects", is_idle=True)
    assert (made["query:prospects"], made["export.create"]) == (1, 0)
    prospect = next(iter(account.store.rows("prospects")))
    account.clock.advance(timedelta(hours=3))
    account.store.update("prospects", int(str(prospect["id"])), updatedAt=account.clock.now(), city="Lund")
    made = run(account, "prospects", is_idle=True)
    assert (made["query:prospects"], made["export.create"]) == (1, 1)
    assert run(account, "prospects", is_idle=True, few_rows=0)["export.create"] == 1


@pytest.mark.parametrize(
    ("kind", "detail"),
    [("error", {"code": 52, "times": 3}), ("error", {"code": 214, "times": 20}), ("redact", {"rows": 1})],
    ids=["filter refused", "no answer", "rows hidden"],
)
def test_look_that_tells_nothing_is_followed_by_an_export(
    kind: str, detail: Mapping[str, Any], account: Account
) -> None:
    for _ in range(3):
        run(account, "prospects", is_idle=True)
    account.emulator.faults.add(Fault("query:prospects", kind, **detail))
    made = run(account, "prospects", is_idle=True)
    assert made["query:prospects"] >= 1
    assert made["export.create"] == 1
