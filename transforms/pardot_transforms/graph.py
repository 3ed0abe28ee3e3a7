"""Which model reads which, found in the SQL itself: no markers in the models, no templates."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pardot_transforms.errors import ModelError, ProjectError

if TYPE_CHECKING:
    from sqlglot import exp

    from pardot_transforms.project import Increment, Model, Project

SETTINGS = "settings"
"""The one-row relation of build settings, which models read like a model."""


EVERYTHING = "*"
"""Among the names of a model: it reads all columns of something."""


@dataclass(frozen=True)
class Reference:
    """One mention of another relation: `start` and `end` are its place in the model's text."""

    name: str
    start: int
    end: int
    line: int


@dataclass(frozen=True)
class Reading:
    """What the SQL of one model says, found once for each text: parsing all of them costs more than a small build."""

    references: tuple[Reference, ...]
    names: frozenset[str]
    """Every name in it; a column that is not among them is not read."""
    is_row_by_row: bool
    """Whether each row comes of a row of the relation that it mentions first, and of nothing else in there."""
    shown: frozenset[str]
    """Columns that it reads only to show them as they are."""
    look_backs: Mapping[str, tuple[int, ...]]
    """`at > end` -> the windows in days, where nothing is done with `end` but `at > end - interval 'days' day`."""


@dataclass(frozen=True)
class Graph:
    """The references of every model, all of them known, and an order in which all can be built."""

    readings: Mapping[str, Reading]
    order: Sequence[Model]
    following: frozenset[str] = frozenset()
    """The models that tell of runs: every run changes them, also one that brings nothing."""
    reached: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The tables, raw or made before, that each model reads itself or through views."""
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The names in each model and the views that it reads, without which it reads no column."""

    @property
    def references(self) -> Mapping[str, Sequence[Reference]]:
        return {name: reading.references for name, reading in self.readings.items()}

    def may_read(self, model: str, column: str) -> bool:
        """Whether a model may read a column of whatever relation, itself or through views."""
        return column in self.names[model] or EVERYTHING in self.names[model]

    def is_made_of_rows(self, view: str, name: str) -> bool:
        """Whether a view is made of the rows of one relation, row by row, and of nothing else that may change."""
        if view not in self.readings or self.reached[view] != {name}:
            return False
        mentions = [reference.name for reference in self.readings[view].references]
        return self.readings[view].is_row_by_row and mentions.count(name) == 1

    def readings_to_json(self) -> str:
        return json.dumps([[name, _packed(reading)] for name, reading in self.readings.items()])

    def select(self, names: Iterable[str] | None) -> Sequence[Model]:
        """Return the named models and everything they read, in order; all models when no names are given.

        Raises:
            ProjectError: there is no model of that name.
        """
        if names is None:
            return self.order
        wanted: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in self.references:
                nearest = _nearest(name, self.references)
                raise ProjectError("the selection", f"There is no model {name}{nearest}")
            if name not in wanted:
                wanted.add(name)
                waiting += [r.name for r in self.references[name] if r.name in self.references]
        return [model for model in self.order if model.name in wanted]


def build_graph(project: Project, known_readings: str | None = None) -> Graph:
    """Read the references of all models and put them in order.

    Args:
        known_readings: what an earlier graph of the very same project has found in the SQL, instead of parsing it.

    Raises:
        ModelError: a model is no single SELECT, names something unknown, or reads itself through others.
    """
    if known_readings:
        readings = {name: _unpacked(packed) for name, packed in json.loads(known_readings)}
    else:
        known = {*project.models, *project.sources, *project.histories, SETTINGS}
        _refuse_shared_names(project)
        readings = {model.name: _read(model, known) for model in project.models.values()}
    references = {name: reading.references for name, reading in readings.items()}
    order = _ordered(project, references)
    reached: dict[str, frozenset[str]] = {}
    names: dict[str, frozenset[str]] = {}
    for model in order:
        mentions = [reference.name for reference in references[model.name]]
        views = [name for name in mentions if name in project.models and project.models[name].kind == "view"]
        tables = frozenset(mentions) - {*views, SETTINGS}
        reached[model.name] = tables.union(*(reached[view] for view in views))
        names[model.name] = readings[model.name].names.union(*(names[view] for view in views))
    graph = Graph(readings, order, _following(project, references, order), reached, names)
    _insist_on_declared_changes(project, graph)
    return graph


