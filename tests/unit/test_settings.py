"""Settings from dlt's places: exact keys, strict types, every problem at once, nothing secret shown."""

from __future__ import annotations

import copy
import dataclasses
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from pardot.errors import SettingsError
from pardot.redaction import Secret
from pardot.settings import SETTINGS_KEYS, Credentials, Settings, load_settings

UNIT = "0Uv000000000001AAA"
CANARY = "canary-4f1c-never-shown"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty project folder that dlt reads, and no variable of the machine that could be a setting."""
    from dlt.common.configuration.container import Container
    from dlt.common.configuration.specs import PluggableRunContext

    for name in list(os.environ):
        if name.upper().startswith(("SOURCES__", "PUBLISH__", "DESTINATION__", "CREDENTIALS")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    (tmp_path / ".dlt").mkdir()
    context = Container()[PluggableRunContext]
    cookie = context.push_context()
    context.reload(str(tmp_path))
    yield tmp_path
    context.pop_context(cookie)


def write(project: Path, *, config: str = "", secrets: str = "") -> None:
    from dlt.common.configuration.container import Container
    from dlt.common.configuration.specs import PluggableRunContext

    (project / ".dlt" / "config.toml").write_text(config)
    (project / ".dlt" / "secrets.toml").write_text(secrets)
    Container()[PluggableRunContext].reload_providers()


@pytest.fixture
def minimal(project: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The fewest settings that work, in the environment."""
    for name, value in {
        "BUSINESS_UNIT_ID": UNIT,
        "CREDENTIALS__CLIENT_ID": "app",
        "CREDENTIALS__CLIENT_SECRET": CANARY,
    }.items():
        monkeypatch.setenv(f"SOURCES__PARDOT__{name}", value)
    return monkeypatch


def problems() -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert CANARY not in str(caught.value)
    return "\n".join(caught.value.problems)


def test_defaults(minimal: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    assert settings.api_url == "https://pi.pardot.com"
    assert settings.login_url == "https://login.salesforce.com"
    assert (settings.objects, settings.api_version, settings.poll_seconds) == ("standard", 5, 30.0)
    assert (settings.max_daily_calls, settings.reserve_percent) == (None, 10.0)
    assert settings.rejected_text == "keep"
    assert settings.login_method == "client_credentials"


@pytest.mark.parametrize(
    ("environment", "login", "api"),
    [
        ("production", "https://login.salesforce.com", "https://pi.pardot.com"),
        ("developer", "https://login.salesforce.com", "https://pi.demo.pardot.com"),
        ("sandbox", "https://test.salesforce.com", "https://pi.demo.pardot.com"),
    ],
)
def test_environment_picks_both_hosts(environment: str, login: str, api: str, minimal: pytest.MonkeyPatch) -> None:
    minimal.setenv("SOURCES__PARDOT__ENVIRONMENT", environment)
    settings = load_settings()
    assert (settings.login_url, settings.api_url) == (login, api)


def test_files_and_environment_work_together_and_their_places_are_remembered(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        project,
        config="[sources.pardot]\nobjects = ['visits', 'visitors']\nstart_date = 2025-01-31\nreserve_percent = 20\n",
        secrets=f"[sources.pardot]\nbusiness_unit_id = '{UNIT}'\n"
        f"[sources.pardot.credentials]\nclient_id = 'app'\nclient_secret = '{CANARY}'\n",
    )
    monkeypatch.setenv("SOURCES__PARDOT__RESERVE_PERCENT", "30")
    settings = load_settings(poll_seconds=0.01)
    assert settings.objects == ("visits", "visitors")
    assert settings.start_date == datetime(2025, 1, 31, tzinfo=timezone.utc)
    assert settings.reserve_percent == 30.0
    assert settings.credentials.client_secret == Secret(CANARY)
    assert settings.provenance["objects"] == "config.toml: sources.pardot.objects"
    assert settings.provenance["credentials.client_secret"].startswith("secrets.toml: ")
    assert settings.provenance["reserve_percent"] == "environment: SOURCES__PARDOT__RESERVE_PERCENT"
    assert settings.provenance["poll_seconds"] == "argument"
    assert "environment" not in settings.provenance
    assert CANARY not in str(dict(settings.provenance))


def test_bare_names_of_other_programs_are_no_settings(minimal: pytest.MonkeyPatch) -> None:
    for name in ("ENVIRONMENT", "CLIENT_SECRET", "PASSWORD", "SOURCES__ENVIRONMENT", "CREDENTIALS__USERNAME"):
        minimal.setenv(name, "sandbox")
    settings = load_settings()
    assert settings.environment == "production"
    assert settings.credentials.client_secret == Secret(CANARY)
    assert settings.login_method == "client_credentials"


def test_all_problems_of_one_load_come_together(minimal: pytest.MonkeyPatch) -> None:
    minimal.setenv("SOURCES__PARDOT__BUSINESS_UNIT_ID", "0Ux")
    minimal.setenv("SOURCES__PARDOT__ENVIRONMENT", "prod")
    minimal.setenv("SOURCES__PARDOT__POLL_SECONDS", "often")
    minimal.delenv("SOURCES__PARDOT__CREDENTIALS__CLIENT_ID")
    found = problems()
    assert "sources.pardot.business_unit_id: expected 18 letters" in found
    assert "sources.pardot.environment: expected one of production" in found
    assert "found 'prod' (environment: SOURCES__PARDOT__ENVIRONMENT)" in found
    assert "sources.pardot.poll_seconds: expected a number" in found
    assert "client_id is not set; looked for it in SOURCES__PARDOT__CREDENTIALS__CLIENT_ID" in found
    assert len(found.splitlines()) == 4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("api_url", "http://pi.pardot.com"),
        ("login_url", "https://me@acme.example"),
        ("api_version", "6"),
        ("time_zone", "Mars/Base"),
        ("start_date", "yesterday"),
        ("start_date", "2025-02-30"),
        ("start_date", "0001-01-01T00:00:00+14:00"),
        ("objects", "Visits; drop"),
        ("objects", ","),
        ("objects", "[]"),
        ("objects", '["visits", 7]'),
        ("objects", '{"visits": 1}'),
        ("poll_seconds", "0"),
        ("poll_seconds", "nan"),
        ("max_daily_calls", "-1"),
        ("max_daily_calls", "1.5"),
        ("max_daily_calls", "1" * 5000),
        ("reserve_percent", "101"),
        ("rejected_text", "hide"),
        ("business_unit_id", UNIT + "x"),
    ],
)
def test_bad_values_name_the_key(name: str, value: str, minimal: pytest.MonkeyPatch) -> None:
    minimal.setenv(f"SOURCES__PARDOT__{name.upper()}", value)
    assert f"sources.pardot.{name}: expected " in problems()


