"""The same metrics computed in plain Python, over random rows that avoid no corner."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from transforms_formulas import insist_on_formulas
from transforms_warehouse import Warehouse, utc

END = utc(2026, 3, 31, 3)  # in the night in which Europe changes its clocks
TYPES = [6] * 8 + [11] * 5 + [1] * 3 + [2, 4, 20, 13, 36, 12, 35, 14, 21, 5, 61, None]
SPANS = {"7d": 7, "30d": 30, "90d": 90, "ever": None}
VERBS = {"sent": 6, "opens": 11, "clicks": 1, "views": 2, "successes": 4, "visits": 20}
POINTS = {4: 50, 1: 3, 21: 3, 7: 3, 20: 3, 3: -5}
"""Of Account Engagement's baseline scoring; a view of a file is 3, too."""
Activity = dict[str, Any]


def random_activities(seed: int, count: int) -> list[Activity]:
    """Few prospects and emails, so that everything repeats; some instants exactly on a window's end."""
    pick = random.Random(seed)  # noqa: S311 - rows, not secrets
    edges = [END - timedelta(days=days, seconds=late) for days in (0, 7, 30, 90) for late in (0, 1)]
    activities: list[Activity] = [{"id": 0, "type": 20, "created_at": END}]
    for id in range(1, count):
        kind = pick.choice(["list_email_id", "email_id", "email_template_id", "form_id", "file_id", "visit_id", None])
        activities.append(
            {
                "id": id,
                "type": pick.choice(TYPES),
                "prospect_id": pick.choice([None, *range(1, 40)]),
                "campaign_id": pick.choice([None, 1, 2, 3]),
                "created_at": pick.choice([None, *edges, *[END - timedelta(minutes=pick.randrange(300_000))] * 20]),
            }
        )
        if kind:
            activities[-1][kind] = pick.randrange(1, 15)
    return activities


@pytest.fixture(scope="module", params=[1, 2])
def world(request: pytest.FixtureRequest) -> Iterator[tuple[Warehouse, list[Activity]]]:
    activities = random_activities(request.param, 3000)
    with duckdb.connect(":memory:") as connection:
        warehouse = Warehouse(connection)
        warehouse.load("visitor_activities", activities)
        warehouse.load("list_emails", [{"id": id, "campaign_id": id % 4} for id in range(3, 20)])
        warehouse.load("emails", [{"id": id, "list_email_id": id % 5 or None} for id in range(1, 12)])
        warehouse.load(
            "prospects",
            [{"id": n, "opted_out": n % 3 == 0, "prospect_account_id": n % 6 or None} for n in range(5, 50)],
        )
        warehouse.build()
        yield warehouse, activities


def list_email_of(activity: Activity) -> int | None:
    email = activity.get("email_id")
    through_email = email % 5 or None if email is not None and email < 12 else None
    found = activity.get("list_email_id")
    return found if found is not None else through_email


def kind_of(activity: Activity) -> str:
    kinds = ("list_email", "email_template", "email", "form", "file", "visit")
    return next((kind for kind in kinds if activity.get(f"{kind}_id") is not None), "none")


