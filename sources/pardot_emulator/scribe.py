"""Writes stories down: gives visits and emails their ids, and stores what belongs to them."""

from __future__ import annotations

from random import Random

from pardot_emulator.activity import COLUMNS, Row
from pardot_emulator.assets import Assets, Mailing
from pardot_emulator.rows import Sink
from pardot_emulator.store import Store
from pardot_emulator.stories import PAGE_VIEW_COLUMNS, VISIT_COLUMNS, Browser, visit_story

_EMAIL_COLUMNS = (
    "name",
    "subject",
    "type",
    "campaignId",
    "clientType",
    "sentAt",
    "prospectId",
    "listEmailId",
    "emailTemplateId",
    "isOperational",
    "updatedAt",
)


class Scribe:
    """The way into the store for everything that happens, in batches."""

    def __init__(self, store: Store) -> None:
        self.activities = Sink(store, "visitor-activities", COLUMNS)
        self.emails = Sink(store, "emails", _EMAIL_COLUMNS)
        self.visits = Sink(store, "visits", VISIT_COLUMNS)
        self.page_views = Sink(store, "visitor-page-views", PAGE_VIEW_COLUMNS)

    def add_email(self, mailing: Mailing, prospect_id: int, sent_at: int) -> int:
        """Store one sent message and return its id."""
        return self.emails.add(
            (
                mailing.name, mailing.subject, "htmlAndText", mailing.campaign_id, "Web", sent_at,
                prospect_id, mailing.list_email_id, mailing.template_id, 0, sent_at,
            )
        )  # fmt: skip

    def add_visit(self, rng: Random, assets: Assets, browser: Browser, at: int, latest: int) -> tuple[list[Row], Row]:
        """Store a visit and its page views; return its activities, not stored yet, and its row."""
        visit = visit_story(rng, assets, self.visits.next_id, self.page_views.next_id, browser, at, latest)
        self.visits.add(visit.row)
        self.page_views.add_all(visit.page_views)
        return visit.activities, visit.row

    def flush(self) -> None:
        """Store what is still gathered."""
        for sink in (self.activities, self.emails, self.visits, self.page_views):
            sink.flush()
