"""Load every object of an emulated account by every way, and print what came of it. Ends with 1 when a value differs.

python tests/every_object.py [--activities 2000]
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from isolation import isolate
from kit import Account, build_store, open_account, table_differences
from legacy_rows import legacy_differences, visible_rows
from other_routes import IN_QUERIES_ONLY, by_the_other_route

from pardot.catalogue import CATALOGUE, Entry, Route
from pardot.dialects.choose import catalogue_of
from pardot_etl.runs.run import RunOptions

WAYS = ("5, export", "5, query", "4", "3")
"""Version 5 is spoken twice, the second time by the routes that are not taken otherwise."""
WIDTH = 25
"""Of a way's column."""


@dataclass(frozen=True)
class Line:
    """What came of one object by one way."""

    table: str
    rows: int
    expected: int
    calls: tuple[int, int]
    """Of the first run, and of one an hour later in which nothing had changed."""
    differences: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        return self.rows == self.expected and not self.differences

    def __str__(self) -> str:
        return f"{self.rows:,} = {self.expected:,} {'✓' if self.is_equal else '✗'} {self.calls[0]}, {self.calls[1]}"


Found = tuple[str, Line]
"""A way, and what came of an object by it."""


def main(arguments: list[str]) -> int:
    """Load, print the table, and return the exit code."""
    parser = argparse.ArgumentParser(description="Load every object of an emulated account by every way and compare.")
    parser.add_argument("--activities", type=int, default=2000, help="how many the made-up company has")
    activities = parser.parse_args(arguments).activities
    started = time.monotonic()
    lines = {way: dict[str, Line]() for way in WAYS}
    for way, line in (
        *_loaded(5, activities),
        *_loaded(5, activities, by_the_other_route),
        *_loaded(4, activities),
        *_loaded(3, activities),
    ):
        lines[way].setdefault(line.table, line)
    _print(lines)
    every = [line for found in lines.values() for line in found.values()]
    wrong = sum(not line.is_equal for line in every)
    calls = [sum(line.calls[number] for line in every) for number in (0, 1)]
    outcome = f"{wrong} differ" if wrong else "every row and every value is equal"
    print(f"\n{len(every)} loads, {calls[0]} calls at first, {calls[1]} an hour later; {outcome}; ", end="")
    print(f"{time.monotonic() - started:.0f} seconds")
    return 1 if wrong else 0


def _print(lines: Mapping[str, Mapping[str, Line]]) -> None:
    """Print a row per object and a column per way."""
    print("rows loaded = rows of the account, and the calls at first and an hour later; – where there is no such way;")
    print("lists and objects inside of a row come by query only\n")
    print(f"{'object':<27}" + "".join(f"{f'version {way}':>{WIDTH}}" for way in lines))
    for table in dict.fromkeys((*CATALOGUE, *catalogue_of(4))):
        print(f"{table:<27}" + "".join(f"{found.get(table, '–')!s:>{WIDTH}}" for found in lines.values()))
        for way, found in lines.items():
            for difference in found[table].differences if table in found else ():
                print(f"     version {way}: {difference}")


def _loaded(version: int, activities: int, change: Callable[[Entry], Entry] = lambda entry: entry) -> list[Found]:
    """Load an account of its own through a version, whose catalogue may be changed."""
    with tempfile.TemporaryDirectory(prefix="pardot-objects-") as folder, pytest.MonkeyPatch.context() as patch:
        isolate(Path(folder), patch)
        if version == 5:
            for table, entry in CATALOGUE.items():
                patch.setitem(CATALOGUE, table, change(entry))
        account = open_account(Path(folder), build_store(activities))
        try:
            return list(_lines(account, version))
        finally:
            account.store.close()


def _lines(account: Account, version: int) -> Iterator[Found]:
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
            calls = first[entry.table], later[entry.table]
            yield _way(entry, version), Line(entry.table, rows, expected, calls, tuple(found))


def _way(entry: Entry, version: int) -> str:
    if version != 5:
        return str(version)
    return "5, export" if entry.route in (Route.EXPORT, Route.WALK_THEN_EXPORT) else "5, query"


def _compared(account: Account, db: duckdb.DuckDBPyConnection, entry: Entry, version: int) -> tuple[int, Sequence[str]]:
    """Return the rows that a version shows, and what differs."""
    store, zone = account.store, account.emulator.behaviour.user_zone
    if version == 5:
        without = IN_QUERIES_ONLY if _way(entry, version) == "5, export" else frozenset[str]()
        found = table_differences(store, db, [entry.table], without=without)
        return store.count(entry.collection), found.get(entry.table, [])
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
