"""Secret values and the one list of them, so that no text that leaves the process can hold one.

Every `Secret` enters the list when it is made: settings, tokens as they are issued, signed assertions.
`redact` takes the list out of a text, whole values and excerpts; `RedactingFilter` does it for a log handler.
"""

from __future__ import annotations

import hmac
import html
import json
import logging
import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "[secret]"

_SHORTEST = 4
"""Shorter values are not searched for: they would blank out half of every text and protect nothing."""

_EXCERPT = 16
"""So many characters in a row of a secret count as the secret: a server's text is cut before it gets here."""


class Secret:
    """A text that shows itself only to who calls `reveal()`.

    `repr`, `str`, formatting and comparison give nothing away. Pickling carries no value: the copy is lost
    and says so when it is asked, because dlt pickles traces to disk.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value: str | None = value
        register_secret(value)

    def reveal(self) -> str:
        """Return the value; for the login alone."""
        if self._value is None:
            raise ValueError("this secret was pickled, which leaves its value behind")
        return self._value

    def __repr__(self) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest((self._value or "").encode(), (other._value or "").encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _lost_secret, ()


def _lost_secret() -> Secret:
    secret = Secret.__new__(Secret)
    secret._value = None
    return secret


class SecretList:
    """What no text may hold. To add a token costs the token's length: a process that runs for weeks gets many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._excerpts: set[str] = set()
        """Every `_EXCERPT` characters in a row of each spelling that has so many."""
        self._words: set[str] = set()
        """The other spellings, and those with the frame of a key, which is in every key."""
        self._pattern = re.compile(r"(?!)")
        """Finds the words."""

    def add(self, spellings: set[str]) -> None:
        long = {spelling for spelling in spellings if len(spelling) >= _EXCERPT and "-----" not in spelling}
        with self._lock:
            for spelling in long:
                self._excerpts.update(_excerpts_of(spelling))
            if not spellings - long <= self._words:
                self._words |= spellings - long
                # Longest first, so that a secret that contains another is taken out whole.
                ordered = sorted(self._words, key=lambda value: (-len(value), value))
                self._pattern = re.compile("|".join(map(re.escape, ordered)))

    def take_out(self, text: str) -> str:
        with self._lock:
            return self._pattern.sub(HIDDEN, self._without_excerpts(text))

    def _without_excerpts(self, text: str) -> str:
        """Return the text without the longest stretches in which every `_EXCERPT` characters are an excerpt."""
        kept, done, at = list[str](), 0, 0
        while at <= len(text) - _EXCERPT:
            if text[at : at + _EXCERPT] not in self._excerpts:
                at += 1
                continue
            end = at + 1
            while text[end : end + _EXCERPT] in self._excerpts:
                end += 1
            kept += [text[done:at], HIDDEN]
            done = at = end - 1 + _EXCERPT
        return "".join([*kept, text[done:]])


_secrets = SecretList()
"""Of this process."""


def register_secret(value: str) -> None:
    """Add a value to the list, in the spellings that it may take: plain, in a URL, JSON, HTML, `repr`, base64."""
    # A key of several lines is also searched for line by line.
    pieces = {value, value.strip(), *(line.strip() for line in value.splitlines() if len(line.strip()) >= _EXCERPT)}
    _secrets.add(
        {
            spelling
            for piece in pieces
            if len(piece) >= _SHORTEST and not piece.startswith("-----")
            for spelling in _spellings(piece)
        }
    )


def _spellings(piece: str) -> Iterator[str]:
    in_url = quote(piece, safe="", errors="replace")
    yield from (piece, in_url, re.sub("%..", lambda code: code[0].lower(), in_url), quote_plus(piece, errors="replace"))
    yield from (json.dumps(piece)[1:-1], repr(piece)[1:-1], html.escape(piece))
    if len(piece) >= _EXCERPT:
        for before in range(3):  # base64 depends on what stands before; what depends on neighbours is cut off
            encoded = b64encode(bytes(before) + piece.encode("utf-8", "surrogatepass")).decode()
            yield encoded[before + (before > 0) : -4]


def _excerpts_of(spelling: str) -> Iterator[str]:
    return (spelling[start : start + _EXCERPT] for start in range(len(spelling) - _EXCERPT + 1))


def redact(text: str) -> str:
    """Return the text with every secret of this process, and every excerpt of one, replaced by `[secret]`."""
    return _secrets.take_out(text)


class RedactingFilter(logging.Filter):
    """Takes secrets out of each record; belongs on handlers, so that other libraries' records pass it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record's text, and the text of its exception; every record passes."""
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True
