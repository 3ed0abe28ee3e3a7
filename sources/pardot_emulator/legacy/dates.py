"""Date-times in the searches of versions 3 and 4: five keywords, and what of GNU's date input clients use.

Source: "Querying Visitor Activities" and "Export API" of version 4: ``today, yesterday, last_7_days, this_month,
last_month, <custom_time>`` in GNU Date Input Syntax. The sample of the export page has an hour of 24, so hours are
not checked. That bare text is read in the API user's zone, and where a keyword begins, is inferred.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone, tzinfo

_STAMP = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:[T ]\s*(\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)
_AMERICAN = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})(.*)", re.ASCII | re.DOTALL)
_EPOCH = re.compile(r"@(\d{1,11})", re.ASCII)
_AGO = re.compile(r"(\d{1,6})\s+(second|sec|minute|min|hour|day|week)s?\s+ago", re.ASCII | re.IGNORECASE)
_KEYWORD = re.compile(r"[a-z]+(_[a-z0-9]+)+", re.ASCII)
_SECONDS = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "day": 86_400, "week": 604_800}

_STARTS: Mapping[str, Callable[[datetime], datetime]] = {
    "today": lambda midnight: midnight,
    "yesterday": lambda midnight: midnight - timedelta(days=1),
    "last_7_days": lambda midnight: midnight - timedelta(days=7),
    "this_month": lambda midnight: midnight.replace(day=1),
    "last_month": lambda midnight: (midnight.replace(day=1) - timedelta(days=1)).replace(day=1),
}
"""Where each keyword begins, from the last local midnight."""


class UnknownTimeframeError(ValueError):
    """A word of the keywords' kind that is none of them."""


def parse_search_date(text: object, zone: tzinfo, now: datetime) -> datetime:
    """Read a date of a search or of an export's arguments.

    Raises:
        UnknownTimeframeError: it looks like a keyword and is none.
        ValueError: it is no date.
    """
    if not isinstance(text, str):
        raise ValueError(f"not a date: {text!r}")  # noqa: TRY004  refused like any other text
    text = text.strip()
    if text.lower() in _STARTS:
        midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        return _STARTS[text.lower()](midnight).replace(tzinfo=zone).astimezone(timezone.utc)
    if text.lower() == "now":
        return now.replace(microsecond=0)
    if (match := _EPOCH.fullmatch(text)) is not None:
        return datetime.fromtimestamp(int(match[1]), timezone.utc)
    if (match := _AGO.fullmatch(text)) is not None:
        return now.replace(microsecond=0) - timedelta(seconds=int(match[1]) * _SECONDS[match[2].lower()])
    if _KEYWORD.fullmatch(text):
        raise UnknownTimeframeError(f"not a time frame: {text!r}")
    if (match := _AMERICAN.fullmatch(text)) is not None:
        text = f"{match[3]}-{match[1]}-{match[2]}{match[4]}"
    if (match := _STAMP.fullmatch(text)) is None:
        raise ValueError(f"not a date: {text!r}")
    return _of_parts(match, zone)


def _of_parts(match: re.Match[str], zone: tzinfo) -> datetime:
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    naive = datetime(year, month, day) + timedelta(hours=hour, minutes=minute, seconds=second)  # noqa: DTZ001
    offset = match[7]
    if offset is None:
        return naive.replace(tzinfo=zone).astimezone(timezone.utc)
    if offset[0] not in "+-":
        return naive.replace(tzinfo=timezone.utc)
    digits = offset[1:].replace(":", "").ljust(4, "0")
    distance = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return naive.replace(tzinfo=timezone(-distance if offset[0] == "-" else distance)).astimezone(timezone.utc)
