"""Which stretches of time a run asks for, and how they are told to the API."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from pardot.windows import LAG, MAX_SPAN, Window, api_time, changes, history, parse_time

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def test_bounds_ask_for_a_second_more_on_both_sides() -> None:
    window = Window(datetime(2026, 1, 1, tzinfo=timezone.utc), datetime(2026, 2, 1, tzinfo=timezone.utc))
    assert window.after_bound == "2025-12-31T23:59:59+00:00"
    assert window.before_bound == "2026-02-01T00:00:01+00:00"


def test_open_window_has_no_upper_bound() -> None:
    assert Window(NOW, None).before_bound is None


def test_window_reads_as_a_phrase() -> None:
    assert str(Window(NOW, None)) == "2026-03-01 12:00 to now (UTC)"
    assert str(Window(NOW, NOW + timedelta(days=1))) == "2026-03-01 12:00 to 2026-03-02 12:00 (UTC)"


def test_history_shorter_than_a_year_is_one_open_window() -> None:
    start = NOW - timedelta(days=30)
    assert history(start, NOW) == [Window(start, None)]


def test_history_of_exactly_the_longest_span_is_one_window() -> None:
    assert len(history(NOW - MAX_SPAN, NOW)) == 1
    assert len(history(NOW - MAX_SPAN - timedelta(seconds=1), NOW)) == 2


def test_long_history_is_tiled_newest_first() -> None:
    start = NOW - timedelta(days=900)
    tiles = history(start, NOW)
    assert tiles == [
        Window(NOW - MAX_SPAN, None),
        Window(NOW - 2 * MAX_SPAN, NOW - MAX_SPAN),
        Window(start, NOW - 2 * MAX_SPAN),
    ]


def test_changes_begin_before_the_end_of_the_last_window() -> None:
    assert changes(NOW - timedelta(hours=1), None, NOW) == [Window(NOW - timedelta(hours=1) - LAG, None)]


def test_newest_row_older_than_the_window_pulls_the_start_back() -> None:
    through, newest = NOW - timedelta(hours=1), NOW - timedelta(hours=5)
    assert changes(through, newest, NOW) == [Window(newest - LAG, None)]


def test_newest_row_from_the_future_does_not_push_the_start_forward() -> None:
    through = NOW - timedelta(hours=1)
    assert changes(through, NOW + timedelta(days=3), NOW) == [Window(through - LAG, None)]


def test_position_in_the_future_asks_for_the_last_minutes() -> None:
    assert changes(NOW + timedelta(days=400), None, NOW) == [Window(NOW - LAG, None)]


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T12:00:00+00:00",
        "2026-03-01T12:00:00Z",
        "2026-03-01T12:00:00+0000",
        "2026-03-01T07:00:00-05:00",
        "2026-03-01T07:00:00-0500",
        "2026-03-01T17:30:00+0530",
        " 2026-03-01T12:00:00Z ",
    ],
)
def test_times_with_any_offset_are_the_same_instant(text: str) -> None:
    assert parse_time(text) == NOW
    assert parse_time(text).utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["2026-03-01T12:00:00", "2026-03-01", "", "None", "yesterday"])
def test_text_without_an_offset_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):
        parse_time(text)


def test_api_time_drops_fractions_and_goes_to_utc() -> None:
    eastern = timezone(timedelta(hours=-5))
    assert api_time(datetime(2026, 3, 1, 7, 0, 0, 999_999, eastern)) == "2026-03-01T12:00:00+00:00"
