"""Rows whose fields came in several exports, because one export cannot name all of them: put together again.

A row that changed between two of these exports would be of no version that ever was. It is told by the time of its last
change, which every part has, and left out: the next run begins where the first of the exports ended, and reads it anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..catalogue import Field
from ..naming import VARIANT_SUFFIX, quote_identifier, quote_text
from .careful import CheckedFile, spilling_database, write_parquet
from .cells import KEY
from .text_files import TextFile


def parts_of(files: Sequence[TextFile], fields: Sequence[Field]) -> list[list[TextFile]]:
    """Return files by the fields that they have, of those that were asked for."""
    asked = {field.name for field in fields if field.is_asked}
    parts: dict[frozenset[str], list[TextFile]] = {}
    for file in files:
        parts.setdefault(frozenset(asked.intersection(file.header)), []).append(file)
    return list(parts.values())


def fields_of(part: Sequence[TextFile], fields: Sequence[Field], *, is_first: bool) -> list[Field]:
    """Return the fields that a part has, with their variants; the first one has what no file has, too."""
    header = {name for file in part for name in file.header}
    columns = {field.column for field in fields if field.name in header}
    bases = {field.column for field in fields if field.is_asked}

    def belongs(field: Field) -> bool:
        base = field.column.removesuffix(VARIANT_SUFFIX)
        return field.column in columns or (not field.is_asked and (base in columns if base in bases else is_first))

    return [field for field in fields if belongs(field)]


def put_together(parts: Sequence[CheckedFile], target: Path) -> CheckedFile:
    """Return the rows that all parts have in the same version, each id once, as one typed file."""
    first, *others = parts
    columns = {field.column: f"p0.{quote_identifier(field.column)}" for field in first.fields}
    shared = set(columns).intersection(*({field.column for field in part.fields} for part in others))
    joins = [f"{_rows(first)} AS p0"]
    for number, part in enumerate(others, start=1):
        same = " AND ".join(
            f"p{number}.{name} IS NOT DISTINCT FROM p0.{name}" for name in map(quote_identifier, sorted(shared))
        )
        joins.append(f"JOIN {_rows(part)} AS p{number} ON p{number}.id = p0.id AND {same}")
        columns |= {
            field.column: f"p{number}.{quote_identifier(field.column)}"
            for field in part.fields
            if field.column not in shared
        }
    fields = {field.column: field for part in parts for field in part.fields}
    values = ", ".join(f"{value} AS {quote_identifier(name)}" for name, value in columns.items())
    newest = ", ".join(f"p0.{quote_identifier(name)} DESC NULLS LAST" for name in sorted(shared))
    select = (
        f"SELECT {values} FROM {' '.join(joins)} QUALIFY row_number() OVER (PARTITION BY p0.id ORDER BY {newest}) = 1"
    )
    with spilling_database(target.with_suffix(".spill")) as db:
        rows = write_parquet(db, select, target)
        ids = " UNION ".join(f"SELECT {KEY} FROM {_rows(part)}" for part in parts)
        ((seen,),) = db.execute(f"SELECT count(*) FROM ({ids})").fetchall()
    return CheckedFile(
        target,
        tuple(fields[column] for column in columns),
        rows,
        rejected=tuple(row for part in parts for row in part.rejected),
        widened={column: cells for part in parts for column, cells in part.widened.items()},
        parts=tuple(part.path for part in parts),
        torn=int(seen) - rows,
    )


def _rows(part: CheckedFile) -> str:
    return f"read_parquet([{quote_text(str(part.path))}])"
