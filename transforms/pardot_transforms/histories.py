"""What rows were: a raw table knows only what they are, so each state that a load brings is kept as a version.

Nothing can make these tables anew, so they live in a schema of their own, which only grows: a build adds the versions
that loads not seen before have brought, and ends those that they replace. Rows that come again as they were leave
everything as it is, and so does doing it twice. Between two loads only the last state is known.

As in dbt's snapshots of the strategy `check`, a version begins at the row's own `updated_at`. Where that says nothing
new, at the load that brought it; where Pardot delivers the row no longer, when that was found. A row never loses its
last version: one that is gone has one that says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pardot_transforms.data_tests import run_data_tests
from pardot_transforms.errors import ProjectError
from pardot_transforms.project import History, Project, Source
from pardot_transforms.quoting import identifier, literal, qualified, statement
from pardot_transforms.raw import LOAD_ID, RawTable, read_columns
from pardot_transforms.result import DataTestResult, HistoryResult

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SEEN_TABLE = "_seen"
"""One row per history: the loads that it has recorded, as JSON, with the rows that stood there."""

_OPENED = """
with arrived as (
    select {columns}, greatest({updated_at}, {purged_at}) as stamp, {created_at} as born_at,
        coalesce(to_timestamp(try_cast({load} as double)), now()) as loaded_at, {load} as load
    from {raw}
    where {load} in ({loads}) and {key} is not null
    qualify row_number() over (partition by {key} order by {updated_at} desc nulls last, {load} desc) = 1
),
begun as (
    select a.*, coalesce(v.version, 0) + 1 as version,
        case
            when v.version is null then coalesce(a.stamp, a.loaded_at)
            when a.stamp > v.valid_from then a.stamp
            else greatest(a.loaded_at, v.valid_from + interval 1 microsecond)
        end as valid_from
    from arrived as a left join {history} as v on v.{key} = a.{key} and v.is_current
    where v.version is null or {differs}
)
select {names}, version, valid_from, version = 1 and coalesce(born_at < valid_from, true) as is_past_unknown,
    loaded_at, load
