"""Logging in with a person: a browser on this machine, or any browser and a short code.

Both end with a refresh token, for who keeps it. The codes on the way are secrets: they go to the login host, in the
body of a request, and nowhere else. What is shown to the person is the address and the short code alone.

Sources: Salesforce Help, "OAuth 2.0 Web Server Flow" (with PKCE, RFC 7636) and "OAuth 2.0 Device Flow".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from ..redaction import Secret
from ..settings import Settings
from .grants import client_form
from .hosts import is_loopback_url
from .login_host import LoginHost
from .refusals import LoginAnswer, explain, refusal

SCOPES: Final = "pardot_api refresh_token"
AGAIN: Final = "pardot-etl login"
AGAIN_DEVICE: Final = "pardot-etl login --device"

_FIRST_INTERVAL_SECONDS: Final = 5.0
_LONGEST_INTERVAL_SECONDS: Final = 60.0
_DEVICE_CODE_SECONDS: Final = 600.0
_LONGEST_DEVICE_CODE_SECONDS: Final = 1800.0
_LONGEST_USER_CODE: Final = 40


@dataclass(frozen=True)
class Authorization:
    """One question to a person in a browser, and what proves that an answer belongs to it."""

    url: str
    """The address to open; holds no secret."""
    redirect_uri: str
    state: str = field(repr=False)
    verifier: Secret


def begin_authorization(settings: Settings, redirect_uri: str) -> Authorization:
    """Return a new question; makes no call.

    Args:
        redirect_uri: where the browser takes the answer; the connected app must know it letter by letter.
    """
    state, verifier = secrets.token_urlsafe(32), Secret(secrets.token_urlsafe(64))
    digest = hashlib.sha256(verifier.reveal().encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": settings.credentials.client_id,
        "redirect_uri": redirect_uri,
        "scope": SCOPES,
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    url = f"{settings.login_url}/services/oauth2/authorize?{urlencode(asked)}"
    return Authorization(url, redirect_uri, state, verifier)


def read_callback(settings: Settings, authorization: Authorization, query: str) -> Secret:
    """Return the code in the query that the browser brought.

    Raises:
        AuthenticationError: it answers another question, or says that the person or Salesforce refused.
    """
    given = {name: values[0] for name, values in parse_qs(query).items()}
    if not hmac.compare_digest(given.get("state", "").encode(), authorization.state.encode()):
        hints = ("an older tab, or another program, has answered: use the newest address",)
        raise refusal(settings, None, "the answer in the browser has a wrong state", hints, again=AGAIN)
    if "error" in given or "code" not in given:
        answer = LoginAnswer(None, {"error": "the answer in the browser holds no code", **given})
        raise explain(settings, answer, "web_server", again=AGAIN)
    return Secret(given["code"])


def exchange_code(host: LoginHost, authorization: Authorization, code: Secret) -> Secret:
    """Return the refresh token for a code; one call.

    Raises:
        AuthenticationError: the code is expired, was used, or the app gives no refresh token.
        TransientRequestError: the login host could not be reached or was out of order.
    """
    answer = host.ask(
        lambda: {
            **client_form(host.settings),
            "grant_type": "authorization_code",
            "code": code.reveal(),
            "redirect_uri": authorization.redirect_uri,
            "code_verifier": authorization.verifier.reveal(),
        }
    )
    return _refresh_token(host, answer, "web_server")


@dataclass(frozen=True)
class DeviceCode:
    """A short code that a person enters in any browser, and how to ask whether that was done."""

    user_code: str
    verification_uri: str
    device_code: Secret
    interval_seconds: float
    life_seconds: float


def begin_device(host: LoginHost) -> DeviceCode:
    """Ask for a short code; one call.

    Raises:
        AuthenticationError: the app may not do so, or the answer cannot be used.
        TransientRequestError: the login host could not be reached or was out of order.
    """
    asked = {"response_type": "device_code", "scope": SCOPES}
    answer = host.ask(lambda: {**client_form(host.settings), **asked})
    code = answer.text("device_code")
    user_code, address = answer.text("user_code"), answer.text("verification_uri")
    if not code:
        raise explain(host.settings, answer, "device", again=host.again)
    if not 0 < len(user_code) <= _LONGEST_USER_CODE or not _is_salesforce(host.settings, address):
        said = "the answer names no code, or no address at Salesforce's to enter it"
        raise refusal(host.settings, answer.status, said, ("check `login_url`",), again=host.again)
    return DeviceCode(
        user_code,
        address,
        Secret(code),
        _seconds(answer, "interval", _FIRST_INTERVAL_SECONDS, _LONGEST_INTERVAL_SECONDS),
        _seconds(answer, "expires_in", _DEVICE_CODE_SECONDS, _LONGEST_DEVICE_CODE_SECONDS),
    )


def wait_for_device(
    host: LoginHost,
    device: DeviceCode,
    *,
    sleep: Callable[[float], object],
    monotonic: Callable[[], float] = time.monotonic,
) -> Secret:
    """Return the refresh token once the person has entered the code.

    Raises:
        AuthenticationError: the person refused, or the code's time is over.
        TransientRequestError: the login host could not be reached or was out of order.
    """
    interval, deadline = device.interval_seconds, monotonic() + device.life_seconds
    while True:
        sleep(interval)
        answer = host.ask(
            lambda: {**client_form(host.settings), "grant_type": "device", "code": device.device_code.reveal()}
        )
        is_waiting = answer.error in ("authorization_pending", "slow_down")
        if answer.error == "slow_down":  # five seconds more from now on: RFC 8628, section 3.5
            interval = min(interval + 5, _LONGEST_INTERVAL_SECONDS)
        if is_waiting and monotonic() + interval <= deadline:
            continue
        if is_waiting:
            answer = LoginAnswer(answer.status, {"error": "expired_token"})
        return _refresh_token(host, answer, "device")


def _refresh_token(host: LoginHost, answer: LoginAnswer, method: str) -> Secret:
    if not answer.has_token:
        raise explain(host.settings, answer, method, again=host.again)
    Secret(answer.text("access_token"))  # never used, and still nothing to be shown
    token = answer.text("refresh_token")
    if not token:
        hints = ("give the connected app the scope `refresh_token` (Perform requests at any time)",)
        raise refusal(host.settings, answer.status, "the answer holds no refresh token", hints, again=host.again)
    return Secret(token)


def _is_salesforce(settings: Settings, address: str) -> bool:
    """Whether a person may be sent to an address: the login host, or another of Salesforce's over https."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    if "@" in parts.netloc or "\\" in address or " " in address:
        return False
    if f"{parts.scheme}://{parts.netloc}" == settings.login_url:
        return True
    return parts.scheme == "https" and host.endswith(".salesforce.com") and not is_loopback_url(settings.login_url)


def _seconds(answer: LoginAnswer, name: str, usual: float, longest: float) -> float:
    """Return a number of seconds in an answer, sent as a number or as text, within reason."""
    try:
        seconds = float(str((answer.data or {}).get(name)))
    except ValueError:
        return usual
    return min(max(seconds, 1.0), longest) if math.isfinite(seconds) else usual
