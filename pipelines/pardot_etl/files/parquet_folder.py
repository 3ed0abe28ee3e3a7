"""A folder of plain Parquet files: one folder per table, one row per id, switched in as a whole.

Large event tables have one file per month of creation; only files whose rows or columns changed are written again,
the others are carried over as hard links. The new folder is built beside the old one and the two change places in one
step, so a reader lists either all of the old files or all of the new ones.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pardot.durable import sync_folder
from pardot.errors import StorageError
from pardot.naming import quote_identifier, quote_text

from .database import tables

MONTHLY_TABLES = frozenset(
    {"visitor_activities", "visits", "visitor_page_views", "external_activities", "visitor_activities_enriched"}
)
READABLE_FILE = 0o444
READABLE_FOLDER = 0o755
MANIFEST = "_manifest.json"
SCHEMA = "_schema.txt"
"""Says whose tables they are, so that one business unit does not replace the folder of another."""
_WHOLE = "all"
_FORMAT = "FORMAT parquet, COMPRESSION snappy"
"""Zstandard makes smaller files, and some readers of Parquet know nothing of it; all of them know Snappy."""
_RENAME_EXCHANGE = 2
_AT_FDCWD = -100

Manifest = Mapping[str, Mapping[str, str]]
"""Table and file to the fingerprint of the rows in it."""


@dataclass(frozen=True)
class FolderResult:
    """What one publication did."""

    path: Path
    files: int
    files_written: int
    rows: int


def publish_folder(db: duckdb.DuckDBPyConnection, schema: str, target: Path) -> FolderResult:
    """Make `target` hold the tables of a schema as Parquet files, rewriting only what changed.

    Raises:
        StorageError: the folder could not be written, or holds the tables of another schema; it is untouched.
    """
    _insist_on_ours(target, schema)
    draft = _draft(target)
    try:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(_old(target), ignore_errors=True)
        _open_to_readers(draft)
        known = _read_manifest(target)
        manifest: dict[str, dict[str, str]] = {}
        written = rows = 0
        for table in tables(db, schema):
            manifest[table] = _fingerprints(db, schema, table)
            for name, fingerprint in manifest[table].items():
                rows += int(fingerprint.partition(":")[0])
                file = Path(table) / f"{name}.parquet"
                is_same = known.get(table, {}).get(name) == fingerprint and (target / file).is_file()
                _open_to_readers(draft / table)
                if is_same:
                    os.link(target / file, draft / file)
                else:
                    _write(db, schema, table, name, draft / file)
                    written += 1
            sync_folder(draft / table)
        for name, text in ((MANIFEST, json.dumps(manifest, indent=1, sort_keys=True)), (SCHEMA, schema)):
            (draft / name).write_text(text, encoding="utf-8")
            (draft / name).chmod(READABLE_FILE)
        _switch(draft, target)
    except (OSError, duckdb.Error) as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise StorageError("publish the Parquet folder", path=str(target), reason=str(error)) from error
    return FolderResult(target, sum(len(files) for files in manifest.values()), written, rows)


def _insist_on_ours(target: Path, schema: str) -> None:
    """Refuse a folder that holds anything but what an earlier publication left: switching replaces all of it.

    A folder that does not say whose tables it holds was published before there were several.
    """
    holds = (target / SCHEMA).read_text(encoding="utf-8") if (target / SCHEMA).is_file() else schema
    if holds != schema:
        raise StorageError(
            "publish the Parquet folder",
            path=str(target),
            reason=f"it holds the tables of {holds}, and these are those of {schema}",
            next_step="Nothing in it was changed; name a folder of its own for each dataset in publish.parquet, then "
            "run `pardot-etl run` again",
        )
    if target.exists() and not (target / MANIFEST).is_file() and (not target.is_dir() or any(target.iterdir())):
        raise StorageError(
            "publish the Parquet folder",
            path=str(target),
            reason="it exists already, and not as a folder that pardot-etl published",
            next_step="Nothing in it was changed; name a folder that is new or empty, then run `pardot-etl run` again",
        )


def _read_manifest(target: Path) -> Manifest:
    try:
        manifest: Manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest


def _fingerprints(db: duckdb.DuckDBPyConnection, schema: str, table: str) -> dict[str, str]:
    """Return, per file of a table, the number of its rows, the newest load that touched one of them, and its shape."""
    month = _month(table)
    columns = _columns(db, schema, table)
    loaded = "max(_dlt_load_id)" if "_dlt_load_id" in columns else "sum(hash(t)::HUGEINT)"
    shape = hashlib.sha256(json.dumps([columns, _FORMAT]).encode()).hexdigest()[:16]
    found = db.execute(
        f"SELECT {month} AS file, count(*), coalesce({loaded}::VARCHAR, '') "
        f"FROM {quote_identifier(schema)}.{quote_identifier(table)} AS t GROUP BY 1 ORDER BY 1"
    ).fetchall()
    prints = {str(file): f"{rows}:{load}:{shape}" for file, rows, load in found}
    return prints or {_WHOLE: f"0::{shape}"}


def _month(table: str) -> str:
    if table not in MONTHLY_TABLES:
        return quote_text(_WHOLE)
    return "coalesce(strftime(created_at AT TIME ZONE 'UTC', '%Y-%m'), 'undated')"


def _columns(db: duckdb.DuckDBPyConnection, schema: str, table: str) -> dict[str, str]:
    """Return the type of each column: the files of a table are read together, so all of them have all its columns."""
    found = db.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = ? AND table_name = ? "
        "AND database_name = current_database() ORDER BY column_index",
        [schema, table],
    ).fetchall()
    return dict(found)


def _write(db: duckdb.DuckDBPyConnection, schema: str, table: str, name: str, file: Path) -> None:
    source = f"{quote_identifier(schema)}.{quote_identifier(table)}"
    rows = f"SELECT * FROM {source} WHERE {_month(table)} = {quote_text(name)}"
    if name == _WHOLE:
        rows = f"SELECT * FROM {source}"
    db.execute(f"COPY ({rows}) TO {quote_text(str(file))} ({_FORMAT})")
    with file.open("rb") as written:
        os.fsync(written.fileno())
    file.chmod(READABLE_FILE)


def _open_to_readers(folder: Path) -> None:
    """Make a folder that other users may read: what is published is meant for them, whatever the umask of the job."""
    for missing in (parent for parent in reversed(folder.parents) if not parent.exists()):
        _open_to_readers(missing)
    folder.mkdir(exist_ok=True)
    folder.chmod(READABLE_FOLDER)


def _switch(draft: Path, target: Path) -> None:
    """Let the draft take the target's place; both exist at every instant where the system can exchange names."""
    if not target.exists():
        draft.replace(target)
    elif _exchange(draft, target):
        shutil.rmtree(draft, ignore_errors=True)
    else:
        target.replace(_old(target))
        draft.replace(target)
        shutil.rmtree(_old(target), ignore_errors=True)
    sync_folder(target.parent)


def _draft(target: Path) -> Path:
    """Return where the new folder is built."""
    return target.with_name(f".{target.name}.next")


def _old(target: Path) -> Path:
    """Return where the previous folder steps aside where names cannot be exchanged."""
    return target.with_name(f".{target.name}.old")


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names atomically (Linux `renameat2`); False where the system or file system cannot."""
    libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
    rename = getattr(libc, "renameat2", None)
    if rename is None:
        return False
    result: int = rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    return result == 0
