"""Single steps in the life of an account, for whoever wants to say what happens when; `days` plays whole days."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from pardot_emulator.changes import Changes
from pardot_emulator.days import Public
from pardot_emulator.store import Store
from pardot_emulator.upkeep import Upkeep

SHOWN_WITHIN = timedelta(minutes=10)
"""How long before it can be read a new row may have been stamped; nothing is documented about it."""


class Steps:
    """What may happen to an account at one moment, a method each; who and what it meets follows from the seed.

    Changes are stamped with the moment, new rows with it or up to ten minutes earlier: what is written by one part
    of Account Engagement need not be shown by another at once. The same seed, moment and account give the same step.

    Args:
        store: an account, as `build_company`, a day or an earlier step left it.
        seed: chooses among what may happen.
        at: the aware moment.

    Raises:
        ValueError: `at` carries no UTC offset.
    """

    def __init__(self, store: Store, *, seed: int, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError(f"The moment must carry a UTC offset, and {at!r} has none.")
        now = int(at.timestamp())
        rng = Random(f"{seed}/{now}")
        changes = Changes(store)
        self._public = Public(store, changes, rng, now - int(SHOWN_WITHIN.total_seconds()), now)
        self._upkeep = Upkeep(store, changes, rng, now, now)

    # -- what is new

    def add_activities(self, count: int) -> None:
        """Let prospects do things of the rarer kinds."""
        self._public.do_rare_things(self._upkeep.live_prospects(), count)

    def add_late_activity(self) -> None:
        """Let an activity arrive that was created weeks ago."""
        self._public.report_late(self._upkeep.live_prospects())

    def add_visits(self, count: int) -> None:
        """Let a new visitor and known ones visit, with page views and what they do there."""
        self._public.browse(count)

    def add_prospects(self, count: int) -> None:
        """Let prospects join, with a list membership and a lifecycle history each."""
        self._public.join(self._upkeep.live_prospects(), count)

    def send_emails(self, count: int) -> None:
        """Write to prospects; some open and click at once."""
        self._public.write_to(self._upkeep.live_prospects(), count)

    def add_custom_field(self, prospects_with_value: int) -> None:
        """Add the next custom field that the account lacks, with values for a few prospects."""
        self._upkeep.add_custom_field(prospects_with_value)

    # -- what changes

    def edit_prospects(self, count: int) -> None:
        """Change jobs, scores and custom fields of some prospects."""
        self._upkeep.edit_prospects(count)

    def edit_accounts(self, count: int) -> None:
        """Change the number of employees of some prospect accounts."""
        self._upkeep.edit_accounts(count)

    def identify_visitor(self) -> None:
        """Let a prospect turn out to be behind an anonymous visitor, and inherit what the visitor did."""
        self._upkeep.identify_visitor()

    def merge_prospects(self, *, unseen: bool = False) -> None:
        """Merge two prospects; unseen, what changes hands keeps its `updatedAt` and only reading it again tells."""
        self._upkeep.merge_prospects(unseen=unseen)

    # -- what goes

    def recycle(self, collection: str) -> None:
        """Put one record into the recycle bin."""
        self._upkeep.recycle_one(collection)

    def restore(self, collection: str) -> None:
        """Take one record out of the recycle bin."""
        self._upkeep.restore_one(collection)

    def purge(self, collection: str) -> None:
        """Delete one record for good."""
        self._upkeep.purge_one(collection)

    def purge_prospect(self) -> None:
        """Delete a prospect and its activities for good; its visitors become anonymous."""
        self._upkeep.purge_prospect()
