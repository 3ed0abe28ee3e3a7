"""Codes that stand for a person's consent: those of a browser, and those of a device.

Source: Salesforce Help, "OAuth 2.0 Web Server Flow" and "OAuth 2.0 Device Flow"; RFC 7636 for the challenge.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from pardot_emulator.behaviour import Behaviour
from pardot_emulator.errors import OAuthError

CODE_LIFE = timedelta(minutes=15)
DEVICE_LIFE = timedelta(minutes=10)
DEVICE_INTERVAL_SECONDS = 5
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"


@dataclass
class _Granted:
    """An authorization code: what it was given for, and until when."""

    redirect_uri: str
    challenge: str
    ends_at: datetime


@dataclass
class BrowserCodes:
    """Authorization codes; each is good once."""

    _codes: dict[str, _Granted] = field(default_factory=dict)

    def answer(self, query: Mapping[str, str], *, consents: bool, now: datetime) -> str:
        """Return where the browser is sent, with a code or with the person's refusal."""
        answer = {"error": "access_denied", "error_description": "end-user denied authorization"}
        if query.get("response_type") != "code":
            answer = {"error": "unsupported_response_type", "error_description": "response type not supported"}
        elif consents:
            code = f"aPrx{secrets.token_urlsafe(40)}"
            challenge = query.get("code_challenge", "")
            self._codes[code] = _Granted(query["redirect_uri"], challenge, now + CODE_LIFE)
            answer = {"code": code}
        if "state" in query:
            answer["state"] = query["state"]
        separator = "&" if "?" in query["redirect_uri"] else "?"
        return f"{query['redirect_uri']}{separator}{urlencode(answer)}"

    def redeem(self, form: Mapping[str, str], now: datetime) -> None:
        """Accept a code and its verifier.

        Raises:
            OAuthError: the code is unknown, used or over, or is another's.
        """
        granted = self._codes.pop(form.get("code", ""), None)
        if granted is None:
            raise OAuthError("invalid_grant", "invalid authorization code")
        if granted.ends_at <= now:
            raise OAuthError("invalid_grant", "expired authorization code")
        if granted.redirect_uri != form.get("redirect_uri"):
            raise OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if granted.challenge and not hmac.compare_digest(challenge, granted.challenge):
            raise OAuthError("invalid_grant", "invalid code verifier")

    def secrets(self) -> list[str]:
        """Return every code that was not redeemed."""
        return list(self._codes)


@dataclass
class _Device:
    user_code: str
    ends_at: datetime
    consents: bool | None = None
    """None until the person has answered."""
    asked_at: datetime | None = None
    interval: timedelta = timedelta(seconds=DEVICE_INTERVAL_SECONDS)


@dataclass
class DeviceCodes:
    """Codes of devices that wait for a person."""

    behaviour: Behaviour
    _devices: dict[str, _Device] = field(default_factory=dict)

    def begin(self, address: str, now: datetime) -> dict[str, str | int]:
        """Answer a device that asks for a code."""
        code = secrets.token_urlsafe(40)
        user_code = "".join(secrets.choice(_LETTERS) for _ in range(8))
        self._devices[code] = _Device(user_code, now + DEVICE_LIFE)
        return {
            "device_code": code,
            "user_code": user_code,
            "verification_uri": address,
            "interval": DEVICE_INTERVAL_SECONDS,
        }

    def enter(self, user_code: str, *, consents: bool) -> bool:
        """Enter the short code as a person; return whether there is such a device."""
        for device in self._devices.values():
            if device.user_code == user_code:
                device.consents = consents
                return True
        return False

    def redeem(self, form: Mapping[str, str], now: datetime) -> None:
        """Accept a device's code once its person consented.

        Raises:
            OAuthError: not yet, asked too soon, refused, over, or unknown.
        """
        device = self._devices.get(form.get("code", ""))
        if device is None:
            raise OAuthError("invalid_grant", "invalid device code")
        if device.ends_at <= now:
            raise OAuthError(self.behaviour.device_code_over, "expired device code")
        last, device.asked_at = device.asked_at, now
        if last is not None and now - last < device.interval:
            device.interval += timedelta(seconds=5)
            raise OAuthError("slow_down", "polling too often")
        if device.consents is None:
            raise OAuthError("authorization_pending", "User has not yet completed authorization")
        del self._devices[form["code"]]
        if not device.consents:
            raise OAuthError("access_denied", "end-user denied authorization")

    def secrets(self) -> list[str]:
        """Return the codes of every device that waits."""
        return list(self._devices)
