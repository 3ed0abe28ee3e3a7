"""Given raw rows, expected reporting rows: each table by small examples made by hand."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from transforms_warehouse import Warehouse, utc

from pardot_transforms import load_project

NOON = utc(2026, 3, 1, 12)
HOSTILE = 'O\'Brien "x", \n\r\u2028 🎉 =1+1 NA <b>&amp; ; drop table prospects --'


def only(rows: list[dict[str, Any]], **where: Any) -> dict[str, Any]:
    found = [row for row in rows if all(row[name] == value for name, value in where.items())]
    assert len(found) == 1, f"{len(found)} rows where {where}"
    return found[0]


def activity(id: int, type: int | None, **fields: Any) -> dict[str, Any]:
    return {"id": id, "type": type, "created_at": NOON, **fields}


def test_enriched_activity_names_asset_campaign_prospect_and_account(warehouse: Warehouse) -> None:
    warehouse.load("visitor_activities", [activity(1, 4, form_id=21, prospect_id=9, campaign_id=11, details=HOSTILE)])
    warehouse.load("forms", [{"id": 21, "name": HOSTILE}])
    warehouse.load("prospects", [{"id": 9, "first_name": "Ada", "last_name": "Lo", "prospect_account_id": 5}])
    warehouse.load("prospect_accounts", [{"id": 5, "name": "Example Ltd"}])
    warehouse.load("campaigns", [{"id": 11, "name": "Spring"}])
    warehouse.build(select=["visitor_activities_enriched"], time_zone="Europe/Berlin")
    (row,) = warehouse.mart("visitor_activities_enriched")
    expected = {
        "verb": "Success",
        "asset_kind": "form",
        "asset_id": 21,
        "asset_name": HOSTILE,
        "details": HOSTILE,
        "campaign_name": "Spring",
        "prospect_name": "Ada Lo",
        "prospect_account_name": "Example Ltd",
        "is_anonymous": False,
        "is_email_activity": False,
        "is_engagement": True,
        "created_at": NOON,
        "created_at_utc": datetime(2026, 3, 1, 12),  # noqa: DTZ001 - clock times carry no zone
        "created_at_local": datetime(2026, 3, 1, 13),  # noqa: DTZ001
        "time_zone": "Europe/Berlin",
        "created_on": date(2026, 3, 1),
    }
    assert {name: row[name] for name in expected} == expected


def test_activity_without_prospect_type_time_or_asset_is_kept(warehouse: Warehouse) -> None:
    warehouse.load("visitor_activities", [{"id": 1}, activity(2, 61)])
    warehouse.build(select=["visitor_activities_enriched"])
    rows = warehouse.mart("visitor_activities_enriched")
    assert [(r["id"], r["type"], r["verb"], r["asset_kind"], r["asset_id"], r["is_anonymous"]) for r in rows] == [
        (1, None, "Unknown", "none", None, True),
        (2, 61, "Unknown", "none", None, True),
    ]


def test_prospect_name_is_null_when_both_parts_are_empty(warehouse: Warehouse) -> None:
    names = [("Ada", "Lo"), (None, "Lo"), ("Ada", None), (" ", ""), (None, None)]
    warehouse.load(
        "prospects",
        [{"id": n, "first_name": first, "last_name": last} for n, (first, last) in enumerate(names)],
    )
    warehouse.build(select=["prospect_engagement"])
    rows = warehouse.mart("prospect_engagement")
    assert [row["prospect_name"] for row in rows] == ["Ada Lo", "Lo", "Ada", None, None]


ASSETS: list[tuple[dict[str, int], tuple[str, int | None]]] = [
    ({"email_id": 1, "list_email_id": 2, "email_template_id": 3}, ("list_email", 2)),
    ({"email_id": 1, "email_template_id": 3}, ("email_template", 3)),
    ({"email_id": 1, "visit_id": 8}, ("email", 1)),
    ({"form_id": 4, "landing_page_id": 5, "visit_id": 8}, ("form", 4)),
    ({"form_handler_id": 6, "visitor_page_view_id": 7}, ("form_handler", 6)),
    ({"file_id": 4, "landing_page_id": 5}, ("file", 4)),
    ({"custom_redirect_id": 4, "visit_id": 5}, ("custom_redirect", 4)),
    ({"multivariate_test_variation_id": 4, "landing_page_id": 5}, ("multivariate_test_variation", 4)),
    ({"landing_page_id": 5, "visitor_page_view_id": 7}, ("landing_page", 5)),
    ({"site_search_query_id": 5, "visit_id": 7}, ("site_search_query", 5)),
    ({"paid_search_ad_id": 5, "visit_id": 7}, ("paid_search_ad", 5)),
    ({"opportunity_id": 5}, ("opportunity", 5)),
    ({"visitor_page_view_id": 7, "visit_id": 8}, ("visitor_page_view", 7)),
    ({"visit_id": 8}, ("visit", 8)),
    ({}, ("none", None)),
]


def test_asset_is_the_most_telling_id(warehouse: Warehouse) -> None:
    warehouse.load("visitor_activities", [activity(n, 2, **ids) for n, (ids, _) in enumerate(ASSETS)])
    warehouse.build(select=["visitor_activities_enriched"])
    rows = {row["id"]: row for row in warehouse.mart("visitor_activities_enriched")}
    found = [(rows[n]["asset_kind"], rows[n]["asset_id"]) for n in range(len(ASSETS))]
    assert found == [expected for _, expected in ASSETS]


def test_email_activity_is_known_by_an_email_id_or_by_its_type(warehouse: Warehouse) -> None:
    warehouse.load("visitor_activities", [activity(1, 1, email_id=3), activity(2, 1), activity(3, 11)])
    warehouse.build(select=["visitor_activities_enriched"])
    rows = warehouse.mart("visitor_activities_enriched")
    assert [row["is_email_activity"] for row in rows] == [True, False, True]


# Source: Account Engagement object field reference, visitor activity types 1 to 38 in order.
DOCUMENTED = (
    """
