"""What joins activities to people, accounts, campaigns and Account Engagement's own counts, in plain Python.

Every cell of the four tables is computed from random rows, with names that are missing and ids of nothing.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import duckdb
import pytest
from transforms_warehouse import Warehouse, utc

from pardot_transforms import load_project

Row = dict[str, Any]

END: Final = utc(2026, 3, 31, 3)
ZONE: Final = "America/New_York"
VERBS: Final = {
    **{1: "Click", 2: "View", 4: "Success", 6: "Sent", 11: "Open", 13: "Bounced", 20: "Visit"},
    35: "Indirect Unsubscribe Open",
}
OF_PEOPLE: Final = {1, 2, 4, 11, 20, 35}
"""Of these types a person does something; the others are done to them."""
OF_EMAIL: Final = {6, 11, 13, 35}
KINDS: Final = (
    *("list_email", "email_template", "email", "form", "form_handler", "file", "custom_redirect"),
    *("multivariate_test_variation", "landing_page", "site_search_query", "paid_search_ad", "opportunity"),
    *("visitor_page_view", "visit"),
)
"""From the most telling to mere context."""
NAMED: Final = {
    "list_email": "list_emails",
    "email_template": "email_templates",
    "email": "emails",
    "form": "forms",
    "form_handler": "form_handlers",
    "file": "files",
    "custom_redirect": "custom_redirects",
    "landing_page": "landing_pages",
    "opportunity": "opportunities",
}
ACTIONS: Final = {"sent": 6, "opens": 11, "clicks": 1, "views": 2, "successes": 4, "visits": 20}
DAYS: Final = {"7d": 7, "30d": 30, "90d": 90, "ever": None}
TOLD: Final = {
    "sent": ("sent",),
    "delivered": ("delivered",),
    "bounced": ("soft_bounced", "hard_bounced"),
    "opens": ("opens",),
    "unique_opens": ("unique_opens",),
    "clicks": ("total_clicks",),
    "unique_clicks": ("unique_clicks",),
    "opt_outs": ("opt_outs",),
    "spam_complaints": ("spam_complaints",),
}


@dataclass(frozen=True)
class World:
    """An account's rows by table, and what was made of them."""

    warehouse: Warehouse
    rows: Mapping[str, list[Row]]
    index: Mapping[str, Mapping[int, Row]]

    def by_id(self, table: str) -> Mapping[int, Row]:
        return self.index[table]

    def named(self, table: str, number: int | None) -> Any:
        """Return the name of a row; None of one that is not loaded."""
        return self.by_id(table).get(number, {}).get("name") if number is not None else None


