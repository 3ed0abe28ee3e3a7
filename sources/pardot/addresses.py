"""E-mail addresses in texts: where they stand, when two of them are the same, and texts without some of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

MASK = "***"
MARKS = ("@", "%40")
"""What an address has inside, plainly written or in a URL."""
_BESIDE = r"[^\s@,;:<>()\[\]{}|\\\"'=&?/#]"
_ADDRESS = re.compile(f"{_BESIDE}+(?:@|%40){_BESIDE}+")


def normal(address: str) -> str:
    """Return an address as it is compared: without what may stand around it, in small letters.

    >>> normal(" Ann@Example.com. "), normal("ann%40example.com"), normal("%3Cann@example.com%3E")
    ('ann@example.com', 'ann@example.com', 'ann@example.com')
    """
    return unquote(address).strip().strip("<>\"'.").lower()


def without_addresses(text: str, is_meant: Callable[[str], bool]) -> str:
    """Return a text with a mask in the place of each address that is meant.

    >>> without_addresses("joann@example.com, Ann@example.com", lambda address: address == "ann@example.com")
    'joann@example.com, ***'
    """
    return _ADDRESS.sub(lambda found: MASK if is_meant(normal(found.group())) else found.group(), text)
