"""`pardot-etl login`, and the tokens that runs keep: a person logs in once, and every later run works."""

from __future__ import annotations

import http.client
import io
import json
import logging
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from command_line import Outcome, files_below, invoke, start
from kit import END, build_store
from people import Browser, Typist, free_port, short_code

from pardot_emulator import Behaviour, Credentials, Emulator, Fault, ManualClock, Store
from pardot_etl.verbs.callback import CallbackListener
from pardot_etl.verbs.login import LoginOptions, log_in

SECRETS = ("CLIENT_SECRET", "REFRESH_TOKEN")
ONE_USE = Behaviour(refresh_tokens="new, old revoked")


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with build_store(100) as store:
        yield store


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def emulator(store: Store, port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with open_emulator(store, port) as emulator:
        point_at(emulator, monkeypatch)
        yield emulator


def open_emulator(store: Store, port: int, behaviour: Behaviour = ONE_USE) -> Emulator:
    """An app that asks for no secret, whose refresh tokens are good once."""
    app = Credentials(callback_urls=(f"http://localhost:{port}/callback",), requires_secret=False)
    return Emulator(store, behaviour=behaviour, clock=ManualClock(END), credentials=app)


def point_at(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, *, without: tuple[str, ...] = SECRETS) -> None:
    for name, value in emulator.environment().items():
        if name.endswith(without):
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("SOURCES__PARDOT__START_DATE", "2026-11-01")


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    """The browser of this machine."""
    browser = Browser()
    monkeypatch.setattr("webbrowser.open", browser)
    return browser


def run() -> Outcome:
    return invoke("run", "--objects", "campaigns", "--no-transform")


def kept_files(folder: Path) -> list[Path]:
    return sorted((folder / "dlt" / "pardot").rglob("logins/*"))


# The verb.


def test_after_a_login_runs_need_no_secret(emulator: Emulator, browser: Browser, port: int, tmp_path: Path) -> None:
    outcome = invoke("login", "--port", str(port))
    assert outcome.code == 0, outcome.err
    (kept,) = kept_files(tmp_path)
    assert str(kept.parent) in outcome.out
    assert [run().code for _ in range(3)] == [0, 0, 0], "each of them replaces the token"
    assert emulator.logins == 4
    assert "by the login that `pardot-etl login` stored" in invoke("check").out


def test_question_holds_scope_state_and_challenge_and_the_page_nothing(
    emulator: Emulator, browser: Browser, port: int
) -> None:
    assert invoke("login", "--port", str(port)).code == 0
    asked = {name: values[0] for name, values in parse_qs(urlsplit(browser.opened).query).items()}
    assert asked["scope"] == "pardot_api refresh_token"
    assert (asked["code_challenge_method"], len(asked["code_challenge"])) == ("S256", 43)
    assert len(asked["state"]) >= 43
    assert asked["redirect_uri"] == f"http://localhost:{port}/callback"
    assert "Go back to the terminal" in browser.page
    assert browser.headers["cache-control"] == "no-store"
    assert not [secret for secret in [*emulator.secrets(), asked["state"]] if secret in browser.page]


def test_printed_address_works_without_a_browser_here(emulator: Emulator, port: int) -> None:
    browser = Browser()

    class Reader(io.StringIO):
        def write(self, text: str) -> int:
            if (found := text.find("http://127.0.0.1")) >= 0:
                browser(text[found:].split()[0])
            return super().write(text)

    with redirect_stderr(Reader()):
        assert log_in(LoginOptions(opens_browser=False, port=port)) == 0
    assert browser.status == 200


def test_browser_is_a_process_that_inherits_no_setting(
    emulator: Emulator, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "browser.py"
    script.write_text(
        "import os, sys, urllib.request\n"
        f"open({str(tmp_path / 'seen.txt')!r}, 'w').write(' '.join(os.environ))\n"
        "urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1], timeout=10).read()\n"
    )
    process = start("login", "--port", str(port), BROWSER=f"{sys.executable} {script} %s")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Logged in." in out
    assert "SOURCES__PARDOT" not in (tmp_path / "seen.txt").read_text()
    assert run().code == 0


def test_device_login_shows_code_and_address_and_waits_as_told(emulator: Emulator) -> None:
    assert isinstance(emulator.clock, ManualClock)
    typist = Typist(emulator, emulator.clock, patience=3)
    with redirect_stderr(io.StringIO()) as terminal:
        typist.reads = lambda: short_code(terminal.getvalue())
        assert log_in(LoginOptions(device=True), sleep=typist.sleep) == 0
    assert f"{emulator.url}/setup/connect" in terminal.getvalue()
    assert typist.slept == [5.0, 5.0, 5.0]
    assert run().code == 0


def test_slow_down_is_obeyed_from_then_on(emulator: Emulator) -> None:
    assert isinstance(emulator.clock, ManualClock)
    emulator.faults.add(Fault("token", "http", skip=1, status=400, body='{"error": "slow_down"}'))
    typist = Typist(emulator, emulator.clock, patience=3)
    with redirect_stderr(io.StringIO()) as terminal:
        typist.reads = lambda: short_code(terminal.getvalue())
        log_in(LoginOptions(device=True), sleep=typist.sleep)
    assert typist.slept == [5.0, 10.0, 10.0]
    emulator.faults.assert_all_consumed()


def test_show_prints_the_token_alone_and_stores_nothing(
    emulator: Emulator, browser: Browser, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__PARDOT__CREDENTIALS__REFRESH_TOKEN", "one-that-is-over")
    outcome = invoke("login", "--show", "--port", str(port))
    assert outcome.code == 0, outcome.err
    assert outcome.out.strip() in emulator.secrets()
    assert outcome.out.strip() not in outcome.err
    assert kept_files(tmp_path) == []
    monkeypatch.setenv("SOURCES__PARDOT__CREDENTIALS__REFRESH_TOKEN", outcome.out.strip())
    assert run().code == 0


def test_login_that_would_not_be_used_is_refused_before_anyone_is_asked(
    emulator: Emulator, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__PARDOT__CREDENTIALS__REFRESH_TOKEN", "one-that-is-set")
    outcome = invoke("login")
    assert outcome.code == 2
    assert "credentials.refresh_token (environment: SOURCES__PARDOT__CREDENTIALS__REFRESH_TOKEN) is set" in outcome.err
    assert (browser.opened, emulator.calls) == ("", ())


def test_forgotten_login_is_gone(emulator: Emulator, browser: Browser, port: int, tmp_path: Path) -> None:
    assert invoke("login", "--port", str(port)).code == 0
    assert "Removed 1 stored login" in invoke("login", "--forget").out
    assert kept_files(tmp_path) == []
    assert "No login was stored" in invoke("login", "--forget").out
    refused = run()
    assert refused.code == 2
    assert "run `pardot-etl login`" in refused.err


def test_stored_login_goes_before_client_credentials(
    emulator: Emulator, browser: Browser, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(emulator, monkeypatch, without=("REFRESH_TOKEN",))
    assert "by client credentials" in invoke("check").out
    assert invoke("login", "--port", str(port)).code == 0
    assert "by the login that `pardot-etl login` stored" in invoke("check").out
    assert invoke("login", "--forget").code == 0
    assert "by client credentials" in invoke("check").out


def test_taken_port_is_named_before_anything_is_opened(emulator: Emulator, browser: Browser, port: int) -> None:
    with CallbackListener(port, "state"):
        outcome = invoke("login", "--port", str(port))
    assert outcome.code == 1
    assert f"port {port}" in outcome.err
    assert "--device" in outcome.err
    assert browser.opened == ""


# The listener.


def ask(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_listener_takes_the_first_answer_only_and_shows_nothing_of_it(port: int) -> None:
    with CallbackListener(port, "right") as listener:
        assert ask(port, "/favicon.ico")[0] == 404
        assert ask(port, "/callback?state=right&code=one", "POST")[0] == 501
        assert ask(port, f"/callback?state=right&code={'x' * 9000}")[0] == 404
        assert listener.wait(0, lambda: None) is None
        status, page = ask(port, "/callback?state=right&code=<script>one")
        assert (status, "one" in page.replace("another one", ""), "<script>" in page) == (200, False, False)
        assert ask(port, "/callback?state=wrong&code=two")[0] == 400
        assert listener.wait(1, lambda: None) == "state=right&code=<script>one"
    with pytest.raises(ConnectionRefusedError):
        ask(port, "/callback")


def test_listener_is_reached_from_this_machine_only(port: int) -> None:
    with CallbackListener(port, "right") as listener:
        assert listener._server.server_address[0] == "127.0.0.1"


# What runs keep.


def test_replaced_token_serves_the_next_run_when_the_old_one_is_revoked(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    point_at(emulator, monkeypatch, without=())
    assert [run().code for _ in range(3)] == [0, 0, 0]
    assert "by refresh token" in invoke("check").out, "a check replaces it as well"
    assert run().code == 0
    assert emulator.logins == 5


def test_all_destinations_share_the_replaced_token(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    point_at(emulator, monkeypatch, without=())
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", str(tmp_path / "lake"))
    assert run().code == 0
    assert invoke("run", "--objects", "campaigns", "--no-transform", "--destination", "filesystem").code == 0


def test_newly_configured_token_wins_over_an_older_ones_successor(
    emulator: Emulator, browser: Browser, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(emulator, monkeypatch, without=())
    assert run().code == 0
    emulator.revoke_refresh_tokens()
    assert run().code == 2
    token = invoke("login", "--show", "--port", str(port)).out.strip()
    monkeypatch.setenv("SOURCES__PARDOT__CREDENTIALS__REFRESH_TOKEN", token)
    assert run().code == 0


def test_token_is_kept_before_its_access_token_is_used(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The first call after the login is refused for good, as a kill there would end it."""
    point_at(emulator, monkeypatch, without=())
    emulator.faults.add(Fault("account", "error", code=199, status=400))
    assert run().code == 2
    (kept,) = kept_files(tmp_path)
    assert json.loads(kept.read_text())["refresh_token"] in emulator.secrets()
    assert run().code == 0


def test_constant_token_leaves_no_file(
    store: Store, port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with open_emulator(store, port, Behaviour()) as emulator:
        point_at(emulator, monkeypatch, without=())
        assert run().code == 0
    assert kept_files(tmp_path) == []


# Security.


def test_tokens_are_in_their_file_and_nowhere_else(
    emulator: Emulator,
    browser: Browser,
    port: int,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    outcomes = [invoke("login", "--debug", "--port", str(port)), invoke("run", "--debug", "--objects", "campaigns")]
    assert [one.code for one in outcomes] == [0, 0]
    said = "".join(one.out + one.err for one in outcomes) + caplog.text
    (kept,) = kept_files(tmp_path)
    secrets = [*emulator.secrets(), parse_qs(urlsplit(browser.opened).query)["code_challenge"][0]]
    for secret in emulator.secrets():
        assert secret not in said
    for name in files_below(tmp_path):
        path = tmp_path / name
        found = [one for one in secrets if one.encode() in path.read_bytes()]
        assert found == [] or path == kept, path
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def test_codes_and_tokens_go_to_the_login_host_only_and_in_no_address(
    emulator: Emulator, browser: Browser, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Emulator(emulator.store, clock=ManualClock(END), credentials=replace(emulator.credentials)) as other:
        monkeypatch.setenv("SOURCES__PARDOT__API_URL", other.url)
        assert invoke("login", "--port", str(port)).code == 0
        assert run().code == 2, "the other host does not know the token"
        assert not [call for call in other.calls if call.operation in ("token", "authorize")]
    token_calls = [call for call in emulator.calls if call.operation == "token"]
    assert [call.query for call in token_calls] == [""] * len(token_calls)
    assert len(token_calls) >= 2


def test_settings_are_back_in_the_environment_after_the_browser(
    emulator: Emulator, browser: Browser, port: int
) -> None:
    before = dict(os.environ)
    assert invoke("login", "--port", str(port)).code == 0
    assert dict(os.environ) == before
