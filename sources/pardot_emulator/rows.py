"""Ways into the store that the made-up company needs: ids handed out ahead, rows gathered into batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from pardot_emulator.activity import Row
from pardot_emulator.schema import COLLECTIONS
from pardot_emulator.store import Store, Value

FIRST_IDS: Mapping[str, int] = MappingProxyType(
    {
        "account": 1,
        "users": 101,
        "folders": 201,
        "tracker-domains": 301,
        "campaigns": 1_001,
        "lists": 2_001,
        "email-templates": 3_001,
        "list-emails": 4_001,
        "layout-templates": 5_001,
        "forms": 5_101,
        "form-fields": 5_301,
        "form-handlers": 6_001,
        "form-handler-fields": 6_201,
        "landing-pages": 7_001,
        "custom-redirects": 8_001,
        "files": 9_001,
        "dynamic-contents": 9_301,
        "dynamic-content-variations": 9_401,
        "engagement-studio-programs": 9_501,
        "custom-fields": 9_601,
        "lifecycle-stages": 9_701,
        "tags": 9_801,
        "folder-contents": 10_001,
        "bulk-actions": 10_901,
        "prospect-accounts": 100_001,
        "opportunities": 300_001,
        "tagged-objects": 500_001,
        "external-activities": 800_001,
        "prospects": 1_000_001,
        "lifecycle-histories": 2_000_001,
        "lifecycle-stage-prospects": 4_000_001,
        "visitors": 5_000_001,
        "list-memberships": 8_000_001,
        "visits": 20_000_001,
        "emails": 50_000_001,
        "visitor-page-views": 100_000_001,
        "visitor-activities": 500_000_001,
    }
)
"""Where the ids of each collection begin: apart, so that a join on the wrong id finds nothing."""

_BATCH_ROWS = 10_000


def first_free_id(store: Store, collection: str) -> int:
    """Return the id that the next new row of a collection gets."""
    return max(store.next_id(collection), FIRST_IDS[collection])


def add_rows(store: Store, collection: str, rows: Iterable[Mapping[str, Value]]) -> list[int]:
    """Store new rows under new ids, outside of the recycle bin unless they say otherwise; return the ids."""
    free = first_free_id(store, collection)
    bin_column = COLLECTIONS[collection].recycled_column
    outside: dict[str, Value] = {bin_column: False} if bin_column else {}
    numbered = [{"id": free + place, **outside, **row} for place, row in enumerate(rows)]
    store.insert(collection, numbered)
    return [free + place for place in range(len(numbered))]


class Sink:
    """Gathers new rows of one collection and stores them in batches, to keep memory small."""

    def __init__(self, store: Store, collection: str, columns: Sequence[str]) -> None:
        self._store = store
        self._collection = collection
        bin_column = COLLECTIONS[collection].recycled_column
        self._tail: Row = (0,) if bin_column and bin_column not in columns else ()
        self._columns = ("id", *columns, *((bin_column,) if self._tail and bin_column else ()))
        self._batch: list[Row] = []
        self.next_id = first_free_id(store, collection)

    def add(self, row: Row) -> int:
        """Take one row without its id, and return the id it gets."""
        row_id = self.next_id
        self.next_id = row_id + 1
        self._batch.append((row_id, *row, *self._tail))
        if len(self._batch) >= _BATCH_ROWS:
            self.flush()
        return row_id

    def add_all(self, rows: Sequence[Row]) -> None:
        """Take many rows without their ids."""
        tail = self._tail
        self._batch.extend([(row_id, *row, *tail) for row_id, row in enumerate(rows, self.next_id)])
        self.next_id += len(rows)
        if len(self._batch) >= _BATCH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Store what has been gathered."""
        self._store.insert_tuples(self._collection, self._columns, self._batch)
        self._batch.clear()