def random_rows(seed: int) -> dict[str, list[Row]]:
    pick = random.Random(seed)  # noqa: S311 - rows, not secrets

    def some(numbers: Sequence[int]) -> int | None:
        return pick.choice(numbers) if pick.random() < 0.9 else None

    def maybe(*values: Any) -> Any:
        return pick.choice([None, *values])

    rows: dict[str, list[Row]] = {
        table: [{"id": number, "name": maybe("a", "b", f"{table} {number}")} for number in range(3, 12)]
        for table in {*NAMED.values(), "campaigns", "prospect_accounts"}
    }
    for row in rows["campaigns"]:
        row |= {"cost": maybe(0.0, 12.5, 900.0), "is_deleted": maybe(True, False)}
    for row in rows["prospect_accounts"]:
        row |= {"industry": maybe("Retail"), "is_deleted": maybe(True, False)}
    for row in rows["list_emails"]:
        row["campaign_id"] = some(range(1, 6))
    for row in rows["emails"]:
        row["list_email_id"] = some(range(1, 14))
    for row in rows["opportunities"]:
        row |= {
            "campaign_id": some(range(1, 6)),
            "value": maybe(100.25, 7.1, 0.0, 33333.33),
            "status": maybe("Won", "won", "Lost", "Open"),
            "is_deleted": maybe(True, False, False),
        }
    rows["prospects"] = [
        {
            "id": number,
            "first_name": maybe("Ada", " Ada "),
            "last_name": maybe("Lovelace", ""),
            "campaign_id": some(range(1, 6)),
            "prospect_account_id": some(range(1, 14)),
            "score": maybe(0, 5, 120, -3),
            "is_deleted": maybe(True, False, False),
        }
        for number in range(1, 40)
    ]
    rows["list_email_statistics"] = [
        {"id": number, "counted_at": END}
        | {name: maybe(0, pick.randrange(20)) for names in TOLD.values() for name in names}
        for number in range(1, 16)
    ]
    edges = [END - timedelta(days=days, seconds=late) for days in (0, 7, 30, 90) for late in (0, 1)]
    rows["visitor_activities"] = [{"id": 0, "type": 20, "created_at": END}]
    for number in range(1, 2500):
        activity = {
            "id": number,
            "type": pick.choice([*VERBS, *VERBS, 99, None]),
            "details": maybe("x"),
            "prospect_id": some(range(1, 46)),
            "visitor_id": some(range(1, 9)),
            "campaign_id": some(range(1, 6)),
            "created_at": pick.choice([None, *edges, *[END - timedelta(minutes=pick.randrange(300_000))] * 20]),
            "updated_at": maybe(END),
        }
        for kind in pick.sample(KINDS, pick.choice([0, 1, 1, 2])):
            activity[f"{kind}_id"] = pick.randrange(1, 14)
        rows["visitor_activities"].append(activity)
    # Who did one thing only, about when a window ends.
    for place, hours in enumerate(days * 24 + late for days in (7, 30, 90) for late in (-12, 0, 12)):
        person = {"id": 100 + place, "prospect_account_id": 3 + place % 3}
        rows["prospects"].append({**dict.fromkeys(rows["prospects"][0]), **person})
        action = {"id": 5000 + place, "type": 11, "prospect_id": 100 + place}
        rows["visitor_activities"].append({**action, "created_at": END - timedelta(hours=hours)})
    return rows


@pytest.fixture(scope="module", params=[1, 2, 3])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    rows = random_rows(request.param)
    with duckdb.connect(":memory:") as connection:
        warehouse = Warehouse(connection)
        for table, some in rows.items():
            warehouse.load(table, some)
        warehouse.build(time_zone=ZONE)
        yield World(warehouse, rows, {table: {row["id"]: row for row in some} for table, some in rows.items()})


def assert_rows(world: World, mart: str, key: Sequence[str], expected: Sequence[Row]) -> None:
    """Insist that a table has exactly these rows, and that all of its columns were computed."""
    found = {tuple(row[name] for name in key): row for row in world.warehouse.mart(mart)}
    wanted = {tuple(row[name] for name in key): row for row in expected}
    assert len(wanted) == len(expected)
    assert found.keys() == wanted.keys()
    columns = set(load_project().models[mart].columns)
    for each, row in wanted.items():
        assert row.keys() == columns
        assert {name: _value(found[each][name]) for name in row} == row, each


def _value(found: Any) -> Any:
    """Return a number of cents as the double that it is nearest to."""
    return float(found) if type(found).__name__ == "Decimal" else found


def kind_of(activity: Row) -> str:
    return next((kind for kind in KINDS if activity.get(f"{kind}_id") is not None), "none")


def is_email(activity: Row) -> bool:
    ids = ("list_email_id", "email_template_id", "email_id")
    return activity["type"] in OF_EMAIL or any(activity.get(name) is not None for name in ids)


def list_email_of(world: World, activity: Row) -> int | None:
    number: int | None = activity.get("list_email_id")
    if number is None and activity.get("email_id") is not None:
        number = world.by_id("emails").get(activity["email_id"], {}).get("list_email_id")
    return number


