"""What the documentation says of each table: what the project declares, joined with what the published file has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from pardot.naming import quote_identifier
from pardot.objects.descriptions import describe_column, raw_tables
from pardot_etl.files.described import custom_labels
from pardot_etl.report.formats import number
from pardot_transforms import Metric
from pardot_transforms.graph import SETTINGS, Graph
from pardot_transforms.histories import columns_of
from pardot_transforms.macros import Macro
from pardot_transforms.project import DataTest, Project
from pardot_transforms.questions import Question
from pardot_transforms.statements import Dataset

if TYPE_CHECKING:
    import duckdb

Part = Literal["reporting", "history", "raw", "workings"]
TITLES: Mapping[Part, str] = {
    "reporting": "Reporting tables",
    "history": "Histories",
    "raw": "Raw tables",
    "workings": "Workings",
}
_SHORT_TYPES = {"timestamp with time zone": "timestamptz"}
_PLAIN = re.compile(r"(?!_dlt_)[a-z0-9_]+")
"""Names of tables that get a page; bookkeeping of dlt's, and tables that are no name for a file, get none."""


@dataclass(frozen=True)
class Name:
    """A table, and the page that it has."""

    part: Part
    name: str

    @property
    def href(self) -> str:
        """Its page, from the root of the site."""
        return f"{self.part}/{self.name}.html"


@dataclass(frozen=True)
class Column:
    """One column, as text; `tests` is what each build proves of it."""

    name: str
    type: str
    description: str
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """A question with its answer, the statement as this very database wants it."""

    text: str
    sql: str


@dataclass(frozen=True)
class Page:
    """One table, all of it text that the template escapes."""

    name: Name
    path: str
    """How a SELECT names it."""
    rows: int | None
    description: str
    columns: tuple[Column, ...]
    grain: str = ""
    tests: tuple[str, ...] = ()
    sql: str = ""
    metrics: tuple[Metric, ...] = ()
    answers: tuple[Answer, ...] = ()
    macros: tuple[Macro, ...] = ()
    upstream: tuple[Name, ...] = ()
    """What it is made from, itself."""
    downstream: tuple[Name, ...] = ()
    """What is made from it, itself."""

    @property
    def counted(self) -> str:
        return "" if self.rows is None else f"{number(self.rows)} rows"


Reads = Mapping[Name, Sequence[Name]]
"""Every table -> those that it is made from, itself."""


@dataclass(frozen=True)
class Known:
    """What is known without looking into the database."""

    project: Project
    graph: Graph
    metrics: Sequence[Metric]
    questions: Sequence[Question]
    macros: Sequence[Macro]
    dataset: Dataset

    def name(self, reference: str) -> Name:
        """Return the table that a model calls so."""
        if reference in self.project.sources:
            return Name("raw", self.project.sources[reference].name)
        if reference in self.project.histories:
            return Name("history", reference)
        return Name("reporting" if self.project.models[reference].is_reporting else "workings", reference)

    def reads(self) -> Reads:
        found: dict[Name, Sequence[Name]] = {self.name(each): () for each in self.project.sources}
        for name, history in self.project.histories.items():
            found[Name("history", name)] = (Name("raw", history.source.name),)
        for name, references in self.graph.references.items():
            mentioned = dict.fromkeys(self.name(each.name) for each in references if each.name != SETTINGS)
            found[self.name(name)] = tuple(mentioned)
        return found


class Stored:
    """The tables of a dataset as the published file has them."""

    def __init__(self, db: duckdb.DuckDBPyConnection, dataset: Dataset) -> None:
        self._db = db
        self.labels = custom_labels(db, dataset.name)
        self._types: dict[tuple[str, str], dict[str, str]] = {}
        for schema, table, column, kind in db.execute(
            "SELECT schema_name, table_name, column_name, lower(data_type) FROM duckdb_columns() "
            "WHERE database_name = current_database() AND schema_name IN (?, ?, ?) ORDER BY column_index",
            [dataset.name, dataset.marts, dataset.histories],
        ).fetchall():
            self._types.setdefault((schema, table), {})[column] = _SHORT_TYPES.get(kind, kind)

    def tables(self, schema: str) -> list[str]:
        return [table for stored, table in self._types if stored == schema and _PLAIN.fullmatch(table)]

    def types(self, schema: str, table: str) -> Mapping[str, str]:
        """Return the type of every column; nothing for a table that is not there."""
        return self._types.get((schema, table), {})

    def rows(self, schema: str, table: str) -> int | None:
        if (schema, table) not in self._types:
            return None
        relation = f"{quote_identifier(schema)}.{quote_identifier(table)}"
        return int(self._db.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0])


