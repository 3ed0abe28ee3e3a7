"""The reporting tables: a full build, the build after a day of changes, and one with nothing new.

python benchmarks/transforms.py [--activities N] [--changes K] [--rounds R] [--write]

The build after the changes is measured twice from the same folder: brought up to date, and made anew as if there had
been no build before. Every reporting table must have the same rows and values both ways.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import duckdb
from account import emulated_account
from command import Command
from contenders import run_ours, run_transforms
from measure import Measured, middle

HEADS = ("build", "activities made", "CPU s", "wall s", "peak MB", "CPU ÷ full build")
MARTS = "pardot_marts"
ACTIVITIES = "visitor_activities_enriched"


def measure(activities: int, changes: int, rounds: int, seed: int) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return the table's rows and the notes below it."""
    with tempfile.TemporaryDirectory(prefix="pardot-bench-") as name:
        day, work = Path(name) / "day", Path(name) / "work"
        with emulated_account(activities, seed=seed) as account:
            run_ours(account, work, None)
        first = run_transforms(work)
        with emulated_account(activities, seed=seed, later_changes=changes) as account:
            run_ours(account, work, None)
        shutil.copytree(work, day)
        advanced, anew, idle = [], [], []
        for _ in range(rounds):
            _start_over(day, work)
            advanced.append(run_transforms(work))
            kept = Path(name) / "advanced.duckdb"
            shutil.copyfile(work / "working.duckdb", kept)
            idle.append(run_transforms(work))
            _start_over(day, work)
            _forget_last_build(work)
            anew.append(run_transforms(work))
            _insist_on_equal(kept, work / "working.duckdb")
    assert all(run.said["skipped"] for run in idle)
    full = middle(anew)
    rows = [
        _cells("first, full", first, full),
        _cells("after the changes, brought up to date", middle(advanced), full),
        _cells("after the changes, made anew", full, full),
        _cells("with nothing new", middle(idle), full),
    ]
    notes = [
        f"Medians of {rounds} interleaved rounds over an account of {activities:,} activities and all that belongs to "
        f"them, after a day with about {changes:,} new and changed activities, the changed ones spread over the whole "
        "table. CPU and wall seconds are of the build with all its data tests, without the process's start.",
        "Every reporting table had the same rows and values both ways, in every round.",
    ]
    return rows, notes


def _start_over(saved: Path, work: Path) -> None:
    shutil.rmtree(work)
    shutil.copytree(saved, work)


def _forget_last_build(folder: Path) -> None:
    with duckdb.connect(str(folder / "working.duckdb")) as db:
        db.execute(f"DROP SCHEMA {MARTS} CASCADE")


def _insist_on_equal(one: Path, other: Path) -> None:
    """Raise when a reporting table differs in a row or a value."""
    with duckdb.connect(":memory:") as db:
        db.execute(f"ATTACH '{one}' AS one (READ_ONLY); ATTACH '{other}' AS other (READ_ONLY)")
        tables = db.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'one' AND schema_name = ? "
            "AND table_name <> '_build'",
            [MARTS],
        ).fetchall()
        assert tables
        for (table,) in tables:
            mine, theirs = f"SELECT * FROM one.{MARTS}.{table}", f"SELECT * FROM other.{MARTS}.{table}"
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
