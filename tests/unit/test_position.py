"""How far an object has been read, as it travels with the rows."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from pardot.position import Position

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def test_position_survives_the_state() -> None:
    position = Position(NOON, NOON - timedelta(hours=1), 42)
    state: dict[str, Any] = {"refused_fields": ["score"]}
    position.write(state)
    assert Position.from_state(state) == position
    assert state["refused_fields"] == ["score"]


def test_empty_state_is_the_beginning() -> None:
    assert Position.from_state({}) == Position()


def test_nothing_is_written_for_what_is_not_known() -> None:
    state: dict[str, Any] = {"last_id": 7}
    Position(NOON).write(state)
    assert state == {"through": "2026-03-01T12:00:00+00:00", "last_id": 7}


def test_advance_keeps_what_is_greater() -> None:
    later = NOON + timedelta(hours=1)
    position = Position(NOON, NOON, 5).advance(later, None, None)
    assert position == Position(later, NOON, 5)
    assert position.advance(NOON, NOON - timedelta(days=1), 3) == position


def test_id_zero_counts_as_an_id() -> None:
    assert Position().advance(NOON, None, 0).last_id == 0
