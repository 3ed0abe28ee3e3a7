"""Faults of paged queries: no row is skipped or doubled, whatever interrupts the walk."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from fetching import Fetcher, OpenAccount, calls, event_names
from kit import Account

from pardot.dialects.version5_queries import PAGE_ROWS
from pardot.errors import DataError, PardotError, RejectedRequestError
from pardot.reading.columns import check
from pardot_emulator import Behaviour, Fault


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> int:
    """Pages of ten rows, so that a small account has many."""
    monkeypatch.setattr("pardot.dialects.version5_queries.PAGE_ROWS", 10)
    return 10


@pytest.mark.parametrize("code", [210, 211])
@pytest.mark.parametrize("skip", [1, 3])
def test_expired_page_token_restarts_above_the_last_row(
    code: int, skip: int, small_pages: int, open_small_account: OpenAccount
) -> None:
    account = open_small_account(activities=800)
    account.emulator.faults.add(Fault("query:list-memberships", "error", code=code, skip=skip))
    with Fetcher(account) as fetcher:
        assert fetcher.ids("list_memberships") == fetcher.expected_ids("list_memberships")
    assert event_names(account).count("query.token_expired") == 1


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("ceiling", [10, 30, 37])
def test_ceiling_of_a_page_chain_is_passed(
    ceiling: int, announced: bool, small_pages: int, open_small_account: OpenAccount
) -> None:
    account = open_small_account(Behaviour(warning_header=announced), activities=800, page_ceiling=ceiling)
    with Fetcher(account) as fetcher:
        assert fetcher.ids("list_memberships") == fetcher.expected_ids("list_memberships")
        assert len(fetcher.expected_ids("list_memberships")) > ceiling
    assert event_names(account).count("query.warning") == announced, "once, however many pages carry it"
    assert calls(account)["query:list-memberships"] > len(fetcher.expected_ids("list_memberships")) // ceiling


def test_query_that_takes_too_long_is_asked_for_less(open_small_account: OpenAccount) -> None:
    account = open_small_account()
    account.emulator.faults.add(Fault("query:list-memberships", "error", times=2, code=214))
    with Fetcher(account) as fetcher:
        assert fetcher.ids("list_memberships") == fetcher.expected_ids("list_memberships")
    limits = [call.query for call in account.emulator.calls if call.operation == "query:list-memberships"]
    assert [str(PAGE_ROWS >> halved) in query for halved, query in enumerate(limits[-3:])] == [True, True, True]


def test_recycle_bin_is_read_separately_where_all_is_refused(open_small_account: OpenAccount) -> None:
    account = open_small_account(Behaviour(deleted_all_in_queries=False))
    with Fetcher(account) as fetcher:
        assert fetcher.ids("list_memberships") == fetcher.expected_ids("list_memberships")


def test_hidden_records_are_reported(fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(Fault("query:list-memberships", "redact", rows=2))
    fetcher.gather("list_memberships")
    warnings = [event for event in account.events if event.name == "query.warning"]
    assert "202" in str(warnings[0])


def test_refused_filter_is_not_tried_again_for_a_week(fetcher: Fetcher, account: Account) -> None:
    def filtered() -> list[bool]:
        """Gather once more and tell of each call whether it asked by date."""
        before = len(account.emulator.calls)
        assert fetcher.ids("campaigns", position) == fetcher.expected_ids("campaigns")
        return ["updatedAt" in call.query.partition("&")[2] for call in account.emulator.calls[before:]]

    position = fetcher.gather("campaigns").position
    account.emulator.faults.add(Fault("query:campaigns", "error", code=52, times=3))
    assert filtered() == [True, True, True, False]  # the recycle bin may be meant as well
    account.clock.advance(timedelta(days=6))
    assert not any(filtered())
    account.clock.advance(timedelta(days=2))
    fetcher.gather("lists")  # the first answer tells the time
    assert fetcher.gather("campaigns", position).files[0].rows < len(fetcher.expected_ids("campaigns"))
    assert event_names(account).count("query.filter_refused") == 1


def test_rows_out_of_order_stop_the_walk(fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(Fault("query:campaigns", "patch", values=[{"id": 2}, {"id": 1}]))
    with pytest.raises(DataError, match="order of their ids"):
        fetcher.gather("campaigns")


@pytest.mark.parametrize("values", ["none", 7, [1, 2], [{"id": "x"}], [{"name": "no id"}]], ids=str)
def test_page_of_another_shape_is_refused(values: object, fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(Fault("query:campaigns", "patch", values=values))
    with pytest.raises(DataError) as caught:
        fetcher.gather("campaigns")
    assert caught.value.object_name == "campaigns"


def test_next_page_on_another_host_gets_no_request(fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(Fault("query:campaigns", "patch", nextPageUrl="https://elsewhere.example.com/"))
    with pytest.raises(PardotError, match="elsewhere"):
        fetcher.gather("campaigns")
    assert calls(account)["query:campaigns"] == 1


def test_refused_query_names_the_object_and_the_window(fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(Fault("query:campaigns", "error", code=5, message="Something else"))
    with pytest.raises(RejectedRequestError, match="did not succeed for campaigns, all rows") as caught:
        fetcher.gather("campaigns")
    assert caught.value.__cause__ is None


def test_row_without_an_id_is_set_aside_and_the_others_are_read(account: Account) -> None:
    def without_an_id(body: bytes) -> bytes:
        content = json.loads(body)
        content["values"][-1]["id"] = None
        return json.dumps(content).encode()

    account.emulator.faults.add(Fault("query:campaigns", "edit", change=without_an_id))
    with Fetcher(account) as fetcher:
        harvest = fetcher.gather("campaigns")
        target = account.folder / "campaigns.parquet"
        checked = check(harvest.files, harvest.fields, target, table="campaigns", time_zone=None)
        assert (checked.rows, [row.reason for row in checked.rejected]) == (
            len(fetcher.expected_ids("campaigns")) - 1,
            ["id is empty"],
        )
    account.emulator.faults.assert_all_consumed()


def test_page_of_rows_without_ids_is_refused(account: Account) -> None:
    def without_ids(body: bytes) -> bytes:
        content = json.loads(body)
        return json.dumps({**content, "values": [{**row, "id": None} for row in content["values"]]}).encode()

    account.emulator.faults.add(Fault("query:campaigns", "edit", change=without_ids))
    with Fetcher(account) as fetcher, pytest.raises(DataError, match="an integer `id`"):
        fetcher.gather("campaigns")
