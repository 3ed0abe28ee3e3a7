"""The list of people who were erased: whom no load may bring back, and as little else about them as that takes.

Of a prospect and of a visitor it holds the id, which says nothing without Account Engagement; of an e-mail address a
hash under a key of this installation (HMAC-SHA-256): without the key nobody can try addresses out. The file has list
and key and is its owner's alone. It is kept in several places, each of which may be lost: all that can be found count.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .addresses import normal, without_addresses
from .durable import write_whole
from .errors import StorageError

LIST: Final = "erased.json"
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class People:
    """Whom a list names."""

    prospects: frozenset[int] = frozenset()
    visitors: frozenset[int] = frozenset()
    addresses: frozenset[str] = frozenset()
    """Hashes of e-mail addresses."""

    def __bool__(self) -> bool:
        return bool(self.prospects or self.visitors or self.addresses)

    def __or__(self, other: People) -> People:
        return People(
            self.prospects | other.prospects, self.visitors | other.visitors, self.addresses | other.addresses
        )

    def to_json(self) -> dict[str, list[Any]]:
        return {
            "prospects": sorted(self.prospects),
            "visitors": sorted(self.visitors),
            "addresses": sorted(self.addresses),
        }

    @property
    def digest(self) -> str:
        """A text that changes when somebody is added."""
        return hashlib.sha256(json.dumps(self.to_json()).encode()).hexdigest() if self else ""


class ErasedPeople:
    """The list as it is kept on disk; safe to use from several threads.

    Args:
        places: its files, the one in the working folder first; without any it is kept in memory alone.

    Raises:
        StorageError: a file is there and cannot be read, and no other one can: nobody may be let in unseen.
    """

    def __init__(self, *places: Path) -> None:
        self._places = places
        self._lock = threading.RLock()
        self._keys: tuple[str, ...] = ()
        self._clean: dict[str, str] = {}
        self.people = People()
        damaged: list[Path] = []
        for place in places:
            try:
                self._take(json.loads(place.read_text(encoding="utf-8")), is_first=place == places[0])
            except FileNotFoundError:
                continue
            except (OSError, ValueError, KeyError, TypeError):
                damaged.append(place)
        if damaged and not self._keys and not self.people:
            raise StorageError(
                "read the list of erased people",
                path=str(damaged[0]),
                reason="it is damaged or may not be read",
                next_step="Nothing was loaded, as people who were erased might come back; restore the file from a "
                "backup, then run `pardot-etl run` again",
            )

    def __bool__(self) -> bool:
        return bool(self.people)

    def _take(self, facts: Mapping[str, Any], *, is_first: bool) -> None:
        """Add what a file holds; how far tables were cleaned only the first one knows."""
        people = People(
            frozenset(map(int, facts["prospects"])),
            frozenset(map(int, facts["visitors"])),
            frozenset(map(str, facts["addresses"])),
        )
        keys, clean = map(str, facts["keys"]), dict(facts["clean"])
        self.people |= people
        self._keys = tuple(dict.fromkeys((*self._keys, *keys)))
        if is_first:
            self._clean = clean

    @property
    def lacks_key(self) -> bool:
        """Whether addresses are on the list that can no longer be recognised, because their key was lost."""
        return bool(self.people.addresses) and not self._keys

    def draft(self) -> ErasedPeople:
        """Return a copy that is kept in memory alone, to see what adding somebody would do."""
        copy = ErasedPeople()
        copy.people, copy._keys = self.people, self._keys
        return copy

    def add(self, people: People) -> None:
        """Put people on the list, durably; those that are on it already cost nothing.

        Raises:
            StorageError: the list could not be written.
        """
        with self._lock:
            joined = self.people | people
            if joined != self.people:
                self.people = joined
                self._write()

    def add_address(self, address: str) -> None:
        """Put an e-mail address on the list, as a hash."""
        with self._lock:
            if not self._keys:
                self._keys = (secrets.token_hex(32),)
            self.add(People(addresses=frozenset({_hashed(self._keys[0], address)})))

    def is_address(self, address: str) -> bool:
        """Whether an address is on the list."""
        return any(_hashed(key, address) in self.people.addresses for key in self._keys)

    def without(self, text: str) -> str:
        """Return a text with a mask in the place of every address on the list."""
        return without_addresses(text, self.is_address)

    def mentions(self, text: str) -> bool:
        """Whether a record that cannot be read may be of somebody on the list: it has an address, or a number, of one.

        A number may be any other; of a text that nobody can read it is better to keep too little.
        """
        ids = self.people.prospects | self.people.visitors
        return self.without(text) != text or any(int(digits[:19]) in ids for digits in _NUMBER.findall(text))

    def is_clean(self, pipeline: str) -> bool:
        """Whether the tables of a pipeline were cleaned of everybody who is on the list by now."""
        return not self.people or self._clean.get(pipeline) == self.people.digest

    def note_clean(self, pipeline: str) -> None:
        """Remember that they were."""
        with self._lock:
            if not self.is_clean(pipeline):
                self._clean[pipeline] = self.people.digest
                self._write()

    def _write(self) -> None:
        facts = {**self.people.to_json(), "keys": list(self._keys), "clean": self._clean}
        for place in self._places:
            _write(place, json.dumps(facts))


def _hashed(key: str, address: str) -> str:
    return hmac.new(bytes.fromhex(key), normal(address).encode(), hashlib.sha256).hexdigest()


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, text)
    except OSError as error:
        raise StorageError("write the list of erased people", path=str(path), reason=error.strerror) from error


def people_in(rows: Iterable[tuple[str, str]]) -> People:
    """Return the people that lines of `to_rows` name."""
    found: dict[str, set[str]] = {"prospects": set(), "visitors": set(), "addresses": set()}
    for kind, value in rows:
        found[kind].add(value)
    return People(
        frozenset(map(int, found["prospects"])), frozenset(map(int, found["visitors"])), frozenset(found["addresses"])
    )


def to_rows(people: People) -> list[tuple[str, str]]:
    """Return a line for each entry of the list, for a table; the key is in none."""
    return [(kind, str(value)) for kind, values in people.to_json().items() for value in values]
