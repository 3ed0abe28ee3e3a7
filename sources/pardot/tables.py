"""Typed columns -> rows of a destination's table: the last step before dlt takes over.

The first rows of a table DuckDB reads by a SELECT over our typed files (dlt's `model` files), so that no byte is
copied; few rows come as a Parquet file instead, because dlt parses the statement of a model several times, which costs
more than they. Every other destination receives Arrow tables of the same typed columns. All merge on `id`, and for
DuckDB what the table already has is left out before, piece by piece: an older copy never replaces a newer one, and a
row read again unchanged loads nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from .catalogue import PURGED_AT, Entry, Field, Type
from .erased import ErasedPeople
from .naming import quote_identifier, quote_text
from .reading.careful import RELIED_ON, CheckedFile, RejectedRow, variant_of
from .reading.cells import KEY
from .reading.columns import LOAD_ID_COLUMN, check, select_checked, select_ids
from .reading.left_out import leave_out
from .reading.text_files import TextFile

APPENDED_FROM_ROWS = 200_000
"""So many rows at least join an empty table without a merge, which would write them twice."""
ARROW_BATCH_ROWS = 50_000
FEW_ROWS = 10_000
"""So many rows at most go to DuckDB as a Parquet file, which dlt holds in memory while it loads it."""
MAX_ID = 2**63 - 1
PIECE_ROWS = 500_000
"""So many fetched rows are compared with the table at once, as their values fit the memory that a load may take."""
Piece = tuple[int, int] | None
"""The least and the greatest id of some rows; None for all."""


@dataclass(frozen=True)
class Destination:
    """What we must know about where rows go."""

    runs_models: bool
    """Whether it is a DuckDB on this machine, which can read our files by itself."""
    dataset: str
    folder: Path
    """Where model files and checked files wait until their load package is done."""
    has_row: Callable[[str], bool]
    """Whether a SELECT that the destination runs finds a row; True when it cannot tell, say for a missing table."""
    write: Callable[[str, Path], int | None] = lambda _select, _target: None
    """Writes the rows of a SELECT that the destination runs to a Parquet file and returns their number; None when it
    cannot run it, say for a column that the table is still to get."""


@dataclass(frozen=True)
class Delivery:
    """What was handed to dlt for one object, counted."""

    item: Any
    """A dlt item; None when there is nothing to load."""
    rows: int
    checked: CheckedFile | None = None
    """The account of the records; None of the further items of one file."""
    appended: bool = False
    """Whether the rows join the table without a merge, so that its keys must be checked once they are loaded."""
    erased: int = 0
    """Rows of people who were erased, which were left out."""

    @property
    def rejected(self) -> tuple[RejectedRow, ...]:
        """Every record that was set aside, and the first cells that went to the variant of their column."""
        return self.checked.rejected if self.checked else ()

    @property
    def set_aside(self) -> int:
        """How many records are not among the rows."""
        return self.checked.set_aside if self.checked else 0

    @property
    def widened(self) -> Mapping[str, int]:
        """Columns whose type did not take all texts, and how many cells of each."""
        return self.checked.widened if self.checked else {}


def table_hints(entry: Entry, fields: Sequence[Field], *, append: bool = False) -> Any:
    """Return what dlt is to know of a table with each item: every column of its object, and further ones of a fetch.

    With each item, not once for each resource: of a resource's columns dlt writes a description at every extraction,
    also where there is nothing to load.
    """
    import dlt

    columns = column_hints((*entry.fields, PURGED_AT)) | column_hints(fields)
    return dlt.mark.make_hints(columns=columns, primary_key=KEY, write_disposition=write_disposition(append=append))


def column_hints(fields: Sequence[Field]) -> Any:
    """Return dlt's column hints: every column with its type, the key not nullable."""
    hints = {
        field.column: {"name": field.column, "data_type": field.type.value, "nullable": field.column != KEY}
        for field in fields
    }
    if "updated_at" in hints:
        hints["updated_at"]["dedup_sort"] = "desc"  # of two versions in one load the newer one stays
    hints[LOAD_ID_COLUMN] = {"name": LOAD_ID_COLUMN, "data_type": "text", "nullable": True}
    return hints


def write_disposition(*, append: bool = False) -> Any:
    """Return how rows join the table; delete-insert keeps its cost independent of the table's size."""
    return {"disposition": "append"} if append else {"disposition": "merge", "strategy": "delete-insert"}


