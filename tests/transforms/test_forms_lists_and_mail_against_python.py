"""Forms, landing pages, lists and deliverability computed in plain Python, over random rows that avoid no corner."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import duckdb
import pytest
from transforms_formulas import insist_on_formulas
from transforms_warehouse import Row, Warehouse, utc

START = utc(2026, 1, 28)
MARTS = ("form_performance", "landing_page_performance", "list_growth", "deliverability")
TYPES = [2] * 8 + [4] * 5 + [3] * 2 + [1] * 3 + [6] * 8 + [13, 36, 13, 14, 11, 20, 61, None]
DOMAINS = ["example.com", "Example.com", "example.org", "example.net"]
PEOPLE = range(1, 40)
LOADED = range(5, 45)


class World(NamedTuple):
    warehouse: Warehouse
    activities: list[Row]
    prospects: Mapping[int, Row]
    memberships: list[Row]


def random_time(pick: random.Random) -> datetime | None:
    """Few instants, so that many fall together; some without a time."""
    return None if pick.random() < 0.03 else START + timedelta(hours=6 * pick.randrange(300))


def random_activity(pick: random.Random, id: int) -> Row:
    may: Callable[[int, float], int | None] = lambda count, share: (  # noqa: E731
        pick.randint(1, count) if pick.random() < share else None
    )
    return {
        "id": id,
        "type": pick.choice(TYPES),
        "created_at": random_time(pick),
        "prospect_id": may(len(PEOPLE), 0.6),
        "visitor_id": may(30, 0.7),
        "form_id": may(6, 0.3),
        "form_handler_id": may(6, 0.2),
        "landing_page_id": may(6, 0.4),
        "email_id": may(20, 0.2),
        "multivariate_test_variation_id": may(2, 0.1),
    }


def random_prospect(pick: random.Random, id: int) -> Row:
    address = f"p{id}@{pick.choice(DOMAINS)}"
    return {
        "id": id,
        "email": pick.choice([address] * 9 + [None]),
        "is_email_hard_bounced": pick.choice([True, False, False, None]),
        "is_deleted": pick.choice([True, False, None]),
    }


def random_membership(pick: random.Random, id: int) -> Row:
    return {
        "id": id,
        "list_id": pick.choice([1, 2, 3, None]),
        "prospect_id": pick.choice([None, *range(1, 25)]),
        "opted_out": pick.choice([True, False, False, None]),
        "is_deleted": pick.choice([True, False, None]),
        "created_at": random_time(pick),
        "updated_at": random_time(pick),
        "purged_at": random_time(pick) if pick.random() < 0.1 else None,
    }


@pytest.fixture(scope="module", params=[1, 2])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    pick = random.Random(request.param)  # noqa: S311 - rows, not secrets
    activities = [random_activity(pick, id) for id in range(1, 3000)]
    prospects = [random_prospect(pick, id) for id in LOADED]
    memberships = [random_membership(pick, id) for id in range(1, 200)]
    with duckdb.connect(":memory:") as connection:
        warehouse = Warehouse(connection)
        warehouse.load("visitor_activities", activities)
        warehouse.load("prospects", prospects)
        warehouse.load("list_memberships", memberships)
        warehouse.load("lists", [{"id": id} for id in (2, 3, 4)])
        for table in ("forms", "form_handlers", "landing_pages"):
            warehouse.load(table, [{"id": id} for id in range(4, 9)])
        warehouse.build()
        yield World(warehouse, activities, {row["id"]: row for row in prospects}, memberships)


def ratio(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


def expected_page(rows: Iterable[Row]) -> dict[str, Any]:
    own = list(rows)

    def who(person: str, type: int) -> set[int]:
        return {row[person] for row in own if row["type"] == type} - {None}

    count = {type: sum(row["type"] == type for row in own) for type in (2, 3, 4)}
    converted = who("visitor_id", 2) & who("visitor_id", 4)
    times = [row["created_at"] for row in own if row["created_at"]]
    submitted = [row["created_at"] for row in own if row["created_at"] and row["type"] == 4]
    return {
        "views": count[2],
        "viewing_visitors": len(who("visitor_id", 2)),
        "viewing_prospects": len(who("prospect_id", 2)),
        "clicks": sum(row["type"] == 1 and row["email_id"] is None for row in own),
        "errors": count[3],
        "submissions": count[4],
        "submitting_visitors": len(who("visitor_id", 4)),
        "submitting_prospects": len(who("prospect_id", 4)),
        "converted_visitors": len(converted),
        "first_activity_at": min(times, default=None),
        "last_activity_at": max(times, default=None),
        "last_submission_at": max(submitted, default=None),
        "submissions_per_view": ratio(count[4], count[2]),
        "conversion_rate": ratio(len(converted), len(who("visitor_id", 2))),
        "error_rate": ratio(count[3], count[3] + count[4]),
    }


def test_form_performance_equals_plain_python(world: World) -> None:
    rows: dict[Any, list[Row]] = {(kind, id): [] for kind in ("form", "form_handler") for id in range(4, 9)}
    for activity in world.activities:
        if activity["form_id"] is not None:
            rows.setdefault(("form", activity["form_id"]), []).append(activity)
        elif activity["form_handler_id"] is not None:
            rows.setdefault(("form_handler", activity["form_handler_id"]), []).append(activity)
    expected = {key: expected_page(own) for key, own in rows.items()}
    found = {
        (row["asset_kind"], row["asset_id"]): {name: row[name] for name in expected["form", 4]}
        for row in world.warehouse.mart("form_performance")
    }
    assert found == expected
    assert any(0 < row["converted_visitors"] < row["viewing_visitors"] for row in expected.values())


def test_landing_page_performance_equals_plain_python(world: World) -> None:
    rows: dict[Any, list[Row]] = {id: [] for id in range(4, 9)}
    for activity in world.activities:
        if activity["landing_page_id"] is not None:
            rows.setdefault(activity["landing_page_id"], []).append(activity)
    expected = {key: expected_page(own) for key, own in rows.items()}
    found = {
        row["landing_page_id"]: {name: row[name] for name in expected[4]}
        for row in world.warehouse.mart("landing_page_performance")
    }
    assert found == expected


def stay(membership: Row) -> tuple[datetime, datetime, datetime | None]:
    """When a membership began, when it ended, and when it was opted out of; what has no time is at the ends of time."""
    began = membership["created_at"] or utc(1, 1, 1)
    changed = membership["updated_at"]
    if membership["is_deleted"]:
        ended = membership["purged_at"] or changed or began
        return began, max(began, ended), None
    opted_out = max(began, changed or began) if membership["opted_out"] else None
    return began, utc(9999, 1, 1), opted_out


def on_list(stays: list[tuple[datetime, datetime, datetime | None]], at: datetime) -> bool:
    return any(began <= at < ended for began, ended, _ in stays)


def test_list_growth_equals_plain_python(world: World) -> None:
    """Member or not is asked at every instant at which anything happened, and just before it."""
    people: dict[Any, list[tuple[datetime, datetime, datetime | None]]] = defaultdict(list)
    for row in world.memberships:
        if row["list_id"] is not None:
            person = ("prospect", row["prospect_id"]) if row["prospect_id"] else ("membership", row["id"])
            people[row["list_id"], person].append(stay(row))
    days: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
    for (list_id, _), stays in people.items():
        was_on = False
        for at in sorted({at for began, ended, _ in stays for at in (began, ended)} - {utc(9999, 1, 1)}):
            is_on = on_list(stays, at)
            days[list_id, at.date()][0] += is_on and not was_on
            days[list_id, at.date()][1] += was_on and not is_on
            was_on = is_on
        left = [at for _, _, at in stays if at]
        if left:
            days[list_id, min(left).date()][2] += 1
    members: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    expected = []
    for (list_id, day), (added, removed, opted_out) in sorted(days.items()):
        if added or removed or opted_out:
            members[list_id][0] += added - removed
            members[list_id][1] += opted_out
            known = None if day == date(1, 1, 1) else day
            expected.append((list_id, known, added, removed, opted_out, *members[list_id]))
    columns = ("list_id", "changed_on", "added", "removed", "opted_out", "members", "opted_out_members")
    found = [tuple(row[name] for name in columns) for row in world.warehouse.mart("list_growth")]
    assert set(found) == set(expected)
    assert len(found) == len(expected)


def test_members_today_are_those_whose_memberships_go_on(world: World) -> None:
    today: dict[int, set[Any]] = defaultdict(set)
    for row in world.memberships:
        if row["list_id"] is not None and not row["is_deleted"]:
            today[row["list_id"]].add(row["prospect_id"] or -row["id"])
    latest: dict[int, Row] = {}
    for row in world.warehouse.mart("list_growth"):
        before = latest.get(row["list_id"])
        if row["changed_on"] and (before is None or before["changed_on"] < row["changed_on"]):
            latest[row["list_id"]] = row
    assert {list_id: row["members"] for list_id, row in latest.items()} == {k: len(v) for k, v in today.items()}


def test_deliverability_equals_plain_python(world: World) -> None:
    def domain_of(prospect: int | None) -> str | None:
        email = world.prospects.get(prospect or 0, {}).get("email")
        return email.rpartition("@")[2].lower() if email else None

    bounces: dict[int, list[Row]] = defaultdict(list)
    months: dict[Any, list[Row]] = defaultdict(list)
    for activity in world.activities:
        if activity["type"] in (6, 13, 14, 36):
            at = activity["created_at"]
            months[domain_of(activity["prospect_id"]), at and at.date().replace(day=1)].append(activity)
        if activity["type"] in (13, 36) and activity["prospect_id"] is not None:
            bounces[activity["prospect_id"]].append(activity)
    marks = {id: row["is_email_hard_bounced"] for id, row in world.prospects.items()}
    latest = [
        max(own, key=lambda row: (row["created_at"] or utc(1, 1, 1), row["id"]))["id"]
        for prospect, own in bounces.items()
        if marks.get(prospect)
    ]
    expected = {}
    for key, rows in months.items():
        sends = [row for row in rows if row["type"] == 6]
        bounced = [row for row in rows if row["type"] in (13, 36)]
        sent, delivered, spam = len(sends), len(sends) - len(bounced), sum(row["type"] == 14 for row in rows)
        hard = sum(row["id"] in latest for row in bounced)
        untold = sum(marks.get(row["prospect_id"]) is None for row in bounced)
        expected[key] = {
            "sent": sent,
            "recipients": len({row["prospect_id"] for row in sends} - {None}),
            "bounced": len(bounced),
            "bounced_prospects": len({row["prospect_id"] for row in bounced} - {None}),
            "hard_bounced": hard,
            "soft_bounced": len(bounced) - hard - untold,
            "untold_bounced": untold,
            "delivered": delivered,
            "spam_complaints": spam,
            "delivery_rate": ratio(delivered, sent) if delivered >= 0 else None,
            "bounce_rate": ratio(len(bounced), sent),
            "hard_bounce_rate": None if untold else ratio(hard, sent),
            "spam_rate_of_delivered": ratio(spam, delivered),
            "spam_rate_of_sent": ratio(spam, sent),
        }
    columns = next(iter(expected.values()))
    found = {
        (row["email_domain"], row["month_starts_on"]): {name: row[name] for name in columns}
        for row in world.warehouse.mart("deliverability")
    }
    assert found == expected
    assert sum(row["hard_bounced"] for row in expected.values()) == len(latest) > 3


def test_every_formula_gives_its_column(world: World) -> None:
    insist_on_formulas(world.warehouse, *MARTS)
