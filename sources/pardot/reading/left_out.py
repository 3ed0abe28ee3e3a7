"""Typed columns without the rows of people who were erased: the one place through which all rows go.

Where nobody was, nothing is read again. An address that stands in the row of somebody else, say in a page's URL or as
the sender of an e-mail, is masked there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import duckdb

from ..addresses import MARKS
from ..belonging import ADDRESS, PROSPECT_ID, PROSPECTS, VISITORS, is_of, listed
from ..catalogue import Type
from ..erased import ErasedPeople, People
from ..naming import quote_identifier, quote_text
from .careful import CheckedFile, write_parquet

Masks = Mapping[str, Mapping[str, str]]
"""Column -> the texts in it that hold an address of somebody on the list -> the same without."""


def leave_out(checked: CheckedFile, table: str, erased: ErasedPeople) -> tuple[CheckedFile, int]:
    """Return a typed file without the rows of people on the list, and how many they are.

    A prospect that has an address on the list is put on it, so is a visitor who turns out to be one of these
    prospects: what belongs to them, here or elsewhere, is the list's from now on.
    """
    if not erased:
        return checked, 0
    with duckdb.connect(":memory:") as db:
        db.execute("SET TimeZone = 'UTC'")
        rows = f"read_parquet([{quote_text(str(checked.path))}])"
        columns = [field.column for field in checked.fields]
        masks = _masks(db, rows, checked, erased)
        _learn(db, rows, table, columns, masks, erased)
        where = is_of(erased.people, table, columns)
        (count,) = (0,) if where is None else db.execute(f"SELECT count(*) FROM {rows} WHERE {where}").fetchall()[0]
        if not count and not masks:
            return checked, 0
        values = ", ".join(f"{masked(name, masks.get(name, {}))} AS {quote_identifier(name)}" for name in columns)
        stay = "true" if where is None else f"NOT coalesce({where}, false)"
        target = checked.path.with_suffix(".kept.parquet")
        left = write_parquet(db, f"SELECT {values} FROM {rows} WHERE {stay}", target)
    checked.path.unlink()
    return replace(checked, path=target, rows=left), int(count)


def has_address(column: str) -> str:
    """Return the condition for texts of a column that may hold an address."""
    return " OR ".join(f"{quote_identifier(column)} LIKE {quote_text(f'%{_like(mark)}%')} ESCAPE '!'" for mark in MARKS)


def masked(column: str, texts: Mapping[str, str]) -> str:
    """Return a column as an expression in which some texts are replaced."""
    name = quote_identifier(column)
    if not texts:
        return name
    cases = " ".join(f"WHEN {quote_text(old)} THEN {quote_text(new)}" for old, new in texts.items())
    return f"CASE {name} {cases} ELSE {name} END"


def _like(text: str) -> str:
    return text.replace("%", "!%")


def _masks(db: duckdb.DuckDBPyConnection, rows: str, checked: CheckedFile, erased: ErasedPeople) -> Masks:
    if not erased.people.addresses:
        return {}
    found = {}
    for field in checked.fields:
        if field.type is Type.TEXT:
            name = quote_identifier(field.column)
            texts = db.execute(f"SELECT DISTINCT {name} FROM {rows} WHERE {has_address(field.column)}").fetchall()
            changed = {text: new for (text,) in texts if (new := erased.without(text)) != text}
            if changed:
                found[field.column] = changed
    return found


def _learn(
    db: duckdb.DuckDBPyConnection, rows: str, table: str, columns: list[str], masks: Masks, erased: ErasedPeople
) -> None:
    if table == PROSPECTS and masks.get(ADDRESS):
        texts = ", ".join(map(quote_text, masks[ADDRESS]))
        ids = db.execute(f"SELECT id FROM {rows} WHERE {quote_identifier(ADDRESS)} IN ({texts})").fetchall()
        erased.add(People(prospects=frozenset(number for (number,) in ids)))
    elif table == VISITORS and PROSPECT_ID in columns:
        prospects = listed(erased.people.prospects)
        ids = db.execute(f"SELECT id FROM {rows} WHERE {PROSPECT_ID} IN ({prospects})").fetchall()
        erased.add(People(visitors=frozenset(number for (number,) in ids)))