def kept_columns(stored: Iterable[str], fields: Sequence[Field]) -> tuple[str, ...]:
    """Return the columns that a table has and a fetch lacks; dlt's own left out.

    A custom field that was deleted, or a field that Pardot refuses by now, is no reason to lose what it held.
    """
    fetched = {field.column for field in fields}
    return tuple(column for column in stored if column not in fetched and not column.startswith("_dlt_"))


def stored_variants_of(fields: Sequence[Field], stored: Collection[str]) -> tuple[Field, ...]:
    """Return the variants of fields that a table has a column for, because a cell did not fit at some time."""
    variants = (variant_of(field) for field in fields if field.type is not Type.TEXT)
    return tuple(variant for variant in variants if variant.column in stored)


def select_news(
    select: str,
    entry: Entry,
    fields: Sequence[Field],
    dataset: str,
    *,
    into_empty: bool,
    kept: Sequence[str] = (),
    among: Piece = None,
) -> str:
    """Return a SELECT over fetched rows less those that the table already has, or has a newer version of.

    Args:
        among: the least and the greatest id of the rows to look at; all by default.
        kept: columns that the fetch lacks; a row that replaces another takes over what stands there.
        into_empty: the table is empty and rows are appended. Then the only guard is that it still is, which makes
            the statement safe to run again after a kill between its commit and dlt's mark.
    """
    names = [quote_identifier(field.column) for field in fields]
    table = f"{quote_identifier(dataset)}.{quote_identifier(entry.table)}"
    columns = ", ".join(f"f.{name} AS {name}" for name in [*names, quote_identifier(LOAD_ID_COLUMN)])
    if into_empty:
        return f"SELECT {columns} FROM ({select}) AS f WHERE NOT EXISTS (SELECT 1 FROM {table})"
    columns += "".join(f", m.{name} AS {name}" for name in map(quote_identifier, kept))
    piece = f" WHERE id BETWEEN {among[0]} AND {among[1]}" if among else ""
    return (
        f"SELECT {columns} FROM (SELECT * FROM ({select}){piece}) AS f "
        f"LEFT JOIN (SELECT * FROM {table}{piece}) AS m ON m.id = f.id "  # the table has one row per id
        f"WHERE m.id IS NULL OR ({_same_or_newer(entry, names)}) IS NOT TRUE"
    )


def _same_or_newer(entry: Entry, names: Sequence[str]) -> str:
    """Return the condition under which the stored row `m` makes the fetched row `f` superfluous."""
    stored = ", ".join(f"m.{name}" for name in names)
    fetched = ", ".join(f"f.{name}" for name in names)
    same = f"ROW({stored}) IS NOT DISTINCT FROM ROW({fetched})"
    if not entry.has_updated_at:
        return same
    # On a wall clock that was set back, a later time may read as an earlier one.
    slack = " + INTERVAL 1 HOUR" if entry.times_are_local else ""
    return f"m.updated_at > f.updated_at{slack} OR (m.updated_at IS NOT DISTINCT FROM f.updated_at AND {same})"


def deliver(
    entry: Entry,
    fields: Sequence[Field],
    files: Sequence[TextFile],
    destination: Destination,
    *,
    load_id: str,
    time_zone: str | None,
    is_empty: bool,
    kept: Sequence[str] = (),
    erased: ErasedPeople | None = None,
) -> Iterator[Delivery]:
    """Hand the rows of the files to dlt and yield the items together with their account.

    Args:
        is_empty: the table holds no row yet; only then are rows appended instead of merged, and only many.
        kept: columns whose stored values outlive the fetch; only DuckDB can take them over. A variant of a fetched
            column is none of them: it is delivered again, so that a value that fits again clears it.
        erased: people whose rows are left out.

    Raises:
        DataError: rows cannot be read, and setting them aside would lose more than a few.
    """
    import dlt

    stem = f"{entry.table}-{load_id}"
    destination.folder.mkdir(parents=True, exist_ok=True)
    stored_variants = stored_variants_of(fields, kept)
    fields = (*fields, *stored_variants)
    target = destination.folder / f"{stem}.parquet"
    relied_on = RELIED_ON | {entry.changed_column}
    checked = check(files, fields, target, table=entry.table, time_zone=time_zone, relied_on=relied_on)
    checked, left_out = (checked, 0) if erased is None else leave_out(checked, entry.table, erased)
    fields, rows = checked.fields, checked.rows
    select = select_checked(checked.path, fields, load_id=load_id)
    append = destination.runs_models and is_empty and rows >= APPENDED_FROM_ROWS
    hints = table_hints(entry, fields, append=append)
    if not destination.runs_models:
        yield Delivery(None, rows, checked, erased=left_out)
        for table in _arrow_tables(select):
            yield Delivery(dlt.mark.with_hints(table, hints), 0)
        return
    kept = [column for column in kept if column not in {variant.column for variant in stored_variants}]
    news = partial(select_news, select, entry, fields, destination.dataset, into_empty=append, kept=kept)
    if append:
        item = model_item(destination, stem, news(), rows, hints)
    elif is_empty:  # the table is created with no rows, too
        item = rows_item(destination, stem, select, rows, hints, even_none=True)
    else:
        item = _news_item(destination, stem, news, checked, kept, hints)
    yield Delivery(item, rows, checked, append, left_out)


