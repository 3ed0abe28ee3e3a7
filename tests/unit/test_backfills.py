"""A stretch of the past: its windows, and what of it is done."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pardot.backfills import SPAN, Backfill
from pardot.windows import Window

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
LATER = START + timedelta(days=3000)
A_DAY = timedelta(days=1)


@given(days=st.integers(1, 2000), now=st.integers(-10, 2500))
def test_windows_tile_the_stretch_newest_first_and_none_starts_in_the_future(days: int, now: int) -> None:
    moment = START + now * A_DAY
    windows = Backfill(START, START + days * A_DAY).windows(moment)
    assert bool(windows) == (moment > START)
    if not windows:
        return
    assert windows[-1].start_at == START
    assert [w.end_at for w in windows[1:]] == [w.start_at for w in windows[:-1]]
    assert all((w.end_at or moment) - w.start_at <= SPAN for w in windows)
    reached = min(moment, START + days * A_DAY)
    assert (windows[0].end_at or moment) >= reached
    assert all(w.start_at < moment for w in windows)


def test_what_is_done_is_known_by_the_same_stretch_only() -> None:
    state: dict[str, Any] = {}
    backfill = Backfill(START, START + 300 * A_DAY)
    newest, second, *_ = backfill.windows(LATER)
    assert not backfill.is_done(state, newest)
    backfill.note_done(state, newest)
    assert backfill.is_done(state, newest)
    assert not backfill.is_done(state, second)
    backfill.note_done(state, second)
    assert backfill.is_done(state, newest)
    assert not Backfill(START, START + 301 * A_DAY).is_done(state, Window(START + 290 * A_DAY, None))
