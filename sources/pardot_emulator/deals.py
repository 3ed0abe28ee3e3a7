"""Opportunities of the first thirteen months: their rows, and the activities that tell how they went."""

from __future__ import annotations

from random import Random

from pardot_emulator.activity import OPPORTUNITY_TYPES, Row
from pardot_emulator.assets import Assets
from pardot_emulator.hostile import HOSTILE_TEXTS
from pardot_emulator.names import TOPICS
from pardot_emulator.people import Prospects, prospect_id
from pardot_emulator.rows import Sink
from pardot_emulator.sizes import Sizes
from pardot_emulator.store import Store
from pardot_emulator.stories import Deal, deal_story
from pardot_emulator.timeline import DAY, Timeline

OPPORTUNITY_COLUMNS = (
    "name",
    "campaignId",
    "value",
    "probability",
    "type",
    "stage",
    "status",
    "closedAt",
    "salesforceId",
    "createdAt",
    "updatedAt",
)


def add_opportunities(
    store: Store, rng: Random, timeline: Timeline, sizes: Sizes, prospects: Prospects, assets: Assets
) -> list[Row]:
    """Store the opportunities and return their activities; the first few show every type."""
    sink = Sink(store, "opportunities", OPPORTUNITY_COLUMNS)
    activities: list[Row] = []
    unseen = set(OPPORTUNITY_TYPES)
    tried = 0
    stored = 0
    while stored < sizes.opportunities:
        at = timeline.start + 20 * DAY + int(rng.random() ** 0.8 * 370 * DAY)
        place = prospects.pick(rng, at) or 0
        name = HOSTILE_TEXTS["quotes"] if stored == 2 else f"{TOPICS[stored % len(TOPICS)]} {stored + 1}"
        campaign = assets.campaigns.pick(rng, at).id
        deal = deal_story(rng, sink.next_id, name, prospect_id(place), campaign, at, timeline.end)
        kinds = {row[2] for row in deal.activities}
        tried += 1
        # Until every type has been seen, a deal that shows nothing new is not worth telling.
        if unseen and not kinds & unseen and tried < 1_000:
            continue
        unseen -= kinds
        sink.add(opportunity_row(rng, name, campaign, at, deal, stored))
        activities.extend(deal.activities)
        stored += 1
    sink.flush()
    return activities


def opportunity_row(rng: Random, name: str, campaign: int, at: int, deal: Deal, number: int) -> Row:
    """Return the row of one opportunity in the order of `OPPORTUNITY_COLUMNS`."""
    value = None if number % 11 == 5 else round(1_000 + rng.random() ** 4 * 250_000, 2)
    return (
        name, campaign, value, deal.probability, "New business" if number % 3 else "Renewal", deal.stage,
        deal.status, deal.closed_at, f"006EX{number:010d}AAA", at, deal.updated_at,
    )  # fmt: skip
