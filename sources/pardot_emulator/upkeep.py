"""What administrators and Account Engagement itself do to records in a day, apart from what the public does.

Every change carries an `updatedAt`, as the API shows no other trace of one, unless it is asked to happen unseen;
what has no such field is added or purged but never changed. Sources: the help pages on merging prospects and on the
recycle bin. That a merge and an identification set the `updatedAt` of old activities is inferred; nothing says what
else would.
"""

from __future__ import annotations

from random import Random

from pardot_emulator.assets import read_live, whole
from pardot_emulator.changes import Changes
from pardot_emulator.custom_fields import LATER_FIELDS, CustomField
from pardot_emulator.names import JOB_TITLES
from pardot_emulator.rows import add_rows
from pardot_emulator.schema import COLLECTIONS, RECYCLED
from pardot_emulator.store import Store
from pardot_emulator.timeline import moment

_MOST_ROWS_TO_MOVE = 400
"""People with more activities than this are not merged, identified or purged, to keep a day's work small."""
_OWNED_AND_MOVED = ("visitor-activities", "visits", "visitors", "list-memberships")
_OWNED_WITHOUT_UPDATE = ("lifecycle-histories",)


def bin_column(collection: str) -> str:
    """Return the column that says whether a record is in the recycle bin.

    Raises:
        ValueError: the collection has no recycle bin.
    """
    column = COLLECTIONS[collection].recycled_column
    if column is None:
        raise ValueError(f"{collection} has no recycle bin.")
    return column


