"""When to look at an export: soon after it is ready, and seldom, as every look is a call of the allowance. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..windows import parse_time

WAIT_STEPS = (1, 1, 2, 3, 5, 6, 9, 10)
"""How the waits between looks grow, in units of `poll_seconds`; the last one repeats. Where it is known how long such
exports take, the unit is a quarter of that.

Source: Export API guide, bulk data pull (jobs that recur are looked at by the durations of past ones).
"""
_SHORTEST_UNIT = 1.0


@dataclass(frozen=True)
class Pace:
    """The waits of one account; all in seconds.

    Attributes:
        poll_seconds: the unit while nothing is known, and the longest one.
        patience_seconds: how long one export may take in this run.
    """

    poll_seconds: float
    patience_seconds: float

    def before_first_look(self, age: float, known: float | None) -> float:
        """Return how long to wait until an export is as old as such exports get; 0 for one that is older.

        Args:
            known: the shortest of the last durations of such exports.
        """
        longest = min(WAIT_STEPS[-1] * self.poll_seconds, self.patience_seconds)
        return max(0.0, min(self.poll_seconds if known is None else known, longest) - age)

    def between_looks(self, known: float | None = None) -> Iterator[float]:
        """Yield the waits after each look, without end."""
        unit = self.poll_seconds if known is None else min(max(known / 4, _SHORTEST_UNIT), self.poll_seconds)
        for step in WAIT_STEPS:
            yield step * unit
        while True:
            yield WAIT_STEPS[-1] * self.poll_seconds

    def looks(self, usual: float) -> int:
        """Return how many looks it takes to see an export complete that takes as long as usual."""
        waited = self.before_first_look(0.0, usual)
        for looks, wait in enumerate(self.between_looks(usual), start=1):
            if waited >= usual:
                return looks
            waited += wait
        raise AssertionError("unreachable: the waits never end")


def own_seconds(answer: Mapping[str, object], otherwise: float) -> float:
    """Return how long a complete export took by its own times: we may have looked long after it was ready.

    When `updatedAt` is set is not documented, so nothing but the length of later waits depends on it.
    """
    try:
        took = parse_time(str(answer["updatedAt"])) - parse_time(str(answer["createdAt"]))
    except (KeyError, ValueError):
        return otherwise
    return took.total_seconds() if took.total_seconds() > 0 else otherwise
