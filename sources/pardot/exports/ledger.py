"""The ledger of exports: what was asked for and fetched, durably; the truth for resuming.

One SQLite file in the working folder, written with full synchronisation before and after each step that costs
something at Pardot. An export that was created is not created again; a result file that was fetched is not fetched
again. Rows leave the ledger when the destination's own state says that their window is loaded.

A file that is no ledger any more, say after a power cut on a disk that lies, is put aside and a new one begun: what
it knew is found again through the API as far as the user's abilities allow.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from ..errors import StorageError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS exports (
    request_id INTEGER PRIMARY KEY,
    table_name TEXT NOT NULL,
    task TEXT NOT NULL DEFAULT 'update',
    request TEXT NOT NULL,           -- procedure, arguments and fields, as canonical JSON
    start_at TEXT NOT NULL,          -- the window as we name it
    end_at TEXT,                     -- filled in from the export's own creation time when the window was open
    export_id TEXT,                  -- NULL between the intent and the answer
    status TEXT NOT NULL DEFAULT 'intended',
    created_at TEXT,
    attempts INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS files (
    request_id INTEGER NOT NULL REFERENCES exports ON DELETE CASCADE,
    position INTEGER NOT NULL,
    url TEXT NOT NULL,
    path TEXT,                       -- NULL until the file is verified, synced and renamed
    facts TEXT,                      -- bytes, rows, checksum, header and line ends, as JSON
    PRIMARY KEY (request_id, position)
);
CREATE TABLE IF NOT EXISTS unsettled (
    table_name TEXT PRIMARY KEY      -- filled without a merge; its keys are still to be checked
);
CREATE TABLE IF NOT EXISTS durations (
    table_name TEXT NOT NULL,
    seconds REAL NOT NULL,
    rows INTEGER NOT NULL,           -- 0; nobody asks for it
    finished_at TEXT NOT NULL
);
"""
ASKED = "asked"
"""Status between a create call and the record of its answer."""
DURATIONS_KEPT = 20
"""Of each table."""
_IN_USE = 1
_COLUMNS = "request_id, table_name, task, request, start_at, end_at, export_id, status, created_at, attempts"


class Task(Enum):
    """Why rows are read; the exports of one task never stand in for those of another."""

    UPDATE = "update"
    """Everything since the position: the daily work."""
    BACKFILL = "backfill"
    """A stretch of the past, on request."""
    REVIEW = "review"
    """Rows that are loaded already, read again for what no filter by date tells."""


RESULTS_LAST = timedelta(days=7)
"""Source: Export API v5 guide, "Expiration": results can be downloaded for seven days."""


@dataclass(frozen=True)
class ExportRecord:
    """One line of the ledger: an export that was intended, and how far it came."""

    request_id: int
    table: str
    task: str
    request: str
    start_at: str
    end_at: str | None
    export_id: str | None
    status: str
    created_at: str | None
    attempts: int

    @property
    def covered_to(self) -> str | None:
        """The moment to which its files are complete: the window's end, or its creation if that was earlier."""
        return min(self.end_at, self.created_at) if self.end_at and self.created_at else None


@dataclass(frozen=True)
class FileRecord:
    """One result file of an export; `path` and `facts` are set once it is on disk and verified."""

    position: int
    url: str
    path: str | None
    facts: Mapping[str, object] | None


