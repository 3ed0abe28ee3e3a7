"""Assets, links, sessions and pages computed in plain Python, over random rows that avoid no corner."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import duckdb
import pytest
from transforms_formulas import insist_on_formulas
from transforms_warehouse import Row, Warehouse, utc

START = utc(2026, 1, 31, 23, 59)
MARTS = ("asset_performance", "email_link_performance", "visitor_sessions", "top_pages")
KINDS = ("form", "form_handler", "landing_page", "file", "custom_redirect")
LINKS = ["https://a.example.com", "https://b.example.com?x=1", "https://c.example.com", "News", "", None]
PAGES = ["https://example.com/a", "https://example.com/b", "https://example.com/"]
TYPES = [1] * 9 + [2] * 6 + [6] * 6 + [4] * 3 + [21] * 3 + [3, 11, 61, None]


class World(NamedTuple):
    warehouse: Warehouse
    activities: list[Row]
    visits: list[Row]
    views: list[Row]


def may(pick: random.Random, count: int, share: float) -> int | None:
    return pick.randint(1, count) if pick.random() < share else None


def random_time(pick: random.Random) -> datetime | None:
    """Few instants, so that many fall together, about the end of a month; some without a time."""
    return None if pick.random() < 0.03 else START + timedelta(seconds=5 * pick.randrange(30))


def random_activity(pick: random.Random, id: int) -> Row:
    return {
        "id": id,
        "type": pick.choice(TYPES),
        "details": pick.choice(LINKS),
        "created_at": random_time(pick),
        "prospect_id": may(pick, 12, 0.7),
        "visitor_id": may(pick, 12, 0.7),
        "visit_id": may(pick, 60, 0.3),
        "list_email_id": may(pick, 4, 0.4),
        "email_id": may(pick, 4, 0.1),
        **{f"{kind}_id": may(pick, 5, 0.2) for kind in KINDS},
    }


def random_view(pick: random.Random, id: int) -> Row:
    url = pick.choice(PAGES) + pick.choice(["", "?x", "?x#y", "#y?x", "#"])
    return {
        "id": id,
        "visit_id": may(pick, 60, 0.8),
        "visitor_id": may(pick, 20, 0.9),
        "url": pick.choice([url] * 9 + [None]),
        "duration_in_seconds": may(pick, 100, 0.7),
        "created_at": random_time(pick),
    }


@pytest.fixture(scope="module", params=[1, 2])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    pick = random.Random(request.param)  # noqa: S311 - rows, not secrets
    activities = [random_activity(pick, id) for id in range(1, 3000)]
    views = [random_view(pick, id) for id in range(1, 400)]
    visits: list[Row] = [
        {
            "id": id,
            "visitor_id": may(pick, 20, 0.8),
            "prospect_id": may(pick, 9, 0.3),
            "first_visitor_page_view_at": random_time(pick) if pick.random() < 0.5 else None,
            "last_visitor_page_view_at": random_time(pick) if pick.random() < 0.5 else None,
            "created_at": random_time(pick),
        }
        for id in range(30, 90)
    ]
    with duckdb.connect(":memory:") as connection:
        warehouse = Warehouse(connection)
        warehouse.load("visitor_activities", activities)
        warehouse.load("visits", visits)
        warehouse.load("visitor_page_views", views)
        warehouse.load("visitors", [{"id": id, "prospect_id": id % 7 or None} for id in range(5, 20)])
        warehouse.load("prospects")
        warehouse.load("files", [{"id": id} for id in range(3, 9)])
        warehouse.build()
        yield World(warehouse, activities, visits, views)


def ratio(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


def person(row: Row) -> Any:
    return ("prospect", row["prospect_id"]) if row["prospect_id"] else row["visitor_id"] and ("v", row["visitor_id"])


def is_email(row: Row) -> bool:
    return bool(row["list_email_id"] or row["email_id"]) or row["type"] in (6, 11)


def suspected_ids(activities: list[Row]) -> set[int]:
    """Ask of every second of every person whether a machine may have been at work."""
    seconds: dict[Any, list[Row]] = defaultdict(list)
    for row in activities:
        if person(row) and row["created_at"]:
            seconds[person(row), row["created_at"]].append(row)

    def email(row: Row) -> Any:
        """The list email; else the most telling id, of which an individual email is the first."""
        ids = [("email_id", row["email_id"])] + [(kind, row[f"{kind}_id"]) for kind in KINDS if kind != "landing_page"]
        ids += [("landing_page", row["landing_page_id"]), ("visit", row["visit_id"])]
        return ("list", row["list_email_id"]) if row["list_email_id"] else next((one for one in ids if one[1]), None)

    sends: dict[Any, list[datetime]] = defaultdict(list)
    for row in activities:
        if row["type"] == 6 and row["created_at"] and row["prospect_id"] and email(row):
            sends[row["prospect_id"], email(row)].append(row["created_at"])

    def is_hasty(row: Row) -> bool:
        sent = sends[row["prospect_id"], email(row)] if row["type"] == 1 and is_email(row) else []
        return any(timedelta(0) <= row["created_at"] - at <= timedelta(seconds=10) for at in sent)

    suspected = set()
    for rows in seconds.values():
        links = {row["details"] for row in rows if row["type"] in (1, 21)} - {None, ""}
        if len(links) >= 3 or any(is_hasty(row) for row in rows):
            suspected |= {row["id"] for row in rows if row["type"] in (1, 2, 3, 4, 11, 21)}
    return suspected


def test_suspected_actions_equal_plain_python(world: World) -> None:
    found = {row["id"] for row in world.warehouse.query("from pardot_marts_views.int_suspected_actions")}
    assert found == suspected_ids(world.activities)
    assert len(found) > 100


def test_what_is_suspected_in_emails_equals_plain_python(world: World) -> None:
    suspected = suspected_ids(world.activities)
    for metric, type_ in (("opens", 11), ("clicks", 1)):
        doubtful: Counter[int] = Counter()
        people: dict[int, set[int]] = defaultdict(set)
        for row in world.activities:
            if row["type"] == type_ and row["list_email_id"]:
                doubtful[row["list_email_id"]] += row["id"] in suspected
                people[row["list_email_id"]] |= {row["prospect_id"]} - {None} if row["id"] not in suspected else set()
        assert doubtful.total() or metric == "opens"
        found = {
            row["list_email_id"]: (row[f"suspected_{metric}"], row[f"unsuspected_unique_{metric}"])
            for row in world.warehouse.mart("email_performance")
            if row[metric]
        }
        assert found == {number: (doubtful[number], len(people[number])) for number in doubtful}


def test_asset_performance_equals_plain_python(world: World) -> None:
    rows: dict[Any, list[Row]] = {("file", id): [] for id in range(3, 9)}
    for row in world.activities:
        for kind in KINDS:
            if row[f"{kind}_id"] and not (kind == "form_handler" and row["form_id"]):
                rows.setdefault((kind, row[f"{kind}_id"]), []).append(row)
    suspected = suspected_ids(world.activities)
    expected = {}
    for (kind, id), own in rows.items():

        def is_click(row: Row, kind: str = kind) -> bool:
            is_own = row["type"] == 1 and not is_email(row)
            return is_own or (kind == "custom_redirect" and row["type"] == 21)

        tests: dict[str, Callable[[Row], bool]] = {
            "views": lambda row: row["type"] == 2,
            "clicks": is_click,
            "submissions": lambda row: row["type"] == 4,
        }
        counts: dict[str, Any] = {"activities": len(own), "errors": sum(row["type"] == 3 for row in own)}
        people: dict[str, set[Any]] = {}
        for name, is_one in tests.items():
            found = [row for row in own if is_one(row)]
            people[name] = {row["prospect_id"] for row in found} - {None}
            counts[name] = len(found)
            counts[f"anonymous_{name}"] = sum(row["prospect_id"] is None for row in found)
            counts[f"suspected_{name}"] = sum(row["id"] in suspected for row in found)
        viewed = {row["visitor_id"] for row in own if row["type"] == 2} - {None}
        converted = viewed & {row["visitor_id"] for row in own if row["type"] == 4}
        times = [row["created_at"] for row in own if row["created_at"]]
        expected[kind, id] = {
            **counts,
            "downloads": counts["views"] if kind == "file" else 0,
            "prospects": len({row["prospect_id"] for row in own} - {None}),
            "viewing_visitors": len(viewed),
            "viewing_prospects": len(people["views"]),
            "clicking_prospects": len(people["clicks"]),
            "submitting_prospects": len(people["submissions"]),
            "converted_visitors": len(converted),
            "anonymous_activities": sum(row["prospect_id"] is None for row in own),
            "first_activity_at": min(times, default=None),
            "last_activity_at": max(times, default=None),
            "submissions_per_view": ratio(counts["submissions"], counts["views"]),
            "conversion_rate": ratio(len(converted), len(viewed)),
            "error_rate": ratio(counts["errors"], counts["errors"] + counts["submissions"]),
        }
    columns = expected["form", 1]
    found_rows = {
        (row["asset_kind"], row["asset_id"]): {name: row[name] for name in columns}
        for row in world.warehouse.mart("asset_performance")
    }
    assert found_rows == expected
    assert all(any(row[f"suspected_{name}"] for row in expected.values()) for name in ("views", "clicks"))


def test_asset_performance_agrees_with_the_tables_of_one_kind(world: World) -> None:
    """One definition of one metric: what two tables both have is equal."""
    all_kinds = {(row["asset_kind"], row["asset_id"]): row for row in world.warehouse.mart("asset_performance")}
    forms = {(row["asset_kind"], row["asset_id"]): row for row in world.warehouse.mart("form_performance")}
    pages = {("landing_page", row["landing_page_id"]): row for row in world.warehouse.mart("landing_page_performance")}
    of_forms_and_pages = forms | pages
    assert of_forms_and_pages.keys() == {key for key in all_kinds if key[0] not in ("file", "custom_redirect")}
    for key, row in of_forms_and_pages.items():
        both = row.keys() & all_kinds[key].keys()
        assert len(both) > 15
        assert {name: row[name] for name in both} == {name: all_kinds[key][name] for name in both}


def test_email_link_performance_equals_plain_python(world: World) -> None:
    suspected = suspected_ids(world.activities)
    links: dict[Any, list[Row]] = defaultdict(list)
    for row in world.activities:
        if row["type"] == 1 and row["list_email_id"]:
            link = row["details"] if "://" in (row["details"] or "") else None
            links[row["list_email_id"], link].append(row)
    expected = {}
    for key, own in links.items():
        human = [row for row in own if row["id"] not in suspected]
        times = [row["created_at"] for row in own if row["created_at"]]
        expected[key] = {
            "clicks": len(own),
            "anonymous_clicks": sum(row["prospect_id"] is None for row in own),
            "unique_clicks": len({row["prospect_id"] for row in own} - {None}),
            "suspected_clicks": len(own) - len(human),
            "unsuspected_unique_clicks": len({row["prospect_id"] for row in human} - {None}),
            "first_click_at": min(times, default=None),
            "last_click_at": max(times, default=None),
        }
    columns = next(iter(expected.values()))
    found = {
        (row["list_email_id"], row["link_url"]): {name: row[name] for name in columns}
        for row in world.warehouse.mart("email_link_performance")
    }
    assert found == expected
    per_email: dict[int, int] = defaultdict(int)
    for (list_email, _), row in found.items():
        per_email[list_email] += row["clicks"]
    assert per_email == {
        row["list_email_id"]: row["clicks"] for row in world.warehouse.mart("email_performance") if row["clicks"]
    }


def page_of(view: Row) -> str | None:
    url: str | None = view["url"]
    return url and url.split("#")[0].split("?")[0]


def sessions_of(world: World) -> dict[Any, list[Row]]:
    sessions: dict[Any, list[Row]] = {("visit", row["id"]): [] for row in world.visits}
    for view in sorted(world.views, key=lambda row: (row["created_at"] or utc(9999, 1, 1), row["id"])):
        key = ("visit", view["visit_id"]) if view["visit_id"] else ("page_view", view["id"])
        sessions.setdefault(key, []).append(view)
    return sessions


def test_visitor_sessions_equal_plain_python(world: World) -> None:
    visits = {row["id"]: row for row in world.visits}
    expected = {}
    for (kind, id), views in sessions_of(world).items():
        visit: Row = visits.get(id, {}) if kind == "visit" else {}
        seen = sorted({view["visitor_id"] for view in views} - {None})
        visitor = visit.get("visitor_id") or (seen[0] if seen else None)
        known = visitor % 7 or None if visitor and visitor in range(5, 20) else None
        first, last = visit.get("first_visitor_page_view_at"), visit.get("last_visitor_page_view_at")
        entered, exited = (views[0]["created_at"], views[-1]["created_at"]) if views else (None, None)
        created = visit.get("created_at")
        seconds = [view["duration_in_seconds"] for view in views if view["duration_in_seconds"]]
        expected[kind, id] = {
            "is_loaded": bool(visit),
            "visitor_id": visitor,
            "prospect_id": visit.get("prospect_id") or known,
            "started_at": first or entered or created,
            "ended_at": last or exited or first or entered or created,
            "pages": len(views),
            "seconds_on_pages": sum(seconds) if seconds else None,
            "entry_page": page_of(views[0]) if views else None,
            "exit_page": page_of(views[-1]) if views else None,
            "submissions": sum(row["type"] == 4 and row["visit_id"] == id for row in world.activities)
            if kind == "visit"
            else 0,
        }
    columns = next(iter(expected.values()))
    found = {
        (row["session_kind"], row["session_id"]): {name: row[name] for name in columns}
        for row in world.warehouse.mart("visitor_sessions")
    }
    assert found == expected
    assert sum(row["pages"] for row in found.values()) == len(world.views)


def test_top_pages_equal_plain_python(world: World) -> None:
    people = {
        (row["session_kind"], row["session_id"]): (row["visitor_id"], row["prospect_id"])
        for row in world.warehouse.mart("visitor_sessions")
    }
    views: dict[Any, list[tuple[Any, Row]]] = defaultdict(list)
    ends: dict[Any, list[int]] = defaultdict(lambda: [0, 0])

    def key_of(view: Row) -> Any:
        return page_of(view), view["created_at"] and view["created_at"].date().replace(day=1)

    for session, own in sessions_of(world).items():
        for view in own:
            views[key_of(view)].append((session, view))
        if own:
            ends[key_of(own[0])][0] += 1
            ends[key_of(own[-1])][1] += 1
    expected = {}
    for key, seen in views.items():
        seconds = [view["duration_in_seconds"] for _, view in seen if view["duration_in_seconds"] is not None]
        expected[key] = (
            len(seen),
            len({people[session][0] for session, _ in seen} - {None}),
            len({people[session][1] for session, _ in seen} - {None}),
            *ends[key],
            len(seconds),
            sum(seconds) if seconds else None,
            ratio(sum(seconds), len(seconds)),
        )
    columns = ("views", "visitors", "prospects", "entries", "exits", "timed_views", "seconds", "average_seconds")
    found = {
        (row["page"], row["month_starts_on"]): tuple(row[name] for name in columns)
        for row in world.warehouse.mart("top_pages")
    }
    assert found == expected
    assert len({month for _, month in found}) == 3


def test_every_formula_gives_its_column(world: World) -> None:
    insist_on_formulas(world.warehouse, *MARTS)
