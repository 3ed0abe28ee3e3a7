"""Counts what a day did to a store by comparing each touched row with what it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from pardot_emulator.rows import FIRST_IDS, first_free_id
from pardot_emulator.store import Store, Value


@dataclass(frozen=True)
class DayChanges:
    """Exact counts of what differs after a day, by collection; those without any are left out."""

    new: Mapping[str, int]
    """Ids that did not exist before and exist after."""
    changed: Mapping[str, int]
    """Ids that existed before and after with different values; however often they changed, once."""
    purged: Mapping[str, int]
    """Ids that existed before and are gone without a trace."""


class Changes:
    """The way to change rows that exist: remembers what they were.

    New rows go into the store directly, under ids above all earlier ones, and are counted by that.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._first_new = {collection: first_free_id(store, collection) for collection in FIRST_IDS}
        self._before: dict[tuple[str, int], dict[str, Value]] = {}
        self._purged: set[tuple[str, int]] = set()

    def is_new(self, collection: str, row_id: int) -> bool:
        """Say whether a row came into being since the counting began."""
        return row_id >= self._first_new[collection]

    def update(self, collection: str, row_id: int, **values: Value) -> None:
        """Change some values of a row that exists.

        Raises:
            ValueError: `updatedAt` is not among the values, so that no reader could find out about the
            change. KeyError: no row has this id.
        """
        if "updatedAt" not in values:
            raise ValueError(f"A change of {collection} {row_id} needs an updatedAt that it can be found by.")
        self.update_unseen(collection, row_id, **values)

    def update_unseen(self, collection: str, row_id: int, **values: Value) -> None:
        """Change some values of a row that exists, and leave its `updatedAt` as it is unless it is among them.

        Raises:
            KeyError: no row has this id.
        """
        key = (collection, row_id)
        if not self.is_new(collection, row_id) and key not in self._before:
            before = self._store.get(collection, row_id)
            if before is None:
                raise KeyError(f"{collection} has no row {row_id}")
            self._before[key] = before
        self._store.update(collection, row_id, **values)

    def purge(self, collection: str, row_id: int) -> None:
        """Remove a row for good."""
        if not self.is_new(collection, row_id):
            self._purged.add((collection, row_id))
            self._before.pop((collection, row_id), None)
        self._store.purge(collection, row_id)

    def result(self) -> DayChanges:
        """Return what differs between now and the beginning."""
        new = {
            collection: self._store.count(collection, "id >= ?", (first,))
            for collection, first in self._first_new.items()
        }
        changed = Counter(
            collection
            for (collection, row_id), before in self._before.items()
            if _without_nulls(self._store.get(collection, row_id)) != _without_nulls(before)
        )
        purged = Counter(collection for collection, _ in self._purged)
        return DayChanges({name: count for name, count in new.items() if count}, dict(changed), dict(purged))


def _without_nulls(row: Mapping[str, Value] | None) -> dict[str, Value]:
    """Return a row without its empty columns: a new custom field changes only the rows that have it."""
    return {name: value for name, value in (row or {}).items() if value is not None}
