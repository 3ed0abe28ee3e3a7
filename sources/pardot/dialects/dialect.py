"""What a version of the API has to do for the rest of the client, which knows no version.

Rows come as records by the version's own field names; its catalogue says which column each name is. Exports are spoken
of in the words of version 5, whatever is sent: the ledger keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Protocol

from ..catalogue import Entry, Field
from ..errors import DataError
from ..redaction import redact

REFUSED_FIELD_CODES = frozenset({13, 51, 130, 153, 154, 180, 193, 224})
"""Answers to a field name that is unknown or not usable here; which one comes is not documented."""

Record = Mapping[str, object]
"""One row as a query delivers it: field name to value; an absent name is null."""


class Query(Protocol):
    """The rows of one object, page by page, in the order of their ids."""

    hides_rows: bool
    """Whether Pardot said that rows are left out because of this login's access rules."""

    def iter_pages(
        self, changed_since: datetime | None = None, *, above_id: int | None = None
    ) -> Iterator[list[Record]]:
        """Yield every page of the rows that changed since a moment, or of those above an id, recycle bin included."""


class ExportApi(Protocol):
    """The Export API; requests and answers have the keys of version 5."""

    def create(self, request: Mapping[str, object]) -> Mapping[str, object]:
        """Create an export; `id` and `createdAt`. One call, never repeated when its effect is not known."""

    def read(self, export_id: str) -> Mapping[str, object]:
        """Look at an export: `status`, `isExpired`, `resultRefs`. One call."""

    def describe(self, export_id: str) -> Mapping[str, object]:
        """Return what only a look at one export tells: `fields`, `legacyDateFormat`. One call."""

    def recent(self) -> Sequence[Mapping[str, object]]:
        """List exports, newest first: `id`, `status`, `procedure`, `isExpired`, `createdAt`. One call."""


class Dialect(Protocol):
    """One version of the API, spoken over a transport."""

    catalogue: Mapping[str, Entry]
    """The objects that this version has, by table."""
    exports: ExportApi

    def query(self, entry: Entry, fields: Sequence[str]) -> Query:
        """Return a query of some fields."""

    def takes(self, entry: Entry, names: Sequence[str]) -> bool:
        """Whether an object's query takes all these fields; one call, or none where refusals are not known."""

    def custom_fields(self, entry: Entry) -> tuple[Field, ...]:
        """Return the account's own fields that an object may have."""

    def oldest_at(self, entry: Entry) -> datetime | None:
        """Return when the oldest row of an object was created; None when nobody can tell."""

    def activity_time(self, *, newest: bool = False) -> str | None:
        """Return when a visitor activity was created, as the answer writes it; None when there is none. One call."""

    def account(self) -> Mapping[str, object]:
        """Return the account's counters of calls, `maximumDailyApiCalls` and `apiCallsUsed`, as far as it tells."""

    def parse_time(self, text: str) -> datetime:
        """Return the instant of a time in a record; the earlier one where the text may mean two.

        Raises:
            ValueError: it is no time.
        """


def readable_id(record: Record) -> int | None:
    """Return the id of a row; None where it has none that is a number.

    >>> readable_id({"id": "7"}), readable_id({"id": None}), readable_id({})
    (7, None, None)
    """
    try:
        return int(str(record.get("id")))
    except ValueError:
        return None


def greatest_id(page: Sequence[Record], above_id: int | None, table: str) -> int:
    """Return the greatest id of a page and insist that the walk goes upwards, or going on would skip rows.

    A row without a readable id says nothing of the order; it is set aside later, with its place and the reason.

    Raises:
        DataError: the order is another one, or no row of the page has an id.
    """
    ids = [number for record in page if (number := readable_id(record)) is not None]
    if not ids:
        raise DataError(
            "a page of rows", expected="an integer `id`", found=redact(repr(page[-1].get("id")))[:40], object_name=table
        )
    if (above_id is not None and ids[0] <= above_id) or any(a >= b for a, b in pairwise(ids)):
        raise DataError(
            "a page of rows",
            expected="rows in the order of their ids",
            found="ids out of order",
            object_name=table,
        )
    return ids[-1]
