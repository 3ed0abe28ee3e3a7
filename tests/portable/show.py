"""Compare every cell of every model on PostgreSQL and Spark with DuckDB's. Ends with 1 when any differs.

python tests/portable/show.py [--activities 1500] [--rows 2000] [--engines postgres,spark]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import duckdb
import psycopg2
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from isolation import isolate
from portable import accounts, postgres, spark
from portable.cells import Comparison, Table, compare, counted
from portable.exported import made_here, steps

SHOWN = 10


@dataclass(frozen=True)
class Outcome:
    """What an engine made of an account, and what its data tests said."""

    engine: str
    comparisons: Sequence[Comparison]
    tests: int
    broken: Sequence[str]
    seconds: float = 0

    @property
    def is_same(self) -> bool:
        return not self.broken and not any(one.differences for one in self.comparisons)


def on_postgres(database: Path, folder: Path) -> Outcome:
    """Build the models of a database in PostgreSQL and compare them."""
    chosen = steps("postgres", accounts.TIME_ZONE)
    with postgres.server() as address, duckdb.connect(str(database), read_only=True) as ours:
        connection = psycopg2.connect(address)
        connection.autocommit = True
        try:
            postgres.copy_raw(ours, connection, folder)
            postgres.build(connection, chosen)
            compared = [compare(s.name, made_here(ours, s), postgres.made(connection, s), s.key) for s in chosen]
            count, broken = postgres.broken_tests(connection)
            version = f"PostgreSQL {connection.server_version // 10_000}"
        finally:
            connection.close()
    return Outcome(version, compared, count, broken)


def on_spark(database: Path, folder: Path) -> Outcome:
    """Build the models of a database in Spark and compare them."""
    chosen = steps("spark", accounts.TIME_ZONE)
    with duckdb.connect(str(database), read_only=True) as ours:
        made = spark.build(ours, chosen, folder)
        compared = [compare(s.name, made_here(ours, s), made.tables.get(s.place, Table((), ())), s.key) for s in chosen]
    return Outcome(f"Spark {made.version}", compared, made.tests, made.broken)


ENGINES: Mapping[str, Callable[[Path, Path], Outcome]] = {"postgres": on_postgres, "spark": on_spark}


def missing(engines: Sequence[str]) -> list[str]:
    """Return what is not there of what the engines need."""
    found = {"postgres": postgres.SERVER, "spark": spark.PYTHON and shutil.which("java")}
    said = {"postgres": postgres.LEFT_OUT, "spark": spark.LEFT_OUT}
    return [said[engine] for engine in engines if not found[engine]]


def main(arguments: argparse.Namespace) -> int:
    """Make the accounts, compare them on every engine, print a table of each, and return the exit code."""
    if lacking := missing(arguments.engines):
        print("\n".join(lacking), file=sys.stderr)
        return 1
    wrong = 0
    makers: Mapping[str, Callable[[Path], object]] = {
        f"an emulated account, {arguments.activities:,} activities, two days": partial(
            accounts.emulated, activities=arguments.activities, seed=7
        ),
        f"odd rows, {arguments.rows:,} activities": partial(accounts.odd, rows=arguments.rows, seed=1),
        "nothing loaded": accounts.empty,
    }
    with tempfile.TemporaryDirectory(prefix="pardot-portable-") as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        isolate(folder, patch)
        patch.setenv("SOURCES__PARDOT__TIME_ZONE", accounts.TIME_ZONE)
        for number, (title, make) in enumerate(makers.items()):
            database = folder / f"{number}.duckdb"
            make(database)
            outcomes = [_timed(engine, database, folder / f"{number}_{engine}") for engine in arguments.engines]
            _print(title, outcomes)
            wrong += sum(not outcome.is_same for outcome in outcomes)
    print("Every cell is the same." if not wrong else "Some cells differ, or data tests fail: see above.")
    return 1 if wrong else 0


def _timed(engine: str, database: Path, folder: Path) -> Outcome:
    started = time.monotonic()
    outcome = ENGINES[engine](database, folder)
    return replace(outcome, seconds=time.monotonic() - started)


def _print(title: str, outcomes: Sequence[Outcome]) -> None:
    print(f"\n{title}")
    print(_row("model", "rows", "cells", *(outcome.engine for outcome in outcomes)))
    for sides in zip(*(outcome.comparisons for outcome in outcomes), strict=True):
        found = [f"{len(one.differences):,} differ" if one.differences else "same" for one in sides]
        print(_row(sides[0].name, f"{sides[0].rows:,}", f"{sides[0].cells:,}", *found))
    totals: list[Mapping[str, int]] = [counted(outcome.comparisons) for outcome in outcomes]
    print(
        _row(
            f"{totals[0]['tables']} tables and views",
            f"{totals[0]['rows']:,}",
            f"{totals[0]['cells']:,}",
            *(f"{total['differences']:,} differ" for total in totals),
        )
    )
    print(_row("data tests", "", "", *(f"{o.tests - len(o.broken)} of {o.tests}" for o in outcomes)))
    print(_row("seconds", "", "", *(f"{outcome.seconds:.0f}" for outcome in outcomes)), flush=True)
    for outcome in outcomes:
        for one in outcome.comparisons:
            for line in one.differences[:SHOWN]:
                print(f"  {outcome.engine}, {one.name}: {line}")
        for label in outcome.broken:
            print(f"  {outcome.engine}, broken: {label}")


def _row(model: str, rows: str, cells: str, *engines: str) -> str:
    return f"  {model:<30}{rows:>9}{cells:>11}  " + "".join(f"{engine:>15}" for engine in engines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--activities", type=int, default=1_500)
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--engines", type=lambda text: text.split(","), default=list(ENGINES))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(_arguments()))
