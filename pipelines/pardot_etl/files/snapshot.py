"""Reading a DuckDB file that someone else writes, under a name that clashes with nothing in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pardot.errors import StorageError

if TYPE_CHECKING:
    import duckdb

    from ..configuration import Places

Found = TypeVar("Found")


@contextmanager
def open_snapshot(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database file read-only, with UTC as the zone.

    DuckDB names a database after its file, and `pardot.duckdb` holds a schema `pardot`: opened plainly,
    `pardot.prospects` is ambiguous. Attached under a name that no dataset can have, it is not.

    Raises:
        StorageError: the file cannot be read, for example because a writer holds it.
    """
    import duckdb

    from pardot.naming import quote_text

    with duckdb.connect(":memory:") as db:
        try:
            db.execute(f"ATTACH {quote_text(str(path))} AS _snapshot (READ_ONLY)")
            db.execute("USE _snapshot")
            db.execute("SET TimeZone = 'UTC'")
        except duckdb.Error as error:
            reason = str(error).strip().splitlines()[0]
            raise StorageError("read the database", path=str(path), reason=reason) from error
        yield db


def read_newest(places: Places, read: Callable[[duckdb.DuckDBPyConnection], Found]) -> Found | None:
    """Return what is read from the working file, or from the published one while a run holds that; None before any.

    Raises:
        StorageError: neither can be read, and one of them is there.
    """
    present = [path for path in (places.working_database, places.published_database) if path.exists()]
    for path in present:
        try:
            with open_snapshot(path) as db:
                return read(db)
        except StorageError:
            if path == present[-1]:
                raise
    return None
