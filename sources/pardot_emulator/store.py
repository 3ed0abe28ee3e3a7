"""The emulator's account on disk: one SQLite table per collection.

Date-times are stored as epoch seconds, booleans as 0 and 1, lists and objects as JSON text, so that large
accounts stay small and are read without conversion. Nothing is ever held in memory as a whole.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from itertools import islice
from types import TracebackType
from typing import Any

from pardot_emulator.schema import COLLECTIONS, CUSTOM_SUFFIX, RECYCLED, Collection, Kind

Value = None | int | float | bool | str | datetime
"""What a cell holds. Lists and objects travel as JSON text."""

_BATCH_ROWS = 10_000
_PAGE_ROWS = 5_000
_AFFINITY: Mapping[Kind, str] = {"int": "INTEGER", "bool": "INTEGER", "datetime": "INTEGER", "number": "REAL"}


class Store:
    """The rows of one account.

    One connection behind one lock: any thread may call any method, long reads let others in between pages.
    """

    def __init__(self, path: str = ":memory:") -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("PRAGMA cache_size = -65536")
        self._kinds: dict[str, dict[str, Kind]] = {}
        self._indexes: set[tuple[str, ...]] = set()
        for collection in COLLECTIONS.values():
            self._create(collection)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; the store cannot be used afterwards."""
        with self._lock:
            self._connection.close()

    # -- shape

    def columns(self, collection: str) -> Mapping[str, Kind]:
        """Every column with its kind, the hidden recycle bin mark and custom fields included."""
        return self._kinds[collection]

    def custom_columns(self, collection: str) -> tuple[str, ...]:
        """The custom field columns, in the order they were added."""
        return tuple(name for name in self._kinds[collection] if name.endswith(CUSTOM_SUFFIX))

    def add_column(self, collection: str, name: str) -> None:
        """Add a text column for a custom field; one that exists already is left alone."""
        with self._lock:
            if name not in self._kinds[collection]:
                self._connection.execute(f"ALTER TABLE {_quoted(collection)} ADD COLUMN {_quoted(name)} TEXT")
                self._kinds[collection][name] = "str"

    def ensure_index(self, collection: str, *columns: str) -> None:
        """Make look-ups by these columns fast; cheap when the index exists.

        Indexes are made when first needed and not before, so that filling a large account stays quick.
        """
        key = (collection, *columns)
        if key in self._indexes or columns == ("id",):
            return
        with self._lock:
            name = _quoted("/".join(key))
            listed = ", ".join(map(_quoted, columns))
            self._connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {_quoted(collection)} ({listed})")
            self._indexes.add(key)

    # -- writing

    def insert(self, collection: str, rows: Iterable[Mapping[str, Value]]) -> int:
        """Add rows, or replace those whose id exists; return how many. Columns left out are null."""
        count = 0
        rows = iter(rows)
        while batch := list(islice(rows, _BATCH_ROWS)):
            by_columns: dict[tuple[str, ...], list[list[Any]]] = {}
            for row in batch:
                by_columns.setdefault(tuple(row), []).append(_encode(row))
            for columns, encoded in by_columns.items():
                count += self.insert_tuples(collection, columns, encoded)
        return count

    def insert_tuples(self, collection: str, columns: Sequence[str], tuples: Iterable[Sequence[Any]]) -> int:
        """Add rows of raw SQLite values (date-times as epoch seconds, booleans 0 or 1); the fast way in."""
        marks = ", ".join("?" * len(columns))
        listed = ", ".join(map(_quoted, columns))
        statement = f"INSERT OR REPLACE INTO {_quoted(collection)} ({listed}) VALUES ({marks})"
        count = 0
        tuples = iter(tuples)
        # The generator is advanced outside the lock: it may read the store, and other threads get their turn.
        while batch := list(islice(tuples, _BATCH_ROWS)):
            self._in_transaction(lambda batch=batch: self._connection.executemany(statement, batch))  # type: ignore[misc]
            count += len(batch)
        return count

    def update(self, collection: str, id: int, **values: Value) -> None:
        """Change some values of one row.

        Raises:
            KeyError: no row has this id.
        """
        encoded = _encode(values)
        assigned = ", ".join(f"{_quoted(name)} = ?" for name in values)
        with self._lock:
            cursor = self._connection.execute(
                f"UPDATE {_quoted(collection)} SET {assigned} WHERE id = ?", [*encoded, id]
            )
            if cursor.rowcount == 0:
                raise KeyError(f"{collection} has no row {id}")

    def purge(self, collection: str, id: int) -> None:
        """Delete one row for good: Account Engagement leaves no trace of it."""
        with self._lock:
            self._connection.execute(f"DELETE FROM {_quoted(collection)} WHERE id = ?", (id,))

    def clear(self, collection: str) -> None:
        """Delete every row of a collection."""
        with self._lock:
            self._connection.execute(f"DELETE FROM {_quoted(collection)}")

    # -- reading

    def get(self, collection: str, id: int) -> dict[str, Value] | None:
        """Return one decoded row, recycled or not, or None."""
        return next(self.rows(collection, where="id = ?", parameters=(id,)), None)

    def rows(
        self,
        collection: str,
        where: str = "",
        order: str = "id",
        *,
        parameters: Sequence[Any] = (),
    ) -> Iterator[dict[str, Value]]:
        """Yield decoded rows: aware UTC date-times, real booleans.

        Args:
            collection: name of the collection.
            where: an SQL condition over the columns, compared with raw values.
            order: an SQL order.
            parameters: values for the question marks of the condition.
        """
        names = tuple(self._kinds[collection])
        decoders = [_DECODERS.get(kind) for kind in self._kinds[collection].values()]
        condition = f" WHERE {where}" if where else ""
        listed = ", ".join(map(_quoted, names))
        statement = f"SELECT {listed} FROM {_quoted(collection)}{condition} ORDER BY {order}"
        for raw in self.iter_tuples(statement, parameters):
            yield {
                name: value if value is None or decode is None else decode(value)
                for name, decode, value in zip(names, decoders, raw, strict=True)
            }

    def count(self, collection: str, where: str = "", parameters: Sequence[Any] = ()) -> int:
        """Return how many rows there are, recycled ones included."""
        condition = f" WHERE {where}" if where else ""
        with self._lock:
            statement = f"SELECT count(*) FROM {_quoted(collection)}{condition}"
            return int(self._connection.execute(statement, parameters).fetchone()[0])

    def next_id(self, collection: str) -> int:
        """Return an id above every one in use."""
        with self._lock:
            largest = self._connection.execute(f"SELECT max(id) FROM {_quoted(collection)}").fetchone()[0]
        return 1 if largest is None else int(largest) + 1

    def iter_tuples(self, statement: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the raw rows of a SELECT, a page at a time; the lock is free between pages."""
        for page in self.iter_pages(statement, parameters):
            yield from page

    def iter_pages(
        self, statement: str, parameters: Sequence[Any] = (), page_rows: int = _PAGE_ROWS
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the raw rows of a SELECT in lists of at most ``page_rows``."""
        with self._lock:
            cursor = self._connection.execute(statement, parameters)
        try:
            while True:
                with self._lock:
                    page = cursor.fetchmany(page_rows)
                if not page:
                    return
                yield page
        finally:
            with self._lock:
                cursor.close()

    # -- inside

    def _create(self, collection: Collection) -> None:
        kinds: dict[str, Kind] = {name: each.kind for name, each in collection.fields.items()}
        if collection.recycled_column == RECYCLED:
            kinds[RECYCLED] = "bool"
        columns = ", ".join(
            "id INTEGER PRIMARY KEY" if name == "id" else f"{_quoted(name)} {_AFFINITY.get(kind, 'TEXT')}"
            for name, kind in kinds.items()
        )
        self._connection.execute(f"CREATE TABLE IF NOT EXISTS {_quoted(collection.name)} ({columns})")
        for row in self._connection.execute(f"PRAGMA table_info({_quoted(collection.name)})"):
            kinds.setdefault(row[1], "str")  # custom fields of an account that is opened again
        self._kinds[collection.name] = kinds

    def _in_transaction(self, work: Callable[[], object]) -> None:
        with self._lock:
            self._connection.execute("BEGIN")
            try:
                work()
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


_DECODERS: Mapping[Kind, Callable[[Any], Value]] = {
    "bool": bool,
    "datetime": lambda seconds: datetime.fromtimestamp(seconds, timezone.utc),
}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _encode(row: Mapping[str, Value]) -> list[Any]:
    """Return the raw SQLite values of a row."""
    return [
        int(value.timestamp()) if isinstance(value, datetime) else int(value) if isinstance(value, bool) else value
        for value in row.values()
    ]
