"""What comes twice is there once: inside a file, across files, across windows, and in two versions at once."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from contract.conftest import EVERYTHING
from contract.kinds import one_of_each_kind
from isolation import QUIET
from kit import Account, build_store, open_account, table_differences

from pardot.catalogue import Entry
from pardot.harvest import Harvest, Harvester
from pardot.position import Position
from pardot.reading.csv_files import ResultFile
from pardot.reading.text_files import TextFile
from pardot_etl.runs.summary import RunSummary

STAMPED = ("visitors", "prospects", "campaigns")
"""One of each route among the objects whose rows say when they changed."""
KINDS = {entry.table: entry for entry in one_of_each_kind()}
entries = pytest.mark.parametrize("entry", KINDS.values(), ids=list(KINDS))

Gather = Callable[..., Harvest]


def doubled(file: TextFile) -> TextFile:
    """Return a second file in which each row stands twice, one copy right after all others."""
    path = file.path.with_name(f"twice-{file.path.name}")
    if isinstance(file, ResultFile):
        header, records = file.path.read_bytes().split(b"\n", 1)
        path.write_bytes(content := header + b"\n" + records + records)
        return replace(file, path=path, rows=2 * file.rows, size_bytes=len(content), crc32=zlib.crc32(content))
    table = pq.read_table(file.path)
    pq.write_table(pa.concat_tables([table, table]), path)
    return replace(file, path=path, rows=2 * file.rows)


def everything_three_times(gather: Gather) -> Gather:
    """Bring each row once in its own file and twice in another one."""

    def gather_more(harvester: Harvester, *arguments: Any, **more: Any) -> Harvest:
        harvest = gather(harvester, *arguments, **more)
        return replace(harvest, files=(*harvest.files, *map(doubled, harvest.files)))

    return gather_more


def from_the_beginning(gather: Gather) -> Gather:
    """Read every window again, whatever the position says."""

    def gather_again(harvester: Harvester, entry: Entry, _position: Position, *arguments: Any, **more: Any) -> Harvest:
        return gather(harvester, entry, Position(), *arguments, **more)

    return gather_again


@dataclass
class Repeated:
    """An account read three times over, and then once more from the beginning."""

    account: Account
    first: RunSummary
    again: RunSummary


@pytest.fixture(scope="module")
def repeated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repeated]:
    folder = tmp_path_factory.mktemp("duplicates")
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        for name, value in {**QUIET, "DLT_PROJECT_DIR": str(folder), "DLT_DATA_DIR": str(folder / "dlt")}.items():
            patch.setenv(name, value)
        patch.chdir(folder)
        account = open_account(folder, build_store(200))
        stack.callback(account.store.close)
        stack.enter_context(account.emulator)
        gather = Harvester.gather
        patch.setattr(Harvester, "gather", everything_three_times(gather))
        options = replace(EVERYTHING, objects=tuple(KINDS))
        first = account.run(options)
        patch.setattr(Harvester, "gather", from_the_beginning(everything_three_times(gather)))
        again = account.run(options)
        yield Repeated(account, first, again)


@entries
def test_rows_that_stand_several_times_in_files_are_loaded_once(entry: Entry, repeated: Repeated) -> None:
    counts = repeated.first.objects[entry.table]
    assert counts.parsed == 3 * repeated.account.store.count(entry.collection)
    assert counts.new == repeated.account.store.count(entry.collection)
    with duckdb.connect(str(repeated.account.places.published_database), read_only=True) as db:
        assert table_differences(repeated.account.store, db, [entry.table]) == {}


@entries
def test_rows_that_come_again_in_a_later_window_load_nothing(entry: Entry, repeated: Repeated) -> None:
    counts = repeated.again.objects[entry.table]
    assert counts.parsed == 3 * repeated.account.store.count(entry.collection)
    assert (counts.loaded, counts.new) == (0, 0)


@pytest.mark.parametrize("newer_first", [True, False], ids=["newer first", "older first"])
def test_of_two_versions_in_one_load_the_newer_one_stays(
    newer_first: bool, account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A row that changes while history is read comes in the version of two exports, or of two pages."""
    gather, older = Harvester.gather, dict[str, tuple[TextFile, ...]]()

    def keep(harvester: Harvester, entry: Entry, *arguments: Any, **more: Any) -> Harvest:
        harvest = gather(harvester, entry, *arguments, **more)
        older[entry.table] = tuple(kept(file, tmp_path) for file in harvest.files)
        return harvest

    def both(harvester: Harvester, entry: Entry, *arguments: Any, **more: Any) -> Harvest:
        harvest = gather(harvester, entry, *arguments, **more)
        files = (harvest.files, older[entry.table])
        first, second = files if newer_first else files[::-1]
        return replace(harvest, files=(*first, *second))

    options = replace(EVERYTHING, objects=STAMPED)
    monkeypatch.setattr(Harvester, "gather", keep)
    account.run(options)
    at = account.clock.advance(timedelta(hours=1)).replace(microsecond=0)
    for table in STAMPED:
        for row in list(account.store.rows(table)):
            account.store.update(table, int(str(row["id"])), updatedAt=at)
    monkeypatch.setattr(Harvester, "gather", both)
    afresh = replace(account, folder=tmp_path / "afresh")
    monkeypatch.setenv("DLT_DATA_DIR", str(afresh.folder / "dlt"))
    afresh.run(options)
    with duckdb.connect(str(afresh.places.published_database), read_only=True) as db:
        assert table_differences(account.store, db, list(STAMPED)) == {}


def kept(file: TextFile, folder: Path) -> TextFile:
    """Return a copy of a file that outlives its run."""
    path = folder / f"{len(list(folder.iterdir()))}-{file.path.name}"
    path.write_bytes(file.path.read_bytes())
    return replace(file, path=path)
