"""What a machine is suspected of: rows made by hand, and which of them are taken for a machine's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from transforms_warehouse import Row, Warehouse, utc

NOON = utc(2026, 3, 1, 12)
SECOND = timedelta(seconds=1)


def activity(id: int, type: int | None, **fields: Any) -> dict[str, Any]:
    return {"id": id, "type": type, "created_at": NOON, **fields}


def click(id: int, link: str | None, **fields: Any) -> dict[str, Any]:
    return activity(id, 1, details=link, **{"prospect_id": 9, "list_email_id": 7, **fields})


def build(warehouse: Warehouse) -> None:
    warehouse.build(select=("asset_performance", "email_link_performance"))


def told(warehouse: Warehouse, mart: str, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in columns) for row in warehouse.mart(mart)]


LINKS = ("https://a.example.com", "https://b.example.com", "https://c.example.com")
SUSPICIONS: Mapping[str, tuple[list[Row], set[int]]] = {
    "three_links_in_a_second_and_all_else_in_it": (
        [
            *(click(n, link) for n, link in enumerate(LINKS)),
            activity(3, 11, prospect_id=9, list_email_id=7),
            activity(4, 4, prospect_id=9, form_id=1),
            activity(5, 6, prospect_id=9, list_email_id=8),
            click(6, LINKS[0], created_at=NOON + SECOND),
        ],
        {0, 1, 2, 3, 4},
    ),
    "two_links": ([click(1, LINKS[0]), click(2, LINKS[1])], set()),
    "one_link_three_times": ([click(n, LINKS[0]) for n in range(3)], set()),
    "links_that_are_not_told": ([click(n, None if n % 2 else " " * n) for n in range(6)], set()),
    "three_links_by_two_people": (
        [click(n, link, prospect_id=9 - n // 2) for n, link in enumerate(LINKS)],
        set(),
    ),
    "three_links_in_two_seconds": (
        [click(n, link, created_at=NOON + n // 2 * SECOND) for n, link in enumerate(LINKS)],
        set(),
    ),
    "an_anonymous_visitor": (
        [click(n, link, prospect_id=None, visitor_id=9) for n, link in enumerate(LINKS)],
        {0, 1, 2},
    ),
    "prospect_and_visitor_of_one_number": (
        [click(n, link, **({"prospect_id": None, "visitor_id": 9} if n else {})) for n, link in enumerate(LINKS)],
        set(),
    ),
    "nobody": ([click(n, link, prospect_id=None) for n, link in enumerate(LINKS)], set()),
    "at_an_unknown_time": ([click(n, link, created_at=None) for n, link in enumerate(LINKS)], set()),
    "two_links_and_a_redirect": (
        [click(1, LINKS[0]), click(2, LINKS[1]), activity(3, 21, prospect_id=9, custom_redirect_id=1, details="Fair")],
        {1, 2, 3},
    ),
    "ten_seconds_after_the_send": (
        [
            activity(1, 6, prospect_id=9, list_email_id=7),
            click(2, None, created_at=NOON + 10 * SECOND),
            click(3, None, created_at=NOON + 11 * SECOND),
            click(4, None, created_at=NOON - SECOND),
        ],
        {2},
    ),
    "ten_seconds_after_the_send_of_something_else": (
        [
            activity(1, 6, prospect_id=9, list_email_id=8),
            activity(2, 6, prospect_id=8, list_email_id=7),
            activity(3, 6, prospect_id=9, email_template_id=7),
            activity(4, 11, prospect_id=9, list_email_id=7),
            click(5, LINKS[0]),
        ],
        set(),
    ),
    "ten_seconds_after_the_send_told_by_the_individual_email": (
        [activity(1, 6, prospect_id=9, email_id=3), click(2, LINKS[0])],
        {2},
    ),
}


@pytest.mark.parametrize("case", SUSPICIONS)
def test_machine_is_suspected_behind(case: str, warehouse: Warehouse) -> None:
    rows, expected = SUSPICIONS[case]
    warehouse.load("visitor_activities", rows)
    warehouse.load("emails", [{"id": 3, "list_email_id": 7}])
    build(warehouse)
    suspected = warehouse.query("select id from pardot_marts_views.int_suspected_actions order by id")
    assert [row["id"] for row in suspected] == sorted(expected)


NUMBERS: Mapping[str, tuple[str, set[int]]] = {
    "ours": ("3 as least_links, 10 as most_seconds_after_send", {0, 1, 2, 5}),
    "two links": ("2 as least_links, 10 as most_seconds_after_send", {0, 1, 2, 3, 4, 5}),
    "four links": ("4 as least_links, 10 as most_seconds_after_send", {5}),
    "eleven seconds": ("3 as least_links, 11 as most_seconds_after_send", {0, 1, 2, 5, 6}),
    "the second of the send": ("3 as least_links, 0 as most_seconds_after_send", {0, 1, 2}),
    "not by links": ("cast(null as bigint) as least_links, 10 as most_seconds_after_send", {5}),
    "not by time": ("3 as least_links, cast(null as bigint) as most_seconds_after_send", {0, 1, 2}),
    "not at all": ("cast(null as bigint) as least_links, cast(null as bigint) as most_seconds_after_send", set()),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_are_those_of_the_rule(case: str, warehouse: Warehouse, tmp_path: Path) -> None:
    columns, expected = NUMBERS[case]
    (tmp_path / "suspected_action_settings.sql").write_text(f"-- One row.\nselect {columns}\n", "utf-8")
    warehouse.load(
        "visitor_activities",
        [
            *(click(n, link) for n, link in enumerate(LINKS)),
            *(click(3 + n, link, prospect_id=8) for n, link in enumerate(LINKS[:2])),
            activity(9, 6, prospect_id=7, list_email_id=7),
            click(5, None, prospect_id=7, created_at=NOON + 10 * SECOND),
            click(6, None, prospect_id=7, created_at=NOON + 11 * SECOND),
        ],
    )
    warehouse.build(select=("int_suspected_actions",), rules=tmp_path)
    suspected = warehouse.query("from pardot_marts_views.int_suspected_actions order by id")
    assert [row["id"] for row in suspected] == sorted(expected)


def test_both_counts_of_suspected_actions_are_told(warehouse: Warehouse) -> None:
    warehouse.load(
        "visitor_activities",
        [
            *(click(n, link) for n, link in enumerate(LINKS)),
            activity(3, 2, prospect_id=9, landing_page_id=2),
            activity(4, 4, prospect_id=9, landing_page_id=2),
            activity(5, 21, prospect_id=9, custom_redirect_id=2),
            activity(6, 2, prospect_id=8, landing_page_id=2),
            click(7, LINKS[0], prospect_id=8),
            click(8, LINKS[0], prospect_id=9, created_at=NOON + SECOND),
        ],
    )
    build(warehouse)
    columns = ("asset_kind", "views", "suspected_views", "clicks", "suspected_clicks", "submissions")
    assert told(warehouse, "asset_performance", *columns, "suspected_submissions") == [
        ("custom_redirect", 0, 0, 1, 1, 0, 0),
        ("landing_page", 2, 1, 0, 0, 1, 1),
    ]
    counts = ("link_url", "clicks", "suspected_clicks", "unsuspected_clicks", "unique_clicks")
    assert told(warehouse, "email_link_performance", *counts, "unsuspected_unique_clicks") == [
        (LINKS[0], 3, 1, 2, 2, 2),
        (LINKS[1], 1, 1, 0, 1, 0),
        (LINKS[2], 1, 1, 0, 1, 0),
    ]
