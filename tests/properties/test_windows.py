"""Windows tile time: no gap, no overlap, none longer than an export may be."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from pardot.exports.driver import LONGEST_WINDOW
from pardot.windows import LAG, MAX_SPAN, Window, api_time, changes, history, parse_time

moments = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(timezone.utc))  # noqa: DTZ001


def assert_tiles(tiles: list[Window], start_at: datetime, now: datetime) -> None:
    assert tiles[-1].start_at == start_at
    assert [tile.end_at for tile in tiles] == [None, *(tile.start_at for tile in tiles[:-1])]
    for tile in tiles:
        end_at = tile.end_at or max(now, tile.start_at)
        assert end_at - tile.start_at <= MAX_SPAN
        asked = timedelta(0) if tile.before_bound is None else parse_time(tile.before_bound) - end_at
        assert end_at + asked - parse_time(tile.after_bound) <= LONGEST_WINDOW


@given(moments, moments)
def test_history_is_tiled(start_at: datetime, now: datetime) -> None:
    assert_tiles(history(start_at, now), start_at, now)


@given(moments, st.none() | moments, moments)
def test_changes_are_tiled_from_before_everything_seen(
    through: datetime, newest: datetime | None, now: datetime
) -> None:
    assert_tiles(changes(through, newest, now), min(through, newest or through, now) - LAG, now)


@given(moments, moments, moments)
def test_moment_between_start_and_now_is_asked_for(start_at: datetime, now: datetime, moment: datetime) -> None:
    start_at, moment, now = sorted((start_at, moment, now))
    hits = [
        tile for tile in history(start_at, now) if tile.start_at <= moment and (not tile.end_at or moment < tile.end_at)
    ]
    assert len(hits) == 1
    assert parse_time(hits[0].after_bound) < moment.replace(microsecond=0) + timedelta(seconds=1)


@given(moments, st.integers(-14 * 60, 14 * 60))
def test_api_time_is_read_back_to_the_second(moment: datetime, minutes: int) -> None:
    elsewhere = moment.astimezone(timezone(timedelta(minutes=minutes)))
    assert parse_time(api_time(elsewhere)) == moment.replace(microsecond=0)
