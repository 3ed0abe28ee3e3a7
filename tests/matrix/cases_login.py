"""Logging in and staying logged in: refused credentials, tokens that die, keys that cannot be used."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from kit import Account
from matrix.case import Case, Provoke, anew, error, fault, http, planned, section
from matrix.world import BOTH, Facts, World, runs, surroundings

from pardot.session import open_session
from pardot_emulator import Behaviour, Credentials, Fault, PublicKey
from pardot_etl.runs.run import RunOptions

case = section("login")

REFUSED_GRANT: dict[str, Any] = {"status": 400, "content_type": "application/json"}
PRIVATE = serialization.PrivateFormat.PKCS8
OPEN = serialization.NoEncryption()


def expired_at_every_call(world: World) -> Facts:
    """Every token dies just before the k-th request of a run is handled, for every k; login requests count too."""
    account = world.a_day_later()
    longest = sum(runs(world, account)["calls"].values())
    seen = {}
    for number in range(1, longest):
        # The last run has a day's work, the others only look: the requests are the same.
        if number == longest - 1:
            world.a_day_later()
        facts = runs(world, account, Fault("any", "expire_token", skip=number), at_most=1)
        seen[number] = (facts["codes"], facts["logins"], facts["rows"])
    right = ((0,), 2, "equal")
    return {"places": len(seen), "wrong": {number: one for number, one in seen.items() if one != right}}


def renewed_together(world: World) -> Facts:
    """Five threads meet the end of the token at once."""
    account = world.shared()
    with surroundings(account.folder), closing(open_session(account.settings(), folder=world.folder("session"))) as one:
        one.transport.get_json("/api/v5/objects/account", {"fields": "id"}, operation="account")
        logins = account.emulator.logins
        account.emulator.expire_tokens()
        together = threading.Barrier(5)
        answers: list[int] = []

        def call() -> None:
            together.wait()
            reply = one.transport.get_json("/api/v5/objects/account", {"fields": "id"}, operation="account")
            answers.append(reply.status)

        threads = [threading.Thread(target=call) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return {"answers": sorted(answers), "logins": account.emulator.logins - logins}


def many_workers(world: World) -> Facts:
    """The token ends while eight objects are being read at once."""
    account = world.fresh()
    dies = Fault("any", "expire_token", skip=8)
    options = RunOptions(transform=False)
    return runs(world, account, dies, options=options)


def two_hours(world: World) -> Facts:
    """The token's two hours pass between two looks at an export."""
    account = world.a_day_later()

    def sleep(seconds: float) -> None:
        world.slept.append(seconds)
        account.clock.advance(timedelta(hours=3))

    account.sleep = sleep
    try:
        return runs(world, account, Fault("export.create", "slow_export", reads=2))
    finally:
        account.sleep = world.slept.append


def no_right(world: World) -> Facts:
    """One object may not be read; the right is given before the second run."""
    account = world.a_day_later()
    refused = error("query:prospects", 46, status=403)()
    facts = runs(world, account, refused, options=BOTH)
    return {**facts, "activities": facts["rows"]}


# -- private keys


@cache
def pem(kind: str = "rsa") -> bytes:
    """Return a private key of a kind; made once, as it takes a while."""
    if kind == "curve":
        return ec.generate_private_key(ec.SECP256R1()).private_bytes(serialization.Encoding.PEM, PRIVATE, OPEN)
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024 if kind == "short" else 2048)
    encryption = serialization.BestAvailableEncryption(b"secret") if kind == "encrypted" else OPEN
    return key.private_bytes(serialization.Encoding.PEM, PRIVATE, encryption)