@pytest.mark.parametrize(
    ("name", "given", "typed"),
    [
        ("api_version", "5", 5),
        ("objects", "visits, visitors,visits", ("visits", "visitors")),
        ("objects", '["visits", "visitors"]', ("visits", "visitors")),
        ("objects", "all", "all"),
        ("start_date", "2025-01-31", datetime(2025, 1, 31, tzinfo=timezone.utc)),
        ("start_date", "2025-01-31T08:00:00Z", datetime(2025, 1, 31, 8, tzinfo=timezone.utc)),
        ("start_date", "2025-01-31 08:00+02:00", datetime(2025, 1, 31, 6, tzinfo=timezone.utc)),
        ("max_daily_calls", "500", 500),
        ("poll_seconds", 1, 1.0),
        ("time_zone", "Europe/Berlin", "Europe/Berlin"),
        ("api_url", "http://127.0.0.1:80/", "http://127.0.0.1"),
    ],
)
def test_good_values_are_typed(name: str, given: object, typed: object, minimal: pytest.MonkeyPatch) -> None:
    value = getattr(load_settings(**{name: given}), name)
    assert (value, type(value)) == (typed, type(typed))


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("SOURCES__PARDOT__BUSINES_UNIT_ID", "SOURCES__PARDOT__BUSINESS_UNIT_ID"),
        ("SOURCES__PARDOT__CREDENTIALS__CLIENTID", "SOURCES__PARDOT__CREDENTIALS__CLIENT_ID"),
        ("SOURCES__PARDOT_ENVIRONMENT", "SOURCES__PARDOT__ENVIRONMENT"),
        ("sources__pardot__objects", "SOURCES__PARDOT__OBJECTS"),
    ],
)
def test_unknown_variable_names_the_nearest(variable: str, hint: str, minimal: pytest.MonkeyPatch) -> None:
    minimal.setenv(variable, "x")
    assert f"environment variable {variable} is not a setting; did you mean {hint}?" in problems()


