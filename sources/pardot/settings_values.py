"""From what was found for a setting to its typed value, strictly. Pure.

Each function takes what a provider gave (text from the environment, typed values from TOML) and returns the
value, or raises ValueError with what was expected, as words that complete "expected …".
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timezone
from zoneinfo import ZoneInfo

from .api.hosts import parse_origin
from .redaction import Secret

_UNIT = re.compile(r"0Uv[A-Za-z0-9]{15}")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(Z|[+-][0-9]{2}:[0-9]{2})?")
_RELATED = re.compile(r"[a-z][A-Za-z]{0,60}\.[A-Za-z][A-Za-z0-9_]{0,100}")
_TABLE = re.compile(r"[a-z][a-z0-9_]{0,62}")


def text(found: object) -> str:
    """A text that is not empty."""
    if isinstance(found, str) and found.strip():
        return found.strip()
    raise ValueError("a text that is not empty")


def secret(found: object) -> Secret:
    """A secret; line ends around it come from files and are no part of it."""
    if isinstance(found, Secret):
        return found
    if isinstance(found, str) and found.strip():
        return Secret(found.strip("\r\n"))
    raise ValueError("a text that is not empty")


def business_unit_id(found: object) -> str:
    """The 18 characters of a business unit."""
    if isinstance(found, str) and _UNIT.fullmatch(found.strip()):
        return found.strip()
    raise ValueError("18 letters and digits that start with 0Uv (Setup > Pardot Account Setup)")


def one_of(*choices: str) -> Callable[[object], str]:
    """One of a few words."""

    def parse(found: object) -> str:
        if isinstance(found, str) and found.strip() in choices:
            return found.strip()
        raise ValueError(f"one of {', '.join(choices)}")

    return parse


def host(found: object) -> str:
    """A host as a URL."""
    return parse_origin(text(found))


def api_version(found: object) -> int:
    """5, 4 or 3."""
    number = _number(found)
    if number in (5, 4, 3):
        return int(number)
    raise ValueError("5, 4 or 3")


def time_zone(found: object) -> str:
    """The IANA name of a time zone."""
    name = text(found)
    if name != "UTC":
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            raise ValueError("the IANA name of a time zone, such as Europe/Berlin") from None
    return name


def moment(found: object) -> datetime:
    """A date, which begins at midnight UTC, or a date-time, in UTC unless it carries an offset."""
    try:
        if isinstance(found, str):
            found = _read_moment(found.strip())
        if isinstance(found, datetime):
            aware = found if found.tzinfo is not None else found.replace(tzinfo=timezone.utc)
            return aware.astimezone(timezone.utc)
        if isinstance(found, date):
            return datetime(found.year, found.month, found.day, tzinfo=timezone.utc)
    except (ValueError, OverflowError):
        pass
    raise ValueError("a date such as 2025-01-31, or a date-time such as 2025-01-31T08:00:00+01:00")


def _read_moment(given: str) -> date | datetime:
    # Python 3.11 reads more spellings than 3.10; the patterns make both read the same.
    if _DAY.fullmatch(given):
        return date.fromisoformat(given)
    match = _MOMENT.fullmatch(given)
    if match is None:
        raise ValueError(given)
    day, time_of_day, offset = match.groups()
    return datetime.fromisoformat(f"{day}T{time_of_day}{'+00:00' if offset == 'Z' else offset or ''}")


def objects(found: object) -> str | tuple[str, ...]:
    """`standard`, `all`, or table names as a list or as text with commas."""
    if isinstance(found, str) and found.strip() in ("standard", "all"):
        return found.strip()
    listed = _listed(found)
    if isinstance(listed, Iterable):
        names = [name.strip() if isinstance(name, str) else "" for name in listed]
        if names and all(_TABLE.fullmatch(name) for name in names):
            return tuple(dict.fromkeys(names))
    raise ValueError("standard, all, or table names such as visitor_activities, prospects")


def related_fields(found: object) -> tuple[str, ...]:
    """Names of fields of related objects, as a list or as text with commas; an empty list for none."""
    names = _listed(found)
    if isinstance(names, Iterable):
        texts = [name.strip() if isinstance(name, str) else "" for name in names]
        if all(_RELATED.fullmatch(name) for name in texts):
            return tuple(dict.fromkeys(texts))
    raise ValueError("fields of related objects such as campaign.name, prospect.email")


def _listed(found: object) -> object:
    """Return a text as the list that it writes: as JSON, dlt's way in environment variables, or with commas."""
    if not isinstance(found, str):
        return found
    try:
        parsed = json.loads(found)
    except ValueError:
        return found.split(",")
    return parsed if isinstance(parsed, list) else found.split(",")


def positive_seconds(found: object) -> float:
    """A number of seconds above zero."""
    number = _number(found)
    if number is None or number <= 0:
        raise ValueError("a number of seconds above 0")
    return float(number)


def positive_calls(found: object) -> int:
    """A whole number above zero."""
    number = _number(found)
    if not isinstance(number, int) or number <= 0:
        raise ValueError("a whole number above 0")
    return number


def days(found: object) -> int:
    """Return a whole number of days, at most a year."""
    number = _number(found)
    if number is None or number != int(number) or not 0 <= number <= 366:
        raise ValueError("a whole number of days from 0 to 366")
    return int(number)


def rows(found: object) -> int:
    """A whole number of rows, 0 or more."""
    number = _number(found)
    if number is None or number != int(number) or number < 0:
        raise ValueError("a whole number, 0 or more")
    return int(number)


def percent(found: object) -> float:
    """0 to 100."""
    number = _number(found)
    if number is None or not 0 <= number <= 100:
        raise ValueError("a number from 0 to 100")
    return float(number)


def _number(found: object) -> int | float | None:
    if isinstance(found, str):
        if _WHOLE.fullmatch(found.strip()):
            return int(found)
        try:
            found = float(found)
        except ValueError:
            return None
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not math.isfinite(found):
        return None
    return found
