"""The retry decision as a table, and the waits."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

import pytest

from pardot.api.codes import CODES, Verdict
from pardot.api.retry import Failure, classify, delay_seconds, parse_retry_after

RNG = random.Random(7)  # noqa: S311
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 429, 500])
@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (66, Verdict.RETRY),
        (109, Verdict.REJECTED),
        (122, Verdict.LIMIT_REACHED),
        (177, Verdict.REJECTED),
        (183, Verdict.RETRY),
        (184, Verdict.RENEW_TOKEN),
        (201, Verdict.AUTH),
        (202, Verdict.WAIT_MINUTE),
        (214, Verdict.SPLIT),
    ],
)
def test_code_decides_under_any_status(status: int, code: int, verdict: Verdict) -> None:
    assert classify(status, code) is verdict


@pytest.mark.parametrize(
    ("status", "code", "failure", "repeatable", "once"),
    [
        pytest.param(401, 49, None, Verdict.RENEW_TOKEN, Verdict.RENEW_TOKEN, id="401-access-denied"),
        pytest.param(403, 49, None, Verdict.AUTH, Verdict.AUTH, id="403-access-denied"),
        pytest.param(401, None, None, Verdict.RENEW_TOKEN, Verdict.RENEW_TOKEN, id="401-alone"),
        pytest.param(403, None, None, Verdict.AUTH, Verdict.AUTH, id="403-alone"),
        pytest.param(401, 999, None, Verdict.REJECTED, Verdict.REJECTED, id="401-unknown-code"),
        pytest.param(400, 999, None, Verdict.REJECTED, Verdict.REJECTED, id="unknown-code-is-final"),
        pytest.param(200, 999, None, Verdict.REJECTED, Verdict.REJECTED, id="unknown-code-under-200"),
        pytest.param(429, 999, None, Verdict.RETRY, Verdict.RETRY, id="429-unknown-code"),
        pytest.param(500, 999, None, Verdict.RETRY, Verdict.OUTCOME_UNKNOWN, id="500-unknown-code"),
        pytest.param(400, 84, None, Verdict.REJECTED, Verdict.REJECTED, id="code-without-meaning"),
        pytest.param(500, 84, None, Verdict.RETRY, Verdict.OUTCOME_UNKNOWN, id="500-code-without-meaning"),
        pytest.param(429, None, None, Verdict.RETRY, Verdict.RETRY, id="429-alone"),
        pytest.param(503, None, None, Verdict.RETRY, Verdict.OUTCOME_UNKNOWN, id="503-may-come-from-a-gateway"),
        pytest.param(200, 183, None, Verdict.RETRY, Verdict.OUTCOME_UNKNOWN, id="internal-error"),
        pytest.param(500, 66, None, Verdict.RETRY, Verdict.RETRY, id="500-turned-away-by-its-code"),
        pytest.param(500, None, None, Verdict.RETRY, Verdict.OUTCOME_UNKNOWN, id="500-alone"),
        pytest.param(504, None, None, Verdict.RETRY, Verdict.OUTCOME_UNKNOWN, id="504-may-have-been-taken"),
        pytest.param(404, None, None, Verdict.REJECTED, Verdict.REJECTED, id="404"),
        pytest.param(302, None, None, Verdict.REJECTED, Verdict.REJECTED, id="redirect"),
        pytest.param(None, None, Failure.NOT_SENT, Verdict.RETRY, Verdict.RETRY, id="never-sent"),
        pytest.param(None, None, Failure.ANSWER_LOST, Verdict.RETRY, Verdict.OUTCOME_UNKNOWN, id="answer-lost"),
        pytest.param(200, None, Failure.ANSWER_LOST, Verdict.RETRY, Verdict.OUTCOME_UNKNOWN, id="body-lost"),
        pytest.param(400, None, Failure.REASON_LOST, Verdict.RETRY, Verdict.OUTCOME_UNKNOWN, id="400-broke-off"),
        pytest.param(403, None, Failure.REASON_LOST, Verdict.RETRY, Verdict.OUTCOME_UNKNOWN, id="403-broke-off"),
        pytest.param(401, None, Failure.REASON_LOST, Verdict.RENEW_TOKEN, Verdict.RENEW_TOKEN, id="401-broke-off"),
        pytest.param(429, None, Failure.REASON_LOST, Verdict.RETRY, Verdict.RETRY, id="429-broke-off"),
        pytest.param(200, None, Failure.UNREADABLE, Verdict.RETRY, Verdict.OUTCOME_UNKNOWN, id="html-under-200"),
        pytest.param(None, None, Failure.UNUSABLE, Verdict.REJECTED, Verdict.REJECTED, id="bad-certificate"),
    ],
)
def test_verdict_table(
    status: int | None, code: int | None, failure: Failure | None, repeatable: Verdict, once: Verdict
) -> None:
    assert classify(status, code, failure) is repeatable
    assert classify(status, code, failure, idempotent=False) is once


def test_no_code_is_listed_with_a_verdict_that_only_a_lost_answer_has() -> None:
    assert Verdict.OUTCOME_UNKNOWN not in {code.verdict for code in CODES.values()}


def test_waits_grow_stay_random_and_stop_growing() -> None:
    def bounds(attempt: int) -> tuple[float, float]:
        waits = [delay_seconds(attempt, Verdict.RETRY, None, RNG) for _ in range(200)]
        return min(waits), max(waits)

    assert 0.25 <= bounds(1)[0] < bounds(1)[1] <= 0.5
    assert 1.0 <= bounds(3)[0] < bounds(3)[1] <= 2.0
    assert bounds(1000)[1] <= 60.0


def test_minute_guard_waits_a_whole_minute() -> None:
    assert delay_seconds(1, Verdict.WAIT_MINUTE, None, RNG) >= 60.0


def test_server_wait_is_never_shortened() -> None:
    assert delay_seconds(1, Verdict.RETRY, 86_400.0, RNG) == 86_400.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 1.5 ", 1.5),
        ("0", 0.0),
        ("-3", 0.0),
        ("Sun, 01 Mar 2026 12:01:30 GMT", 90.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Sun, 01 Mar 2026 12:01:30", 90.0),
        ("", None),
        (None, None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("Sun, 99 Mar 2026 12:01:30 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after(header, NOW) == seconds


def test_retry_after_date_counts_from_the_given_clock() -> None:
    assert parse_retry_after("Sun, 01 Mar 2026 12:01:30 GMT", NOW + timedelta(seconds=60)) == 30.0
