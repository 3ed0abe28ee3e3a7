"""The marketing department of a made-up company: everything that exists before anybody reacts to it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from random import Random

from pardot_emulator.assets import SITE, read_live, second_of, whole
from pardot_emulator.custom_fields import FIRST_FIELDS
from pardot_emulator.hostile import HOSTILE_TEXTS
from pardot_emulator.names import OCCASIONS, STAGES, TOPICS, person
from pardot_emulator.rows import add_rows
from pardot_emulator.schema import COLLECTIONS
from pardot_emulator.sizes import Sizes
from pardot_emulator.store import Store, Value
from pardot_emulator.timeline import DAY, HOUR, MINUTE, Timeline, moment, weekday

HOSTILE_CAMPAIGN_NAMES = tuple(
    HOSTILE_TEXTS[name]
    for name in ("script", "html_entities", "quote_comma_newline", "formula", "leading_zeros", "na", "emoji")
)
MAIN_LISTS = 5
"""The first lists are the large ones; list emails go to each in turn."""

_LAYOUTS = ("Layout Template", "Landing Page Builder", "Legacy Page Builder", "Salesforce Builder")
_SENDER = json.dumps([{"type": "general_user", "name": "Marketing", "address": "marketing@example.com"}])

_Row = dict[str, Value]


class Marketing:
    """Fills a store with users, campaigns, emails and pages; each method one kind of thing."""

    def __init__(self, store: Store, rng: Random, timeline: Timeline, sizes: Sizes) -> None:
        self._store = store
        self._rng = rng
        self._timeline = timeline
        self._sizes = sizes
        self._users: list[int] = [0]

    def build(self) -> None:
        """Store everything, the things that others point to first."""
        self._users = self._add("users", self._people())
        self._add_account()
        self._folders = self._add("folders", self._folder_rows())
        self._add("tracker-domains", self._tracker_domains())
        self._campaigns = self._add("campaigns", self._campaign_rows())
        self._campaign_created = {
            whole(row["id"]): second_of(row["createdAt"]) for row in read_live(self._store, "campaigns")
        }
        self._live_campaigns = list(self._campaign_created)
        self._lists = self._add("lists", self._list_rows())
        self._templates = self._add("email-templates", self._template_rows())
        self._add("list-emails", self._list_emails())
        self._add_pages()
        self._add_dynamic_content()
        self._add("engagement-studio-programs", self._programs())
        self._add("custom-fields", (field.row() for field in FIRST_FIELDS))
        self._add("lifecycle-stages", self._stages())
        self._add("tags", ({"name": name, "objectCount": 0} for name in TAGS))
        self._add("folder-contents", self._folder_contents())

    # -- how every row is made

    def _add(self, collection: str, rows: Iterable[_Row]) -> list[int]:
        fields = COLLECTIONS[collection].fields
        audited = ({**self._audit(), **row} for row in rows)
        known = ({name: value for name, value in row.items() if name in fields} for row in audited)
        return add_rows(self._store, collection, known)

    def _audit(self, created: int | None = None) -> _Row:
        """Return who made a row and when, by default in the first hours; some is touched up later."""
        if created is None:
            created = self._timeline.start + int(self._rng.random() * 8 * HOUR)
        updated = created
        if self._rng.random() < 0.4:
            updated += int(self._rng.random() * (self._timeline.end - created))
        return {
            "createdAt": moment(created),
            "updatedAt": moment(updated),
            "createdById": self._rng.choice(self._users),
            "updatedById": self._rng.choice(self._users),
        }

    def _later(self) -> int:
        """Return a second by which some growing company has one more of something."""
        return self._timeline.grow(self._rng, 0.4)

    # -- the house

    def _people(self) -> Iterator[_Row]:
        for place in range(6):
            first, last = person(self._rng)
            name = f"user{place + 1}@example.com"
            role = "Administrator" if place == 0 else "Marketing"
            yield {
                "email": name, "firstName": first, "lastName": last, "username": name, "jobTitle": "Marketer",
                "role": role, "roleName": role, "salesforceId": f"005EX{place:010d}AAA",
                "isDeleted": place == 5,
            }  # fmt: skip

    def _add_account(self) -> None:
        audit = self._audit(self._timeline.start)
        account: _Row = {
            "company": "Lantern & Daughters \"Made-up\" Ltd.", "level": "Advanced", "website": SITE,
            "addressOne": "1 Example Street", "city": "Newark", "state": "NJ", "zip": "07102",
            "country": "United States", "phone": "+1 555 0100", "adminId": self._users[0],
            "maximumDailyApiCalls": 100_000, "apiCallsUsed": 0,
        }  # fmt: skip
        add_rows(self._store, "account", [{**audit, **account}])

    def _folder_rows(self) -> Iterator[_Row]:
        for name in ("Uncategorized", "Emails", "Forms & pages", HOSTILE_TEXTS["backslashes"]):
            yield {"name": name, "path": f"/{name}", "usePermissions": False}

    def _tracker_domains(self) -> Iterator[_Row]:
        for place, domain in enumerate(("go.example.com", "info.example.org")):
            yield {
                "domain": domain, "isPrimary": place == 0, "validationStatus": "verified",
                "sslStatus": "active", "httpsStatus": "enabled",
                "validatedAt": moment(self._timeline.start),
            }  # fmt: skip

    # -- campaigns, lists and emails

    def _campaign_rows(self) -> Iterator[_Row]:
        for place in range(self._sizes.campaigns):
            created = None if place < 8 else self._later()
            hostile = HOSTILE_CAMPAIGN_NAMES[place] if place < len(HOSTILE_CAMPAIGN_NAMES) else None
            ordinary = f"{OCCASIONS[place % len(OCCASIONS)]}: {TOPICS[place * 5 % len(TOPICS)]} {place + 1}"
            yield {
                **self._audit(created), "name": hostile or ordinary, "folderId": self._folders[0],
                "cost": None if place % 5 == 0 else round(200 + self._rng.random() ** 3 * 40_000, 2),
                "salesforceId": f"701EX{place:010d}AAA" if place % 2 else None, "isDeleted": place == 10,
            }  # fmt: skip

    def _campaign(self) -> int:
        return self._live_campaigns[int(self._rng.random() ** 1.5 * len(self._live_campaigns))]

    def _early_campaign(self) -> int:
        return self._rng.choice(self._live_campaigns[:8])

    def _list_rows(self) -> Iterator[_Row]:
        hostile = (HOSTILE_TEXTS["null_upper"], HOSTILE_TEXTS["only_two_quotes"])
        for place in range(self._sizes.lists):
            name = hostile[place - 2] if 2 <= place < 4 else f"{TOPICS[place % len(TOPICS)]} readers {place + 1}"
            yield {
                "name": name, "title": name, "description": HOSTILE_TEXTS["crlf"] if place == 0 else None,
                "isPublic": place % 3 == 0, "isDynamic": place % 4 == 3,
                "isSalesforceVisible": place % 2 == 0, "folderId": self._folders[0],
                "campaignId": self._early_campaign(), "isDeleted": place == 5,
            }  # fmt: skip

    def _template_rows(self) -> Iterator[_Row]:
        for place in range(max(4, self._sizes.lists // 2)):
            subject = f"Your copy of {TOPICS[place % len(TOPICS)]}"
            yield {
                "name": f"Template {place + 1}: {subject}", "subject": subject, "type": "htmlAndText",
                "htmlMessage": f"<p>{subject}</p>", "textMessage": subject, "isOneToOneEmail": place % 4 == 0,
                "isAutoResponderEmail": place % 4 == 1, "isDripEmail": place % 4 == 2, "isListEmail": True,
                "campaignId": self._early_campaign(), "folderId": self._folders[1],
                "tagReplacementLanguage": "hml", "senderOptions": _SENDER, "replyToOptions": "[]",
            }  # fmt: skip

    def _list_emails(self) -> Iterator[_Row]:
        """List emails in working hours of working days, spread over the span."""
        count = self._sizes.list_emails
        for place in range(count):
            day = self._timeline.start + 3 * DAY + int((place + self._rng.random()) / count * 391 * DAY)
            midnight = day - day % DAY
            if weekday(midnight) >= 5:
                midnight -= (weekday(midnight) - 4) * DAY
            sent_at = midnight + 14 * HOUR + self._rng.randrange(24) * 15 * MINUTE
            subject = f"{TOPICS[place % len(TOPICS)]} in {self._rng.randrange(3, 12)} minutes"
            if place % 7 == 3:
                subject = f"{HOSTILE_TEXTS['emoji']} {subject}"
            yield {
                "name": f"List email {place + 1}, {subject}", "subject": subject, "type": "htmlAndText",
                "htmlMessage": f"<h1>{subject}</h1>", "textMessage": subject,
                "campaignId": self._campaign_at(sent_at), "isPaused": False, "isSent": True,
                "clientType": "Web", "sentAt": moment(sent_at), "operationalEmail": False,
                "isOperational": False, "emailTemplateId": self._rng.choice(self._templates),
                "recipientListIds": json.dumps([self._lists[place % MAIN_LISTS]]), "suppressionListIds": "[]",
                "folderId": self._folders[1], "senderOptions": _SENDER, "replyToOptions": "[]",
                "createdAt": moment(sent_at - self._rng.randrange(1, 20) * HOUR),
                "updatedAt": moment(sent_at),
            }  # fmt: skip
        yield {
            "name": "Draft", "subject": "Not sent", "type": "text", "campaignId": self._early_campaign(),
            "isSent": False, "isPaused": True, "clientType": "Web", "recipientListIds": "[]",
        }  # fmt: skip

    def _campaign_at(self, second: int) -> int:
        chosen = self._live_campaigns[int(self._rng.random() ** 1.5 * len(self._live_campaigns))]
        return chosen if self._campaign_created[chosen] <= second else self._early_campaign()

    # -- forms, pages, files

    def _add_pages(self) -> None:
        templates = self._add("layout-templates", [{"name": "Plain", "layoutContent": "<html>%%content%%</html>"}])
        pages = self._sizes.pages
        self._forms = self._add("forms", (self._form(place, templates[0]) for place in range(pages)))
        self._add("form-fields", self._form_fields())
        handlers = self._add("form-handlers", (self._form_handler(place) for place in range(pages // 2 + 1)))
        self._add_handler_fields(handlers)
        self._landing_pages = self._add("landing-pages", (self._landing_page(place) for place in range(pages)))
        self._add("custom-redirects", (self._custom_redirect(place) for place in range(pages)))
        self._add("files", (self._file(place) for place in range(pages)))

    def _named(self, kind: str, place: int, hostile: str) -> _Row:
        """Return what all pages share; the second of a kind has an awkward name, the last is deleted."""
        name = HOSTILE_TEXTS[hostile] if place == 1 else f"{kind}: {TOPICS[place % len(TOPICS)]} {place + 1}"
        created = None if place < 3 else self._later()
        return {
            **self._audit(created), "name": name, "campaignId": self._campaign_at(self._timeline.start + DAY),
            "folderId": self._folders[2], "isDeleted": place == self._sizes.pages - 1,
        }  # fmt: skip

    def _form(self, place: int, template: int) -> _Row:
        url = f"https://go.example.com/l/1/form/{place}"
        return {
            **self._named("Form", place, "quotes"), "url": url, "embedCode": f'<iframe src="{url}"></iframe>',
            "layoutTemplateId": template, "submitButtonText": "Send", "isCaptchaEnabled": place % 2 == 0,
        }  # fmt: skip

    def _form_fields(self) -> Iterator[_Row]:
        for form in self._forms:
            for order, label in enumerate(("Email", "Company, if any")):
                yield {
                    "formId": form, "sortOrder": order, "label": label, "type": "text", "dataFormat": "text",
                    "prospectApiFieldId": label.split(",")[0].lower(), "isRequired": order == 0,
                }  # fmt: skip

    def _form_handler(self, place: int) -> _Row:
        url = f"https://go.example.com/l/1/handler/{place}"
        return {
            **self._named("Form handler", place, "comma"),
            "url": url,
            "successLocation": f"{SITE}/thanks",
        }

    def _add_handler_fields(self, handlers: list[int]) -> None:
        author: _Row = {"createdAt": moment(self._timeline.start), "createdById": self._users[0]}
        rows: list[_Row] = [
            {
                **author,
                "name": "email",
                "formHandlerId": each,
                "dataFormat": "email",
                "prospectApiFieldId": "email",
            }
            for each in handlers
        ]
        add_rows(self._store, "form-handler-fields", rows)

    def _landing_page(self, place: int) -> _Row:
        url = f"https://go.example.com/l/1/page/{place}"
        return {
            **self._named("Landing page", place, "accents"), "title": f"Page {place + 1}", "url": url,
            "formId": self._forms[place] if place % 2 == 0 else None, "layoutType": _LAYOUTS[place % 4],
        }  # fmt: skip

    def _custom_redirect(self, place: int) -> _Row:
        target = f"{SITE}/go/{place}?utm_source=ads&utm_campaign=spring%20sale"
        return {
            **self._named("Redirect", place, "right_to_left"), "destinationUrl": target, "gaSource": "ads",
            "trackedUrl": f"https://go.example.com/e/1/{place}", "url": f"https://go.example.com/r/{place}",
        }  # fmt: skip

    def _file(self, place: int) -> _Row:
        return {
            **self._named("File", place, "backslashes"), "url": f"https://go.example.com/f/{place}.pdf",
            "size": 1_000 + 977 * place, "isTracked": True,
        }  # fmt: skip

    # -- the rest

    def _add_dynamic_content(self) -> None:
        content: _Row = {
            "name": "Greeting", "basedOn": "ProspectDefaultField", "basedOnProspectApiFieldId": "country",
            "baseContent": "Hello", "tagReplacementLanguage": "hml",
        }  # fmt: skip
        greeting = self._add("dynamic-contents", [content])[0]
        variation: _Row = {
            "dynamicContentId": greeting, "comparison": "and", "operator": "is", "value1": "France",
            "content": "Bonjour",
        }  # fmt: skip
        add_rows(self._store, "dynamic-content-variations", [variation])

    def _programs(self) -> Iterator[_Row]:
        for status in ("Running", "Paused"):
            yield {
                "name": f"Nurture, {status.lower()}", "status": status, "folderId": self._folders[1],
                "recipientListIds": json.dumps(self._lists[:2]), "suppressionListIds": "[]", "schedule": "{}",
            }  # fmt: skip

    def _stages(self) -> Iterator[_Row]:
        for position, name in enumerate(STAGES):
            yield {"name": name, "position": position, "isLocked": position in {0, 4}, "matchType": "all"}

    def _folder_contents(self) -> Iterator[_Row]:
        for place, campaign in enumerate(self._campaigns[:5]):
            yield {
                "folderId": self._folders[0], "folderRef": f"/folders/{self._folders[0]}",
                "objectType": "Campaign", "objectId": campaign, "objectName": f"Campaign {place + 1}",
                "objectRef": f"/campaigns/{campaign}",
            }  # fmt: skip


TAGS = ("hot", "partner", "press", HOSTILE_TEXTS["true"], HOSTILE_TEXTS["semicolon_and_pipe"], "customer")
