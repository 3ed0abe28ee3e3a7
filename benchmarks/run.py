"""A first load of N activities: the floor, our way, the naive way, and paging the query API, side by side.

python benchmarks/run.py [--activities N] [--rounds R] [--write]

Every round loads the same rows by the floor and by our way, each in a fresh process into a fresh folder, and insists
that both tables are equal in every value. The table shows medians.
"""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from account import Account, emulated_account
from activities import FIELDS, TABLE
from command import Command
from contenders import (
    Prepared,
    checksum_of_floor,
    checksum_of_ours,
    checksum_of_parquet,
    insist_on_equal,
    prepare_history,
    run_floor,
    run_naive,
    run_ours,
    run_paging,
)
from measure import Measured, middle, size_mb

HEADS = (
    "way",
    "API calls",
    "wall s",
    "of it waiting for exports",
    "CPU s",
    "peak MB",
    "database MB",
    "all files left MB",
    "CPU ÷ floor",
    "own wall ÷ floor",
)


@dataclass(frozen=True)
class Row:
    """One line of the table; None where there is nothing to measure."""

    way: str
    calls: int
    wall_seconds: float | None = None
    waited_seconds: float = 0.0
    cpu_seconds: float | None = None
    peak_mb: float | None = None
    database_mb: float | None = None
    left_mb: float | None = None

    def cells(self, floor: Row) -> tuple[str, ...]:
        own_wall = None if self.wall_seconds is None else self.wall_seconds - self.waited_seconds
        return (
            self.way,
            f"{self.calls:,}",
            _shown(self.wall_seconds, ".1f"),
            f"{self.waited_seconds:.1f}" if self.waited_seconds else "–",
            _shown(self.cpu_seconds, ".2f"),
            _shown(self.peak_mb, ",.0f"),
            _shown(self.database_mb, ",.0f"),
            _shown(self.left_mb, ",.0f"),
            _ratio(self.cpu_seconds, floor.cpu_seconds),
            _ratio(own_wall, floor.wall_seconds),
        )


def _shown(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _ratio(value: float | None, floor: float | None) -> str:
    return "–" if value is None or not floor else f"{value / floor:.2f}"


def compare(activities: int, rounds: int, seed: int, naive_rows: int) -> tuple[list[Row], list[str]]:
    """Measure every way and return the table's rows and the notes below it."""
    with (
        emulated_account(activities, seed=seed) as account,
        tempfile.TemporaryDirectory(prefix="pardot-bench-") as name,
    ):
        folder = Path(name)
        prepared = prepare_history(account)
        floors, ours, parquets = [], [], []
        for number in range(rounds):
            shutil.rmtree(folder / "floor", ignore_errors=True)
            shutil.rmtree(folder / "ours", ignore_errors=True)
            shutil.rmtree(folder / "parquet", ignore_errors=True)
            floors.append(run_floor(prepared, folder / "floor"))
            ours.append(run_ours(account, folder / "ours", [TABLE]))
            expected = checksum_of_floor(folder / "floor")
            insist_on_equal(expected, checksum_of_ours(folder / "ours"))
            parquets.append(run_ours(account, folder / "parquet", [TABLE], destination="filesystem"))
            insist_on_equal(expected, checksum_of_parquet(folder / "parquet"))
            assert expected.rows == activities
            print(
                f"round {number + 1}: floor {floors[-1].cpu_seconds:.2f} CPU s, ours {ours[-1].cpu_seconds:.2f}",
                flush=True,
            )
        floor, our, parquet = middle(floors), middle(ours), middle(parquets)
        rows = [
            _measured_row("floor: download + one read_csv", prepared.calls_with_downloads, floor, folder / "floor"),
            _measured_row("pardot-etl run", int(our.said["api_calls"]), our, folder / "ours"),
            _measured_row(
                "pardot-etl run --destination filesystem",
                int(parquet.said["api_calls"]),
                parquet,
                folder / "parquet",
            ),
            _naive_row(floor.said["files"], folder / "naive", naive_rows, activities, prepared),
            *(_paging_row(account, limit, activities) for limit in (1000, 200)),
        ]
        notes = [
            f"Medians of {rounds} interleaved rounds. In every round all tables held {activities:,} rows and had "
            "the same checksum over all typed values.",
            "`pardot-etl run` includes login, the account call, creating and polling the exports, download, every "
            "verification, load, key check, and publishing (no reporting tables). "
            f"CPU seconds by stage: {_stages(our.said['cpu'])}.",
            f"Wall seconds of publishing: {float(our.said['seconds']['publish']):.2f}; the copy shares blocks or is "
            "made by the kernel. The floor publishes nothing and keeps the CSV files.",
            f"`csv.DictReader`: measured with {naive_rows:,} rows, what follows the imports scaled linearly; dlt's "
            "defaults except Parquet as its file format; calls and downloads as for the floor.",
            "Paging: calls by formula (rows ÷ page); seconds from 20 pages fetched and parsed, scaled linearly; no "
            "network latency and no loading in it.",
        ]
    return rows, notes


def _measured_row(way: str, calls: int, run: Measured, folder: Path) -> Row:
    databases = [file for file in folder.glob("*.duckdb") if file.name != "published.duckdb"]
    return Row(
        way,
        calls,
        run.wall_seconds,
        run.waited_seconds,
        run.cpu_seconds,
        run.peak_mb,
        size_mb(*databases),
        size_mb(folder),
    )


def _naive_row(files: list[str], folder: Path, rows: int, activities: int, prepared: Prepared) -> Row:
    rows = min(rows, activities)
    run = run_naive(files, folder, rows)
    assert run.said["rows"] == rows
    scale = activities / rows
    start_cpu = float(run.said["start_cpu_seconds"])
    working_wall = float(run.said["wall_seconds"])
    return Row(
        f"dlt over csv.DictReader, scaled from {rows:,} rows",
        prepared.calls_with_downloads,
        run.wall_seconds - working_wall + working_wall * scale,
        0.0,
        start_cpu + (run.cpu_seconds - start_cpu) * scale,
        run.peak_mb,
        size_mb(*folder.glob("*.duckdb")) * scale,
    )


def _paging_row(account: Account, limit: int, activities: int) -> Row:
    pages = min(20, max(1, activities // limit))
    run = run_paging(account, "visitor-activities", FIELDS, limit=limit, pages=pages)
    needed = math.ceil(activities / limit)
    per_page = float(run.said["wall_seconds"]) / pages
    return Row(f"query API, {limit} rows a page, scaled", needed, per_page * needed, 0.0, None)


def _stages(cpu: Mapping[str, float]) -> str:
    return ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in cpu.items())


def main() -> None:
    command = Command(__doc__, activities=1_000_000, rounds=3, naive_rows=100_000)
    activities = command["activities"]
    rows, notes = compare(activities, command["rounds"], command["seed"], command["naive_rows"])
    title = f"First load of {activities:,} activities"
    command.show(f"first load {activities}", title, HEADS, [row.cells(rows[0]) for row in rows], notes)


if __name__ == "__main__":
    main()
