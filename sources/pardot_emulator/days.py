"""One more day in the life of an account: what a later, incremental run has to find."""

from __future__ import annotations

from datetime import datetime
from operator import itemgetter
from random import Random

from pardot_emulator.activity import CREATED_AT, PROSPECT_ID, TYPE, Row, activity, asset_ids, email_ids
from pardot_emulator.activity import ActivityType as Type
from pardot_emulator.assets import Assets, Mailing, optional_whole, read_live, second_of, whole
from pardot_emulator.changes import Changes, DayChanges
from pardot_emulator.deals import OPPORTUNITY_COLUMNS, opportunity_row
from pardot_emulator.names import TOPICS, company, domain, person
from pardot_emulator.people import POINTS
from pardot_emulator.population import HISTORY_COLUMNS, MEMBERSHIP_COLUMNS, VISITOR_COLUMNS
from pardot_emulator.rows import Sink, add_rows
from pardot_emulator.scribe import Scribe
from pardot_emulator.store import Store, Value
from pardot_emulator.stories import RARE_TYPES, Browser, Reader, deal_story, email_story, rare_story
from pardot_emulator.timeline import DAY, moment, sample_second
from pardot_emulator.upkeep import Upkeep

__all__ = ["DayChanges", "play_day"]

_LEAST_ACTIVITIES = 80
_DAYS_OF_HISTORY = 400


