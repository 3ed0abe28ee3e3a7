"""The reporting tables: a full build, the build after a day of changes, and one with nothing new.

python benchmarks/transforms.py [--activities N] [--changes K] [--rounds R] [--write]

There are two days: one as an account has it, whose changed rows are nearly all of the last week, and a harsh one, whose
changed rows are spread over the whole table. The build after each is measured twice from the same folder: brought up to
date, and made anew as if there had been no build before. Every table must have the same rows and values both ways.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import duckdb
from account import emulated_account
from command import Command
from contenders import run_ours, run_report, run_transforms
from measure import Measured, middle

HEADS = ("build", "activities made", "CPU s", "wall s", "peak MB", "CPU ÷ full build")
MARTS = "pardot_marts"
VIEWS = f"{MARTS}_views"
ACTIVITIES = "visitor_activities_enriched"
SLOWEST = 8


def measure(activities: int, changes: int, rounds: int, seed: int) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return the table's rows and the notes below it."""
    rows: list[tuple[str, ...]] = []
    notes: list[str] = []
    with tempfile.TemporaryDirectory(prefix="pardot-bench-") as name:
        built = Path(name) / "built"
        with emulated_account(activities, seed=seed) as account:
            run_ours(account, built, None)
        first = run_transforms(built)
        report = run_report(built)
        for kind, recent in (("an ordinary day", True), ("a harsh day", False)):
            day = _day_after(built, Path(name) / f"day-{recent}", activities, changes, seed, recent=recent)
            advanced, anew, idle = _measure_day(day, Path(name) / "work", rounds)
            if not rows:
                rows.append(_cells("first, full", first, anew))
            rows += [
                _cells(f"after {kind}, brought up to date", advanced, anew),
                _cells(f"after {kind}, made anew", anew, anew),
                _cells("with nothing new", idle, anew),
            ]
            notes.append(f"After {kind} the most CPU seconds went to {_slowest(advanced)}.")
    notes.insert(
        0,
        f"Medians of {rounds} interleaved rounds over an account of {activities:,} activities and all that belongs to "
        f"them, after a day with about {changes:,} new and changed activities and what belongs to them: half of them "
        "are new; the changed ones are of the last week but for one in twenty, or spread over the whole table. CPU and "
        "wall seconds are of the build with all its data tests, without the process's start.",
    )
    notes.append("Every table had the same rows and values both ways, in every round.")
    page = report.said
    notes.append(
        f"`pardot-etl report` over these tables: {page['charts']} charts in {page['bytes'] / 1000:.0f} kB, "
        f"{page['cpu_seconds']:.2f} CPU s, {page['wall_seconds']:.2f} s wall, {report.peak_mb:,.0f} MB at most."
    )
    return rows, notes


def _day_after(built: Path, day: Path, activities: int, changes: int, seed: int, *, recent: bool) -> Path:
    """Return a folder as the run of the day after leaves it, before the build."""
    shutil.copytree(built, day)
    with emulated_account(activities, seed=seed, later_changes=changes, recent=recent) as account:
        run_ours(account, day, None)
    return day


def _measure_day(day: Path, work: Path, rounds: int) -> tuple[Measured, Measured, Measured]:
    """Return the build that brings up to date, the one that makes anew, and one with nothing new."""
    advanced, anew, idle = [], [], []
    for _ in range(rounds):
        _start_over(day, work)
        advanced.append(run_transforms(work))
        kept = shutil.copyfile(work / "working.duckdb", work.parent / "advanced.duckdb")
        idle.append(run_transforms(work))
        _start_over(day, work)
        _forget_last_build(work)
        anew.append(run_transforms(work))
        _insist_on_equal(kept, work / "working.duckdb")
    assert all(run.said["skipped"] for run in idle)
    return middle(advanced), middle(anew), middle(idle)


def _slowest(run: Measured) -> str:
    seconds = sorted(run.said["models"].items(), key=lambda each: -each[1])
    return ", ".join(f"{name} {spent:.2f}" for name, spent in seconds[:SLOWEST])


def _start_over(saved: Path, work: Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(saved, work)


def _forget_last_build(folder: Path) -> None:
    with duckdb.connect(str(folder / "working.duckdb")) as db:
        db.execute(f"DROP SCHEMA {MARTS} CASCADE")


def _insist_on_equal(one: Path, other: Path) -> None:
    """Raise when a table differs in a row or a value."""
    with duckdb.connect(":memory:") as db:
        # What we hold when we start a process counts as its own.
        db.execute("SET threads = 1; SET memory_limit = '200MB'")
        db.execute(f"ATTACH '{one}' AS one (READ_ONLY); ATTACH '{other}' AS other (READ_ONLY)")
        tables = db.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = 'one' "
            "AND schema_name IN (?, ?) AND table_name <> '_build'",
            [MARTS, VIEWS],
        ).fetchall()
        assert tables
        for (table,) in tables:
            mine, theirs = f"SELECT * FROM one.{table}", f"SELECT * FROM other.{table}"
            query = f"SELECT count(*) FROM (({mine} EXCEPT ALL {theirs}) UNION ALL ({theirs} EXCEPT ALL {mine}))"
            (differing,) = db.execute(query).fetchall()[0]
            if differing:
                raise RuntimeError(f"{table} differs in {differing} rows")


def _cells(build: str, run: Measured, full: Measured) -> tuple[str, ...]:
    rows, remade = run.said["tables"].get(ACTIVITIES, (0, 0))
    return (
        build,
        f"{rows if remade is None else remade:,}",
        f"{run.said['cpu_seconds']:.2f}",
        f"{run.said['wall_seconds']:.2f}",
        f"{run.peak_mb:,.0f}",
        f"{run.said['cpu_seconds'] / full.said['cpu_seconds']:.2f}",
    )


def main() -> None:
    command = Command(__doc__, activities=1_000_000, changes=10_000, rounds=3)
    activities, changes = command["activities"], command["changes"]
    rows, notes = measure(activities, changes, command["rounds"], command["seed"])
    title = f"Reporting tables over {activities:,} activities, {changes:,} of them touched"
    command.show(f"transforms {changes} of {activities}", title, HEADS, rows, notes)


if __name__ == "__main__":
    main()
