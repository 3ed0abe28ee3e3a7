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
from .retry import Failure, RetryPolicy, Verdict

_SCOPE_HINT: Final = "give the connected app the scope `pardot_api`"

_AUTH_HINTS: Final[Mapping[int | None, str]] = {
    46: "give the API user the ability to view these objects (for events Prospects > Visitors > View and Admin > "
    "Exports > View), or leave them out of `sources.pardot.objects`",
    49: f"{_SCOPE_HINT}, and the user access to Account Engagement",
    76: "switch API access on for this Account Engagement account",
    181: "set `sources.pardot.business_unit_id`",
    182: "check `sources.pardot.business_unit_id` (18 characters, starts with 0Uv)",
    184: f"{_SCOPE_HINT}, and check that the user is synced to the business unit",
    199: "log in with a connected app; API keys are no longer supported",
    201: "check `business_unit_id`, and `environment` or `api_url`: this host does not know the unit",
    None: f"{_SCOPE_HINT}, and check that the user is synced to the business unit",
}
"""Pardot code -> what is usually wrong. Source: Pardot API guide, "Authentication" and "Error Codes"."""


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
    if verdict in (Verdict.AUTH, Verdict.RENEW_TOKEN):
        hint = _AUTH_HINTS.get(trouble.code)
        return AuthenticationError(call.operation, hints=(hint,) if hint else (), **facts)
    if verdict is Verdict.LIMIT_REACHED:
        return LimitReachedError(call.operation, used=allowance.used, maximum=allowance.maximum, **facts)
    if verdict is Verdict.REJECTED:
        unusable = "Nothing was sent; check `api_url`, and the proxy and certificates of this machine"
        advice = unusable if trouble.failure is Failure.UNUSABLE else None
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
        **facts,
    )
