"""Rows of erased people out of the tables of a destination, in SQL that every database takes.

Who is on the list is known by id and by the hash of an address, so what this does needs nobody's name: a run finishes
what a killed `pardot-etl erase` has begun.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pardot.belonging import ADDRESS, PROSPECT_ID, PROSPECTS, VISITOR_ID, VISITORS, is_of, listed
from pardot.erased import ErasedPeople, People, people_in, to_rows
from pardot.naming import quote_identifier, quote_text
from pardot.reading.columns import LOAD_ID_COLUMN
from pardot.reading.left_out import has_address
from pardot.rejects import REJECTED_ROWS_TABLE

from ..runs.run_counts import RUNS

ERASED: Final = "_erased"
"""The table of the list, beside the raw tables: it comes back with them where all files of a machine are lost."""
_TEXTS: Final = ("VARCHAR", "character varying", "text")

Execute = Callable[[str], Sequence[Sequence[Any]]]
"""Runs a statement in the destination and returns its rows, none for what has none."""


@dataclass
class Removed:
    """What was taken out of the tables, or would be."""

    rows: dict[str, int] = field(default_factory=dict)
    """Table -> rows that were removed; those of versions with the schema in front."""
    cells: dict[str, int] = field(default_factory=dict)
    """Table -> texts of other rows in which an address was masked, or that were dropped as nobody can read them."""

    def __bool__(self) -> bool:
        return bool(self.rows or self.cells)


def stored_list(execute: Execute, dataset: str) -> People:
    """Return whom the list in a database names; nobody where there is none."""
    is_there = (
        f"SELECT 1 FROM information_schema.tables WHERE table_schema = {quote_text(dataset)} "
        f"AND table_name = {quote_text(ERASED)} AND table_catalog = current_database()"
    )
    if not execute(is_there):
        return People()
    rows = execute(f"SELECT kind, value FROM {quote_identifier(dataset)}.{quote_identifier(ERASED)}")
    return people_in((str(kind), str(value)) for kind, value in rows)


class Tables:
    """The tables of one dataset, and those that belong to it.

    Args:
        versions: table of versions -> the raw table that it has versions of.
    """

    def __init__(
        self, execute: Execute, dataset: str, *, staging: str, histories: str, versions: Mapping[str, str]
    ) -> None:
        self._execute = execute
        self._dataset = dataset
        self._staging = staging
        self._histories = histories
        self._versions = versions
        self._raw = self._columns(dataset)

    @property
    def exist(self) -> bool:
        return bool(self._raw)

    def address_of(self, prospect: int) -> tuple[str | None, int]:
        """Return the address of a prospect, and how many others have the same one."""
        if ADDRESS not in self._raw.get(PROSPECTS, {}):
            return None, 0
        from pardot.addresses import normal

        prospects = self._path(self._dataset, PROSPECTS)
        found = self._execute(f"SELECT {ADDRESS} FROM {prospects} WHERE id = {int(prospect)}")
        address = next((str(text) for (text,) in found if text), None)
        if address is None:
            return None, 0
        like = f"lower({ADDRESS}) LIKE {quote_text(f'%{_escaped(normal(address))}%')} ESCAPE '!'"
        others = self._execute(f"SELECT {ADDRESS} FROM {prospects} WHERE id <> {int(prospect)} AND {like}")
        return address, sum(normal(str(text)) == normal(address) for (text,) in others)

    def learn(self, erased: ErasedPeople) -> None:
        """Put on the list whom its addresses and prospects lead to: prospects, and the visitors that are theirs."""
        if ADDRESS in self._raw.get(PROSPECTS, {}) and erased.people.addresses:
            masks = self._masks(self._dataset, PROSPECTS, [ADDRESS], erased).get(ADDRESS, {})
            if masks:
                texts = ", ".join(map(quote_text, masks))
                prospects = self._path(self._dataset, PROSPECTS)
                found = self._execute(f"SELECT id FROM {prospects} WHERE {ADDRESS} IN ({texts})")
                erased.add(People(prospects=frozenset(int(number) for (number,) in found)))
        erased.add(People(visitors=frozenset(self._visitors(erased.people))))

    def _visitors(self, people: People) -> set[int]:
        """Return the visitors that are theirs by their own row, or whom their rows name and no other row gives away."""
        prospects = listed(people.prospects)
        theirs, named, others = set[int](), set[int](), set[int]()
        for table, columns in self._raw.items():
            visitor = "id" if table == VISITORS else VISITOR_ID
            if PROSPECT_ID not in columns or visitor not in columns:
                continue
            path = self._path(self._dataset, table)
            is_one = f"{PROSPECT_ID} IN ({prospects})"
            found = {int(n) for (n,) in self._execute(f"SELECT DISTINCT {visitor} FROM {path} WHERE {is_one}") if n}
            if table == VISITORS:
                theirs |= found
            named |= found
            if found:
                is_other = f"{PROSPECT_ID} NOT IN ({prospects}) AND {visitor} IN ({listed(found)})"
                others |= {int(n) for (n,) in self._execute(f"SELECT DISTINCT {visitor} FROM {path} WHERE {is_other}")}
        return theirs | (named - self._given_to_others(named - theirs, prospects) - others)

    def _given_to_others(self, visitors: Collection[int], prospects: str) -> set[int]:
        if not visitors or not {"id", PROSPECT_ID} <= self._raw.get(VISITORS, {}).keys():
            return set()
        path = self._path(self._dataset, VISITORS)
        is_other = f"id IN ({listed(visitors)}) AND {PROSPECT_ID} NOT IN ({prospects})"
        return {int(number) for (number,) in self._execute(f"SELECT id FROM {path} WHERE {is_other}")}

    def remove(self, erased: ErasedPeople, *, counts_only: bool = False) -> Removed:
        """Remove the rows of everybody on the list, and mask their addresses in the rows of others.

        The caller commits. A row that is masked gets the stamp of a load, so that what is made of it is made anew.
        """
        removed = Removed()
        stamp = f"{time.time():.6f}"
        for schema, table, source, columns in self._personal():
            path = self._path(schema, table)
            name = table if schema == self._dataset else f"{schema}.{table}"
            where = is_of(erased.people, source, columns)
            count = self._count(path, where) if where else 0
            if count:
                removed.rows[name] = count
                if not counts_only:
                    self._execute(f"DELETE FROM {path} WHERE {where}")
            cells = self._mask(schema, table, columns, erased, stamp, None if not count else where, counts_only)
            if cells:
                removed.cells[name] = cells
        if not counts_only:
            for table in self._columns(self._staging):
                if not table.startswith("_"):
                    self._execute(f"DELETE FROM {self._path(self._staging, table)}")
        return removed

    def note_removed(self, removed: Removed) -> None:
        """Say in the newest lines about runs that rows have left since, so that `data_quality` does not miss them."""
        if RUNS not in self._raw or not removed.rows:
            return
        runs = self._path(self._dataset, RUNS)
        self._execute(f"ALTER TABLE {runs} ADD COLUMN IF NOT EXISTS removed_rows BIGINT")
        for table, rows in removed.rows.items():
            newest = f"SELECT max(run_number) FROM {runs} WHERE object = {quote_text(table)}"
            self._execute(
                f"UPDATE {runs} SET removed_rows = coalesce(removed_rows, 0) + {int(rows)} "
                f"WHERE object = {quote_text(table)} AND run_number = ({newest})"
            )

    def store_list(self, people: People) -> None:
        """Keep the list beside the rows, without the key."""
        if not self.exist:
            return
        path = self._path(self._dataset, ERASED)
        self._execute(f"CREATE TABLE IF NOT EXISTS {path} (kind VARCHAR(20), value VARCHAR(100))")
        known = {(str(kind), str(value)) for kind, value in self._execute(f"SELECT kind, value FROM {path}")}
        for kind, value in to_rows(people):
            if (kind, value) not in known:
                self._execute(f"INSERT INTO {path} VALUES ({quote_text(kind)}, {quote_text(value)})")

    def _personal(self) -> Iterator[tuple[str, str, str, Mapping[str, str]]]:
        """Yield schema, table, the raw table that it is or has versions of, and its columns."""
        for table, columns in self._raw.items():
            if not table.startswith("_"):
                yield self._dataset, table, table, columns
        for table, columns in self._columns(self._histories).items():
            if table in self._versions:
                yield self._histories, table, self._versions[table], columns

    def _mask(
        self,
        schema: str,
        table: str,
        columns: Mapping[str, str],
        erased: ErasedPeople,
        stamp: str,
        leaving: str | None,
        counts_only: bool,
    ) -> int:
        """Mask addresses in the texts of a table and return how many.

        Args:
            leaving: the condition of rows that leave, which are not counted.
        """
        if table == REJECTED_ROWS_TABLE:
            return self._drop_texts(schema, erased, stamp, counts_only)
        path, cells = self._path(schema, table), 0
        texts = [name for name, kind in columns.items() if kind in _TEXTS and not name.startswith("_")]
        stays = f" AND NOT coalesce({leaving}, false)" if leaving else ""
        for column, masks in self._masks(schema, table, texts, erased).items():
            name = quote_identifier(column)
            load = f", {LOAD_ID_COLUMN} = {quote_text(stamp)}" if LOAD_ID_COLUMN in columns else ""
            for old, new in masks.items():
                where = f"{name} = {quote_text(old)}{stays}"
                cells += self._count(path, where)
                if not counts_only:
                    self._execute(f"UPDATE {path} SET {name} = {quote_text(new)}{load} WHERE {where}")
        return cells

    def _masks(
        self, schema: str, table: str, columns: Sequence[str], erased: ErasedPeople
    ) -> dict[str, dict[str, str]]:
        if not erased.people.addresses or not columns:
            return {}
        path, found = self._path(schema, table), {}
        for column in columns:
            name = quote_identifier(column)
            rows = self._execute(f"SELECT DISTINCT {name} FROM {path} WHERE {has_address(column)}")
            if changed := {str(text): new for (text,) in rows if (new := erased.without(str(text))) != text}:
                found[column] = changed
        return found

    def _drop_texts(self, schema: str, erased: ErasedPeople, stamp: str, counts_only: bool) -> int:
        """Drop the text of rejected rows that may be theirs; that there was a record, and why it was refused, stays."""
        path = self._path(schema, REJECTED_ROWS_TABLE)
        rows = self._execute(f"SELECT id, raw_text FROM {path} WHERE raw_text IS NOT NULL")
        ids = [str(number) for number, text in rows if erased.mentions(str(text))]
        for number in () if counts_only else ids:
            self._execute(
                f"UPDATE {path} SET raw_text = NULL, {LOAD_ID_COLUMN} = {quote_text(stamp)} "
                f"WHERE id = {quote_text(number)}"
            )
        return len(ids)

    def _count(self, path: str, where: str) -> int:
        return int(self._execute(f"SELECT count(*) FROM {path} WHERE {where}")[0][0])

    def _columns(self, schema: str) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        rows = self._execute(
            "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns AS c "
            "JOIN information_schema.tables AS t ON t.table_catalog = c.table_catalog "
            "AND t.table_schema = c.table_schema AND t.table_name = c.table_name "
            f"WHERE c.table_catalog = current_database() AND c.table_schema = {quote_text(schema)} "
            "AND t.table_type = 'BASE TABLE' ORDER BY 1, 2"
        )
        for table, column, kind in rows:
            found.setdefault(str(table), {})[str(column)] = str(kind)
        return found

    def _path(self, schema: str, table: str) -> str:
        return f"{quote_identifier(schema)}.{quote_identifier(table)}"


def _escaped(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
