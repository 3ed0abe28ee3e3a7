"""Every login with everything that can be wrong with it: exit code and message, as one reviewed table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from command_line import assert_golden
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from people import Browser, Typist, free_port, short_code, with_query

from pardot.api.token_store import LOGINS, TokenStore
from pardot.errors import PardotError
from pardot.session import open_session
from pardot.settings import Settings, load_settings
from pardot_emulator import Credentials, Emulator, Fault, ManualClock, PublicKey, Store
from pardot_etl.verbs.login import log_in_by_browser, log_in_by_device, store_login

KNOWN = Credentials()
Provoke = Callable[[Emulator], object]


@dataclass(frozen=True)
class Variant:
    """Something that is wrong: in the settings, at Salesforce's, or on the way."""

    settings: dict[str, Any] = field(default_factory=dict)
    app: dict[str, Any] = field(default_factory=dict)
    """What is different about the emulator's app or user."""
    provoke: Provoke = lambda _emulator: None
    browser: Browser = field(default_factory=Browser)
    ours_minutes_ahead: float = 0.0
    waits: bool = True
    """Whether the person answers at all."""


def oauth(error: str, description: str, *, times: int = 1, skip: int = 0) -> Provoke:
    body = f'{{"error": "{error}", "error_description": "{description}"}}'
    return lambda emulator: emulator.faults.add(
        Fault("token", "http", times, skip, status=400, body=body, content_type="application/json")
    )


def fault(operation: str, kind: str, times: int = 1, **detail: Any) -> Provoke:
    return lambda emulator: emulator.faults.add(Fault(operation, kind, times, **detail))


def credentials(**changes: str) -> dict[str, Any]:
    return {"credentials": changes}


AT_LOGIN = {
    "works": Variant(),
    "unknown app": Variant(credentials(client_id="not-the-client-id")),
    "user inactive": Variant(provoke=oauth("inactive_user", "user is inactive")),
    "org inactive": Variant(provoke=oauth("inactive_org", "organization is not active")),
    "app not approved": Variant(provoke=oauth("invalid_app_access", "user is not admin approved to access this app")),
    "flow not allowed": Variant(provoke=oauth("unsupported_grant_type", "grant type not supported")),
    "too many logins, passing": Variant(provoke=oauth("rate_limit_exceeded", "login rate exceeded")),
    "too many logins, lasting": Variant(provoke=oauth("rate_limit_exceeded", "login rate exceeded", times=5)),
    "host out of order, lasting": Variant(provoke=fault("token", "http", 5, status=503, body="")),
    "redirect": Variant(provoke=fault("token", "redirect", location="https://login.example.com/")),
    "HTML page, lasting": Variant(provoke=fault("token", "wrong_body", 5)),
    "HTML page, 404": Variant(provoke=fault("token", "http", status=404, body="<html>")),
    "answer of 5 MB": Variant(provoke=fault("token", "wrong_body", 5, body="x" * 5_000_000)),
}
WRONG_SECRET = {"wrong client secret": Variant(credentials(client_secret="not-the-secret"))}
AT_PARDOT = {
    "wrong business unit, or wrong host": Variant({"business_unit_id": "0Uv000000000009CAA"}),
    "app without the scope": Variant(app={"scopes": ("refresh_token",)}),
    "user not in the unit": Variant(app={"is_user_in_unit": False}),
    "user lacks the permission": Variant(provoke=fault("account", "error", code=46, status=403)),
    "taken for an API key": Variant(provoke=fault("account", "error", code=199, status=400)),
    "API switched off": Variant(provoke=fault("account", "error", code=76, status=403)),
}


def tell(name: str, value: str) -> Callable[[str], str]:
    return lambda url: with_query(url, **{name: value})