def ratio(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


def test_email_performance_equals_plain_python(world: tuple[Warehouse, list[Activity]]) -> None:
    warehouse, activities = world
    by_email: dict[int, list[Activity]] = {id: [] for id in range(3, 20)}
    for activity in activities:
        if (list_email := list_email_of(activity)) is not None:
            by_email.setdefault(list_email, []).append(activity)
    expected = {}
    for list_email, rows in by_email.items():

        def count(*types: int, rows: list[Activity] = rows) -> int:
            return sum(row["type"] in types for row in rows)

        def people(*types: int, rows: list[Activity] = rows) -> set[int]:
            return {row["prospect_id"] for row in rows if row["type"] in types} - {None}

        sent, bounced = count(6), count(13, 36)
        delivered = sent - bounced
        opened, clicked, left = len(people(11)), len(people(1)), len(people(12, 35))
        expected[list_email] = {
            "sent": sent,
            "bounced": bounced,
            "delivered": delivered,
            "opens": count(11),
            "unique_opens": opened,
            "clicks": count(1),
            "unique_clicks": clicked,
            "opt_outs": left,
            "recipients_opted_out": sum(id % 3 == 0 and id in range(5, 50) for id in people(6)),
            "spam_complaints": count(14),
            "open_rate": ratio(opened, delivered),
            "ctr": ratio(count(1), delivered),
            "unique_ctr": ratio(clicked, delivered),
            "ctor": ratio(clicked, opened),
            "opt_out_rate_of_delivered": ratio(left, delivered),
            "opt_out_rate_of_sent": ratio(left, sent),
            "spam_rate_of_delivered": ratio(count(14), delivered),
            "spam_rate_of_sent": ratio(count(14), sent),
        }
    columns = next(iter(expected.values()))
    found = {row["list_email_id"]: {name: row[name] for name in columns} for row in warehouse.mart("email_performance")}
    assert found == expected


def test_daily_activity_equals_plain_python(world: tuple[Warehouse, list[Activity]]) -> None:
    warehouse, activities = world
    counts: Counter[Any] = Counter()
    anonymous: Counter[Any] = Counter()
    people: dict[Any, set[int]] = defaultdict(set)
    for activity in activities:
        at: datetime | None = activity["created_at"]
        key = (at.date() if at else None, activity["type"], kind_of(activity))
        counts[key] += 1
        if activity.get("prospect_id") is None:
            anonymous[key] += 1
        else:
            people[key].add(activity["prospect_id"])
    found = {
        (row["created_on"], row["type"], row["asset_kind"]): (
            row["activities"],
            row["anonymous_activities"],
            row["prospects"],
        )
        for row in warehouse.mart("daily_activity")
    }
    assert found == {key: (counts[key], anonymous[key], len(people[key])) for key in counts}


def test_prospect_engagement_equals_plain_python(world: tuple[Warehouse, list[Activity]]) -> None:
    warehouse, activities = world
    by_prospect: dict[int, list[Activity]] = {id: [] for id in range(5, 50)}
    for activity in activities:
        if activity.get("prospect_id") is not None:
            by_prospect.setdefault(activity["prospect_id"], []).append(activity)
    rows = warehouse.mart("prospect_engagement")
    assert {row["prospect_id"] for row in rows} == set(by_prospect)
    for row in rows:
        own = by_prospect[row["prospect_id"]]
        times = [activity["created_at"] for activity in own if activity["created_at"]]
        assert row["as_of"] == END
        assert row["first_touch_at"] == min(times, default=None)
        assert row["last_touch_at"] == max(times, default=None)
        for span, days in SPANS.items():
            rows_inside = [
                activity
                for activity in own
                if days is None or (activity["created_at"] and activity["created_at"] > END - timedelta(days=days))
            ]
            inside = [activity["type"] for activity in rows_inside]
            expected = {verb: inside.count(type) for verb, type in VERBS.items()}
            expected["activities"] = len(inside)
            expected["other"] = sum(type not in VERBS.values() for type in inside)
            expected["activity_points"] = sum(
                3 if activity["type"] == 2 and kind_of(activity) == "file" else POINTS.get(activity["type"], 0)
                for activity in rows_inside
            )
            assert {verb: row[f"{verb}_{span}"] for verb in expected} == expected


def test_no_activity_is_lost_or_counted_twice(world: tuple[Warehouse, list[Activity]]) -> None:
    warehouse, activities = world
    known = [activity for activity in activities if activity.get("prospect_id") is not None]
    in_campaign = [activity for activity in activities if activity.get("campaign_id") is not None]
    of_emails = [activity for activity in activities if list_email_of(activity) is not None]
    enriched = warehouse.mart("visitor_activities_enriched")
    assert sorted(row["id"] for row in enriched) == [activity["id"] for activity in activities]

    def total(mart: str, column: str) -> int:
        return sum(int(row[column]) for row in warehouse.mart(mart))

    assert total("daily_activity", "activities") == len(activities)
    assert total("daily_activity", "anonymous_activities") == len(activities) - len(known)
    assert total("prospect_engagement", "activities_ever") == len(known)
    assert total("campaign_performance", "activities") == len(in_campaign)
    assert total("email_performance", "opens") == sum(activity["type"] == 11 for activity in of_emails)


def test_every_formula_of_the_metric_dictionary_gives_its_column(
    world: tuple[Warehouse, list[Activity]],
) -> None:
    warehouse, _ = world
    insist_on_formulas(
        warehouse,
        *("email_performance", "prospect_engagement", "account_engagement", "campaign_performance", "daily_activity"),
    )
