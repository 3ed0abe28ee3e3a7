"""Everything of ours that still holds erased people: tables, reporting tables, database files, folders, work files.

Each step can be repeated, and the list remembers for which pipeline all of them were done: what was killed in between
is done again, by the same command or by the next run.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pardot.erased import ErasedPeople
from pardot.errors import StorageError
from pardot.rejects import without_people

from ..runs.healing import working_folders
from ..runs.history import mask_runs
from .erasing import Removed, Tables

if TYPE_CHECKING:
    import duckdb

    from ..configuration import Places


@dataclass(frozen=True)
class Cleaned:
    """What was done."""

    removed: Removed
    files: tuple[str, ...] = ()
    """Files and folders that were written anew or removed, a line each."""


def people_erased(places: Places) -> ErasedPeople:
    """Return the list of an installation.

    Raises:
        StorageError: it cannot be read.
    """
    return ErasedPeople(*places.erased_lists)


def tables_of(db: duckdb.DuckDBPyConnection, places: Places) -> Tables:
    """Return the tables of the working database, in which a run may have it open."""
    return open_tables(lambda sql: db.execute(sql).fetchall(), places)


def open_tables(execute: Callable[[str], Sequence[Sequence[Any]]], places: Places) -> Tables:
    from pardot_transforms.project import load_project

    histories = load_project().histories.values()
    return Tables(
        execute,
        places.dataset,
        staging=f"{places.dataset}_staging",
        histories=places.histories,
        versions={history.name: history.source.name for history in histories},
    )


def clean(places: Places, erased: ErasedPeople, *, time_zone: str, pipelines: Iterable[str]) -> Cleaned:
    """Remove everybody on the list from the working database and from whatever was made of it.

    Args:
        pipelines: names of dlt's pipelines whose locks are held, and whose work files may go.

    Raises:
        StorageError: something could not be written; what was done is done, and the next run goes on.
        TransformError: the reporting tables could not be built without them; the published ones still hold them.
    """
    files = list(clean_work_files(places, erased, pipelines))
    removed = Removed()
    if places.working_database.exists():
        removed = remove_rows(places, erased)
        rebuild_reports(places, time_zone)
        files.append(rewrite_database(places))
        files += publish_again(places)
    elif places.published_database.exists() or published_lake(places):
        raise StorageError(
            "remove the person from what is published",
            path=str(places.working_database),
            reason="the working database does not exist, and published files are made of nothing else",
            next_step="The person is on the list and kept out; copy the published file to its place and run "
            "`pardot-etl erase` again, or let `pardot-etl run` load and publish everything anew",
        )
    erased.note_clean(places.pipeline_name())
    return Cleaned(removed, tuple(files))


def remove_rows(places: Places, erased: ErasedPeople) -> Removed:
    """Take their rows out of the working database, in one transaction."""
    from ..files.database import connect, remove_spilled

    with connect(places.working_database) as db:
        remove_spilled(places.working_database)
        tables = tables_of(db, places)
        tables.learn(erased)  # durable before anything that it follows from is gone
        db.begin()
        removed = tables.remove(erased)
        tables.note_removed(removed)
        tables.store_list(erased.people)
        db.commit()
    return removed


def rebuild_reports(places: Places, time_zone: str) -> None:
    """Make the reporting tables anew, where there are any."""
    from ..files.database import connect
    from ..runs.rebuild import build_reports

    with connect(places.working_database) as db:
        is_there = "SELECT 1 FROM duckdb_schemas() WHERE schema_name = ? AND database_name = current_database()"
        if db.execute(is_there, [places.marts]).fetchall():
            build_reports(db, places, time_zone, full_refresh=True)


def rewrite_database(places: Places) -> str:
    """Write the working database anew: after the reports, whose old tables are in its free blocks as well."""
    from ..files.database import rewrite

    size = rewrite(places.working_database)
    return f"{places.working_database} (written anew, {size / 1e6:.1f} MB)"


def publish_again(places: Places) -> tuple[str, ...]:
    """Publish what was published before."""
    from ..files.publish import publish

    lake = published_lake(places)
    if not places.published_database.exists() and lake is None and not places.published_parquet:
        return ()
    return publish(places, lake=lake)


def published_lake(places: Places) -> Path | None:
    """Return the folder of Parquet files of the raw tables, where there is one on this machine."""
    from ..files.parquet_folder import MANIFEST

    folder = places.lake_folder
    return folder if folder and (folder / MANIFEST).is_file() else None


def clean_work_files(places: Places, erased: ErasedPeople, pipelines: Iterable[str]) -> Iterable[str]:
    """Remove what was fetched and is not loaded: the ledger stays, and the next run fetches it again."""
    try:
        for name in pipelines:
            suffix = name.removeprefix(places.dataset)
            for ledger in sorted(places.own_folder.glob("*/ledger.sqlite")):
                _, mark, destination = ledger.parent.name.partition("_")
                if mark + destination == suffix:
                    yield from _clean_session(ledger.parent, erased)
            for folder in working_folders(places.data_folder / "pipelines" / name):
                if folder.exists():
                    shutil.rmtree(folder)
                    yield f"{folder} (removed, made again by the next run)"
        if mask_runs(places.own_folder, erased.without):
            yield f"{places.own_folder / 'runs.jsonl'} (written anew)"
    except OSError as error:
        raise StorageError("clean the working folder", path=error.filename, reason=error.strerror) from error


def _clean_session(folder: Path, erased: ErasedPeople) -> Iterable[str]:
    for name in ("exports", "pages", "outgoing"):
        if any((folder / name).rglob("*")):
            shutil.rmtree(folder / name)
            yield f"{folder / name} (removed, fetched again by the next run)"
    for path in without_people(folder / "rejected", erased):
        yield f"{path} (written anew)"
