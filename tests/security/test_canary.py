"""No secret in anything that a command prints, logs or leaves behind, whatever goes wrong.

Every secret is a canary, recognisable and random; the vendor says each of them back in every part of its answers.
"""

from __future__ import annotations

import secrets
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pytest
from command_line import Outcome, invoke, start
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from kit import build_store
from security.canaries import find, iter_files
from security.echo import SHAPES, echo, install

from pardot import redaction
from pardot_emulator import Behaviour, Credentials, Emulator, Fault, PublicKey, Store

PREFIX = "SOURCES__PARDOT__"
QUICK = ("--no-transform", "--objects")


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with build_store(150) as store:
        yield store


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Watched:
    """An installation of which everything is kept: what it was told, what it said, what it left."""

    emulator: Emulator
    folder: Path
    patch: pytest.MonkeyPatch
    pem: str
    said: list[tuple[str, bytes]] = field(default_factory=list)

    def run(self, *arguments: str) -> Outcome:
        """Run a command in this process and keep its words."""
        outcome = invoke(*arguments)
        self.keep(" ".join(arguments), outcome)
        return outcome

    def keep(self, name: str, outcome: Outcome) -> None:
        self.said += [(f"stdout of {name}", outcome.out.encode()), (f"stderr of {name}", outcome.err.encode())]

    def log_in_by(self, method: str) -> None:
        """Set the credentials of one way to log in, and of no other."""
        known = self.emulator.credentials
        ways = {
            "refresh token": {"CLIENT_SECRET": known.client_secret, "REFRESH_TOKEN": known.refresh_token},
            "client credentials": {"CLIENT_SECRET": known.client_secret},
            "password": {
                "CLIENT_SECRET": known.client_secret,
                "USERNAME": known.username,
                "PASSWORD": known.password,
                "SECURITY_TOKEN": known.security_token,
            },
            "private key": {"USERNAME": known.username, "PRIVATE_KEY": self.pem},
        }
        for name in {name for way in ways.values() for name in way}:
            self.patch.delenv(f"{PREFIX}CREDENTIALS__{name}", raising=False)
        for name, value in ways[method].items():
            self.patch.setenv(f"{PREFIX}CREDENTIALS__{name}", value)

    def leaks(self) -> list[str]:
        """Return where any secret stands that was configured, issued or signed.

        The one place for a refresh token that Salesforce replaced is a file of its own, for its owner only.
        """
        kept = list(self.folder.glob("dlt/pardot/*/logins/*.json"))
        assert {path.stat().st_mode & 0o777 for path in (*kept, *(path.parent for path in kept))} <= {0o600, 0o700}
        known = {f"secret {number}": secret for number, secret in enumerate(self.emulator.secrets())}
        return find({**known, "private key": self.pem}, [*self.said, *iter_files(self.folder, besides=kept)])


