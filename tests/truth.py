"""What a table may hold, told from everything that happened to the account; the client has no part in it.

A table must hold the newest version of every row that a finished window can show. Three things may make it differ for
a while, and each is said here and nowhere else: what is stamped in the very second of the run, what changed without a
new `updatedAt`, and what was deleted for good. The last two are found by reviews, a number of days later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from kit import differences, expected_rows, snake

from pardot_emulator.schema import COLLECTIONS
from pardot_emulator.store import Store

Row = Mapping[str, Any]
STAMPS = ("created_at", "updated_at", "sent_at")


@dataclass(frozen=True)
class Version:
    """A row as it was from some moment on."""

    row: Row
    since: datetime

    @property
    def stamp(self) -> datetime | None:
        """The newest moment that the row itself tells."""
        return max((self.row[name] for name in STAMPS if self.row.get(name)), default=None)


@dataclass
class TableTruth:
    """Every version of every row of one table, and what a run may have seen of them."""

    table: str
    versions: dict[int, list[Version]] = field(default_factory=lambda: defaultdict(list))
    gone: dict[int, datetime] = field(default_factory=dict)
    fields_since: dict[str, datetime] = field(default_factory=dict)
    """When each custom field was added; those that were there from the beginning are left out."""
    read_on: set[date] = field(default_factory=set)
    """UTC days on which the table was read by a run that ended well."""

    _columns: set[str] = field(default_factory=set)

    @property
    def collection(self) -> str:
        return self.table.replace("_", "-")

    def observe(self, store: Store, at: datetime) -> None:
        """Note what differs from the last time."""
        retired = _retired_columns(store, self.collection)
        rows = {number: _without(row, retired) for number, row in expected_rows(store, self.collection).items()}
        for known in self.versions.values():
            known[:] = [Version(_without(one.row, retired), one.since) for one in known]
        for name in next(iter(rows.values()), {}) if self.versions else ():
            if name not in self._columns:
                self.fields_since[name] = at
        self._columns |= next(iter(rows.values()), {}).keys()
        for number in self.versions.keys() - rows.keys() - self.gone.keys():
            self.gone[number] = at
        for number, row in rows.items():
            known = self.versions[number]
            if not known or _filled(known[-1].row) != _filled(row):
                known.append(Version(row, at))
            else:
                known[-1] = Version(row, known[-1].since)  # with the empty columns of new custom fields

    def complaints(
        self, found: Mapping[int, Row], run_at: datetime, *, cached: timedelta, review_days: int
    ) -> Iterator[str]:
        """Yield what the table must not hold, and what it lacks, after a run that began at a moment and ended well.

        Args:
            cached: how old what the service answers may be.
        """
        lists = self._lists
        for number in found.keys() - self.versions.keys():
            yield f"row {number} has never existed"
        young = {name for name, since in self.fields_since.items() if since > run_at - cached}
        for number, known in self.versions.items():
            versions = [Version(_without(one.row, young), one.since) for one in known] if young else known
            row = found.get(number)
            is_overdue = self._is_overdue(self.gone.get(number, versions[-1].since), review_days)
            if number in self.gone:
                if row is not None:
                    yield from _complaints_of_purged(row, versions, lists, is_overdue=is_overdue)
                continue
            if row is None:
                if not _may_be_hidden(versions[0], run_at, cached):
                    yield f"row {number} is missing; shown since {versions[0].since}: {dict(_filled(versions[0].row))}"
                continue
            if row.get("purged_at") is not None:
                yield f"row {number} lives and is marked as purged at {row['purged_at']}"
            possible = (
                versions if _may_be_hidden(versions[-1], run_at, cached) else self._possible(versions, is_overdue)
            )
            yield from _unlike_all(row, possible, lists)

    def complaints_within(
        self, found: Mapping[int, Row], start_at: datetime, end_at: datetime, run_at: datetime
    ) -> Iterator[str]:
        """Yield what the table lacks of the rows created in a stretch of time, after they were read again."""
        lists = self._lists
        for number, versions in self.versions.items():
            newest = versions[-1]
            if number in self.gone or not start_at <= newest.row["created_at"] < end_at:
                continue
            if _may_be_hidden(newest, run_at, timedelta()):
                continue
            if number not in found:
                yield f"row {number} is missing"
            else:
                yield from _unlike_all(found[number], [newest], lists)

    @property
    def _lists(self) -> set[str]:
        fields = COLLECTIONS[self.collection].fields
        return {snake(name) for name, one in fields.items() if one.kind in ("list", "object")}

    def _possible(self, versions: list[Version], is_overdue: bool) -> list[Version]:
        """Return the versions that cannot be told from the newest one by their `updatedAt`."""
        newest = versions[-1].row.get("updated_at")
        return [one for one in versions if one.row.get("updated_at") == newest] if not is_overdue else versions[-1:]

    def _is_overdue(self, since: datetime, review_days: int) -> bool:
        """Whether reviews of enough days have looked for what happened unseen at a moment."""
        later = sum(day > since.date() for day in self.read_on)
        return review_days > 0 and later >= review_days


def _complaints_of_purged(row: Row, versions: list[Version], lists: set[str], *, is_overdue: bool) -> Iterator[str]:
    if row.get("purged_at") is None:
        if is_overdue:
            yield f"row {row['id']} was purged long ago and is not marked"
        yield from _unlike_all(row, versions, lists)
    elif row.get("is_deleted") is False:
        yield f"row {row['id']} is marked as purged and not as deleted"
    else:
        yield from _unlike_all({**row, "is_deleted": None}, [_undeleted(one) for one in versions], lists)


def _undeleted(version: Version) -> Version:
    return Version(_without(version.row, {"is_deleted"}), version.since)


def _may_be_hidden(version: Version, run_at: datetime, cached: timedelta) -> bool:
    """Whether a run may have missed a version: it was shown too late for a cache, or bears the second of the run."""
    if version.since > run_at - cached:
        return True
    return version.stamp is not None and version.stamp >= run_at.replace(microsecond=0)


def _unlike_all(row: Row, versions: Iterable[Version], lists: set[str]) -> Iterator[str]:
    """Yield how a row differs from the newest of the versions, unless it equals one of them."""
    number = row["id"]
    lines: list[str] = []
    for version in versions:
        lines = differences({number: version.row}, {number: row}, lists)
        if not lines:
            return
    yield from lines


def _retired_columns(store: Store, collection: str) -> set[str]:
    """Return the columns of custom fields that were deleted: the account still has them, and offers them to nobody."""
    offered = {f"{row['fieldId']}__c" for row in store.rows("custom-fields")}
    return {snake(name) for name in store.custom_columns(collection) if name not in offered}


def _without(row: Row, names: set[str]) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def _filled(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}
