"""How far an object has been read: the part of the pipeline's state that travels with the rows."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .windows import api_time, parse_time


@dataclass(frozen=True)
class Position:
    """The end of the last finished window, the newest row in it, and the greatest id seen.

    `through` is None before the first load. It is the window's end by the server's clock, never the newest row.
    """

    through: datetime | None = None
    newest: datetime | None = None
    last_id: int | None = None

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Position:
        through, newest = state.get("through"), state.get("newest")
        return cls(
            parse_time(through) if through else None, parse_time(newest) if newest else None, state.get("last_id")
        )

    def advance(self, through: datetime, newest: datetime | None, last_id: int | None) -> Position:
        """Return the position after a finished window; no part of it ever moves back."""
        return Position(
            max(through, self.through or through),
            max((moment for moment in (newest, self.newest) if moment), default=None),
            max((number for number in (last_id, self.last_id) if number is not None), default=None),
        )

    def write(self, state: MutableMapping[str, Any]) -> None:
        """Write the position to a resource's state, leaving the state's other keys alone."""
        values = {
            "through": api_time(self.through) if self.through else None,
            "newest": api_time(self.newest) if self.newest else None,
            "last_id": self.last_id,
        }
        state.update({name: value for name, value in values.items() if value is not None})
