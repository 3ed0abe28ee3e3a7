"""Which model reads which, found in the SQL itself: no markers in the models, no templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from pardot_transforms.errors import ModelError, ProjectError

if TYPE_CHECKING:
    from sqlglot import exp

    from pardot_transforms.project import Model, Project

SETTINGS = "settings"
"""The one-row relation of build settings, which models read like a model."""


@dataclass(frozen=True)
class Reference:
    """One mention of another relation: `start` and `end` are its place in the model's text."""

    name: str
    start: int
    end: int
    line: int


@dataclass(frozen=True)
class Graph:
    """The references of every model, all of them known, and an order in which all can be built."""

    references: Mapping[str, Sequence[Reference]]
    order: Sequence[Model]
    following: frozenset[str] = frozenset()
    """The models that tell of runs: every run changes them, also one that brings nothing."""

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


def build_graph(project: Project) -> Graph:
    """Read the references of all models and put them in order.

    Raises:
        ModelError: a model is no single SELECT, names something unknown, or reads itself through others.
    """
    known = {*project.models, *project.sources, *project.histories, SETTINGS}
    _refuse_shared_names(project)
    references = {model.name: find_references(model, known) for model in project.models.values()}
    order = _ordered(project, references)
    _insist_on_declared_changes(project, references)
    return Graph(references, order, _following(project, references, order))


def _insist_on_declared_changes(project: Project, references: Mapping[str, Sequence[Reference]]) -> None:
    """An increment that overlooked a relation would leave old rows standing."""
    for model in project.models.values():
        if model.increment is None:
            continue
        read = {reference.name for reference in references[model.name]}
        if overlooked := set(model.increment.of) - read:
            reason = f"Its increment is of {', '.join(sorted(overlooked))}, which it does not read"
            raise ModelError(model.name, model.file, 1, reason)
        if unknown := set(model.increment.counts) - references.keys():
            reason = f"Its increment counts {', '.join(sorted(unknown))}, which is no model"
            raise ModelError(model.name, model.file, 1, reason)
        reached = _reached(project, references, model.name)
        declared = set(model.increment.touched_by)
        if reached != declared:
            wrong = ", ".join(sorted(reached ^ declared))
            raise ModelError(model.name, model.file, 1, f"Its increment and what it reads differ in {wrong}")


def _following(
    project: Project, references: Mapping[str, Sequence[Reference]], order: Sequence[Model]
) -> frozenset[str]:
    found = {name for name, source in project.sources.items() if source.is_bookkeeping}
    for model in order:
        if any(reference.name in found for reference in references[model.name]):
            found.add(model.name)
    return frozenset(found)


def _reached(project: Project, references: Mapping[str, Sequence[Reference]], name: str) -> set[str]:
    """Return the tables, raw or made before, that a model reads itself or through views."""
    reached: set[str] = set()
    for reference in references[name]:
        model = project.models.get(reference.name)
        if model is not None and model.kind == "view":
            reached |= _reached(project, references, reference.name)
        elif reference.name != SETTINGS:
            reached.add(reference.name)
    return reached


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
