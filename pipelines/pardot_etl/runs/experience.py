"""What runs of a kind have taken, beside what was estimated for them. Pure.

An estimate knows the windows, past durations of exports and rows a day. It does not know what else an account makes
of a run: fields that only exports deliver, pages that are asked twice, retries. The last runs do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any, Final

RUNS_REMEMBERED: Final = 5


@dataclass(frozen=True)
class Experience:
    """The last runs of a kind that ended well."""

    runs: int
    share: float
    """API calls made ÷ estimated: the median."""
    seconds: float
    """From start to end: the median."""

    def correct(self, calls: int) -> int:
        """Return an estimate of API calls times what the last ones lacked."""
        return round(calls * self.share)

    def __str__(self) -> str:
        runs = "the last such run" if self.runs == 1 else f"the last {self.runs} such runs"
        return f"{runs} took {self.share:.2f} times the estimate and {_minutes(self.seconds)}"


def kind_of_run(*, task: str, destination: str, objects: Iterable[str], is_first: bool, has_reviews: bool) -> str:
    """Return a name for runs whose costs can be compared."""
    marks = ["first"] * is_first + ["reviews"] * has_reviews
    return " ".join([task, *marks, destination, ",".join(sorted(objects))])


def learn(runs: Iterable[Mapping[str, Any]], kind: str) -> Experience | None:
    """Return what the last runs of a kind took; None when none is known.

    Args:
        runs: entries of the history, oldest first.
    """
    alike = [facts for run in runs if run.get("kind") == kind and (facts := _facts(run))][-RUNS_REMEMBERED:]
    if not alike:
        return None
    shares, seconds = zip(*alike, strict=True)
    return Experience(len(alike), median(shares), median(seconds))


def _facts(run: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return the share and the seconds of a run; None when it failed, or tells neither."""
    try:
        took = datetime.fromisoformat(run["finished_at"]) - datetime.fromisoformat(run["started_at"])
        if run["exit_code"] or not run["estimated_calls"]:
            return None
        return run["api_calls"] / run["estimated_calls"], took.total_seconds()
    except (KeyError, TypeError, ValueError):
        return None


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"
