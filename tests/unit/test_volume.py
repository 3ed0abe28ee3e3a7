"""How many rows to expect, from what the last stretches of time brought."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from pardot.volume import UNKNOWN, Volume

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
DAY = timedelta(days=1)


def test_nothing_is_few_before_anything_is_known() -> None:
    assert not UNKNOWN.is_few(NOON - DAY, NOON, 1_000_000)


def test_first_stretch_says_all_and_each_later_one_half() -> None:
    first = UNKNOWN.corrected(3650, NOON - 365 * DAY, NOON)
    assert first.rows_per_day == 10
    assert first.corrected(40, NOON - DAY, NOON).rows_per_day == 25


@pytest.mark.parametrize(("hours", "few"), [(1, True), (24, True), (25, False)])
def test_stretch_counts_with_its_length(hours: int, few: bool) -> None:
    assert Volume(2000.0).is_few(NOON - timedelta(hours=hours), NOON, 2000) is few


@pytest.mark.parametrize("rate", [0.0, 0.1])
def test_no_rows_are_few_where_none_are_to_be_queried(rate: float) -> None:
    assert not Volume(rate).is_few(NOON - DAY, NOON, 0)


def test_refusal_is_believed_for_a_week() -> None:
    volume = Volume(1.0).refused(NOON)
    assert not volume.is_few(NOON, NOON + 6 * DAY, 2000)
    assert volume.is_few(NOON, NOON + 7 * DAY, 2000)


def test_stretch_without_length_teaches_nothing() -> None:
    assert Volume(5.0).corrected(100, NOON, NOON) == Volume(5.0)
    assert Volume(5.0).is_few(NOON + DAY, NOON, 1)


@pytest.mark.parametrize("volume", [UNKNOWN, Volume(2.5), Volume(2.5, NOON)])
def test_volume_survives_the_state(volume: Volume) -> None:
    state: dict[str, object] = {"through": "kept"}
    volume.write(state)
    assert Volume.from_state(state) == volume
    assert state["through"] == "kept"