def test_unknown_keys_in_files_name_the_nearest(project: Path, minimal: pytest.MonkeyPatch) -> None:
    write(
        project,
        config="[sources.pardot]\nobject = 'all'\n[sources.pardot.schema]\nnaming = 'direct'\n",
        secrets="[sources.pardot.credentials]\nclient_secert = 'x'\n",
    )
    found = problems()
    assert "sources.pardot.object in config.toml is not a setting; did you mean objects?" in found
    assert "sources.pardot.credentials.client_secert in secrets.toml is not a setting; did you mean" in found
    assert "schema" not in found, "dlt's own sections are dlt's"


def test_section_of_anothers_is_not_the_sources_to_judge(project: Path, minimal: pytest.MonkeyPatch) -> None:
    """A pipeline of one's own may have a section `publish`; those of `pardot-etl` are its own to read."""
    write(project, config="[publish]\nblog = 'x'\n")
    minimal.setenv("PUBLISH__TOPIC", "x")
    assert load_settings().business_unit_id == UNIT


def test_unknown_override_is_refused(minimal: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="enviroment is not a setting; did you mean environment"):
        load_settings(enviroment="sandbox")


def test_secret_in_config_toml_is_refused_even_when_it_would_not_count(
    project: Path, minimal: pytest.MonkeyPatch
) -> None:
    write(project, config=f"[sources.pardot.credentials]\nclient_secret = '{CANARY}'\n")
    assert "client_secret is a secret and stands in config.toml; move it to secrets.toml" in problems()


def test_file_that_is_no_toml_is_named_without_its_content(project: Path) -> None:
    (project / ".dlt" / "secrets.toml").write_text(f"client_secret = {CANARY}\n")
    from dlt.common.configuration.container import Container
    from dlt.common.configuration.exceptions import ConfigProviderException
    from dlt.common.configuration.specs import PluggableRunContext

    with pytest.raises(ConfigProviderException):
        Container()[PluggableRunContext].reload_providers()
    told = told_by_a_process(project)
    assert "secrets.toml is not valid TOML (at line 1 col" in told
    assert CANARY not in told


def told_by_a_process(project: Path) -> str:
    """Return what loading the settings ends with; dlt reads its files once in a process."""
    script = "from pardot.settings import load_settings\nload_settings()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "DLT_PROJECT_DIR": str(project)}
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False)
    told = ran.stderr.strip().splitlines()[-1]
    assert told.startswith("pardot.errors.SettingsError: ")
    return told


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"\xef\xbb\xbf[sources.pardot]\n", "config.toml begins with a byte order mark; save it as UTF-8 without one"),
        ("[sources.pardot]\n".encode("utf-16"), "config.toml is not UTF-8 text"),
        (
            b'[runtime]\nlog_level = "LOUD"\n',
            "a setting below `runtime`, dlt's own, cannot be used: Unknown level: 'LOUD'",
        ),
    ],
    ids=["mark", "utf-16", "log level"],
)
def test_file_that_an_editor_of_windows_wrote_is_told_with_the_remedy(raw: bytes, told: str, project: Path) -> None:
    (project / ".dlt" / "config.toml").write_bytes(raw)
    assert told in told_by_a_process(project)


@pytest.mark.parametrize(
    ("credentials", "method"),
    [
        ({"refresh_token": "r" * 9}, "refresh_token"),
        ({"client_secret": "s" * 9, "username": "u", "password": "p" * 9}, "password"),
        (
            {"client_secret": "s" * 9, "username": "u", "password": "p" * 9, "security_token": "t" * 9},
            "password",
        ),
        ({"username": "u", "private_key": "k" * 9}, "jwt_bearer"),
        ({"client_secret": "s" * 9}, "client_credentials"),
        ({}, "stored"),
    ],
)
def test_login_method_follows_what_is_filled_in(credentials: dict[str, str], method: str, project: Path) -> None:
    settings = load_settings(business_unit_id=UNIT, credentials={"client_id": "app", **credentials})
    assert settings.login_method == method


