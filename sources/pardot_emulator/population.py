"""Stores the public of a made-up company, and knows who is on which list."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from random import Random

from pardot_emulator.activity import Row
from pardot_emulator.assets import Mailing, read_live, whole
from pardot_emulator.custom_fields import FIRST_FIELDS, REMARKS
from pardot_emulator.hostile import HOSTILE_NAMES, HOSTILE_TEXTS
from pardot_emulator.marketing import MAIN_LISTS, TAGS
from pardot_emulator.names import CITIES, INDUSTRIES, JOB_TITLES, STAGES, company, domain, person
from pardot_emulator.people import OPTED_OUT, Prospects, Visitors, prospect_id
from pardot_emulator.rows import FIRST_IDS, Sink
from pardot_emulator.sizes import Sizes
from pardot_emulator.store import Store
from pardot_emulator.timeline import DAY, HOUR, Timeline

MEMBERSHIP_COLUMNS = (
    "listId",
    "prospectId",
    "optedOut",
    "createdById",
    "updatedById",
    "createdAt",
    "updatedAt",
)
VISITOR_COLUMNS = (
    "prospectId",
    "campaignId",
    "sourceParameter",
    "hostname",
    "ipAddress",
    "pageViewCount",
    "isIdentified",
    "doNotSell",
    "createdAt",
    "updatedAt",
)
HISTORY_COLUMNS = ("prospectId", "previousStageId", "nextStageId", "secondsElapsed", "createdAt")
_STAGE_PROSPECT_COLUMNS = (
    "lifecycleStageName",
    "lifecycleId",
    "lifecycleStageId",
    "prospectId",
    "createdAt",
    "updatedAt",
)
_BULK_ACTION_COLUMNS = (
    "object",
    "bulkAction",
    "status",
    "origin",
    "count",
    "percentComplete",
    "errorCount",
    "fileName",
    "processedCount",
    "createdAt",
    "updatedAt",
    "createdById",
    "updatedById",
)
_ACCOUNT_COLUMNS = (
    "name",
    "salesforceId",
    "annualRevenue",
    "billingCity",
    "billingCountry",
    "billingZip",
    "employees",
    "industry",
    "number",
    "website",
    "description",
    "assignedToId",
    "isDeleted",
    "createdAt",
    "updatedAt",
)
_PROSPECT_COLUMNS = (
    "email",
    "firstName",
    "lastName",
    "company",
    "jobTitle",
    "city",
    "state",
    "zip",
    "country",
    "phone",
    "industry",
    "employees",
    "source",
    "comments",
    "notes",
    "campaignId",
    "prospectAccountId",
    "assignedToId",
    "lifecycleStageId",
    "score",
    "grade",
    "firstActivityAt",
    "lastActivityAt",
    "optedOut",
    "isDoNotEmail",
    "isEmailHardBounced",
    "emailBouncedAt",
    "emailBouncedReason",
    "isStarred",
    "doNotSell",
    "isDeleted",
    "salesforceId",
    "createdById",
    "createdAt",
    "updatedAt",
)
_GRADES = ("A+", "A", "A-", "B+", "B", "B-", "C+", "C", "D", "F")
_STAGE_SCORES = (8, 40, 90, 160)
_LIFECYCLE = 1
"""The id of the only lifecycle."""


class Population:
    """The people's rows in the store."""

    def __init__(
        self,
        store: Store,
        rng: Random,
        timeline: Timeline,
        sizes: Sizes,
        prospects: Prospects,
        visitors: Visitors,
    ) -> None:
        self._store = store
        self._rng = rng
        self._timeline = timeline
        self._sizes = sizes
        self._prospects = prospects
        self._visitors = visitors
        self._users = [whole(row["id"]) for row in read_live(store, "users")]
        self._campaigns = [whole(row["id"]) for row in read_live(store, "campaigns")][:8]
        self._stages = [whole(row["id"]) for row in read_live(store, "lifecycle-stages")]
        self._members: list[array[int]] = []

    # -- accounts and lists, before anything happens

    def add_accounts_and_memberships(self) -> None:
        """Store what the stories need: the accounts, and who may receive which list email."""
        self._fill("prospect-accounts", _ACCOUNT_COLUMNS, map(self._account, range(self._sizes.accounts)))
        lists = [whole(row["id"]) for row in self._store.rows("lists")]
        for place in range(len(lists)):
            share = 0.55 + 0.08 * place if place < MAIN_LISTS else self._rng.random() / len(lists)
            self._members.append(
                array("i", (each for each in range(len(self._prospects)) if self._rng.random() < share))
            )

    def audience(self, rng: Random, mailing: Mailing, sent_at: int) -> Iterator[int]:
        """Yield the places of the prospects on a list email's list, each once, from a random one on."""
        number = (mailing.list_email_id or 0) - FIRST_IDS["list-emails"]
        members = self._members[number % MAIN_LISTS]
        start = int(rng.random() * len(members))
        for step in range(len(members)):
            place = members[(start + step) % len(members)]
            if self._prospects.created_at[place] + HOUR < sent_at:
                yield place

    def _account(self, place: int) -> Row:
        rng = self._rng
        name = company(place)
        if place % 9 == 4:
            name = HOSTILE_NAMES[place // 9 % len(HOSTILE_NAMES)]
        city, _, country, post_code = rng.choice(CITIES)
        created = self._timeline.start + 8 * HOUR if place % 3 == 0 else self._timeline.grow(rng, 0.3)
        updated = created + int(rng.random() ** 2 * (self._timeline.end - created))
        return (
            name, f"001EX{place:010d}AAA", str(rng.randrange(1, 900) * 100_000), city, country, post_code,
            str(rng.randrange(3, 9_000)), rng.choice(INDUSTRIES), f"{place:06d}", f"https://{domain(place)}",
            HOSTILE_TEXTS["newline"] if place == 1 else None, rng.choice(self._users), int(place % 101 == 7),
            created, updated,
        )  # fmt: skip

    # -- everybody, after everything has happened

    def add_people(self) -> None:
        """Store prospects and visitors as their activities left them, and what else is kept about them."""
        for field in FIRST_FIELDS:
            self._store.add_column("prospects", field.column)
        columns = (*_PROSPECT_COLUMNS, *(field.column for field in FIRST_FIELDS))
        self._fill("prospects", columns, map(self._prospect, range(len(self._prospects))))
        self._fill("visitors", VISITOR_COLUMNS, map(self._visitor, range(len(self._visitors))))
        self._fill("list-memberships", MEMBERSHIP_COLUMNS, self._memberships())
        self._fill("lifecycle-histories", HISTORY_COLUMNS, self._histories())
        self._add_tagged_objects()
        self._add_external_activities()
        self._fill("lifecycle-stage-prospects", _STAGE_PROSPECT_COLUMNS, self._stage_prospects())
        self._fill("bulk-actions", _BULK_ACTION_COLUMNS, self._bulk_actions())

    def _fill(self, collection: str, columns: tuple[str, ...], rows: Iterator[Row]) -> None:
        sink = Sink(self._store, collection, columns)
        for row in rows:
            sink.add(row)
        sink.flush()

    def _prospect(self, place: int) -> Row:
        rng, prospects = self._rng, self._prospects
        first, last = person(rng)
        account = prospects.account[place]
        email = f"{_plain(first)}.{_plain(last)}.{place}@{domain(max(account, 0))}"
        employer = company(account) if account >= 0 else None
        if place % 10 == 6:
            first, last, employer = (HOSTILE_NAMES[(place // 10 + step) % len(HOSTILE_NAMES)] for step in (0, 7, 14))
        city, state, post_code, country = _address(rng)
        created, active = prospects.created_at[place], prospects.last_at[place]
        bounced = prospects.bounced_at[place] or None
        hostile = _hostile_notes(place, len(prospects))
        touched = created + int(rng.random() ** 3 * (self._timeline.end - created))
        return (
            email, first, last, employer, rng.choice(JOB_TITLES), city, state, post_code, country,
            f"+1 555 {place % 10_000:04d}", rng.choice(INDUSTRIES), str(rng.randrange(1, 9_000)), "Website",
            hostile[0], hostile[1], rng.choice(self._campaigns),
            FIRST_IDS["prospect-accounts"] + account if account >= 0 else None,
            rng.choice(self._users) if place % 3 else None, self._stages[self.stage(place)],
            max(0, prospects.score[place]), rng.choice(_GRADES) if place % 8 else None,
            prospects.first_at[place] or None, active or None, int(prospects.mail_state[place] == OPTED_OUT),
            int(place % 61 == 5), int(bounced is not None), bounced,
            '550 5.1.1 "no such user", giving up' if bounced else None, int(place % 40 == 0),
            int(place % 83 == 1), int(place % 97 == 13), f"003EX{place:010d}AAA" if place % 2 else None,
            rng.choice(self._users), created, max(touched, active), *self._custom_values(hostile[2]),
        )  # fmt: skip

    def _custom_values(self, remark: str | None) -> Iterator[str | None]:
        for field in FIRST_FIELDS:
            value = field.invent(self._rng) if self._rng.random() < 0.4 else None
            yield remark or value if field is REMARKS else value

    def _visitor(self, place: int) -> Row:
        visitors, rng = self._visitors, self._rng
        prospect = visitors.prospect[place]
        created = visitors.created_at[place]
        updated = max(created, visitors.last_at[place], visitors.identified_at[place])
        return (
            prospect_id(prospect) if prospect >= 0 else None, rng.choice(self._campaigns),
            "ads" if rng.random() < 0.2 else None, f"host-{place}.{domain(place % 300)}",
            f"203.0.113.{place % 254 + 1}", visitors.page_views[place],
            int(prospect >= 0 or rng.random() < 0.1), int(place % 211 == 0), created, updated,
        )  # fmt: skip

    def _memberships(self) -> Iterator[Row]:
        first = FIRST_IDS["lists"]
        for list_place, members in enumerate(self._members):
            for place in members:
                created = min(self._prospects.created_at[place] + 60 + list_place, self._timeline.end)
                left = self._prospects.mail_state[place] == OPTED_OUT
                updated = max(created, self._prospects.last_at[place]) if left else created
                author = self._users[place % len(self._users)]
                yield first + list_place, prospect_id(place), int(left), author, author, created, updated

    def stage(self, place: int) -> int:
        """Return how far along a prospect's score has brought it."""
        return sum(self._prospects.score[place] >= threshold for threshold in _STAGE_SCORES)

    def _histories(self) -> Iterator[Row]:
        for place in range(len(self._prospects)):
            entered = self._prospects.created_at[place]
            latest = max(entered, self._prospects.last_at[place])
            previous: int | None = None
            stage_count = self.stage(place)
            for level in range(stage_count + 1):
                at = entered if level == 0 else entered + (latest - entered) * level // stage_count
                elapsed = None if previous is None else (latest - entered) // stage_count
                yield prospect_id(place), previous, self._stages[level], elapsed, at
                previous = self._stages[level]

    def _stage_prospects(self) -> Iterator[Row]:
        for place in range(len(self._prospects)):
            entered, stage = self._prospects.created_at[place], self.stage(place)
            changed = max(entered, self._prospects.last_at[place])
            yield STAGES[stage], _LIFECYCLE, self._stages[stage], prospect_id(place), entered, changed

    def _bulk_actions(self) -> Iterator[Row]:
        for place, (action, errors) in enumerate((("delete", 0), ("undelete", 2), ("addTag", 0))):
            at, count = self._timeline.start + (7 + 90 * place) * DAY, 40 * (place + 1)
            author = self._users[place % len(self._users)]
            yield (
                "prospect", action, "Complete", "API", count, 100, errors, f"prospects-{place + 1}.csv", count - errors,
                at, at + 10 * (place + 1), author, author,
            )  # fmt: skip

    def _add_tagged_objects(self) -> None:
        tags = [whole(row["id"]) for row in self._store.rows("tags")]
        columns = ("tagId", "objectType", "objectId", "objectName", "createdAt", "createdById")
        rows: list[Row] = []
        for place in range(0, len(self._prospects), 12):
            at = self._prospects.created_at[place]
            rows.append((tags[place % len(TAGS)], "Prospect", prospect_id(place), None, at, self._users[0]))
        for place, campaign in enumerate(self._campaigns):
            rows.append(
                (
                    tags[place % len(TAGS)],
                    "Campaign",
                    campaign,
                    None,
                    self._timeline.start + DAY,
                    self._users[0],
                )
            )
        self._fill("tagged-objects", columns, iter(rows))
        for place, tag in enumerate(tags):
            self._store.update("tags", tag, objectCount=sum(row[0] == tag for row in rows) if place < len(TAGS) else 0)

    def _add_external_activities(self) -> None:
        columns = ("extension", "type", "prospectId", "value", "activityDate", "createdAt", "createdById")
        texts = tuple(text for text in HOSTILE_TEXTS.values() if len(text) <= 100)
        self._fill(
            "external-activities",
            columns,
            (self._external_activity(texts, place) for place in range(self._sizes.external_activities)),
        )

    def _external_activity(self, texts: tuple[str, ...], place: int) -> Row:
        at = self._timeline.start + 2 * DAY + int(self._rng.random() * 390 * DAY)
        prospect = self._prospects.pick(self._rng, at) or 0
        value = texts[place % len(texts)] if place % 4 == 0 else f"Survey answer {place}"
        return "Surveys", "Answered", prospect_id(prospect), value, at, at + 30, self._users[0]


def _address(rng: Random) -> tuple[str, str | None, str, str]:
    city, state, country, post_code = rng.choice(CITIES)
    return city, state, post_code, country


def _plain(name: str) -> str:
    return name.encode("ascii", "ignore").decode().replace("'", "").lower()


def _hostile_notes(place: int, prospects: int) -> tuple[str | None, str | None, str | None]:
    """Return awkward comments, notes and remarks, dealt out so that the first prospects hold every text."""
    texts = tuple(HOSTILE_TEXTS.values())
    hands = [texts[at] if (at := place + prospects * column) < len(texts) else None for column in range(3)]
    return hands[0], hands[1], hands[2]