Click|View|Error|Success|Session|Sent|Search|New Opportunity|Opportunity Won|Opportunity Lost
Open|Unsubscribe Page|Bounced|Spam Complaint|Email Preference Page|Resubscribed|Click (Third Party)
Opportunity Reopened|Opportunity Linked|Visit|Custom URL click|Olark Chat|Invited to Webinar|Attended Webinar
Registered for Webinar|Social Post Click|Video View|Event Registered|Event Checked In|Video Conversion
UserVoice Suggestion|UserVoice Comment|UserVoice Ticket|Video Watched (at least 75 %)
Indirect Unsubscribe Open|Indirect Bounce|Indirect Resubscribed|Opportunity Unlinked
""".strip()
    .replace("\n", "|")
    .split("|")
)


def test_all_38_documented_types_have_their_name(warehouse: Warehouse) -> None:
    warehouse.load("visitor_activities", [activity(n, n) for n in range(39)])
    warehouse.build(select=["visitor_activities_enriched"])
    rows = warehouse.mart("visitor_activities_enriched")
    assert [row["verb"] for row in sorted(rows, key=lambda row: int(row["id"]))] == ["Unknown", *DOCUMENTED]


def test_daily_activity_counts_by_utc_day_type_and_asset_kind(warehouse: Warehouse) -> None:
    midnight = utc(2026, 3, 2)
    warehouse.load(
        "visitor_activities",
        [
            activity(1, 1, email_id=1, prospect_id=9, created_at=utc(2026, 3, 1, 23, 59, 59)),
            activity(2, 1, email_id=2, prospect_id=9, created_at=midnight),
            activity(3, 1, email_id=3, prospect_id=9, created_at=midnight),
            activity(4, 1, email_id=3, created_at=midnight),
            activity(5, 1, landing_page_id=3, prospect_id=9, created_at=midnight),
        ],
    )
    warehouse.build(select=["daily_activity"])
    columns = ("created_on", "type", "verb", "asset_kind", "activities", "anonymous_activities", "prospects")
    assert [tuple(row[name] for name in columns) for row in warehouse.mart("daily_activity")] == [
        (date(2026, 3, 1), 1, "Click", "email", 1, 0, 1),
        (date(2026, 3, 2), 1, "Click", "email", 3, 1, 1),
        (date(2026, 3, 2), 1, "Click", "landing_page", 1, 0, 1),
    ]


def test_email_performance_follows_the_definitions(warehouse: Warehouse) -> None:
    def of_email(start: int, type: int, prospects: list[int | None]) -> list[dict[str, Any]]:
        return [
            activity(start + n, type, list_email_id=7, prospect_id=prospect) for n, prospect in enumerate(prospects)
        ]

    warehouse.load(
        "visitor_activities",
        [
            *of_email(100, 6, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
            *of_email(200, 13, [9]),
            *of_email(210, 36, [10]),
            *of_email(300, 11, [1, 1, 2, 3, None]),
            *of_email(400, 1, [1, 1, None]),
            *of_email(500, 12, [2, 2]),
            *of_email(510, 35, [2, 3]),
            *of_email(600, 14, [4]),
            activity(700, 1, landing_page_id=7, prospect_id=5),
            activity(701, 11, email_template_id=7, prospect_id=5),
        ],
    )
    warehouse.load("list_emails", [{"id": 7, "name": "May", "subject": "Hi", "campaign_id": 3, "sent_at": NOON}])
    warehouse.load("campaigns", [{"id": 3, "name": "Spring"}])
    warehouse.load("prospects", [{"id": n, "opted_out": n in (2, 8, 99)} for n in [*range(1, 11), 99]])
    warehouse.build(select=["email_performance"])
    assert warehouse.mart("email_performance") == [
        {
            "list_email_id": 7,
            "name": "May",
            "subject": "Hi",
            "campaign_id": 3,
            "campaign_name": "Spring",
            "sent_at": NOON,
            "is_deleted": None,
            "sent": 10,
            "bounced": 2,
            "delivered": 8,
            "opens": 5,
            "unique_opens": 3,
            "suspected_opens": 2,  # the first prospect clicked in the second of the send
            "unsuspected_unique_opens": 2,
            "clicks": 3,
            "unique_clicks": 1,
            "suspected_clicks": 2,
            "unsuspected_unique_clicks": 0,
            "opt_outs": 2,
            "recipients_opted_out": 2,
            "spam_complaints": 1,
            "open_rate": 3 / 8,
            "ctr": 3 / 8,
            "unique_ctr": 1 / 8,
            "ctor": 1 / 3,
            "opt_out_rate_of_delivered": 2 / 8,
            "opt_out_rate_of_sent": 2 / 10,
            "spam_rate_of_delivered": 1 / 8,
            "spam_rate_of_sent": 1 / 10,
        }
    ]


RATES = [
    column
    for column in load_project().models["email_performance"].columns
    if "rate" in column or column in ("ctr", "unique_ctr", "ctor")
]


def test_rates_without_denominator_are_null_and_not_zero(warehouse: Warehouse) -> None:
    warehouse.load("list_emails", [{"id": 7}])
    warehouse.load("visitor_activities", [activity(1, 13, list_email_id=8, prospect_id=1)])
    warehouse.build(select=["email_performance"])
    rows = warehouse.mart("email_performance")
    assert [(row["list_email_id"], row["delivered"]) for row in rows] == [(7, 0), (8, -1)]
    assert {"open_rate", "ctr", "unique_ctr", "ctor", "spam_rate_of_sent"} <= set(RATES)
    assert all(row[rate] is None for row in rows for rate in RATES)


def test_email_that_bounced_more_than_it_was_sent_has_rates_of_sent_only(warehouse: Warehouse) -> None:
    types = [6, 13, 36, 1, 11, 14]
    warehouse.load(
        "visitor_activities",
        [activity(n, type, list_email_id=7, prospect_id=1) for n, type in enumerate(types)],
    )
    warehouse.build(select=["email_performance"])
    (row,) = warehouse.mart("email_performance")
    assert (row["sent"], row["delivered"]) == (1, -1)
    rates = {rate: row[rate] for rate in RATES if row[rate] is not None}
    assert rates == {"ctor": 1.0, "opt_out_rate_of_sent": 0.0, "spam_rate_of_sent": 1.0}


def test_email_activity_without_list_email_counts_through_its_email(warehouse: Warehouse) -> None:
    warehouse.load("visitor_activities", [activity(1, 11, email_id=50, prospect_id=1), activity(2, 11, email_id=51)])
    warehouse.load("emails", [{"id": 50, "list_email_id": 7}, {"id": 51}])
    warehouse.build(select=["email_performance"])
    assert [(row["list_email_id"], row["opens"]) for row in warehouse.mart("email_performance")] == [(7, 1)]


def test_prospect_windows_end_at_the_latest_activity_and_leave_out_their_older_end(
    warehouse: Warehouse,
) -> None:
    warehouse.load(
        "visitor_activities",
        [
            activity(1, 20, prospect_id=1, created_at=utc(2026, 3, 31)),
            activity(2, 11, prospect_id=1, created_at=utc(2026, 3, 24, 0, 0, 1)),
            activity(3, 11, prospect_id=1, created_at=utc(2026, 3, 24)),
            activity(4, 6, prospect_id=1, created_at=utc(2025, 1, 1)),
            activity(5, 61, prospect_id=2, created_at=utc(2026, 3, 30)),
            activity(6, None, prospect_id=2, created_at=None),
            activity(7, 1, created_at=utc(2026, 3, 30)),
        ],
    )
    warehouse.load("prospects", [{"id": 1, "score": 40, "grade": "A"}, {"id": 3}])
    warehouse.build(select=["prospect_engagement"])
    rows = warehouse.mart("prospect_engagement")
    assert [row["prospect_id"] for row in rows] == [1, 2, 3]
    first = only(rows, prospect_id=1)
    assert (first["score"], first["grade"], first["as_of"]) == (40, "A", utc(2026, 3, 31))
    assert (first["first_touch_at"], first["last_touch_at"]) == (utc(2025, 1, 1), utc(2026, 3, 31))
    assert [first[f"opens_{span}"] for span in ("7d", "30d", "90d", "ever")] == [1, 2, 2, 2]
    assert [first[f"sent_{span}"] for span in ("7d", "30d", "90d", "ever")] == [0, 0, 0, 1]
    second = only(rows, prospect_id=2)
    assert (second["is_loaded"], second["other_7d"], second["other_ever"]) == (False, 1, 2)
    assert second["last_engaged_at"] is None
    third = only(rows, prospect_id=3)
    assert (third["activities_ever"], third["first_touch_at"], third["as_of"]) == (0, None, utc(2026, 3, 31))


def test_activity_points_are_those_of_the_baseline_scoring_and_add_up(warehouse: Warehouse) -> None:
    at = {"prospect_id": 1, "created_at": utc(2026, 3, 31)}
    warehouse.load(
        "visitor_activities",
        [
            activity(1, 4, form_id=1, **at),
            activity(2, 2, file_id=1, **at),
            activity(3, 2, form_id=1, **at),
            activity(4, 3, form_id=1, prospect_id=1, created_at=utc(2026, 3, 10)),
            activity(5, 11, list_email_id=1, **at),
            activity(6, 4, form_id=1, created_at=utc(2026, 3, 31)),
            activity(7, 21, custom_redirect_id=1, prospect_id=1, created_at=None),
        ],
    )
    warehouse.load("prospects", [{"id": 2}])
    warehouse.build()
    first, second = warehouse.mart("prospect_engagement")
    spans = ("7d", "30d", "90d", "ever")
    assert [first[f"activity_points_{span}"] for span in spans] == [53, 48, 48, 51]
    assert [second[f"activity_points_{span}"] for span in spans] == [0, 0, 0, 0]


def test_own_activity_weights_add_up_where_several_fit(warehouse: Warehouse, tmp_path: Path) -> None:
    rows = ("4, cast(null as varchar), 1", "4, 'form', 10", "2, 'file', -100")
    names = "select a as type, b as asset_kind, c as points"
    text = " union all ".join(f"{names} from (select {row}) as t (a, b, c)" for row in rows)
    (tmp_path / "activity_weights.sql").write_text(f"-- One row per type.\n{text}\n", "utf-8")
    warehouse.load(
        "visitor_activities",
        [activity(1, 4, form_id=1, prospect_id=1), activity(2, 4, prospect_id=1), activity(3, 2, prospect_id=1)],
    )
    warehouse.build(rules=tmp_path)
    (row,) = warehouse.mart("prospect_engagement")
    assert row["activity_points_ever"] == 12


def test_sends_and_bounces_are_no_engagement(warehouse: Warehouse) -> None:
    days = {type: utc(2026, 3, day) for day, type in enumerate((11, 6, 13, 36, 8, 23, 61), start=1)}
    warehouse.load(
        "visitor_activities",
        [activity(type, type, prospect_id=1, created_at=at) for type, at in days.items()],
    )
    warehouse.build(select=["prospect_engagement"])
    (row,) = warehouse.mart("prospect_engagement")
    assert (row["last_engaged_at"], row["last_touch_at"]) == (days[11], days[61])


def test_account_adds_up_its_prospects_once_each(warehouse: Warehouse) -> None:
    warehouse.load(
        "visitor_activities",
        [
            activity(1, 11, prospect_id=1, created_at=utc(2026, 3, 30)),
            activity(2, 6, prospect_id=2, created_at=utc(2026, 3, 31)),
            activity(3, 4, prospect_id=3, created_at=utc(2026, 1, 20)),
            activity(4, 1, prospect_id=4, created_at=utc(2026, 3, 31)),
            activity(5, 1, created_at=utc(2026, 3, 31)),
        ],
    )
    warehouse.load(
        "prospects",
        [
            {"id": 1, "prospect_account_id": 5, "score": 10},
            {"id": 2, "prospect_account_id": 5, "score": 30},
            {"id": 3, "prospect_account_id": 5, "score": 900, "is_deleted": True},
            {"id": 4, "prospect_account_id": 6},
            {"id": 7},
        ],
    )
    warehouse.load("prospect_accounts", [{"id": 5, "name": "Example Ltd"}, {"id": 8, "name": "Quiet"}])
    warehouse.build(select=["account_engagement"])
    rows = warehouse.mart("account_engagement")
    assert [(row["prospect_account_id"], row["name"], row["prospects"]) for row in rows] == [
        (5, "Example Ltd", 2),
        (6, None, 1),
        (8, "Quiet", 0),
    ]
    account = rows[0]
    assert (account["highest_score"], account["total_score"]) == (30, 40)
    assert (account["activities_7d"], account["activities_90d"], account["activities_ever"]) == (2, 3, 3)
    assert (account["opens_ever"], account["successes_ever"], account["clicks_ever"]) == (1, 1, 0)
    assert [account[f"engaged_prospects_{span}"] for span in ("7d", "30d", "90d", "ever")] == [1, 1, 1, 1]


def test_campaign_counts_do_not_multiply_each_other(warehouse: Warehouse) -> None:
    warehouse.load(
        "visitor_activities",
        [
            activity(1, 6, campaign_id=3, prospect_id=1, list_email_id=7),
            activity(2, 11, campaign_id=3, prospect_id=1, list_email_id=7),
            activity(3, 1, campaign_id=3, prospect_id=2, list_email_id=7),
            activity(4, 1, campaign_id=3, prospect_id=2, landing_page_id=7),
            activity(5, 20, campaign_id=3, visit_id=7),
            activity(6, 4, campaign_id=4, prospect_id=2, form_id=1),
            activity(7, 4, prospect_id=2, form_id=1),
        ],
    )
    warehouse.load("campaigns", [{"id": 3, "name": HOSTILE, "cost": 100.0}, {"id": 5, "name": "Quiet", "cost": 9.0}])
    warehouse.load("list_emails", [{"id": 7, "campaign_id": 3}, {"id": 8, "campaign_id": 3}])
    warehouse.load(
        "prospects",
        [{"id": n, "campaign_id": 3, "is_deleted": n == 4} for n in (1, 2, 3, 4)] + [{"id": 6, "campaign_id": 9}],
    )
    warehouse.load(
        "opportunities",
        [
            {"id": 1, "campaign_id": 3, "value": 10.0, "status": "Won"},
            {"id": 2, "campaign_id": 3, "value": 5.0, "status": "Open"},
            {"id": 3, "campaign_id": 3, "value": None, "status": None},
            {"id": 4, "campaign_id": 3, "value": 1_000.0, "status": "Won", "is_deleted": True},
            {"id": 5, "campaign_id": 9, "value": 1_000.0, "status": "Won", "is_deleted": True},
        ],
    )
    warehouse.build(select=["campaign_performance"])
    rows = warehouse.mart("campaign_performance")
    assert [row["campaign_id"] for row in rows] == [3, 4, 5, 9]
    assert rows[0] == {
        "campaign_id": 3,
        "name": HOSTILE,
        "cost": 100.0,
        "is_deleted": None,
        "activities": 5,
        "anonymous_activities": 1,
        "active_prospects": 2,
        "engaged_prospects": 2,
        "sent": 1,
        "opens": 1,
        "clicks": 1,
        "successes": 0,
        "visits": 1,
        "first_activity_at": NOON,
        "last_activity_at": NOON,
        "list_emails": 2,
        "sourced_prospects": 3,
        "opportunities": 3,
        "opportunity_value": 15.0,
        "won_opportunities": 1,
        "won_value": 10.0,
        "cost_per_sourced_prospect": 100.0 / 3,
    }
    assert (rows[2]["activities"], rows[2]["cost_per_sourced_prospect"]) == (0, None)
    assert (rows[3]["sourced_prospects"], rows[3]["opportunities"], rows[3]["won_value"]) == (1, 0, None)
