"""The settings: every key typed, secrets marked, strangers refused, and what users have written goes on to work."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

import pytest
from contract.golden import UPDATE, broken, kept

from pardot.errors import SettingsError
from pardot.redaction import Secret
from pardot.settings import SETTINGS_KEYS, Credentials, SettingKey, Settings, load_settings
from pardot_etl.configuration import load_places

FEWEST = {
    "SOURCES__PARDOT__BUSINESS_UNIT_ID": "0Uv000000000001AAA",
    "SOURCES__PARDOT__CREDENTIALS__CLIENT_ID": "app",
    "SOURCES__PARDOT__CREDENTIALS__CLIENT_SECRET": "contract-secret",
}
HINTS = typing.get_type_hints(Settings) | {
    f"credentials.{name}": hint for name, hint in typing.get_type_hints(Credentials).items()
}
KEYS = pytest.mark.parametrize("key", SETTINGS_KEYS, ids=lambda key: str(key.name))
WORDS_FOR_SECRETS = ("secret", "password", "token", "private_key", "assertion")


@pytest.fixture(autouse=True)
def fewest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the fewest settings that work."""
    for name, value in FEWEST.items():
        monkeypatch.setenv(name, value)


def facts(key: SettingKey) -> list[str | bool]:
    return [spelled(HINTS[key.name]), key.is_secret, repr(key.default)]


def spelled(hint: Any) -> str:
    """Return a type in words that are the same under every version of Python."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return " | ".join(map(repr, inner))
    if origin is tuple:
        return f"tuple[{spelled(inner[0])}, ...]"
    return " | ".join(map(spelled, inner)) if inner else hint.__name__.replace("NoneType", "None")


@KEYS
def test_every_key_is_typed_and_described(key: SettingKey) -> None:
    assert HINTS[key.name] not in (typing.Any, object)
    assert key.description.endswith(".")
    assert key.key == f"sources.pardot.{key.name}"


@KEYS
def test_key_that_sounds_like_a_secret_is_one_and_has_a_secrets_type(key: SettingKey) -> None:
    sounds = any(word in key.name.rpartition(".")[2] for word in WORDS_FOR_SECRETS) and not key.name.endswith("_file")
    assert key.is_secret is sounds
    assert (Secret in typing.get_args(HINTS[key.name])) is key.is_secret


@KEYS
def test_secret_key_takes_text_and_gives_none_back(key: SettingKey) -> None:
    if key.is_secret:
        secret = key.parse("contract-never-shown")
        assert isinstance(secret, Secret)
        assert "contract-never-shown" not in f"{secret} {secret!r}"


def test_every_key_is_read_from_its_variable_and_no_other_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().business_unit_id == FEWEST["SOURCES__PARDOT__BUSINESS_UNIT_ID"]
    for key in SETTINGS_KEYS:
        monkeypatch.setenv(f"{key.environment_variable}S", "stranger")
        with pytest.raises(SettingsError, match="is not a setting"):
            load_settings()
        monkeypatch.delenv(f"{key.environment_variable}S")


@pytest.mark.parametrize("name", ["PUBLISH__DUCK", "PUBLISH__PARQUETS", "TRANSFORMS__RULE"])
def test_unknown_key_of_files_and_folders_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "stranger")
    with pytest.raises(SettingsError, match="is not a setting"):
        load_places()


def test_no_setting_of_an_earlier_version_is_gone_or_means_something_else() -> None:
    found = {key.key: facts(key) for key in SETTINGS_KEYS}
    promised = kept("settings", found)
    assert broken(promised, found) == {}
    assert found.keys() - promised.keys() == set(), UPDATE


def test_places_have_their_promised_defaults() -> None:
    places = load_places()
    assert (places.working_database.name, places.published_database.name, places.published_parquet) == (
        "pardot_working.duckdb",
        "pardot.duckdb",
        None,
    )


def test_every_field_of_the_settings_can_be_set() -> None:
    fields = {one.name for one in dataclasses.fields(Settings)} - {"credentials", "provenance"}
    fields |= {f"credentials.{one.name}" for one in dataclasses.fields(Credentials)}
    assert fields == {key.name for key in SETTINGS_KEYS}
