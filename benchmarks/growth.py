"""What grows with the table: first loads and the same increment at several sizes, in one run.

python benchmarks/growth.py [--changes K] [--largest MILLIONS] [--rounds R] [--write]

The sizes are 1, 5 and 20 million activities, as far as `--largest` allows. Both tables must be equal in every value
after the first load and after the increment.
"""

from __future__ import annotations

from command import Command
from increment import Course, run_course

MILLION = 1_000_000
SIZES = (1, 5, 20)
PAGE = 200
"""Rows that a page of the query API has unless more are asked for."""
HEADS = (
    "millions of activities",
    "first load, CPU ÷ floor",
    "own wall ÷ floor",
    "CPU s",
    "peak MB",
    "floor's peak MB",
    "API calls",
    "calls a million",
    "increment, CPU s",
    "÷ floor",
    "peak MB",
    "API calls",
)


def cells(millions: int, course: Course) -> tuple[str, ...]:
    first, floor, increment = course.first, course.first_floor, course.ours
    calls = int(first.said["api_calls"])
    return (
        str(millions),
        f"{first.cpu_seconds / floor.cpu_seconds:.2f}",
        f"{first.own_wall_seconds / floor.wall_seconds:.2f}",
        f"{first.cpu_seconds:.1f}",
        f"{first.peak_mb:,.0f}",
        f"{floor.peak_mb:,.0f}",
        f"{calls:,}",
        f"{calls / millions:.1f}",
        f"{increment.cpu_seconds:.2f}",
        f"{increment.cpu_seconds / course.floor.cpu_seconds:.2f}",
        f"{increment.peak_mb:,.0f}",
        f"{int(increment.said['api_calls']):,}",
    )


def main() -> None:
    command = Command(__doc__, changes=100_000, largest=20, rounds=1)
    changes, largest = command["changes"], command["largest"]
    courses = {}
    for size in SIZES:
        if size <= largest:
            courses[size] = run_course(size * MILLION, changes, command["rounds"], command["seed"])
            print(" | ".join(cells(size, courses[size])), flush=True)
    smallest, greatest = courses[min(courses)].ours, courses[max(courses)].ours
    notes = [
        "Each table was equal to the floor's in every value, after the first load and after the increment.",
        f"The increment is the same everywhere: about {changes:,} rows, half of them new, the changed ones spread over "
        f"the whole table. Onto the largest it takes {greatest.cpu_seconds / smallest.cpu_seconds:.2f} times the CPU "
        "seconds of the one onto the smallest.",
        f"Paging the query API would take {MILLION // PAGE:,} calls a million rows at {PAGE} rows a page, "
        f"{MILLION // 1000:,} at 1,000.",
        "CPU seconds by stage, first load and increment: "
        + "; ".join(
            f"{size} million: {_stages(one.first.said)}, and {_stages(one.ours.said)}" for size, one in courses.items()
        )
        + ".",
    ]
    title = f"Growth: first loads, and increments of about {changes:,} rows onto them"
    command.show("growth", title, HEADS, [cells(size, one) for size, one in courses.items()], notes)


def _stages(said: object) -> str:
    assert isinstance(said, dict)
    return " ".join(f"{stage} {seconds:.1f}" for stage, seconds in said["cpu"].items() if seconds >= 0.05)


if __name__ == "__main__":
    main()
