"""Load every object of an emulated account and print what came of it. Ends with 1 when any row or value differs.

python tests/every_object.py [--version 5|4|3] [--compare] [--activities 2000]
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from isolation import isolate
from kit import Account, build_store, open_account, table_differences
from legacy_rows import legacy_differences, visible_rows

from pardot.catalogue import Entry
from pardot.dialects.choose import catalogue_of
from pardot_etl.run import RunOptions

VERSIONS = (5, 4, 3)
WIDTHS = (26, 17, 9, 9, 13, 13, 24)
NUMBERS = ("rows", "account", "calls, first", "calls, later")
HEADS = ("object", "route", *NUMBERS, "left out")
COMPARED = 25
"""Width of a version's column in the table that compares them."""


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

    @property
    def mark(self) -> str:
        return "✓" if self.is_equal else "✗"

    def text(self) -> str:
        left_out = ", ".join(self.entry.left_out) or "–"
        numbers = (f"{self.rows:,}", f"{self.expected:,}", *map(str, self.calls))
        aligned = (f"{number:>{width}}" for number, width in zip(numbers, WIDTHS[2:6], strict=True))
        return f"{self.mark}  {_row(self.entry.table, self.entry.route.value, *aligned, left_out)}"

    def short(self) -> str:
        return f"{self.rows:,} = {self.expected:,} {self.mark} {self.calls[0]}, {self.calls[1]}"


def main(arguments: list[str]) -> int:
    """Load, print the table, and return the exit code."""
    parser = argparse.ArgumentParser(description="Load every object of an emulated account and compare it.")
    parser.add_argument("--version", type=int, choices=VERSIONS, default=5, help="of the API")
    parser.add_argument("--compare", action="store_true", help="all versions, in one table")
    parser.add_argument("--activities", type=int, default=2000, help="how many the made-up company has")
    asked = parser.parse_args(arguments)
    started = time.monotonic()
    loaded = {each: _loaded(each, asked.activities) for each in (VERSIONS if asked.compare else (asked.version,))}
    lines = [line for each in loaded.values() for line in each]
    if asked.compare:
        _print_compared(loaded)
    else:
        _print_one(lines)
    wrong = sum(not line.is_equal for line in lines)
    calls = [sum(line.calls[number] for line in lines) for number in (0, 1)]
    outcome = f"{wrong} differ" if wrong else "every row and every value is equal"
    print(f"\n{len(lines)} objects, {calls[0]} calls at first, {calls[1]} an hour later; {outcome}; ", end="")
    print(f"{time.monotonic() - started:.0f} seconds")
    return 1 if wrong else 0


def _print_one(lines: Sequence[Line]) -> None:
    print(
        "   "
        + _row(*(f"{head:>{width}}" if head in NUMBERS else head for head, width in zip(HEADS, WIDTHS, strict=True)))
    )
    for line in lines:
        print(line.text())
        for difference in line.differences:
            print(f"     {difference}")


def _print_compared(loaded: dict[int, list[Line]]) -> None:
    """Print rows loaded = rows of the account, and the calls at first and an hour later, by object and version."""
    by_table = {version: {line.entry.table: line for line in lines} for version, lines in loaded.items()}
    print(f"{'object':<27}" + "".join(f"{f'version {version}':>{COMPARED}}" for version in loaded))
    for table in dict.fromkeys(table for lines in by_table.values() for table in lines):
        cells = (lines[table].short() if table in lines else "–" for lines in by_table.values())
        print(f"{table:<27}" + "".join(f"{cell:>{COMPARED}}" for cell in cells))
        for version, lines in by_table.items():
            for difference in lines[table].differences if table in lines else ():
                print(f"     version {version}: {difference}")


def _loaded(version: int, activities: int) -> list[Line]:
    """Load an account of its own through a version."""
    with tempfile.TemporaryDirectory(prefix="pardot-objects-") as folder, pytest.MonkeyPatch.context() as patch:
        isolate(Path(folder), patch)
        account = open_account(Path(folder), build_store(activities))
        try:
            return list(_lines(account, version))
        finally:
            account.store.close()


def _lines(account: Account, version: int) -> Iterator[Line]:
    """Load everything twice, and yield a line per object."""
    calls_of = _calls_by_collection if version == 5 else _calls_by_run
    with account.emulator:
        first = calls_of(account, version)
        account.clock.advance(timedelta(hours=1))
        later = calls_of(account, version)
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        for entry in catalogue_of(version).values():
            (rows,) = db.execute(f'SELECT count(*) FROM pardot."{entry.table}"').fetchall()[0]
            expected, found = _compared(account, db, entry, version)
            yield Line(entry, rows, expected, (first[entry.table], later[entry.table]), tuple(found))


def _compared(account: Account, db: duckdb.DuckDBPyConnection, entry: Entry, version: int) -> tuple[int, Sequence[str]]:
    """Return the rows that a version shows, and what differs."""
    store, zone = account.store, account.emulator.behaviour.user_zone
    if version == 5:
        return store.count(entry.collection), table_differences(store, db, [entry.table]).get(entry.table, [])
    return len(visible_rows(store, entry)), legacy_differences(store, db, [entry], zone).get(entry.table, [])


def _calls_by_run(account: Account, version: int) -> Counter[str]:
    """Run the pipeline for one object after the other, and return the calls of each run but the account's counters."""
    counted = Counter[str]()
    for table in catalogue_of(version):
        before = len(account.emulator.calls)
        _run(account, version, (table,))
        paths = [call.path for call in account.emulator.calls[before:]]
        counted[table] = sum("/do/" in path and "/api/account/" not in path for path in paths)
    return counted


def _calls_by_collection(account: Account, version: int) -> Counter[str]:
    """Run the pipeline for all objects at once, and return the calls per table.

    The account is asked for its counters at every run, and for its custom fields; these count there.
    """
    calls, exports = len(account.emulator.calls), len(account.emulator.exports)
    _run(account, version, tuple(catalogue_of(version)))
    made = {str(export.id): export.request.selection.collection.name for export in account.emulator.exports}
    counted = Counter(list(made.values())[exports:])
    for call in account.emulator.calls[calls:]:
        place = re.search(r"/(objects|exports)/([a-z0-9-]+)", call.path)
        if place:
            counted[made[place[2]] if place[1] == "exports" else place[2]] += 1
    return Counter({name.replace("-", "_"): number for name, number in counted.items()})


def _run(account: Account, version: int, tables: tuple[str, ...]) -> None:
    zone = account.emulator.behaviour.user_zone if version != 5 else None
    summary = account.run(RunOptions(objects=tables, transform=False), api_version=version, time_zone=zone)
    if summary.exit_code:
        sys.exit("\n".join(summary.failures))


def _row(*cells: str) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
