"""A DuckDB database with raw tables of the declared shape, for the tests of the reporting tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pardot_transforms import BuildResult, build, load_project
from pardot_transforms.quoting import identifier, qualified

Row = Mapping[str, Any]

ARROW_TYPES = {
    "bigint": pa.int64(),
    "varchar": pa.string(),
    "boolean": pa.bool_(),
    "double": pa.float64(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}


@cache
def declared_columns() -> dict[str, dict[str, str]]:
    """Return the raw tables that the models read, with the types of their columns by name."""
    return {
        source.name: {name: kind for name, kind in source.columns.items() if name != "_dlt_load_id"}
        for source in load_project().sources.values()
    }


def utc(*parts: int) -> datetime:
    """`utc(2026, 3, 1, 12)` is noon of that day in UTC."""
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[misc,arg-type]


class Warehouse:
    """Raw tables as the loader leaves them: every declared column, and the stamp of the load."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        raw_schema: str = "pardot",
        marts_schema: str = "pardot_marts",
    ) -> None:
        self.connection = connection
        self.raw_schema = raw_schema
        self.marts_schema = marts_schema
        self._declared = declared_columns()

    def load(
        self,
        table: str,
        rows: Iterable[Row] = (),
        *,
        load_id: str = "1700000000.1",
        without: Sequence[str] = (),
    ) -> None:
        """Add rows to a raw table, creating it at need; columns that a row does not give are NULL."""
        columns = {name: kind for name, kind in self._declared[table].items() if name not in without}
        schema = pa.schema([(name, ARROW_TYPES[kind]) for name, kind in columns.items()])
        given = list(rows)
        assert all(set(row) <= set(columns) for row in given), "a row gives a column that is not declared"
        batch = pa.Table.from_pylist([dict(row) for row in given], schema=schema)
        self.connection.execute(f"create schema if not exists {identifier(self.raw_schema)}")
        name = qualified(self.raw_schema, table)
        self.connection.register("batch", batch)
        create = "*, cast(null as varchar) as _dlt_load_id from batch where false"
        self.connection.execute(f"create table if not exists {name} as select {create}")
        self.connection.execute(f"insert into {name} by name select *, ? as _dlt_load_id from batch", [load_id])
        self.connection.unregister("batch")

    def build(self, **arguments: Any) -> BuildResult:
        return build(self.connection, raw_schema=self.raw_schema, marts_schema=self.marts_schema, **arguments)

    def mart(self, name: str) -> list[dict[str, Any]]:
        """Return all rows of a reporting table, in the order of all its columns."""
        return self.query(f"select * from {qualified(self.marts_schema, name)} order by all")

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Return rows as dicts; instants come in UTC, whatever zone the session has."""
        cursor = self.connection.execute(sql)
        names = [column[0] for column in cursor.description or ()]
        return [{name: _in_utc(value) for name, value in zip(names, row, strict=True)} for row in cursor.fetchall()]

    def columns(self, table: str) -> list[str]:
        """Return the columns of a raw table."""
        return self.connection.table(qualified(self.raw_schema, table)).columns

    def names(self, schema: str) -> set[str]:
        rows = self.connection.execute(
            "select table_name from information_schema.tables where table_schema = ?", [schema]
        ).fetchall()
        return {name for (name,) in rows}


def write_models(folder: Path, files: Mapping[str, str]) -> Path:
    """Write a small models folder; `sources.yml` is there already, with the one source `pardot.things`."""
    defaults = {
        "staging/sources.yml": (
            "sources:\n  - name: pardot\n    tables:\n      - name: things\n        columns:\n"
            "          - {name: id, data_type: bigint}\n          - {name: label, data_type: varchar}\n"
        )
    }
    for name, text in {**defaults, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def _in_utc(value: Any) -> Any:
    return value.astimezone(timezone.utc) if isinstance(value, datetime) and value.tzinfo else value
