"""Print the fault matrix: every fault, what is expected, what was seen. Ends with 1 when any differs.

python tests/matrix/show.py [WORDS]   only the cases whose section or fault has these words
"""

from __future__ import annotations

import sys
import tempfile
import textwrap
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from matrix.cases import CASES
from matrix.world import World

WIDTHS = (42, 46, 46)
HEADS = ("fault", "expected", "seen")


def main(words: str) -> int:
    """Run the cases, print a table, and return the exit code."""
    chosen = [case for case in CASES if words.lower() in f"{case.section} {case.fault}".lower()]
    started = time.monotonic()
    wrong = left_out = 0
    section = ""
    print(_row(*HEADS, "ok"))
    with tempfile.TemporaryDirectory(prefix="pardot-matrix-") as folder, World(Path(folder)) as world:
        for case in chosen:
            if case.section != section:
                section = case.section
                print(f"\n{section.upper()}")
            verdict = case.judge(world)
            wrong += not verdict.is_ok
            left_out += verdict.is_left_out
            mark = "–" if verdict.is_left_out else "✓" if verdict.is_ok else "✗"
            print(_row(case.fault, case.expected, verdict.seen, mark), flush=True)
        met = world.faults_met
    seconds = time.monotonic() - started
    outcome = f"{wrong} differ" if wrong else "none differs"
    print(f"\n{len(chosen)} cases, {met} planned faults met, {left_out} left out, {outcome}; {seconds:.0f} seconds")
    return 1 if wrong else 0


def _row(fault: str, expected: str, seen: str, mark: str) -> str:
    """Return a row of the table; long cells go on below."""
    cells = [textwrap.wrap(cell, width) or [""] for cell, width in zip((fault, expected, seen), WIDTHS, strict=True)]
    height = max(map(len, cells))
    lines = []
    for number in range(height):
        parts = [
            f"{cell[number] if number < len(cell) else '':<{width}}" for cell, width in zip(cells, WIDTHS, strict=True)
        ]
        lines.append("  ".join([f"{mark if number == 0 else '':<2}", *parts]).rstrip())
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
