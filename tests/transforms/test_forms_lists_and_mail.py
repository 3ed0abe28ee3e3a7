"""Forms, landing pages, lists and deliverability: rows made by hand, and what the reporting tables make of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from transforms_warehouse import Warehouse, utc

NOON = utc(2026, 3, 1, 12)
MARTS = ("form_performance", "landing_page_performance", "list_growth", "deliverability")


def activity(id: int, type: int | None, **fields: Any) -> dict[str, Any]:
    return {"id": id, "type": type, "created_at": NOON, **fields}


def build(warehouse: Warehouse, *marts: str, **arguments: Any) -> None:
    warehouse.build(select=marts or MARTS, **arguments)


def told(warehouse: Warehouse, mart: str, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in columns) for row in warehouse.mart(mart)]


def test_form_counts_views_and_submissions_by_activity_by_visitor_and_by_prospect(warehouse: Warehouse) -> None:
    of_form = [
        (2, 1, None),  # a visitor who only looked
        (2, 2, 9),
        (3, 2, 9),
        (4, 2, 9),  # the same browser, by now known
        (4, 2, 9),
        (2, 3, 9),  # the same person on a second browser
        (4, None, 8),  # sent on by a server
        (4, 4, None),  # a submission without a view, and of nobody known
        (1, 1, None),
        (61, 5, None),
    ]
    rows = [activity(n, type, form_id=7, visitor_id=v, prospect_id=p) for n, (type, v, p) in enumerate(of_form)]
    warehouse.load("visitor_activities", [*rows, activity(99, 4, form_id=7, created_at=None)])
    warehouse.load("forms", [{"id": 7, "name": "Contact", "campaign_id": 3, "url": "https://go.example.com/7"}])
    warehouse.load("campaigns", [{"id": 3, "name": "Spring"}])
    build(warehouse, "form_performance")
    assert warehouse.mart("form_performance") == [
        {
            "asset_kind": "form",
            "asset_id": 7,
            "name": "Contact",
            "campaign_id": 3,
            "campaign_name": "Spring",
            "url": "https://go.example.com/7",
            "is_deleted": None,
            "views": 3,
            "viewing_visitors": 3,
            "viewing_prospects": 1,
            "clicks": 1,
            "errors": 1,
            "submissions": 5,
            "submitting_visitors": 2,
            "submitting_prospects": 2,
            "converted_visitors": 1,
            "first_activity_at": NOON,
            "last_activity_at": NOON,
            "last_submission_at": NOON,
            "submissions_per_view": 5 / 3,
            "conversion_rate": 1 / 3,
            "error_rate": 1 / 6,
        }
    ]


def test_form_and_handler_of_the_same_id_are_two_and_keep_their_bin(warehouse: Warehouse) -> None:
    warehouse.load(
        "visitor_activities",
        [activity(1, 4, form_id=7), activity(2, 4, form_handler_id=7), activity(3, 4, form_id=7, form_handler_id=7)],
    )
    warehouse.load("forms", [{"id": 7, "is_deleted": True}, {"id": 8}])
    warehouse.load("form_handlers", [{"id": 7, "is_deleted": False}])
    build(warehouse, "form_performance")
    assert told(warehouse, "form_performance", "asset_kind", "asset_id", "is_deleted", "submissions") == [
        ("form", 7, True, 2),
        ("form", 8, None, 0),
        ("form_handler", 7, False, 1),
    ]


def test_rates_of_a_form_nobody_saw_or_tried_are_null(warehouse: Warehouse) -> None:
    warehouse.load("visitor_activities", [activity(1, 4, form_handler_id=2, prospect_id=1), activity(2, 2, form_id=3)])
    warehouse.load("forms", [{"id": 1}])
    build(warehouse, "form_performance")
    rates = ("asset_id", "submissions_per_view", "conversion_rate", "error_rate")
    assert sorted(told(warehouse, "form_performance", *rates)) == [
        (1, None, None, None),
        (2, None, None, 0.0),
        (3, 0.0, None, None),
    ]


def test_form_names_count_also_where_an_email_is_named(warehouse: Warehouse) -> None:
    """An email comes first as the asset, and its clicks are its own; nobody submits an email."""
    warehouse.load(
        "visitor_activities",
        [
            activity(1, 1, email_id=5, landing_page_id=7, form_id=7),
            activity(2, 4, email_id=5, landing_page_id=7, form_id=7),
        ],
    )
    build(warehouse)
    for mart in ("form_performance", "landing_page_performance"):
        assert told(warehouse, mart, "clicks", "submissions") == [(0, 1)]


def test_submission_on_a_landing_page_counts_for_the_page_and_for_the_form_it_names(warehouse: Warehouse) -> None:
    warehouse.load(
        "visitor_activities",
        [
            activity(1, 2, landing_page_id=7, visitor_id=1),
            activity(2, 2, landing_page_id=7, visitor_id=2, multivariate_test_variation_id=4),
            activity(3, 4, landing_page_id=7, visitor_id=1, form_id=21),
            activity(4, 4, landing_page_id=7, visitor_id=2),
            activity(5, 4, form_id=21, visitor_id=3),
            activity(6, 3, landing_page_id=8, created_at=utc(2026, 3, 2)),
            activity(7, 1, landing_page_id=8),
        ],
    )
    warehouse.load("landing_pages", [{"id": 7, "name": "Spring fair", "form_id": 21, "is_deleted": True}, {"id": 9}])
    warehouse.load("forms", [{"id": 21, "name": "Contact"}])
    build(warehouse)
    counts = ("views", "submissions", "submitting_visitors", "converted_visitors", "conversion_rate")
    assert told(warehouse, "form_performance", "asset_id", *counts) == [(21, 0, 2, 2, 0, None)]
    assert told(
        warehouse, "landing_page_performance", "landing_page_id", "form_name", "is_deleted", "clicks", "errors", *counts
    ) == [
        (7, "Contact", True, 0, 0, 2, 2, 2, 2, 1.0),
        (8, None, None, 1, 1, 0, 0, 0, 0, None),
        (9, None, None, 0, 0, 0, 0, 0, 0, None),
    ]
    times = told(warehouse, "landing_page_performance", "first_activity_at", "last_activity_at", "last_submission_at")
    assert times == [(NOON, NOON, NOON), (NOON, utc(2026, 3, 2), None), (None, None, None)]


def grown(warehouse: Warehouse, *columns: str) -> list[tuple[Any, ...]]:
    return told(warehouse, "list_growth", "changed_on", *(columns or ("added", "removed", "net", "members")))


def member(
    id: int, prospect: int | None, joined: int | None, changed: int | None = None, **fields: Any
) -> dict[str, Any]:
    """A membership of list 1 that began and was last changed on days of March."""
    return {
        "id": id,
        "list_id": 1,
        "prospect_id": prospect,
        "created_at": joined and utc(2026, 3, joined, 12),
        "updated_at": changed and utc(2026, 3, changed, 12),
        **fields,
    }


def test_list_grows_and_shrinks_by_day_and_tells_the_members_at_its_end(warehouse: Warehouse) -> None:
    warehouse.load("lists", [{"id": 1, "name": "News", "campaign_id": 3, "is_dynamic": True, "is_deleted": True}])
    warehouse.load(
        "list_memberships",
        [
            member(1, 1, 1, 1),
            member(2, 2, 1, 5, is_deleted=True),
            member(3, 3, 5, 5),
            member(4, 4, 7, 7, is_deleted=False),
            {**member(5, 1, 7, 7), "list_id": 2},
            {**member(6, 1, 7, 7), "list_id": None},
        ],
    )
    build(warehouse, "list_growth")
    assert warehouse.mart("list_growth")[1] == {
        "list_id": 1,
        "changed_on": date(2026, 3, 5),
        "name": "News",
        "campaign_id": 3,
        "is_dynamic": True,
        "is_deleted": True,
        "added": 1,
        "removed": 1,
        "net": 0,
        "members": 2,
        "opted_out": 0,
        "opted_out_members": 0,
    }
    assert told(warehouse, "list_growth", "list_id", "changed_on", "name", "net", "members") == [
        (1, date(2026, 3, 1), "News", 2, 2),
        (1, date(2026, 3, 5), "News", 0, 2),
        (1, date(2026, 3, 7), "News", 1, 3),
        (2, date(2026, 3, 7), None, 1, 1),
    ]


def test_day_of_a_membership_is_the_utc_day(warehouse: Warehouse) -> None:
    moments = (utc(2026, 3, 1, 23, 59, 59), utc(2026, 3, 2))
    warehouse.load("list_memberships", [{**member(n, n, 1), "created_at": at} for n, at in enumerate(moments, 1)])
    warehouse.connection.execute("set TimeZone = 'America/New_York'")
    build(warehouse, time_zone="Asia/Tokyo")
    assert grown(warehouse, "added") == [(date(2026, 3, 1), 1), (date(2026, 3, 2), 1)]


ENDINGS: dict[str, tuple[dict[str, Any], list[tuple[int | None, int]]]] = {
    "by_its_last_update": (member(1, 1, 1, 5, is_deleted=True), [(1, 1), (5, 0)]),
    "purged_when_that_was_found": (
        member(1, 1, 1, 1, is_deleted=True, purged_at=utc(2026, 3, 9)),
        [(1, 1), (9, 0)],
    ),
    "without_a_time_never_was": (member(1, 1, 1, None, is_deleted=True), []),
    "before_it_began_never_was": (member(1, 1, 5, 1, is_deleted=True), []),
    "in_the_second_it_began_never_was": (member(1, 1, 5, 5, is_deleted=True), []),
    "on_an_unknown_day_and_goes_on": (member(1, 1, None, 5), [(None, 1)]),
    "on_an_unknown_day_and_ends": (member(1, 1, None, 5, is_deleted=True), [(None, 1), (5, 0)]),
    "without_any_time": (member(1, 1, None, None, is_deleted=True), []),
}


@pytest.mark.parametrize("case", ENDINGS)
def test_membership_ends(case: str, warehouse: Warehouse) -> None:
    membership, expected = ENDINGS[case]
    warehouse.load("list_memberships", [membership])
    build(warehouse)
    rows = sorted(grown(warehouse, "members"), key=lambda row: (row[0] is not None, row[0]))
    assert rows == [(day and date(2026, 3, day), members) for day, members in expected]


def test_joining_and_leaving_on_one_day_are_told_both(warehouse: Warehouse) -> None:
    left = {**member(1, 1, 5, 5, is_deleted=True), "updated_at": utc(2026, 3, 5, 12, 0, 1)}
    warehouse.load("list_memberships", [left])
    build(warehouse)
    assert grown(warehouse) == [(date(2026, 3, 5), 1, 1, 0, 0)]


def test_members_who_joined_at_an_unknown_time_are_there_before_all_days(warehouse: Warehouse) -> None:
    warehouse.load("list_memberships", [member(1, 1, None), member(2, 2, None), member(3, 3, 4)])
    build(warehouse)
    assert set(grown(warehouse, "members")) == {(None, 2), (date(2026, 3, 4), 3)}


def test_prospect_with_several_memberships_counts_once(warehouse: Warehouse) -> None:
    """As after a merge: joined with the first, gone with the last, and no day in between tells of the others."""
    warehouse.load(
        "list_memberships",
        [
            member(1, 1, 1, 4, is_deleted=True),
            member(2, 1, 2, 6, is_deleted=True),
            member(3, 1, 3, 5, is_deleted=True),
            member(4, 1, 9, 9),
            member(5, 1, 10, 10),
        ],
    )
    build(warehouse)
    assert grown(warehouse) == [
        (date(2026, 3, 1), 1, 0, 1, 1),
        (date(2026, 3, 6), 0, 1, -1, 0),
        (date(2026, 3, 9), 1, 0, 1, 1),
    ]


def test_membership_that_replaces_another_in_the_same_second_is_no_change(warehouse: Warehouse) -> None:
    warehouse.load("list_memberships", [member(1, 1, 1, 4, is_deleted=True), member(2, 1, 4, 4)])
    build(warehouse)
    assert grown(warehouse) == [(date(2026, 3, 1), 1, 0, 1, 1)]


def test_memberships_without_a_prospect_are_somebody_each(warehouse: Warehouse) -> None:
    warehouse.load("list_memberships", [member(1, None, 1), member(2, None, 1)])
    build(warehouse)
    assert grown(warehouse) == [(date(2026, 3, 1), 2, 0, 2, 2)]


def test_opted_out_members_are_those_of_today_by_their_last_change(warehouse: Warehouse) -> None:
    warehouse.load(
        "list_memberships",
        [
            member(1, 1, 1, 4, opted_out=True),
            member(2, 1, 2, 3, opted_out=True),
            member(3, 2, 1, 5, opted_out=True, is_deleted=True),
            member(4, 3, 6, None, opted_out=True),
            member(5, 4, 6, 8, opted_out=False),
        ],
    )
    build(warehouse)
    assert grown(warehouse, "members", "opted_out", "opted_out_members") == [
        (date(2026, 3, 1), 2, 0, 0),
        (date(2026, 3, 3), 2, 1, 1),
        (date(2026, 3, 5), 1, 0, 1),
        (date(2026, 3, 6), 3, 1, 2),
    ]


def test_mail_is_told_by_domain_and_month(warehouse: Warehouse) -> None:
    may, june = utc(2026, 5, 31, 23, 59, 59), utc(2026, 6, 1)
    warehouse.load(
        "visitor_activities",
        [
            *(activity(n, 6, prospect_id=1, email_id=n, created_at=may) for n in (1, 2, 3)),
            activity(4, 6, prospect_id=2, list_email_id=4, created_at=may),
            activity(5, 13, prospect_id=1, created_at=may),
            activity(6, 36, prospect_id=1, created_at=may),
            activity(7, 14, prospect_id=2, created_at=may),
            activity(8, 6, prospect_id=2, created_at=june),
            activity(9, 11, prospect_id=3, created_at=june),
        ],
    )
    people = [(1, "Ada@Example.COM", True), (2, "bob@example.com", False), (3, "eve@example.org", False)]
    warehouse.load("prospects", [{"id": n, "email": e, "is_email_hard_bounced": flag} for n, e, flag in people])
    build(warehouse, "deliverability")
    assert warehouse.mart("deliverability") == [
        {
            "email_domain": "example.com",
            "month_starts_on": date(2026, 5, 1),
            "sent": 4,
            "recipients": 2,
            "bounced": 2,
            "bounced_prospects": 1,
            "hard_bounced": 1,
            "soft_bounced": 1,
            "untold_bounced": 0,
            "delivered": 2,
            "spam_complaints": 1,
            "delivery_rate": 2 / 4,
            "bounce_rate": 2 / 4,
            "hard_bounce_rate": 1 / 4,
            "spam_rate_of_delivered": 1 / 2,
            "spam_rate_of_sent": 1 / 4,
        },
        {
            "email_domain": "example.com",
            "month_starts_on": date(2026, 6, 1),
            "sent": 1,
            "recipients": 1,
            **dict.fromkeys(("bounced", "bounced_prospects", "hard_bounced", "soft_bounced", "untold_bounced"), 0),
            "delivered": 1,
            "spam_complaints": 0,
            "delivery_rate": 1.0,
            **dict.fromkeys(("bounce_rate", "hard_bounce_rate", "spam_rate_of_delivered", "spam_rate_of_sent"), 0.0),
        },
    ]


def test_only_the_latest_bounce_of_a_marked_prospect_is_hard(warehouse: Warehouse) -> None:
    bounces = [(1, 3), (1, 4), (1, None), (2, 3), (3, 3), (4, 3), (None, 3), (5, None)]
    warehouse.load(
        "visitor_activities",
        [
            *(activity(n, 13, prospect_id=p, created_at=m and utc(2026, m, 9)) for n, (p, m) in enumerate(bounces)),
            activity(20, 6, prospect_id=1, created_at=utc(2026, 5, 1)),
        ],
    )
    flags = {1: True, 2: False, 3: None, 5: True}
    warehouse.load(
        "prospects", [{"id": n, "email": "a@b.c", "is_email_hard_bounced": flag} for n, flag in flags.items()]
    )
    build(warehouse, "deliverability")
    kinds = ("email_domain", "month_starts_on", "hard_bounced", "soft_bounced", "untold_bounced", "hard_bounce_rate")
    assert told(warehouse, "deliverability", *kinds) == [
        ("b.c", date(2026, 3, 1), 0, 2, 1, None),
        ("b.c", date(2026, 4, 1), 1, 0, 0, None),
        ("b.c", date(2026, 5, 1), 0, 0, 0, 0.0),
        ("b.c", None, 1, 1, 0, None),
        (None, date(2026, 3, 1), 0, 0, 2, None),
    ]


def test_hard_bounce_rate_is_null_while_the_kind_of_a_bounce_is_not_told(warehouse: Warehouse) -> None:
    warehouse.load("visitor_activities", [activity(1, 6, prospect_id=1), activity(2, 13, prospect_id=1)])
    warehouse.load("prospects", [{"id": 1, "email": "a@b.c"}], without=["is_email_hard_bounced"])
    build(warehouse, "deliverability")
    assert told(warehouse, "deliverability", "bounce_rate", "hard_bounce_rate") == [(1.0, None)]


def test_rates_of_more_bounces_than_sends_leave_out_what_was_delivered(warehouse: Warehouse) -> None:
    rows = [activity(n, type, prospect_id=1) for n, type in enumerate((6, 13, 36, 14))]
    warehouse.load("visitor_activities", rows)
    build(warehouse, "deliverability")
    rates = ("delivered", "delivery_rate", "bounce_rate", "spam_rate_of_delivered", "spam_rate_of_sent")
    assert told(warehouse, "deliverability", *rates) == [(-1, None, 2.0, None, 1.0)]


DOMAINS = [
    ("Ada@Example.COM", "example.com"),
    ('"a@b"@example.org ', "example.org"),
    ("ada@müller.example", "müller.example"),
    ("nobody", None),
    ("ada@", None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("email", "domain"), DOMAINS)
def test_domain_is_what_follows_the_last_at_sign(email: str | None, domain: str | None, warehouse: Warehouse) -> None:
    warehouse.load("visitor_activities", [activity(1, 6, prospect_id=1)])
    warehouse.load("prospects", [{"id": 1, "email": email, "is_deleted": True}])
    build(warehouse, "deliverability")
    assert told(warehouse, "deliverability", "email_domain", "sent") == [(domain, 1)]


@pytest.mark.parametrize("mart", MARTS)
def test_table_over_raw_tables_without_rows_is_empty(mart: str, warehouse: Warehouse) -> None:
    for table in ("visitor_activities", "prospects", "forms", "form_handlers", "landing_pages", "list_memberships"):
        warehouse.load(table)
    build(warehouse)
    assert warehouse.mart(mart) == []
