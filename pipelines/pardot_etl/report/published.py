"""The published database as the page reads it: read-only, by column name, content with whatever is there.

A table or column that is missing makes its answer empty, never an error: a page about a first, partial load
is still a page. Times leave SQL as whole microseconds since 1970, so that no session zone can bend them and
none is rounded across the edge of a period.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pardot.naming import quote_identifier
from pardot_etl.files.database import connect

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FACTS = "visitor_activities_enriched"
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
_T = TypeVar("_T")


@dataclass(frozen=True)
class Window:
    """The latest stretches of equal length, counted back from an instant; the older end belongs to the one before."""

    until: datetime
    days: int
    stretches: int = 1

    @property
    def since(self) -> datetime:
        return self.until - timedelta(days=self.days * self.stretches)


class Published:
    """A DuckDB file with raw and reporting tables, open for reading and cut off from everything else."""

    def __init__(self, connection: DuckDBPyConnection, *, marts_schema: str, raw_schema: str) -> None:
        self._connection = connection
        self._marts = marts_schema
        self._raw = raw_schema
        [(catalog,)] = connection.execute("SELECT current_database()").fetchall()
        # A file called pardot.duckdb is a catalog called pardot: its schema pardot is only found by its full name.
        self._catalog = quote_identifier(catalog)
        self._columns: dict[tuple[str, str], set[str]] = {}
        for schema, table, column in connection.execute(
            "SELECT table_schema, table_name, column_name FROM information_schema.columns "
            "WHERE table_catalog = current_database() AND table_schema IN (?, ?)",
            [marts_schema, raw_schema],
        ).fetchall():
            self._columns.setdefault((schema, table), set()).add(column)

    @property
    def has_marts(self) -> bool:
        """Whether there is any reporting table."""
        return any(schema == self._marts for schema, _ in self._columns)

    def mart(self, table: str, *columns: str) -> str | None:
        """Return the quoted name of a reporting table that has these columns, or None."""
        return self._known(self._marts, table, columns)

    def raw(self, table: str, *columns: str) -> str | None:
        """Return the quoted name of a raw table that has these columns, or None."""
        return self._known(self._raw, table, columns)

    def raw_tables(self) -> dict[str, str]:
        """Return the data tables of the raw schema with their quoted names; dlt's bookkeeping and ours is left out."""
        names = sorted(table for schema, table in self._columns if schema == self._raw)
        return {name: self._quoted(self._raw, name) for name in names if not name.startswith("_")}

    def rows(self, sql: str, parameters: Sequence[Any] = (), **fragments: object) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT whose `{places}` are filled with SQL, such as quoted names."""
        return self._connection.execute(sql.format_map(fragments), list(parameters)).fetchall()

    def stretches(
        self, of: Callable[..., _T], window: Window, *, at: str, counts: str, source: str, where: str = "true"
    ) -> list[_T]:
        """Return what is counted in each stretch of the window, newest first; `of()` where nothing happened.

        Args:
            of: takes the counts of one stretch in their order.
            at: SQL for the microseconds of a row, which decide its stretch.
        """
        found = self.rows(
            "SELECT (? - {at}) // ? AS stretch, {counts} FROM {source} WHERE {at} > ? AND {at} <= ? AND {where} "
            "GROUP BY stretch",
            [
                microseconds(window.until),
                timedelta(days=window.days) // _MICROSECOND,
                microseconds(window.since),
                microseconds(window.until),
            ],
            at=at,
            counts=counts,
            source=source,
            where=where,
        )
        by_stretch = {int(stretch): of(*values) for stretch, *values in found}
        return [by_stretch[i] if i in by_stretch else of() for i in range(window.stretches)]

    def _known(self, schema: str, table: str, columns: Sequence[str]) -> str | None:
        known = self._columns.get((schema, table))
        if known is None or not known.issuperset(columns):
            return None
        return self._quoted(schema, table)

    def _quoted(self, schema: str, table: str) -> str:
        return f"{self._catalog}.{quote_identifier(schema)}.{quote_identifier(table)}"


@contextmanager
def open_published(path: Path, *, marts_schema: str, raw_schema: str) -> Iterator[Published]:
    """Open the database for reading only; SQL can reach no other file and no network.

    Raises:
        StorageError: there is no such file, or it is no DuckDB database.
    """
    with connect(path, read_only=True) as connection:
        connection.execute("SET enable_external_access = false")
        yield Published(connection, marts_schema=marts_schema, raw_schema=raw_schema)


def within(window: Window) -> list[int]:
    """Return the parameters of `at > ? AND at <= ?`, in microseconds."""
    return [microseconds(window.since), microseconds(window.until)]


def microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    return _EPOCH + timedelta(microseconds=value)


def optional_moment(value: int | None) -> datetime | None:
    return None if value is None else moment(value)
