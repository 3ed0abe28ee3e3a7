"""What marketing has made, as later stories find it: campaigns, emails, forms, pages, files and redirects.

`Assets.read` finds them in a store, so that the first thirteen months and every later day use the same props.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Generic, Protocol, TypeVar

from pardot_emulator.activity import NO_ASSET, Row, asset_ids
from pardot_emulator.schema import COLLECTIONS
from pardot_emulator.store import Store, Value

SITE = "https://www.example.com"
LINKS = (f"{SITE}/offer", f"{SITE}/pricing?plan=team&seats=10", f"{SITE}/blog/2,500-hours", f"{SITE}/contact")


class Dated(Protocol):
    """Anything with a second before which it did not exist."""

    @property
    def created_at(self) -> int: ...


Item = TypeVar("Item", bound=Dated)


class Shelf(Generic[Item]):
    """Items in the order in which they came into being, the older ones the more popular."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.items: Sequence[Item] = sorted(items, key=lambda item: item.created_at)
        self._created_at = [item.created_at for item in self.items]

    def pick(self, rng: Random, at: int) -> Item:
        """Return an item that existed at a second; the oldest if none did."""
        existing = bisect_right(self._created_at, at)
        return self.items[int(rng.random() ** 2 * existing)]


@dataclass(frozen=True)
class Asset:
    """Something a prospect can see or use, with the activity columns that name it."""

    id: int
    name: str
    created_at: int
    campaign_id: int | None
    ids: Row = NO_ASSET
    submission_ids: Row | None = None
    """For a landing page with a form on it: a submission names the form and the page."""


@dataclass(frozen=True)
class Mailing:
    """An email that goes to many: a list email at its hour, or a template sent one by one."""

    name: str
    subject: str
    created_at: int
    sent_at: int | None
    campaign_id: int | None
    list_email_id: int | None
    template_id: int | None

    @property
    def appeal(self) -> float:
        """How well it does beside an average one. It belongs to the campaign, so that campaigns differ."""
        return 0.35 + (self.campaign_id or 0) * 37 % 100 / 70


@dataclass(frozen=True)
class Assets:
    """Every asset that an activity can name and that is not in the recycle bin."""

    campaigns: Shelf[Asset]
    list_emails: tuple[Mailing, ...]
    templates: Shelf[Mailing]
    forms: Shelf[Asset]
    form_handlers: Shelf[Asset]
    landing_pages: Shelf[Asset]
    files: Shelf[Asset]
    custom_redirects: Shelf[Asset]

    @classmethod
    def read(cls, store: Store) -> Assets:
        """Return the assets of a store."""
        return cls(
            campaigns=Shelf(_assets(store, "campaigns", None)),
            list_emails=tuple(_mailings(store, "list-emails", "list_email_id")),
            templates=Shelf(_mailings(store, "email-templates", "template_id")),
            forms=Shelf(_assets(store, "forms", "formId")),
            form_handlers=Shelf(_assets(store, "form-handlers", "formHandlerId")),
            landing_pages=Shelf(_assets(store, "landing-pages", "landingPageId")),
            files=Shelf(_assets(store, "files", "fileId")),
            custom_redirects=Shelf(_assets(store, "custom-redirects", "customRedirectId")),
        )


def read_live(store: Store, collection: str) -> list[dict[str, Value]]:
    """Return the rows of a small collection that are not in the recycle bin, by id."""
    bin_column = COLLECTIONS[collection].recycled_column
    return [row for row in store.rows(collection) if bin_column is None or not row[bin_column]]


def whole(value: Value) -> int:
    """Return a value of an id or count column, which the store promises to be a whole number."""
    if not isinstance(value, int):
        raise TypeError(f"Expected a whole number in the store and found {value!r}.")
    return value


def optional_whole(value: Value) -> int | None:
    """Return a value of an id column that may be empty."""
    return None if value is None else whole(value)


def second_of(value: Value) -> int:
    """Return a date-time column's value as an epoch second."""
    if not isinstance(value, datetime):
        raise TypeError(f"Expected a date-time in the store and found {value!r}.")
    return int(value.timestamp())


def _assets(store: Store, collection: str, column: str | None) -> Iterable[Asset]:
    for row in read_live(store, collection):
        row_id = whole(row["id"])
        form_id = optional_whole(row["formId"]) if column == "landingPageId" else None
        yield Asset(
            id=row_id,
            name=str(row["name"]),
            created_at=second_of(row["createdAt"]),
            campaign_id=optional_whole(row.get("campaignId")) if column else row_id,
            ids=asset_ids(**{column: row_id}) if column else NO_ASSET,
            submission_ids=asset_ids(formId=form_id, landingPageId=row_id) if form_id else None,
        )


def _mailings(store: Store, collection: str, own_id: str) -> Iterable[Mailing]:
    for row in read_live(store, collection):
        sent_at = row.get("sentAt")
        is_list_email = own_id == "list_email_id"
        yield Mailing(
            name=str(row["name"]),
            subject=str(row["subject"]),
            created_at=second_of(row["createdAt"]),
            sent_at=None if sent_at is None else second_of(sent_at),
            campaign_id=optional_whole(row["campaignId"]),
            list_email_id=whole(row["id"]) if is_list_email else None,
            template_id=optional_whole(row["emailTemplateId"]) if is_list_email else whole(row["id"]),
        )