def _insist_on_declared_changes(project: Project, graph: Graph) -> None:
    """An increment that overlooked a relation would leave old rows standing."""
    for model in project.models.values():
        if model.increment is not None and (wrong := _wrong(model.increment, model.name, graph)):
            raise ModelError(model.name, model.file, 1, f"Its increment {wrong}")


def _wrong(increment: Increment, name: str, graph: Graph) -> str | None:
    """Return what an increment overlooks, in words."""
    reading, reached = graph.readings[name], graph.reached[name]
    if overlooked := set(increment.of) - {reference.name for reference in reading.references}:
        return f"is of {', '.join(sorted(overlooked))}, which it does not read"
    if unknown := set(increment.counts) - graph.readings.keys() - reached:
        return f"counts {', '.join(sorted(unknown))}, which is no model"
    if reached != increment.touched_by.keys():
        return f"and what it reads differ in {', '.join(sorted(reached ^ increment.touched_by.keys()))}"
    if len(increment.of) != 1 and any(touch.kind == "look_back" for touch in increment.touched_by.values()):
        return "looks back, and is not of one relation"
    for touch in increment.touched_by.values():
        if touch.kind == "look_back" and f"{touch.column} > {touch.end}" not in reading.look_backs:
            return f"looks back from {touch.end}, with which it does other things than {touch.column} > {touch.end} - …"
        if touch.kind == "everywhere" and touch.column not in reading.shown:
            return f"has the same {touch.column} everywhere, with which it does more than show it"
    return None


def _following(
    project: Project, references: Mapping[str, Sequence[Reference]], order: Sequence[Model]
) -> frozenset[str]:
    found = {name for name, source in project.sources.items() if source.is_bookkeeping}
    for model in order:
        if any(reference.name in found for reference in references[model.name]):
            found.add(model.name)
    return frozenset(found)


def parse_model(model: Model) -> exp.Query:
    """Return the syntax tree of a model.

    Raises:
        ModelError: the text is not one SELECT statement of DuckDB's SQL.
    """
    from sqlglot import errors, exp

    try:
        trees = _parse_sql(model.sql)
    except errors.SqlglotError as error:
        first = error.errors[0] if isinstance(error, errors.ParseError) and error.errors else {}
        reason = first.get("description") or str(error).partition("\n")[0]
        raise ModelError(model.name, model.file, first.get("line") or 1, f"SQL: {reason}") from error
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise ModelError(model.name, model.file, 1, "A model is exactly one SELECT statement")
    return trees[0]


@lru_cache(maxsize=256)
def _parse_sql(sql: str) -> Sequence[exp.Expr]:
    """Parse each text once in a process; nobody changes a tree."""
    import sqlglot

    return [tree for tree in sqlglot.parse(sql, read="duckdb") if tree is not None]


def find_references(model: Model, known: Iterable[str]) -> Sequence[Reference]:
    """Return every mention of a relation that the model does not define itself, in the order of the text.

    Raises:
        ModelError: a name is not among the known ones, or the model covers a known name with one of its own.
    """
    from sqlglot import exp

    names = set(known)
    tree = parse_model(model)
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    if covered := own & names:
        name = min(covered)
        line = model.sql.count("\n", 0, model.sql.find(name)) + 1
        raise ModelError(model.name, model.file, line, f"It calls a part of itself {name}, which is a relation")
    found = []
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            continue  # a table function, such as range()
        parts = [part for part in table.parts if isinstance(part, exp.Identifier)]
        name = ".".join(part.name for part in parts)
        if name in own:
            continue
        line = parts[0].meta["line"]
        if name not in names:
            raise ModelError(model.name, model.file, line, f"There is no {name}{_nearest(name, names)}")
        found.append(Reference(name, parts[0].meta["start"], parts[-1].meta["end"] + 1, line))
    return sorted(found, key=lambda reference: reference.start)


