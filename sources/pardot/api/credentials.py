"""Logging in: the only module that reveals secret values.

A token is asked for when it is first needed and kept in memory until the API refuses it: Salesforce names no
lifetime, and any number that it might add is not trusted over the API's own answer.
"""

from __future__ import annotations

import copy
import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import urlencode, urlsplit

from ..errors import AuthenticationError, SettingsError, TransientRequestError
from ..events import Event, log_event
from ..redaction import HIDDEN, RedactingFilter, Secret, redact, register_secret
from ..settings import Settings
from .answers import UnreadableAnswerError, parse_object
from .bodies import WireError, read_body
from .retry import Failure, RetryPolicy, Verdict, delay_seconds, parse_retry_after
from .wire import Wire

__all__ = ["HIDDEN", "AccessToken", "RedactingFilter", "TokenProvider", "redact", "register_secret"]

TOKEN_PATH: Final = "/services/oauth2/token"  # noqa: S105  no password
OPERATION: Final = "login"

_LARGEST_ANSWER_BYTES: Final = 1 << 20
_ASSERTION_SECONDS: Final = 180
_TOLERATED_SKEW_SECONDS: Final = 60
_SMALLEST_KEY_BITS: Final = 2048
_PASSING_ERRORS: Final = frozenset({"rate_limit_exceeded", "server_error", "temporarily_unavailable"})

_HINTS: Final[Mapping[str, tuple[str, ...]]] = {
    "invalid_client_id": ("check `client_id`, and `login_url` or `environment`: the app is unknown to this host",),
    "invalid_client": (
        "check `client_secret`",
        "for client credentials set `login_url` to your My Domain host",
    ),
    "invalid_app_access": ("approve the connected app for this user (Manage > Permitted Users)",),
    "inactive_user": ("activate the Salesforce user, or use another one",),
    "inactive_org": ("the Salesforce org is closed or locked; ask its administrator",),
    "unsupported_grant_type": ("allow this OAuth flow in the connected app, or use another one",),
    "unauthorized_client": ("allow this OAuth flow in the connected app, or use another one",),
    "invalid_scope": ("give the connected app the scope `pardot_api`",),
    "redirect_uri_mismatch": ("check `login_url`",),
}
"""OAuth `error` -> what is usually wrong. Source: Salesforce Help, "OAuth 2.0 error codes"."""

_GRANT_HINTS: Final[Mapping[str, tuple[str, ...]]] = {
    "refresh_token": ("the refresh token is revoked, expired or of another app or environment: get a new one",),
    "password": (
        "check `username`, `password` and `security_token` (a password change renews the security token)",
        "check that the org still allows the username-password flow",
    ),
    "jwt_bearer": (
        "approve the connected app for `username` (Manage > Permitted Users)",
        "check that the certificate in the app belongs to the private key, and `environment` to the org",
    ),
    "client_credentials": ("enable the client credentials flow in the app and name its run-as user",),
}
"""Login method -> what `invalid_grant` usually means for it."""


@dataclass(frozen=True)
class AccessToken:
    """A token as issued; `number` counts the logins of this process."""

    value: Secret = field(compare=False)
    number: int


@dataclass(frozen=True)
class _Answer:
    status: int
    data: Mapping[str, Any] | None
    """None when the answer is no JSON object."""
    server_time: datetime | None
    retry_after: float | None