class Ledger:
    """A small durable table of exports and their files; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = threading.RLock()
        self.put_aside: Path | None = None
        """Where a file went that was no ledger any more."""
        with self._storage("open"):
            try:
                self._db = self._open()
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                self.put_aside = self._put_aside()
                self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.execute("PRAGMA foreign_keys=ON")
            db.executescript(_SCHEMA)
            if "task" not in {str(row[1]) for row in db.execute("PRAGMA table_info(exports)")}:
                db.execute("ALTER TABLE exports ADD COLUMN task TEXT NOT NULL DEFAULT 'update'")
            _insist_on_whole(db)
        except BaseException:
            db.close()
            raise
        return db

    def _put_aside(self) -> Path:
        for number in range(1, 1000):
            aside = self._path.with_name(f"{self._path.name}.broken-{number}")
            if not aside.exists():
                break
        self._path.replace(aside)
        for suffix in ("-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        return aside

    @property
    def is_new(self) -> bool:
        """Whether no load was ever finished with this ledger: then exports may be open that it knows nothing of."""
        return self._all("PRAGMA user_version", ()) != [(_IN_USE,)]

    def note_in_use(self) -> None:
        """Remember that a load was finished with this ledger."""
        if self.is_new:
            self._run(f"PRAGMA user_version = {_IN_USE}", ())

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def open_exports(self, table: str | None = None, task: Task | None = None) -> list[ExportRecord]:
        """Return the exports that are not known to be loaded, oldest first."""
        rows = self._all(
            f"SELECT {_COLUMNS} FROM exports WHERE table_name = coalesce(?, table_name) "  # noqa: S608 constant text
            "AND task = coalesce(?, task) ORDER BY request_id",
            (table, task.value if task else None),
        )
        return [ExportRecord(*row) for row in rows]

    def read(self, request_id: int) -> ExportRecord:
        """Return one export as the ledger has it now."""
        (row,) = self._all(f"SELECT {_COLUMNS} FROM exports WHERE request_id = ?", (request_id,))  # noqa: S608 constant text
        return ExportRecord(*row)

    def intend(
        self, table: str, requests: Sequence[tuple[str, str, str | None]], task: Task = Task.UPDATE
    ) -> list[ExportRecord]:
        """Record that exports are about to be created: (request, start, end) of each; all of them or none."""
        before = {one.request_id for one in self.open_exports(table, task)}
        with self._transaction():
            self._insert(table, task.value, requests)
        return [one for one in self.open_exports(table, task) if one.request_id not in before]

    def split(self, record: ExportRecord, requests: Sequence[tuple[str, str, str | None]]) -> list[ExportRecord]:
        """Replace an export that was never created by others, as for `intend`; returns the new ones."""
        with self._transaction():
            self._db.execute("DELETE FROM exports WHERE request_id = ?", (record.request_id,))
            self._insert(record.table, record.task, requests)
        texts = {request for request, _, _ in requests}
        return [one for one in self.open_exports(record.table, Task(record.task)) if one.request in texts]

    def _insert(self, table: str, task: str, requests: Sequence[tuple[str, str, str | None]]) -> None:
        self._db.executemany(
            "INSERT INTO exports (table_name, task, request, start_at, end_at) VALUES (?, ?, ?, ?, ?)",
            [(table, task, *request) for request in requests],
        )

    def asked(self, request_id: int) -> None:
        """Record that the create call is about to be made; until its answer is recorded, nobody knows its effect."""
        self._run("UPDATE exports SET status = ? WHERE request_id = ?", (ASKED, request_id))

    def created(self, request_id: int, export_id: str, created_at: str, end_at: str) -> None:
        """Record the answer of the create call."""
        self._run(
            "UPDATE exports SET export_id = ?, created_at = ?, end_at = ?, status = 'created', attempts = attempts + 1 "
            "WHERE request_id = ?",
            (export_id, created_at, end_at, request_id),
        )

    def lost(self, request_id: int, request: str, *, is_failure: bool = True) -> None:
        """Record that the export can no longer deliver: forget its id and files.

        Args:
            request: what to ask for instead.
            is_failure: whether Pardot lost it, and the count of attempts is kept; it begins anew when Pardot delivered.
        """
        with self._transaction():
            self._db.execute("DELETE FROM files WHERE request_id = ?", (request_id,))
            self._db.execute(
                "UPDATE exports SET export_id = NULL, status = 'intended', request = ?, attempts = attempts * ? "
                "WHERE request_id = ?",
                (request, is_failure, request_id),
            )

    def finished(self, request_id: int, urls: list[str]) -> None:
        """Record that the export is complete and which files it has."""
        with self._transaction():
            self._db.executemany(
                "INSERT OR IGNORE INTO files (request_id, position, url) VALUES (?, ?, ?)",
                [(request_id, position, url) for position, url in enumerate(urls)],
            )
            self._db.execute("UPDATE exports SET status = 'complete' WHERE request_id = ?", (request_id,))

    def files(self, request_id: int) -> list[FileRecord]:
        """Return the files of an export in the order Pardot listed them."""
        rows = self._all(
            "SELECT position, url, path, facts FROM files WHERE request_id = ? ORDER BY position",
            (request_id,),
        )
        return [
            FileRecord(position, url, path, json.loads(facts) if facts else None) for position, url, path, facts in rows
        ]

    def fetched(self, request_id: int, position: int, path: Path, facts: Mapping[str, object]) -> None:
        """Record that a file is verified and safely on disk."""
        self._run(
            "UPDATE files SET path = ?, facts = ? WHERE request_id = ? AND position = ?",
            (str(path), json.dumps(facts), request_id, position),
        )

    def forget(self, request_id: int) -> None:
        """Remove an export whose rows the destination has."""
        self._run("DELETE FROM exports WHERE request_id = ?", (request_id,))

    def mark_unsettled(self, table: str) -> None:
        """Remember that a table is about to be filled without a merge, so that its keys must be checked afterwards."""
        self._run("INSERT OR IGNORE INTO unsettled VALUES (?)", (table,))

    def unsettled(self) -> list[str]:
        """Return the tables whose keys are still to be checked."""
        return [str(name) for (name,) in self._all("SELECT table_name FROM unsettled ORDER BY 1", ())]

    def mark_settled(self, table: str) -> None:
        self._run("DELETE FROM unsettled WHERE table_name = ?", (table,))

    def note_duration(self, table: str, seconds: float, finished_at: str) -> None:
        """Remember how long an export took, for the progress line and the first wait of the next one."""
        with self._transaction():
            self._db.execute("INSERT INTO durations VALUES (?, ?, 0, ?)", (table, seconds, finished_at))
            self._db.execute(
                "DELETE FROM durations WHERE table_name = ? AND rowid NOT IN "
                "(SELECT rowid FROM durations WHERE table_name = ? ORDER BY finished_at DESC LIMIT ?)",
                (table, table, DURATIONS_KEPT),
            )

    def usual_seconds(self, table: str) -> float | None:
        """Return the median duration of the last exports of a table, or None before the first."""
        rows = self._all(
            "SELECT seconds FROM durations WHERE table_name = ? ORDER BY finished_at DESC LIMIT ?",
            (table, DURATIONS_KEPT),
        )
        seconds = sorted(row[0] for row in rows)
        return float(seconds[len(seconds) // 2]) if seconds else None

    def shortest_seconds(self, table: str) -> float | None:
        """Return the shortest duration of the last three exports of a table, or None before the first.

        After a first load exports get short, and a wait that is too short costs a call, one too long everybody's time.
        """
        newest = "SELECT seconds FROM durations WHERE table_name = ? ORDER BY finished_at DESC LIMIT 3"
        return min((float(seconds) for (seconds,) in self._all(newest, (table,))), default=None)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, self._storage("write"):
            self._db.execute("BEGIN")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._db.rollback()
                raise

    def _run(self, sql: str, values: tuple[object, ...]) -> None:
        with self._lock, self._storage("write"):
            self._db.execute(sql, values)

    def _all(self, sql: str, values: tuple[object, ...]) -> list[Any]:
        with self._lock, self._storage("read"):
            return self._db.execute(sql, values).fetchall()

    @contextmanager
    def _storage(self, step: str) -> Iterator[None]:
        """Let trouble with the disk out as our own error; misuse of the ledger stays what it is."""
        try:
            yield
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise
        except (sqlite3.DatabaseError, OSError) as error:
            raise StorageError(f"{step} the ledger", path=str(self._path), reason=str(error)) from error


def _insist_on_whole(db: sqlite3.Connection) -> None:
    (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)
