"""Publishing: what people open is a whole snapshot, swapped in by rename; the job's own file stays private.

Readers that have the old snapshot open keep it; whoever opens the path next gets the new one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from pardot.errors import StorageError
from pardot.reading.csv_files import sync_folder

from .configuration import DATASET, MARTS, Places
from .database import connect, keep_schemas, remove_database, write_ahead_log
from .parquet_folder import READABLE_FILE, publish_folder


def publish(places: Places, *, lake: Path | None = None) -> tuple[str, ...]:
    """Publish everything that the settings ask for, and say what was published, one line each.

    Args:
        lake: folder for the raw tables as Parquet, for the filesystem destination.

    Raises:
        StorageError: something could not be written; what was published before stays.
    """
    size = publish_database(places.working_database, places.published_database, (DATASET, MARTS))
    done = [f"{places.published_database} ({size / 1e6:.1f} MB)"]
    for schema, folder in ((DATASET, lake), (MARTS, places.published_parquet)):
        if folder is not None:
            with connect(places.working_database, read_only=True) as db:
                result = publish_folder(db, schema, folder)
            done.append(f"{folder} ({result.files} Parquet files, {result.files_written} written)")
    return tuple(done)


def publish_database(working: Path, published: Path, schemas: Collection[str]) -> int:
    """Publish a copy of the working database with these schemas only, and return its size in bytes.

    The working file is checkpointed first, so that the copy needs no write-ahead log; a stray log beside the
    published file would make it unreadable and is removed. What is dropped from the copy are the workshop's own
    views and staging tables: the views name the raw schema, which DuckDB finds ambiguous in a file of the same name.

    Raises:
        StorageError: the copy could not be written; the previous snapshot is untouched.
    """
    draft = published.with_name(f".{published.name}.new")
    try:
        with connect(working) as db:
            db.execute("CHECKPOINT")
        published.parent.mkdir(parents=True, exist_ok=True)
        remove_database(draft)
        _copy(working, draft)
        keep_schemas(draft, schemas)
        draft.chmod(READABLE_FILE)
        draft.replace(published)
        write_ahead_log(published).unlink(missing_ok=True)
        sync_folder(published.parent)
    except (OSError, StorageError) as error:
        with suppress(OSError):
            remove_database(draft)
        raise StorageError(
            "publish the database",
            path=str(published),
            reason=error.reason if isinstance(error, StorageError) else error.strerror or str(error),
            next_step="Readers keep the previous snapshot and the rows are safe in the working database; free the "
            "space or mend the permissions, then run `pardot-etl run` again",
        ) from error
    return published.stat().st_size


def _copy(source: Path, target: Path) -> None:
    """Copy a file's bytes durably; the kernel shares the blocks where the file system can."""
    with source.open("rb") as reader, target.open("xb") as writer:
        try:
            while os.copy_file_range(reader.fileno(), writer.fileno(), 1 << 30):
                pass
        except OSError:
            reader.seek(0)
            writer.seek(0)
            writer.truncate()
            shutil.copyfileobj(reader, writer, 1 << 20)
        writer.flush()
        os.fsync(writer.fileno())
