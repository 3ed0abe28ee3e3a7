"""The schedule of reviews: what is read again when, so that every row has its turn."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot.catalogue import CATALOGUE
from pardot.reviews import CALLS_A_DAY, ROWS_PER_CALL, SETTLES_AFTER, SHARE_ROWS, Schedule
from pardot.windows import MAX_SPAN, Window

ACTIVITIES, PROSPECTS, FORMS = CATALOGUE["visitor_activities"], CATALOGUE["prospects"], CATALOGUE["forms"]
NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
BEGINS = NOW - timedelta(days=400)
A_DAY = timedelta(days=1)
MANY = 10_000_000


def loaded(rows: int = 0) -> Schedule:
    return Schedule.after_first_load(BEGINS, NOW, rows)


def test_state_comes_back_as_it_was_written() -> None:
    state: dict[str, Any] = {"through": "kept"}
    assert Schedule.from_state(state) is None
    loaded(7).write(state)
    assert Schedule.from_state(state) == loaded(7)
    assert state["through"] == "kept"


@pytest.mark.parametrize(
    ("hours", "is_due"), [(0, False), (11.9, False), (12, True), (200, True), (-12.1, True)], ids=str
)
def test_exported_object_is_due_on_another_day_by_the_servers_clock(hours: float, is_due: bool) -> None:
    assert loaded().is_due(ACTIVITIES, NOW + timedelta(hours=hours), 7) is is_due


@pytest.mark.parametrize(
    ("rows", "days"),
    [
        (0, 1),
        (ROWS_PER_CALL * CALLS_A_DAY, 1),
        (ROWS_PER_CALL * CALLS_A_DAY * 2, 2),
        (ROWS_PER_CALL * CALLS_A_DAY * 7, 7),
        (ROWS_PER_CALL * 200_000, 7),
    ],
)
def test_queried_object_is_due_the_less_often_the_larger_it_is(rows: int, days: int) -> None:
    assert loaded(rows).is_due(PROSPECTS, NOW + days * A_DAY, 7)
    assert not loaded(rows).is_due(PROSPECTS, NOW + (days - 1) * A_DAY, 7)


def test_nothing_is_due_when_reviews_are_off_or_every_run_walks() -> None:
    later = NOW + 30 * A_DAY
    assert not loaded().is_due(ACTIVITIES, later, 0)
    assert not loaded().is_due(PROSPECTS, later, 0)
    assert not loaded().is_due(FORMS, later, 7)


def test_unsettled_days_come_first_then_a_share_of_the_older_ones() -> None:
    recent, older = loaded().windows(NOW + A_DAY, 7, MANY)
    assert recent == Window(NOW - SETTLES_AFTER, None)
    assert older.end_at == NOW - SETTLES_AFTER
    assert older.end_at - older.start_at == (NOW - SETTLES_AFTER - BEGINS) / 7


def test_day_is_settled_once_it_was_read_late_enough() -> None:
    after = loaded().reviewed(NOW + A_DAY, 7, MANY, rows=0, is_in_doubt=False)
    assert after.settled == NOW + A_DAY - SETTLES_AFTER
    assert after.at == NOW + A_DAY
    assert loaded().reviewed(NOW, 7, MANY, rows=0, is_in_doubt=False).settled == loaded().settled


def test_small_account_is_looked_at_whole_every_day() -> None:
    *_, oldest = loaded().windows(NOW + A_DAY, 30, SHARE_ROWS)
    assert oldest.start_at == BEGINS
    _, half = loaded().windows(NOW + A_DAY, 30, 2 * SHARE_ROWS)
    assert half.start_at == NOW - SETTLES_AFTER - (NOW - SETTLES_AFTER - BEGINS) / 2


def test_what_is_in_doubt_is_asked_for_once_more() -> None:
    doubted = loaded(7).reviewed(NOW + A_DAY, 7, MANY, rows=3, is_in_doubt=True)
    assert doubted.is_in_doubt
    assert doubted.windows(NOW + 2 * A_DAY, 7, MANY) == loaded().windows(NOW + 2 * A_DAY, 7, MANY)
    assert not doubted.is_due(ACTIVITIES, NOW + A_DAY, 7)
    assert not doubted.reviewed(NOW + 2 * A_DAY, 7, MANY, rows=3, is_in_doubt=False).is_in_doubt


def test_clock_that_was_far_ahead_once_is_forgotten() -> None:
    ahead = loaded().reviewed(NOW + 900 * A_DAY, 7, MANY, rows=0, is_in_doubt=False)
    back = ahead.reviewed(NOW + A_DAY, 7, MANY, rows=0, is_in_doubt=False)
    assert back.settled <= NOW + A_DAY
    assert all(window.start_at < NOW + 2 * A_DAY for window in back.windows(NOW + 2 * A_DAY, 7, MANY))


def test_history_that_is_younger_than_the_unsettled_days_has_no_older_share() -> None:
    young = Schedule.after_first_load(NOW - A_DAY, NOW, 0)
    assert young.windows(NOW + A_DAY, 7, MANY) == (Window(NOW - A_DAY, None),)


@given(
    days=st.integers(1, 60),
    stored=st.integers(0, 5_000_000),
    history=st.integers(0, 4000),
    gaps=st.lists(st.integers(1, 500), min_size=0, max_size=5),
)
def test_every_moment_has_its_turn_within_the_review_days(
    days: int, stored: int, history: int, gaps: list[int]
) -> None:
    """Whatever pauses lie between the runs: so many daily reviews read every moment of history again."""
    schedule, now = Schedule.after_first_load(NOW - history * A_DAY, NOW, 0), NOW
    for gap in gaps:
        now += gap * A_DAY
        schedule = schedule.reviewed(now, days, stored, rows=0, is_in_doubt=False)
    begins, end = schedule.begins, now
    seen: list[tuple[datetime, datetime]] = []
    for _ in range(2 * days + 1):  # a turn that is under way ends, then a whole one
        now += A_DAY
        for window in schedule.windows(now, days, stored):
            assert (window.end_at or now) - window.start_at <= MAX_SPAN
            seen.append((window.start_at, window.end_at or now))
        schedule = schedule.reviewed(now, days, stored, rows=0, is_in_doubt=False)
    reached = begins
    for start_at, end_at in sorted(seen):
        assert start_at <= reached, "a gap"
        reached = max(reached, end_at)
    assert reached >= end
