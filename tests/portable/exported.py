"""What `export-dbt --dialect` writes, as statements of that database: what dbt would run, without dbt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import jinja2
from portable.cells import Table

from pardot_transforms import load_project
from pardot_transforms.data_tests import failing_rows
from pardot_transforms.dbt import HISTORY, DbtSettings, dbt_files
from pardot_transforms.dialects import TYPES, translate_query
from pardot_transforms.graph import SETTINGS, build_graph
from pardot_transforms.histories import columns_of
from pardot_transforms.quoting import identifier, qualified

MARTS = "pardot_marts"
VIEWS = f"{MARTS}_views"


@dataclass(frozen=True)
class Raw:
    """A table to read: raw, or of versions."""

    schema: str
    name: str
    columns: Mapping[str, str]

    def rows(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Return a SELECT of the declared columns; what is missing is NULL or has no rows."""
        where = "table_schema = ? AND table_name = ?"
        found = connection.execute(
            f"SELECT column_name FROM information_schema.columns WHERE {where}", [self.schema, self.name]
        ).fetchall()
        names = {name for (name,) in found}
        columns = ", ".join(
            f"CAST({identifier(name) if name in names else 'NULL'} AS {kind}) AS {identifier(name)}"
            for name, kind in self.columns.items()
        )
        return f"SELECT {columns} " + (f"FROM {qualified(self.schema, self.name)}" if names else "WHERE false")


@dataclass(frozen=True)
class Step:
    """One relation that is made, with its place and what makes it."""

    schema: str
    name: str
    kind: str
    select: str
    key: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def statement(self) -> str:
        return f"CREATE {self.kind} {self.place} AS\n{self.select}"


def raw_tables() -> list[Raw]:
    """Return every table that the models read and do not make."""
    project = load_project()
    raw = [Raw(source.schema, source.name, source.columns) for source in project.sources.values()]
    return raw + [Raw(HISTORY, name, columns_of(history)) for name, history in project.histories.items()]


def types(dialect: str, columns: Mapping[str, str]) -> dict[str, str]:
    """Return columns with the names that a database has for their types."""
    return {name: TYPES[dialect].get(kind, kind) for name, kind in columns.items()}


def steps(dialect: str, time_zone: str = "UTC") -> list[Step]:
    """Return every relation of the exported project, in an order in which they can be made."""
    project = load_project()
    graph = build_graph(project)
    files = dbt_files(project, DbtSettings(Path("unread.duckdb"), "pardot", MARTS, time_zone, dialect))
    homes = {SETTINGS: VIEWS}
    homes |= {model.name: MARTS if model.is_reporting else VIEWS for model in project.models.values()}
    words: dict[str, Any] = {
        "ref": lambda name: f"{homes[name]}.{name}",
        "source": lambda schema, name: f"{schema}.{name}",
        "as_declared": lambda raw: raw,
        "var": {"time_zone": time_zone}.__getitem__,
    }
    environment = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined)  # noqa: S701 - SQL, no page

    def text(file: str) -> str:
        return environment.from_string(files[f"models/{file}"]).render(words)

    made = [Step(VIEWS, SETTINGS, "view", text("staging/settings.sql"))]
    for model in graph.order:
        names = (model.key or "").strip("()").split(", ")
        key = tuple(names) if set(names) <= set(model.columns) else ()
        kind = "table" if model.is_reporting else "view"
        made.append(Step(homes[model.name], model.name, kind, text(model.file), key))
    return made


def data_tests(dialect: str) -> Iterator[tuple[str, str]]:
    """Yield every data test of schema.yml with the query for the rows that break it."""
    project = load_project()
    relations = {
        model.name: f"{MARTS if model.is_reporting else VIEWS}.{model.name}" for model in project.models.values()
    }
    for model in project.models.values():
        for test in model.tests:
            query = translate_query(failing_rows(model, test, relations), model, [], dialect)
            yield f"{model.name}: {test.label}", query


def made_here(connection: duckdb.DuckDBPyConnection, step: Step) -> Table:
    """Return a table or view as our own runner has made it."""
    return fetched(connection.execute(f"SELECT * FROM {step.place}"))


def fetched(cursor: Any) -> Table:
    """Return everything that a cursor has."""
    return Table(tuple(column[0] for column in cursor.description), cursor.fetchall())


def only(chosen: Sequence[Step], names: Sequence[str]) -> list[Step]:
    """Return the steps of these names; all of them when there are none."""
    return [step for step in chosen if not names or step.name in names]