class TokenProvider:
    """Gives out the access token and renews it on demand, one login at a time, from any thread.

    A refused login is remembered: asking again with the same credentials would only lock the user out.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.time,
        wire: Wire | None = None,
        sleep: Callable[[float], object] = time.sleep,
        rng: random.Random | None = None,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._wire = wire or Wire(timeout_seconds=settings.request_timeout_seconds)
        self._sleep = sleep
        self._rng = rng or random.Random()  # noqa: S311  spreads retries, guards nothing
        self._policy = policy or RetryPolicy(max_attempts=5)
        self._lock = threading.Lock()
        self._current: AccessToken | None = None
        self._refused: AuthenticationError | None = None
        self._refresh_token = settings.credentials.refresh_token
        self._token_calls = 0

    @property
    def token_calls(self) -> int:
        """Calls to the token endpoint so far, retries included."""
        return self._token_calls

    def token(self) -> AccessToken:
        """Return the current token; logs in when there is none.

        Raises:
            AuthenticationError: the credentials were refused, now or before.
            SettingsError: the private key cannot be used.
            TransientRequestError: the login host could not be reached or was out of order.
        """
        with self._lock:
            return self._current or self._log_in()

    def renew(self, stale: AccessToken) -> AccessToken:
        """Return a newer token than the stale one; raises like `token`."""
        with self._lock:
            if self._current is not None and self._current != stale:
                return self._current  # another thread was faster
            return self._log_in()

    def close(self) -> None:
        """Close the connections to the login host."""
        self._wire.close()

    def _log_in(self) -> AccessToken:
        if self._refused is not None:
            raise copy.copy(self._refused)
        try:
            answer = self._ask()
        except AuthenticationError as refused:
            self._refused = refused
            raise
        number = 1 if self._current is None else self._current.number + 1
        self._current = AccessToken(Secret(str(answer["access_token"])), number)
        if self._settings.login_method == "refresh_token" and isinstance(answer.get("refresh_token"), str):
            self._refresh_token = Secret(answer["refresh_token"])
        log_event(Event("token.issued", {"method": self._settings.login_method, "number": number}))
        return self._current

    def _ask(self) -> Mapping[str, Any]:
        """Ask until an answer decides; return it when it holds a token."""
        for attempt in range(1, self._policy.max_attempts + 1):
            problem: str
            retry_after = status = None
            try:
                answer = self._exchange()
            except WireError as failure:
                if failure.failure is Failure.UNUSABLE:
                    self._refuse(None, failure.reason, ("check `login_url`, the proxy and the certificates",))
                problem = failure.reason
            else:
                status, retry_after = answer.status, answer.retry_after
                if _is_token(answer):
                    return answer.data or {}
                if not _is_passing(answer):
                    self._explain(answer)
                problem = "an answer without a token"
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
                )
            log_event(Event("login.retry", {"attempt": attempt, "status": status, "wait_seconds": wait}))
            self._sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _exchange(self) -> _Answer:
        body = urlencode(self._form()).encode("ascii")
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        self._token_calls += 1
        response = self._wire.send("POST", self._settings.login_url + TOKEN_PATH, headers=headers, body=body)
        raw = bytearray()
        with closing(response):
            read_body(
                response,
                raw.extend,
                max_bytes=_LARGEST_ANSWER_BYTES,
                must_be_framed=False,
                seconds=2 * self._settings.request_timeout_seconds,
                monotonic=time.monotonic,
            )
        try:
            data = parse_object(bytes(raw))
        except UnreadableAnswerError:
            data = None
        retry_after = parse_retry_after(response.headers.get("Retry-After"), self._now())
        return _Answer(response.status_code, data, _date(response.headers.get("Date")), retry_after)

    def _form(self) -> dict[str, str]:
        given = self._settings.credentials
        form = {"client_id": given.client_id}
        if given.client_secret is not None:
            form["client_secret"] = given.client_secret.reveal()
        method = self._settings.login_method
        if method == "refresh_token" and self._refresh_token is not None:
            return {**form, "grant_type": "refresh_token", "refresh_token": self._refresh_token.reveal()}
        if method == "password" and given.password is not None:
            token = given.security_token.reveal() if given.security_token else ""
            password = given.password.reveal() + token
            return {**form, "grant_type": "password", "username": given.username or "", "password": password}
        if method == "jwt_bearer":
            grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
            return {"grant_type": grant, "assertion": self._assertion()}
        return {**form, "grant_type": "client_credentials"}

    def _assertion(self) -> str:
        import jwt

        # The audience names the kind of org, not the host: a My Domain host takes the same two.
        host = "test" if self._settings.environment == "sandbox" else "login"
        claims = {
            "iss": self._settings.credentials.client_id,
            "sub": self._settings.credentials.username,
            "aud": f"https://{host}.salesforce.com",
            "exp": int(self._clock()) + _ASSERTION_SECONDS,
        }
        assertion = jwt.encode(claims, self._private_key(), algorithm="RS256")
        register_secret(assertion)
        return assertion

    def _private_key(self) -> Any:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        given = self._settings.credentials
        where = "sources.pardot.credentials." + ("private_key" if given.private_key else "private_key_file")
        try:
            secret = given.private_key or Secret(Path(given.private_key_file or "").expanduser().read_text("ascii"))
            key = load_pem_private_key(secret.reveal().encode("ascii"), password=None)
        except OSError as problem:
            raise SettingsError(f"{where} cannot be read: {problem.strerror}") from None
        except TypeError:
            raise SettingsError(f"{where} is encrypted; expected an unencrypted key, guarded by chmod 600") from None
        except (ValueError, UnsupportedAlgorithm):
            raise SettingsError(f"{where} is no private key in PEM form") from None
        if not isinstance(key, RSAPrivateKey):
            raise SettingsError(f"{where} is of another kind; expected an RSA key")
        if key.key_size < _SMALLEST_KEY_BITS:
            raise SettingsError(f"{where} has {key.key_size} bits; expected {_SMALLEST_KEY_BITS} or more")
        return key

    def _explain(self, answer: _Answer) -> NoReturn:
        """Raise what a final answer without token means."""
        data = answer.data or {}
        error = data.get("error")
        if not isinstance(error, str):
            if 300 <= answer.status < 400:
                self._refuse(answer.status, "the login host redirects", ("set `login_url` to the right host",))
            self._refuse(answer.status, "the answer holds no token", ("check `login_url`",))
        description = data.get("error_description")
        said = f"{error}: {description}" if isinstance(description, str) else error
        hints = _GRANT_HINTS[self._settings.login_method] if error == "invalid_grant" else _HINTS.get(error, ())
        skew = self._skew_hint(answer.server_time)
        self._refuse(answer.status, said, (skew, *hints) if skew else hints)

    def _skew_hint(self, server_time: datetime | None) -> str | None:
        """Return the hint about a wrong clock, which makes a signed assertion invalid."""
        if server_time is None or self._settings.login_method != "jwt_bearer":
            return None
        ahead = (self._now() - server_time).total_seconds()
        if abs(ahead) <= _TOLERATED_SKEW_SECONDS:
            return None
        direction = "ahead of" if ahead > 0 else "behind"
        return f"check the clock of this machine, it is {abs(ahead):.0f} seconds {direction} the server's"

    def _refuse(self, status: int | None, said: str, hints: tuple[str, ...]) -> NoReturn:
        raise AuthenticationError(
            OPERATION,
            method="POST",
            path=TOKEN_PATH,
            status=status,
            reason=redact(f"{said} ({urlsplit(self._settings.login_url).hostname})"),
            hints=hints,
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), timezone.utc)


def _is_token(answer: _Answer) -> bool:
    """Whether the answer holds a token that may stand in a header."""
    token = (answer.data or {}).get("access_token")
    return answer.status == 200 and isinstance(token, str) and token.isascii() and token.isprintable() and token != ""


def _is_passing(answer: _Answer) -> bool:
    """Whether the same login may succeed later."""
    if answer.status == 429 or answer.status >= 500:
        return True
    if answer.data is None:
        return answer.status == 200  # a maintenance page
    return answer.data.get("error") in _PASSING_ERRORS


def _date(header: str | None) -> datetime | None:
    try:
        when = parsedate_to_datetime(header or "")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when if when.tzinfo is not None else when.replace(tzinfo=timezone.utc)
