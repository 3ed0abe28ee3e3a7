"""Reading a DuckDB file that someone else writes, under a name that clashes with nothing in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pardot.errors import StorageError

if TYPE_CHECKING:
    import duckdb


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
