"""Typed columns -> rows of a destination's table: the last step before dlt takes over.

DuckDB runs a SELECT over our local files itself (dlt's `model` files), so that each byte is read once; every other
destination receives Arrow tables of the same typed columns. Both merge on `id`, and for DuckDB the SELECT leaves out
what the table already has: an older copy never replaces a newer one, and a row read again unchanged loads nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .catalogue import Entry, Field, Type
from .columns import LOAD_ID_COLUMN, CheckedFile, RejectedRow, TextFile, check, select_checked, select_strict
from .csv_files import sync_folder
from .naming import quote_identifier

STRICT_FROM_BYTES = 64 * 1024 * 1024
"""Files from this size on are read by the destination itself, cell checks included; smaller ones are checked first."""
ARROW_BATCH_ROWS = 50_000
KEY = "id"
REJECTED_ROWS_TABLE = "rejected_rows"
REJECTED_ROWS_COLUMNS = (
    Field("id", Type.TEXT),
    Field("object", Type.TEXT),
    Field("source", Type.TEXT),
    Field("file", Type.TEXT),
    Field("line", Type.BIGINT),
    Field("reason", Type.TEXT),
    Field("raw_text", Type.TEXT),
    Field("rejected_at", Type.TIMESTAMP),
)


@dataclass(frozen=True)
class Destination:
    """What we must know about where rows go."""

    runs_models: bool
    """Whether it is a DuckDB on this machine, which can read our files by itself."""
    dataset: str
    folder: Path
    """Where model files and checked files wait until their load package is done."""
    reads_strictly: bool = True
    """Whether large files may be read by the destination without a check before; off after it refused one."""


@dataclass(frozen=True)
class Delivery:
    """What was handed to dlt for one object, counted."""

    item: Any
    """A dlt item; None when there is nothing to load."""
    rows: int
    rejected: tuple[RejectedRow, ...]
    checked: CheckedFile | None
    appended: bool = False
    """Whether the rows join the table without a merge, so that its keys must be checked once they are loaded."""


def column_hints(fields: Sequence[Field]) -> Any:
    """Return dlt's column hints: every column with its type, the key not nullable."""
    hints = {
        field.column: {"name": field.column, "data_type": field.type.value, "nullable": field.column != KEY}
        for field in fields
    }
    hints[LOAD_ID_COLUMN] = {"name": LOAD_ID_COLUMN, "data_type": "text", "nullable": True}
    return hints


def write_disposition(*, append: bool = False) -> Any:
    """Return how rows join the table; delete-insert keeps its cost independent of the table's size."""
    return {"disposition": "append"} if append else {"disposition": "merge", "strategy": "delete-insert"}


def reads_strictly(files: Sequence[TextFile], destination: Destination) -> bool:
    """Whether the destination reads these files itself: it can, it has not refused before, and they are large."""
    size = sum(file.path.stat().st_size for file in files)
    return destination.runs_models and destination.reads_strictly and size >= STRICT_FROM_BYTES


def model_text(select: str, entry: Entry, fields: Sequence[Field], dataset: str, *, into_empty: bool) -> str:
    """Return the text of a dlt model file: the SELECT, less the rows that the table already has.

    Args:
        into_empty: the table is empty and rows are appended. Then the only guard is that it still is, which makes
            the statement safe to run again after a kill between its commit and dlt's mark.
    """
    names = [quote_identifier(field.column) for field in fields]
    table = f"{quote_identifier(dataset)}.{quote_identifier(entry.table)}"
    columns = ", ".join(f"f.{name} AS {name}" for name in [*names, quote_identifier(LOAD_ID_COLUMN)])
    if into_empty:
        guard = f"NOT EXISTS (SELECT 1 FROM {table})"
    else:
        guard = f"NOT EXISTS (SELECT 1 FROM {table} AS m WHERE m.id = f.id AND ({_same_or_newer(entry, names)}))"
    return f"dialect: duckdb\nSELECT {columns} FROM ({select}) AS f WHERE {guard}\n"


def _same_or_newer(entry: Entry, names: Sequence[str]) -> str:
    """Return the condition under which the stored row `m` makes the fetched row `f` superfluous."""
    stored = ", ".join(f"m.{name}" for name in names)
    fetched = ", ".join(f"f.{name}" for name in names)
    same = f"ROW({stored}) IS NOT DISTINCT FROM ROW({fetched})"
    if not entry.has_updated_at:
        return same
    return f"m.updated_at > f.updated_at OR (m.updated_at IS NOT DISTINCT FROM f.updated_at AND {same})"


def deliver(
    entry: Entry,
    fields: Sequence[Field],
    files: Sequence[TextFile],
    destination: Destination,
    *,
    load_id: str,
    time_zone: str | None,
    is_empty: bool,
) -> Iterator[Delivery]:
    """Hand the rows of the files to dlt and yield the items together with their account.

    Args:
        is_empty: the table holds no row yet; only then are rows appended instead of merged, and only large files.

    Raises:
        DataError: too many rows cannot be read.
    """
    import dlt

    strict = reads_strictly(files, destination)
    stem = destination.folder / f"{entry.table}-{load_id}"
    append = strict and is_empty
    hints = dlt.mark.make_hints(
        columns=column_hints(fields), primary_key=KEY, write_disposition=write_disposition(append=append)
    )
    if strict:
        select = select_strict(files, fields, load_id=load_id, time_zone=time_zone)
        checked, rows = None, sum(file.rows for file in files)
    else:
        checked = check(files, fields, stem.with_suffix(".parquet"), table=entry.table, time_zone=time_zone)
        select = select_checked(checked.path, fields, load_id=load_id)
        rows = checked.rows
    rejected = checked.rejected if checked else ()
    if not destination.runs_models:
        yield Delivery(None, rows, rejected, checked)
        for table in _arrow_tables(select):
            yield Delivery(dlt.mark.with_hints(table, hints), 0, (), None)
        return
    if not rows and not is_empty:
        yield Delivery(None, 0, rejected, checked)
        return
    model = stem.with_suffix(".model")
    model.write_text(model_text(select, entry, fields, destination.dataset, into_empty=append), encoding="utf-8")
    item = dlt.mark.with_file_import(str(model), "model", rows, hints)
    yield Delivery(item, rows, rejected, checked, append)


def _arrow_tables(select: str) -> Iterator[Any]:
    import duckdb
    import pyarrow as pa

    with duckdb.connect(":memory:") as db:
        db.execute("SET TimeZone = 'UTC'")
        for batch in db.sql(select).to_arrow_reader(ARROW_BATCH_ROWS):
            if batch.num_rows:
                yield pa.Table.from_batches([batch])


def keep_rejected(rejected: Sequence[RejectedRow], folder: Path, *, table: str, source: str, at: str) -> Path:
    """Write rejected rows to a durable file of their own, from which the `rejected_rows` resource loads them."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{table}-{at.replace(':', '')}.jsonl"
    with target.open("w", encoding="utf-8") as file:
        for row in rejected:
            facts = {"object": table, "source": source, **asdict(row), "rejected_at": at}
            key = json.dumps([facts[name] for name in ("object", "file", "line", "reason", "raw_text")])
            file.write(json.dumps({"id": hashlib.sha256(key.encode()).hexdigest()[:32], **facts}) + "\n")
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder)
    return target
