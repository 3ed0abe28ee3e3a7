"""The visitor activity as a row: its types, its columns, and which ids each type fills in.

Source: the 38 types are the list in the Pardot API object field reference; which ids go with a type is partly
inferred, as no page of the vendor's says it completely. Numbers outside of the list occur, so one is
included.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

Row = tuple[Any, ...]
"""Values as SQLite holds them: date-times as epoch seconds, booleans as 0 and 1."""


class ActivityType(IntEnum):
    """What happened, by the number that the API sends."""

    CLICK = 1
    VIEW = 2
    ERROR = 3
    SUCCESS = 4
    SESSION = 5
    SENT = 6
    SEARCH = 7
    NEW_OPPORTUNITY = 8
    OPPORTUNITY_WON = 9
    OPPORTUNITY_LOST = 10
    OPEN = 11
    UNSUBSCRIBE_PAGE = 12
    BOUNCED = 13
    SPAM_COMPLAINT = 14
    EMAIL_PREFERENCE_PAGE = 15
    RESUBSCRIBED = 16
    CLICK_THIRD_PARTY = 17
    OPPORTUNITY_REOPENED = 18
    OPPORTUNITY_LINKED = 19
    VISIT = 20
    CUSTOM_URL_CLICK = 21
    OLARK_CHAT = 22
    INVITED_TO_WEBINAR = 23
    ATTENDED_WEBINAR = 24
    REGISTERED_FOR_WEBINAR = 25
    SOCIAL_POST_CLICK = 26
    VIDEO_VIEW = 27
    EVENT_REGISTERED = 28
    EVENT_CHECKED_IN = 29
    VIDEO_CONVERSION = 30
    USERVOICE_SUGGESTION = 31
    USERVOICE_COMMENT = 32
    USERVOICE_TICKET = 33
    VIDEO_WATCHED = 34
    INDIRECT_UNSUBSCRIBE_OPEN = 35
    INDIRECT_BOUNCE = 36
    INDIRECT_RESUBSCRIBED = 37
    OPPORTUNITY_UNLINKED = 38


UNKNOWN_TYPE = 61
"""A type of the kind Salesforce may add any day; a reader has to keep it."""

ALL_TYPES: tuple[int, ...] = (*ActivityType, UNKNOWN_TYPE)

EMAIL_TYPES = frozenset(
    {
        ActivityType.SENT,
        ActivityType.OPEN,
        ActivityType.UNSUBSCRIBE_PAGE,
        ActivityType.BOUNCED,
        ActivityType.SPAM_COMPLAINT,
        ActivityType.EMAIL_PREFERENCE_PAGE,
        ActivityType.RESUBSCRIBED,
        ActivityType.INDIRECT_UNSUBSCRIBE_OPEN,
        ActivityType.INDIRECT_BOUNCE,
        ActivityType.INDIRECT_RESUBSCRIBED,
    }
)
OPPORTUNITY_TYPES = frozenset(
    {
        ActivityType.NEW_OPPORTUNITY,
        ActivityType.OPPORTUNITY_WON,
        ActivityType.OPPORTUNITY_LOST,
        ActivityType.OPPORTUNITY_REOPENED,
        ActivityType.OPPORTUNITY_LINKED,
        ActivityType.OPPORTUNITY_UNLINKED,
    }
)

#: What the activities without an id of their own are about: type, its `typeName`, and details to pick from.
ID_LESS: dict[int, tuple[str | None, tuple[str, ...]]] = {
    ActivityType.SESSION: (None, ("Session",)),
    ActivityType.OLARK_CHAT: ("Olark Chat", ("Chat about delivery times", "Chat about prices")),
    ActivityType.INVITED_TO_WEBINAR: ("Webinar", ("Forecasting in an hour", "Ask an engineer")),
    ActivityType.ATTENDED_WEBINAR: ("Webinar", ("Forecasting in an hour", "Ask an engineer")),
    ActivityType.REGISTERED_FOR_WEBINAR: ("Webinar", ("Forecasting in an hour", "Ask an engineer")),
    ActivityType.SOCIAL_POST_CLICK: ("Social Post", ("We are hiring", "Our new plant")),
    ActivityType.VIDEO_VIEW: ("Video", ("Two-minute tour", "How we test")),
    ActivityType.EVENT_REGISTERED: ("Event", ("Open day", "Users' meeting")),
    ActivityType.EVENT_CHECKED_IN: ("Event", ("Open day", "Users' meeting")),
    ActivityType.VIDEO_CONVERSION: ("Video", ("Two-minute tour", "How we test")),
    ActivityType.USERVOICE_SUGGESTION: ("UserVoice", ("Add a dark theme",)),
    ActivityType.USERVOICE_COMMENT: ("UserVoice", ("Yes, please",)),
    ActivityType.USERVOICE_TICKET: ("UserVoice", ("Cannot log in",)),
    ActivityType.VIDEO_WATCHED: ("Video", ("Two-minute tour", "How we test")),
    UNKNOWN_TYPE: ("Hologram", ("Something that did not exist when this was written",)),
}

ASSET_COLUMNS = (
    "emailId",
    "listEmailId",
    "emailTemplateId",
    "formId",
    "formHandlerId",
    "landingPageId",
    "fileId",
    "customRedirectId",
    "siteSearchQueryId",
    "paidSearchAdId",
    "multivariateTestVariationId",
    "opportunityId",
)
COLUMNS = (
    "createdAt",
    "updatedAt",
    "type",
    "typeName",
    "details",
    "prospectId",
    "visitorId",
    "visitId",
    "visitorPageViewId",
    "campaignId",
    *ASSET_COLUMNS,
)
"""The columns of an activity in the order that `activity` returns them; the id is given when it is stored."""

CREATED_AT, UPDATED_AT, TYPE, DETAILS, PROSPECT_ID = 0, 1, 2, 4, 5
NO_ASSET: Row = (None,) * len(ASSET_COLUMNS)
AFTER_EMAIL: Row = (None,) * (len(ASSET_COLUMNS) - 3)


def asset_ids(**ids: int | None) -> Row:
    """Return the asset columns of an activity with the named ids filled in."""
    if unknown := ids.keys() - set(ASSET_COLUMNS):
        raise ValueError(f"An activity has no such asset columns: {sorted(unknown)}.")
    return tuple(ids.get(column) for column in ASSET_COLUMNS)


def email_ids(email: int | None, list_email: int | None, template: int | None) -> Row:
    """Return the asset columns of an activity on an email; the common case, made quick."""
    return (email, list_email, template, *AFTER_EMAIL)


def activity(
    at: int,
    kind: int,
    type_name: str | None,
    details: str | None,
    *,
    prospect: int | None = None,
    visitor: int | None = None,
    visit: int | None = None,
    page_view: int | None = None,
    campaign: int | None = None,
    asset: Row = NO_ASSET,
    updated_at: int | None = None,
) -> Row:
    """Return one activity in the order of `COLUMNS`; last updated when created unless said otherwise."""
    # int(): sqlite3 stores an IntEnum member slowly, through its number protocol.
    return (
        at,
        at if updated_at is None else updated_at,
        int(kind),
        type_name,
        details,
        prospect,
        visitor,
        visit,
        page_view,
        campaign,
        *asset,
    )
