"""Few rows by query in place of an export: the same rows and values, or a refusal to deliver them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .catalogue import Entry, Field
from .dialects.dialect import Query, Record
from .errors import DataError

MORE_THAN_FEW = 3
"""A query that finds so many times the rows that are few is given up for an export."""


class TooManyRowsError(DataError):
    """A query finds so many rows that an export is the cheaper way after all."""


def like_exported(
    pages: Iterable[list[Record]], query: Query, entry: Entry, fields: Sequence[Field], few_rows: int
) -> Iterator[list[Record]]:
    """Yield the pages of a query with the rows as an export has them.

    An export writes NULL and the empty text alike. That queries and exports have the same fields is documented for the
    object as a whole, not for each field; so every record must have them all, and no row may be hidden.

    Raises:
        DataError: an export may deliver what this query does not.
        TooManyRowsError: there are many more rows than expected.
    """
    names, rows = [field.name for field in fields if field.is_asked], 0
    for page in pages:
        rows += len(page)
        if rows > MORE_THAN_FEW * few_rows:
            raise TooManyRowsError(
                "the rows", expected=f"{few_rows} or fewer", found=f"{rows}", object_name=entry.table
            )
        for record in page:
            lacking = next((name for name in names if name not in record), None)
            if lacking is not None:
                raise DataError("a row", expected=f"the field {lacking}", found="none", object_name=entry.table)
        yield [{name: None if value == "" else value for name, value in record.items()} for record in page]
    if query.hides_rows:
        raise DataError("the rows", expected="all that there are", found="hidden ones", object_name=entry.table)
