"""Logins with a person: the pages of the login host, its codes, and what makes a token powerless."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from emulator.http_client import Answer, Client

from pardot_emulator import Behaviour, Credentials, Emulator, ManualClock, Store

KNOWN = Credentials()
VERIFIER = "a-verifier-of-forty-three-characters-or-more-in-all"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
CALLBACK = KNOWN.callback_urls[0]


@pytest.fixture
def stranger(emulator: Emulator) -> Iterator[Client]:
    with Client(emulator, logs_in=False) as client:
        yield client


def with_app(store: Store, clock: ManualClock, behaviour: Behaviour | None = None, **app: Any) -> Emulator:
    return Emulator(store, clock=clock, credentials=replace(KNOWN, **app), behaviour=behaviour)


def authorize(client: Client, **changes: str) -> Answer:
    asked = {
        "response_type": "code",
        "client_id": KNOWN.client_id,
        "redirect_uri": CALLBACK,
        "state": "mine",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return client.send("GET", f"/services/oauth2/authorize?{urlencode(asked)}", bare=True)


def callback(answer: Answer) -> dict[str, str]:
    assert answer.status == 302
    assert answer.headers["location"].startswith(f"{CALLBACK}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def redeem(client: Client, code: str, **changes: str) -> Answer:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return client.token(**{**form, **changes})


def test_code_is_good_once_and_gives_both_tokens(stranger: Client) -> None:
    answer = callback(authorize(stranger))

    granted = redeem(stranger, answer["code"])

    assert answer["state"] == "mine"
    assert granted.json["scope"] == "pardot_api refresh_token"
    assert stranger.token(grant_type="refresh_token", refresh_token=granted.json["refresh_token"]).status == 200
    assert redeem(stranger, answer["code"]).json["error_description"] == "invalid authorization code"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"redirect_uri": "http://localhost:1/other"}, "redirect_uri_mismatch", id="callback"),
        pytest.param({"client_id": "x"}, "invalid_client_id", id="app"),
    ],
)
def test_browser_goes_nowhere_when_app_or_callback_is_unknown(
    stranger: Client, changes: dict[str, str], error: str
) -> None:
    answer = authorize(stranger, **changes)

    assert (answer.status, f"error={error}" in answer.body.decode()) == (400, True)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"code_verifier": "another"}, "invalid_grant", id="verifier"),
        pytest.param({"redirect_uri": "http://localhost:1/"}, "redirect_uri_mismatch", id="callback"),
        pytest.param({"client_secret": "x"}, "invalid_client", id="secret"),
    ],
)
def test_code_alone_is_worth_nothing(stranger: Client, changes: dict[str, str], error: str) -> None:
    code = callback(authorize(stranger))["code"]

    assert redeem(stranger, code, **changes).json["error"] == error


def test_code_is_over_after_fifteen_minutes(stranger: Client, clock: ManualClock) -> None:
    code = callback(authorize(stranger))["code"]
    clock.advance(seconds=900)

    assert redeem(stranger, code).json["error_description"] == "expired authorization code"


def test_person_may_refuse(small_store: Store, clock: ManualClock) -> None:
    with with_app(small_store, clock, consents=False) as emulator, Client(emulator, logs_in=False) as client:
        assert callback(authorize(client))["error"] == "access_denied"
        device = client.token(response_type="device_code").json
        client.send("GET", f"/setup/connect?user_code={device['user_code']}", bare=True)
        assert client.token(grant_type="device", code=device["device_code"]).json["error"] == "access_denied"


def test_device_waits_for_its_person(stranger: Client, clock: ManualClock) -> None:
    device = stranger.token(response_type="device_code").json

    def poll() -> Any:
        return stranger.token(grant_type="device", code=device["device_code"]).json

    assert poll()["error"] == "authorization_pending"
    assert poll()["error"] == "slow_down"
    clock.advance(seconds=9)
    assert poll()["error"] == "slow_down", "the interval has grown"
    assert b"<form>" in stranger.send("GET", "/setup/connect", bare=True).body
    assert stranger.send("GET", "/setup/connect?user_code=OTHER", bare=True).status == 400
    assert stranger.send("GET", f"/setup/connect?user_code={device['user_code']}", bare=True).status == 200
    clock.advance(seconds=20)
    assert poll()["refresh_token"]
    assert poll()["error"] == "invalid_grant"


@pytest.mark.parametrize("word", ["expired_token", "invalid_grant"])
def test_code_of_a_device_is_over_after_ten_minutes(small_store: Store, clock: ManualClock, word: Any) -> None:
    behaviour = Behaviour(device_code_over=word)
    with with_app(small_store, clock, behaviour) as emulator, Client(emulator, logs_in=False) as client:
        device = client.token(response_type="device_code").json
        clock.advance(seconds=600)

        assert client.token(grant_type="device", code=device["device_code"]).json["error"] == word


def test_app_without_secret_still_has_to_be_known(small_store: Store, clock: ManualClock) -> None:
    with with_app(small_store, clock, requires_secret=False) as emulator, Client(emulator, logs_in=False) as client:
        code = callback(authorize(client))["code"]
        assert redeem(client, code, client_secret="").status == 200
        assert redeem(client, code, client_id="x", client_secret="").json["error"] == "invalid_client_id"
        assert client.token(grant_type="client_credentials", client_secret="").json["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("app", "grant", "code"),
    [
        pytest.param({"scopes": ("refresh_token",)}, "refresh_token", 184, id="no-scope"),
        pytest.param({"scopes": ("refresh_token",)}, "password", None, id="no-scope-but-password"),
        pytest.param({"is_user_in_unit": False}, "password", 184, id="user-elsewhere"),
    ],
)
def test_fresh_token_may_be_powerless(
    small_store: Store, clock: ManualClock, app: dict[str, Any], grant: str, code: int | None
) -> None:
    with with_app(small_store, clock, **app) as emulator, Client(emulator, logs_in=False) as client:
        known = {"refresh_token": KNOWN.refresh_token, "username": KNOWN.username, "password": KNOWN.password}
        token = client.token(grant_type=grant, **known).json["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"

        assert client.query("campaigns", fields="id").json.get("code") == code


def test_app_without_the_scope_gets_no_refresh_token(small_store: Store, clock: ManualClock) -> None:
    with with_app(small_store, clock, scopes=("pardot_api",)) as emulator, Client(emulator, logs_in=False) as client:
        assert "refresh_token" not in redeem(client, callback(authorize(client))["code"]).json


def test_revoked_tokens_are_refused_and_still_secrets(emulator: Emulator, client: Client) -> None:
    emulator.revoke_refresh_tokens()

    assert client.token(grant_type="refresh_token", refresh_token=KNOWN.refresh_token).json["error"] == "invalid_grant"
    assert KNOWN.refresh_token in emulator.secrets()
