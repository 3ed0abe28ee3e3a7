"""Kept refresh tokens: durable, alone, for their owner only."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from unit.edge_server import FakeTime

from pardot.api.token_store import TokenStore, login_key
from pardot.errors import RunLockedError, SettingsError, StorageError
from pardot.redaction import HIDDEN, Secret, redact
from pardot.settings import Credentials, Settings

SETTINGS = Settings("0Uv000000000001AAA", Credentials("app", refresh_token=Secret("configured-refresh-token")))
KEY = login_key(SETTINGS)
FULL = 28  # ENOSPC


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path / "unit" / "logins", sleep=FakeTime().sleep)


def keep(store: TokenStore, token: str, key: str = KEY) -> None:
    with store.opened(key) as kept:
        kept.keep(Secret(token))


def kept_in(store: TokenStore, key: str = KEY) -> str | None:
    with store.opened(key) as kept:
        return kept.token.reveal() if kept.token else None


def test_newest_token_is_found_by_the_next_process(store: TokenStore) -> None:
    assert (store.has(KEY), kept_in(store)) == (False, None)
    keep(store, "refresh-two")
    keep(store, "refresh-three")
    later = TokenStore(store.folder)
    assert (later.has(KEY), kept_in(later)) == (True, "refresh-three")


def test_token_is_readable_by_its_owner_only_whatever_the_umask(store: TokenStore) -> None:
    mask = os.umask(0)
    try:
        keep(store, "refresh-two")
    finally:
        os.umask(mask)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (store.folder, *store.folder.iterdir())}
    assert modes == {"logins": 0o700, f"{KEY}.json": 0o600}


def test_looking_for_a_token_leaves_no_file(store: TokenStore) -> None:
    assert kept_in(store) is None
    assert list(store.folder.iterdir()) == []


@pytest.mark.parametrize(
    "other",
    [
        replace(SETTINGS, login_url="https://acme.my.salesforce.com"),
        replace(SETTINGS, credentials=replace(SETTINGS.credentials, client_id="other-app")),
        replace(SETTINGS, credentials=replace(SETTINGS.credentials, refresh_token=Secret("newly-configured"))),
        replace(SETTINGS, credentials=replace(SETTINGS.credentials, refresh_token=None)),
    ],
    ids=["host", "app", "newly-configured", "stored-login"],
)
def test_token_serves_its_own_login_only(other: Settings, store: TokenStore) -> None:
    keep(store, "refresh-two")
    assert kept_in(store, login_key(other)) is None


def test_name_of_a_file_tells_nothing_of_the_token(store: TokenStore) -> None:
    keep(store, "refresh-two")
    assert "configured-refresh-token" not in str(list(store.folder.iterdir()))
    assert len(KEY) == 32


def test_leftover_of_a_killed_process_is_removed(store: TokenStore) -> None:
    keep(store, "refresh-two")
    (store.folder / f".{KEY}.new").write_text('{"refresh_token": "half a tok')
    assert kept_in(store) == "refresh-two"
    assert [path.name for path in store.folder.iterdir()] == [f"{KEY}.json"]


def test_exchange_that_fails_keeps_what_was_there(store: TokenStore) -> None:
    keep(store, "refresh-two")
    with pytest.raises(ValueError, match="refused"), store.opened(KEY):
        raise ValueError("refused")
    assert kept_in(store) == "refresh-two"


def test_forgetting_removes_every_login_and_counts_them(store: TokenStore) -> None:
    assert store.forget() == 0
    keep(store, "refresh-two")
    keep(store, "refresh-three", "0" * 32)
    assert store.forget() == 2
    assert list(store.folder.iterdir()) == []


def test_two_processes_do_not_exchange_at_once(store: TokenStore) -> None:
    time = FakeTime()
    other = TokenStore(store.folder, sleep=time.sleep)
    with store.opened(KEY), pytest.raises(RunLockedError, match="run it again"):
        kept_in(other)
    assert 250 < sum(time.slept) < 350
    assert kept_in(other) is None


def test_waiting_process_sees_what_the_other_one_kept(store: TokenStore) -> None:
    """A second login with a token that the first one had replaced would be refused."""
    first = store.opened(KEY)
    kept = first.__enter__()

    def finish(_seconds: float) -> None:
        kept.keep(Secret("refresh-two"))
        first.__exit__(None, None, None)

    assert kept_in(TokenStore(store.folder, sleep=finish)) == "refresh-two"


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A disk that has no room for one of the calls named."""
    calls: list[str] = []

    def refuse(name: str) -> None:
        real = getattr(os, name)

        def call(*arguments: object) -> object:
            if name in calls:
                raise OSError(FULL, os.strerror(FULL))
            return real(*arguments)

        monkeypatch.setattr(f"pardot.api.token_store.os.{name}", call)

    for name in ("write", "pwrite"):
        refuse(name)
    return calls


def test_full_disk_is_found_before_anything_is_sent(store: TokenStore, full_disk: list[str]) -> None:
    full_disk.append("write")
    with pytest.raises(StorageError, match="Nothing was sent, so the login is as good as before"):
        kept_in(store)
    full_disk.clear()
    assert list(store.folder.iterdir()) == []


def test_token_that_cannot_be_kept_is_an_error_that_says_what_may_be_lost(
    store: TokenStore, full_disk: list[str]
) -> None:
    full_disk.append("pwrite")
    with pytest.raises(StorageError, match="Salesforce may have revoked the old one") as caught:
        keep(store, "refresh-two")
    assert "refresh-two" not in str(caught.value)
    full_disk.clear()
    assert kept_in(store) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"refresh_token": 7}', '{"refresh_token": ""}', "\x00" * 40])
def test_damaged_file_is_refused_with_what_removes_it(text: str, store: TokenStore) -> None:
    keep(store, "refresh-two")
    (store.folder / f"{KEY}.json").write_text(text)
    with pytest.raises(SettingsError, match=r"is damaged.*login --forget"):
        kept_in(store)


def test_file_or_folder_that_others_can_read_is_refused(store: TokenStore) -> None:
    keep(store, "refresh-two")
    path = store.folder / f"{KEY}.json"
    path.chmod(0o640)
    with pytest.raises(SettingsError, match=r"can be read by others \(mode 640\)"):
        kept_in(store)
    path.chmod(0o600)
    store.folder.chmod(0o755)
    with pytest.raises(SettingsError, match="chmod 700"):
        kept_in(store)


def test_link_in_place_of_the_file_is_refused(store: TokenStore, tmp_path: Path) -> None:
    keep(store, "refresh-two")
    path = store.folder / f"{KEY}.json"
    path.rename(tmp_path / "elsewhere.json")
    path.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(SettingsError, match="cannot be read"):
        kept_in(store)


def test_token_read_from_disk_is_taken_out_of_texts(store: TokenStore) -> None:
    keep(store, "refresh-two")
    path = store.folder / f"{KEY}.json"
    path.write_text('{"refresh_token": "put-here-by-hand"}')
    assert kept_in(store) == "put-here-by-hand"
    assert redact("it says put-here-by-hand") == f"it says {HIDDEN}"