@pytest.mark.parametrize(
    ("credentials", "complaint"),
    [
        ({"client_secret": "ssss", "password": "pppp"}, "username is not set, yet password needs it"),
        ({"private_key": "kkkk"}, "username is not set, yet private_key or private_key_file needs it"),
        ({"client_secret": "ssss", "username": "u"}, "username is set without password or private key"),
        ({"client_secret": "ssss", "security_token": "tttt"}, "security_token is set without password"),
        (
            {"refresh_token": "rrrr", "password": "pppp", "username": "u"},
            "refresh_token and password are set",
        ),
        ({"username": "u", "private_key": "kkkk", "private_key_file": "/k"}, "are both set; keep one"),
        ({"username": "u", "password": "pppp"}, "client_secret is not set, yet password needs it"),
    ],
)
def test_mixed_or_incomplete_login_is_refused(credentials: dict[str, str], complaint: str, project: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(business_unit_id=UNIT, credentials={"client_id": "app", **credentials})
    assert complaint in str(caught.value)


@pytest.mark.parametrize(("mode", "accepted"), [(0o600, True), (0o400, True), (0o640, False), (0o604, False)])
def test_private_key_file_is_for_its_owner_only(mode: int, accepted: bool, project: Path) -> None:
    key = project / "key.pem"
    key.write_text(CANARY)
    key.chmod(mode)
    login = {"client_id": "app", "username": "u", "private_key_file": str(key)}
    if accepted:
        assert load_settings(business_unit_id=UNIT, credentials=login).login_method == "jwt_bearer"
    else:
        with pytest.raises(SettingsError, match="chmod 600"):
            load_settings(business_unit_id=UNIT, credentials=login)


@pytest.mark.parametrize("name", ["missing.pem", "."])
def test_private_key_file_that_is_no_file_is_refused(name: str, project: Path) -> None:
    login = {"client_id": "app", "username": "u", "private_key_file": str(project / name)}
    with pytest.raises(SettingsError, match="private_key_file"):
        load_settings(business_unit_id=UNIT, credentials=login)


def test_empty_text_counts_as_not_set(minimal: pytest.MonkeyPatch) -> None:
    minimal.setenv("SOURCES__PARDOT__API_URL", "")
    assert load_settings().api_url == "https://pi.pardot.com"


def test_nothing_that_shows_settings_shows_secrets(project: Path) -> None:
    login = {"client_id": "app", "client_secret": CANARY, "username": "ann@acme.example", "password": CANARY}
    settings = load_settings(business_unit_id=UNIT, credentials=login)
    shown = [
        repr(settings),
        str(settings),
        f"{settings}",
        str(dataclasses.asdict(settings)),
        str(vars(settings)),
    ]
    assert not [text for text in shown if CANARY in text]
    assert "ann@acme.example" not in repr(settings)
    assert CANARY.encode() not in pickle.dumps(settings)
    twin = pickle.loads(pickle.dumps(settings))  # noqa: S301
    assert twin.provenance == settings.provenance
    with pytest.raises(ValueError, match="pickled"):
        twin.credentials.password.reveal()
    assert copy.deepcopy(settings).credentials.password == Secret(CANARY)


@pytest.mark.parametrize(
    ("now", "start"),
    [
        (datetime(2026, 3, 1, 15, tzinfo=timezone.utc), datetime(2025, 3, 1, tzinfo=timezone.utc)),
        (datetime(2024, 2, 29, 15, tzinfo=timezone.utc), datetime(2023, 2, 28, tzinfo=timezone.utc)),
    ],
)
def test_history_starts_one_year_back(now: datetime, start: datetime) -> None:
    assert Settings(UNIT).history_start(now) == start
    assert Settings(UNIT, start_date=now).history_start(now) == now


@pytest.mark.parametrize("key", SETTINGS_KEYS, ids=lambda key: key.name)
def test_every_key_is_a_described_field(key: Any) -> None:
    assert len(key.description) > 10
    assert key.environment_variable == key.key.upper().replace(".", "__")


def test_every_field_has_a_key() -> None:
    named = {key.name for key in SETTINGS_KEYS}
    own = {entry.name for entry in dataclasses.fields(Settings)} - {"credentials", "provenance"}
    login = {f"credentials.{entry.name}" for entry in dataclasses.fields(Credentials)}
    assert named == own | login


@pytest.mark.parametrize("version", [3, 4])
def test_older_versions_need_the_users_time_zone(version: int, minimal: pytest.MonkeyPatch) -> None:
    minimal.setenv("SOURCES__PARDOT__API_VERSION", str(version))
    assert "sources.pardot.time_zone is not set" in problems()
    minimal.setenv("SOURCES__PARDOT__TIME_ZONE", "Europe/Berlin")
    assert load_settings().api_version == version
