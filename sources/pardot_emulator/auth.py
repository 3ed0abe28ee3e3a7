"""The Salesforce login host, and the check of every API request's two headers.

Source: developer guide, "Authentication"; the OAuth flows are Salesforce's own.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pardot_emulator.behaviour import Behaviour
from pardot_emulator.clock import Clock
from pardot_emulator.consent import BrowserCodes, DeviceCodes
from pardot_emulator.errors import ApiError, OAuthError
from pardot_emulator.rsa import PublicKey

BUSINESS_UNIT_ID = "0Uv5g0000004CAGAA2"
_ASSERTION_LIFE = timedelta(minutes=5)
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_WITHOUT_SECRET = frozenset({"refresh_token", "authorization_code", "device"})
"""Grants for which an app may be set not to ask for its secret."""
_LOGIN_HOSTS = frozenset({"https://login.salesforce.com", "https://test.salesforce.com"})


@dataclass(frozen=True)
class Credentials:
    """What the emulator's connected app and API user log in with. All invented."""

    client_id: str = "3MVG9.emulator.client.id"
    client_secret: str = "emulator-client-secret-7f3a"
    refresh_token: str = "5Aep861.emulator.refresh.token"
    username: str = "api.user@example.com"
    password: str = "emulator-password-c41d"
    security_token: str = "EmulatorSecurityToken9b"
    public_keys: tuple[PublicKey, ...] = ()
    """Keys of the certificate of the connected app, for JWT bearer logins."""
    business_unit_id: str = BUSINESS_UNIT_ID
    callback_urls: tuple[str, ...] = ("http://localhost:8977/callback",)
    """Where the connected app lets a browser be sent with its code."""
    scopes: tuple[str, ...] = ("pardot_api", "refresh_token")
    """What the connected app may be granted."""
    requires_secret: bool = True
    """Whether the app asks for its secret where a person or a refresh token stands behind the login."""
    consents: bool = True
    """Whether the person in the browser allows the app."""
    is_user_in_unit: bool = True
    """Whether the user is synced to the business unit."""


