"""A believable business-to-business company and thirteen months of what its public did.

Nothing here is taken from a real account. The same seed makes the same rows, on any machine and for any
store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from operator import itemgetter
from random import Random

from pardot_emulator.activity import Row
from pardot_emulator.assets import Assets, Mailing
from pardot_emulator.deals import add_opportunities
from pardot_emulator.marketing import Marketing
from pardot_emulator.people import MAILABLE, Prospects, Visitors, prospect_id, visitor_id
from pardot_emulator.population import Population
from pardot_emulator.scribe import Scribe
from pardot_emulator.set_pieces import SetPieces
from pardot_emulator.sizes import Sizes
from pardot_emulator.store import Store
from pardot_emulator.stories import RARE_TYPES, email_story, rare_story
from pardot_emulator.timeline import DAY, HOUR, Timeline, sample_second

_OPENING = 10 * HOUR
"""When on the first day the public may come in: everything that activities point to exists by then."""
_LIST_EMAIL_SHARE = 0.5
_ROWS_PER_SECOND_OF_A_SEND = 50


def build_company(store: Store, *, activities: int, seed: int, end_at: datetime) -> None:
    """Fill an empty store with a company and exactly `activities` visitor activities up to `end_at`.

    From 150 activities on, every activity type and every awkward text and second occurs. Memory does not
    grow with the number of activities, apart from the few days that are being told.

    Raises:
        ValueError: `end_at` carries no UTC offset, or `activities` is negative.
    """
    if activities < 0:
        raise ValueError(f"A company cannot have {activities} activities.")
    rng = Random(seed)
    timeline = Timeline.until(end_at)
    sizes = Sizes.of(activities)
    Marketing(store, rng, timeline, sizes).build()
    prospects = Prospects(rng, timeline, sizes)
    visitors = Visitors(rng, timeline, sizes, prospects)
    population = Population(store, rng, timeline, sizes, prospects, visitors)
    population.add_accounts_and_memberships()
    assets = Assets.read(store)
    deals = add_opportunities(store, rng, timeline, sizes, prospects, assets)
    History(Scribe(store), rng, timeline, sizes, assets, prospects, visitors, population).tell(deals)
    population.add_people()


class History:
    """Tells thirteen months day by day, so that ids follow time and memory holds a few days."""

    def __init__(
        self,
        scribe: Scribe,
        rng: Random,
        timeline: Timeline,
        sizes: Sizes,
        assets: Assets,
        prospects: Prospects,
        visitors: Visitors,
        population: Population,
    ) -> None:
        self._scribe = scribe
        self._rng = rng
        self._timeline = timeline
        self._sizes = sizes
        self._assets = assets
        self._prospects = prospects
        self._visitors = visitors
        self._population = population
        self._budget = sizes.activities
        self._to_come: defaultdict[int, list[Row]] = defaultdict(list)
        self._late: defaultdict[int, list[Row]] = defaultdict(list)

    def tell(self, deals: Iterable[Row]) -> None:
        """Store every activity, with the emails, visits and page views that belong to them."""
        self._plan_set_pieces(deals)
        sends = self._list_emails_by_day()
        sends_left = sum(map(len, sends.values()))
        per_send = self._budget * _LIST_EMAIL_SHARE / max(1, sends_left)
        midnights = self._timeline.midnights()
        weight_left = sum(map(self._timeline.weight, midnights))
        for midnight in midnights:
            for sent_at, mailing in sends.get(midnight, ()):
                self._send(mailing, sent_at, int(per_send * (0.5 + self._rng.random())))
                sends_left -= 1
            weight = self._timeline.weight(midnight)
            # What list emails did not use falls to the days that are left.
            free = max(0.0, self._budget - sends_left * per_send)
            is_last = midnight == midnights[-1]
            self._fill(midnight, self._budget if is_last else round(free * min(1.0, weight / weight_left)))
            weight_left = max(weight_left - weight, 1e-9)
            self._store_day(midnight)
        self._scribe.flush()

    def _plan_set_pieces(self, deals: Iterable[Row]) -> None:
        pieces = SetPieces(self._rng, self._timeline, self._assets, self._prospects, self._visitors, self._scribe)
        total = self._sizes.activities
        self._plan(pieces.one_of_each_type())
        self._plan(deals)
        self._plan(pieces.hostile_rows())
        late = list(islice(pieces.late_rows(3 + min(200, total // 5_000)), self._budget))
        self._budget -= len(late)
        for arrival, row in late:
            self._late[arrival - arrival % DAY].append(row)
        self._plan(pieces.rush(min(total // 5, max(200, total // 500))))

    def _plan(self, story: Iterable[Row]) -> int:
        """Take a story's activities into their days as far as the budget goes; return how many were taken."""
        before = self._budget
        for row in islice(story, before):
            self._to_come[row[0] // DAY].append(row)
            self._budget -= 1
        return before - self._budget

    def _store_day(self, midnight: int) -> None:
        rows = self._to_come.pop(midnight // DAY, [])
        rows.sort(key=itemgetter(0))
        self._prospects.remember(rows)
        # What reaches Account Engagement weeks after it happened gets a high id and an old creation.
        rows.extend(self._late.pop(midnight, ()))
        self._scribe.activities.add_all(rows)

    # -- emails

    def _list_emails_by_day(self) -> dict[int, list[tuple[int, Mailing]]]:
        by_day: defaultdict[int, list[tuple[int, Mailing]]] = defaultdict(list)
        for mailing in self._assets.list_emails:
            if mailing.sent_at is not None:
                by_day[mailing.sent_at - mailing.sent_at % DAY].append((mailing.sent_at, mailing))
        return by_day

    def _send(self, mailing: Mailing, sent_at: int, budget: int) -> None:
        """Send a list email to members of its list until its share of the activities is used up."""
        spent = 0
        for count, place in enumerate(self._population.audience(self._rng, mailing, sent_at)):
            if spent >= budget:
                return
            spent += self._email(mailing, place, sent_at + count // _ROWS_PER_SECOND_OF_A_SEND)

    def _email(self, mailing: Mailing, place: int, sent_at: int) -> int:
        """Write to one prospect, if allowed and within the budget; return how many activities it took."""
        if self._prospects.mail_state[place] != MAILABLE or not self._budget:
            return 0
        reader = self._prospects.reader(place)
        email_id = self._scribe.add_email(mailing, reader.prospect_id, sent_at)
        return self._plan(email_story(self._rng, mailing, email_id, reader, sent_at, self._timeline.end))

    # -- everything else

    def _fill(self, midnight: int, budget: int) -> None:
        """Tell stories of one day until its share of the activities is used up."""
        earliest = max(self._timeline.start + _OPENING, midnight)
        if earliest >= midnight + DAY:
            return
        aim = self._budget - budget
        while self._budget > aim:
            at = sample_second(self._rng, midnight, earliest, self._timeline.end)
            chance = self._rng.random()
            if chance < 0.1:
                self._write_one_email(at)
            elif chance < 0.985:
                self._visit(at)
            else:
                self._something_rare(at)

    def _write_one_email(self, at: int) -> None:
        place = self._prospects.pick(self._rng, at)
        if place is not None:
            self._email(self._assets.templates.pick(self._rng, at), place, at)

    def _visit(self, at: int) -> None:
        place = self._visitors.pick(self._rng, at)
        if place is None:
            return
        campaign = self._assets.campaigns.pick(self._rng, at).id
        browser = self._visitors.browser(place, campaign)
        story, visit = self._scribe.add_visit(self._rng, self._assets, browser, at, self._timeline.end)
        self._visitors.remember(place, page_views=visit[2], last_at=visit[4])
        self._plan(story)

    def _something_rare(self, at: int) -> None:
        kind = self._rng.choice(RARE_TYPES)
        prospect, visitor = self._prospects.pick(self._rng, at), self._visitors.pick(self._rng, at)
        known = None if prospect is None else prospect_id(prospect)
        seen = None if visitor is None else visitor_id(visitor)
        self._plan(rare_story(self._rng, self._assets, kind, known, seen, at))
