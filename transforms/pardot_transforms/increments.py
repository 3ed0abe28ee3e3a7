"""Tables that are brought up to date by the keys that changes touch, instead of being made anew.

What comes out is what making them anew would give. A change is followed from the raw rows of new loads through every
table that reads them: one that is made anew is compared with what it was, one that is brought up to date tells its
touched rows as they were and as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pardot_transforms.graph import bind
from pardot_transforms.quoting import identifier, qualified, statement

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from pardot_transforms.graph import Graph
    from pardot_transforms.project import Increment, Model

LARGEST_SHARE = 0.2
"""Where more of a table's rows are touched, making all of them anew costs less."""
_RAW_KEY = "id"


class Increments:
    """The rows that have changed since the last build, relation by relation, while the next one goes on.

    Args:
        relations: what each name in a model stands for.
        changed: each source -> a relation of its rows that are new or changed, None when there are none. No mapping
            at all when that is not known, or when a table of the last build is missing; then all are made anew.
    """

    def __init__(
        self,
        connection: DuckDBPyConnection,
        graph: Graph,
        relations: Mapping[str, str],
        changed: Mapping[str, str | None] | None,
    ) -> None:
        self._connection = connection
        self._references = graph.references
        self._relations = relations
        self._is_possible = changed is not None
        self._changed = dict(changed or {})
        self._keys = {model.name: model.key or _RAW_KEY for model in graph.order}
        self._watched = self._columns_watched(graph)
        self._temporary: list[str] = []

    def advance(self, model: Model) -> int | None:
        """Bring a table up to date and return how many of its rows were made; None when all of it must be made."""
        increment = model.increment
        if not self._is_possible or increment is None or not self._changed.keys() >= increment.touched_by.keys():
            return None
        touched = self._touched(model, increment)
        if touched is None:
            return None
        table = self._relations[model.name]
        where = statement("{key} in (select key from {touched})", key=identifier(increment.key), touched=touched)
        note = self._notes(model, where)
        note()
        self._run("delete from {table} where {where}", table=table, where=where)
        only = {
            name: statement("(select * from {of} where {where})", of=self._relations[name], where=where)
            for name in increment.of
        }
        select = bind(model, self._references[model.name], {**self._relations, **only})
        rows = self._row("insert into {table} {select}", table=table, select=select)[0]
        note()
        if not all(self._adds_up(table, *each) for each in increment.counts.items()):
            self._changed.pop(model.name, None)
            return None
        return rows

    def make(self, model: Model, build: Callable[[], int | None]) -> int | None:
        """Make a whole relation and return its rows; where others follow its changes, find them by comparison."""
        if not self._is_possible or model.kind != "table" or model.increment or model.name not in self._watched:
            return build()
        table = self._relations[model.name]
        before = self._temporary_table("before", model.name, statement("select * from {table}", table=table))
        rows = build()
        differences = "(select {columns} from ({one} except {other}))"
        columns, then, now = self._columns(model), f"from {before}", f"from {table}"
        left = statement(differences, columns=columns, one=then, other=now)
        right = statement(differences, columns=columns, one=now, other=then)
        self._changed[model.name] = self._temporary_table("changed", model.name, f"{left} union {right}")
        return rows

    def close(self) -> None:
        """Drop what was only needed on the way."""
        for name in self._temporary:
            self._run("drop table {name}", name=name)

    def _touched(self, model: Model, increment: Increment) -> str | None:
        """Return a table of the touched keys; None when they are too many, or one of them is NULL."""
        table, key = self._relations[model.name], identifier(increment.key)
        selects = [statement("select {key} as key from {table} where false", key=key, table=table)]
        for name, column in increment.touched_by.items():
            changed = self._changed[name]
            if changed is None:
                continue
            if column == increment.key:
                if column != _RAW_KEY:
                    changed = self._with_key(name, changed, increment)
                selects.append(statement("select {key} as key from {changed}", key=key, changed=changed))
            else:
                found = statement("select {id} from {changed}", id=self._id(name), changed=changed)
                where = statement("{column} in ({found})", column=identifier(column), found=found)
                selects.append(
                    statement("select {key} as key from {table} where {where}", key=key, table=table, where=where)
                )
        touched = self._temporary_table("touched", model.name, " union ".join(selects))
        keys, nulls = self._row("select count(*), count(*) - count(key) from {touched}", touched=touched)
        rows = self._count(table)
        where = statement("{table} where {key} in (select key from {touched})", table=table, key=key, touched=touched)
        is_too_much = max(keys, self._count(where)) > LARGEST_SHARE * rows
        return None if nulls or is_too_much else touched

    def _with_key(self, name: str, changed: str, increment: Increment) -> str:
        """Return the changed rows of a relation with the key: raw rows have it in the view that is made of them."""
        for view in increment.of:
            if [reference.name for reference in self._references[view]] == [name]:
                where = statement("{id} in (select {id} from {changed})", id=identifier(_RAW_KEY), changed=changed)
                return statement("(select * from {view} where {where})", view=self._relations[view], where=where)
        return changed

    def _adds_up(self, table: str, relation: str, counted: str) -> bool:
        rows = self._row("select coalesce(sum({counted}), 0) from {table}", counted=counted, table=table)[0]
        return rows == self._count(self._relations[relation])

    def _notes(self, model: Model, where: str) -> Callable[[], None]:
        """Return what adds the touched rows, as they are at that moment, to the changes that others follow."""
        if model.name not in self._watched:
            return lambda: None
        columns, table = self._columns(model), self._relations[model.name]
        rows = statement(
            "select distinct {columns} from {table} where {where}", columns=columns, table=table, where=where
        )
        empty = statement("select {columns} from {table} where false", columns=columns, table=table)
        changed = self._changed[model.name] = self._temporary_table("changed", model.name, empty)
        return lambda: self._run("insert into {changed} {rows}", changed=changed, rows=rows)

    def _columns_watched(self, graph: Graph) -> Mapping[str, set[str]]:
        """Return the columns of each relation by which changes are followed from it."""
        watched: dict[str, set[str]] = defaultdict(set)
        for model in graph.order:
            if model.increment is not None:
                for name, column in model.increment.touched_by.items():
                    is_key = column == model.increment.key
                    watched[name].add(column if is_key else self._keys.get(name, _RAW_KEY))
        return watched

    def _columns(self, model: Model) -> str:
        return ", ".join(map(identifier, sorted(self._watched[model.name])))

    def _id(self, name: str) -> str:
        return identifier(self._keys.get(name, _RAW_KEY))

    def _temporary_table(self, purpose: str, name: str, select: str) -> str:
        table = qualified("temp", f"{purpose}_{name}")
        self._run("create temporary table {table} as {select}", table=table, select=select)
        self._temporary.append(table)
        return table

    def _count(self, rows: str) -> int:
        return self._row("select count(*) from {rows}", rows=rows)[0]

    def _row(self, template: str, **fragments: str) -> tuple[int, ...]:
        row = self._connection.execute(statement(template, **fragments)).fetchone()
        return tuple(row or ())

    def _run(self, template: str, **fragments: str) -> None:
        self._connection.execute(statement(template, **fragments))
