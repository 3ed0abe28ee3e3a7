"""Secret values and the one list of them, so that no text that leaves the process can hold one.

Every `Secret` enters the list when it is made: settings, tokens as they are issued, signed assertions.
`redact` takes the list out of a text; `RedactingFilter` does it for a log handler.
"""

from __future__ import annotations

import hmac
import json
import logging
import re
import threading
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "[secret]"

_SHORTEST = 4
"""Shorter values are not searched for: they would blank out half of every text and protect nothing."""


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


_lock = threading.Lock()
_known: set[str] = set()
_pattern: re.Pattern[str] | None = None


def register_secret(value: str) -> None:
    """Add a value to the list, in the spellings that it may take: plain, in a URL, in JSON, in `repr`."""
    global _pattern
    # A key of several lines is also searched for line by line: an excerpt of it is as bad as the whole.
    pieces = {value, value.strip(), *(line.strip() for line in value.splitlines() if len(line.strip()) >= 16)}
    spellings = {
        spelling
        for piece in pieces
        if len(piece) >= _SHORTEST and not piece.startswith("-----")
        for spelling in (
            piece,
            quote(piece, safe=""),
            quote_plus(piece),
            json.dumps(piece)[1:-1],
            repr(piece)[1:-1],
        )
    }
    with _lock:
        if not spellings <= _known:
            _known.update(spellings)
            _pattern = None


def redact(text: str) -> str:
    """Return the text with every secret of this process replaced by `[secret]`."""
    global _pattern
    with _lock:
        if _pattern is None:
            # Longest first, so that a secret that contains another is taken out whole.
            ordered = sorted(_known, key=lambda value: (-len(value), value))
            _pattern = re.compile("|".join(map(re.escape, ordered)) or r"(?!)")
        pattern = _pattern
    return pattern.sub(HIDDEN, text)


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
