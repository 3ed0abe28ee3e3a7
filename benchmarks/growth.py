"""What grows with the table: first loads, and increments of several sizes onto each, in one run.

python benchmarks/growth.py [--largest MILLIONS] [--most-changes K] [--rounds R] [--write]

The sizes are 1, 5 and 20 million activities, as far as `--largest` allows, and 10 thousand, 100 thousand and 1 million
new and changed rows, as far as `--most-changes` does. The floor downloads the same exports, loads them by one CREATE
TABLE over an explicit `read_csv`, and replaces changed rows by DELETE and INSERT. Both tables must be equal in every
value after each step. The first run of a day also reads a share of the older rows again, its review; so each increment
is measured with it and without.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from account import END
from activities import TABLE
from command import Command
from contenders import (
    checksum_of_floor,
    checksum_of_ours,
    insist_on_equal,
    prepare_changes,
    prepare_history,
    run_floor,
    run_ours,
)
from measure import Measured, middle
from quick_account import MILLION, quick_account

SIZES = (1, 5, 20)
CHANGES = (10_000, 100_000, 1_000_000)
REVIEWED: Mapping[str, Mapping[str, Any]] = {"": {"review_days": 0}, ", with the day's review": {}}
"""Settings of an increment, by what its title ends with."""
HEADS = (
    "rows onto rows",
    "API calls",
    "calls a million",
    "floor CPU s",
    "CPU s",
    "CPU ÷ floor",
    "own wall ÷ floor",
    "floor's peak MB",
    "peak MB",
)


@dataclass(frozen=True)
class Step:
    """One load by the floor and by our way."""

    rows: int
    floor: Measured
    ours: Measured

    def cells(self, title: str) -> tuple[str, ...]:
        calls = int(self.ours.said["api_calls"])
        return (
            title,
            f"{calls:,}",
            f"{calls * MILLION / self.rows:,.1f}",
            f"{self.floor.cpu_seconds:.1f}",
            f"{self.ours.cpu_seconds:.1f}",
            f"{self.ours.cpu_seconds / self.floor.cpu_seconds:.2f}",
            f"{self.ours.own_wall_seconds / self.floor.wall_seconds:.2f}",
            f"{self.floor.peak_mb:,.0f}",
            f"{self.ours.peak_mb:,.0f}",
        )

    @property
    def stages(self) -> str:
        """CPU seconds of our way by stage."""
        cpu: Mapping[str, float] = self.ours.said["cpu"]
        return " ".join(f"{stage} {seconds:.1f}" for stage, seconds in cpu.items() if seconds >= 0.05)


def run_course(millions: int, most_changes: int, rounds: int, seed: int) -> dict[tuple[int, str], Step]:
    """Load an account, then each number of changes onto a copy of that, as often as there are rounds.

    Returns:
        Number of changes and which of `REVIEWED` -> the step; 0 for the first load, which happens once.
    """
    steps = {}
    with tempfile.TemporaryDirectory(prefix="pardot-bench-") as name:
        loaded, work = Path(name) / "loaded", Path(name) / "work"
        with quick_account(millions, seed=seed) as account:
            floor = run_floor(prepare_history(account), work)
            ours = run_ours(account, work, [TABLE])
        steps[0, ""] = _step(work, [floor], [ours])
        for file in work.glob("*.csv"):
            file.unlink()
        work.rename(loaded)
        for changes in CHANGES:
            if changes > most_changes:
                break
            with quick_account(millions, seed=seed, later_changes=changes) as account:
                prepared = prepare_changes(account, END)
                for title, overrides in REVIEWED.items():
                    floors, our_runs = [], []
                    for _ in range(rounds):
                        # Always at the same path, which dlt has written down.
                        shutil.rmtree(work, ignore_errors=True)
                        shutil.copytree(loaded, work)
                        floors.append(run_floor(prepared, work, merges=True))
                        our_runs.append(run_ours(account, work, [TABLE], **overrides))
                    steps[changes, title] = _step(work, floors, our_runs)
    return steps


def _step(work: Path, floors: list[Measured], ours: list[Measured]) -> Step:
    """Return the medians, insisting that the tables are equal after the last round."""
    insist_on_equal(checksum_of_floor(work), checksum_of_ours(work))
    found = middle(ours)
    return Step(int(found.said["objects"][TABLE]["loaded"]), middle(floors), found)


def main() -> None:
    command = Command(__doc__, largest=20, most_changes=1_000_000, rounds=1)
    rows, stages, courses = [], [], {}
    for millions in SIZES:
        if millions > command["largest"]:
            break
        courses[millions] = run_course(millions, command["most_changes"], command["rounds"], command["seed"])
        for (changes, reviewed), step in courses[millions].items():
            onto = f" onto {millions * MILLION:,}{reviewed}" if changes else ", first load"
            title = f"{step.rows:,}{onto}"
            rows.append(step.cells(title))
            stages.append(f"{title}: {step.stages}")
            print(" | ".join(rows[-1]), flush=True)
    smallest, largest = courses[min(courses)], courses[max(courses)]
    ratios = ", ".join(
        f"{changes:,} changes{reviewed} {step.ours.cpu_seconds / smallest[changes, reviewed].ours.cpu_seconds:.2f}"
        for (changes, reviewed), step in largest.items()
        if changes
    )
    notes = [
        f"Increments: medians of {command['rounds']} interleaved rounds, each from a copy of the loaded folder; half "
        "of the rows are new and half changed, the changed ones spread over the whole table. First loads: once.",
        "Each table was equal to the floor's in every value, after the first load and after each kind of increment.",
        f"CPU of an increment onto {max(courses)} million, as a multiple of the same onto {min(courses)}: {ratios}.",
        f"Paging the query API would take {MILLION // 200:,} calls a million rows at its default of 200 rows a page, "
        f"{MILLION // 1000:,} at 1,000.",
        "CPU seconds of our way by stage. " + "; ".join(stages) + ".",
    ]
    command.show("growth", "Growth: first loads, and increments onto them", HEADS, rows, notes)


if __name__ == "__main__":
    main()
