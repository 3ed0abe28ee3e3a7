"""A day's increment onto a loaded table: N activities loaded, then K new and changed ones.

python benchmarks/increment.py [--activities N] [--changes K] [--rounds R] [--write]

The floor downloads the same export of changes and replaces the rows by hand (read_csv, DELETE, INSERT). Every round
starts from a copy of the loaded folder, and insists that both tables are equal in every value afterwards.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from account import END, emulated_account
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

HEADS = ("way", "rows", "API calls", "wall s", "of it waiting for exports", "CPU s", "peak MB", "CPU ÷ floor")


@dataclass(frozen=True)
class Course:
    """A table's first load, and what came onto it, each by the floor and by our way."""

    first_floor: Measured
    first: Measured
    floor: Measured
    ours: Measured
    calls_of_floor: int

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows that were loaded, new and changed onto the first load."""
        counts: Mapping[str, int] = self.ours.said["objects"][TABLE]
        return counts


def run_course(activities: int, changes: int, rounds: int, seed: int) -> Course:
    """Load an account, then as often as there are rounds a day's changes onto a copy of that."""
    with tempfile.TemporaryDirectory(prefix="pardot-bench-") as name:
        loaded, work = Path(name) / "loaded", Path(name) / "work"
        with emulated_account(activities, seed=seed) as account:
            first_floor = run_floor(prepare_history(account), work)
            first = run_ours(account, work, [TABLE])
            insist_on_equal(checksum_of_floor(work), checksum_of_ours(work))
        work.rename(loaded)
        with emulated_account(activities, seed=seed, later_changes=changes) as account:
            prepared = prepare_changes(account, END)
            floors, ours = [], []
            for _ in range(rounds):
                # Always at the same path, which dlt has written down.
                shutil.rmtree(work, ignore_errors=True)
                shutil.copytree(loaded, work)
                floors.append(run_floor(prepared, work, merges=True))
                ours.append(run_ours(account, work, [TABLE]))
                insist_on_equal(checksum_of_floor(work), checksum_of_ours(work))
    return Course(first_floor, first, middle(floors), middle(ours), prepared.calls_with_downloads)


def measure(activities: int, changes: int, rounds: int, seed: int) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return the table's rows and the notes below it."""
    course = run_course(activities, changes, rounds, seed)
    floor, our, counts = course.floor, course.ours, course.counts
    first_floor, first = course.first_floor, course.first
    rows = [
        _cells("floor: download, read_csv, DELETE, INSERT", counts["loaded"], course.calls_of_floor, floor, floor),
        _cells("pardot-etl run", counts["loaded"], int(our.said["api_calls"]), our, floor),
    ]
    cpu = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in our.said["cpu"].items())
    notes = [
        f"Medians of {rounds} interleaved rounds onto {activities:,} rows; {counts['new']:,} rows are new and "
        f"{counts['changed']:,} changed, the changed ones spread over the whole table. Both tables were equal in every "
        "value after every round.",
        f"CPU seconds of `pardot-etl run` by stage: {cpu}.",
        f"The first load of those {activities:,} rows, once: floor {first_floor.cpu_seconds:.1f} CPU s and "
        f"{first_floor.peak_mb:,.0f} MB at most, `pardot-etl run` {first.cpu_seconds:.1f} CPU s "
        f"({first.cpu_seconds / first_floor.cpu_seconds:.2f}), {first.peak_mb:,.0f} MB and {first.said['api_calls']} "
        "API calls.",
    ]
    return rows, notes


def _cells(way: str, rows: int, calls: int, run: Measured, floor: Measured) -> tuple[str, ...]:
    return (
        way,
        f"{rows:,}",
        f"{calls:,}",
        f"{run.wall_seconds:.1f}",
        f"{run.waited_seconds:.1f}" if run.waited_seconds else "–",
        f"{run.cpu_seconds:.2f}",
        f"{run.peak_mb:,.0f}",
        f"{run.cpu_seconds / floor.cpu_seconds:.2f}",
    )


def main() -> None:
    command = Command(__doc__, activities=1_000_000, changes=100_000, rounds=3)
    activities, changes = command["activities"], command["changes"]
    rows, notes = measure(activities, changes, command["rounds"], command["seed"])
    title = f"Increment of about {changes:,} rows onto {activities:,}"
    command.show(f"increment {changes} onto {activities}", title, HEADS, rows, notes)


if __name__ == "__main__":
    main()
