"""Personal data out of free text: what looks like a person's address, machine or number. Pure."""

from __future__ import annotations

import re

from ..addresses import MASK

_QUERY = re.compile(r"(?<=[\w/.])\?[^\s\"'<>,;?]*=[^\s\"'<>,;]*")
_E_MAIL = re.compile(r"[^\s@,;:<>()\[\]\"'=]+(?:@|%40|＠)[^\s@,;:<>()\[\]\"'=]+", re.IGNORECASE)
_IP_4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")
_IP_6 = re.compile(
    r"(?<![\w:.])(?=[0-9a-f:.]*:[0-9a-f:.]*:)(?:[0-9a-f]{0,4}:){2,7}[0-9a-f.]{0,15}(?![\w:])", re.IGNORECASE
)
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?|\d\d:\d\d:\d\d")
_PHONE = re.compile(r"(?<![\w+])(?:\+\d|\(\d|\d)[\d ()/.\u00a0-]{5,}\d(?!\w)")


def masked(text: str) -> str:
    """Return the text without what looks like an e-mail or IP address, a phone number, or the query of a URL.

    Dates and times stay, and so do whole numbers of any length, because ids are such: a phone number is told by a plus
    sign, a leading zero or the signs between its digits.

    >>> masked("7,ann@example.com,+49 30 1234567,2026-03-01T12:00:00+00:00,https://a.example/b?c=d")
    '7,***,***,2026-03-01T12:00:00+00:00,https://a.example/b?***'
    """
    text = _QUERY.sub("?" + MASK, text)
    text = _E_MAIL.sub(MASK, text)
    pieces, start = [], 0
    for time in _TIME.finditer(text):  # times look like IPv6 addresses and phone numbers
        pieces += [_without_numbers(text[start : time.start()]), time.group()]
        start = time.end()
    return "".join([*pieces, _without_numbers(text[start:])])


def _without_numbers(text: str) -> str:
    text = _IP_6.sub(MASK, _IP_4.sub(MASK, text))
    return _PHONE.sub(lambda found: MASK if _is_phone(found.group()) else found.group(), text)


def _is_phone(digits: str) -> bool:
    return digits[0] in "+(0" or not digits.isdigit()