def play_day(store: Store, *, seed: int, at: datetime, scale: float = 1.0, purge: bool = True) -> DayChanges:
    """Let the day that ends at `at` happen to an account, and say exactly what it changed.

    New rows are stamped after `at` minus one day and up to `at`, changed ones have their `updatedAt` there;
    one row in the day says it was created weeks ago. The same seed, time and account give the same day.

    Args:
        store: an account, as `build_company` or an earlier day left it.
        seed: chooses the day; the time is mixed in, so that one seed serves for many days.
        at: the aware end of the day.
        scale: how busy the day is against an ordinary one of an account of this size.
        purge: whether records may vanish without a trace: a prospect deleted for good, the loser of a merge.

    Raises:
        ValueError: `at` carries no UTC offset.
    """
    if at.tzinfo is None:
        raise ValueError(f"The end of the day must carry a UTC offset, and {at!r} has none.")
    end = int(at.timestamp())
    rng = Random(f"{seed}/{end}")
    history = store.count("visitor-activities")
    changes = Changes(store)
    public = Public(store, changes, rng, end - DAY + 1, end)
    budget = max(1, round(max(_LEAST_ACTIVITIES, history / _DAYS_OF_HISTORY) * scale))
    upkeep = Upkeep(store, changes, rng, end - DAY + 1, end)
    upkeep.identify_visitor()
    if purge:
        upkeep.merge_prospects()
        upkeep.purge_prospect()
    upkeep.recycle()
    upkeep.edit_prospects(2 + budget // 20)
    upkeep.edit_accounts(2 + budget // 100)
    upkeep.add_custom_field(3 + budget // 50)
    public.act(upkeep.live_prospects(), budget)
    return changes.result()


class Public:
    """What prospects and visitors do in a day, and what is new because of them."""

    def __init__(self, store: Store, changes: Changes, rng: Random, start: int, end: int) -> None:
        self._store = store
        self._changes = changes
        self._rng = rng
        self._start = start
        self._end = end
        # Ids for new rows are fixed now, above everything that was ever there today.
        self._scribe = Scribe(store)
        self._visitor_sink = Sink(store, "visitors", VISITOR_COLUMNS)
        self._membership_sink = Sink(store, "list-memberships", MEMBERSHIP_COLUMNS)
        self._history_sink = Sink(store, "lifecycle-histories", HISTORY_COLUMNS)
        self._story: list[Row] = []
        self._seen: dict[int, tuple[int, int]] = {}

    def act(self, prospects: list[int], budget: int) -> None:
        """Store the day's new rows, about `budget` of them activities, and what they change about people."""
        newcomers = self._add_prospects(2 + budget // 25)
        everyone = prospects + newcomers
        self._add_memberships(newcomers, prospects)
        visitors = self._add_visitors(2 + budget // 12, newcomers)
        mailing = self._add_list_email()
        assets = Assets.read(self._store)
        self._add_things(everyone)
        self._send(mailing, assets, everyone, budget // 3)
        self._read_again(budget // 10)
        self._add_deals(assets, everyone)
        self._story.append(self._late_row(everyone))
        for kind in self._rng.sample(RARE_TYPES, 4):
            self._story.extend(rare_story(self._rng, assets, kind, self._rng.choice(everyone), None, self._second()))
        browsers = visitors + self._known_browsers(budget)
        while len(self._story) < budget and browsers:
            self._visit(assets, self._rng.choice(browsers))
        self._store_activities()

    # -- one thing at a time

    def join(self, prospects: list[int], count: int) -> None:
        """Store new prospects, on a list and with the beginning of their history."""
        self._add_memberships(self._add_prospects(count), prospects)

    def browse(self, visits: int) -> None:
        """Store visits with their page views and activities, by a new visitor and by known ones."""
        assets = Assets.read(self._store)
        browsers = self._add_visitors(1, []) + self._known_browsers(visits)
        for _ in range(visits):
            self._visit(assets, self._rng.choice(browsers))
        self._store_activities()

    def write_to(self, prospects: list[int], count: int) -> None:
        """Send emails to some prospects, who may open them at once."""
        assets = Assets.read(self._store)
        for prospect in self._rng.sample(prospects, min(count, len(prospects))):
            sent_at = self._second()
            if self._may_be_written_to(prospect, sent_at):
                self._write_to(prospect, assets.templates.pick(self._rng, self._start), sent_at)
        self._store_activities()

    def do_rare_things(self, prospects: list[int], count: int) -> None:
        """Store activities of the rarer kinds, and what they change about the prospects."""
        assets = Assets.read(self._store)
        for kind in self._rng.choices(RARE_TYPES, k=count):
            self._story.extend(rare_story(self._rng, assets, kind, self._rng.choice(prospects), None, self._second()))
        self._store_activities()

    def report_late(self, prospects: list[int]) -> None:
        """Store an activity that happened weeks ago and arrives only now."""
        self._story.append(self._late_row(prospects))
        self._store_activities()

    def _second(self) -> int:
        """Return a second of the day, likelier in working hours."""
        at = self._rng.randint(self._start, self._end)
        return sample_second(self._rng, at - at % DAY, self._start, self._end)

    # -- who and what is new

    def _stamped(self, second: int) -> dict[str, Value]:
        return {"createdAt": moment(second), "updatedAt": moment(second)}

    def _add_prospects(self, count: int) -> list[int]:
        rows: list[dict[str, Value]] = []
        number = self._store.next_id("prospect-accounts")
        account = add_rows(
            self._store,
            "prospect-accounts",
            [
                {
                    "name": company(number),
                    "website": f"https://{domain(number)}",
                    **self._stamped(self._second()),
                }
            ],
        )[0]
        stage = next((row["id"] for row in read_live(self._store, "lifecycle-stages")), None)
        campaign = next((row["id"] for row in read_live(self._store, "campaigns")), None)
        flags: dict[str, Value] = dict.fromkeys(
            ("optedOut", "isDoNotEmail", "isEmailHardBounced", "isStarred", "doNotSell"), False
        )
        for place in range(count):
            first, last = person(self._rng)
            rows.append(
                {
                    **flags,
                    "email": f"new.{self._end}.{place}@{domain(number)}",
                    "firstName": first,
                    "lastName": last,
                    "company": company(number),
                    "prospectAccountId": account if place % 2 == 0 else None,
                    "campaignId": campaign,
                    "lifecycleStageId": stage,
                    "score": 0,
                    **self._stamped(self._second()),
                }
            )
        prospects = add_rows(self._store, "prospects", rows)
        for prospect, row in zip(prospects, rows, strict=True):
            self._history_sink.add((prospect, None, stage, None, second_of(row["createdAt"])))
        self._history_sink.flush()
        return prospects

    def _add_memberships(self, newcomers: list[int], prospects: list[int]) -> None:
        lists = [whole(row["id"]) for row in read_live(self._store, "lists")]
        members = [(lists[0], prospect) for prospect in newcomers]
        self._store.ensure_index("list-memberships", "prospectId")
        for prospect in self._rng.sample(prospects, min(3, len(prospects))):
            wanted = self._rng.choice(lists)
            if not self._store.count("list-memberships", '"prospectId" = ? AND "listId" = ?', (prospect, wanted)):
                members.append((wanted, prospect))
        for list_id, prospect in members:
            at = self._second()
            self._membership_sink.add((list_id, prospect, 0, None, None, at, at))
        self._membership_sink.flush()

    def _add_visitors(self, count: int, newcomers: list[int]) -> list[Browser]:
        browsers: list[Browser] = []
        for place in range(count):
            at = self._second()
            prospect = newcomers[place] if place < len(newcomers) and place % 2 else None
            visitor = self._visitor_sink.add(
                (prospect, None, None, f"host-{place}.example.net", f"198.51.100.{place % 254 + 1}", 0,
                 int(prospect is not None), 0, at, at)
            )  # fmt: skip
            browsers.append(Browser(visitor, prospect, 0, None))
        self._visitor_sink.flush()
        return browsers

    def _add_list_email(self) -> Mailing:
        subject = f"{self._rng.choice(TOPICS)} of {moment(self._end):%d.%m.}"
        sent_at = self._rng.randint(self._start + 60, self._end - DAY // 2)
        campaigns = [whole(row["id"]) for row in read_live(self._store, "campaigns")]
        template = whole(read_live(self._store, "email-templates")[0]["id"])
        campaign = self._rng.choice(campaigns)
        row: dict[str, Value] = {
            "name": f"Daily: {subject}", "subject": subject, "type": "htmlAndText", "campaignId": campaign,
            "isPaused": False, "isSent": True, "clientType": "Web", "emailTemplateId": template,
            "operationalEmail": False, "isOperational": False, "recipientListIds": "[]",
            "suppressionListIds": "[]", "sentAt": moment(sent_at), "createdAt": moment(sent_at - 60),
            "updatedAt": moment(sent_at),
        }  # fmt: skip
        list_email = add_rows(self._store, "list-emails", [row])[0]
        return Mailing(f"Daily: {subject}", subject, sent_at - 60, sent_at, campaign, list_email, template)

    def _add_things(self, prospects: list[int]) -> None:
        """Add one of each small thing that has a creation date and nothing else to find it by."""
        at = moment(self._second())
        prospect = self._rng.choice(prospects)
        add_rows(
            self._store,
            "external-activities",
            [
                {
                    "extension": "Surveys", "type": "Answered", "prospectId": prospect,
                    "value": "A new answer", "activityDate": at, "createdAt": at,
                }
            ],
        )  # fmt: skip
        tag = add_rows(
            self._store,
            "tags",
            [{"name": f"tag of {at:%Y-%m-%d}", "objectCount": 1, "createdAt": at, "updatedAt": at}],
        )[0]
        add_rows(
            self._store,
            "tagged-objects",
            [{"tagId": tag, "objectType": "Prospect", "objectId": prospect, "createdAt": at}],
        )

    # -- what people do

    def _send(self, mailing: Mailing, assets: Assets, prospects: list[int], budget: int) -> None:
        for count, prospect in enumerate(self._rng.sample(prospects, min(budget, len(prospects)))):
            if count % 8 == 7:
                chosen, sent_at = assets.templates.pick(self._rng, self._start), self._second()
            else:
                chosen, sent_at = mailing, (mailing.sent_at or self._start) + count // 50
            if len(self._story) >= budget:
                return
            if not self._may_be_written_to(prospect, sent_at):
                continue
            self._write_to(prospect, chosen, sent_at)

    def _write_to(self, prospect: int, mailing: Mailing, sent_at: int) -> None:
        email = self._scribe.add_email(mailing, prospect, sent_at)
        reader = Reader(prospect, None, self._rng.lognormvariate(0.2, 0.6))
        self._story.extend(email_story(self._rng, mailing, email, reader, sent_at, self._end))

    def _may_be_written_to(self, prospect: int, at: int) -> bool:
        row = self._store.get("prospects", prospect)
        created = None if row is None else row["createdAt"]
        if row is None or not isinstance(created, datetime) or created > moment(at):
            return False
        return not (row["optedOut"] or row["isEmailHardBounced"])

    def _read_again(self, count: int) -> None:
        """Let emails that were opened in the last days be opened again, and clicked."""
        self._store.ensure_index("visitor-activities", "createdAt")
        columns = '"details", "prospectId", "campaignId", "emailId", "listEmailId", "emailTemplateId"'
        opened = list(
            self._store.iter_tuples(
                f'SELECT {columns} FROM "visitor-activities" WHERE "createdAt" >= ? AND "type" = ?'
                ' AND "prospectId" IS NOT NULL ORDER BY "createdAt", id LIMIT 500',
                (self._start - 14 * DAY, int(Type.OPEN)),
            )
        )
        for name, prospect, campaign, *ids in self._rng.sample(opened, min(count, len(opened))):
            at = self._second()
            again = (
                (Type.OPEN, "Email", name),
                (Type.CLICK, "Email Tracker", "https://www.example.com/offer"),
            )
            for kind, type_name, details in again[: 1 + (self._rng.random() < 0.4)]:
                self._story.append(
                    activity(
                        at, kind, type_name, details, prospect=prospect, campaign=campaign,
                        asset=email_ids(*ids)
                    )
                )  # fmt: skip

    def _add_deals(self, assets: Assets, prospects: list[int]) -> None:
        """Open an opportunity, and win one that was open."""
        sink = Sink(self._store, "opportunities", OPPORTUNITY_COLUMNS)
        at, prospect = self._rng.randint(self._start, self._end - 60), self._rng.choice(prospects)
        campaign = assets.campaigns.pick(self._rng, at).id
        number = sink.next_id
        name = f"{self._rng.choice(TOPICS)} {number}"
        deal = deal_story(self._rng, number, name, prospect, campaign, at, self._end)
        sink.add(opportunity_row(self._rng, name, campaign, at, deal, number))
        sink.flush()
        self._story.extend(deal.activities)
        for row in list(self._store.rows("opportunities", "\"status\" = 'Open' AND id < ?", parameters=(number,)))[:1]:
            at = self._second()
            self._changes.update(
                "opportunities", whole(row["id"]), status="Won", stage="Closed Won", probability=100,
                closedAt=moment(at), updatedAt=moment(at),
            )  # fmt: skip
            self._story.append(
                activity(
                    at, Type.OPPORTUNITY_WON, "Opportunity", str(row["name"]), prospect=prospect,
                    campaign=optional_whole(row["campaignId"]),
                    asset=asset_ids(opportunityId=whole(row["id"])),
                )
            )  # fmt: skip

    def _late_row(self, prospects: list[int]) -> Row:
        """Return an activity of weeks ago that only arrives today."""
        arrived = self._second()
        at = arrived - self._rng.randint(15 * DAY, 40 * DAY)
        prospect = prospects[0]
        return activity(at, Type.EVENT_CHECKED_IN, "Event", "Open day", prospect=prospect, updated_at=arrived)

    def _known_browsers(self, count: int) -> list[Browser]:
        """Return visitors of earlier days, up to a number."""
        newest = self._store.next_id("visitors")
        oldest = next(iter(self._store.iter_tuples('SELECT min(id) FROM "visitors"')))[0] or newest
        ids = sorted({self._rng.randint(oldest, newest) for _ in range(count)})
        rows = (self._store.get("visitors", each) for each in ids)
        return [
            Browser(whole(row["id"]), optional_whole(row["prospectId"]), 0, optional_whole(row["campaignId"]))
            for row in rows
            if row is not None and not self._changes.is_new("visitors", whole(row["id"]))
        ]

    def _visit(self, assets: Assets, browser: Browser) -> None:
        story, visit = self._scribe.add_visit(self._rng, assets, browser, self._second(), self._end)
        views, last_at = self._seen.get(browser.visitor_id, (0, 0))
        self._seen[browser.visitor_id] = views + visit[2], max(last_at, visit[4])
        self._story.extend(story)

    # -- what that changes

    def _store_activities(self) -> None:
        self._story.sort(key=itemgetter(CREATED_AT))
        self._scribe.activities.add_all(self._story)
        self._scribe.flush()
        self._remember_prospects()
        for visitor, (views, last_at) in self._seen.items():
            row = self._store.get("visitors", visitor) or {}
            count = whole(row.get("pageViewCount") or 0) + views
            updated_at = self._later_of(row, last_at)
            self._changes.update("visitors", visitor, pageViewCount=count, updatedAt=updated_at)

    def _remember_prospects(self) -> None:
        points: dict[int, int] = {}
        last: dict[int, int] = {}
        kinds: dict[int, set[int]] = {}
        for row in self._story:
            prospect = row[PROSPECT_ID]
            if prospect is not None and row[CREATED_AT] >= self._start:
                points[prospect] = points.get(prospect, 0) + POINTS.get(row[TYPE], 0)
                last[prospect] = row[CREATED_AT]
                kinds.setdefault(prospect, set()).add(row[TYPE])
        for prospect, last_at in last.items():
            stored = self._store.get("prospects", prospect)
            if stored is None:
                continue
            values: dict[str, Value] = {"score": max(0, whole(stored["score"] or 0) + points[prospect])}
            if stored["firstActivityAt"] is None:
                values["firstActivityAt"] = moment(last_at)
            if Type.BOUNCED in kinds[prospect]:
                values.update(isEmailHardBounced=True, emailBouncedAt=moment(last_at))
            if Type.UNSUBSCRIBE_PAGE in kinds[prospect]:
                values["optedOut"] = True
            updated_at = self._later_of(stored, last_at)
            self._changes.update("prospects", prospect, lastActivityAt=moment(last_at), updatedAt=updated_at, **values)

    @staticmethod
    def _later_of(row: dict[str, Value], second: int) -> datetime:
        """Return the later of a row's update and a second: an update never moves back."""
        stored = row.get("updatedAt")
        return max(stored, moment(second)) if isinstance(stored, datetime) else moment(second)
