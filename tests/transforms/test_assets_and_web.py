"""Assets, links, sessions and pages: rows made by hand, and what the reporting tables make of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from transforms_warehouse import Row, Warehouse, utc

from pardot_transforms import DataTestError, models_path

NOON = utc(2026, 3, 1, 12)
SECOND = timedelta(seconds=1)
SITE = "https://www.example.com"
MARTS = ("asset_performance", "email_link_performance", "visitor_sessions", "top_pages")


def activity(id: int, type: int | None, **fields: Any) -> dict[str, Any]:
    return {"id": id, "type": type, "created_at": NOON, **fields}


def click(id: int, link: str | None, **fields: Any) -> dict[str, Any]:
    return activity(id, 1, details=link, **{"prospect_id": 9, "list_email_id": 7, **fields})


def view(id: int, at: int | None, **fields: Any) -> dict[str, Any]:
    """A page view so many seconds after noon."""
    return {"id": id, "created_at": None if at is None else NOON + at * SECOND, **fields}


def build(warehouse: Warehouse, **arguments: Any) -> None:
    warehouse.build(select=(*MARTS, "int_email_link_totals", "int_page_totals"), **arguments)


def told(warehouse: Warehouse, mart: str, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in columns) for row in warehouse.mart(mart)]


def test_file_counts_downloads_people_and_the_anonymous(warehouse: Warehouse) -> None:
    warehouse.load(
        "visitor_activities",
        [
            activity(1, 2, file_id=5, prospect_id=9, visitor_id=1),
            activity(2, 2, file_id=5, prospect_id=9, visitor_id=1, created_at=NOON + SECOND),
            activity(3, 2, file_id=5, visitor_id=2),
            activity(4, 1, file_id=5, prospect_id=8),
            activity(5, 61, file_id=5, prospect_id=7, created_at=None),
        ],
    )
    warehouse.load("files", [{"id": 5, "name": "Price list", "campaign_id": 3, "url": SITE, "is_deleted": True}])
    warehouse.load("campaigns", [{"id": 3, "name": "Spring"}])
    build(warehouse)
    assert warehouse.mart("asset_performance") == [
        {
            "asset_kind": "file",
            "asset_id": 5,
            "name": "Price list",
            "campaign_id": 3,
            "campaign_name": "Spring",
            "url": SITE,
            "is_deleted": True,
            "activities": 5,
            "views": 3,
            "clicks": 1,
            "downloads": 3,
            "errors": 0,
            "submissions": 0,
            "other_activities": 1,
            "prospects": 3,
            "viewing_visitors": 2,
            "viewing_prospects": 1,
            "clicking_prospects": 1,
            "submitting_prospects": 0,
            "converted_visitors": 0,
            "anonymous_activities": 1,
            "anonymous_views": 1,
            "anonymous_clicks": 0,
            "anonymous_submissions": 0,
            "suspected_views": 0,
            "suspected_clicks": 0,
            "suspected_submissions": 0,
            "first_activity_at": NOON,
            "last_activity_at": NOON + SECOND,
            "submissions_per_view": 0.0,
            "conversion_rate": 0.0,
            "error_rate": None,
        }
    ]


def test_every_kind_has_its_row_loaded_or_named_and_its_own_ids(warehouse: Warehouse) -> None:
    named = ("form_id", "form_handler_id", "landing_page_id", "file_id", "custom_redirect_id")
    warehouse.load("visitor_activities", [activity(n, 4, **{name: 1}) for n, name in enumerate(named)])
    tables = ("forms", "form_handlers", "landing_pages", "files", "custom_redirects")
    for table in tables:
        warehouse.load(table, [{"id": 1, "name": table}, {"id": 2}])
    build(warehouse)
    rows = told(warehouse, "asset_performance", "asset_kind", "asset_id", "name", "submissions", "conversion_rate")
    kinds = [table.removesuffix("s") for table in tables]
    expected = [(kind, 1, f"{kind}s", 1, None) for kind in kinds] + [(kind, 2, None, 0, None) for kind in kinds]
    assert sorted(rows) == sorted(expected)


def test_click_on_a_redirect_counts_wherever_it_stands_and_the_emails_own_does_not(warehouse: Warehouse) -> None:
    warehouse.load(
        "visitor_activities",
        [
            activity(1, 21, custom_redirect_id=4, prospect_id=9),
            activity(2, 21, custom_redirect_id=4, email_id=3),
            activity(3, 1, custom_redirect_id=4, prospect_id=9),
            activity(4, 1, custom_redirect_id=4, email_id=3, prospect_id=8),
            activity(5, 21, form_id=4),
        ],
    )
    warehouse.load("custom_redirects", [{"id": 4, "destination_url": SITE}])
    build(warehouse)
    columns = ("asset_kind", "url", "clicks", "other_activities", "clicking_prospects", "anonymous_clicks", "prospects")
    assert told(warehouse, "asset_performance", *columns) == [
        ("custom_redirect", SITE, 3, 1, 1, 1, 2),
        ("form", None, 0, 1, 0, 0, 0),
    ]


def test_links_of_an_email_add_up_to_its_clicks_unknown_ones_included(warehouse: Warehouse) -> None:
    warehouse.load(
        "visitor_activities",
        [
            click(1, f" {SITE}/offer?x=1 "),
            click(2, f"{SITE}/offer?x=1", created_at=NOON + SECOND),
            click(3, f"{SITE}/offer?x=1", prospect_id=None),
            click(4, f"{SITE}/offer?x=2"),
            click(5, "March news", created_at=NOON + SECOND),
            click(6, None, created_at=None),
            click(7, ""),
            click(8, SITE, list_email_id=None, email_id=3, created_at=NOON + 3 * SECOND),
            click(9, SITE, list_email_id=None, email_template_id=3, created_at=NOON + 3 * SECOND),
            activity(10, 11, list_email_id=7, details=SITE),
        ],
    )
    warehouse.load("emails", [{"id": 3, "list_email_id": 8}])
    warehouse.load("list_emails", [{"id": 7, "name": "March", "campaign_id": 3, "sent_at": NOON, "is_deleted": True}])
    build(warehouse)
    rows = warehouse.mart("email_link_performance")
    assert rows[0] == {
        "list_email_id": 7,
        "link_url": f"{SITE}/offer?x=1",
        "list_email_name": "March",
        "campaign_id": 3,
        "sent_at": NOON,
        "is_deleted": True,
        "clicks": 3,
        "anonymous_clicks": 1,
        "unique_clicks": 1,
        "suspected_clicks": 0,
        "unsuspected_clicks": 3,
        "unsuspected_unique_clicks": 1,
        "first_click_at": NOON,
        "last_click_at": NOON + SECOND,
        "email_clicks": 7,
        "share_of_clicks": 3 / 7,
    }
    assert told(warehouse, "email_link_performance", "list_email_id", "link_url", "clicks", "email_clicks") == [
        (7, f"{SITE}/offer?x=1", 3, 7),
        (7, f"{SITE}/offer?x=2", 1, 7),
        (7, None, 3, 7),
        (8, SITE, 1, 1),
    ]


def test_visit_is_told_with_its_pages_parameters_and_submissions(warehouse: Warehouse) -> None:
    warehouse.load(
        "visits",
        [
            {
                "id": 66,
                "visitor_id": 1,
                "prospect_id": 9,
                "visitor_page_view_count": 4,
                "duration_in_seconds": 95,
                "source_parameter": "ads",
                "medium_parameter": "cpc",
                "campaign_parameter": "spring",
                "content_parameter": "b",
                "term_parameter": "crm",
                "first_visitor_page_view_at": NOON,
                "last_visitor_page_view_at": NOON + 95 * SECOND,
                "created_at": NOON - SECOND,
            }
        ],
    )
    warehouse.load(
        "visitor_page_views",
        [
            view(12, 60, visit_id=66, visitor_id=1, url=f"{SITE}/b", duration_in_seconds=35),
            view(11, 60, visit_id=66, visitor_id=1, url=f"{SITE}/c"),
            view(13, 0, visit_id=66, visitor_id=1, url=f"{SITE}/a?utm_source=ads#top", duration_in_seconds=60),
        ],
    )
    warehouse.load("visitors", [{"id": 1, "prospect_id": 8}])
    submitted = [activity(n, 4, visit_id=66, form_id=2) for n in range(2)]
    other = [activity(2, 2, visit_id=66), activity(3, 4, visit_id=67), activity(4, 4)]
    warehouse.load("visitor_activities", [*submitted, *other])
    build(warehouse)
    assert warehouse.mart("visitor_sessions") == [
        {
            "session_kind": "visit",
            "session_id": 66,
            "is_loaded": True,
            "visitor_id": 1,
            "prospect_id": 9,
            "started_at": NOON,
            "ended_at": NOON + 95 * SECOND,
            "duration_seconds": 95,
            "seconds_on_pages": 95,
            "pages": 3,
            "pages_told": 4,
            "entry_page": f"{SITE}/a",
            "exit_page": f"{SITE}/b",
            "source_parameter": "ads",
            "medium_parameter": "cpc",
            "campaign_parameter": "spring",
            "content_parameter": "b",
            "term_parameter": "crm",
            "submissions": 2,
        }
    ]


def test_visits_without_page_views_and_page_views_without_a_visit_are_kept(warehouse: Warehouse) -> None:
    warehouse.load("visits", [{"id": 1, "visitor_id": 5, "created_at": NOON, "visitor_page_view_count": 2}])
    warehouse.load("visitors", [{"id": 5, "prospect_id": 9, "is_deleted": True}])
    warehouse.load(
        "visitor_page_views",
        [
            view(1, 3, visitor_id=5, url=f"{SITE}/a"),
            view(2, 4, visitor_id=5, url=f"{SITE}/b"),
            view(3, 7, visitor_id=6, visit_id=2, url=f"{SITE}/a"),
            view(4, None, visitor_id=6, visit_id=2, url=f"{SITE}/b"),
            view(5, 5, visitor_id=6, visit_id=2, url="?"),
        ],
    )
    warehouse.load("visitor_activities", [activity(1, 4, visit_id=2)])
    build(warehouse)
    columns = ("session_kind", "session_id", "is_loaded", "prospect_id", "started_at", "ended_at", "pages")
    assert told(warehouse, "visitor_sessions", *columns, "entry_page", "exit_page", "submissions") == [
        ("page_view", 1, False, 9, NOON + 3 * SECOND, NOON + 3 * SECOND, 1, f"{SITE}/a", f"{SITE}/a", 0),
        ("page_view", 2, False, 9, NOON + 4 * SECOND, NOON + 4 * SECOND, 1, f"{SITE}/b", f"{SITE}/b", 0),
        ("visit", 1, True, 9, NOON, NOON, 0, None, None, 0),
        ("visit", 2, False, None, NOON + 5 * SECOND, NOON + 5 * SECOND, 3, None, f"{SITE}/b", 1),
    ]


def test_pages_count_by_utc_month_and_entries_by_that_of_the_page_view(warehouse: Warehouse) -> None:
    last, first = utc(2026, 2, 28, 23, 59, 59), utc(2026, 3, 1)
    a, b = f"{SITE}/a", f"{SITE}/b"
    warehouse.load(
        "visitor_page_views",
        [
            {"id": 1, "visit_id": 1, "visitor_id": 5, "url": a, "created_at": last, "duration_in_seconds": 10},
            {"id": 2, "visit_id": 1, "visitor_id": 5, "url": f"{a}#x", "created_at": first, "duration_in_seconds": 0},
            {"id": 3, "visit_id": 2, "visitor_id": 6, "url": f"{a}?x", "created_at": first, "duration_in_seconds": 4},
            {"id": 4, "visit_id": 2, "visitor_id": 6, "url": f"{a}?y", "created_at": first},
            {"id": 5, "visit_id": 2, "visitor_id": 6, "url": b, "created_at": first + SECOND},
            {"id": 6, "visitor_id": 7, "created_at": None, "url": None},
        ],
    )
    warehouse.load("visits", [{"id": 1, "prospect_id": 9}, {"id": 2, "prospect_id": 9, "visitor_id": 6}])
    warehouse.connection.execute("set TimeZone = 'America/New_York'")
    build(warehouse, time_zone="Asia/Tokyo")
    columns = ("page", "month_starts_on", "views", "visitors", "prospects", "entries", "exits", "timed_views")
    assert told(warehouse, "top_pages", *columns, "seconds", "average_seconds") == [
        (a, date(2026, 2, 1), 1, 1, 1, 1, 0, 1, 10, 10.0),
        (a, date(2026, 3, 1), 3, 2, 1, 1, 1, 2, 4, 2.0),
        (b, date(2026, 3, 1), 1, 1, 1, 0, 1, 0, None, None),
        (None, None, 1, 1, 0, 1, 1, 0, None, None),
    ]


@pytest.mark.parametrize("missing", ["visits", "visitor_page_views", "visitors", "visitor_activities"])
def test_web_tables_are_built_when_a_raw_table_is_missing(missing: str, warehouse: Warehouse) -> None:
    rows: Mapping[str, Row] = {
        "visits": {"id": 1, "visitor_id": 5, "created_at": NOON},
        "visitor_page_views": view(1, 0, visit_id=1, visitor_id=5, url=SITE),
        "visitors": {"id": 5, "prospect_id": 9},
        "visitor_activities": activity(1, 4, visit_id=1),
    }
    for table, row in rows.items():
        if table != missing:
            warehouse.load(table, [row])
    build(warehouse)
    (session,) = warehouse.mart("visitor_sessions")
    expected = {
        "is_loaded": missing != "visits",
        "pages": int(missing != "visitor_page_views"),
        "prospect_id": 9 if missing != "visitors" else None,
        "submissions": int(missing != "visitor_activities"),
    }
    assert {name: session[name] for name in expected} == expected
    assert len(warehouse.mart("top_pages")) == int(missing != "visitor_page_views")


LOSSES: Mapping[str, tuple[str, str, str, str]] = {
    "a_link_that_is_not_told": (
        "email_link_performance",
        "and a.list_email_id is not null",
        "and details is not null",
        "int_email_link_totals",
    ),
    "a_page_view_without_a_visit": ("visitor_sessions", "full outer join", "left join", "int_page_totals"),
    "a_page_without_an_address": (
        "top_pages",
        "group by page",
        "where page is not null group by page",
        "int_page_totals",
    ),
    "the_end_of_a_session": (
        "top_pages",
        "sum(exits) as",
        "sum(case when page is not null then exits else 0 end) as",
        "int_page_totals",
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_build_is_refused_where_a_model_loses(loss: str, warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.load("visitor_activities", [click(1, None)])
    warehouse.load("visitor_page_views", [view(1, 0, visitor_id=5), view(2, 0, visit_id=1, url=SITE)])
    build(warehouse)
    model, kept, lost, lost_at = LOSSES[loss]
    folder = copytree(models_path(), tmp_path / "models")
    file = folder / "marts" / f"{model}.sql"
    assert file.read_text().count(kept) == 1
    file.write_text(file.read_text().replace(kept, lost))
    with pytest.raises(DataTestError, match=lost_at):
        build(warehouse, models=folder)
