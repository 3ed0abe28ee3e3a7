"""What one person does, as activities: receive an email, browse the site, move an opportunity along.

Each story is a list of activities in the order in which they happen, and consistent in itself however early
it is cut off: nobody clicks what was not delivered, nobody submits a form before seeing it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from pardot_emulator.activity import ID_LESS, NO_ASSET, Row, activity, asset_ids, email_ids
from pardot_emulator.activity import ActivityType as Type
from pardot_emulator.assets import LINKS, SITE, Assets, Mailing
from pardot_emulator.timeline import DAY, HOUR, MINUTE

_PHRASES = ("delivery time", "price list", "café opening", 'spare parts, 10"', "returns & refunds")
_PAGES = (
    ("/", "Home"),
    ("/products", "Products"),
    ("/pricing", "Pricing"),
    ("/blog/2,500-hours", "2,500 hours saved"),
    ("/about?lang=zh", "关于我们"),
    ("/contact", "Contact us"),
)


class Reader(NamedTuple):
    """A prospect as an email meets one."""

    prospect_id: int
    visitor_id: int | None
    eagerness: float


class Browser(NamedTuple):
    """A visitor as the site meets one.

    `identified_at` is when a visitor became known: what came before was given to the prospect at that
    second, and says so in its `updatedAt`. It is 0 for those who were known from the start or never.
    """

    visitor_id: int
    prospect_id: int | None
    identified_at: int
    campaign_id: int | None


class Visit(NamedTuple):
    """One visit: its own row, its page views and its activities."""

    row: Row
    page_views: list[Row]
    activities: list[Row]


VISIT_COLUMNS = (
    "visitorId",
    "prospectId",
    "visitorPageViewCount",
    "firstVisitorPageViewAt",
    "lastVisitorPageViewAt",
    "durationInSeconds",
    "mediumParameter",
    "sourceParameter",
    "createdAt",
    "updatedAt",
)
PAGE_VIEW_COLUMNS = ("url", "title", "createdAt", "visitorId", "visitId", "campaignId", "durationInSeconds")


def email_story(rng: Random, mailing: Mailing, email_id: int, reader: Reader, sent_at: int, latest: int) -> list[Row]:
    """Return what one email leads to: it is sent, it bounces or is opened, what is opened may be clicked."""
    random = rng.random
    asset = email_ids(email_id, mailing.list_email_id, mailing.template_id)
    prospect, visitor, campaign = reader.prospect_id, reader.visitor_id, mailing.campaign_id

    def step(at: int, kind: int, *, type_name: str = "Email", details: str = mailing.name, seen: bool = True) -> Row:
        return activity(
            at, kind, type_name, details, prospect=prospect, visitor=visitor if seen else None,
            campaign=campaign, asset=asset,
        )  # fmt: skip

    story = [step(sent_at, Type.SENT, seen=False)]
    if random() < 0.018:
        kind = Type.BOUNCED if random() < 0.75 else Type.INDIRECT_BOUNCE
        story.append(step(sent_at + 1 + int(random() * 90), kind, seen=False))
    elif random() < 0.24 * mailing.appeal * reader.eagerness:
        # Half of the opens come within hours; the tail is long.
        at = sent_at + 20 + int(HOUR * 9 * random() / (1.02 - random()))
        story.append(step(at, Type.OPEN))
        while random() < 0.28:
            at += 5 + int(random() ** 3 * 2 * DAY)
            story.append(step(at, Type.OPEN))
        if random() < 0.2 * mailing.appeal:
            at += 2 + int(random() * 3 * MINUTE)
            story.append(step(at, Type.CLICK, type_name="Email Tracker", details=LINKS[int(random() * len(LINKS))]))
            while random() < 0.25:
                at += 2 + int(random() * HOUR)
                story.append(step(at, Type.CLICK, type_name="Email Tracker", details=LINKS[0]))
        if random() < 0.02:
            story.extend(_second_thoughts(rng, at, step))
    elif random() < 0.002:
        story.append(step(sent_at + HOUR, Type.INDIRECT_UNSUBSCRIBE_OPEN, seen=False))
    return story if story[-1][0] <= latest else [row for row in story if row[0] <= latest]


def _second_thoughts(rng: Random, at: int, step: Callable[[int, int], Row]) -> list[Row]:
    """Return how a reader leaves: by preference or unsubscribe page, seldom a complaint or a return."""
    chance = rng.random()
    if chance < 0.3:
        return [step(at + 10, Type.EMAIL_PREFERENCE_PAGE)]
    if chance < 0.36:
        return [step(at + 10, Type.SPAM_COMPLAINT)]
    if chance < 0.42:
        return [step(at + 10, Type.UNSUBSCRIBE_PAGE), step(at + 3 * DAY, Type.RESUBSCRIBED)]
    if chance < 0.46:
        return [step(at + 10, Type.UNSUBSCRIBE_PAGE), step(at + DAY, Type.INDIRECT_RESUBSCRIBED)]
    return [step(at + 10, Type.UNSUBSCRIBE_PAGE)]


def visit_story(
    rng: Random,
    assets: Assets,
    visit_id: int,
    first_page_view_id: int,
    browser: Browser,
    at: int,
    latest: int,
) -> Visit:
    """Return one visit to the site, with whatever the visitor looked at, downloaded or sent on the way."""
    random = rng.random
    visitor, prospect, identified_at, campaign = browser
    page_views: list[Row] = []
    last = at
    while True:
        path, title = _PAGES[int(random() ** 1.5 * len(_PAGES))]
        stay = 4 + int(random() ** 2 * 400)
        page_views.append((SITE + path, title, last, visitor, visit_id, campaign, stay))
        if random() < 0.5 or len(page_views) > 11 or last + stay > latest:
            break
        last += stay
    count = len(page_views)

    def step(
        at: int,
        kind: int,
        type_name: str,
        details: str,
        *,
        asset: Row | None = None,
        page_view: int | None = None,
    ) -> Row:
        return activity(
            at, kind, type_name, details, prospect=prospect, visitor=visitor, visit=visit_id,
            campaign=campaign, page_view=page_view, asset=asset or NO_ASSET,
            updated_at=max(at, identified_at),
        )  # fmt: skip

    story = [step(at, Type.VISIT, "Visit", f"{count} page views" if count > 1 else "1 page view")]
    if random() < 0.6:
        story.extend(_encounter(rng, assets, last, step, first_page_view_id + count - 1))
    tagged = random() < 0.2
    row = (
        visitor, prospect, count, at, last, last - at, "cpc" if tagged else None,
        "ads, search" if tagged else None, at, max(last, identified_at),
    )  # fmt: skip
    return Visit(row, page_views, story if story[-1][0] <= latest else [each for each in story if each[0] <= latest])


def _encounter(rng: Random, assets: Assets, at: int, step: Callable[..., Row], page_view: int) -> list[Row]:
    """Return what a visitor met at the end of a visit."""
    chance = rng.random()
    if chance < 0.42:
        page = assets.landing_pages.pick(rng, at)
        story = [step(at, Type.VIEW, "Landing Page", page.name, asset=page.ids)]
        if page.submission_ids is not None:
            story.extend(_submission(rng, "Form", page.name, page.submission_ids, at, step))
        elif rng.random() < 0.3:
            story.append(step(at + 9, Type.CLICK, "Landing Page Tracker", LINKS[0], asset=page.ids))
        return story
    if chance < 0.58:
        form = assets.forms.pick(rng, at)
        view = step(at, Type.VIEW, "Form", form.name, asset=form.ids)
        return [view, *_submission(rng, "Form", form.name, form.ids, at, step)]
    if chance < 0.64:
        handler = assets.form_handlers.pick(rng, at)
        return _submission(rng, "Form Handler", handler.name, handler.ids, at, step)
    if chance < 0.78:
        file = assets.files.pick(rng, at)
        return [step(at, Type.VIEW, "File", file.name, asset=file.ids)]
    if chance < 0.88:
        return [step(at, Type.VIEW, "Page View", LINKS[2], page_view=page_view)]
    if chance < 0.93:
        query = asset_ids(siteSearchQueryId=1 + rng.randrange(40))
        return [step(at, Type.SEARCH, "Site Search", rng.choice(_PHRASES), asset=query)]
    redirect = assets.custom_redirects.pick(rng, at)
    return [step(at, Type.CUSTOM_URL_CLICK, "Custom Redirect", redirect.name, asset=redirect.ids)]


def _submission(rng: Random, type_name: str, name: str, asset: Row, at: int, step: Callable[..., Row]) -> list[Row]:
    """Return how filling in a form went: nothing, an error first, or success."""
    story: list[Row] = []
    if rng.random() < 0.14:
        story.append(step(at + 15, Type.ERROR, type_name, name, asset=asset))
    if rng.random() < 0.38:
        story.append(step(at + 40, Type.SUCCESS, type_name, name, asset=asset))
    return story


@dataclass(frozen=True)
class Deal:
    """An opportunity's life: its activities and where it stands after them."""

    activities: list[Row]
    stage: str
    status: str
    probability: int
    closed_at: int | None
    updated_at: int


