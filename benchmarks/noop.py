"""A run with nothing new, over every object that the reporting tables need: seconds, and API calls per object.

python benchmarks/noop.py [--activities N] [--rounds R] [--write]
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from account import emulated_account
from command import Command
from contenders import run_ours
from measure import Measured, middle

HEADS = ("object", "rows held", "API calls of the first run", "API calls with nothing new")
SHARED = "account, custom fields, probes"


def measure(activities: int, rounds: int, seed: int) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return the table's rows and the notes below it."""
    with (
        emulated_account(activities, seed=seed) as account,
        tempfile.TemporaryDirectory(prefix="pardot-bench-") as name,
    ):
        folder = Path(name)
        first = run_ours(account, folder, None)
        run_ours(account, folder, None)  # rows that were created while the first run was under way
        runs = [run_ours(account, folder, None) for _ in range(rounds)]
    idle = middle(runs)
    for run in runs:
        loaded = {table: counts["loaded"] for table, counts in run.said["objects"].items() if counts["loaded"]}
        assert not loaded, loaded
    rows: list[tuple[str, ...]] = [
        (table, f"{counts['loaded']:,}", str(first.said["calls"].get(table, 0)), str(idle.said["calls"].get(table, 0)))
        for table, counts in first.said["objects"].items()
    ]
    rows.append((SHARED, "–", str(_shared_calls(first)), str(_shared_calls(idle))))
    rows.append(("together", "–", str(first.said["api_calls"]), str(idle.said["api_calls"])))
    stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in idle.said["cpu"].items())
    notes = [
        f"Medians of {rounds} runs with nothing new, which loaded 0 rows: {idle.wall_seconds:.1f} s wall, of which "
        f"{idle.waited_seconds:.1f} s summed over the exports were spent waiting for them; "
        f"{idle.cpu_seconds:.2f} CPU s ({stages}); {idle.peak_mb:,.0f} MB at most.",
        f"Requests by operation with nothing new: {_operations(idle)}.",
        f"Requests by operation in the first run: {_operations(first)}.",
        f"The first run took {first.wall_seconds:.1f} s wall and {first.cpu_seconds:.2f} CPU s.",
    ]
    return rows, notes


def _shared_calls(run: Measured) -> int:
    """Return the calls that belong to no single object."""
    calls: Mapping[str, int] = run.said["calls"]
    return int(run.said["api_calls"]) - sum(calls.values())


def _operations(run: Measured) -> str:
    counted: Mapping[str, int] = run.said["operations"]
    exports = {name: number for name, number in counted.items() if not name.startswith("query:")}
    queries = sum(counted.values()) - sum(exports.values())
    return ", ".join(f"{name} {number}" for name, number in sorted({**exports, "queries": queries}.items()))


def main() -> None:
    command = Command(__doc__, activities=100_000, rounds=3)
    rows, notes = measure(command["activities"], command["rounds"], command["seed"])
    activities = command["activities"]
    title = f"A run with nothing new, after {activities:,} activities"
    command.show(f"nothing new {activities}", title, HEADS, rows, notes)


if __name__ == "__main__":
    main()
