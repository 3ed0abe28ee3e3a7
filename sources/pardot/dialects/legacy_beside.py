"""Version 5 with the objects that only version 4 has beside it, for accounts whose API user's time zone is known.

Source: Account Engagement API v5 overview (objects) and version 4 pages "Querying Email Clicks" and "Querying Email
Stats", which have no counterpart in version 5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ..catalogue import Entry, Field
from .dialect import Dialect, Query
from .legacy_catalogue import ONLY_LEGACY

BESIDE: Mapping[str, Entry] = {each.entry.table: each.entry for each in ONLY_LEGACY}


class WithLegacyObjects:
    """Speak version 5, and version 4 about what version 5 does not know."""

    def __init__(self, modern: Dialect, legacy: Dialect) -> None:
        self._modern = modern
        self._legacy = legacy
        self.catalogue: Mapping[str, Entry] = {**modern.catalogue, **BESIDE}
        self.exports = modern.exports

    def query(self, entry: Entry, fields: Sequence[str]) -> Query:
        """Return a query of some fields."""
        return self._of(entry).query(entry, fields)

    def takes(self, entry: Entry, names: Sequence[str]) -> bool:
        """Whether an object's query takes all these fields."""
        return self._of(entry).takes(entry, names)

    def custom_fields(self, entry: Entry) -> tuple[Field, ...]:
        """Return the account's own fields that an object may have."""
        return self._of(entry).custom_fields(entry)

    def activity_time(self, *, newest: bool = False) -> str | None:
        """Return when a visitor activity was created, as the answer writes it."""
        return self._modern.activity_time(newest=newest)

    def oldest_at(self, entry: Entry) -> datetime | None:
        """Return when the oldest row of an object was created."""
        return self._of(entry).oldest_at(entry)

    def account(self) -> Mapping[str, object]:
        """Return the account's counters of calls."""
        return self._modern.account()

    def parse_time(self, text: str) -> datetime:
        """Return the instant of a time, by its offset or else by the user's wall clock."""
        return self._legacy.parse_time(text)

    def _of(self, entry: Entry) -> Dialect:
        return self._legacy if entry.table in BESIDE else self._modern
