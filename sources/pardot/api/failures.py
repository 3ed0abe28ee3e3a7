"""A call, the trouble of one attempt, and the error that it becomes when patience ends. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..errors import (
    AuthenticationError,
    DataError,
    LimitReachedError,
    PardotError,
    RejectedRequestError,
    TransientRequestError,
    path_only,
)
from ..redaction import redact
from .allowance import Allowance
from .codes import CODES, Verdict
from .retry import Failure, RetryPolicy

_LOGIN_HINT: Final = CODES[184].next_step
"""What is usually wrong where a refusal has no code. Source: Account Engagement API guide, "Authentication"."""


@dataclass(frozen=True)
class Call:
    """What the caller wants, the same for all attempts."""

    method: str
    url: str
    operation: str
    expects: str = "a JSON object"
    body: bytes | None = None
    headers: Mapping[str, str] | None = None
    is_idempotent: bool = True


@dataclass(eq=False)
class Trouble(Exception):
    """Why one attempt failed."""

    status: int | None = None
    code: int | None = None
    reason: str | None = None
    failure: Failure | None = None
    retry_after: float | None = None
    request_id: str | None = None

    def facts(self, call: Call, attempts: int) -> dict[str, Any]:
        """Return what every RequestError is told, with secrets taken out of the server's text."""
        return {
            "method": call.method,
            "path": call.url,
            "status": self.status,
            "code": self.code,
            "reason": None if self.reason is None else redact(self.reason),
            "request_id": None if self.request_id is None else redact(self.request_id),
            "attempts": attempts,
        }


def build_error(
    call: Call,
    trouble: Trouble,
    verdict: Verdict,
    *,
    attempts: int,
    policy: RetryPolicy,
    allowance: Allowance,
) -> PardotError:
    """Return the error for a call that will not be repeated."""
    facts = trouble.facts(call, attempts)
    known = CODES.get(trouble.code) if trouble.code is not None else None
    todo = known.next_step if known else ""
    if verdict in (Verdict.AUTH, Verdict.RENEW_TOKEN):
        return AuthenticationError(call.operation, hints=(todo or _LOGIN_HINT,), **facts)
    if verdict is Verdict.LIMIT_REACHED:
        nothing = _after("Nothing is lost", todo)
        return LimitReachedError(
            call.operation, used=allowance.used, maximum=allowance.maximum, next_step=nothing, **facts
        )
    if verdict is Verdict.REJECTED:
        unusable = "Nothing was sent; check `api_url`, and the proxy and certificates of this machine"
        advice = unusable if trouble.failure is Failure.UNUSABLE else _after("What was loaded before is safe", todo)
        return RejectedRequestError(call.operation, next_step=advice, **facts)
    if verdict is Verdict.RETRY and trouble.failure is Failure.UNREADABLE:
        return DataError(
            f"the answer to {call.operation} ({call.method} {path_only(call.url)})",
            expected=call.expects,
            found=f"{facts['reason']}, in {attempts} attempts",
        )
    too_long = trouble.retry_after is not None and trouble.retry_after > policy.longest_wait_seconds
    return TransientRequestError(
        call.operation,
        outcome_unknown=verdict is Verdict.OUTCOME_UNKNOWN,
        should_split=verdict is Verdict.SPLIT or trouble.status == 504,
        retry_after_seconds=trouble.retry_after if too_long else None,
        next_step=_after("Nothing is lost", todo),
        **facts,
    )


def _after(safe: str, todo: str) -> str | None:
    """Return a sentence that says what is safe and what to do; None leaves that to the error's class."""
    return f"{safe}; {todo}" if todo else None
