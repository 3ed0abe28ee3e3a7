"""A day's increment onto a loaded table: N activities loaded, then K new and changed ones.

python benchmarks/increment.py [--activities N] [--changes K] [--rounds R] [--write]

The floor downloads the same export of changes and replaces the rows by hand (read_csv, DELETE, INSERT). Every round
starts from a copy of the loaded folder, and insists that both tables are equal in every value afterwards.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from account import END, emulated_account
from activities import TABLE
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
from performance import markdown_table, section, write_section

HEADS = ("way", "rows", "API calls", "wall s", "of it waiting for exports", "CPU s", "peak MB", "CPU ÷ floor")


def measure(activities: int, changes: int, rounds: int, seed: int) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return the table's rows and the notes below it."""
    with tempfile.TemporaryDirectory(prefix="pardot-bench-") as name:
        loaded, work = Path(name) / "loaded", Path(name) / "work"
        with emulated_account(activities, seed=seed) as account:
            run_floor(prepare_history(account), work)
            run_ours(account, work, [TABLE])
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
    floor, our = middle(floors), middle(ours)
    counts = our.said["objects"][TABLE]
    rows = [
        _cells(
            "floor: download, read_csv, DELETE, INSERT", counts["loaded"], prepared.calls_with_downloads, floor, floor
        ),
        _cells("pardot-etl run", counts["loaded"], int(our.said["api_calls"]), our, floor),
    ]
    cpu = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in our.said["cpu"].items())
    notes = [
        f"Medians of {rounds} interleaved rounds onto {activities:,} rows; {counts['new']:,} rows are new and "
        f"{counts['changed']:,} changed, the changed ones spread over the whole table. Both tables were equal in every "
        "value after every round.",
        f"CPU seconds of `pardot-etl run` by stage: {cpu}.",
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--activities", type=int, default=1_000_000)
    parser.add_argument("--changes", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--write", action="store_true", help="also write docs/performance.md")
    options = parser.parse_args()
    rows, notes = measure(options.activities, options.changes, options.rounds, options.seed)
    command = (
        f"python benchmarks/increment.py --activities {options.activities} --changes {options.changes} "
        f"--rounds {options.rounds}"
    )
    title = f"Increment of about {options.changes:,} rows onto {options.activities:,}"
    text = section(title, command, markdown_table(HEADS, rows), notes)
    print(text)
    if options.write:
        write_section(f"increment {options.changes} onto {options.activities}", text)


if __name__ == "__main__":
    main()
