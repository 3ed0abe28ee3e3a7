"""Account Engagement's own counts beside ours."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from transforms_formulas import insist_on_formulas
from transforms_warehouse import Row, Warehouse, utc

NOON = utc(2026, 3, 1, 12)
HOUR = timedelta(hours=1)


def activity(id: int, type: int, **fields: Any) -> Row:
    return {"id": id, "type": type, "created_at": NOON, **fields}


def test_each_count_that_is_told_stands_beside_ours(warehouse: Warehouse) -> None:
    sends = [activity(n, 6, list_email_id=7, prospect_id=n, created_at=NOON) for n in range(1, 6)]
    bounces = [activity(10, 13, list_email_id=7, prospect_id=1), activity(11, 36, list_email_id=7, prospect_id=2)]
    opens = [activity(20 + n, 11, list_email_id=7, prospect_id=3, created_at=NOON + HOUR) for n in range(3)]
    clicks = [activity(30 + n, 1, list_email_id=7, prospect_id=3, created_at=NOON + HOUR * 2) for n in range(2)]
    others = [activity(40, 12, list_email_id=7, prospect_id=4), activity(41, 14, list_email_id=7, prospect_id=5)]
    warehouse.load("visitor_activities", [*sends, *bounces, *opens, *clicks, *others, activity(50, 6, list_email_id=8)])
    warehouse.load("list_emails", [{"id": 7, "name": "May", "sent_at": NOON}])
    warehouse.load(
        "list_email_statistics",
        [
            {
                "id": 7,
                "sent": 6,
                "delivered": 4,
                "soft_bounced": 1,
                "hard_bounced": 1,
                "opens": 3,
                "unique_opens": 1,
                "total_clicks": 1,
                "unique_clicks": None,
                "opt_outs": 0,
                "spam_complaints": 1,
                "counted_at": NOON + HOUR * 3,
            },
            {"id": 9, "sent": 4, "hard_bounced": None},
        ],
    )
    warehouse.build(select=["email_statistics", "metric_dictionary"])
    rows = warehouse.mart("email_statistics")
    assert {
        (row["list_email_id"], row["metric"]): (row["counted"], row["told"], row["difference"]) for row in rows
    } == {
        (7, "sent"): (5, 6, -1),
        (7, "delivered"): (3, 4, -1),
        (7, "bounced"): (2, 2, 0),
        (7, "opens"): (3, 3, 0),
        (7, "unique_opens"): (1, 1, 0),
        (7, "clicks"): (2, 1, 1),
        (7, "opt_outs"): (1, 0, 1),
        (7, "spam_complaints"): (1, 1, 0),
        (9, "sent"): (0, 4, -4),
    }
    assert {(row["name"], row["sent_at"], row["told_at"]) for row in rows} == {
        ("May", NOON, NOON + HOUR * 3),
        (None, None, None),
    }


def test_nothing_is_compared_while_account_engagement_tells_nothing(warehouse: Warehouse) -> None:
    warehouse.load("visitor_activities", [activity(1, 6, list_email_id=7)])
    warehouse.build(select=["email_statistics"])
    assert warehouse.mart("email_statistics") == []


def test_difference_is_what_its_formula_says(warehouse: Warehouse) -> None:
    warehouse.load("list_email_statistics", [{"id": 7, "sent": 6}])
    warehouse.load("prospects", [{"id": 1, "email": "ada@example.com"}])  # every formula may speak of people
    warehouse.build()
    insist_on_formulas(warehouse, "email_statistics")
