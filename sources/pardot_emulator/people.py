"""The public of a made-up company: prospect accounts, prospects, their list memberships, and visitors.

Kept as arrays while thirteen months are told, because what people did decides their scores and dates, and
stored afterwards: a quarter of a million prospects take some tens of megabytes.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from itertools import repeat
from random import Random

from pardot_emulator.activity import CREATED_AT, PROSPECT_ID, TYPE, Row
from pardot_emulator.activity import ActivityType as Type
from pardot_emulator.rows import FIRST_IDS
from pardot_emulator.sizes import Sizes
from pardot_emulator.stories import Browser, Reader
from pardot_emulator.timeline import DAY, HOUR, Timeline

POINTS: dict[int, int] = {
    Type.CLICK: 3, Type.VIEW: 2, Type.SUCCESS: 50, Type.ERROR: -5, Type.OPEN: 1, Type.SEARCH: 3,
    Type.VISIT: 1, Type.NEW_OPPORTUNITY: 50, Type.OPPORTUNITY_WON: 0, Type.OPPORTUNITY_LOST: -100,
    Type.ATTENDED_WEBINAR: 30, Type.SPAM_COMPLAINT: -75, Type.UNSUBSCRIBE_PAGE: -75,
}  # fmt: skip
"""What an activity adds to a prospect's score."""

MAILABLE, OPTED_OUT, BOUNCED = 0, 1, 2
_STATE_AFTER: dict[int, int] = {
    Type.BOUNCED: BOUNCED,
    Type.UNSUBSCRIBE_PAGE: OPTED_OUT,
    Type.RESUBSCRIBED: MAILABLE,
    Type.INDIRECT_UNSUBSCRIBE_OPEN: OPTED_OUT,
    Type.INDIRECT_RESUBSCRIBED: MAILABLE,
}


class Prospects:
    """Every prospect by its place, from 0; the id is the place behind the first id."""

    def __init__(self, rng: Random, timeline: Timeline, sizes: Sizes) -> None:
        count = sizes.prospects
        # The first is there from the import on, so that there is always somebody.
        rest = sorted(timeline.grow(rng, 0.3) for _ in range(count - 1))
        self.created_at = array("q", (timeline.start + 9 * HOUR, *rest))
        # Squaring gives a few accounts many prospects; one prospect in seven has no account.
        self.account = array(
            "i",
            (-1 if rng.random() < 0.14 else int(rng.random() ** 2 * sizes.accounts) for _ in range(count)),
        )
        warmth = [rng.lognormvariate(0, 0.7) for _ in range(sizes.accounts)]
        self.eagerness = array(
            "d",
            (min(4.0, rng.lognormvariate(-0.3, 0.6) * (warmth[each] if each >= 0 else 0.8)) for each in self.account),
        )
        self.first_at = array("q", repeat(0, count))
        self.last_at = array("q", repeat(0, count))
        self.score = array("i", repeat(0, count))
        self.bounced_at = array("q", repeat(0, count))
        self.mail_state = bytearray(count)
        self.visitor = array("q", repeat(0, count))
        self._crowd = _crowd(self.eagerness)
        self._crowd_created = array("q", (self.created_at[place] for place in self._crowd))

    def __len__(self) -> int:
        return len(self.created_at)

    def pick(self, rng: Random, at: int) -> int | None:
        """Return the place of a prospect that existed at a second, the eager more often, or None."""
        existing = bisect_right(self._crowd_created, at)
        return self._crowd[int(rng.random() * existing)] if existing else None

    def reader(self, place: int) -> Reader:
        """Return a prospect as an email meets one."""
        return Reader(prospect_id(place), self.visitor[place] or None, self.eagerness[place])

    def remember(self, rows: list[Row]) -> None:
        """Note what activities, in order of time, say about the prospects they belong to."""
        for row in rows:
            if row[PROSPECT_ID] is not None:
                place, at, kind = row[PROSPECT_ID] - FIRST_IDS["prospects"], row[CREATED_AT], row[TYPE]
                self.last_at[place] = at
                if not self.first_at[place]:
                    self.first_at[place] = at
                if kind in POINTS:
                    self.score[place] += POINTS[kind]
                if kind in _STATE_AFTER:
                    self.mail_state[place] = _STATE_AFTER[kind]
                if kind == Type.BOUNCED:
                    self.bounced_at[place] = at


class Visitors:
    """Every visitor by its place, from 0, in the order of the first visit."""

    def __init__(self, rng: Random, timeline: Timeline, sizes: Sizes, prospects: Prospects) -> None:
        known = [self._known(rng, timeline, prospects, place) for place in range(len(prospects)) if rng.random() < 0.7]
        strangers = [(timeline.grow(rng, 0.0), -1, 0) for _ in range(sizes.anonymous_visitors)]
        # The first is there from the opening on, so that there is always somebody.
        everyone = sorted([(timeline.start + 10 * HOUR, -1, 0), *known, *strangers])
        self.created_at = array("q", (each[0] for each in everyone))
        self.prospect = array("i", (each[1] for each in everyone))
        self.identified_at = array("q", (each[2] for each in everyone))
        self.page_views = array("i", repeat(0, len(everyone)))
        self.last_at = array("q", self.created_at)
        for place, prospect in enumerate(self.prospect):
            if prospect >= 0 and rng.random() < 0.8:
                prospects.visitor[prospect] = visitor_id(place)
        weights = array("d", (prospects.eagerness[each] * 2 if each >= 0 else 0.5 for each in self.prospect))
        self._crowd = _crowd(weights)
        self._crowd_created = array("q", (self.created_at[place] for place in self._crowd))

    def __len__(self) -> int:
        return len(self.created_at)

    @staticmethod
    def _known(rng: Random, timeline: Timeline, prospects: Prospects, place: int) -> tuple[int, int, int]:
        """Return when somebody was first seen, who it is, and when that became known."""
        became_prospect = prospects.created_at[place]
        if rng.random() < 0.5:
            # Seen before having a name.
            seen = max(timeline.start + 10 * HOUR, became_prospect - int(rng.random() * 20 * DAY))
            return seen, place, max(seen, became_prospect)
        seen = became_prospect + int(rng.random() * (timeline.end - became_prospect))
        return seen, place, min(timeline.end, seen + int(rng.random() ** 3 * 30 * DAY))

    def pick(self, rng: Random, at: int) -> int | None:
        """Return the place of a visitor first seen by a second, or None."""
        existing = bisect_right(self._crowd_created, at)
        return self._crowd[int(rng.random() * existing)] if existing else None

    def remember(self, place: int, *, page_views: int, last_at: int) -> None:
        """Note a visit."""
        self.page_views[place] += page_views
        self.last_at[place] = max(self.last_at[place], last_at)

    def browser(self, place: int, campaign_id: int | None) -> Browser:
        """Return a visitor as the site meets one."""
        prospect = self.prospect[place]
        return Browser(
            visitor_id(place),
            prospect_id(prospect) if prospect >= 0 else None,
            self.identified_at[place],
            campaign_id,
        )


def prospect_id(place: int) -> int:
    """Return the id of the prospect at a place."""
    return FIRST_IDS["prospects"] + place


def visitor_id(place: int) -> int:
    """Return the id of the visitor at a place."""
    return FIRST_IDS["visitors"] + place


def _crowd(weights: array[float]) -> array[int]:
    """Return every place as often as its weight says, at least once, in order."""
    return array("i", (place for place, weight in enumerate(weights) for _ in range(1 + min(8, int(weight * 2)))))