@pytest.fixture
def watched(store: Store, key: rsa.RSAPrivateKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """An emulator with canaries for credentials, which rotates refresh tokens and knows how to echo."""
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    credentials = Credentials(
        client_secret=f'canary/secret+"{secrets.token_hex(12)}&\\',
        refresh_token=f"5Aep861.canary.{secrets.token_hex(12)}",
        password=f"cänary pass%word'{secrets.token_hex(12)}",
        security_token=f"CanarySecurity{secrets.token_hex(8)}",
        public_keys=(PublicKey.from_pem(public.decode()),),
    )
    behaviour = Behaviour(refresh_tokens="new, old kept")
    with Emulator(store, behaviour=behaviour, credentials=credentials) as emulator:
        install(monkeypatch)
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv(f"{PREFIX}START_DATE", "2026-01-01")
        monkeypatch.setenv("PUBLISH__PARQUET", str(tmp_path / "parquet"))
        yield Watched(emulator, tmp_path, monkeypatch, pem)
        emulator.faults.assert_all_consumed()


def test_everything_that_goes_well(watched: Watched) -> None:
    assert watched.run("check").code == 0
    watched.run("check", "--json", "--debug")
    watched.run("plan")
    assert watched.run("run", "--debug").code == 0
    assert watched.run("run", "--log-format", "json", "--debug").code == 0
    for verb in (("status",), ("status", "--json"), ("transform", "--full-refresh", "--debug"), ("report",)):
        assert watched.run(*verb).code == 0
    found = {path.name for path in watched.folder.rglob("*") if path.is_file()}
    assert {"pardot.duckdb", "ledger.sqlite", "runs.jsonl", "report.html", "state.json"} <= found
    assert any(name.endswith(".parquet") for name in found)
    assert watched.leaks() == []


@pytest.mark.parametrize("method", ["client credentials", "password", "private key"])
def test_every_other_way_to_log_in_and_its_refusal(method: str, watched: Watched) -> None:
    watched.log_in_by(method)
    assert watched.run("check", "--debug").code == 0
    assert watched.run("run", *QUICK, "campaigns", "--debug").code == 0
    watched.emulator.faults.add(echo("token", "refused login"))
    assert watched.run("run", *QUICK, "campaigns", "--debug").code == 2
    watched.emulator.faults.add(echo("token", "server error", times=2))
    watched.run("check", "--debug")
    assert watched.leaks() == []


ECHOES = (
    # What happens, to which object: one object each, so that one run meets many of them.
    ("query:campaigns", "refusal"),
    ("query:lists", "refused permission"),
    ("query:users", "warning"),
    ("query:forms", "values"),
    ("query:list-emails", "id"),
    ("query:email-templates", "redirect"),
    ("query:form-handlers", "legacy error"),
    ("query:landing-pages", "link to a page"),
    ("query:custom-redirects", "server error"),
    ("query:lifecycle-stages", "request id"),
    ("query:opportunities", "expired token"),
)
EXPORT_ECHOES = (
    ("export.create", "refusal"),
    ("export.create", "new export's id"),
    ("export.read", "status"),
    ("export.read", "link to a file"),
    ("export.read", "refused permission"),
    ("export.download", "header of a file"),
    ("export.download", "server error"),
    ("export.download", "legacy error"),
)


def test_shapes_are_all_used() -> None:
    used = {shape for _, shape in (*ECHOES, *EXPORT_ECHOES)} | {"refused login"}
    assert used == set(SHAPES)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_everything_that_the_vendor_says_back_in_queries(log_format: str, watched: Watched) -> None:
    objects = ",".join(operation.partition(":")[2].replace("-", "_") for operation, _ in ECHOES)
    for operation, shape in ECHOES:
        watched.emulator.faults.add(echo(operation, shape, times=1 if shape != "request id" else 2))
    outcome = watched.run("run", *QUICK, objects, "--debug", "--log-format", log_format)
    assert outcome.code in (1, 2)
    assert "[secret]" in outcome.err
    watched.run("status")
    assert watched.leaks() == []


@pytest.mark.parametrize(("operation", "shape"), EXPORT_ECHOES)
def test_everything_that_the_vendor_says_back_about_exports(operation: str, shape: str, watched: Watched) -> None:
    watched.emulator.faults.add(echo(operation, shape))
    watched.run("run", *QUICK, "visits", "--debug")
    assert watched.leaks() == []


def test_search_notices_when_nothing_is_redacted(watched: Watched) -> None:
    """The proof that the faults above would show secrets, were it not for the redaction."""
    watched.patch.setattr(redaction, "register_secret", lambda _value: None)
    watched.emulator.faults.add(echo("query:campaigns", "refusal"))
    watched.run("run", *QUICK, "campaigns", "--debug")
    places = {leak.partition(" in ")[2] for leak in watched.leaks()}
    assert any(place.startswith("stderr of run") for place in places)
    assert any(place.endswith("runs.jsonl") for place in places)


def test_error_that_nobody_foresaw_with_a_traceback(watched: Watched) -> None:
    def fail(*_arguments: object, **_more: object) -> NoReturn:
        known = watched.emulator.secrets()
        raise RuntimeError(f"Bearer {known[-1]}", {"Authorization": known[0], "cut": known[-1][:40]})

    watched.patch.setattr("pardot.harvest.Harvester.gather", fail)
    outcome = watched.run("run", *QUICK, "campaigns", "--debug")
    assert outcome.code == 1
    assert "Traceback" in outcome.err
    assert watched.run("run", *QUICK, "campaigns").code == 1
    assert watched.leaks() == []


def test_process_that_is_killed_leaves_none_in_its_files(watched: Watched) -> None:
    watched.emulator.faults.add(Fault("export.read", "slow_export", reads=1000))
    process = start("run", *QUICK, "visits,campaigns", "--debug", SOURCES__PARDOT__POLL_SECONDS="1")
    wait_for_export(watched.emulator, process)
    process.kill()
    out, err = process.communicate(timeout=60)
    watched.keep("killed run", Outcome(process.returncode, out, err))
    assert process.returncode == -9
    assert any(name.endswith("ledger.sqlite") for name, _ in iter_files(watched.folder))
    assert watched.leaks() == []


def wait_for_export(emulator: Emulator, process: subprocess.Popen[str]) -> None:
    """Wait until a run looks at its export; another process cannot be waited for by a fake clock."""
    deadline = time.monotonic() + 60
    while not any(call.operation == "export.read" for call in emulator.calls):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CREDENTIALS__PRIVATE_KEY_FILE", "{pem}"),
        ("CREDENTIALS__PRIVATE_KEY", "not a key but canary-4b1d7c9e2f-pasted-here"),
        ("LOGIN_URL", "https://someone:canary-4b1d7c9e2f-pasted-here@acme.my.salesforce.com"),
    ],
    ids=["key instead of its file", "no key", "password in a URL"],
)
def test_secret_in_the_wrong_setting_is_not_shown_back(name: str, value: str, watched: Watched) -> None:
    watched.log_in_by("private key")
    watched.patch.delenv(f"{PREFIX}CREDENTIALS__PRIVATE_KEY")
    watched.patch.setenv(f"{PREFIX}{name}", value.format(pem=watched.pem))
    for verb in (("check",), ("check", "--json"), ("plan",), ("run", "--debug"), ("status", "--debug")):
        watched.run(*verb)
    assert find({"pasted": "canary-4b1d7c9e2f-pasted-here"}, [*watched.said, *iter_files(watched.folder)]) == []
    assert watched.leaks() == []
