"""Rows that Pardot no longer delivers: found by comparing ids, marked, never removed.

Nothing in the API tells of rows that were deleted for good. When everything of a stretch of time was read, a stored row
of that stretch that is missing is gone. It stays in its table with `purged_at` set, and `is_deleted` where the object
has that; should it turn up again, the row that was read takes its place.

An answer that lacks many rows more likely lacks rights than rows: it is believed only when the next one says the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from .catalogue import PURGED_AT, Entry
from .naming import quote_identifier, quote_text
from .reading.columns import LOAD_ID_COLUMN
from .windows import Window, api_time

MANY_ROWS = 10
MANY_SHARE = 0.1
"""More rows than these, and more than this share, are too many to be believed gone at first sight."""


@dataclass(frozen=True)
class Gone:
    """The stored rows that should have been read, counted."""

    missing: int
    stored: int

    @property
    def is_doubtful(self) -> bool:
        """Whether so many are missing that the answer itself is in doubt."""
        return self.is_incredible or (self.missing > MANY_ROWS and self.missing > self.stored * MANY_SHARE)

    @property
    def is_incredible(self) -> bool:
        """Whether nothing at all was read where there were rows: however often that is said, it means lost rights."""
        return self.missing == self.stored > 1


def select_counts(entry: Entry, dataset: str, ids: str, complete: Sequence[Window]) -> str:
    """Return a SELECT of two numbers: the rows missing from what was read, and the rows stored, in these windows.

    Args:
        ids: a SELECT of the ids that were read.
    """
    return (
        f"SELECT count(*) FILTER (WHERE {_is_missing(ids)}), count(*) "
        f"FROM {_table(entry, dataset)} AS m WHERE {_in_scope(complete)}"
    )


def select_marks(
    entry: Entry,
    dataset: str,
    columns: Iterable[str],
    ids: str,
    complete: Sequence[Window],
    *,
    at: datetime,
    load_id: str,
) -> str:
    """Return a SELECT of the missing rows as they are stored, marked as purged at a moment.

    Args:
        columns: the table's columns, dlt's own left out.
    """
    marks = {
        PURGED_AT.column: f"TIMESTAMPTZ {quote_text(api_time(at))}",
        "is_deleted": "true",
        LOAD_ID_COLUMN: quote_text(load_id),
    }
    names = [*columns, LOAD_ID_COLUMN]
    values = ", ".join(
        f"{marks.get(name, f'm.{quote_identifier(name)}')} AS {quote_identifier(name)}" for name in names
    )
    return f"SELECT {values} FROM {_table(entry, dataset)} AS m WHERE {_in_scope(complete)} AND {_is_missing(ids)}"


def _table(entry: Entry, dataset: str) -> str:
    return f"{quote_identifier(dataset)}.{quote_identifier(entry.table)}"


def _in_scope(complete: Sequence[Window]) -> str:
    """Return the condition for rows that the files must have; a row without a creation time is in no window."""
    alive = f"m.{quote_identifier(PURGED_AT.column)} IS NULL"
    if not complete:
        return alive
    windows = " OR ".join(
        f"(m.created_at >= TIMESTAMPTZ {quote_text(api_time(window.start_at))} "
        f"AND m.created_at < TIMESTAMPTZ {quote_text(api_time(window.end_at))})"
        for window in complete
        if window.end_at is not None
    )
    return f"{alive} AND ({windows})"


def _is_missing(ids: str) -> str:
    return f"m.id NOT IN ({ids})"
