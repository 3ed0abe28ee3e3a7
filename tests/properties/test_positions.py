"""A position never moves back, whatever a window brings, and survives its state."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pardot.position import Position

moments = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(timezone.utc)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
ids = st.none() | st.integers(0, 2**62)
positions = st.builds(Position, st.none() | moments, st.none() | moments, ids)


@given(positions, st.lists(st.tuples(moments, st.none() | moments, ids)))
def test_no_part_of_a_position_moves_back(
    position: Position, windows: list[tuple[datetime, datetime | None, int | None]]
) -> None:
    for window in windows:
        advanced = position.advance(*window)
        for before, now in (
            (position.through, advanced.through),
            (position.newest, advanced.newest),
            (position.last_id, advanced.last_id),
        ):
            assert before is None or (now is not None and now >= before)  # type: ignore[operator]
        assert advanced.advance(*window) == advanced
        position = advanced


@given(positions, positions)
def test_state_holds_what_was_written_last(first: Position, second: Position) -> None:
    state: dict[str, Any] = {}
    first.write(state)
    assert Position.from_state(state) == first
    if second.through:
        first.advance(second.through, second.newest, second.last_id).write(state)
        assert Position.from_state(state) == first.advance(second.through, second.newest, second.last_id)
