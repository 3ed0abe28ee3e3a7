"""The published metrics equal a computation in plain Python from the account's own rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta, timezone
from typing import Any

import duckdb
import pytest
from kit import Account, build_store, open_account, rows_of

ASSETS = (
    ("listEmailId", "list_email"),
    ("emailTemplateId", "email_template"),
    ("emailId", "email"),
    ("formId", "form"),
    ("formHandlerId", "form_handler"),
    ("fileId", "file"),
    ("customRedirectId", "custom_redirect"),
    ("multivariateTestVariationId", "multivariate_test_variation"),
    ("landingPageId", "landing_page"),
    ("siteSearchQueryId", "site_search_query"),
    ("paidSearchAdId", "paid_search_ad"),
    ("opportunityId", "opportunity"),
    ("visitorPageViewId", "visitor_page_view"),
    ("visitId", "visit"),
)
"""The documented order in which the asset of an activity is told; the first id that is filled in counts."""
VERBS = {"sent": 6, "opens": 11, "clicks": 1, "views": 2, "successes": 4, "visits": 20}
Row = dict[str, Any]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Account, duckdb.DuckDBPyConnection]]:
    """Load and publish one account; the tests below only read."""
    folder = tmp_path_factory.mktemp("metrics")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLT_DATA_DIR", str(folder / "dlt"))
        patch.setenv("DLT_PROJECT_DIR", str(folder))
        account = open_account(folder, build_store(4000))
        with account.emulator:
            account.run()
            account.next_day(seed=3)
            account.run()
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        db.execute("SET TimeZone = 'America/New_York'")  # the reader's zone must not matter
        yield account, db
    account.store.close()


def activities_of(account: Account) -> list[Row]:
    return [dict(row) for row in account.store.rows("visitor-activities")]


def ratio(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


def test_email_performance(published: tuple[Account, duckdb.DuckDBPyConnection]) -> None:
    account, db = published
    through_email = {row["id"]: row["listEmailId"] for row in account.store.rows("emails")}
    by_email: dict[Any, list[Row]] = {row["id"]: [] for row in account.store.rows("list-emails")}
    for activity in activities_of(account):
        list_email = activity["listEmailId"] or through_email.get(activity["emailId"])
        if list_email is not None:
            by_email.setdefault(list_email, []).append(activity)
    expected: dict[Any, dict[str, Any]] = {}
    for list_email, rows in by_email.items():
        count = Counter(row["type"] for row in rows)
        people: dict[int, set[int]] = defaultdict(set)
        for row in rows:
            if row["prospectId"] is not None:
                people[row["type"]].add(row["prospectId"])
        sent, bounced = count[6], count[13] + count[36]
        delivered, opened, clicked = sent - bounced, len(people[11]), len(people[1])
        left = len(people[12] | people[35])
        expected[list_email] = {
            "sent": sent,
            "bounced": bounced,
            "delivered": delivered,
            "opens": count[11],
            "unique_opens": opened,
            "clicks": count[1],
            "unique_clicks": clicked,
            "opt_outs": left,
            "spam_complaints": count[14],
            "open_rate": ratio(opened, delivered),
            "ctr": ratio(count[1], delivered),
            "unique_ctr": ratio(clicked, delivered),
            "ctor": ratio(clicked, opened),
            "opt_out_rate_of_delivered": ratio(left, delivered),
            "opt_out_rate_of_sent": ratio(left, sent),
            "spam_rate_of_delivered": ratio(count[14], delivered),
            "spam_rate_of_sent": ratio(count[14], sent),
        }
    columns = next(iter(expected.values()))
    found = {
        row["list_email_id"]: {name: row[name] for name in columns}
        for row in rows_of(db, "pardot_marts.email_performance")
    }
    assert found == expected
    assert sum(row["sent"] for row in expected.values()) > 100


def test_daily_activity(published: tuple[Account, duckdb.DuckDBPyConnection]) -> None:
    account, db = published
    expected: Counter[Any] = Counter()
    for activity in activities_of(account):
        kind = next((kind for field, kind in ASSETS if activity[field] is not None), "none")
        expected[activity["createdAt"].astimezone(timezone.utc).date(), activity["type"], kind] += 1
    found = {
        (row["created_on"], row["type"], row["asset_kind"]): row["activities"]
        for row in rows_of(db, "pardot_marts.daily_activity")
    }
    assert found == dict(expected)


def test_prospect_engagement(published: tuple[Account, duckdb.DuckDBPyConnection]) -> None:
    account, db = published
    activities = activities_of(account)
    as_of = max(activity["createdAt"] for activity in activities)
    prospects: dict[Any, Row] = {row["id"]: dict(row) for row in account.store.rows("prospects")}
    by_prospect: dict[Any, list[Row]] = {number: [] for number in prospects}
    for activity in activities:
        if activity["prospectId"] is not None:
            by_prospect.setdefault(activity["prospectId"], []).append(activity)
    found = {row["prospect_id"]: row for row in rows_of(db, "pardot_marts.prospect_engagement")}
    assert found.keys() == by_prospect.keys()
    for number, own in by_prospect.items():
        row = found[number]
        times = [activity["createdAt"] for activity in own]
        assert row["first_touch_at"] == min(times, default=None)
        assert row["last_touch_at"] == max(times, default=None)
        if number in prospects:
            assert (row["score"], row["grade"]) == (prospects[number]["score"], prospects[number]["grade"])
        for span, days in {"7d": 7, "30d": 30, "90d": 90, "ever": None}.items():
            inside = Counter(
                activity["type"]
                for activity in own
                if days is None or activity["createdAt"] > as_of - timedelta(days=days)
            )
            expected = {verb: inside[kind] for verb, kind in VERBS.items()}
            assert {verb: row[f"{verb}_{span}"] for verb in VERBS} == expected, (number, span)


def page_counts(rows: list[Row]) -> dict[str, Any]:
    """Return what the tables of forms and landing pages tell of one asset."""
    kinds: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        kinds[row["type"]].append(row)
    people = {
        (person, kind): {row[f"{person}Id"] for row in kinds[kind]} - {None}
        for person in ("visitor", "prospect")
        for kind in (2, 4)
    }
    converted = len(people["visitor", 2] & people["visitor", 4])
    return {
        "views": len(kinds[2]),
        "viewing_visitors": len(people["visitor", 2]),
        "viewing_prospects": len(people["prospect", 2]),
        "clicks": len(kinds[1]),
        "errors": len(kinds[3]),
        "submissions": len(kinds[4]),
        "submitting_visitors": len(people["visitor", 4]),
        "submitting_prospects": len(people["prospect", 4]),
        "converted_visitors": converted,
        "conversion_rate": ratio(converted, len(people["visitor", 2])),
        "error_rate": ratio(len(kinds[3]), len(kinds[3]) + len(kinds[4])),
        "first_activity_at": min((row["createdAt"] for row in rows), default=None),
        "last_activity_at": max((row["createdAt"] for row in rows), default=None),
    }


def test_form_and_landing_page_performance(published: tuple[Account, duckdb.DuckDBPyConnection]) -> None:
    account, db = published
    activities = activities_of(account)
    places = (
        ("form_performance", "asset_id", "asset_kind = 'form'", "formId", "forms"),
        ("form_performance", "asset_id", "asset_kind = 'form_handler'", "formHandlerId", "form-handlers"),
        ("landing_page_performance", "landing_page_id", "true", "landingPageId", "landing-pages"),
    )
    for mart, key, where, field, collection in places:
        own: dict[Any, list[Row]] = {row["id"]: [] for row in account.store.rows(collection)}
        for activity in activities:
            if activity[field] is not None:
                own.setdefault(activity[field], []).append(activity)
        expected = {id: page_counts(rows) for id, rows in own.items()}
        columns = next(iter(expected.values()))
        rows = rows_of(db, f"(FROM pardot_marts.{mart} WHERE {where})")
        assert {row[key]: {name: row[name] for name in columns} for row in rows} == expected
        assert sum(row["submissions"] for row in expected.values()) > 5, field


def test_list_growth(published: tuple[Account, duckdb.DuckDBPyConnection]) -> None:
    account, db = published
    memberships: list[Row] = [dict(row) for row in account.store.rows("list-memberships")]
    assert len({(row["listId"], row["prospectId"]) for row in memberships}) == len(memberships)
    days: dict[Any, Counter[str]] = defaultdict(Counter)
    for row in memberships:
        joined = row["createdAt"].astimezone(timezone.utc).date()
        changed = row["updatedAt"].astimezone(timezone.utc).date()
        days[row["listId"], joined]["added"] += 1
        if row["isDeleted"]:
            days[row["listId"], changed]["removed"] += 1
        elif row["optedOut"]:
            days[row["listId"], changed]["opted_out"] += 1
    members: Counter[tuple[int, str]] = Counter()
    expected = []
    for (number, day), count in sorted(days.items()):
        members[number, "members"] += count["added"] - count["removed"]
        members[number, "opted_out"] += count["opted_out"]
        running = (members[number, "members"], members[number, "opted_out"])
        expected.append((number, day, count["added"], count["removed"], count["opted_out"], *running))
    columns = ("list_id", "changed_on", "added", "removed", "opted_out", "members", "opted_out_members")
    rows = [tuple(row[name] for name in columns) for row in rows_of(db, "pardot_marts.list_growth")]
    assert sorted(rows) == expected
    assert sum(count["removed"] for count in days.values()) > 0
    assert sum(count["opted_out"] for count in days.values()) > 0


def test_deliverability(published: tuple[Account, duckdb.DuckDBPyConnection]) -> None:
    account, db = published
    prospects: dict[Any, Row] = {row["id"]: dict(row) for row in account.store.rows("prospects")}
    counts: dict[Any, Counter[int]] = defaultdict(Counter)
    latest: dict[Any, Row] = {}
    for activity in sorted(activities_of(account), key=lambda row: (row["createdAt"], row["id"])):
        prospect = prospects.get(activity["prospectId"])
        domain = prospect["email"].rpartition("@")[2].lower() if prospect and prospect["email"] else None
        month = activity["createdAt"].astimezone(timezone.utc).date().replace(day=1)
        if activity["type"] in (6, 13, 14, 36):
            counts[domain, month][activity["type"]] += 1
        if activity["type"] in (13, 36) and prospect and prospect["isEmailHardBounced"]:
            latest[activity["prospectId"]] = {"domain": domain, "month": month}
    hard = Counter((row["domain"], row["month"]) for row in latest.values())
    expected = {}
    for key, count in counts.items():
        bounced = count[13] + count[36]
        expected[key] = {
            "sent": count[6],
            "bounced": bounced,
            "delivered": count[6] - bounced,
            "hard_bounced": hard[key],
            "spam_complaints": count[14],
            "bounce_rate": ratio(bounced, count[6]),
            "spam_rate_of_delivered": ratio(count[14], count[6] - bounced),
        }
    columns = next(iter(expected.values()))
    found = {
        (row["email_domain"], row["month_starts_on"]): {name: row[name] for name in columns}
        for row in rows_of(db, "pardot_marts.deliverability")
    }
    assert found == expected
    assert sum(hard.values()) > 0


def test_asset_performance_counts_files_and_redirects(published: tuple[Account, duckdb.DuckDBPyConnection]) -> None:
    account, db = published
    expected: Counter[Any] = Counter()
    for activity in activities_of(account):
        for kind, field, type in (("file", "fileId", 2), ("custom_redirect", "customRedirectId", 21)):
            if activity[field] is not None and activity["type"] == type:
                expected[kind, activity[field]] += 1
    found = {
        (row["asset_kind"], row["asset_id"]): row["downloads"] + row["clicks"]
        for row in rows_of(db, "(FROM pardot_marts.asset_performance WHERE asset_kind IN ('file', 'custom_redirect'))")
    }
    assert {key: count for key, count in found.items() if count} == dict(expected)
    assert {kind for kind, _ in expected} == {"file", "custom_redirect"}


def test_email_link_performance(published: tuple[Account, duckdb.DuckDBPyConnection]) -> None:
    account, db = published
    through_email = {row["id"]: row["listEmailId"] for row in account.store.rows("emails")}
    expected: Counter[Any] = Counter()
    for activity in activities_of(account):
        list_email = activity["listEmailId"] or through_email.get(activity["emailId"])
        if activity["type"] == 1 and list_email is not None:
            expected[list_email, activity["details"]] += 1
    found = {
        (row["list_email_id"], row["link_url"]): row["clicks"]
        for row in rows_of(db, "pardot_marts.email_link_performance")
    }
    assert found == dict(expected)
    assert len({link for _, link in found}) > 2


def test_visitor_sessions_and_top_pages(published: tuple[Account, duckdb.DuckDBPyConnection]) -> None:
    account, db = published
    owners = {row["id"]: row["prospectId"] for row in account.store.rows("visitors")}
    submissions = Counter(row["visitId"] for row in activities_of(account) if row["type"] == 4)
    views: dict[Any, list[Row]] = defaultdict(list)
    pages: Counter[Any] = Counter()
    loaded: list[Row] = [dict(row) for row in account.store.rows("visitor-page-views")]
    for view in sorted(loaded, key=lambda row: (row["createdAt"], row["id"])):
        page = str(view["url"]).partition("?")[0].partition("#")[0]
        views[view["visitId"]].append({**view, "page": page})
        pages[page, view["createdAt"].astimezone(timezone.utc).date().replace(day=1)] += 1
    expected: dict[Any, Row] = {}
    for visit in account.store.rows("visits"):
        own = views[visit["id"]]
        expected[visit["id"]] = {
            "prospect_id": visit["prospectId"] or owners.get(visit["visitorId"]),
            "started_at": visit["firstVisitorPageViewAt"],
            "ended_at": visit["lastVisitorPageViewAt"],
            "pages": len(own),
            "pages_told": visit["visitorPageViewCount"],
            "seconds_on_pages": sum(view["durationInSeconds"] for view in own) if own else None,
            "entry_page": own[0]["page"] if own else None,
            "exit_page": own[-1]["page"] if own else None,
            "source_parameter": visit["sourceParameter"],
            "submissions": submissions[visit["id"]],
        }
    columns = next(iter(expected.values()))
    rows = list(rows_of(db, "pardot_marts.visitor_sessions"))
    assert {row["session_id"]: {name: row[name] for name in columns} for row in rows} == expected
    assert sum(row["submissions"] for row in rows) > 5
    top = list(rows_of(db, "pardot_marts.top_pages"))
    assert {(row["page"], row["month_starts_on"]): row["views"] for row in top} == dict(pages)
    assert sum(row["entries"] for row in top) == sum(row["exits"] for row in top) == sum(map(bool, views.values()))
