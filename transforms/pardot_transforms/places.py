"""Where the relations of a build live, what an earlier build left there, and what this one makes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pardot_transforms.errors import ModelError
from pardot_transforms.graph import SETTINGS, Graph, bind
from pardot_transforms.project import FIVETRAN_FOLDER, TABLE_FOLDER, Model, Project
from pardot_transforms.quoting import identifier, literal, qualified, statement
from pardot_transforms.raw import Inputs, RawTable
from pardot_transforms.result import Kind
from pardot_transforms.rules import insist_on_rule

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BUILD_TABLE = "_build"


@dataclass(frozen=True)
class Relation:
    """A table or view of ours, recorded so that a later build can drop what it no longer makes."""

    schema: str
    name: str
    kind: Kind

    @property
    def sql(self) -> str:
        return qualified(self.schema, self.name)


class Places:
    """Where the relations of a build live: what an earlier one left there, what this one has made."""

    def __init__(self, connection: DuckDBPyConnection, marts_schema: str, fivetran_schema: str | None = None) -> None:
        self._connection = connection
        self._marts = marts_schema
        self._homes = {TABLE_FOLDER: marts_schema}
        if fivetran_schema is not None:
            self._homes[FIVETRAN_FOLDER] = fivetran_schema
        # Not `…_staging`: dlt keeps tables of its own under that name.
        self._views = f"{marts_schema}_views"
        self._existing = self._read_existing()
        self._made: list[Relation] = []

    @property
    def inputs(self) -> Inputs | None:
        """What the last build was made from; None when there was none, or not all of it was made then."""
        return Inputs.from_json(self._read_record()[0])

    @property
    def readings(self) -> str | None:
        """What the last build has found in the SQL of the models."""
        return self._record_at(3)

    def have(self, models: Iterable[Model]) -> bool:
        """Whether all relations of the models are there."""
        return all(self._home(model) in self._existing for model in models)

    def prepare(self, time_zone: str) -> None:
        for schema in map(identifier, (*self._homes.values(), self._views)):
            self._connection.execute(statement("create schema if not exists {schema}", schema=schema))
        self._create(
            Relation(self._views, SETTINGS, "view"),
            statement("select {time_zone} as time_zone", time_zone=literal(time_zone)),
        )

    def relations(self, project: Project, tables: Mapping[str, RawTable]) -> dict[str, str]:
        """Return what each name in a model stands for, having made the stand-ins that are needed."""
        relations = {SETTINGS: qualified(self._views, SETTINGS)}
        for reference, table in tables.items():
            if table.is_as_declared:
                relations[reference] = qualified(table.schema, table.source.name)
            else:
                stand_in = Relation(self._views, table.source.name, "view")
                self._create(stand_in, table.stand_in())
                relations[reference] = stand_in.sql
        return relations | self.homes(project)

    def homes(self, project: Project) -> dict[str, str]:
        """Return what the name of each model stands for."""
        return {model.name: self._home(model).sql for model in project.models.values()}

    def build(self, model: Model, graph: Graph, relations: Mapping[str, str]) -> int | None:
        """Create one model, describe it for whoever opens the database, and return the rows of a table.

        A reporting table that tells of runs is made from a view of the same name, to be filled again without its text.
        """
        home = self._home(model)
        select = bind(model, graph.references[model.name], relations)
        if model.is_reporting and model.name in graph.following:
            view = self._view_behind(home)
            self._create(view, select)
            select = statement("select * from {view}", view=view.sql)
        rows = self._create(home, select)
        if model.is_rule:
            insist_on_rule(self._connection, home.sql, model)
        self._describe(home, model)
        return rows

    def refill(self, inputs: Inputs) -> dict[str, int]:
        """Fill the reporting tables that tell of runs again, record of which, and return the rows of each."""
        _, recorded = self._read_record()
        rows = {}
        for home in recorded:
            view = self._view_behind(home)
            if home != view and view in recorded:
                self._connection.execute(statement("delete from {table}", table=home.sql))
                insert = statement("insert into {table} select * from {view}", table=home.sql, view=view.sql)
                row = self._connection.execute(insert).fetchone()
                rows[home.name] = int(row[0]) if row else 0
        update = statement("update {table} set inputs = ?, built_at = now()", table=qualified(self._marts, BUILD_TABLE))
        self._connection.execute(update, [inputs.to_json()])
        return rows

    def keep(self, model: Model) -> int | None:
        """Count a relation as made that is up to date, and return the rows of a table."""
        home = self._home(model)
        self._made.append(home)
        if home.kind == "view":
            return None
        row = self._connection.execute(statement("select count(*) from {name}", name=home.sql)).fetchone()
        return int(row[0]) if row else 0

    def finish(self, inputs: Inputs, readings: str, *, is_complete: bool) -> None:
        """Record the build; after a partial one the rest is out of date, unless the inputs were the same."""
        stored, recorded = self._read_record()
        record = inputs.to_json()
        if is_complete:
            for relation in recorded:
                if relation not in self._made:
                    self._drop(relation.schema, relation.name)
        else:
            self._made += [relation for relation in recorded if relation not in self._made]
            record = record if stored == record else ""
        table = qualified(self._marts, BUILD_TABLE)
        columns = "inputs varchar, built_at timestamptz, relations varchar, readings varchar"
        self._connection.execute(statement("create or replace table {table} ({columns})", table=table, columns=columns))
        made = json.dumps([[relation.schema, relation.name, relation.kind] for relation in self._made])
        self._connection.execute(
            statement("insert into {table} values (?, now(), ?, ?)", table=table), [record, made, readings]
        )

    def _home(self, model: Model) -> Relation:
        home = self._homes.get(model.folder, self._views) if model.kind == "table" else self._views
        return Relation(home, model.name, model.kind)

    def _view_behind(self, home: Relation) -> Relation:
        return Relation(self._views, home.name, "view")

    def _create(self, relation: Relation, select: str) -> int | None:
        """Create the relation anew and return the rows of a table.

        The SELECT begins on the first line of the statement, so that errors count lines as its file does.
        """
        self._drop(relation.schema, relation.name)
        row = self._connection.execute(
            statement("create {kind} {name} as ", kind=relation.kind, name=relation.sql) + select
        ).fetchone()
        self._made.append(relation)
        return int(row[0]) if relation.kind == "table" and row else None

    def _drop(self, schema: str, name: str) -> None:
        for relation in (Relation(schema, name, "table"), Relation(schema, name, "view")):
            if relation in self._existing:
                self._connection.execute(statement("drop {kind} {name}", kind=relation.kind, name=relation.sql))
                self._existing.remove(relation)

    def _describe(self, relation: Relation, model: Model) -> None:
        described = self._connection.execute(statement("describe {name}", name=relation.sql)).fetchall()
        if unknown := sorted(set(model.columns) - {row[0] for row in described}):
            reason = f"schema.yml describes columns that it lacks: {', '.join(unknown)}"
            raise ModelError(model.name, model.file, 1, reason)
        comments = {f"{relation.kind} {relation.sql}": model.description}
        for column, description in model.columns.items():
            comments[f"column {relation.sql}.{identifier(column)}"] = description
        statements = [
            statement("comment on {subject} is {text}", subject=subject, text=literal(text))
            for subject, text in comments.items()
        ]
        self._connection.execute(";".join(statements))

    def _read_existing(self) -> set[Relation]:
        rows = self._connection.execute(
            "select table_schema, table_name, case table_type when 'VIEW' then 'view' else 'table' end "
            "from information_schema.tables where table_catalog = current_database()"
        ).fetchall()
        return {Relation(*row) for row in rows}

    def _read_record(self) -> tuple[str | None, list[Relation]]:
        made = self._record_at(2)
        return self._record_at(0), [Relation(*relation) for relation in json.loads(made or "[]")]

    def _record_at(self, place: int) -> str | None:
        """Return what the last build recorded at a place: an older version's columns have other names, or are fewer."""
        if Relation(self._marts, BUILD_TABLE, "table") not in self._existing:
            return None
        select = statement("select * from {table}", table=qualified(self._marts, BUILD_TABLE))
        row = self._connection.execute(select).fetchone() or ()
        return row[place] if place < len(row) else None
