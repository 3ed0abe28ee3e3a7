"""Publishing: what people open is a whole snapshot, swapped in by rename; the job's own file stays private.

Readers that have the old snapshot open keep it; whoever opens the path next gets the new one.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pardot.durable import sync_folder
from pardot.errors import StorageError

from ..configuration import Places
from .database import connect, keep_schemas, remove_database, write_ahead_log
from .described import describe_raw_tables, install_macros
from .neighbours import keep_neighbours
from .parquet_folder import READABLE_FILE, publish_folder


def publish(places: Places, *, lake: Path | None = None) -> tuple[str, ...]:
    """Publish everything that the settings ask for, and say what was published, one line each.

    Args:
        lake: folder for the raw tables as Parquet, for the filesystem destination.

    Raises:
        StorageError: something could not be written; what was published before stays.
    """
    schemas = (places.dataset, places.marts, places.histories, places.fivetran_schema)
    with connect(places.working_database) as db:
        describe_raw_tables(db, places.dataset)
    size = publish_database(places.working_database, places.published_database, schemas)
    done = [f"{places.published_database} ({size / 1e6:.1f} MB)"]
    for schema, folder in ((places.dataset, lake), (places.marts, places.published_parquet)):
        if folder is not None:
            with connect(places.working_database, read_only=True) as db:
                result = publish_folder(db, schema, folder)
            done.append(f"{folder} ({result.files} Parquet files, {result.files_written} written)")
    return tuple(done)


def publish_database(working: Path, published: Path, schemas: Collection[str]) -> int:
    """Publish these schemas of the working database, and return the size of the published one in bytes.

    The working file is checkpointed first, so that its copy needs no write-ahead log. Schemas of other business units
    stay as the published file has them.

    Raises:
        StorageError: the copy could not be written; the previous snapshot is untouched.
    """
    try:
        with connect(working) as db:
            db.execute("CHECKPOINT")
        published.parent.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(published.parent):
            _replace(published, working, schemas)
    except (OSError, StorageError) as error:
        raise StorageError(
            "publish the database",
            path=str(published),
            reason=error.reason if isinstance(error, StorageError) else error.strerror or str(error),
            next_step="Readers keep the previous snapshot and the rows are safe in the working database; free the "
            "space or mend the permissions, then run `pardot-etl run` again",
        ) from error
    return published.stat().st_size


def _replace(published: Path, working: Path, schemas: Collection[str]) -> None:
    """Let a copy of the working file take the published name; a draft that failed leaves nothing behind.

    What is dropped from the copy are the workshop's own views and staging tables: the views name the raw schema, which
    DuckDB finds ambiguous in a file of the same name. A stray log beside the published file would make it unreadable.
    """
    draft = published.with_name(f".{published.name}.new")
    try:
        remove_database(draft)
        _copy(working, draft)
        kept = {*schemas, *keep_neighbours(draft, published, schemas)}
        keep_schemas(draft, kept)
        install_macros(draft, kept)
        draft.chmod(READABLE_FILE)
        draft.replace(published)
        write_ahead_log(published).unlink(missing_ok=True)
        sync_folder(published.parent)
    except (OSError, StorageError):
        with suppress(OSError):
            remove_database(draft)
        raise


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait for whoever else publishes into the folder, which takes seconds: one takes over what the other published.

    Units that share a working database never meet here. Some network file systems do not lock folders.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


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
