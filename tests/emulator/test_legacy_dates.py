"""Dates in the searches of versions 3 and 4."""

from __future__ import annotations

from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest

from pardot_emulator.legacy.dates import UnknownTimeframeError, parse_search_date

_ZONE = ZoneInfo("America/New_York")
_NOW = datetime(2026, 3, 9, 2, 30, 15, 7, tzinfo=timezone.utc)  # the evening of the 8th, a day of 23 hours, there


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-03-01 00:00:00", "2025-03-01T05:00:00"),
        ("2025-03-01", "2025-03-01T05:00:00"),
        ("2025-3-1 7:05", "2025-03-01T12:05:00"),
        ("2025-03-01T00:00:00", "2025-03-01T05:00:00"),
        ("2025-03-01T00:00:00Z", "2025-03-01T00:00:00"),
        ("2025-03-01T00:00:00.000+01:00", "2025-02-28T23:00:00"),
        ("2025-03-01 00:00:00 -0500", "2025-03-01T05:00:00"),
        ("2025-03-01 00:00:00 UTC", "2025-03-01T00:00:00"),
        ("2025-03-01T00:00:00+02", "2025-02-28T22:00:00"),
        ("3/1/2025 08:00", "2025-03-01T13:00:00"),
        ("2020-12-25 24:59:59", "2020-12-26T05:59:59"),
        ("@1740787200", "2025-03-01T00:00:00"),
        ("now", "2026-03-09T02:30:15"),
        ("3 hours ago", "2026-03-08T23:30:15"),
        ("today", "2026-03-08T05:00:00"),
        ("Yesterday", "2026-03-07T05:00:00"),
        ("last_7_days", "2026-03-01T05:00:00"),
        ("this_month", "2026-03-01T05:00:00"),
        ("last_month", "2026-02-01T05:00:00"),
    ],
)
def test_date_is_read_in_the_users_zone(text: str, expected: str) -> None:
    instant = parse_search_date(text, _ZONE, _NOW)

    assert instant.isoformat() == f"{expected}+00:00"


@pytest.mark.parametrize("text", ["", "soon", "2025-02-30", "2025-13-01", "2025-03-01T00:00:00 05:00", None, 20250301])
def test_what_is_no_date_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"not a date|out of range|must be in"):
        parse_search_date(text, _ZONE, _NOW)


def test_word_like_a_keyword_is_told_apart() -> None:
    with pytest.raises(UnknownTimeframeError):
        parse_search_date("last_year", _ZONE, _NOW)
