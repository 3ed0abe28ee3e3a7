"""`pardot-etl erase`: a person out of everything that we keep, and kept out of it from then on.

First the list, durably, so that no load brings the person back; then the rows; then the reporting tables; then the
files, because a database keeps in its free blocks what was deleted. Killed at any instant, the same command, or the
next run, does the rest. Pardot is asked nothing, and nothing is changed there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pardot.erased import ErasedPeople, People

from ..configuration import load_time_zone
from ..runs.lock import RunLock
from .cleaning import Cleaned, clean, open_tables, people_erased, tables_of
from .erasing import Removed, stored_list

if TYPE_CHECKING:
    from ..configuration import Places
    from .erasing import Tables

AUDIT: Final = "erasures.jsonl"
"""A line for each erasure: when, and how many rows of which table; nothing tells who it was."""


@dataclass(frozen=True)
class Person:
    """Who is to be forgotten: a prospect by id, or everybody with an e-mail address."""

    prospect_id: int | None = None
    address: str | None = None


@dataclass(frozen=True)
class Erasure:
    """What an erasure found and did, or would do."""

    prospects: int
    """Prospects that were found and are on the list by now."""
    visitors: int
    cleaned: Cleaned
    destination: str
    is_dry_run: bool
    same_address: int = 0
    """Other prospects with the address of the one that was named; they stay."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        removed = self.cleaned.removed
        return {
            "destination": self.destination,
            "dry_run": self.is_dry_run,
            "found": bool(removed),
            "prospects": self.prospects,
            "visitors": self.visitors,
            "rows_removed": removed.rows,
            "cells_masked": removed.cells,
            "files": list(self.cleaned.files),
            "other_prospects_with_the_address": self.same_address,
        }

    def lines(self) -> list[str]:
        """Return it as text, a fact a line."""
        removed, verb = self.cleaned.removed, "would be removed" if self.is_dry_run else "removed"
        lines = [f"person      {self.prospects:,} prospects, {self.visitors:,} visitors"]
        lines += [f"{verb:<11} {table}: {rows:,} rows" for table, rows in removed.rows.items()]
        masked = "would be masked" if self.is_dry_run else "masked"
        lines += [f"{masked:<11} {table}: {cells:,} texts in rows of others" for table, cells in removed.cells.items()]
        lines += [f"files       {line}" for line in self.cleaned.files]
        if not removed:
            lines.append(f"nothing     no row of this person is in {self.destination}")
        if self.same_address:
            lines.append(
                f"attention   {self.same_address:,} other prospects have the same e-mail address and stay, and so does "
                "the address; `--email` takes all of them"
            )
        if self.is_dry_run:
            return [*lines, "dry run     nothing was changed"]
        return [*lines, "kept out    later runs leave this person out", *_NOT_REMOVED]


_NOT_REMOVED: Final = (
    "remains     what Account Engagement and Salesforce hold, backups, copies that others took: erase there too",
)


def erase(places: Places, person: Person, *, destination: str = "duckdb", dry_run: bool = False) -> Erasure:
    """Remove a person from everything that we keep, and keep the person out.

    Args:
        destination: another destination of dlt's loses the rows as well; its own logs and backups are its own matter.
        dry_run: find and count, and change nothing.

    Raises:
        RunLockedError: a run is active; nothing was touched.
        StorageError: something could not be read or written; the next run goes on from there.
        TransformError: the reporting tables could not be built anew and still hold the person.
    """
    time_zone = load_time_zone() or "UTC"
    pipelines = _pipelines(places, destination)
    locks = [places.own_folder / f"{name}.lock" for name in pipelines]
    with RunLock(*dict.fromkeys((*places.lock_files(), *locks))):
        people = people_erased(places)
        if dry_run:
            people = people.draft()
        with _tables(places, destination, people) as tables:
            before = people.people
            same_address = _name(person, people, tables)
            if tables:
                tables.learn(people)
            if dry_run:
                cleaned = Cleaned(tables.remove(people, counts_only=True) if tables else Removed())
                return _told(before, people, cleaned, destination, same_address, is_dry_run=True)
        if destination in ("duckdb", "filesystem"):
            cleaned = clean(places, people, time_zone=time_zone, pipelines=pipelines)
        else:
            cleaned = _clean_elsewhere(places, people, destination)
        _note(places.own_folder, cleaned, destination)
        return _told(before, people, cleaned, destination, same_address, is_dry_run=False)


def _told(
    before: People, people: ErasedPeople, cleaned: Cleaned, destination: str, same_address: int, *, is_dry_run: bool
) -> Erasure:
    """Return the result; who was on the list before is not counted, unless nobody else is new."""
    prospects = people.people.prospects - before.prospects
    visitors = people.people.visitors - before.visitors
    return Erasure(len(prospects), len(visitors), cleaned, destination, is_dry_run, same_address)


def _name(person: Person, people: ErasedPeople, tables: Tables | None) -> int:
    """Put a person on the list, and return how many others have the address of a prospect that was named by id.

    An address that several prospects have is not that of the one.
    """
    if person.address is not None:
        people.add_address(person.address)
        return 0
    if person.prospect_id is None:
        return 0
    address, others = tables.address_of(person.prospect_id) if tables else (None, 0)
    if address is not None and not others:
        people.add_address(address)
    people.add(People(prospects=frozenset({person.prospect_id})))
    return others


def _pipelines(places: Places, destination: str) -> list[str]:
    """Return the pipelines of the dataset that were ever run here: each has a lock."""
    known = [path.stem for path in sorted(places.own_folder.glob(f"{places.dataset}*.lock"))]
    return list(dict.fromkeys((places.pipeline_name(destination), *known)))


@contextmanager
def _tables(places: Places, destination: str, people: ErasedPeople) -> Iterator[Tables | None]:
    """Open the tables of the destination, and take over the list that is stored there; None where there are none."""
    if destination not in ("duckdb", "filesystem"):
        with _elsewhere(places, destination) as tables:
            yield tables
        return
    if not places.working_database.exists():
        yield None
        return
    from ..files.database import connect

    with connect(places.working_database) as db:
        people.add(stored_list(lambda sql: db.execute(sql).fetchall(), places.dataset))
        tables = tables_of(db, places)
        yield tables if tables.exist else None


@contextmanager
def _elsewhere(places: Places, destination: str) -> Iterator[Tables]:
    from ..runs.run import RunOptions, open_own_pipeline, settings_of_dlt

    options = RunOptions(destination=destination)
    settings_of_dlt(options)
    pipeline, _ = open_own_pipeline(places, options)
    with pipeline.sql_client() as client:

        def execute(sql: str) -> Sequence[Sequence[Any]]:
            return client.execute_sql(sql) or ()

        yield open_tables(execute, places)


def _clean_elsewhere(places: Places, people: ErasedPeople, destination: str) -> Cleaned:
    with _elsewhere(places, destination) as tables:
        removed = tables.remove(people)
    people.note_clean(places.pipeline_name(destination))
    return Cleaned(removed)


def _note(folder: Path, cleaned: Cleaned, destination: str) -> None:
    """Keep a line that tells nobody's name; a disk that refuses it costs the line only."""
    removed = cleaned.removed
    at = datetime.now(timezone.utc).isoformat(timespec="seconds")
    line = {"at": at, "destination": destination, "rows": removed.rows, "cells": removed.cells}
    with suppress(OSError), (folder / AUDIT).open("a", encoding="utf-8") as file:
        file.write(f"{json.dumps(line)}\n")
        file.flush()
        os.fsync(file.fileno())
