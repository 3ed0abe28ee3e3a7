"""The raw tables as they are: what is there, what has to be stood in for, and whether anything changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pardot_transforms.quoting import identifier, qualified, statement

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from pardot_transforms.project import Project, Source

LOAD_ID = "_dlt_load_id"
_LONG_NAMES = {"timestamptz": "timestamp with time zone"}


@dataclass(frozen=True)
class RawTable:
    """A source and the columns, by type, that its table has; no columns at all when there is no table."""

    source: Source
    schema: str
    found: Mapping[str, str]

    @property
    def is_missing(self) -> bool:
        return not self.found

    @property
    def missing_columns(self) -> list[str]:
        return [] if self.is_missing else [name for name in self.source.columns if name not in self.found]

    @property
    def is_as_declared(self) -> bool:
        return all(self.found.get(name) == _long(kind) for name, kind in self.source.columns.items())

    def stand_in(self) -> str:
        """Return a SELECT of the declared columns: a missing one is NULL, a missing table has no rows."""
        columns = ", ".join(self._column(name, kind) for name, kind in self.source.columns.items())
        if self.is_missing:
            return statement("select {columns} where false", columns=columns)
        relation = qualified(self.schema, self.source.name)
        return statement("select {columns} from {relation}", columns=columns, relation=relation)

    def _column(self, name: str, kind: str) -> str:
        value = identifier(name) if name in self.found else "null"
        return statement("cast({value} as {kind}) as {name}", value=value, kind=kind, name=identifier(name))

    def state(self, connection: DuckDBPyConnection) -> str:
        """Return a text that changes when rows are loaded or removed, or the columns change.

        Every load of dlt stamps the rows that it writes, so that a changed row moves the newest stamp.
        """
        if self.is_missing:
            return f"{self.source.name}: missing"
        load_id = identifier(LOAD_ID) if LOAD_ID in self.found else "null"
        rows = connection.execute(
            statement(
                "select count(*), max({load_id}) from {relation}",
                load_id=load_id,
                relation=qualified(self.schema, self.source.name),
            )
        ).fetchone()
        shape = sorted((name, self.found.get(name)) for name in self.source.columns)
        return f"{self.source.name}: {rows} {shape}"


def read_raw_tables(connection: DuckDBPyConnection, project: Project, raw_schema: str) -> dict[str, RawTable]:
    """Return what the raw schema has of each source, by the name that models use for it."""
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, lower(data_type) from information_schema.columns "
        "where table_catalog = current_database() and table_schema = ?",
        [raw_schema],
    ).fetchall():
        found.setdefault(table, {})[column] = kind
    return {
        reference: RawTable(source, raw_schema, found.get(source.name, {}))
        for reference, source in project.sources.items()
    }


def build_fingerprint(
    connection: DuckDBPyConnection,
    project: Project,
    tables: Mapping[str, RawTable],
    settings: Mapping[str, str],
) -> str:
    """Return a digest of everything that the reporting tables are made from."""
    digest = hashlib.sha256()
    for part in (
        *(f"{key}={value}" for key, value in sorted(settings.items())),
        *(f"{file}\n{text}" for file, text in sorted(project.texts.items())),
        *(table.state(connection) for _, table in sorted(tables.items())),
    ):
        digest.update(hashlib.sha256(part.encode()).digest())
    return digest.hexdigest()


def _long(kind: str) -> str:
    return _LONG_NAMES.get(kind, kind)
