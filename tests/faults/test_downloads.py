"""Faults while a result file arrives: it is taken whole or fetched again, and never believed by halves."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fetching import WINDOWS, Fetcher, OpenAccount, calls, event_names
from kit import Account

from pardot.errors import DataError, PardotError, RejectedRequestError, TransientRequestError
from pardot.exports.driver import MAX_DOWNLOADS_PER_FILE
from pardot.reading.columns import check
from pardot_emulator import Behaviour, Fault

BROKEN_BODIES: dict[str, dict[str, Any]] = {
    "reset": {"kind": "reset", "fraction": 0.5},
    "cut": {"kind": "cut", "fraction": 0.9},
    "cut in the header": {"kind": "cut", "after_bytes": 10},
    "truncated gzip": {"kind": "truncated_gzip", "fraction": 0.5},
    "gzip without its end": {"kind": "truncated_gzip", "fraction": 0.99},
    "no framing": {"kind": "no_framing"},
}


@pytest.mark.parametrize("fault", BROKEN_BODIES.values(), ids=BROKEN_BODIES)
def test_broken_body_is_fetched_again_from_the_beginning(
    fault: dict[str, Any], fetcher: Fetcher, account: Account
) -> None:
    account.emulator.faults.add(Fault("export.download", times=MAX_DOWNLOADS_PER_FILE - 1, **fault))
    assert fetcher.ids() == fetcher.expected_ids()
    assert calls(account)["export.download"] == WINDOWS + MAX_DOWNLOADS_PER_FILE - 1
    assert event_names(account).count("export.download_repeated") == MAX_DOWNLOADS_PER_FILE - 1


@pytest.mark.parametrize("after_bytes", range(0, 1000, 111))
def test_file_cut_anywhere_with_the_right_length_is_never_believed(
    after_bytes: int, fetcher: Fetcher, account: Account
) -> None:
    """Only the content can tell: the header, the quotes, or the last record's width."""
    account.emulator.faults.add(Fault("export.download", "cut", after_bytes=after_bytes, right_length=True))
    harvest = fetcher.gather()
    cut, *_ = sorted(harvest.files, key=lambda file: file.rows)
    if calls(account)["export.download"] == WINDOWS:
        # The cut fell inside the last cell: what remains of it does not fit, and nobody knows how many records lack.
        target = account.folder / "checked.parquet"
        with pytest.raises(DataError, match="no line end completes"):
            check([cut], harvest.fields, target, table="visitor_activities", time_zone=None)
    else:
        assert fetcher.ids() == fetcher.expected_ids()


def test_stalled_body_is_given_up_and_fetched_again(open_small_account: OpenAccount) -> None:
    account = open_small_account()
    released = threading.Event()
    account.emulator.faults.add(Fault("export.download", "stall", after_bytes=200, event=released))
    with Fetcher(account, request_timeout_seconds=0.2) as fetcher:
        assert fetcher.ids() == fetcher.expected_ids()
    released.set()


def test_slow_body_is_waited_for(fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(Fault("export.download", "drip", piece_bytes=4096, pause_seconds=0.001))
    assert fetcher.ids() == fetcher.expected_ids()
    assert calls(account)["export.download"] == WINDOWS


@pytest.mark.parametrize(
    "body",
    [
        {"content_type": "text/html"},
        {"content_type": "text/csv"},
        {"content_type": "text/csv", "body": "id,type\n1,2\n"},
        {"content_type": "application/json", "body": "{}"},
        {"content_type": "text/csv", "body": ""},
    ],
    ids=["login page", "login page as CSV", "other columns", "JSON", "nothing"],
)
def test_answer_that_is_no_result_file_is_asked_for_again(
    body: dict[str, Any], fetcher: Fetcher, account: Account
) -> None:
    account.emulator.faults.add(Fault("export.download", "wrong_body", times=2, **body))
    assert fetcher.ids() == fetcher.expected_ids()
    assert len(account.emulator.exports) == WINDOWS


def test_wrong_columns_every_time_end_with_what_was_found(fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(
        Fault("export.download", "wrong_body", MAX_DOWNLOADS_PER_FILE, content_type="text/csv", body="id,type\n1,2\n")
    )
    with pytest.raises(DataError) as caught:
        fetcher.gather()
    assert caught.value.object_name == "visitor_activities"
    assert "missing" in caught.value.found


def test_damage_every_time_ends_with_run_again_and_the_next_run_resumes(fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(Fault("export.download", "cut", MAX_DOWNLOADS_PER_FILE))
    with pytest.raises(TransientRequestError) as caught:
        fetcher.gather()
    assert caught.value.exit_code == 75
    assert caught.value.body_interrupted
    with Fetcher(account) as next_run:
        assert next_run.ids() == next_run.expected_ids()
    assert calls(account)["export.create"] == WINDOWS


def test_finished_file_is_not_fetched_twice(open_small_account: OpenAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pardot_emulator.export_requests.MAX_FILE_BYTES", 8_000)
    monkeypatch.setattr("pardot.exports.driver.DOWNLOADS_AT_ONCE", 1)  # so that every fault meets the same file
    account = open_small_account(activities=300, min_file_bytes=8_000)
    account.emulator.faults.add(Fault("export.download", "cut", MAX_DOWNLOADS_PER_FILE, skip=3))
    with Fetcher(account) as interrupted, pytest.raises(TransientRequestError):
        interrupted.gather()
    with Fetcher(account) as next_run:
        assert next_run.ids() == next_run.expected_ids()
    files = sum(len(export.files) for export in account.emulator.exports)
    assert files > 4
    assert calls(account)["export.download"] == files + MAX_DOWNLOADS_PER_FILE
    assert event_names(account).count("export.file_on_disk") >= 3


@pytest.mark.parametrize("damage", [b"", b"id", None], ids=["emptied", "changed", "removed"])
def test_file_that_is_not_what_was_verified_is_fetched_again(
    damage: bytes | None, fetcher: Fetcher, account: Account
) -> None:
    path = fetcher.gather().files[0].path
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)
    assert fetcher.ids() == fetcher.expected_ids()
    assert calls(account)["export.download"] == WINDOWS + 1


def test_redirect_is_not_followed(fetcher: Fetcher, account: Account) -> None:
    account.emulator.faults.add(Fault("export.download", "redirect", location="http://127.0.0.1:9/steal"))
    with pytest.raises(RejectedRequestError, match="never followed"):
        fetcher.gather()


def test_link_to_another_host_gets_no_request(open_small_account: OpenAccount) -> None:
    account = open_small_account(Behaviour())
    account.emulator.faults.add(
        Fault("export.read", "patch", status="Complete", resultRefs=["http://169.254.169.254/latest/meta-data"])
    )
    with Fetcher(account) as fetcher, pytest.raises(PardotError) as caught:
        fetcher.gather()
    assert "169.254.169.254" in str(caught.value)
    assert calls(account)["export.download"] == 0
