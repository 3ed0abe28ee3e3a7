"""What to do about a call that failed: one table, and how long to wait. Pure.

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


class Failure(Enum):
    """Ways to get no readable answer."""

    NOT_SENT = "not sent"
    """No connection: the server cannot have seen the request."""
    ANSWER_LOST = "answer lost"
    """It was sent, or may have been, and no whole answer came."""
    UNREADABLE = "unreadable"
    """An answer came and is not what an API answers."""
    UNUSABLE = "unusable"
    """The request itself or the machine's set-up is wrong: a certificate, a proxy, an address."""


class Verdict(Enum):
    """What a failed call calls for."""

    RETRY = "retry"
    WAIT_MINUTE = "wait for the next minute"
    RENEW_TOKEN = "renew the token, then repeat once"  # noqa: S105  no password
    LIMIT_REACHED = "stop for today"
    SPLIT = "ask for less at once"
    OUTCOME_UNKNOWN = "look before repeating"
    AUTH = "have the credentials or permissions mended"
    REJECTED = "do not repeat"


CODES: Final = {
    66: Verdict.RETRY,  # more than five requests at once, together with other programs
    122: Verdict.LIMIT_REACHED,
    183: Verdict.RETRY,  # internal error, "try again"
    184: Verdict.RENEW_TOKEN,
    202: Verdict.WAIT_MINUTE,
    214: Verdict.SPLIT,  # the request timed out inside Pardot
    # Fatal to the login: legacy keys, permissions, API off, headers, business unit.
    **dict.fromkeys((1, 15, 46, 49, 76, 131, 181, 182, 199, 201), Verdict.AUTH),
    # Bad parameters, unknown names, states that do not allow it, things that do not exist.
    **dict.fromkeys((5, 6, 7, 8, 13, 16, 17, 19, 20, 21, 23, 36, 51, 52, 60, 63, 71), Verdict.REJECTED),
    **dict.fromkeys((88, 89, 94, 109, 130, 132, 133, 134, 135, 150, 151, 152, 153, 154), Verdict.REJECTED),
    **dict.fromkeys((174, 175, 176, 177, 178, 180, 192, 193, 198, 203, 205, 206, 207, 208), Verdict.REJECTED),
    **dict.fromkeys((209, 210, 211, 224, 231, 232), Verdict.REJECTED),
}
"""Pardot code -> verdict. Source: Pardot API guide, "Error Codes and Messages", and version 5's own."""

_PATIENT_STATUSES: Final = frozenset({408, 425, 429})


def classify(
    status: int | None, code: int | None, failure: Failure | None = None, *, idempotent: bool = True
) -> Verdict:
    """Return what a failed call calls for.

    Args:
        status: HTTP status, None when no answer came.
        code: Pardot's error code, None when the answer held none.
        failure: why there is no readable answer, None when there is one.
        idempotent: whether doing it twice does no harm. If not, only a refusal that names itself (a code,
            429, 503) or a request that was never sent is repeated; anything else may have taken effect.
    """
    if code is not None and code in CODES:
        # "Access denied" under 401 is also what a call without any valid token gets.
        return Verdict.RENEW_TOKEN if code == 49 and status == 401 else CODES[code]
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
        return Verdict.RETRY if code is not None or status == 503 else unknown
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