def public_key() -> PublicKey:
    key = serialization.load_pem_private_key(pem(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    numbers = key.public_key().public_numbers()
    return PublicKey(numbers.n, numbers.e)


def jwt_credentials(account: Account, **key: str) -> Mapping[str, Any]:
    known = account.emulator.credentials
    return {"client_id": known.client_id, "username": known.username, **key}


def unusable_key(kind: str, *, mode: int = 0o600) -> Provoke:
    """Log in with the file of a key that is damaged, missing, too open, or of another kind."""

    def provoke(world: World) -> Facts:
        account = world.shared()
        path = world.folder("key") / "server.key"
        text = b"-----BEGIN PRIVATE KEY-----\nMIIhidden\n-----END PRIVATE KEY-----\n" if kind == "damaged" else None
        if kind != "missing":
            path.write_bytes(text or pem(kind))
            path.chmod(mode)
        facts = runs(world, account, at_most=1, credentials=jwt_credentials(account, private_key_file=str(path)))
        secret = (text or pem(kind)).split(b"\n")[1].decode()[:20]
        return {**facts, "key_shown": secret in facts["says"]}

    return provoke


def wrong_clock(hours: float) -> Provoke:
    """The server's clock differs from ours, so that a signed assertion is over before it begins, or lasts too long."""

    def provoke(world: World) -> Facts:
        account = world.fresh(credentials=Credentials(public_keys=(public_key(),)))
        account.clock.set(_now() + timedelta(hours=hours))
        given = jwt_credentials(account, private_key=pem().decode())
        first = runs(world, account, at_most=1, credentials=given)
        account.clock.set(_now())
        later = runs(world, account, credentials=given)
        return {**later, "codes": first["codes"] + later["codes"], "says": first["says"]}

    return provoke


def _now() -> Any:
    from pardot_emulator import SystemClock

    return SystemClock().now()


def key_case(fault: str, kind: str, says: str, **options: int) -> Case:
    return case(
        fault, "2, naming the key's setting, never the key", unusable_key(kind, **options),
        codes=(2,), says=says, key_shown=False,
    )  # fmt: skip


CASES: tuple[Case, ...] = (
    case(
        "the login is refused (invalid_grant)",
        "2 after one try, with what is usually wrong",
        planned(fault("token", "http", body='{"error": "invalid_grant"}', **REFUSED_GRANT)),
        codes=(2, 0), rows="equal", says="the refresh token is revoked, expired",
    ),
    case(
        "wrong client secret",
        "2 after one try",
        planned(fault("token", "http", body='{"error": "invalid_client"}', **REFUSED_GRANT)),
        codes=(2, 0), rows="equal", says="check `client_secret`",
    ),
    case(
        "the login host is out of order, passing",
        "repeated",
        planned(http("token", 503), http("token", 500), fault("token", "reset")),
        codes=(0,), rows="equal",
    ),
    case(
        "the login host is out of order, lasting",
        "75 after five tries; the next run works",
        planned(http("token", 503, 5)),
        codes=(75, 0), rows="equal", says="Nothing is lost",
    ),
    case(
        "the login host is silent",
        "given up after the time for one request, repeated",
        planned(fault("token", "stall", seconds=1.0), request_timeout_seconds=0.3),
        codes=(0,), rows="equal",
    ),
    case(
        "a maintenance page instead of a token",
        "repeated",
        planned(fault("token", "wrong_body", 2)),
        codes=(0,), rows="equal",
    ),
    case(
        "the token expires before the k-th call, for every k",
        "one renewal, the call is repeated once",
        expired_at_every_call,
        places=lambda places: places >= 5, wrong={},
    ),
    case(
        "the session ends while an export is waited for",
        "renewed as often as it ends",
        two_hours,
        codes=(0,), rows="equal", creates=1, logins=lambda logins: logins >= 2,
    ),
    case(
        "a renewed token is refused as well",
        "2 after two logins, no loop",
        planned(error("export.read", 184, 2, status=401)),
        codes=(2, 0), rows="equal", logins=3, says="scope `pardot_api`",
    ),
    case(
        "the login names a lifetime, or none",
        "the API's own answer counts: renewed when a call is refused, and only then",
        anew(error("export.read", 184), behaviour=Behaviour(token_expires_in=True, token_seconds=900)),
        codes=(0,), rows="equal", logins=2,
    ),
    case(
        "401 that means: business unit unknown (201)",
        "2 after one login, naming the setting",
        planned(error("any", 201, status=401, skip=1)),
        codes=(2, 0), rows="equal", logins=2, says="business_unit_id",
    ),
    case(
        "401 that means: no business unit header (181)",
        "2 after one login, naming the setting",
        planned(error("any", 181, status=401, skip=1)),
        codes=(2, 0), rows="equal", logins=2, says="business_unit_id",
    ),
    case(
        "the user lacks an ability (46)",
        "2, naming the ability; the other objects are loaded",
        no_right,
        codes=(2, 0), rows="equal", logins=2, says="Prospects > Visitors > View",
    ),
    case(
        "five threads meet an expired token at once",
        "one login",
        renewed_together,
        answers=[200] * 5, logins=1,
    ),
    case(
        "the token expires while eight objects are read",
        "one login more",
        many_workers,
        codes=(0,), rows="equal", logins=2,
    ),
    key_case("the private key is not there", "missing", "cannot be read"),
    key_case("the private key can be read by others", "rsa", "chmod 600", mode=0o644),
    key_case("the private key is damaged", "damaged", "no private key in PEM form"),
    key_case("the private key is encrypted", "encrypted", "is encrypted"),
    key_case("the private key is of another kind", "curve", "expected an RSA key"),
    key_case("the private key is short", "short", "1024 bits"),
    case(
        "the server's clock is two hours ahead (JWT)",
        "2, naming the clock, measured by the server's date",
        wrong_clock(2),
        codes=(2, 0), rows="equal", says="seconds behind the server's",
    ),
    case(
        "the server's clock is two hours behind (JWT)",
        "2, naming the clock",
        wrong_clock(-2),
        codes=(2, 0), rows="equal", says="seconds ahead of the server's",
    ),
)  # fmt: skip
