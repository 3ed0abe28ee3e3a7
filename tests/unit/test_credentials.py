"""Logging in against a real server: the flows, the refusals, the retries, one renewal at a time."""

from __future__ import annotations

import base64
import json
import logging
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from unit.edge_server import EdgeServer, FakeTime, answer, edge_server, reset

from pardot.api.credentials import TokenProvider
from pardot.errors import AuthenticationError, PardotError, SettingsError, TransientRequestError
from pardot.redaction import HIDDEN, Secret, redact
from pardot.settings import Credentials, Settings

UNIT = "0Uv000000000001AAA"
ISSUED = {"access_token": "00Dx!token-one", "issued_at": "1735689600000", "surprise": [1]}
PEM = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


@pytest.fixture
def login() -> Iterator[EdgeServer]:
    with edge_server() as server:
        server.otherwise = answer(ISSUED)
        yield server


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(*PEM, serialization.NoEncryption()).decode()


REFRESH = Credentials("app", Secret("app-secret"), refresh_token=Secret("refresh-one"))


class Rig:
    """A provider on fake time."""

    def __init__(self, login: EdgeServer, credentials: Credentials = REFRESH, **settings: Any) -> None:
        self.time = FakeTime()
        values = {"login_url": login.url, "request_timeout_seconds": 5.0, **settings}
        self.settings = Settings(UNIT, credentials, **values)
        self.tokens = TokenProvider(
            self.settings,
            clock=self.time,
            sleep=self.time.sleep,
            rng=random.Random(1),  # noqa: S311
        )

    def refused(self) -> AuthenticationError:
        with pytest.raises(AuthenticationError) as caught:
            self.tokens.token()
        return caught.value


def test_refresh_token_is_sent_as_a_form_and_the_token_kept(login: EdgeServer) -> None:
    rig = Rig(login)
    token = rig.tokens.token()
    assert rig.tokens.token() is token
    assert (token.value.reveal(), len(login.requests)) == ("00Dx!token-one", 1)
    (request,) = login.requests
    assert (request.method, request.target) == ("POST", "/services/oauth2/token")
    assert request.form == {
        "grant_type": "refresh_token",
        "client_id": "app",
        "client_secret": "app-secret",
        "refresh_token": "refresh-one",
    }


def test_rotated_refresh_token_is_used_from_then_on(login: EdgeServer) -> None:
    login.will(answer({**ISSUED, "refresh_token": "refresh-two"}))
    rig = Rig(login)
    rig.tokens.renew(rig.tokens.token())
    assert [request.form["refresh_token"] for request in login.requests] == ["refresh-one", "refresh-two"]
    assert redact("refresh-two") == HIDDEN


def test_password_login_appends_the_security_token(login: EdgeServer) -> None:
    given = Credentials("app", Secret("sec+ret&"), username="ann@acme.example")
    Rig(login, replace(given, password=Secret("pä ss"), security_token=Secret("TOKEN"))).tokens.token()
    form = login.requests[0].form
    assert (form["grant_type"], form["username"], form["password"]) == (
        "password",
        "ann@acme.example",
        "pä ssTOKEN",
    )
    assert form["client_secret"] == "sec+ret&"


def test_client_credentials_send_nothing_else(login: EdgeServer) -> None:
    Rig(login, Credentials("app", Secret("app-secret"))).tokens.token()
    assert set(login.requests[0].form) == {"grant_type", "client_id", "client_secret"}


@pytest.mark.parametrize(
    ("environment", "audience"),
    [("production", "https://login.salesforce.com"), ("sandbox", "https://test.salesforce.com")],
)
def test_jwt_is_signed_for_the_environment(
    environment: str, audience: str, login: EdgeServer, key: rsa.RSAPrivateKey, pem: str, tmp_path: Path
) -> None:
    file = tmp_path / "key.pem"
    file.write_text(pem)
    given = Credentials("app", username="ann@acme.example", private_key_file=str(file))
    rig = Rig(login, given, environment=environment)
    rig.tokens.token()
    form = login.requests[0].form
    assert set(form) == {"grant_type", "assertion"}
    claims = jwt.decode(
        form["assertion"],
        key.public_key(),
        algorithms=["RS256"],
        audience=audience,
        options={"verify_exp": False},
    )
    assert claims == {
        "iss": "app",
        "sub": "ann@acme.example",
        "aud": audience,
        "exp": int(rig.time.now) + 180,
    }
    assert redact(form["assertion"]) == HIDDEN


def test_unusable_private_keys_are_settings_errors_that_show_nothing(
    login: EdgeServer, key: rsa.RSAPrivateKey, pem: str, tmp_path: Path
) -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
    curve = ec.generate_private_key(ec.SECP256R1())
    plain = serialization.NoEncryption()
    cases = {
        "is encrypted": key.private_bytes(*PEM, serialization.BestAvailableEncryption(b"word")).decode(),
        "is of another kind": curve.private_bytes(*PEM, plain).decode(),
        "has 1024 bits": small.private_bytes(*PEM, plain).decode(),
        "is no private key in PEM form": pem.replace("M", "!"),
        "is no private key in": "kläy",
    }
    for complaint, text in cases.items():
        with pytest.raises(SettingsError, match=complaint) as caught:
            Rig(login, Credentials("app", username="ann", private_key=Secret(text))).tokens.token()
        assert not [line for line in text.splitlines() if len(line) > 20 and line in str(caught.value)]
    missing = Credentials("app", username="ann", private_key_file=str(tmp_path / "gone.pem"))
    with pytest.raises(SettingsError, match="private_key_file cannot be read: No such file"):
        Rig(login, missing).tokens.token()
    assert not login.requests


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize(
    ("error", "hint"),
    [
        ("invalid_grant", "refresh token is revoked"),
        ("invalid_client", "check `client_secret`"),
        ("invalid_client_id", "check `client_id`"),
        ("inactive_user", "activate the Salesforce user"),
        ("never_heard_of", "check the credentials"),
    ],
)
def test_refusal_is_final_and_hinted(status: int, error: str, hint: str, login: EdgeServer) -> None:
    login.otherwise = answer({"error": error, "error_description": "no refresh-one\nhere"}, status)
    rig = Rig(login)
    refused = rig.refused()
    assert (len(login.requests), rig.time.slept, refused.status) == (1, [], status)
    assert hint in str(refused)
    assert f"{error}: no {HIDDEN} here" in str(refused)


