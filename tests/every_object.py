"""Load every object of an emulated account and print what came of it. Ends with 1 when any row or value differs.

python tests/every_object.py [--version 5] [--activities 2000]
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from isolation import isolate
from kit import Account, build_store, open_account, table_differences

from pardot.catalogue import CATALOGUE, Entry
from pardot_etl.run import RunOptions

VERSIONS = (5,)
WIDTHS = (26, 17, 9, 9, 13, 13, 24)
NUMBERS = ("rows", "account", "calls, first", "calls, later")
HEADS = ("object", "route", *NUMBERS, "left out")


@dataclass(frozen=True)
class Line:
    """What came of one object."""

    entry: Entry
    rows: int
    expected: int
    calls: tuple[int, int]
    """Of the first run, and of one an hour later in which nothing had changed."""
    differences: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        return self.rows == self.expected and not self.differences

    def text(self) -> str:
        left_out = ", ".join(self.entry.left_out) or "–"
        numbers = (f"{self.rows:,}", f"{self.expected:,}", *map(str, self.calls))
        aligned = (f"{number:>{width}}" for number, width in zip(numbers, WIDTHS[2:6], strict=True))
        mark = "✓" if self.is_equal else "✗"
        return f"{mark}  {_row(self.entry.table, self.entry.route.value, *aligned, left_out)}"


def main(arguments: list[str]) -> int:
    """Load, print the table, and return the exit code."""
    parser = argparse.ArgumentParser(description="Load every object of an emulated account and compare it.")
    parser.add_argument("--version", type=int, choices=VERSIONS, default=5, help="of the API")
    parser.add_argument("--activities", type=int, default=2000, help="how many the made-up company has")
    asked = parser.parse_args(arguments)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pardot-objects-") as folder, pytest.MonkeyPatch.context() as patch:
        isolate(Path(folder), patch)
        account = open_account(Path(folder), build_store(asked.activities))
        try:
            lines = list(_lines(account, asked.version))
        finally:
            account.store.close()
    print(
        "   "
        + _row(*(f"{head:>{width}}" if head in NUMBERS else head for head, width in zip(HEADS, WIDTHS, strict=True)))
    )
    for line in lines:
        print(line.text())
        for difference in line.differences:
            print(f"     {difference}")
    wrong = sum(not line.is_equal for line in lines)
    calls = [sum(line.calls[number] for line in lines) for number in (0, 1)]
    outcome = f"{wrong} differ" if wrong else "every row and every value is equal"
    print(f"\n{len(lines)} objects, {calls[0]} calls at first, {calls[1]} an hour later; {outcome}; ", end="")
    print(f"{time.monotonic() - started:.0f} seconds")
    return 1 if wrong else 0


def _lines(account: Account, version: int) -> Iterator[Line]:
    """Load everything twice, and yield a line per object."""
    with account.emulator:
        first, later = (_load(account, version) for _ in range(2))
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        for entry in CATALOGUE.values():
            (rows,) = db.execute(f'SELECT count(*) FROM pardot."{entry.table}"').fetchall()[0]
            found = table_differences(account.store, db, [entry.table]).get(entry.table, [])
            calls = first[entry.collection], later[entry.collection]
            yield Line(entry, rows, account.store.count(entry.collection), calls, tuple(found))


def _load(account: Account, version: int) -> Counter[str]:
    """Run the pipeline, let an hour pass, and return the calls per collection.

    The account is asked for its counters at every run, and for its custom fields; these count there.
    """
    calls, exports = len(account.emulator.calls), len(account.emulator.exports)
    summary = account.run(RunOptions(objects=tuple(CATALOGUE), transform=False), api_version=version)
    if summary.exit_code:
        sys.exit("\n".join(summary.failures))
    account.clock.advance(timedelta(hours=1))
    made = {str(export.id): export.request.selection.collection.name for export in account.emulator.exports}
    counted = Counter(list(made.values())[exports:])
    for call in account.emulator.calls[calls:]:
        place = re.search(r"/(objects|exports)/([a-z0-9-]+)", call.path)
        if place:
            counted[made[place[2]] if place[1] == "exports" else place[2]] += 1
    return counted


def _row(*cells: str) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
