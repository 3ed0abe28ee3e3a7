"""A bound without an offset never lies, whichever of two instants the other side takes a time for."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot.dialects.legacy_times import WallClock


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[arg-type,misc]


ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")
CHANGES = {
    "America/New_York": (utc(2026, 11, 1, 6), utc(2026, 3, 8, 7)),
    "Europe/Berlin": (utc(2026, 10, 25, 1), utc(2026, 3, 29, 1)),
    "Australia/Lord_Howe": (utc(2026, 4, 4, 15), utc(2026, 10, 3, 15, 30)),
}
"""The UTC instants at which clocks go back, and forward."""

near_changes = st.sampled_from([moment for pair in CHANGES.values() for moment in pair])
moments = st.one_of(
    st.builds(lambda seconds: utc(2015, 1, 1) + timedelta(seconds=seconds), st.floats(0, 20 * 365 * 86_400)),
    st.builds(lambda change, seconds: change + timedelta(seconds=seconds), near_changes, st.integers(-9000, 9000)),
)


def readings(text: str, zone: str) -> set[datetime]:
    """Return every instant that a reader may take a time of the wall for; one for a time that comes once."""
    wall = datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007  that is the point
    return {wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(timezone.utc) for fold in (0, 1)}


@given(moments, st.sampled_from(ZONES))
def test_lower_bound_is_late_for_nobody(moment: datetime, zone: str) -> None:
    found = readings(WallClock(zone).not_after(moment), zone)
    assert max(found) <= moment
    assert moment - min(found) <= timedelta(hours=2, seconds=1)


@given(moments, st.sampled_from(ZONES))
def test_upper_bound_is_early_for_nobody(moment: datetime, zone: str) -> None:
    found = readings(WallClock(zone).not_before(moment), zone)
    assert min(found) > moment - timedelta(seconds=1)  # the text has whole seconds
    assert max(found) - moment <= timedelta(hours=2)


@given(moments, st.sampled_from(ZONES))
def test_time_is_read_as_one_of_its_instants_and_never_as_a_later_one(moment: datetime, zone: str) -> None:
    moment = moment.replace(microsecond=0)
    text = moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
    assert WallClock(zone).read(text) == min(readings(text, zone)) <= moment


@pytest.mark.parametrize("zone", CHANGES)
def test_repeated_time_is_read_as_the_first_of_the_two(zone: str) -> None:
    back_at = CHANGES[zone][0]
    shift = timedelta(minutes=30) if zone == "Australia/Lord_Howe" else timedelta(hours=1)
    text = (back_at + shift / 2).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
    assert len(readings(text, zone)) == 2
    assert WallClock(zone).read(text) == back_at - shift / 2


@pytest.mark.parametrize("zone", CHANGES)
def test_bounds_in_the_repeated_hour_lie_outside_of_it(zone: str) -> None:
    back_at = CHANGES[zone][0]
    for minutes in (-29, -1, 0, 1, 29):
        moment = back_at + timedelta(minutes=minutes)
        for text in (WallClock(zone).not_after(moment), WallClock(zone).not_before(moment)):
            assert len(readings(text, zone)) == 1


@pytest.mark.parametrize("text", ["2026-11-01T01:30:00-05:00", "2026-11-01 06:30:00Z", "2026-11-01T06:30:00+0000"])
def test_time_with_an_offset_is_taken_by_it(text: str) -> None:
    assert WallClock("America/New_York").read(text) == utc(2026, 11, 1, 6, 30)


@pytest.mark.parametrize("text", ["", "None", "yesterday", "2026-13-01 00:00:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        WallClock("UTC").read(text)