def _news_item(
    destination: Destination, stem: str, news: Callable[..., str], checked: CheckedFile, kept: Sequence[str], hints: Any
) -> Any:
    """Return a dlt item of the fetched rows that the table lacks, compared with it piece by piece; None for none."""
    import dlt

    files, written = list[Path](), 0
    for number, piece in enumerate(_pieces(checked)):
        target = destination.folder / f"{stem}-{number}.parquet"
        found = destination.write(news(among=piece), target)
        if found is None:
            return rows_item(destination, stem, news(), checked.rows, hints)
        if found:
            files.append(target)
            written += found
    if not files:
        return None
    if len(files) == 1 and written <= FEW_ROWS:
        return dlt.mark.with_file_import(str(files[0]), "parquet", written, hints)
    names = [*(field.column for field in checked.fields), LOAD_ID_COLUMN, *kept]
    columns = ", ".join(f"{name} AS {name}" for name in map(quote_identifier, names))
    listed = ", ".join(quote_text(str(file)) for file in files)
    return rows_item(destination, stem, f"SELECT {columns} FROM read_parquet([{listed}])", written, hints)


def _pieces(checked: CheckedFile) -> Iterator[Piece]:
    """Yield the ids between which there are at most `PIECE_ROWS` rows, unless an id stands several times."""
    if checked.rows <= PIECE_ROWS:
        yield None
        return
    import duckdb

    with duckdb.connect(":memory:") as db:
        ids = f"SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM ({select_ids(checked)})"
        starts = db.execute(f"SELECT DISTINCT id FROM ({ids}) WHERE place % {PIECE_ROWS} = 0 ORDER BY id").fetchall()
    for (start,), (following,) in pairwise([*starts, (MAX_ID + 1,)]):
        yield int(start), int(following) - 1


def rows_item(
    destination: Destination, stem: str, select: str, rows: int, hints: Any, *, even_none: bool = False
) -> Any:
    """Return a dlt item of the rows that a SELECT finds in the destination; None where it finds none.

    Args:
        rows: how many there are at most.
        even_none: whether no rows are an item as well, so that the table is created.
    """
    import dlt

    target = destination.folder / f"{stem}-rows.parquet"
    is_few = rows <= FEW_ROWS
    written = destination.write(select, target) if is_few else None
    if written:
        return dlt.mark.with_file_import(str(target), "parquet", written, hints)
    # To ask whether the SELECT finds any of many rows costs as much as to run it.
    if even_none or not is_few or (written is None and destination.has_row(f"{select} LIMIT 1")):
        return model_item(destination, stem, select, rows, hints)
    return None


def model_item(destination: Destination, stem: str, select: str, rows: int, hints: Any) -> Any:
    """Return a dlt item of which the destination makes rows by running a SELECT when it loads."""
    import dlt

    destination.folder.mkdir(parents=True, exist_ok=True)
    model = destination.folder / f"{stem}.model"
    model.write_text(f"dialect: duckdb\n{select}\n", encoding="utf-8")
    return dlt.mark.with_file_import(str(model), "model", rows, hints)


def _arrow_tables(select: str) -> Iterator[Any]:
    import duckdb
    import pyarrow as pa

    with duckdb.connect(":memory:") as db:
        db.execute("SET TimeZone = 'UTC'")
        for batch in db.sql(select).to_arrow_reader(ARROW_BATCH_ROWS):
            if batch.num_rows:
                key = batch.schema.get_field_index(KEY)
                schema = batch.schema.set(key, batch.schema.field(key).with_nullable(False))
                yield pa.Table.from_batches([batch]).cast(schema)
