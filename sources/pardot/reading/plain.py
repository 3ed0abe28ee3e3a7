"""The fast way of reading result files: Arrow's reader, for files whose text can be read in one way only.

Every reader of CSV makes the same cells of a plain file (`ResultFile.is_plain`). Of a cell Arrow takes only what says
the value of its column's type exactly; whatever it refuses is left to the ways that judge cells one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from ..catalogue import Field, Type
from .cells import KEY
from .csv_files import ResultFile

BLOCK_BYTES: Final = 4 * 1024 * 1024
"""What is read at once; a record of several such blocks is refused."""
_TYPES: Final = {
    Type.BIGINT: pa.int64(),
    Type.BOOLEAN: pa.bool_(),
    Type.DOUBLE: pa.float64(),
    Type.TEXT: pa.string(),
    Type.TIMESTAMP: pa.timestamp("us", tz="UTC"),
}


def write_plain(files: Sequence[ResultFile], fields: Sequence[Field], target: Path) -> int | None:
    """Write the rows of plain result files to a Parquet file of typed columns.

    Returns:
        How many there are; None when a record or a cell cannot be read so, and then the file is of no use.
    """
    schema = pa.schema([pa.field(field.column, _TYPES[field.type]) for field in fields])
    rows = 0
    try:
        with pq.ParquetWriter(target, schema, compression="lz4", use_dictionary=False, write_statistics=[KEY]) as out:
            for batch in _ahead(batch for file in files if file.rows for batch in _batches(file, fields)):
                if not _is_sound(batch, fields):
                    return None
                out.write_batch(_with_all(batch, fields, schema))
                rows += batch.num_rows
    except pa.ArrowInvalid:
        return None
    finally:
        pa.default_memory_pool().release_unused()  # else it adds to what the load needs
    return rows


def _batches(file: ResultFile, fields: Sequence[Field]) -> Iterator[pa.RecordBatch]:
    from pyarrow import csv

    yield from csv.open_csv(
        file.path,
        csv.ReadOptions(column_names=file.header, skip_rows=1, block_size=BLOCK_BYTES),
        csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types={field.name: _TYPES[field.type] for field in fields},
            include_columns=[field.name for field in fields if field.name in file.header],
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )


def _ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the same, and have the next one read meanwhile: Arrow reads and writes without the interpreter's lock."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = reader.submit(next, batches, None)
            yield batch


def _is_sound(batch: pa.RecordBatch, fields: Sequence[Field]) -> bool:
    """Whether every row has a key, and every number with a fraction is finite."""
    read = [field for field in fields if field.name in batch.schema.names]
    if any(batch.column(field.name).null_count for field in read if field.name == KEY):
        return False
    numbers = [batch.column(field.name) for field in read if field.type is Type.DOUBLE]
    if not numbers:
        return True
    from pyarrow.compute import all as all_of
    from pyarrow.compute import is_finite

    return all(all_of(is_finite(column)).as_py() is not False for column in numbers)


def _with_all(batch: pa.RecordBatch, fields: Sequence[Field], schema: pa.Schema) -> pa.RecordBatch:
    """Return the batch with a column for each field, of nothing where the file has none."""
    names = set(batch.schema.names)
    columns = [
        batch.column(field.name) if field.name in names else pa.nulls(batch.num_rows, _TYPES[field.type])
        for field in fields
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
