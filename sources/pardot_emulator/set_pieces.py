"""The scenes that every company plays: each activity type, awkward text and seconds, a rush."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from random import Random

from pardot_emulator.activity import (
    NO_ASSET,
    Row,
    activity,
    asset_ids,
    email_ids,
)
from pardot_emulator.activity import ActivityType as Type
from pardot_emulator.assets import LINKS, Assets
from pardot_emulator.hostile import HOSTILE_TEXTS
from pardot_emulator.people import Prospects, Visitors, prospect_id
from pardot_emulator.scribe import Scribe
from pardot_emulator.stories import RARE_TYPES, rare_story
from pardot_emulator.timeline import DAY, HOUR, MINUTE, Timeline

_EMAIL_CHAINS: tuple[tuple[int, ...], ...] = (
    (Type.SENT, Type.OPEN, Type.CLICK, Type.EMAIL_PREFERENCE_PAGE, Type.UNSUBSCRIBE_PAGE, Type.RESUBSCRIBED),
    (Type.SENT, Type.BOUNCED),
    (Type.SENT, Type.INDIRECT_BOUNCE),
    (Type.SENT, Type.INDIRECT_UNSUBSCRIBE_OPEN, Type.INDIRECT_RESUBSCRIBED),
    (Type.SENT, Type.OPEN, Type.SPAM_COMPLAINT),
)


class SetPieces:
    """Makes the obligatory activities; the caller decides whether its budget has room for them."""

    def __init__(
        self,
        rng: Random,
        timeline: Timeline,
        assets: Assets,
        prospects: Prospects,
        visitors: Visitors,
        scribe: Scribe,
    ) -> None:
        self._rng = rng
        self._timeline = timeline
        self._assets = assets
        self._prospects = prospects
        self._visitors = visitors
        self._scribe = scribe

    # -- one of each

    def one_of_each_type(self) -> Iterator[Row]:
        """Yield activities of every type, opportunities aside: those come with their opportunities."""
        for chain in _EMAIL_CHAINS:
            yield from self._email_chain(chain)
        yield from self._on_the_site()
        for kind in RARE_TYPES:
            at = self._some_second()
            yield from rare_story(self._rng, self._assets, kind, self._prospect(at), self._visitor(at), at)

    def _email_chain(self, kinds: tuple[int, ...]) -> Iterator[Row]:
        """Template emails, so that no list email's rates are bent."""
        at = self._some_second()
        mailing = self._assets.templates.pick(self._rng, at)
        prospect = self._prospect(at)
        email = self._scribe.add_email(mailing, prospect, at)
        for place, kind in enumerate(kinds):
            is_click = kind == Type.CLICK
            yield activity(
                at + place * 5 * MINUTE,
                kind,
                "Email Tracker" if is_click else "Email",
                LINKS[0] if is_click else mailing.name,
                prospect=prospect,
                campaign=mailing.campaign_id,
                asset=email_ids(email, None, mailing.template_id),
            )

    def _on_the_site(self) -> Iterator[Row]:
        at = self._some_second()
        place = self._visitors.pick(self._rng, at) or 0
        browser = self._visitors.browser(place, self._assets.campaigns.pick(self._rng, at).id)
        story, visit = self._scribe.add_visit(self._rng, self._assets, browser, at, self._timeline.end)
        self._visitors.remember(place, page_views=visit[2], last_at=visit[4])
        yield story[0]
        form = self._assets.forms.pick(self._rng, at)
        redirect = self._assets.custom_redirects.pick(self._rng, at)
        page = self._assets.landing_pages.pick(self._rng, at)
        variation = asset_ids(landingPageId=page.id, multivariateTestVariationId=3)
        for kind, type_name, details, asset in (
            (Type.VIEW, "Form", form.name, form.ids),
            (Type.ERROR, "Form", form.name, form.ids),
            (Type.SUCCESS, "Form", form.name, form.ids),
            (Type.CLICK, "Form Tracker", LINKS[1], form.ids),
            (Type.VIEW, "Landing Page", page.name, variation),
            (Type.CUSTOM_URL_CLICK, "Custom Redirect", redirect.name, redirect.ids),
            (Type.SEARCH, "Site Search", "spare parts", asset_ids(siteSearchQueryId=1)),
        ):
            yield activity(
                at, kind, type_name, details, prospect=browser.prospect_id, visitor=browser.visitor_id,
                visit=story[0][7], campaign=browser.campaign_id, asset=asset,
                updated_at=max(at, browser.identified_at),
            )  # fmt: skip

    # -- awkward text at awkward seconds

    def hostile_rows(self) -> Iterator[Row]:
        """Yield every hostile text in details, at every second that date arithmetic gets wrong."""
        seconds = [second for _, second in self._timeline.edges()]
        texts = list(HOSTILE_TEXTS.values())
        count = max(len(seconds), len(texts))
        seconds.extend(self._some_second() for _ in range(count - len(seconds)))
        for place, (at, text) in enumerate(zip(seconds, islice(cycle(texts), count), strict=True)):
            # Some have neither a prospect nor a visitor; some were touched again later.
            prospect = self._prospect_if_any(at) if place % 3 == 0 else None
            visitor = self._visitor(at) if place % 3 == 1 else None
            updated_at = at + (self._timeline.end - at) // 3 if place % 5 == 0 else at
            kind, name, asset = (
                (Type.SEARCH, "Site Search", asset_ids(siteSearchQueryId=place + 1))
                if place % 2
                else (Type.SOCIAL_POST_CLICK, "Social Post", NO_ASSET)
            )
            yield activity(at, kind, name, text, prospect=prospect, visitor=visitor, asset=asset, updated_at=updated_at)

    # -- a rush, and stragglers

    def rush(self, rows: int) -> Iterator[Row]:
        """Yield many activities of one second: everybody is invited to a webinar by an upload."""
        at = self._timeline.start + 300 * DAY + 3 * HOUR
        for _ in range(rows):
            yield activity(
                at, Type.INVITED_TO_WEBINAR, "Webinar", "Ask an engineer", prospect=self._prospect(at),
                campaign=self._assets.campaigns.items[0].id,
            )  # fmt: skip

    def late_rows(self, count: int) -> Iterator[tuple[int, Row]]:
        """Yield activities that arrive weeks after they happened, each behind the second of its arrival."""
        for _ in range(count):
            at = self._some_second()
            arrival = min(self._timeline.end, at + 10 * DAY + self._rng.randrange(20 * DAY))
            yield (
                arrival,
                activity(
                    at,
                    Type.EVENT_CHECKED_IN,
                    "Event",
                    "Open day",
                    prospect=self._prospect(at),
                    updated_at=arrival,
                ),
            )

    # -- who and when

    def _some_second(self) -> int:
        """Return a second in the middle of the span, with room for what follows."""
        return self._timeline.start + 30 * DAY + self._rng.randrange(340 * DAY)

    def _prospect(self, at: int) -> int:
        place = self._prospects.pick(self._rng, at)
        return prospect_id(place or 0)

    def _prospect_if_any(self, at: int) -> int | None:
        place = self._prospects.pick(self._rng, at)
        return None if place is None else prospect_id(place)

    def _visitor(self, at: int) -> int | None:
        place = self._visitors.pick(self._rng, at)
        return None if place is None else self._visitors.browser(place, None).visitor_id