def read_pages(db: duckdb.DuckDBPyConnection, known: Known) -> list[Page]:
    """Return the pages of all tables, in the order of `TITLES` and the alphabet."""
    stored, reads = Stored(db, known.dataset), known.reads()
    read_by: dict[Name, list[Name]] = {}
    for name, inputs in reads.items():
        for one in inputs:
            read_by.setdefault(one, []).append(name)
    names = {*reads, *(Name("raw", table) for table in stored.tables(known.dataset.name))}
    order = list(TITLES)
    return [
        replace(
            _page(known, stored, name),
            metrics=tuple(metric for metric in known.metrics if metric.model == name.name),
            answers=tuple(_answers(known, name)),
            macros=tuple(one for one in known.macros if one.reads is not None and one.reads[1] == name.name),
            upstream=tuple(reads.get(name, ())),
            downstream=tuple(sorted(read_by.get(name, ()), key=lambda one: (order.index(one.part), one.name))),
        )
        for name in sorted(names, key=lambda one: (order.index(one.part), one.name))
    ]


def _page(known: Known, stored: Stored, name: Name) -> Page:
    if name.part == "raw":
        return _raw(known, stored, name)
    if name.part == "history":
        return _history(known, stored, name)
    model = known.project.models[name.name]
    schema = known.dataset.marts if name.part == "reporting" else ""
    types = stored.types(schema, model.name) or dict.fromkeys(model.columns, "")
    return Page(
        name,
        f"{schema}.{model.name}" if schema else model.name,
        stored.rows(schema, model.name),
        model.description or model.grain,
        _columns(types, model.columns, model.tests),
        grain="" if model.description.startswith("One row") else model.grain,
        tests=_whole(model.columns, model.tests),
        sql=model.sql,
    )


def _history(known: Known, stored: Stored, name: Name) -> Page:
    history, schema = known.project.histories[name.name], known.dataset.histories
    types = stored.types(schema, history.name) or columns_of(history)
    texts = {**history.columns, "_dlt_load_id": "Load package that brought this version."}
    tests = _whole(history.columns, history.tests)
    columns = _columns(types, texts, history.tests)
    rows = stored.rows(schema, history.name)
    return Page(name, f"{schema}.{history.name}", rows, history.description, columns, tests=tests)


def _raw(known: Known, stored: Stored, name: Name) -> Page:
    dataset, texts = known.dataset, raw_tables()
    types = stored.types(dataset.name, name.name)
    columns = {column: describe_column(name.name, column, stored.labels) or "" for column in types}
    description = texts[name.name].description if name.name in texts else ""
    if not types:
        description += " Not loaded in this database."
    path = dataset.place(f"pardot.{name.name}")
    return Page(name, path, stored.rows(dataset.name, name.name), description.strip(), _columns(types, columns, ()))


def _columns(types: Mapping[str, str], texts: Mapping[str, str], tests: Sequence[DataTest]) -> tuple[Column, ...]:
    return tuple(
        Column(name, kind, texts.get(name, ""), tuple(_said(test) for test in tests if test.target == name))
        for name, kind in types.items()
    )


def _whole(columns: Mapping[str, str], tests: Sequence[DataTest]) -> tuple[str, ...]:
    """Return the data tests that speak of more than one column."""
    return tuple(_said(test) + f" ({test.target})" for test in tests if test.target not in columns)


def _said(test: DataTest) -> str:
    """Return a data test in words."""
    match test.kind:
        case "not_null":
            return "never NULL"
        case "unique":
            return "unique"
        case "accepted_values":
            return f"one of {', '.join(map(str, test.arguments['values']))}"
        case "relationships":
            other = str(test.arguments["to"]).removeprefix("ref('").removesuffix("')")
            return f"found in {other}.{test.arguments['field']}"
        case "dbt_utils.mutually_exclusive_ranges":
            return "ranges without gap or overlap"
    return test.kind


def _answers(known: Known, name: Name) -> Iterator[Answer]:
    for question in known.questions:
        if question.table == name.name and question.part == ("marts" if name.part == "reporting" else name.part):
            yield Answer(question.text, known.dataset.place(question.sql))