def deal_story(
    rng: Random, opportunity: int, name: str, prospect: int, campaign: int | None, at: int, latest: int
) -> Deal:
    """Return how an opportunity went up to `latest`: opened and linked, then won, lost or neither."""

    def step(at: int, kind: int) -> Row:
        return activity(
            at, kind, "Opportunity", name, prospect=prospect, campaign=campaign,
            asset=asset_ids(opportunityId=opportunity),
        )  # fmt: skip

    steps = [step(at, Type.NEW_OPPORTUNITY), step(at + 60, Type.OPPORTUNITY_LINKED)]
    close = at + 5 * DAY + int(rng.random() * 60 * DAY)
    outcome = rng.random()
    if outcome < 0.35:
        steps.append(step(close, Type.OPPORTUNITY_WON))
    elif outcome < 0.6:
        steps.append(step(close, Type.OPPORTUNITY_LOST))
    elif outcome < 0.7:
        steps.append(step(close, Type.OPPORTUNITY_LOST))
        steps.append(step(close + 4 * DAY, Type.OPPORTUNITY_REOPENED))
    elif outcome < 0.75:
        steps.append(step(close, Type.OPPORTUNITY_UNLINKED))
    happened = [row for row in steps if row[0] <= latest]
    last = happened[-1] if happened else None
    kind = last[2] if last else Type.NEW_OPPORTUNITY
    stage, status, probability = _STANDING.get(kind, ("Proposal", "Open", 40))
    updated_at = last[0] if last else min(at, latest)
    return Deal(happened, stage, status, probability, updated_at if status != "Open" else None, updated_at)


_STANDING: dict[int, tuple[str, str, int]] = {
    Type.OPPORTUNITY_WON: ("Closed Won", "Won", 100),
    Type.OPPORTUNITY_LOST: ("Closed Lost", "Lost", 0),
}


def rare_story(rng: Random, assets: Assets, kind: int, prospect: int | None, visitor: int | None, at: int) -> list[Row]:
    """Return one activity of a kind that most accounts hold few of."""
    campaign = assets.campaigns.pick(rng, at).id
    if kind == Type.CLICK_THIRD_PARTY:
        advert = asset_ids(paidSearchAdId=1 + rng.randrange(20))
        return [activity(at, kind, "Paid Search Ad", "spare parts", visitor=visitor, campaign=campaign, asset=advert)]
    type_name, details = ID_LESS[kind]
    return [activity(at, kind, type_name, rng.choice(details), prospect=prospect, visitor=visitor, campaign=campaign)]


RARE_TYPES: tuple[int, ...] = (*ID_LESS, Type.CLICK_THIRD_PARTY)