UNATTENDED: dict[str, tuple[dict[str, str], dict[str, Variant]]] = {
    "refresh token": (
        {"client_secret": KNOWN.client_secret, "refresh_token": KNOWN.refresh_token},
        {
            **WRONG_SECRET,
            "wrong": Variant(credentials(refresh_token="not-the-refresh-token")),
            "revoked": Variant(provoke=Emulator.revoke_refresh_tokens),
            "expired": Variant(provoke=oauth("invalid_grant", "expired access/refresh token")),
        },
    ),
    "user name and password": (
        {"client_secret": KNOWN.client_secret, "username": KNOWN.username, "password": KNOWN.password},
        {
            **WRONG_SECRET,
            "wrong": Variant(credentials(password="not-the-password")),
            "wrong user": Variant(credentials(username="other@example.com")),
            "expired": Variant(provoke=oauth("invalid_grant", "authentication failure: password expired")),
        },
    ),
    "JWT bearer": (
        {"username": KNOWN.username},
        {
            "wrong key": Variant(app={"public_keys": ()}),
            "wrong user": Variant(credentials(username="other@example.com")),
            "expired (our clock is behind)": Variant(ours_minutes_ahead=-120),
            "not yet (our clock is ahead)": Variant(ours_minutes_ahead=120),
            "revoked": Variant(provoke=oauth("invalid_grant", "user hasn't approved this consumer")),
        },
    ),
    "client credentials": (
        {"client_secret": KNOWN.client_secret},
        {
            **WRONG_SECRET,
            "expired": Variant(provoke=oauth("invalid_client", "client secret expired")),
            "revoked": Variant(provoke=oauth("invalid_grant", "no client credentials user enabled")),
        },
    ),
    "stored login": (
        {"client_secret": KNOWN.client_secret},
        {
            **WRONG_SECRET,
            "never made": Variant(credentials(client_secret="")),
            "revoked": Variant(provoke=Emulator.revoke_refresh_tokens),
            "expired": Variant(provoke=oauth("invalid_grant", "expired access/refresh token")),
        },
    ),
}
ATTENDED = {
    "denied": Variant(app={"consents": False}),
    "app gives no refresh token": Variant(app={"scopes": ("pardot_api",)}),
    "nobody answers": Variant(waits=False),
}
BROWSER = {
    **ATTENDED,
    **WRONG_SECRET,
    "wrong callback URL": Variant(app={"callback_urls": ()}),
    "wrong state": Variant(browser=Browser(tell("state", "another"))),
    "wrong code": Variant(browser=Browser(tell("code", "another"))),
    "answer without a code": Variant(browser=Browser(tell("error", "server_error"))),
    "expired code": Variant(provoke=oauth("invalid_grant", "expired authorization code")),
    "secret not asked for": Variant(credentials(client_secret=""), app={"requires_secret": False}),
}
DEVICE = {
    **ATTENDED,
    "expired code, other words": Variant(provoke=oauth("invalid_grant", "expired device code", skip=1)),
    "told to slow down": Variant(provoke=oauth("slow_down", "polling too often", skip=1)),
    "address of somebody else": Variant(provoke=fault("token", "patch", verification_uri="https://evil.example/")),
    "no address": Variant(provoke=fault("token", "patch", verification_uri=None)),
}


WORKING = ("works", "too many logins, passing", "secret not asked for", "told to slow down")


STUCK_IN_BROWSER = [("browser", name) for name in ("nobody answers", "unknown app", "wrong callback URL")]
"""Salesforce shows these to the person and sends the browser nowhere, so that nobody can be told here."""


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem() -> str:
    plain = serialization.NoEncryption()
    return key().private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def public_key() -> PublicKey:
    numbers = key().public_key().public_numbers()
    return PublicKey(numbers.n, numbers.e)


