"""The raw tables as they are: what is there, what has to be stood in for, and whether anything changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pardot_transforms.quoting import identifier, literal, qualified, statement

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from pardot_transforms.project import Project, Source

LOAD_ID = "_dlt_load_id"
RUN_NUMBER = "run_number"
"""Column of a table of bookkeeping that says of which run a line is."""
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
        columns = ", ".join(map(self.column, self.source.columns))
        if self.is_missing:
            return statement("select {columns} where false", columns=columns)
        relation = qualified(self.schema, self.source.name)
        return statement("select {columns} from {relation}", columns=columns, relation=relation)

    def column(self, name: str) -> str:
        """Return a declared column for a SELECT, with its declared type."""
        value = identifier(name) if name in self.found else "null"
        kind = self.source.columns[name]
        return statement("cast({value} as {kind}) as {name}", value=value, kind=kind, name=identifier(name))

    def shape(self) -> str:
        """Return a text that changes when columns do."""
        return f"{self.source.name}: {sorted((name, self.found.get(name)) for name in self.source.columns)}"

    def loads(self, connection: DuckDBPyConnection) -> dict[str, int]:
        """Return how many rows each load has brought, less those that later ones have replaced.

        Every load of dlt stamps the rows that it writes. Rows without a stamp count as of the load `""`.
        """
        if self.is_missing:
            return {}
        relation = qualified(self.schema, self.source.name)
        select = "select {load} as load, count(*) from {relation} group by load order by load"
        return dict(connection.execute(statement(select, load=self.load, relation=relation)).fetchall())

    @property
    def load(self) -> str:
        """The load that brought a row, as an expression; `''` where the row has no stamp."""
        return statement("coalesce({load_id}, '')", load_id=identifier(LOAD_ID) if LOAD_ID in self.found else "null")

    def newest_run(self, connection: DuckDBPyConnection) -> int | None:
        """Return the number of the newest run that a table of bookkeeping tells of; None when it tells of none."""
        if RUN_NUMBER not in self.found:
            return None
        relation = qualified(self.schema, self.source.name)
        select = statement("select max({run}) from {relation}", run=identifier(RUN_NUMBER), relation=relation)
        row = connection.execute(select).fetchone()
        return row[0] if row else None

    def rows_of(self, loads: Sequence[str]) -> str:
        """Return a relation of the rows that some loads have brought, in the columns that models read."""
        listed = ", ".join(map(literal, loads))
        columns = "*" if self.is_as_declared else ", ".join(map(self.column, self.source.columns))
        select = "(select {columns} from {relation} where list_contains([{loads}], {load_id}))"
        relation = qualified(self.schema, self.source.name)
        return statement(select, columns=columns, relation=relation, loads=listed, load_id=identifier(LOAD_ID))


@dataclass(frozen=True)
class Inputs:
    """Everything that the reporting tables are made from."""

    definitions: str
    """A digest of all that is not rows: models, settings, the columns of the raw tables."""
    loads: Mapping[str, Mapping[str, int]]
    """The loads of each source, with the rows that stand there."""
    runs: Mapping[str, int | None]
    """The newest run in each table of bookkeeping."""

    def to_json(self) -> str:
        return json.dumps({"definitions": self.definitions, "loads": self.loads, "runs": self.runs})

    @classmethod
    def from_json(cls, text: str | None) -> Inputs | None:
        """Return what an earlier build has recorded; None when it has not, or not in this way."""
        try:
            stored = json.loads(text or "")
            return cls(stored["definitions"], stored["loads"], stored["runs"])
        except (ValueError, KeyError, TypeError):
            return None

    def differ_at_most_in_runs(self, before: Inputs | None) -> bool:
        """Whether all else is as it was: a run that brings nothing leaves its line in the bookkeeping."""
        return before is not None and self == replace(before, runs=self.runs)

    def beside(self, loads: Mapping[str, Mapping[str, int]]) -> Inputs:
        """Return the same with the loads of further relations."""
        return replace(self, loads={**self.loads, **loads})

    def new_loads(self, before: Inputs | None) -> Mapping[str, Sequence[str]] | None:
        """Return the loads that each source has got since; None when something else has changed as well."""
        if before is None or self.definitions != before.definitions or set(self.loads) != set(before.loads):
            return None
        new = {}
        for source, loads in self.loads.items():
            old = before.loads[source]
            if any(rows > old[load] for load, rows in loads.items() if load in old) or loads.get("") != old.get(""):
                return None
            new[source] = [load for load in loads if load not in old]
            gone = sum(rows - loads.get(load, 0) for load, rows in old.items())
            if gone > sum(loads[load] for load in new[source]):  # a load replaces rows by as many at most
                return None
        return new


def read_raw_tables(connection: DuckDBPyConnection, project: Project, raw_schema: str) -> dict[str, RawTable]:
    """Return what the raw schema has of each source, by the name that models use for it."""
    found = read_columns(connection, raw_schema)
    return {
        reference: RawTable(source, raw_schema, found.get(source.name, {}))
        for reference, source in project.sources.items()
    }


def read_columns(connection: DuckDBPyConnection, schema: str) -> dict[str, dict[str, str]]:
    """Return the columns, by type, of every table of a schema."""
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, lower(data_type) from information_schema.columns "
        "where table_catalog = current_database() and table_schema = ? order by ordinal_position",
        [schema],
    ).fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def read_inputs(
    connection: DuckDBPyConnection,
    project: Project,
    tables: Mapping[str, RawTable],
    settings: Mapping[str, str],
) -> Inputs:
    """Return what the reporting tables would be made from now."""
    digest = hashlib.sha256()
    for part in (
        *(f"{key}={value}" for key, value in sorted(settings.items())),
        *(f"{file}\n{text}" for file, text in sorted(project.texts.items())),
        *(table.shape() for _, table in sorted(tables.items())),
    ):
        digest.update(hashlib.sha256(part.encode()).digest())
    bookkeeping = {name: table for name, table in sorted(tables.items()) if table.source.is_bookkeeping}
    return Inputs(
        digest.hexdigest(),
        {name: table.loads(connection) for name, table in sorted(tables.items()) if name not in bookkeeping},
        {name: table.newest_run(connection) for name, table in bookkeeping.items()},
    )


def changed_rows(
    tables: Mapping[str, RawTable], loads: Mapping[str, Sequence[str]] | None
) -> Mapping[str, str | None] | None:
    """Return for each source a relation of the rows of these loads, None when there are none."""
    if loads is None:
        return None
    return {name: tables[name].rows_of(new) if new else None for name, new in loads.items()}


def _long(kind: str) -> str:
    return _LONG_NAMES.get(kind, kind)
