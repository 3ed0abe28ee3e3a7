"""What the client does not do at all, kept so by reading its code and by watching it."""

from __future__ import annotations

import ast
import stat
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from command_line import environment, invoke
from kit import build_store
from project_code import PACKAGES, Module, modules
from unit.edge_server import answer, edge_server

from pardot.api.allowance import Allowance
from pardot.api.credentials import TokenProvider
from pardot.api.transport import Transport
from pardot.api.wire import Wire
from pardot.errors import PardotError, TransientRequestError
from pardot.redaction import Secret
from pardot.settings import Credentials, Settings
from pardot_emulator import Emulator
from pardot_etl.verbs.check import check_folder

UNIT = "0Uv000000000001AAA"
CLIENT = [module for package in PACKAGES if package != "pardot_emulator" for module in modules(package)]
STARTS_PROCESSES = {"subprocess", "multiprocessing", "pty", "pexpect", "concurrent.futures.process"}
STARTING = {"system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp", "startfile", "ProcessPoolExecutor"}
UNSAFE = {"eval", "exec", "compile", "__import__"}
READS_CODE = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
every_module = pytest.mark.parametrize("module", CLIENT, ids=lambda module: f"{module.package}.{module.name}")


@cache
def tree(module: Module) -> ast.Module:
    return module.tree


def calls(module: Module) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call with the last word of what is called."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(name) | ast.Attribute(attr=name):
                    yield name, node


def imports(module: Module) -> set[str]:
    return {name.partition(".")[0] for name in module.imports()} | set(module.imports())


@every_module
def test_no_process_is_started(module: Module) -> None:
    """So none inherits the environment, in which secrets may stand."""
    assert imports(module) & STARTS_PROCESSES == set()
    assert {name for name, _ in calls(module)} & STARTING == set()
    assert not [
        name for name, call in calls(module) if name.startswith(("exec", "spawn")) and "os." in ast.unparse(call)
    ]


@every_module
def test_no_text_becomes_code(module: Module) -> None:
    assert imports(module) & READS_CODE == set()
    bare = {call.func.id for _, call in calls(module) if isinstance(call.func, ast.Name)}
    assert bare & UNSAFE == set()
    unsafe = {"Loader", "FullLoader", "UnsafeLoader", "unsafe_load", "full_load"}
    assert {node.attr for node in ast.walk(tree(module)) if isinstance(node, ast.Attribute)} & unsafe == set()


