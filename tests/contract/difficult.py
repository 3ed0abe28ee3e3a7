"""Rows that break careless connectors, for every collection of the emulator's account and for files made by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from kit import END

from pardot.catalogue import CATALOGUE, Entry, Field, Type
from pardot.reading.csv_files import ResultFileWriter
from pardot.reading.pages import write_pages
from pardot.reading.text_files import PageFile, TextFile
from pardot_emulator.hostile import HOSTILE_TEXTS
from pardot_emulator.schema import Kind
from pardot_emulator.store import Store, Value

LONG_TEXT = "200 kB of 'text', with \"quotes\"\n" * 6_500
TEXTS: Mapping[str, str] = {**HOSTILE_TEXTS, "200 kB": LONG_TEXT}
SAMPLES: Mapping[Kind, Value] = {
    "int": 7,
    "number": 1.5,
    "str": "filled in",
    "bool": True,
    "datetime": END - timedelta(days=1),
    "list": '["filled in"]',
    "object": '{"is": "filled in"}',
}
"""A value of every kind that the emulator's store knows."""
BIGGEST, SMALLEST = (1 << 63) - 1, -(1 << 63)
NAMES_OF_FIELDS = ("fieldId", "apiFieldId")
"""Texts of `custom_fields` that name fields of other objects, so that whatever stands there is asked for."""


def fill_gaps(store: Store) -> None:
    """Give one row of each collection a value in every field that the made-up company leaves empty."""
    for entry in CATALOGUE.values():
        row = next(store.rows(entry.collection))
        kinds = store.columns(entry.collection)
        filled = {
            field.name: SAMPLES[kinds[field.name]]
            for field in entry.fields
            if field.name in kinds and not store.count(entry.collection, f'"{field.name}" IS NOT NULL')
        }
        if filled:
            store.update(entry.collection, int(str(row["id"])), **filled)


def add_difficult_rows(store: Store) -> None:
    """Add to each collection a row per difficult text, in every text column, and rows of nothing and of extremes.

    A single object is no place for them.
    """
    for entry in CATALOGUE.values():
        if entry.is_single:
            continue
        kinds = store.columns(entry.collection)
        stamps: dict[str, Value] = {
            name: END - timedelta(days=3) for name in ("createdAt", "updatedAt", "sentAt") if name in kinds
        }
        texts = [name for name in text_columns(entry) if kinds[name] == "str"]
        numbers = [name for name, kind in kinds.items() if kind == "int" and name != "id"]
        rows: list[dict[str, Value]] = [dict.fromkeys(texts, text) for text in TEXTS.values()]
        rows += [{}, dict.fromkeys(numbers, BIGGEST), dict.fromkeys(numbers, SMALLEST)]
        number = store.next_id(entry.collection)
        store.insert(entry.collection, ({"id": number + n, **stamps, **row} for n, row in enumerate(rows)))


def text_columns(entry: Entry) -> list[str]:
    """Return the fields of an object in which any text may stand."""
    fields = [field.name for field in entry.fields if field.type is Type.TEXT]
    return [name for name in fields if entry.table != "custom_fields" or name not in NAMES_OF_FIELDS]


def asked(entry: Entry) -> list[Field]:
    """Return the fields that are asked for by name."""
    return [field for field in entry.fields if field.is_asked]


def as_result_file(entry: Entry, rows: Iterable[Mapping[str, str]], path: Path, *, missing: str = "") -> TextFile:
    """Write rows as the result file of an export, through the client's own check of files.

    Args:
        missing: a field that the file lacks.
    """
    names = [field.name for field in asked(entry) if field.name != missing]
    records = [names, *([row.get(name, "") for name in names] for row in rows)]
    text = "".join(",".join(map(_cell, record)) + "\n" for record in records)
    target = ResultFileWriter(path.with_suffix(".csv"), [field.name for field in asked(entry)], table=entry.table)
    target.write(text.encode())
    return target.finish()


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in '",\r\n') else text


def as_pages(entry: Entry, rows: Iterable[Mapping[str, object]], path: Path) -> PageFile:
    """Write rows as the pages of a query."""
    pages: Iterator[list[Mapping[str, object]]] = iter([[row] for row in rows])
    return write_pages(pages, asked(entry), path.with_suffix(".pages.parquet"), lambda _rows: None)
