"""Exports that were created and are not known to be loaded, read from the ledger without touching it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

from pardot.exports.ledger import RESULTS_LAST

LEDGER: Final = "ledger.sqlite"
"""Its file in the folder of a session."""


@dataclass(frozen=True)
class ExportInFlight:
    """One line of the ledger, as a person wants to see it."""

    object_name: str
    task: str
    """Why its rows are read: `update`, `backfill` or `review`."""
    export_id: str | None
    """None between the intent and Pardot's answer."""
    status: str
    start_at: str
    end_at: str | None
    created_at: datetime | None
    files: int
    """How many files it has, as far as known."""
    files_fetched: int

    @property
    def expires_at(self) -> datetime | None:
        """When its files will no longer be served; an unfetched one needs a new export then."""
        return self.created_at + RESULTS_LAST if self.created_at else None

    def to_json(self, now: datetime) -> dict[str, Any]:
        """Return the export as plain JSON values."""
        expires_at = self.expires_at
        return {
            "object": self.object_name,
            "task": self.task,
            "export_id": self.export_id,
            "status": self.status,
            "start_at": self.start_at,
            "end_at": self.end_at,
            "created_at": self.created_at.isoformat() if self.created_at else None,
            "age_seconds": (now - self.created_at).total_seconds() if self.created_at else None,
            "expires_at": expires_at.isoformat() if expires_at else None,
            "files": self.files,
            "files_fetched": self.files_fetched,
        }


def exports_in_flight(session_folder: Path) -> list[ExportInFlight]:
    """Return the open exports of one business unit and destination, oldest first."""
    return list(_exports(session_folder / LEDGER))


def all_exports_in_flight(own_folder: Path) -> list[ExportInFlight]:
    """Return the open exports of every business unit and destination of this installation, oldest first in each."""
    return [export for ledger in sorted(own_folder.glob(f"*/{LEDGER}")) for export in _exports(ledger)]


def has_loaded(session_folder: Path) -> bool:
    """Whether a load was finished with the ledger; a run with a new one looks for open exports at Pardot."""
    return any(version for (version,) in _rows(session_folder / LEDGER, "PRAGMA user_version"))


def usual_seconds(session_folder: Path) -> dict[str, float]:
    """Return, per object, the median of the last durations of its exports; objects without are left out."""
    found: dict[str, list[float]] = {}
    query = "SELECT table_name, seconds FROM durations ORDER BY finished_at DESC"
    for name, seconds in _rows(session_folder / LEDGER, query):
        found.setdefault(name, []).append(seconds)
    return {name: sorted(last[:20])[len(last[:20]) // 2] for name, last in found.items()}


def _exports(ledger: Path) -> Iterator[ExportInFlight]:
    rows = _rows(
        ledger,
        "SELECT table_name, task, export_id, status, start_at, end_at, created_at, "
        "(SELECT count(*) FROM files AS f WHERE f.request_id = e.request_id), "
        "(SELECT count(path) FROM files AS f WHERE f.request_id = e.request_id) "
        "FROM exports AS e ORDER BY request_id",
    )
    for name, task, export_id, status, start_at, end_at, created_at, files, fetched in rows:
        yield ExportInFlight(name, task, export_id, status, start_at, end_at, _moment(created_at), files, fetched)


def _rows(ledger: Path, query: str) -> list[Any]:
    """Return the rows of a query; none where the file is no ledger or cannot be read without writing."""
    # A ledger that nobody has open needs no log beside it, and looking at it must not create one.
    is_quiet = not ledger.with_name(f"{ledger.name}-wal").exists()
    address = f"{ledger.absolute().as_uri()}?mode=ro{'&immutable=1' if is_quiet else ''}"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=2)) as db:
            return db.execute(query).fetchall()
    except sqlite3.Error:
        return []


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text or "").astimezone(timezone.utc)
    except ValueError:
        return None
