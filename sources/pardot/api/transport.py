"""One request to the API: one answer or one of our errors, whatever happens on the way.

Five requests at most are in flight per business unit in this process, every call is counted before it leaves,
the token goes to allowed hosts only, redirects are never followed. What a failure calls for is decided in
`pardot.api.retry`; here it is done.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import requests

from ..errors import DataError, PardotError, TransientRequestError, path_only
from ..events import Event, EventHandler, log_event
from ..settings import Settings
from .allowance import Allowance
from .answers import UnreadableAnswerError, find_error, parse_object, parse_warnings
from .bodies import BodyTooLargeError, WireError, read_body
from .codes import Verdict
from .credentials import AccessToken, TokenProvider
from .failures import Call, Trouble, build_error
from .hosts import check_url
from .retry import Failure, RetryPolicy, classify, delay_seconds, parse_retry_after
from .wire import Wire

MAX_IN_FLIGHT: Final = 5
"""Source: Pardot API guide, "Rate limits": five concurrent requests per account, the sixth gets code 66."""

LARGEST_JSON_BYTES: Final = 64 << 20
DOWNLOAD_SECONDS: Final = 3600.0
"""Bound on the body of one result file, which Pardot keeps below 200 MB."""

_NOT_A_FILE: Final = ("json", "html", "xml")
_REQUEST_IDS: Final = ("X-Request-Id", "Request-Id", "X-Correlation-Id")

_slots_lock = threading.Lock()
_slots: dict[str, threading.BoundedSemaphore] = {}

Result = TypeVar("Result")


@dataclass(frozen=True)
class Reply:
    """A JSON answer without error."""

    status: int
    data: dict[str, Any]
    headers: Mapping[str, str]
    """Names in any case."""
    warnings: list[str]
    """Texts of `Pardot-Warning`; 202 and 203 mean that rows are missing from the answer."""


class Transport:
    """Sends authenticated requests; safe to use from several threads.

    Args:
        settings: hosts, business unit and timeouts.
        tokens: gives out and renews the token.
        allowance: counts the calls and refuses those past our share.
        on_event: is told about retries and renewals, from the thread that makes the call.
        policy: patience for one call.
    """

    def __init__(
        self,
        settings: Settings,
        tokens: TokenProvider,
        allowance: Allowance,
        *,
        sleep: Callable[[float], object] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], float] = time.time,
        rng: random.Random | None = None,
        on_event: EventHandler | None = None,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._settings = settings
        self._tokens = tokens
        self._allowance = allowance
        self._sleep = sleep
        self._monotonic = monotonic
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311  spreads retries, guards nothing
        self._on_event = on_event
        self._policy = policy or RetryPolicy()
        self._wire = Wire(timeout_seconds=settings.request_timeout_seconds)
        self._server_time: tuple[datetime, float] | None = None
        self._clock_skew_seconds: float | None = None
        with _slots_lock:
            self._slot = _slots.setdefault(settings.business_unit_id, threading.BoundedSemaphore(MAX_IN_FLIGHT))

    def __enter__(self) -> Transport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the kept connections, those to the login host included."""
        self._wire.close()
        self._tokens.close()

    def get_json(self, path_or_url: str, params: Mapping[str, str | int] | None = None, *, operation: str) -> Reply:
        """Return the answer to a GET; costs one API call per attempt.

        Args:
            path_or_url: path below the API host, or an absolute URL that an answer gave.
            params: added to the query, fully encoded.
            operation: name for errors, events and logs: "export.read".

        Raises:
            TransientRequestError: patience ended, or asking for less might help (`should_split`).
            LimitReachedError: the daily allowance or our share of it is used up.
            AuthenticationError: the credentials, the business unit or a permission were refused.
            RejectedRequestError: Pardot refused; `code` says why.
            DataError: the answers are no JSON objects.
        """
        return self._run(Call("GET", self._url(path_or_url, params), operation), self._read_reply)

    def post_json(
        self,
        path: str,
        body: Mapping[str, Any],
        params: Mapping[str, str | int] | None = None,
        *,
        operation: str,
        idempotent: bool = False,
    ) -> Reply:
        """Return the answer to a POST with a JSON body; arguments and errors as for `get_json`.

        Unless `idempotent`, a call that may have taken effect is not repeated: TransientRequestError with
        `outcome_unknown` tells the caller to look first.
        """
        call = Call(
            "POST",
            self._url(path, params),
            operation,
            body=json.dumps(body, ensure_ascii=True, allow_nan=False).encode("ascii"),
            headers={"Content-Type": "application/json"},
            is_idempotent=idempotent,
        )
        return self._run(call, self._read_reply)

    def download(self, url: str, sink: Callable[[bytes], object], *, operation: str, max_bytes: int) -> None:
        """Stream a result file into the sink in pieces of at least 1 MiB; costs one API call per attempt.

        Until the headers are here, failures are retried as for `get_json` and the sink is not called. After
        that there is one attempt: the sink cannot unsee what it was given.

        Raises:
            TransientRequestError: with `body_interrupted` when the body broke off, was damaged or took too
                long; start the whole file again.
            DataError: the decoded file is larger than `max_bytes`, or these were no files.
            RequestError: as for `get_json`. Errors of the sink pass through untouched.
        """
        call = Call(
            "GET",
            self._url(url),
            operation,
            expects="a result file",
            headers={"Accept-Encoding": "identity"},
        )

        def read(response: requests.Response) -> None:
            self._read_file(call, response, sink, max_bytes)

        self._run(call, read)

    def insist_on_allowed(self, url: str) -> None:
        """Raise as `download` would when a link leads to a host that may not be spoken to; makes no call."""
        self._url(url)

    def server_now(self) -> datetime:
        """Return the time of Pardot's clock: the last `Date` header plus the time since; else our own."""
        seen = self._server_time
        if seen is None:
            return self._now()
        at, measured = seen
        return at + timedelta(seconds=self._monotonic() - measured)

    @property
    def clock_skew_seconds(self) -> float | None:
        """How far our clock is ahead of Pardot's, seconds, exact to about one; None before any answer."""
        return self._clock_skew_seconds

    # One call: attempts until one of them decides.

    def _run(self, call: Call, read: Callable[[requests.Response], Result]) -> Result:
        started = self._monotonic()
        attempt = unreadable = 0
        has_renewed = False
        while True:
            attempt += 1
            token = self._tokens.token()
            try:
                return self._attempt(call, token, read)
            except Trouble as caught:
                trouble = caught
            verdict = _verdict_on(call, trouble)
            if verdict is Verdict.RENEW_TOKEN and not has_renewed:
                has_renewed = True
                self._tell("token.renewed", call, trouble, attempt=attempt)
                self._tokens.renew(token)
                continue
            unreadable += trouble.failure is Failure.UNREADABLE
            wait = delay_seconds(attempt, verdict, trouble.retry_after, self._rng)
            if not self._may_repeat(verdict, attempt, unreadable, self._monotonic() - started, wait):
                raise build_error(
                    call,
                    trouble,
                    verdict,
                    attempts=attempt,
                    policy=self._policy,
                    allowance=self._allowance,
                )
            self._tell("request.retry", call, trouble, attempt=attempt, wait_seconds=wait)
            self._sleep(wait)

    def _may_repeat(self, verdict: Verdict, attempt: int, unreadable: int, elapsed: float, wait: float) -> bool:
        policy = self._policy
        return (
            verdict in (Verdict.RETRY, Verdict.WAIT_MINUTE)
            and attempt < policy.max_attempts
            and unreadable < policy.max_unreadable
            and wait <= policy.longest_wait_seconds
            and elapsed + wait <= policy.total_seconds
        )

    def _attempt(self, call: Call, token: AccessToken, read: Callable[[requests.Response], Result]) -> Result:
        url = check_url(call.url, self._settings)
        headers = {
            "Accept": "*/*",
            "Accept-Encoding": "gzip, identity",
            "Authorization": f"Bearer {token.value.reveal()}",
            "Pardot-Business-Unit-Id": self._settings.business_unit_id,
            "X-Return-Api-Usage": "1",
            **(call.headers or {}),
        }
        with self._slot:
            number = self._allowance.before_call(call.operation)
            began = self._monotonic()
            status: int | None = None
            try:
                response = self._wire.send(call.method, url, headers=headers, body=call.body)
                with closing(response):
                    status = response.status_code
                    self._note_clock(response.headers.get("Date"))
                    self._allowance.learn_header(response.headers.get("x-api-usage"), call=number)
                    self._refuse_trouble(response)
                    return read(response)
            except WireError as error:
                trouble = Trouble(status=status, reason=error.reason, failure=error.failure)
            except Trouble as refused:
                if _verdict_on(call, refused) is Verdict.LIMIT_REACHED:
                    self._allowance.note_used_up()  # before another call takes this one's place
                raise
            finally:
                self._allowance.after_call(number)
                self._log(call, status, self._monotonic() - began)
        raise trouble

    def _refuse_trouble(self, response: requests.Response) -> None:
        """Raise what a status outside 2xx says, from its body if it has anything to say."""
        if 200 <= response.status_code < 300:
            return
        if 300 <= response.status_code < 400:
            target = _host_of(response.headers.get("Location", ""))
            raise self._trouble(response, reason=f"a redirect to {target}, which is never followed")
        try:
            raw = self._read_bytes(response, 1 << 20)
        except BodyTooLargeError:
            raw = b""  # the status alone has to do
        except WireError as broken:
            raise self._trouble(response, reason=broken.reason, failure=Failure.REASON_LOST) from broken
        try:
            error = find_error(parse_object(raw))
        except UnreadableAnswerError:
            error = None
        if error is None:
            raise self._trouble(response)
        raise self._trouble(response, code=error.code, reason=error.message)

    def _read_reply(self, response: requests.Response) -> Reply:
        is_empty = response.status_code == 204
        data = {} if is_empty else self._parse(response, self._read_bytes(response, LARGEST_JSON_BYTES))
        warnings = parse_warnings(response.headers.get("Pardot-Warning"))
        return Reply(response.status_code, data, response.headers, warnings)

    def _read_file(
        self, call: Call, response: requests.Response, sink: Callable[[bytes], object], max_bytes: int
    ) -> None:
        content_type = response.headers.get("Content-Type", "")
        if any(word in content_type.lower() for word in _NOT_A_FILE):
            self._parse(response, self._read_bytes(response, 1 << 20))
            raise self._trouble(response, reason="JSON instead of a file", failure=Failure.UNREADABLE)
        try:
            read_body(
                response,
                sink,
                max_bytes=max_bytes,
                must_be_framed=True,
                seconds=DOWNLOAD_SECONDS,
                monotonic=self._monotonic,
            )
        except BodyTooLargeError:
            problem: PardotError = DataError(
                f"the file of {path_only(call.url)}",
                expected=f"at most {max_bytes} bytes",
                found="more, so the download was broken off",
            )
        except WireError as error:
            trouble = self._trouble(response, reason=error.reason)
            problem = TransientRequestError(call.operation, body_interrupted=True, **trouble.facts(call, 1))
        else:
            return
        raise problem

    def _parse(self, response: requests.Response, raw: bytes) -> dict[str, Any]:
        """Return the object of a 2xx answer; an error body is an error under any status."""
        try:
            data = parse_object(raw)
        except UnreadableAnswerError as found:
            trouble = self._trouble(response, reason=str(found), failure=Failure.UNREADABLE)
        else:
            error = find_error(data)
            if error is None:
                return data
            trouble = self._trouble(response, code=error.code, reason=error.message)
        raise trouble

    def _read_bytes(self, response: requests.Response, max_bytes: int) -> bytes:
        raw = bytearray()
        read_body(
            response,
            raw.extend,
            max_bytes=max_bytes,
            must_be_framed=False,
            seconds=5 * self._settings.request_timeout_seconds,
            monotonic=self._monotonic,
        )
        return bytes(raw)

    def _trouble(
        self,
        response: requests.Response,
        *,
        code: int | None = None,
        reason: str | None = None,
        failure: Failure | None = None,
    ) -> Trouble:
        found = (response.headers.get(name) for name in _REQUEST_IDS)
        return Trouble(
            status=response.status_code,
            code=code,
            reason=reason,
            failure=failure,
            retry_after=parse_retry_after(response.headers.get("Retry-After"), self._now()),
            request_id=next(filter(None, found), None),
        )

    # Small things.

    def _url(self, path_or_url: str, params: Mapping[str, str | int] | None = None) -> str:
        is_path = path_or_url.startswith("/") and not path_or_url.startswith("//")
        url = check_url(self._settings.api_url + path_or_url if is_path else path_or_url, self._settings)
        if not params:
            return url
        query = urlencode(params, quote_via=quote, safe=",.")
        return f"{url}{'&' if urlsplit(url).query else '?'}{query}"

    def _note_clock(self, header: str | None) -> None:
        try:
            at = parsedate_to_datetime(header or "")
            at = at.astimezone(timezone.utc) if at.tzinfo else at.replace(tzinfo=timezone.utc)
        except (ValueError, TypeError, IndexError, OverflowError):
            return
        if not 2000 <= at.year < 3000:  # windows are counted from here, to both sides
            return
        self._server_time = (at, self._monotonic())
        self._clock_skew_seconds = (self._now() - at).total_seconds()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), timezone.utc)

    def _tell(self, name: str, call: Call, trouble: Trouble, **fields: int | float) -> None:
        facts = {"status": trouble.status, "code": trouble.code, **fields}
        event = Event(name, {"operation": call.operation, **facts})
        log_event(event)
        if self._on_event is not None:
            self._on_event(event)

    def _log(self, call: Call, status: int | None, seconds: float) -> None:
        facts = {"operation": call.operation, "method": call.method, "path": path_only(call.url)}
        log_event(Event("request.done", {**facts, "status": status, "milliseconds": round(seconds * 1000)}), 10)


def _verdict_on(call: Call, trouble: Trouble) -> Verdict:
    return classify(trouble.status, trouble.code, trouble.failure, idempotent=call.is_idempotent)


def _host_of(link: str) -> str:
    try:
        return urlsplit(link).hostname or "nowhere"
    except ValueError:
        return "an unreadable address"