def test_every_cell_of_enriched_activities(world: World) -> None:
    prospects, emails = world.by_id("prospects"), world.by_id("emails")
    expected = []
    for each in world.rows["visitor_activities"]:
        at: datetime | None = each["created_at"]
        kind = kind_of(each)
        asset = each.get(f"{kind}_id")
        person = prospects.get(each.get("prospect_id") or -1, {})
        name = f"{person.get('first_name') or ''} {person.get('last_name') or ''}".strip(" ")
        through = emails.get(each.get("email_id") or -1, {}).get("list_email_id")
        given = each.get("list_email_id")
        passed = ("details", "updated_at", "type", "prospect_id", "visitor_id", "visit_id", "campaign_id", "email_id")
        ids = ("email_template", "form", "form_handler", "landing_page", "file", "custom_redirect", "opportunity")
        expected.append(
            {name: each.get(name) for name in (*passed, *(f"{kind}_id" for kind in ids))}
            | {
                "id": each["id"],
                "created_at": at,
                "created_at_utc": at and at.replace(tzinfo=None),
                "created_on": at and at.date(),
                "created_at_local": at and at.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None),
                "time_zone": ZONE,
                "verb": VERBS.get(each["type"], "Unknown"),
                "type_name": None,
                "is_email_activity": is_email(each),
                "is_engagement": each["type"] in OF_PEOPLE,
                "asset_kind": kind,
                "asset_id": asset,
                "asset_name": world.named(NAMED[kind], asset) if kind in NAMED else None,
                "list_email_id": through if given is None else given,
                "is_anonymous": each.get("prospect_id") is None,
                "prospect_name": name or None,
                "prospect_account_id": person.get("prospect_account_id"),
                "prospect_account_name": world.named("prospect_accounts", person.get("prospect_account_id")),
                "campaign_name": world.named("campaigns", each.get("campaign_id")),
            }
        )
    assert_rows(world, "visitor_activities_enriched", ["id"], expected)


def test_every_cell_of_account_engagement(world: World) -> None:
    prospects = world.by_id("prospects")
    members: dict[int, list[int]] = defaultdict(list)
    for person in prospects.values():
        if person["prospect_account_id"] is not None:
            members[person["prospect_account_id"]].append(person["id"])
    actions: dict[int, list[Row]] = defaultdict(list)
    for each in world.rows["visitor_activities"]:
        if each.get("prospect_id") is not None:
            actions[each["prospect_id"]].append(each)
    expected = []
    for number in {*members, *world.by_id("prospect_accounts")}:
        everybody = members.get(number, [])
        present = [one for one in everybody if not prospects[one]["is_deleted"]]
        told = [each for one in everybody for each in actions[one]]
        engaged = [each for each in told if each["type"] in OF_PEOPLE]
        scores = [prospects[one]["score"] for one in present if prospects[one]["score"] is not None]
        account = world.by_id("prospect_accounts").get(number, {})

        def newest(one: int) -> datetime | None:
            times = [each["created_at"] for each in actions[one] if each["type"] in OF_PEOPLE and each["created_at"]]
            return max(times, default=None)

        expected.append(
            {
                "prospect_account_id": number,
                "name": account.get("name"),
                "industry": account.get("industry"),
                "is_deleted": account.get("is_deleted"),
                "as_of": END,
                "prospects": len(present),
                "highest_score": max(scores, default=None),
                "total_score": sum(scores) if scores else None,
                "first_touch_at": min(_times(told), default=None),
                "last_touch_at": max(_times(told), default=None),
                "last_engaged_at": max(_times(engaged), default=None),
            }
            | {
                f"engaged_prospects_{span}": sum(
                    at is not None and (days is None or at > END - timedelta(days=days)) for at in map(newest, present)
                )
                for span, days in DAYS.items()
            }
            | {
                f"activities_{span}": sum(
                    days is None or (each["created_at"] is not None and each["created_at"] > END - timedelta(days=days))
                    for each in told
                )
                for span, days in DAYS.items()
            }
            | {f"{name}_ever": sum(each["type"] == type for each in told) for name, type in ACTIONS.items()}
        )
    assert_rows(world, "account_engagement", ["prospect_account_id"], expected)