class Upkeep:
    """Changes records that exist, in the order of its methods' calls."""

    def __init__(self, store: Store, changes: Changes, rng: Random, start: int, end: int) -> None:
        self._store = store
        self._changes = changes
        self._rng = rng
        self._clock = start
        self._end = end
        for collection in (
            "visitor-activities",
            "visits",
            "visitors",
            "list-memberships",
            "lifecycle-histories",
        ):
            store.ensure_index(collection, "prospectId")
        for collection in ("visitor-activities", "visits"):
            store.ensure_index(collection, "visitorId")

    def _now(self) -> int:
        """Return a second of the day, never earlier than the last one, so that no update moves back."""
        self._clock += self._rng.randint(0, (self._end - self._clock) // 200)
        return self._clock

    def live_prospects(self) -> list[int]:
        """Return the ids of the prospects outside of the recycle bin."""
        statement = 'SELECT id FROM "prospects" WHERE "isDeleted" = 0 ORDER BY id'
        return [row[0] for row in self._store.iter_tuples(statement)]

    # -- edits

    def edit_prospects(self, count: int) -> None:
        """Change jobs, scores and custom fields of some prospects."""
        columns = self._store.custom_columns("prospects")
        live = self.live_prospects()
        for place, prospect in enumerate(self._rng.sample(live, min(count, len(live)))):
            values: dict[str, str | int | None] = {"jobTitle": self._rng.choice(JOB_TITLES)}
            if place % 2:
                values["score"] = self._rng.randrange(300)
            if columns and place % 3 == 0:
                values[columns[place // 3 % len(columns)]] = f"edited {self._rng.randrange(1_000):03d}"
            self._changes.update("prospects", prospect, updatedAt=moment(self._now()), **values)

    def edit_accounts(self, count: int) -> None:
        """Change the number of employees of some prospect accounts."""
        ids = [whole(row["id"]) for row in read_live(self._store, "prospect-accounts")]
        for account in self._rng.sample(ids, min(count, len(ids))):
            employees = str(self._rng.randrange(1, 9_000))
            self._changes.update("prospect-accounts", account, employees=employees, updatedAt=moment(self._now()))

    def add_custom_field(self, prospects_with_value: int) -> None:
        """Add the next custom field that the account lacks, with values for a few prospects."""
        existing = {str(row["fieldId"]) for row in self._store.rows("custom-fields")}
        field = next((each for each in LATER_FIELDS if each.field_id not in existing), None)
        if field is None:
            return
        at = moment(self._now())
        add_rows(self._store, "custom-fields", [{**field.row(), "createdAt": at, "updatedAt": at}])
        self._store.add_column("prospects", field.column)
        self._set_values(field, prospects_with_value)

    def _set_values(self, field: CustomField, count: int) -> None:
        live = self.live_prospects()
        for prospect in self._rng.sample(live, min(count, len(live))):
            values = {field.column: field.invent(self._rng)}
            self._changes.update("prospects", prospect, updatedAt=moment(self._now()), **values)

    # -- the recycle bin

    def recycle(self) -> None:
        """Put one of most kinds of records into the recycle bin, and take an older one of each out of it."""
        for collection in ("prospects", "campaigns", "lists", "forms", "files", "list-memberships"):
            self._toggle(collection, "isDeleted")
        # No field of an opportunity says that it is in the recycle bin; only the `deleted` switch does.
        self._toggle("opportunities", RECYCLED)

    def _toggle(self, collection: str, column: str) -> None:
        recycled = self._ids(collection, column, 1)
        live = self._ids(collection, column, 0)
        self._restore_one(collection, column, recycled)
        self._recycle_one(collection, column, live)

    def recycle_one(self, collection: str) -> None:
        """Put one record of a collection into the recycle bin."""
        column = bin_column(collection)
        self._recycle_one(collection, column, self._ids(collection, column, 0))

    def restore_one(self, collection: str) -> None:
        """Take one record of a collection out of the recycle bin, if there is one in it."""
        column = bin_column(collection)
        self._restore_one(collection, column, self._ids(collection, column, 1))

    def _recycle_one(self, collection: str, column: str, live: list[int]) -> None:
        # Some always stay, so that stories find their props.
        if len(live) > 3:
            self._set_recycled(collection, column, self._rng.choice(live[2:]), recycled=True)

    def _restore_one(self, collection: str, column: str, recycled: list[int]) -> None:
        if recycled:
            self._set_recycled(collection, column, self._rng.choice(recycled), recycled=False)

    def _set_recycled(self, collection: str, column: str, row_id: int, *, recycled: bool) -> None:
        values = {column: recycled}
        self._changes.update(collection, row_id, updatedAt=moment(self._now()), **values)

    def _ids(self, collection: str, column: str, recycled: int) -> list[int]:
        statement = f'SELECT id FROM "{collection}" WHERE coalesce("{column}", 0) = ? ORDER BY id LIMIT 5000'
        return [row[0] for row in self._store.iter_tuples(statement, (recycled,))]

    # -- who is who

    def identify_visitor(self) -> None:
        """Let a prospect turn out to be behind an anonymous visitor, and inherit what the visitor did."""
        anonymous = [
            row[0]
            for row in self._store.iter_tuples(
                'SELECT id FROM "visitors" WHERE "prospectId" IS NULL AND "pageViewCount" > 0  ORDER BY id LIMIT 2000'
            )
        ]
        live = self.live_prospects()
        if not anonymous or not live:
            return
        visitor, prospect, at = self._rng.choice(anonymous), self._rng.choice(live), moment(self._now())
        self._changes.update("visitors", visitor, prospectId=prospect, isIdentified=True, updatedAt=at)
        for collection in ("visits", "visitor-activities"):
            for row_id in self._owned(collection, "visitorId", visitor, 'AND "prospectId" IS NULL'):
                self._changes.update(collection, row_id, prospectId=prospect, updatedAt=at)

    def merge_prospects(self, *, unseen: bool = False) -> None:
        """Merge two prospects: the master takes over what the other had, and the other is gone.

        Args:
            unseen: whether the records that change hands keep their `updatedAt`, so that no filter by it finds them.
        """
        pair = self._expendable(2)
        if len(pair) < 2:
            return
        master, loser = pair
        at = moment(self._now())
        on_lists = {
            row["listId"]
            for row in self._store.rows("list-memberships", where='"prospectId" = ?', parameters=(master,))
        }
        for collection in _OWNED_AND_MOVED:
            for row_id in self._owned(collection, "prospectId", loser):
                row = self._store.get(collection, row_id)
                if collection == "list-memberships" and row is not None and row["listId"] in on_lists:
                    self._changes.purge(collection, row_id)
                elif unseen:
                    self._changes.update_unseen(collection, row_id, prospectId=master)
                else:
                    self._changes.update(collection, row_id, prospectId=master, updatedAt=at)
        self._forget(loser)
        self._changes.update("prospects", master, updatedAt=at, notes="Merged")

    def purge_prospect(self) -> None:
        """Delete a prospect and its activities for good; its visitors become anonymous."""
        for prospect in self._expendable(1):
            at = moment(self._now())
            for collection in ("visitor-activities", "list-memberships"):
                for row_id in self._owned(collection, "prospectId", prospect):
                    self._changes.purge(collection, row_id)
            for collection in ("visitors", "visits"):
                for row_id in self._owned(collection, "prospectId", prospect):
                    self._changes.update(collection, row_id, prospectId=None, updatedAt=at)
            self._forget(prospect)

    def purge_one(self, collection: str) -> None:
        """Delete one record of a collection for good, in the recycle bin or not; what refers to it stays as it is."""
        statement = f'SELECT id FROM "{collection}" ORDER BY id LIMIT 5000'
        ids = [row[0] for row in self._store.iter_tuples(statement)]
        # The first ones are props of stories, and the id of the newest would be given out again.
        if ids[2:-1]:
            self._changes.purge(collection, self._rng.choice(ids[2:-1]))

    def _forget(self, prospect: int) -> None:
        for collection in _OWNED_WITHOUT_UPDATE:
            for row_id in self._owned(collection, "prospectId", prospect):
                self._changes.purge(collection, row_id)
        self._changes.purge("prospects", prospect)

    def _expendable(self, count: int) -> list[int]:
        """Return prospects with some activities, not too many, and not the newest of anything.

        Purging the row with the highest id would let the next row have its id again, which no id ever does.
        """
        newest = {each: self._store.next_id(each) - 1 for each in (*_OWNED_AND_MOVED, *_OWNED_WITHOUT_UPDATE)}
        live = self.live_prospects()[1:-1]
        found: list[int] = []
        for prospect in self._rng.sample(live, min(200, len(live))):
            rows = len(self._owned("visitor-activities", "prospectId", prospect))
            has_newest = any(newest[each] in self._owned(each, "prospectId", prospect) for each in newest)
            if 1 < rows <= _MOST_ROWS_TO_MOVE and not has_newest:
                found.append(prospect)
                if len(found) == count:
                    break
        return found

    def _owned(self, collection: str, column: str, owner: int, condition: str = "") -> list[int]:
        statement = f'SELECT id FROM "{collection}" WHERE "{column}" = ? {condition} ORDER BY id'
        return [row[0] for row in self._store.iter_tuples(statement, (owner,))]