@every_module
def test_nothing_is_written_as_csv(module: Module) -> None:
    """A spreadsheet takes a cell that begins with `=` for a formula; what is written is DuckDB, Parquet and HTML."""
    assert [
        node
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Attribute)
        and node.attr in ("writer", "DictWriter")
        and ast.unparse(node.value) == "csv"
    ] == []
    texts = [
        node.value for node in ast.walk(tree(module)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert [
        text
        for text in texts
        if "FORMAT CSV" in text.upper() or "WRITE_CSV" in text.upper() or "TO_CSV" in text.upper()
    ] == []


@every_module
def test_no_certificate_goes_unverified(module: Module) -> None:
    given = {
        keyword.arg: keyword.value for _, call in calls(module) for keyword in call.keywords if keyword.arg is not None
    }
    verify = given.get("verify")
    assert not (isinstance(verify, ast.Constant) and verify.value is False)
    assert "_create_unverified_context" not in {name for name, _ in calls(module)}


def test_scans_notice_what_they_look_for(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(
        "import subprocess, os\nimport pickle\nos.execv('x', [])\neval('1')\nrequests.get('x', verify=False)\n"
    )
    module = Module("pardot", bad)
    called = {name for name, _ in calls(Module("pardot", bad))}
    assert called >= {"execv", "eval", "get"}
    names = {alias.name for node in ast.walk(tree(module)) if isinstance(node, ast.Import) for alias in node.names}
    assert names & STARTS_PROCESSES
    assert names & READS_CODE


def test_run_starts_no_process_of_ours_and_listens_nowhere(tmp_path: Path) -> None:
    """What the interpreter itself reports while a whole run is made; dlt and DuckDB are watched with us.

    Two things happen while libraries are imported: Python's `platform` asks `file` for what the interpreter is, and
    urllib3 binds a port for an instant to learn whether there is IPv6.
    """
    watch = (
        "import sys\n"
        "bad = ('subprocess.Popen', 'os.system', 'os.exec', 'os.posix_spawn', 'os.fork', 'os.forkpty', 'socket.bind')\n"
        "def hook(event, arguments):\n"
        "    if event in bad:\n"
        "        what = arguments[1][:2] if event == 'socket.bind' else arguments[0]\n"
        "        print('AUDIT', event, what, file=sys.stderr)\n"
        "from pardot_etl.cli import main\n"
        "sys.addaudithook(hook)\n"
        "sys.exit(main(['run', '--objects', 'campaigns,visits']))\n"
    )
    with build_store(100) as store, Emulator(store) as emulator:
        done = subprocess.run(
            [sys.executable, "-c", watch],
            env=environment(emulator.environment()),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    seen = {line for line in done.stderr.splitlines() if line.startswith("AUDIT")}
    assert seen <= {"AUDIT subprocess.Popen file", "AUDIT socket.bind ('::1', 0)"}


def test_token_is_in_one_header_and_nowhere_else() -> None:
    token = "00D-only-in-one-header"
    with edge_server() as api, edge_server() as login:
        login.otherwise = answer({"access_token": token})
        settings = Settings(UNIT, Credentials("app", Secret("app-secret")), api_url=api.url, login_url=login.url)
        transport = Transport(settings, TokenProvider(settings), Allowance())
        transport.get_json("/api/v5/x", {"a": "b"}, operation="test.get")
        transport.post_json("/api/v5/x", {"a": "b"}, operation="test.post")
        api.will(answer(b"id\n1\n"))
        transport.download(f"{api.url}/file", lambda _: None, operation="test.download", max_bytes=100)
        transport.close()
    for request in api.requests:
        assert [name for name, value in request.headers.items() if token in value] == ["Authorization"]
        assert token not in request.target
        assert token.encode() not in request.body
        assert "app-secret" not in f"{request.headers}{request.target}{request.body!r}"
    (asked,) = login.requests
    assert "Authorization" not in asked.headers
    assert "app-secret" not in asked.target


def test_netrc_adds_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The HTTP library would look up the host in ~/.netrc and put what it finds in place of the token."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login someone password from-netrc\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    with edge_server() as login:
        login.otherwise = answer({"access_token": "token-of-a-login"})
        settings = Settings(UNIT, Credentials("app", Secret("app-secret")), api_url=login.url, login_url=login.url)
        tokens = TokenProvider(settings)
        tokens.token()
        tokens.close()
    assert "Authorization" not in login.requests[0].headers
    assert b"netrc" not in login.requests[0].body


def test_proxy_of_the_environment_is_used_and_sees_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Honoured on purpose: companies have them. Through one goes a tunnel, so all that it learns is the host's name."""
    with edge_server() as proxy:
        proxy.otherwise = answer(b"", 403)
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http://", "http://me:proxy-password@"))
        for name in ("NO_PROXY", "no_proxy", "https_proxy"):
            monkeypatch.delenv(name, raising=False)
        wire = Wire(timeout_seconds=5)
        with pytest.raises(Exception, match="the proxy refused") as caught:
            wire.send("GET", "https://pi.pardot.com/api", headers={"Authorization": "Bearer not-for-the-proxy"})
        wire.close()
    (request,) = proxy.requests
    assert (request.method, request.target) == ("CONNECT", "pi.pardot.com:443")
    assert "not-for-the-proxy" not in str(request)
    assert "proxy-password" not in str(caught.value)


def test_this_machine_is_never_asked_for_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with edge_server() as proxy, edge_server() as api:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        wire = Wire(timeout_seconds=5)
        wire.send("GET", api.url, headers={}).close()
        wire.close()
    assert (len(api.requests), proxy.requests) == (1, [])


def test_everything_that_a_run_leaves_is_for_its_owner_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    with build_store(100) as store, Emulator(store) as emulator:
        for name, value in {
            **emulator.environment(),
            "DLT_DATA_DIR": str(home / "dlt"),
            "DESTINATION__DUCKDB__CREDENTIALS": str(home / "working.duckdb"),
            "PUBLISH__DUCKDB": str(home / "published.duckdb"),
        }.items():
            monkeypatch.setenv(name, value)
        assert invoke("run", "--objects", "campaigns", "--no-transform").code == 0
    published = home / "published.duckdb"  # what people are meant to open
    paths = [path for path in home.rglob("*") if not path.is_symlink() and path != published]
    assert len(paths) > 5
    assert stat.S_IMODE(published.stat().st_mode) == 0o444
    assert {str(path): oct(mode) for path in paths if (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077} == {}


@pytest.mark.parametrize("place", ["settings_dir", "global_dir"])
def test_secrets_that_others_can_read_are_warned_of(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dlt reads a folder of its own beside the project's."""
    folders = {name: tmp_path / name for name in ("settings_dir", "global_dir")}
    context = SimpleNamespace(context=SimpleNamespace(**folders))
    monkeypatch.setattr("pardot.settings_lookup.run_context", lambda: context)
    folders[place].mkdir()
    secrets = folders[place] / "secrets.toml"
    secrets.write_text("")
    secrets.chmod(0o640)
    finding = check_folder()
    assert (finding.fix, finding.exit_code) == (f"chmod 600 {secrets}", 0)
    secrets.chmod(0o600)
    assert check_folder().fix == ""


def test_unreachable_host_shows_neither_query_nor_host_of_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:proxy-password@127.0.0.1:9")
    settings = Settings(UNIT, Credentials("app", Secret("app-secret")))
    tokens = TokenProvider(settings, sleep=lambda _seconds: None)
    with pytest.raises(TransientRequestError) as caught:
        tokens.token()
    assert isinstance(caught.value, PardotError)
    assert "proxy-password" not in str(caught.value)
    tokens.close()
