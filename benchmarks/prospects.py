"""Prospects with sixty custom fields: by query, by export, and by paging that stores nothing.

python benchmarks/prospects.py [--prospects N] [--rounds R] [--write]

One custom field of several values sends all prospects through exports, because no query delivers it; that is how the
same rows are read both ways. Both tables must be equal in every value that they share.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from account import emulated_account
from command import Command
from contenders import checksum_of_ours, run_ours, run_paging
from many_prospects import FIELD_COUNT
from measure import Measured, middle

from pardot.catalogue import select_entries

TABLE = "prospects"
ACTIVITIES = 1_000
CUSTOM = [f"Answer_{place:02}__c" for place in range(FIELD_COUNT)]
ENTRY = select_entries([TABLE])[0]
FIELDS = [*(field.name for field in ENTRY.fields), *CUSTOM]
COLUMNS = [*(field.column for field in ENTRY.fields), *(name.lower() for name in CUSTOM)]
HEADS = ("way", "API calls", "wall s", "of it waiting for exports", "CPU s", "peak MB", "CPU ÷ paging")


def measure(prospects: int, rounds: int, seed: int) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return the table's rows and the notes below it."""
    ways: dict[bool, list[Measured]] = {False: [], True: []}
    pagings, checksums = [], set()
    with tempfile.TemporaryDirectory(prefix="pardot-bench-") as name:
        folder = Path(name) / "work"
        for _ in range(rounds):
            for by_export, runs in ways.items():
                with emulated_account(ACTIVITIES, seed=seed, prospects=prospects, several_values=by_export) as account:
                    runs.append(run_ours(account, folder, [TABLE]))
                    checksums.add(checksum_of_ours(folder, TABLE, COLUMNS))
                    shutil.rmtree(folder)
                    if not by_export:
                        pages = -(-prospects // 1000)
                        pagings.append(run_paging(account, TABLE, FIELDS, limit=1000, pages=pages))
    if len(checksums) != 1:
        raise RuntimeError(f"the tables differ: {checksums}")
    (checksum,) = checksums
    paging, queried, exported = middle(pagings), middle(ways[False]), middle(ways[True])
    rows = [
        _cells("paging: fetch and parse, store nothing", -(-prospects // 1000), paging, paging),
        _cells("a run, by query", int(queried.said["api_calls"]), queried, paging),
        _cells("a run, by export", int(exported.said["api_calls"]), exported, paging),
    ]
    notes = [
        f"Medians of {rounds} interleaved rounds. Both tables held {checksum.rows:,} rows of {len(COLUMNS)} columns "
        "and had the same checksum over all typed values.",
        "Exports of all years that the account has: their number does not follow the rows.",
    ]
    return rows, notes


def _cells(way: str, calls: int, run: Measured, paging: Measured) -> tuple[str, ...]:
    return (
        way,
        f"{calls:,}",
        f"{run.wall_seconds:.1f}",
        f"{run.waited_seconds:.1f}" if run.waited_seconds else "–",
        f"{run.cpu_seconds:.2f}",
        f"{run.peak_mb:,.0f}",
        f"{run.cpu_seconds / paging.cpu_seconds:.2f}",
    )


def main() -> None:
    command = Command(__doc__, prospects=200_000, rounds=1)
    prospects = command["prospects"]
    rows, notes = measure(prospects, command["rounds"], command["seed"])
    title = f"{prospects:,} prospects with {FIELD_COUNT} custom fields"
    command.show(f"prospects {prospects}", title, HEADS, rows, notes)


if __name__ == "__main__":
    main()
