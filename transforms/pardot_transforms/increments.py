"""Tables that are brought up to date by the keys that changes touch, or left alone, instead of being made anew.

What comes out is what making them anew would give. A change is followed from the raw rows of new loads through every
table that reads them, as the rows that were there and the rows that are: one that is made anew is compared with what it
was, one that is brought up to date tells its touched rows before and after. A change in columns that a model does not
read is none to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pardot_transforms.graph import bind
from pardot_transforms.project import History
from pardot_transforms.quoting import identifier, literal, qualified, statement

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from pardot_transforms.graph import Graph
    from pardot_transforms.project import Increment, Model, Touch

LARGEST_SHARE = 0.4
"""Where more of a table's rows are touched, making all of them anew costs less."""
_FEW = 10
"""A table has few rows where what it is made of has so many times as many."""
_RAW_KEY = "id"


@dataclass(frozen=True)
class Change:
    """What has become of a relation since the last build, as two relations in its columns."""

    was: str | None
    """The rows that have gone or were otherwise; None where only those of new loads are known."""
    now: str
    """The rows that have come or are otherwise now."""


_ANY = Change(None, "")
"""Of a relation that may have changed in any way."""


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
        self._graph = graph
        self._relations = relations
        # A relation that is missing here may have changed in any way.
        self._changed: dict[str, Change | None] = {
            name: None if rows is None else Change(None, rows) for name, rows in (changed or {}).items()
        }
        self._is_possible = changed is not None
        self._models = {model.name: model for model in graph.order}
        self._keys = {model.name: model.key or _RAW_KEY for model in graph.order}
        self._followed = {name for model in graph.order if model.increment for name in model.increment.touched_by}
        self._moved: dict[str, set[str]] = {}
        self._columns_of: dict[str, tuple[str, ...]] = {}
        self._temporary: list[str] = []

    def advance(self, model: Model) -> int | None:
        """Bring a table up to date and return how many of its rows were made; None when all of it must be made."""
        if not self._is_possible or model.kind != "table":
            return None
        if self._is_as_it_was(model):
            self._changed[model.name] = None
            return 0
        increment = model.increment
        if increment is None or not all(self._can_follow(model, name) for name in increment.touched_by):
            return None
        touched = self._touched(model, increment)
        return None if touched is None else self._remake(model, increment, touched)

    def make(self, model: Model, build: Callable[[], int | None]) -> int | None:
        """Make a whole relation and return its rows; where others follow its changes, find them by comparison."""
        if not self._is_possible or model.kind != "table" or model.increment or model.name not in self._followed:
            return build()
        table = self._relations[model.name]
        before = self._temporary_table("before", model.name, statement("select * from {table}", table=table))
        rows = build()
        both = "select *, 1 as {n} from {table} union all select *, -1 from {before}"
        both = statement(both, n=_key(0), table=table, before=before)
        differing = (
            "select * exclude ({n}), cast(sum({n}) as bigint) as {n} from ({both}) group by all having sum({n}) <> 0"
        )
        differences = self._temporary_table("differing", model.name, statement(differing, n=_key(0), both=both))
        was, now = (self._times(differences, model, purpose, sign) for purpose, sign in (("was", "-"), ("now", "")))
        is_same = not self._count(was) and not self._count(now)
        self._changed[model.name] = None if is_same else Change(was, now)
        return rows

    def _times(self, differences: str, model: Model, purpose: str, sign: str) -> str:
        """Return the rows of one sign, each as many times as they have gone or come."""
        repeated = "select *, unnest(range({sign}{n})) as {place} from {differences}"
        repeated = statement(repeated, sign=sign, n=_key(0), place=_key(1), differences=differences)
        select = statement("select * exclude ({n}, {place}) from ({of})", n=_key(0), place=_key(1), of=repeated)
        return self._temporary_table(purpose, model.name, select)

    def fresh(self, model: Model | History) -> str | None:
        """Return a relation of all rows that may not have been there after the last build, `""` when there are none.

        None when that is not known.
        """
        if not self._is_possible or model.name in self._moved:
            return None
        name = model.name
        if name in self._changed:
            change = self._changed[name]
        elif all(self._changed.get(each, _ANY) is None for each in self._graph.reached[name]):
            return ""
        else:
            change = self._through_view(name)
            return None if change is None else change.now
        if change is None:
            return ""
        if isinstance(model, History):
            # A new version ends the one before it, which keeps the stamp of its load.
            query = "(select * from {table} where {key} in (select {key} from {rows}))"
            return statement(query, table=self._relations[name], key=identifier(model.unique_key), rows=change.now)
        return change.now

    def close(self) -> None:
        """Drop what was only needed on the way."""
        for name in self._temporary:
            self._run("drop table {name}", name=name)

    def _is_as_it_was(self, model: Model) -> bool:
        """Whether nothing that a table reads has changed."""
        return all(
            name in self._changed and not self._reads_moved(model, name) and not self._differs(model, name)
            for name in self._graph.reached[model.name]
        )

    def _can_follow(self, model: Model, name: str) -> bool:
        return name in self._changed and not self._reads_moved(model, name)

    def _reads_moved(self, model: Model, name: str) -> bool:
        """Whether a table reads a column of another that has changed in all rows."""
        return any(self._graph.may_read(model.name, column) for column in self._moved.get(name, ()))

    def _differs(self, model: Model, name: str) -> bool:
        change = self._changed[name]
        if change is None or change.was is None:
            return change is not None
        if self._count(change.was) != self._count(change.now):
            return True
        rows = self._difference(change, self._read(model, name))
        return bool(self._connection.execute(statement("select 1 from {rows} limit 1", rows=rows)).fetchone())

    def _read(self, model: Model, name: str) -> list[str]:
        """Return the columns of a relation that a model may read, itself or through views."""
        if name not in self._columns_of:
            cursor = self._connection.execute(statement("select * from {of} limit 0", of=self._relations[name]))
            self._columns_of[name] = tuple(column[0] for column in cursor.description or ())
        return [column for column in self._columns_of[name] if self._graph.may_read(model.name, column)]

    def _touched(self, model: Model, increment: Increment) -> str | None:
        """Return a table of the touched keys; None when they are too many."""
        table, keys = self._relations[model.name], _as_keys(increment.key)
        selects = [statement("select {keys} from {table} limit 0", keys=keys, table=table)]
        for name, touch in increment.touched_by.items():
            change = self._changed[name]
            is_one_value = touch.kind in ("everywhere", "look_back")
            if is_one_value and self._read(model, name) != [touch.end or touch.column]:
                return None  # it reads more of that row than it says
            if change is None or touch.kind == "everywhere":
                continue
            if touch.kind == "key":
                selects.append(self._keys_of(model, increment, name, change))
            elif touch.kind == "look_back":
                selects += self._keys_between(model, increment, touch, change)
            else:
                key = self._keys.get(name, _RAW_KEY)
                columns = self._read(model, name)
                found = statement(
                    "select {key} from {of}", key=identifier(key), of=self._difference(change, [*columns, key])
                )
                where = statement("{column} in ({found})", column=identifier(touch.column), found=found)
                selects.append(
                    statement("select {keys} from {table} where {where}", keys=keys, table=table, where=where)
                )
        touched = self._temporary_table("touched", model.name, " union ".join(f"({select})" for select in selects))
        return None if self._are_too_many(touched, table, model) else touched

    def _are_too_many(self, touched: str, table: str, model: Model) -> bool:
        """Whether making all rows anew costs less; where they are few, what they are made of tells."""
        key = model.increment.key if model.increment else ()
        rows = self._count(statement("{table} where {where}", table=table, where=self._where(touched, key)))
        read = max(self._count(self._relations[name]) for name in self._graph.reached[model.name])
        all_rows = self._count(table)
        if all_rows * _FEW < read:
            return self._count(touched) > LARGEST_SHARE * read
        return rows > LARGEST_SHARE * all_rows

    def _keys_of(self, model: Model, increment: Increment, name: str, change: Change) -> str:
        """Return a SELECT of the keys that changed rows have: themselves, or in the view that is made of them."""
        view = next((each for each in increment.of if self._graph.is_made_of_rows(each, name)), name)
        rows = change if view == name else self._made_of(view, name, change)
        own = increment.of.get(view, increment.key)
        difference = self._difference(rows, [*self._read(model, view), *own])
        return statement("select {own} from {of}", own=_as_keys(own), of=difference)

    def _keys_between(self, model: Model, increment: Increment, touch: Touch, change: Change) -> list[str]:
        """Return SELECTs of the keys with a row that a look-back window holds now and did not, or the reverse."""
        was, now = (self._moment(touch.end, rows) for rows in (change.was, change.now))
        ((of, own),) = increment.of.items()
        moved = (
            "select {own} from {of} "
            "where ({at} > {was} - interval {days} day) is distinct from ({at} > {now} - interval {days} day)"
        )
        return [
            statement(
                moved,
                own=_as_keys(own),
                of=self._relations[of],
                at=identifier(touch.column),
                was=was,
                now=now,
                days=str(days),
            )
            for days in self._graph.readings[model.name].look_backs[f"{touch.column} > {touch.end}"]
        ]

    def _moment(self, column: str, rows: str | None) -> str:
        """Return the value of a column of timestamps in the only row of a relation, as a constant."""
        (value,) = self._row("select max({column})::varchar from {rows}", column=identifier(column), rows=rows or "")
        return f"cast({'null' if value is None else literal(value)} as timestamp)"

    def _remake(self, model: Model, increment: Increment, touched: str) -> int | None:
        """Make the rows of the touched keys anew."""
        table = self._relations[model.name]
        where = self._where(touched, increment.key)
        was = self._temporary_table(
            "was",
            model.name,
            statement("select {shown} from {table} where {where}", shown=self._shown(model), table=table, where=where),
        )
        only = {name: self._only(touched, model, name, own) for name, own in increment.of.items()}
        select = bind(model, self._graph.references[model.name], {**self._relations, **only})
        now = self._temporary_table("now", model.name, select)
        self._run("delete from {table} where {where}", table=table, where=where)
        self._run("insert into {table} select * from {now}", table=table, now=now)
        self._move(model, increment)
        if not all(self._adds_up(table, *each) for each in increment.counts.items()):
            self._changed.pop(model.name, None)
            return None
        rows = self._count(now)
        self._changed[model.name] = Change(was, now) if rows or self._count(was) else None
        return rows

    def _shown(self, model: Model) -> str:
        """Return the columns of a table that any other model may read."""
        readers = [name for name, reached in self._graph.reached.items() if model.name in reached]
        columns = dict.fromkeys(column for name in readers for column in self._read(self._models[name], model.name))
        return _listed(columns) or "1"

    def _only(self, touched: str, model: Model, name: str, own: Iterable[str]) -> str:
        """Return the rows of the touched keys of a relation, read once where the model mentions it often."""
        where = self._where(touched, own)
        rows = statement("select * from {of} where {where}", of=self._relations[name], where=where)
        mentions = [reference.name for reference in self._graph.references[model.name]]
        if mentions.count(name) == 1:
            return f"({rows})"
        columns = _listed(self._read(model, name))
        rows = statement("select {columns} from ({rows})", columns=columns, rows=rows)
        return self._temporary_table(f"only_{name}", model.name, rows)

    def _move(self, model: Model, increment: Increment) -> None:
        """Write the columns that have one value in all rows, which another relation's only row tells."""
        for name, touch in increment.touched_by.items():
            if touch.kind == "everywhere" and self._changed[name] is not None:
                column, value = identifier(touch.column), self._relations[name]
                self._run(
                    "update {table} set {column} = (select {column} from {value})",
                    table=self._relations[model.name],
                    column=column,
                    value=value,
                )
                self._moved.setdefault(model.name, set()).add(touch.column)

    def _where(self, touched: str, columns: Iterable[str]) -> str:
        """Return a condition on a row: the key in its columns is touched. NULL is a key like others."""
        same = " and ".join(
            f"{_key(place)} is not distinct from {identifier(column)}" for place, column in enumerate(columns)
        )
        return statement("exists (select 1 from {touched} where {same})", touched=touched, same=same)

    def _through_view(self, view: str) -> Change | None:
        """Return the change of a view that is made row by row of a relation whose change is known."""
        (name, *more) = self._graph.reached[view] or ("",)
        change = self._changed.get(name)
        is_view = self._models[view].kind == "view"
        if more or change is None or not is_view or not self._graph.is_made_of_rows(view, name):
            return None
        return self._made_of(view, name, change)

    def _made_of(self, view: str, name: str, change: Change) -> Change:
        """Return what a view makes of the changed rows of its relation."""
        was, now = (
            rows and f"({bind(self._models[view], self._graph.references[view], {**self._relations, name: rows})}\n)"
            for rows in (change.was, change.now)
        )
        return Change(was, now or "")

    def _difference(self, change: Change, columns: Iterable[str]) -> str:
        """Return what of these columns has gone or come, as a relation of distinct rows."""
        listed = _listed(dict.fromkeys(columns))
        if change.was is None:
            return statement("(select {columns} from {rows})", columns=listed or "1", rows=change.now)
        return statement(
            "(select {columns} from (select {columns}, 1 as {n} from {now} union all select {columns}, -1 from {was}) "
            "group by all having sum({n}) <> 0)",
            columns=listed or "1",
            n=_key(0),
            now=change.now,
            was=change.was,
        )

    def _adds_up(self, table: str, relation: str, counted: str) -> bool:
        rows = self._row("select coalesce(sum({counted}), 0) from {table}", counted=counted, table=table)[0]
        return bool(rows == self._count(self._relations[relation]))

    def _temporary_table(self, purpose: str, name: str, select: str) -> str:
        table = qualified("temp", f"{purpose}_{name}")
        self._run("create temporary table {table} as {select}", table=table, select=select)
        self._temporary.append(table)
        return table

    def _count(self, rows: str) -> int:
        return int(self._row("select count(*) from {rows}", rows=rows)[0])

    def _row(self, template: str, **fragments: str) -> tuple[Any, ...]:
        row = self._connection.execute(statement(template, **fragments)).fetchone()
        return tuple(row or ())

    def _run(self, template: str, **fragments: str) -> None:
        self._connection.execute(statement(template, **fragments))


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(map(identifier, columns))


def _as_keys(columns: Iterable[str]) -> str:
    return ", ".join(f"{identifier(column)} as {_key(place)}" for place, column in enumerate(columns))


def _key(place: int) -> str:
    """Return what tables of touched keys call a column: a name that no relation has."""
    return identifier(f"touched {place}")