from begun
"""
"""The versions that loads open. Where `stamp` says nothing new, a version lasts a microsecond at least."""


class Histories:
    """The tables of versions of a project in one schema."""

    def __init__(
        self, connection: DuckDBPyConnection, project: Project, tables: Mapping[str, RawTable], schema: str
    ) -> None:
        self._connection = connection
        self._histories = project.histories
        self._raw = tables
        self.schema = schema
        self._found = read_columns(connection, schema) if self._histories else {}

    def record(self, loads: Mapping[str, Mapping[str, int]]) -> tuple[HistoryResult, ...]:
        """Bring every history up to date with the loads of the raw tables; the caller commits.

        Args:
            loads: source -> load -> rows that stand there.
        """
        if self._histories and SEEN_TABLE not in self._found:
            self._run("create schema if not exists {schema}", schema=identifier(self.schema))
            columns = "history varchar, loads varchar, recorded_at timestamptz"
            self._run("create table {seen} ({columns})", seen=self._path(SEEN_TABLE), columns=columns)
        return tuple(self._record(history, loads) for history in self._histories.values())

    def tables(self) -> dict[str, RawTable]:
        """Return the histories as models read them: each version carries the stamp of the load that opened it."""
        return {name: self._table(history) for name, history in self._histories.items()}

    def loads(self) -> dict[str, Mapping[str, int]]:
        """Return what tells that versions have come, or were taken away by hand."""
        return {name: table.loads(self._connection) for name, table in self.tables().items()}

    def relations(self) -> dict[str, str]:
        return {name: self._path(name) for name in self._histories}

    def test(self, relations: Mapping[str, str], fresh: Callable[[History], str | None]) -> tuple[DataTestResult, ...]:
        """Run the data tests of all histories.

        Args:
            fresh: tells the rows of a history that may be new, as `run_data_tests` wants them.

        Raises:
            DataTestError: somebody's hand was in them.
        """
        return tuple(
            result
            for history in self._histories.values()
            for result in run_data_tests(self._connection, history, relations, fresh(history))
        )

    def describe(self) -> None:
        """Say in the database what the tables and their columns are."""
        for name, history in self._histories.items():
            if unknown := sorted(set(history.columns) - set(columns_of(history))):
                raise ProjectError(f"the snapshot {name}", f"It describes columns that it lacks: {', '.join(unknown)}")
            self._comment("table", self._path(name), history.description)
            for column, text in history.columns.items():
                self._comment("column", f"{self._path(name)}.{identifier(column)}", text)

    def _record(self, history: History, loads: Mapping[str, Mapping[str, int]]) -> HistoryResult:
        has_changed = self._make(history)
        raw, now = self._raw[history.source.reference], loads[history.source.reference]
        seen = self._seen(history)
        if now == seen and not has_changed:
            return HistoryResult(history.name, 0, 0)
        # A load has fewer rows from day to day; more of them is a part that came after a build had looked.
        new = {load: rows for load, rows in now.items() if has_changed or rows > seen.get(load, 0)}
        versions = self._open(history, raw, sorted(new)) if new else 0
        self._run("delete from {seen} where history = {name}", seen=self._path(SEEN_TABLE), name=literal(history.name))
        self._connection.execute(
            statement("insert into {seen} values (?, ?, now())", seen=self._path(SEEN_TABLE)),
            [history.name, json.dumps(now)],
        )
        return HistoryResult(history.name, sum(new.values()), versions)

    def _make(self, history: History) -> bool:
        """Create the table, or the columns that it lacks, and say whether there was anything to create.

        All rows are compared then: of what was not tracked before, each has a state to record.
        """
        table, found = self._path(history.name), self._found.get(history.name)
        columns = columns_of(history)
        if found is None:
            listed = ", ".join(f"{identifier(name)} {kind}" for name, kind in columns.items())
            self._run("create table {table} ({columns})", table=table, columns=listed)
            return True
        missing = [name for name in columns if name not in found]
        for name in missing:
            column = f"{identifier(name)} {columns[name]}"
            self._run("alter table {table} add column {column}", table=table, column=column)
        return bool(missing)

    def _open(self, history: History, raw: RawTable, loads: list[str]) -> int:
        """Record the rows of some loads and return how many versions they opened."""
        key, table = identifier(history.unique_key), self._path(history.name)
        opened = qualified("temp", f"opened_{history.name}")
        kept = [identifier(name) for name in (history.unique_key, *history.tracked)]
        select = statement(
            _OPENED,
            columns=", ".join(map(raw.column, (history.unique_key, *history.tracked))),
            names=", ".join(kept),
            key=key,
            history=table,
            raw=qualified(raw.schema, raw.source.name),
            differs=" or ".join(f"a.{name} is distinct from v.{name}" for name in map(identifier, history.tracked)),
            load=raw.load,
            loads=", ".join(map(literal, loads)),
            updated_at=_instant(raw, history.updated_at),
            created_at=_instant(raw, "created_at"),
            purged_at=_instant(raw, "purged_at"),
        )
        self._run("create temporary table {opened} as {select}", opened=opened, select=select)
        self._run(
            "update {table} as v set valid_to = o.valid_from, is_current = false "
            "from {opened} as o where v.{key} = o.{key} and v.is_current",
            table=table,
            opened=opened,
            key=key,
        )
        names = [*kept, "version", "valid_from", "is_past_unknown", "loaded_at"]
        row = self._run(
            "insert into {table} ({names}, is_current, {load_id}) select {names}, true, load from {opened}",
            table=table,
            names=", ".join(names),
            load_id=identifier(LOAD_ID),
            opened=opened,
        )
        self._run("drop table {opened}", opened=opened)
        return int(row[0])

    def _seen(self, history: History) -> dict[str, int]:
        select = "select loads from {seen} where history = {name}"
        row = self._run(select, seen=self._path(SEEN_TABLE), name=literal(history.name))
        return dict(json.loads(row[0])) if row else {}

    def _table(self, history: History) -> RawTable:
        columns = columns_of(history)
        return RawTable(Source(self.schema, history.name, columns), self.schema, columns)

    def _path(self, name: str) -> str:
        return qualified(self.schema, name)

    def _comment(self, kind: str, subject: str, text: str) -> None:
        self._run("comment on {kind} {subject} is {text}", kind=kind, subject=subject, text=literal(text))

    def _run(self, template: str, **fragments: str) -> tuple[Any, ...]:
        return self._connection.execute(statement(template, **fragments)).fetchone() or ()


def columns_of(history: History) -> dict[str, str]:
    """Return every column of a table of versions, with its type."""
    return {
        history.unique_key: history.source.columns[history.unique_key],
        "version": "bigint",
        **{name: history.source.columns[name] for name in history.tracked},
        "valid_from": "timestamptz",
        "valid_to": "timestamptz",
        "is_current": "boolean",
        "is_past_unknown": "boolean",
        "loaded_at": "timestamptz",
        LOAD_ID: "varchar",
    }


def _instant(raw: RawTable, name: str) -> str:
    """Return a column of instants as an expression; NULL where the table lacks it."""
    return statement("cast({value} as timestamptz)", value=identifier(name) if name in raw.found else "null")