def _read(model: Model, known: Iterable[str]) -> Reading:
    from sqlglot import exp

    references = find_references(model, known)
    tree = parse_model(model)
    names = {node.name for node in tree.find_all(exp.Identifier)}
    if any(not isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star)):
        names.add(EVERYTHING)
    mixing = (exp.AggFunc, exp.Window, exp.Distinct, exp.Group, exp.Limit, exp.SetOperation, exp.Anonymous)
    is_row_by_row = not any(tree.find_all(*mixing))
    columns = defaultdict(list)
    for column in tree.find_all(exp.Column):
        columns[column.name].append(column)
    own = set(tree.selects) if isinstance(tree, exp.Select) else set()
    shown = frozenset(name for name, (first, *more) in columns.items() if first in own and not more)
    look_backs = {}
    for name, found in columns.items():
        windows = [_look_back(column) for column in found]
        for at in {window[0] for window in windows if window}:
            days = {window[1] for window in windows if window and window[0] == at}
            if all(window and window[0] == at for window in windows):
                look_backs[f"{at} > {name}"] = tuple(sorted(days))
    return Reading(tuple(references), frozenset(names), is_row_by_row, shown, look_backs)


def _look_back(end: exp.Column) -> tuple[str, int] | None:
    """Return `at` and the days where a column stands in `at > column - interval 'days' day`, as nothing else."""
    from sqlglot import exp

    less, more = end.parent, end.parent and end.parent.parent
    if not (isinstance(less, exp.Sub) and less.this is end and isinstance(more, exp.GT) and more.expression is less):
        return None
    interval = less.expression
    if not (
        isinstance(interval, exp.Interval) and isinstance(more.this, exp.Column) and interval.text("unit") == "DAY"
    ):
        return None
    return more.this.name, int(interval.this.name)


def _packed(reading: Reading) -> list[object]:
    return [
        [[each.name, each.start, each.end, each.line] for each in reading.references],
        sorted(reading.names),
        reading.is_row_by_row,
        sorted(reading.shown),
        reading.look_backs,
    ]


def _unpacked(packed: Any) -> Reading:
    references, names, is_row_by_row, shown, look_backs = packed
    return Reading(
        tuple(Reference(*each) for each in references),
        frozenset(names),
        is_row_by_row,
        frozenset(shown),
        {name: tuple(days) for name, days in look_backs.items()},
    )


def bind(model: Model, references: Sequence[Reference], relations: Mapping[str, str]) -> str:
    """Return the model's text with each mention replaced by the relation it stands for.

    Nothing else changes, so that the database counts lines as the file does.
    """
    text = model.sql
    for reference in reversed(references):
        text = text[: reference.start] + relations[reference.name] + text[reference.end :]
    return text


def _ordered(project: Project, references: Mapping[str, Sequence[Reference]]) -> Sequence[Model]:
    """Depth first, names in alphabetical order: the same models always come in the same order."""
    order: list[Model] = []
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in done:
            return
        for reference in references[name]:
            if reference.name in (*path, name):
                start = (*path, name).index(reference.name)
                circle = " reads ".join((*(*path, name)[start:], reference.name))
                model = project.models[name]
                raise ModelError(name, model.file, reference.line, f"It reads itself: {circle}")
            if reference.name in project.models:
                visit(reference.name, (*path, name))
        done.add(name)
        order.append(project.models[name])

    for name in sorted(project.models):
        visit(name, ())
    return order


def _refuse_shared_names(project: Project) -> None:
    """Models, stand-ins of sources and the settings live side by side, so their names must differ; histories are
    read by their names as well."""
    taken = {source.name for source in project.sources.values()} | {SETTINGS, *project.histories}
    for model in project.models.values():
        if model.name in taken:
            raise ModelError(model.name, model.file, 1, f"The name {model.name} is taken")


def _nearest(name: str, known: Iterable[str]) -> str:
    matches = get_close_matches(name, sorted(known), n=1)
    return f"; the nearest name is {matches[0]}" if matches else ""
