"""Logins and the two headers of every request."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from emulator.http_client import Client

from pardot_emulator import Credentials, Emulator, ManualClock, PublicKey, Store

_KNOWN = Credentials()


@pytest.fixture
def stranger(emulator: Emulator) -> Iterator[Client]:
    with Client(emulator, logs_in=False) as client:
        yield client


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({"grant_type": "refresh_token", "refresh_token": _KNOWN.refresh_token}, id="refresh-token"),
        pytest.param(
            {"grant_type": "password", "username": _KNOWN.username, "password": _KNOWN.password},
            id="password",
        ),
        pytest.param(
            {
                "grant_type": "password",
                "username": _KNOWN.username,
                "password": _KNOWN.password + _KNOWN.security_token,
            },
            id="password-and-security-token",
        ),
        pytest.param({"grant_type": "client_credentials"}, id="client-credentials"),
    ],
)
def test_each_flow_gives_a_token_that_works(stranger: Client, form: dict[str, str]) -> None:
    answer = stranger.token(**form)

    assert answer.status == 200
    assert answer.json["issued_at"] == "1769947200000"
    assert "expires_in" not in answer.json
    stranger.headers["Authorization"] = f"Bearer {answer.json['access_token']}"
    assert stranger.query("campaigns", fields="id").status == 200


def test_client_may_identify_itself_by_basic_authentication(stranger: Client) -> None:
    basic = base64.b64encode(f"{_KNOWN.client_id}:{_KNOWN.client_secret}".encode()).decode()

    answer = stranger.token(
        {"Authorization": f"Basic {basic}"}, grant_type="client_credentials", client_id="", client_secret=""
    )

    assert answer.status == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        pytest.param({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant", id="refresh-token"),
        pytest.param({"grant_type": "client_credentials", "client_id": "x"}, "invalid_client_id", id="client-id"),
        pytest.param({"grant_type": "client_credentials", "client_secret": "x"}, "invalid_client", id="secret"),
        pytest.param(
            {"grant_type": "password", "username": _KNOWN.username, "password": "x"},
            "invalid_grant",
            id="password",
        ),
        pytest.param({"grant_type": "implicit"}, "unsupported_grant_type", id="grant-type"),
    ],
)
def test_refused_login_says_why_in_the_words_of_salesforce(stranger: Client, form: dict[str, str], error: str) -> None:
    answer = stranger.token(**form)

    assert answer.status == 400
    assert answer.json["error"] == error
    assert answer.json["error_description"]


@pytest.mark.parametrize(
    ("changes", "status", "code", "message"),
    [
        pytest.param({"Authorization": None}, 401, 49, "Access Denied", id="no-credentials"),
        pytest.param(
            {"Authorization": "Pardot user_key=1, api_key=2"},
            400,
            199,
            "Authentication using an api_key is no longer supported. Use Salesforce OAuth access token"
            " instead. See https://developer.pardot.com/kb/authentication/ for details.",
            id="api-key",
        ),
        pytest.param(
            {"Authorization": "Bearer 00Dwrong"},
            401,
            184,
            "access_token is invalid, unknown, or malformed",
            id="unknown-token",
        ),
        pytest.param(
            {"Pardot-Business-Unit-Id": None},
            400,
            181,
            "A required header is missing: Pardot-Business-Unit-Id header not found on request.",
            id="no-unit",
        ),
        pytest.param(
            {"Pardot-Business-Unit-Id": "12345"},
            400,
            182,
            "Invalid header value: Pardot-Business-Unit-Id",
            id="malformed-unit",
        ),
        pytest.param(
            {"Pardot-Business-Unit-Id": "0Uv000000000000AAA"},
            400,
            201,
            "Business Unit specified in Pardot-Business-Unit-Id header not found or inactive.",
            id="unknown-unit",
        ),
        pytest.param(
            {"Authorization": None, "Pardot-Business-Unit-Id": None},
            401,
            49,
            "Access Denied",
            id="token-first",
        ),
    ],
)
def test_headers_are_checked_in_documented_order(
    client: Client, changes: dict[str, str | None], status: int, code: int, message: str
) -> None:
    headers = {name: value for name, value in {**client.headers, **changes}.items() if value is not None}
    client.headers = headers

    answer = client.query("campaigns", fields="id")

    assert (answer.status, answer.json) == (status, {"code": code, "message": message})


def test_token_ends_with_its_life_and_a_new_one_works(client: Client, clock: ManualClock) -> None:
    clock.advance(seconds=7199)
    assert client.query("campaigns", fields="id").status == 200
    clock.advance(seconds=1)
    assert client.query("campaigns", fields="id").json["code"] == 184

    client.log_in()

    assert client.query("campaigns", fields="id").status == 200


def test_downloads_need_both_headers_as_well(client: Client) -> None:
    ref = client.finish(client.create().json["id"])["resultRefs"][0]
    client.headers.pop("Authorization")

    assert client.download(ref).json["code"] == 49


def test_every_secret_is_known_for_searches_in_logs(emulator: Emulator, client: Client) -> None:
    token = client.headers["Authorization"].removeprefix("Bearer ")

    assert {token, _KNOWN.client_secret, _KNOWN.refresh_token, _KNOWN.password} <= set(emulator.secrets())


# -- JWT bearer


@pytest.fixture(scope="module")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def certified(small_store: Store, clock: ManualClock, private_key: rsa.RSAPrivateKey) -> Iterator[Client]:
    pem = private_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    credentials = replace(_KNOWN, public_keys=(PublicKey.from_pem(pem.decode()),))
    with (
        Emulator(small_store, clock=clock, credentials=credentials) as emulator,
        Client(emulator, logs_in=False) as client,
    ):
        yield client


def _assertion(key: rsa.RSAPrivateKey, clock: ManualClock, **changes: Any) -> str:
    claims = {
        "iss": _KNOWN.client_id,
        "sub": _KNOWN.username,
        "aud": "https://login.salesforce.com",
        "exp": clock.now().timestamp() + 180,
    } | changes
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256"}, claims)]
    signed = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def test_assertion_signed_with_the_registered_key_gives_a_token(
    certified: Client, private_key: rsa.RSAPrivateKey, clock: ManualClock
) -> None:
    answer = certified.token(grant_type=_JWT, assertion=_assertion(private_key, clock))

    assert answer.status == 200
    assert "refresh_token" not in answer.json


@pytest.mark.parametrize(
    ("changes", "description"),
    [
        pytest.param({"exp": 0}, "assertion is expired or valid for too long", id="expired"),
        pytest.param({"exp": 4e9}, "assertion is expired or valid for too long", id="valid-for-years"),
        pytest.param({"aud": "https://example.com"}, "audience is invalid", id="audience"),
        pytest.param({"sub": "x@example.com"}, "user hasn't approved this consumer", id="user"),
        pytest.param({"iss": "x"}, "client identifier invalid", id="client"),
    ],
)
def test_assertion_with_a_wrong_claim_is_refused(
    certified: Client,
    private_key: rsa.RSAPrivateKey,
    clock: ManualClock,
    changes: dict[str, object],
    description: str,
) -> None:
    answer = certified.token(grant_type=_JWT, assertion=_assertion(private_key, clock, **changes))

    assert (answer.status, answer.json["error_description"]) == (400, description)


def test_assertion_signed_with_another_key_is_refused(certified: Client, clock: ManualClock) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    answer = certified.token(grant_type=_JWT, assertion=_assertion(stranger, clock))

    assert answer.json["error_description"] == "invalid assertion"


@pytest.mark.parametrize("text", ["", "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----"])
def test_text_that_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not "):
        PublicKey.from_pem(text)
