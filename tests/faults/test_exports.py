"""Faults of exports: lost answers are adopted, lost exports asked for anew, and nothing is done twice."""

from __future__ import annotations

import json
import math
from datetime import timedelta

import pytest
from emulator.http_client import Client
from fetching import WINDOWS, Fetcher, OpenAccount, calls, event_names
from kit import Account

from pardot.errors import (
    ExportFailedError,
    ExportTimedOutError,
    RejectedRequestError,
    TransientRequestError,
)
from pardot.exports.driver import LONGEST_WINDOW, MAX_EXPORTS_PER_WINDOW, SHORTEST_HALVED
from pardot_emulator import Behaviour, Fault

LOSSES = ("fail_export", "cancel_export", "expire_export", "vanish_export")
"""Only the last two can happen to an export that is complete."""


@pytest.mark.parametrize("times", [1, 2])
def test_export_whose_create_answer_was_lost_is_adopted(times: int, fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(Fault("export.create", "accept_then_drop", times))
    assert fetcher.ids() == fetcher.expected_ids()
    assert len(account.emulator.exports) == WINDOWS


@pytest.mark.parametrize("kind", ["reset", "http"])
def test_create_call_that_never_took_effect_is_repeated(kind: str, fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(Fault("export.create", kind))
    assert fetcher.ids() == fetcher.expected_ids()
    assert len(account.emulator.exports) == WINDOWS


def test_run_killed_between_create_and_its_answer_adopts_the_export_later(account: Account) -> None:
    account.emulator.faults.add(
        Fault("export.create", "accept_then_drop"), Fault("export.query", "http", times=6, skip=1, status=503)
    )
    with Fetcher(account) as killed, pytest.raises(TransientRequestError):
        killed.gather()
    assert len(account.emulator.exports) == 1
    with Fetcher(account) as next_run:
        assert next_run.ids() == next_run.expected_ids()
    assert len(account.emulator.exports) == WINDOWS


def test_lost_answer_is_not_looked_for_among_exports_with_other_fields(account: Account) -> None:
    """Somebody else may ask for the same rows at the same moment, and for other columns of them."""
    account.emulator.faults.add(Fault("export.create", "http", times=3, status=503))
    with Fetcher(account) as first, pytest.raises(TransientRequestError):
        first.gather()
    assert account.emulator.exports == []
    with Client(account.emulator) as other, Fetcher(account) as fetcher:
        for record in fetcher.session.ledger.open_exports():
            theirs = {**json.loads(record.request), "fields": ["id", "createdAt"]}
            assert other.create_raw(json.dumps(theirs).encode()).status == 201
        assert fetcher.ids() == fetcher.expected_ids()
    assert len(account.emulator.exports) == 2 * WINDOWS


@pytest.mark.parametrize(
    ("operation", "loss"),
    [*(("export.read", loss) for loss in LOSSES), *(("export.download", loss) for loss in LOSSES[2:])],
)
def test_lost_export_is_asked_for_anew(operation: str, loss: str, fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(Fault(operation, loss))
    assert fetcher.ids() == fetcher.expected_ids()
    assert calls(account)["export.create"] == WINDOWS + 1
    assert event_names(account).count("export.lost") == 1


@pytest.mark.parametrize("loss", LOSSES)
def test_export_that_is_lost_every_time_ends_the_attempts(loss: str, fetcher: Fetcher, account: Account) -> None:
    """A year is halved until its parts are short; the first short one that is lost as well ends it."""
    halvings = math.ceil(math.log2(LONGEST_WINDOW / SHORTEST_HALVED))
    attempts = MAX_EXPORTS_PER_WINDOW * (halvings + 1)
    account.emulator.faults.add(Fault("export.read", loss, times=attempts))
    with pytest.raises(ExportFailedError) as caught:
        fetcher.gather()
    assert calls(account)["export.create"] == attempts
    assert event_names(account).count("export.halved") == halvings
    assert (caught.value.object_name, caught.value.window is not None) == ("visitor_activities", True)
    assert fetcher.ids() == fetcher.expected_ids()


def test_window_that_is_too_much_for_one_export_is_read_in_halves(fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(Fault("export.create", "fail_export", times=2 * MAX_EXPORTS_PER_WINDOW))
    assert fetcher.ids() == fetcher.expected_ids()
    assert event_names(account).count("export.halved") == 2
    assert calls(account)["export.create"] == 2 * MAX_EXPORTS_PER_WINDOW + WINDOWS + 2


def test_halves_of_an_interrupted_run_are_continued(account: Account) -> None:
    account.emulator.faults.add(
        Fault("export.create", "fail_export", times=MAX_EXPORTS_PER_WINDOW),
        Fault("export.create", "http", times=3, skip=1, status=503),
    )
    with Fetcher(account) as first, pytest.raises(TransientRequestError):
        first.gather()
    created = len(account.emulator.exports)
    assert created == MAX_EXPORTS_PER_WINDOW + 1
    with Fetcher(account) as second:
        assert second.ids() == second.expected_ids()
    assert len(account.emulator.exports) == created + WINDOWS


def test_unfinished_export_is_waited_for_by_the_next_run(open_small_account: OpenAccount) -> None:
    account = open_small_account()
    account.emulator.faults.add(Fault("export.create", "slow_export", reads=40))
    with (
        Fetcher(account, poll_seconds=1, export_patience_seconds=5) as first,
        pytest.raises(ExportTimedOutError) as caught,
    ):
        first.gather()
    assert caught.value.exit_code == 75
    assert "processing" in str(caught.value)
    for _ in range(60):
        with Fetcher(account, poll_seconds=1, export_patience_seconds=5) as later:
            try:
                ids = later.ids()
            except ExportTimedOutError:
                continue
            assert ids == later.expected_ids()
            break
    assert len(account.emulator.exports) == WINDOWS


def test_result_that_expired_between_two_runs_is_asked_for_anew(account: Account) -> None:
    account.emulator.faults.add(Fault("export.download", "http", times=6, status=503))
    with Fetcher(account) as interrupted, pytest.raises(TransientRequestError):
        interrupted.gather()
    account.clock.advance(timedelta(days=8))
    with Fetcher(account) as next_run:
        assert next_run.ids() == next_run.expected_ids()
    assert calls(account)["export.create"] == WINDOWS + 1


def test_status_that_nobody_has_heard_of_is_waited_out(fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(Fault("export.read", "unknown_status", word="Reticulating"))
    assert fetcher.ids() == fetcher.expected_ids()


@pytest.mark.parametrize("code", [66, 178])
def test_exports_that_do_not_queue_are_created_one_after_the_other(code: int, open_small_account: OpenAccount) -> None:
    account = open_small_account(Behaviour(create_refused_while_running=code))  # type: ignore[arg-type]
    with Fetcher(account) as fetcher:
        assert fetcher.ids() == fetcher.expected_ids()


def test_create_call_that_is_refused_for_good_is_not_repeated(fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(Fault("export.create", "error", code=71, message="Input needs to be valid"))
    with pytest.raises(RejectedRequestError, match="Input needs"):
        fetcher.gather()
    assert calls(account)["export.create"] == 1


def test_field_that_an_export_refuses_is_left_out_and_reported(fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(
        Fault("export.create", "error", code=130, message="Invalid field: visitorPageViewId", status=400)
    )
    harvest = fetcher.gather()
    assert "visitorPageViewId" not in {field.name for field in harvest.fields}
    assert "field.refused" in event_names(account)
    assert list(fetcher.state["refused_fields"]) == ["visitorPageViewId"]
