"""What to do about a call that failed, and how long to wait. Pure.

Pardot's own code decides first and the HTTP status second, because the statuses are hardly documented and
the same code has been seen under 200, 400, 401 and 429. A code that we do not know is final, unless the
status is one of those that ask for patience.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Final

from .codes import CODES, Verdict


class Failure(Enum):
    """Ways to get no readable answer."""

    NOT_SENT = "not sent"
    """No connection: the server cannot have seen the request."""
    ANSWER_LOST = "answer lost"
    """It was sent, or may have been, and no whole answer came."""
    REASON_LOST = "reason lost"
    """A refusal came and broke off before it said why."""
    UNREADABLE = "unreadable"
    """An answer came and is not what an API answers."""
    UNUSABLE = "unusable"
    """The request itself or the machine's set-up is wrong: a certificate, a proxy, an address."""


TURNED_AWAY: Final = frozenset({62, 66})
"""Codes of passing refusals that come before anything is done: somebody else is at it, or five calls are in flight."""
_PATIENT_STATUSES: Final = frozenset({408, 425, 429})


def classify(
    status: int | None, code: int | None, failure: Failure | None = None, *, idempotent: bool = True
) -> Verdict:
    """Return what a failed call calls for.

    Args:
        status: HTTP status, None when no answer came.
        code: Pardot's error code, None when the answer held none.
        failure: why there is no readable answer, None when there is one.
        idempotent: whether doing it twice does no harm. If not, only what was turned away before it began, by its
            code or by 429, or was never sent is repeated; anything else may have taken effect, whatever a gateway says.
    """
    known = CODES[code].verdict if code is not None and code in CODES else None
    if known is not None:
        if known is Verdict.RETRY and not idempotent and code not in TURNED_AWAY:
            return Verdict.OUTCOME_UNKNOWN
        # "Access denied" under 401 is also what a call without any valid token gets.
        return Verdict.RENEW_TOKEN if code == 49 and status == 401 else known
    if failure is Failure.UNUSABLE:
        return Verdict.REJECTED
    if failure is Failure.NOT_SENT:
        return Verdict.RETRY
    unknown = Verdict.RETRY if idempotent else Verdict.OUTCOME_UNKNOWN
    if failure is Failure.ANSWER_LOST or status is None:
        return unknown
    if status in _PATIENT_STATUSES:
        return Verdict.RETRY
    if status >= 500:
        return unknown
    if failure is Failure.REASON_LOST and status != 401:
        return unknown
    if code is None and status in (401, 403):
        return Verdict.RENEW_TOKEN if status == 401 else Verdict.AUTH
    return unknown if failure is Failure.UNREADABLE and status < 300 else Verdict.REJECTED


@dataclass(frozen=True)
class RetryPolicy:
    """How much patience one call gets; patience for a whole export is another setting."""

    max_attempts: int = 6
    """Attempts of one call, the first included."""

    max_unreadable: int = 3
    """Attempts that end in an answer nobody can read: it is rarely a passing fault."""

    longest_wait_seconds: float = 120.0
    """A longer wait, ours or the server's, ends the call."""

    total_seconds: float = 600.0
    """No new attempt begins after this, seconds since the first."""


_FIRST_SECONDS: Final = 0.5
_BACKOFF_CEILING_SECONDS: Final = 60.0


def delay_seconds(attempt: int, verdict: Verdict, retry_after: float | None, rng: random.Random) -> float:
    """Return the wait before the next attempt, seconds: exponential, half of it random.

    A server's Retry-After is never shortened; who does not want to wait that long gives up instead.

    Args:
        attempt: attempts made so far, from 1.
        verdict: why we wait; the minute guard needs a whole minute.
        retry_after: what the server asked for, seconds.
        rng: spreads callers that failed together.
    """
    grown = min(_FIRST_SECONDS * 2.0 ** min(attempt - 1, 30), _BACKOFF_CEILING_SECONDS)
    wait = grown * (0.5 + 0.5 * rng.random())
    if verdict is Verdict.WAIT_MINUTE:
        wait += 60.0
    return max(wait, retry_after or 0.0)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Return a Retry-After header as seconds from now, None when it is absent or unreadable.

    Source: RFC 9110, section 10.2.3; Pardot documents no such header, gateways before it may send one.
    """
    text = (value or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            when = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        aware = when if when.tzinfo is not None else when.replace(tzinfo=timezone.utc)
        seconds = (aware - now).total_seconds()
    return max(seconds, 0.0) if math.isfinite(seconds) else None
