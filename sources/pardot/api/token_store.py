"""Refresh tokens that a login handed out, kept for the next one: a small file each, for its owner only.

Salesforce may answer a login with a new refresh token and revoke the old one, and `pardot-etl login` gets one that
stands in no settings. Such a token is on disk before the access token that came with it is used. The room for it is
made before the login is asked, so that a full disk is found while the old token is still good. A kill in the instant
between Salesforce's answer and the file is the one thing that nothing here can undo.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from ..durable import sync_folder
from ..errors import PardotError, RunLockedError, SettingsError, StorageError
from ..redaction import Secret

if TYPE_CHECKING:
    from ..settings import Settings

LOGINS: Final = "logins"
"""Name of the folder below a business unit's."""

_ROOM_BYTES: Final = 16_384
_LARGEST_BYTES: Final = 2 << 20
_PATIENCE_SECONDS: Final = 300
_LOOK_SECONDS: Final = 0.2
_NEXT: Final = "Nothing was sent; `pardot-etl login --forget` removes it, then log in again or set a new refresh token"


class Kept(Protocol):
    """One login's refresh token, while nobody else may use or replace it."""

    @property
    def token(self) -> Secret | None:
        """The newest token that was kept, None when none was."""

    def keep(self, token: Secret) -> None:
        """Keep this one instead; it survives a power cut once this returns."""


class RefreshTokens(Protocol):
    """Where refresh tokens are kept, by the key of their login."""

    def has(self, key: str) -> bool:
        """Whether a token is kept."""

    @contextmanager
    def opened(self, key: str) -> Iterator[Kept]:
        """Hold one login's token for the time of an exchange."""


def login_key(settings: Settings) -> str:
    """Return the name of the login: a digest of host, app and configured refresh token.

    So a token goes only to the host that gave it, and one that is configured anew is another login than the older one,
    whose successor is on disk. A refresh token is long and random; its digest tells nothing.
    """
    given = settings.credentials
    configured = given.refresh_token.reveal() if given.refresh_token else ""
    parts = json.dumps([settings.login_url, given.client_id, configured])
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


class MemoryTokens:
    """Tokens that last as long as the process, for who has no folder."""

    def __init__(self) -> None:
        self._tokens: dict[str, Secret] = {}

    def has(self, key: str) -> bool:
        return key in self._tokens

    @contextmanager
    def opened(self, key: str) -> Iterator[Kept]:
        yield _InMemory(self._tokens, key)


class _InMemory:
    def __init__(self, tokens: dict[str, Secret], key: str) -> None:
        self._tokens = tokens
        self._key = key

    @property
    def token(self) -> Secret | None:
        return self._tokens.get(self._key)

    def keep(self, token: Secret) -> None:
        self._tokens[self._key] = token


class TokenStore:
    """Tokens in files of one folder; nothing is written before a login needs the room.

    Args:
        folder: of one business unit; made 0700 when it is not there.
        sleep: how to wait for another process that is logging in.
    """

    def __init__(self, folder: Path, *, sleep: Callable[[float], object] = time.sleep) -> None:
        self.folder = folder
        self._sleep = sleep

    def has(self, key: str) -> bool:
        return self._path(key).exists()

    @contextmanager
    def opened(self, key: str) -> Iterator[Kept]:
        """Hold one login's token, alone among all processes.

        Raises:
            RunLockedError: another process has been logging in for minutes.
            SettingsError: what is kept can be read by others, or cannot be read at all.
            StorageError: there is no room for a new token.
        """
        with self._storing(self.folder):
            _make_private(self.folder)
        _insist_on_private(self.folder)
        with self._alone():
            self._remove_leftovers()
            room = self.folder / f".{key}.new"
            kept = _InFile(self._path(key), room)
            with self._storing(room):
                file = os.open(room, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                with self._storing(room):
                    os.write(file, bytes(_ROOM_BYTES))
                    os.fsync(file)
                kept.file = file
                yield kept
            finally:
                os.close(file)
                room.unlink(missing_ok=True)

    def forget(self) -> int:
        """Remove every token of this business unit from this machine; return how many there were.

        Salesforce is not told: who has one could still use it, until it is revoked there.
        """
        if not self.folder.is_dir():
            return 0
        with self._alone(), self._storing(self.folder):
            self._remove_leftovers()
            found = sorted(self.folder.glob("*.json"))
            for path in found:
                path.unlink()
            with suppress(OSError):  # some network file systems cannot
                sync_folder(self.folder)
        return len(found)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def _remove_leftovers(self) -> None:
        """Remove what a killed process left; call it while alone."""
        for path in self.folder.glob(".*.new"):
            path.unlink()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes out, by a lock on the folder itself, so that looking leaves no file behind."""
        folder = os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            for _ in range(round(_PATIENCE_SECONDS / _LOOK_SECONDS)):
                if _lock(folder):
                    break
                self._sleep(_LOOK_SECONDS)
            else:
                advice = "Nothing was sent; wait for the other command to end, then run it again"
                raise RunLockedError(str(self.folder), next_step=advice)
            yield
        finally:
            os.close(folder)

    @contextmanager
    def _storing(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            raise StorageError(
                "make room for a refresh token",
                path=str(path),
                reason=problem.strerror,
                next_step="Nothing was sent, so the login is as good as before; free the space or mend the "
                "permissions, then run it again",
            ) from problem


class _InFile:
    def __init__(self, path: Path, room: Path) -> None:
        self._path = path
        self._room = room
        self.file = -1

    @property
    def token(self) -> Secret | None:
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise _unusable(self._path, f"cannot be read: {problem.strerror}") from None
        try:
            if (mode := os.fstat(file).st_mode) & 0o077:
                raise _unusable(self._path, f"can be read by others (mode {mode & 0o777:03o})")
            raw = os.read(file, _LARGEST_BYTES)
        finally:
            os.close(file)
        try:
            return Secret(_text(json.loads(raw)["refresh_token"]))
        except (ValueError, KeyError, TypeError):
            raise _unusable(self._path, "is damaged") from None

    def keep(self, token: Secret) -> None:
        raw = json.dumps({"refresh_token": token.reveal()}).encode()
        try:
            os.pwrite(self.file, raw, 0)
            os.ftruncate(self.file, len(raw))
            os.fsync(self.file)
            self._room.rename(self._path)
            with suppress(OSError):  # some network file systems cannot
                sync_folder(self._path.parent)
        except OSError as problem:
            raise StorageError(
                "keep the new refresh token",
                path=str(self._path),
                reason=problem.strerror,
                next_step="Salesforce may have revoked the old one; mend the disk, then run `pardot-etl check`, and "
                "`pardot-etl login` if the login is refused",
            ) from problem


def _text(value: object) -> str:
    if isinstance(value, str) and value:
        return value
    raise TypeError(type(value).__name__)


def _unusable(path: Path, why: str) -> PardotError:
    return SettingsError(f"the stored refresh token {path} {why}", next_step=_NEXT)


def _make_private(folder: Path) -> None:
    if not folder.is_dir():
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        with suppress(OSError):  # some network file systems cannot
            sync_folder(folder.parent)


def _insist_on_private(folder: Path) -> None:
    mode = folder.stat().st_mode
    if mode & 0o077:
        raise SettingsError(
            f"the folder of stored refresh tokens {folder} is open to others (mode {mode & 0o777:03o}); "
            "run `chmod 700` on it"
        )


def _lock(folder: int) -> bool:
    """Take the lock; where a file system locks no folders, the run's own lock must do."""
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