@dataclass
class Authority:
    """Issues access tokens and recognises them.

    Args:
        credentials: what is accepted.
        behaviour: life of a token, rotation, form of the answer.
        clock: decides expiry, of assertions as well.
        login_url: also accepted as the audience of an assertion.
    """

    credentials: Credentials
    behaviour: Behaviour
    clock: Clock
    login_url: str = ""
    logins: int = 0
    """Tokens issued so far."""
    _tokens: dict[str, datetime] = field(default_factory=dict)
    _powerless: set[str] = field(default_factory=set)
    """Access tokens that Account Engagement does not take."""
    _refresh_tokens: list[str] = field(default_factory=list)
    _first_valid: int = 0
    """Refresh tokens before this one are revoked."""
    _assertions: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._refresh_tokens.append(self.credentials.refresh_token)
        self._codes = BrowserCodes()
        self._devices = DeviceCodes(self.behaviour)

    # -- login

    def issue(self, form: Mapping[str, str], authorization: str | None) -> Mapping[str, str | int]:
        """Answer a request to the token endpoint.

        Args:
            form: the decoded body.
            authorization: header with the client's id and secret, unless they are in the form.

        Raises:
            OAuthError: the login is refused.
        """
        grants: Mapping[str, Callable[[Mapping[str, str]], dict[str, str]]] = {
            "refresh_token": self._grant_refresh,
            "password": self._grant_password,
            "client_credentials": lambda _: {},
            _JWT_BEARER: self._grant_assertion,
            "authorization_code": self._grant_code,
            "device": self._grant_device,
        }
        if form.get("response_type") == "device_code":
            with self._lock:
                self._check_client(form, authorization, needs_secret=False)
                return self._devices.begin(f"{self.login_url}/setup/connect", self.clock.now())
        grant_type = form.get("grant_type", "")
        if grant_type not in grants:
            raise OAuthError("unsupported_grant_type", "grant type not supported")
        with self._lock:
            if grant_type != _JWT_BEARER:
                needs_secret = self.credentials.requires_secret or grant_type not in _WITHOUT_SECRET
                self._check_client(form, authorization, needs_secret=needs_secret)
            extra = grants[grant_type](form)
            return self._token_answer(is_password=grant_type == "password") | extra

    def authorize(self, query: Mapping[str, str]) -> str:
        """Answer a browser that asks a person for consent: return where it is sent next.

        Raises:
            OAuthError: the app or its callback is not known; the browser shows it and goes nowhere.
        """
        if query.get("client_id") != self.credentials.client_id:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if query.get("redirect_uri") not in self.credentials.callback_urls:
            raise OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration")
        with self._lock:
            return self._codes.answer(query, consents=self.credentials.consents, now=self.clock.now())

    def enter_user_code(self, user_code: str) -> bool:
        """Enter the short code of a device as a person; return whether it was known."""
        with self._lock:
            return self._devices.enter(user_code, consents=self.credentials.consents)

    def _check_client(self, form: Mapping[str, str], authorization: str | None, *, needs_secret: bool) -> None:
        basic = _parse_basic(authorization)
        client_id, client_secret = basic or (form.get("client_id", ""), form.get("client_secret", ""))
        if not _same(client_id, self.credentials.client_id):
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if (needs_secret or client_secret) and not _same(client_secret, self.credentials.client_secret):
            raise OAuthError("invalid_client", "invalid client credentials")

    def _grant_refresh(self, form: Mapping[str, str]) -> dict[str, str]:
        revokes = self.behaviour.refresh_tokens == "new, old revoked"
        valid = self._refresh_tokens[self._first_valid :]
        valid = valid[-1:] if revokes else valid
        if not any(_same(form.get("refresh_token", ""), each) for each in valid):
            raise OAuthError("invalid_grant", "expired access/refresh token")
        return {} if self.behaviour.refresh_tokens == "constant" else self._new_refresh_token()

    def _grant_code(self, form: Mapping[str, str]) -> dict[str, str]:
        self._codes.redeem(form, self.clock.now())
        return self._new_refresh_token()

    def _grant_device(self, form: Mapping[str, str]) -> dict[str, str]:
        self._devices.redeem(form, self.clock.now())
        return self._new_refresh_token()

    def _new_refresh_token(self) -> dict[str, str]:
        if "refresh_token" not in self.credentials.scopes:
            return {}
        self._refresh_tokens.append(f"5Aep861.{secrets.token_urlsafe(24)}")
        return {"refresh_token": self._refresh_tokens[-1]}

    def _grant_password(self, form: Mapping[str, str]) -> dict[str, str]:
        known = self.credentials
        passwords = (known.password, known.password + known.security_token)
        is_right = any(_same(form.get("password", ""), each) for each in passwords)
        if not is_right or not _same(form.get("username", ""), known.username):
            raise OAuthError("invalid_grant", "authentication failure")
        return {}

    def _grant_assertion(self, form: Mapping[str, str]) -> dict[str, str]:
        assertion = form.get("assertion", "")
        try:
            signed, _, signature = assertion.rpartition(".")
            header, claims = (json.loads(_decode_base64url(part)) for part in signed.split("."))
            is_signed = header["alg"] == "RS256" and any(
                key.verifies(signed.encode(), _decode_base64url(signature)) for key in self.credentials.public_keys
            )
            expires_in = timedelta(seconds=float(claims["exp"]) - self.clock.now().timestamp())
            issuer, subject, audience = claims["iss"], claims["sub"], claims["aud"]
        except (ValueError, TypeError, KeyError) as error:
            raise OAuthError("invalid_grant", "invalid assertion") from error
        if issuer != self.credentials.client_id:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if not is_signed:
            raise OAuthError("invalid_grant", "invalid assertion")
        if audience not in _LOGIN_HOSTS | {self.login_url}:
            raise OAuthError("invalid_grant", "audience is invalid")
        if not timedelta() < expires_in <= _ASSERTION_LIFE:
            raise OAuthError("invalid_grant", "assertion is expired or valid for too long")
        if subject != self.credentials.username:
            raise OAuthError("invalid_grant", "user hasn't approved this consumer")
        self._assertions.append(assertion)
        return {}

    def _token_answer(self, *, is_password: bool) -> dict[str, str]:
        now = self.clock.now()
        token = f"00D5g00000EMUL8!{secrets.token_urlsafe(48)}"
        self._tokens[token] = now + timedelta(seconds=self.behaviour.token_seconds)
        if not is_password and "pardot_api" not in self.credentials.scopes:
            self._powerless.add(token)  # only the password flow does without: developer guide, "Authentication"
        self.logins += 1
        answer = {
            "access_token": token,
            "instance_url": "https://acme.my.salesforce.example",
            "id": f"{self.login_url}/id/00D5g00000EMUL8EAG/0055g00000APIUSAA4",
            "token_type": "Bearer",
            "issued_at": str(int(now.timestamp() * 1000)),
            "signature": base64.b64encode(secrets.token_bytes(32)).decode(),
        }
        if self.behaviour.token_scope:
            answer["scope"] = " ".join(self.credentials.scopes)
        if self.behaviour.token_expires_in:
            answer["expires_in"] = str(self.behaviour.token_seconds)
        return answer

    # -- requests

    def check(self, headers: Mapping[str, str]) -> None:
        """Recognise a request by its headers, given with lower-case names.

        Raises:
            ApiError: in this order: 49 no credentials, 199 credentials of the old kind, 184 unknown or
                expired token, 181 no business unit, 182 not the form of one, 201 an unknown one.
        """
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if not scheme:
            raise ApiError(49)
        if "api_key" in token:
            raise ApiError(199)
        with self._lock:
            expires_at = self._tokens.get(token.strip())
            if token.strip() in self._powerless or not self.credentials.is_user_in_unit:
                expires_at = None
        if scheme.lower() != "bearer" or expires_at is None or expires_at <= self.clock.now():
            raise ApiError(184, self.behaviour.detail_of_184)
        unit = headers.get("pardot-business-unit-id")
        if not unit:
            raise ApiError(181, "Pardot-Business-Unit-Id header not found on request.")
        if len(unit) != 18 or not unit.startswith("0Uv") or not unit.isalnum():
            raise ApiError(182, "Pardot-Business-Unit-Id")
        if unit != self.credentials.business_unit_id:
            raise ApiError(201)

    def expire_tokens(self) -> None:
        """End the life of every access token issued so far."""
        with self._lock:
            now = self.clock.now()
            self._tokens = dict.fromkeys(self._tokens, now)

    def revoke_refresh_tokens(self) -> None:
        """Revoke every refresh token, as an administrator does in Connected Apps OAuth Usage."""
        with self._lock:
            self._first_valid = len(self._refresh_tokens)

    def secrets(self) -> list[str]:
        """Return every secret accepted or issued so far: none may be found in a log, a file or a table."""
        known = self.credentials
        with self._lock:
            configured = [known.client_secret, known.password, known.security_token]
            codes = [*self._codes.secrets(), *self._devices.secrets()]
            return [*configured, *self._refresh_tokens, *self._tokens, *self._assertions, *codes]


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _parse_basic(authorization: str | None) -> tuple[str, str] | None:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, client_secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise OAuthError("invalid_client", "invalid client credentials") from error
    return client_id, client_secret


def _decode_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