def _times(activities: Sequence[Row]) -> list[datetime]:
    return [each["created_at"] for each in activities if each["created_at"] is not None]


def test_every_cell_of_campaign_performance(world: World) -> None:
    def of(table: str, number: int) -> list[Row]:
        return [row for row in world.rows[table] if row.get("campaign_id") == number]

    tables = ("visitor_activities", "list_emails", "prospects", "opportunities")
    named = {row["campaign_id"] for table in tables for row in world.rows[table] if row.get("campaign_id") is not None}
    expected = []
    for number in {*named, *world.by_id("campaigns")}:
        campaign = world.by_id("campaigns").get(number, {})
        told = of("visitor_activities", number)
        known = [each for each in told if each.get("prospect_id") is not None]
        people = sum(not row["is_deleted"] for row in of("prospects", number))
        deals = [row for row in of("opportunities", number) if not row["is_deleted"]]
        won = [row for row in deals if (row["status"] or "").lower() == "won"]
        cost = campaign.get("cost")
        expected.append(
            {
                "campaign_id": number,
                "name": campaign.get("name"),
                "cost": cost,
                "is_deleted": campaign.get("is_deleted"),
                "activities": len(told),
                "anonymous_activities": len(told) - len(known),
                "active_prospects": len({each["prospect_id"] for each in known}),
                "engaged_prospects": len({each["prospect_id"] for each in known if each["type"] in OF_PEOPLE}),
                "sent": sum(each["type"] == 6 for each in told),
                "opens": sum(each["type"] == 11 for each in told),
                "clicks": sum(each["type"] == 1 and is_email(each) for each in told),
                "successes": sum(each["type"] == 4 for each in told),
                "visits": sum(each["type"] == 20 for each in told),
                "first_activity_at": min(_times(told), default=None),
                "last_activity_at": max(_times(told), default=None),
                "list_emails": len(of("list_emails", number)),
                "sourced_prospects": people,
                "opportunities": len(deals),
                "opportunity_value": _sum(deals),
                "won_opportunities": len(won),
                "won_value": _sum(won),
                "cost_per_sourced_prospect": cost / people if people and cost is not None else None,
            }
        )
    assert_rows(world, "campaign_performance", ["campaign_id"], expected)


def _sum(deals: Sequence[Row]) -> Any:
    values = [row["value"] for row in deals if row["value"] is not None]
    return pytest.approx(sum(values), abs=1e-9) if values else None


def test_every_cell_of_email_statistics(world: World) -> None:
    expected = []
    for told in world.rows["list_email_statistics"]:
        email = world.by_id("list_emails").get(told["id"], {})
        own = [each for each in world.rows["visitor_activities"] if list_email_of(world, each) == told["id"]]

        def count(*types: int, own: list[Row] = own) -> int:
            return sum(each["type"] in types for each in own)

        def people(*types: int, own: list[Row] = own) -> int:
            return len({each.get("prospect_id") for each in own if each["type"] in types} - {None})

        ours = {
            "sent": count(6),
            "delivered": count(6) - count(13, 36),
            "bounced": count(13, 36),
            "opens": count(11),
            "unique_opens": people(11),
            "clicks": count(1),
            "unique_clicks": people(1),
            "opt_outs": people(12, 35),
            "spam_complaints": count(14),
        }
        for metric, names in TOLD.items():
            parts = [told[name] for name in names if told[name] is not None]
            if parts:
                expected.append(
                    {
                        "list_email_id": told["id"],
                        "name": email.get("name"),
                        "sent_at": None,
                        "metric": metric,
                        "counted": ours[metric],
                        "told": sum(parts),
                        "difference": ours[metric] - sum(parts),
                        "told_at": END,
                    }
                )
    assert_rows(world, "email_statistics", ["list_email_id", "metric"], expected)
