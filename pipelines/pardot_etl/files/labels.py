"""Names from the data, fit to stand on a page or in a comment; pure."""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200d\ufe0f"
"""Invisible characters that hold emoji together; every other format character is removed."""
_ADDRESS = re.compile(r"[^\s@<>\"'(),;:/]+(?:@|%40)[^\s@<>\"'(),;:/]+\.[^\s@<>\"'(),;:/]+", re.IGNORECASE)
_LABEL_LENGTH = 120


def label(text: str | None, otherwise: str) -> str:
    """Return a name from the data as one harmless line of at most 120 characters.

    Control and direction characters are removed, since they reach beyond the name that holds them, and
    whatever looks like an e-mail address is masked: people put test recipients into the names of assets.
    Markup is left alone; the template escapes it.

    >>> label("a\\n b", "?"), label("", "?"), label("Test for ada@example.com", "?")
    ('a b', '?', 'Test for [address]')
    """
    visible = "".join(
        char if char in _JOINERS else " " if unicodedata.category(char)[0] in "CZ" else char
        for char in (text or "")[:1000]
    )
    line = _ADDRESS.sub("[address]", " ".join(visible.split()))
    if len(line) > _LABEL_LENGTH:
        line = line[: _LABEL_LENGTH - 1].rstrip() + "…"
    return line or otherwise