class Scene:
    """One login against one emulator."""

    def __init__(self, flow: str, name: str, variant: Variant, folder: Path) -> None:
        self.flow = flow
        self.name = name
        self.variant = variant
        self.folder = folder / re.sub(r"\W", "-", f"{flow}-{name}")
        self.clock = ManualClock(datetime.now(timezone.utc) - timedelta(minutes=variant.ours_minutes_ahead))
        self.port = free_port()

    def play(self) -> str:
        """Return exit code and message."""
        callback = f"http://localhost:{self.port}/callback"
        app = replace(KNOWN, callback_urls=(callback,), public_keys=(public_key(),))
        with Store() as store, Emulator(store, clock=self.clock, credentials=app) as emulator:
            if self.flow == "stored login" and self.name != "never made":
                settings = Scene("stored login", "works", Variant(), self.folder).settings(
                    emulator, client_secret=KNOWN.client_secret
                )
                store_login(settings, TokenStore(self.folder / LOGINS), self.by_browser(settings, Browser()))
            changed = replace(emulator.credentials, **self.variant.app)
            emulator.credentials = emulator._server.api.authority.credentials = changed
            self.variant.provoke(emulator)
            try:
                said = f"0   {self.log_in(emulator)}"
            except PardotError as error:
                said = f"{error.exit_code:<3} {error}"
            assert emulator.faults.unconsumed == [], (self.flow, self.name, said)
        return re.sub(rf"\b{self.port}\b", "<port>", re.sub(r"it is 7[12]\d\d seconds", "it is <n> seconds", said))

    def log_in(self, emulator: Emulator) -> str:
        if self.flow == "browser":
            settings = self.settings(emulator, client_secret=KNOWN.client_secret)
            browser = self.variant.browser if self.variant.waits else Browser(lambda _url: None)
            return self.refreshed(emulator, self.by_browser(settings, browser).reveal())
        if self.flow == "device":
            return self.refreshed(emulator, self.by_device(emulator))
        given = dict(UNATTENDED[self.flow][0])
        if self.flow == "JWT bearer":
            given["private_key"] = pem()
        settings = self.settings(emulator, **given)
        with closing(open_session(settings, folder=self.folder, sleep=lambda _seconds: None)) as session:
            session.transport.get_json("/api/v5/objects/account", {"fields": "id"}, operation="account")
        return "logged in, the account was read"

    def settings(self, emulator: Emulator, **given: str) -> Settings:
        known = {"client_id": KNOWN.client_id, **given, **self.variant.settings.get("credentials", {})}
        places = {"api_url": emulator.url, "login_url": emulator.url, "business_unit_id": KNOWN.business_unit_id}
        return load_settings(**{**places, **self.variant.settings, "credentials": known})

    def by_browser(self, settings: Settings, browser: Browser) -> Any:
        with redirect_stderr(StringIO()):
            return log_in_by_browser(
                settings, port=self.port, open_browser=browser, wait_seconds=0.6, sleep=lambda _seconds: None
            )

    def by_device(self, emulator: Emulator) -> str:
        typist = Typist(emulator, self.clock, patience=2 if self.variant.waits else None)
        with redirect_stderr(StringIO()) as terminal:
            typist.reads = lambda: short_code(terminal.getvalue())
            settings = self.settings(emulator, client_secret=KNOWN.client_secret)
            token = log_in_by_device(settings, sleep=typist.sleep, monotonic=typist.monotonic)
        return token.reveal()

    def refreshed(self, emulator: Emulator, token: str) -> str:
        """Use the token as a run would."""
        secret = {} if "client_secret" in self.variant.settings.get("credentials", {}) else {
            "client_secret": KNOWN.client_secret
        }  # fmt: skip
        settings = self.settings(emulator, refresh_token=token, **secret)
        with closing(open_session(settings, folder=self.folder, sleep=lambda _seconds: None)) as session:
            session.transport.get_json("/api/v5/objects/account", {"fields": "id"}, operation="account")
        return "a refresh token was given, and the account was read with it"


def scenes(folder: Path) -> Iterator[Scene]:
    for flow, (_, own) in UNATTENDED.items():
        for name, variant in {**AT_LOGIN, **own, **AT_PARDOT}.items():
            yield Scene(flow, name, variant, folder)
    for flow, own in {"browser": BROWSER, "device": DEVICE}.items():
        for name, variant in {**AT_LOGIN, **own}.items():
            yield Scene(flow, name, variant, folder)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    folder = tmp_path_factory.mktemp("logins")
    return {(scene.flow, scene.name): scene.play() for scene in scenes(folder)}


def test_table_of_logins_is_as_reviewed(table: dict[tuple[str, str], str]) -> None:
    lines: list[str] = []
    for flow in dict.fromkeys(flow for flow, _ in table):
        lines += [flow, *(f"  {name:<36} {said}" for (one, name), said in table.items() if one == flow), ""]
    assert_golden("logins", "\n".join(lines))


def test_exit_codes_say_who_has_to_act(table: dict[tuple[str, str], str]) -> None:
    """Whatever a person must mend is 2, whatever passes by itself is 75, and nothing else happens."""
    passes = ("lasting", "5 MB")
    for (flow, name), said in table.items():
        code = int(said.partition(" ")[0])
        if name in WORKING or (flow, name) == ("user name and password", "app without the scope"):
            assert code == 0, (flow, name, said)
        elif any(word in name for word in passes) or (flow, name) in STUCK_IN_BROWSER:
            assert code == 75, (flow, name, said)
        else:
            assert code == 2, (flow, name, said)


def test_messages_are_three_sentences_at_most_and_hold_no_secret(table: dict[tuple[str, str], str]) -> None:
    secrets = (KNOWN.client_secret, KNOWN.refresh_token, KNOWN.password, KNOWN.client_id, "BEGIN PRIVATE KEY")
    for case, said in table.items():
        assert not [secret for secret in secrets if secret in said], case
        ours = re.sub("“.*?”", "", said)
        assert len(re.findall(r"[.!?](?=\s+[A-Z“]|$)", ours)) <= 3, (case, said)
