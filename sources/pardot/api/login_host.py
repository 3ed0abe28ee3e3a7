"""Asking Salesforce's login host: one form out, one final answer back, however often that takes.

Passing trouble is waited for here; what an answer means for a login is for `refusals` and for who asked.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timezone
from typing import Any, Final
from urllib.parse import urlencode

from ..errors import TransientRequestError
from ..events import Event, log_event
from ..settings import Settings
from .answers import UnreadableAnswerError, parse_object
from .bodies import WireError, read_body
from .codes import Verdict
from .refusals import OPERATION, TOKEN_PATH, LoginAnswer, parse_date, refusal
from .retry import Failure, RetryPolicy, delay_seconds, parse_retry_after
from .wire import Wire

_LARGEST_ANSWER_BYTES: Final = 1 << 20


class LoginHost:
    """The token endpoint of `settings.login_url`; close it when done."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.time,
        wire: Wire | None = None,
        sleep: Callable[[float], object] = time.sleep,
        rng: random.Random | None = None,
        policy: RetryPolicy | None = None,
        again: str | None = None,
    ) -> None:
        self.settings = settings
        self.again = again
        """The command that tries again; None when it is a run, or any that needs a login."""
        self.clock = clock
        self._wire = wire or Wire(timeout_seconds=settings.request_timeout_seconds)
        self._sleep = sleep
        self._rng = rng or random.Random()  # noqa: S311  spreads retries, guards nothing
        self._policy = policy or RetryPolicy(max_attempts=5)

    def ask(self, build_form: Callable[[], Mapping[str, str]]) -> LoginAnswer:
        """Return the answer that decides: what was asked for, or a refusal.

        Args:
            build_form: makes the form of each attempt anew, as a signed assertion does not live long.

        Raises:
            AuthenticationError: this host cannot be spoken to.
            TransientRequestError: it could not be reached, or was out of order.
        """
        for attempt in range(1, self._policy.max_attempts + 1):
            status = retry_after = None
            try:
                answer = self._exchange(build_form())
            except WireError as failure:
                if failure.failure is Failure.UNUSABLE:
                    hints = ("check `login_url`, the proxy and the certificates",)
                    raise refusal(self.settings, None, failure.reason, hints, again=self.again) from None
                problem = failure.reason
            else:
                if not answer.is_passing:
                    return answer
                status, retry_after = answer.status, answer.retry_after
                problem = answer.said or "an answer without a token"
            wait = delay_seconds(attempt, Verdict.RETRY, retry_after, self._rng)
            is_last = attempt == self._policy.max_attempts
            if is_last or wait > self._policy.longest_wait_seconds:
                raise TransientRequestError(
                    OPERATION,
                    method="POST",
                    path=TOKEN_PATH,
                    status=status,
                    reason=problem,
                    attempts=attempt,
                    retry_after_seconds=None if is_last else wait,
                    next_step=self.again and f"Nothing was stored; run `{self.again}` again later",
                )
            log_event(Event("login.retry", {"attempt": attempt, "status": status, "wait_seconds": wait}))
            self._sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def now(self) -> datetime:
        """This machine's time."""
        return datetime.fromtimestamp(self.clock(), timezone.utc)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._wire.close()

    def _exchange(self, form: Mapping[str, str]) -> LoginAnswer:
        body = urlencode(form).encode("ascii")
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        response = self._wire.send("POST", self.settings.login_url + TOKEN_PATH, headers=headers, body=body)
        raw = bytearray()
        with closing(response):
            read_body(
                response,
                raw.extend,
                max_bytes=_LARGEST_ANSWER_BYTES,
                must_be_framed=False,
                seconds=2 * self.settings.request_timeout_seconds,
                monotonic=time.monotonic,
            )
        self._wire.close()  # as the server does now; a connection that is about to end is not used again
        data: Mapping[str, Any] | None
        try:
            data = parse_object(bytes(raw))
        except UnreadableAnswerError:
            data = None
        return LoginAnswer(
            response.status_code,
            data,
            server_time=parse_date(response.headers.get("Date")),
            retry_after=parse_retry_after(response.headers.get("Retry-After"), self.now()),
        )