def test_refused_login_is_not_tried_again(login: EdgeServer) -> None:
    login.otherwise = answer({"error": "invalid_grant"}, 400)
    rig = Rig(login)
    assert str(rig.refused()) == str(rig.refused())
    assert len(login.requests) == 1


@pytest.mark.parametrize(("behind", "shown"), [(-7200, "7200 seconds ahead of"), (7200, "7200 seconds behind")])
def test_wrong_clock_is_named_with_the_servers_date_as_evidence(
    behind: int, shown: str, login: EdgeServer, pem: str
) -> None:
    rig = Rig(login, Credentials("app", username="ann", private_key=Secret(pem)))
    date = format_datetime(datetime.fromtimestamp(rig.time.now + behind, timezone.utc), usegmt=True)
    login.otherwise = answer({"error": "invalid_grant"}, 400, {"Date": date})
    assert f"check the clock of this machine, it is {shown} the server's" in str(rig.refused())


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(answer(b"oops", 500), id="500"),
        pytest.param(answer({"error": "whatever"}, 503), id="503-json"),
        pytest.param(answer(b"", 429), id="429"),
        pytest.param(answer({"error": "rate_limit_exceeded"}, 400), id="rate-limit"),
        pytest.param(answer(b"<html>maintenance</html>"), id="html-under-200"),
        pytest.param(answer({"access_token": "x" * 50}, headers={"Content-Length": "999"}), id="cut"),
        pytest.param(reset, id="reset"),
        pytest.param(answer(b" " * (2 << 20)), id="endless"),
    ],
)
def test_passing_trouble_is_retried_a_few_times(trouble: Any, login: EdgeServer) -> None:
    login.will(trouble)
    rig = Rig(login)
    assert rig.tokens.token().number == 1
    assert (len(login.requests), len(rig.time.slept)) == (2, 1)
    login.otherwise = trouble
    with pytest.raises(TransientRequestError) as caught:
        rig.tokens.renew(rig.tokens.token())
    assert (caught.value.attempts, len(login.requests)) == (5, 7)


def test_server_wait_is_kept_or_ends_the_login(login: EdgeServer) -> None:
    login.will(answer(b"", 503, {"Retry-After": "90"}))
    rig = Rig(login)
    rig.tokens.token()
    assert rig.time.slept == [90.0]
    login.will(answer(b"", 503, {"Retry-After": "86400"}))
    with pytest.raises(TransientRequestError, match="86400 seconds"):
        rig.tokens.renew(rig.tokens.token())
    assert rig.time.slept == [90.0]


@pytest.mark.parametrize(
    "strange",
    [
        pytest.param(answer({"token_type": "Bearer"}), id="no-token"),
        pytest.param(answer({"access_token": None}), id="null-token"),
        pytest.param(answer({"access_token": "a\r\nX-Evil: 1"}), id="header-injection"),
        pytest.param(answer({"access_token": ""}), id="empty-token"),
        pytest.param(answer(b"not here", 404), id="404"),
    ],
)
def test_answer_without_usable_token_is_an_authentication_error(strange: Any, login: EdgeServer) -> None:
    login.otherwise = strange
    assert "no token" in str(Rig(login).refused())


def test_redirect_is_not_followed(login: EdgeServer) -> None:
    with edge_server() as other:
        login.otherwise = answer(b"", 302, {"Location": other.url})
        assert "redirects" in str(Rig(login).refused())
        assert not other.requests


def test_unreachable_host_is_transient() -> None:
    with edge_server() as gone:
        pass
    with pytest.raises(TransientRequestError, match="the connection was refused"):
        Rig(gone).tokens.token()


def test_threads_share_one_login_and_one_renewal(login: EdgeServer) -> None:
    rig = Rig(login)
    with ThreadPoolExecutor(8) as pool:
        first = set(pool.map(lambda _: rig.tokens.token().number, range(16)))
        stale = rig.tokens.token()
        second = set(pool.map(lambda _: rig.tokens.renew(stale).number, range(16)))
    assert (first, second, len(login.requests)) == ({1}, {2}, 2)


def test_expiry_that_a_server_names_is_not_acted_upon(login: EdgeServer) -> None:
    login.otherwise = answer({**ISSUED, "expires_in": 1})
    rig = Rig(login)
    rig.tokens.token()
    rig.time.now += 86_400
    rig.tokens.token()
    assert len(login.requests) == 1


def test_no_secret_reaches_logs_or_errors(login: EdgeServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = base64.b64encode(b"x").decode() + " app-secret refresh-one"
    login.will(answer(ISSUED), answer({"error": "invalid_grant", "error_description": echo}, 400))
    rig = Rig(login)
    token = rig.tokens.token()
    with pytest.raises(PardotError) as caught:
        rig.tokens.renew(token)
    everything = caplog.text + str(caught.value) + repr(caught.value) + repr(token) + json.dumps(vars(caught.value))
    for value in ("app-secret", "refresh-one", "00Dx!token-one"):
        assert value not in everything
