from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest

from pardot_emulator.activity import (
    ALL_TYPES,
    ASSET_COLUMNS,
    EMAIL_TYPES,
    ID_LESS,
    OPPORTUNITY_TYPES,
    ActivityType,
)
from pardot_emulator.company import build_company
from pardot_emulator.hostile import HOSTILE_TEXTS
from pardot_emulator.schema import COLLECTIONS
from pardot_emulator.store import Store, Value
from pardot_emulator.timeline import SPAN_DAYS, Timeline, new_york_changes

END_AT = datetime(2026, 1, 15, 10, 0, tzinfo=timezone.utc)
START_AT = END_AT - timedelta(days=SPAN_DAYS)
Row = dict[str, Value]


def build(activities: int, *, seed: int = 7, end_at: datetime = END_AT) -> Store:
    store = Store()
    build_company(store, activities=activities, seed=seed, end_at=end_at)
    return store


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with build(5_000) as built:
        yield built


@pytest.fixture(scope="module")
def activities(store: Store) -> list[Row]:
    return list(store.rows("visitor-activities"))


@pytest.fixture(scope="module")
def small() -> Iterator[Store]:
    with build(200) as built:
        yield built


def contents(store: Store) -> dict[str, list[Row]]:
    return {collection: list(store.rows(collection)) for collection in COLLECTIONS}


def test_same_seed_makes_identical_rows() -> None:
    with build(1_000) as first, build(1_000) as second:
        assert contents(first) == contents(second)


def test_other_seed_makes_other_rows() -> None:
    with build(500) as first, build(500, seed=8) as second:
        assert contents(first) != contents(second)


@pytest.mark.parametrize("count", [0, 1, 60, 150, 777])
def test_number_of_activities_is_exact(count: int) -> None:
    with build(count) as built:
        assert built.count("visitor-activities") == count


@pytest.mark.parametrize(
    "end_at", [datetime(2025, 3, 1, tzinfo=timezone.utc), datetime(2024, 7, 8, 0, 0, 1, tzinfo=timezone.utc)]
)
def test_span_may_end_at_any_second(end_at: datetime) -> None:
    with build(600, end_at=end_at) as built:
        created = [row["createdAt"] for row in built.rows("visitor-activities")]
        assert len(created) == 600
        assert max(created) == end_at  # type: ignore[type-var]


def test_end_without_offset_is_refused() -> None:
    with Store() as store, pytest.raises(ValueError, match="UTC offset"):
        build_company(store, activities=1, seed=1, end_at=datetime(2026, 1, 1))  # noqa: DTZ001


def test_negative_size_is_refused() -> None:
    with Store() as store, pytest.raises(ValueError, match="-1"):
        build_company(store, activities=-1, seed=1, end_at=END_AT)


@pytest.mark.parametrize("seed", range(8))
def test_every_type_and_hostile_text_occurs_from_150_activities_on(seed: int) -> None:
    with build(150, seed=seed) as built:
        rows = list(built.rows("visitor-activities"))
    assert {row["type"] for row in rows} == set(ALL_TYPES)
    assert set(HOSTILE_TEXTS.values()) <= {row["details"] for row in rows}


def test_every_collection_with_a_query_has_rows(small: Store) -> None:
    told = set(COLLECTIONS) - {"lifecycle-stage-prospects", "bulk-actions", "imports", "exports"}
    assert {name for name in told if small.count(name) == 0} == set()


# -- the shape of an activity


def ids_of(row: Row) -> set[str]:
    return {column for column in ASSET_COLUMNS if row[column] is not None}


def test_email_activities_name_their_email_and_prospect(activities: list[Row]) -> None:
    rows = [row for row in activities if row["type"] in EMAIL_TYPES]
    assert rows
    for row in rows:
        assert row["typeName"] == "Email"
        assert "emailId" in ids_of(row) <= {"emailId", "listEmailId", "emailTemplateId"}
        assert row["prospectId"] is not None


def test_clicks_name_the_tracked_asset(activities: list[Row]) -> None:
    expected = {"Email Tracker": "emailId", "Landing Page Tracker": "landingPageId", "Form Tracker": "formId"}
    rows = [row for row in activities if row["type"] == ActivityType.CLICK]
    assert {row["typeName"] for row in rows} == set(expected)
    assert all(expected[str(row["typeName"])] in ids_of(row) for row in rows)


def test_views_and_submissions_name_what_was_seen(activities: list[Row]) -> None:
    column = {
        "Form": "formId",
        "Form Handler": "formHandlerId",
        "Landing Page": "landingPageId",
        "File": "fileId",
    }
    kinds = {ActivityType.VIEW, ActivityType.ERROR, ActivityType.SUCCESS}
    for row in (row for row in activities if row["type"] in kinds):
        if row["typeName"] == "Page View":
            assert row["visitorPageViewId"] is not None
        else:
            assert column[str(row["typeName"])] in ids_of(row)


@pytest.mark.parametrize(
    ("kinds", "column"),
    [
        pytest.param({ActivityType.SEARCH}, "siteSearchQueryId", id="search"),
        pytest.param({ActivityType.CLICK_THIRD_PARTY}, "paidSearchAdId", id="third-party-click"),
        pytest.param({ActivityType.CUSTOM_URL_CLICK}, "customRedirectId", id="custom-url-click"),
        pytest.param(OPPORTUNITY_TYPES, "opportunityId", id="opportunities"),
    ],
)
def test_type_fills_exactly_its_id(activities: list[Row], kinds: frozenset[int], column: str) -> None:
    rows = [row for row in activities if row["type"] in kinds]
    assert rows
    assert all(ids_of(row) == {column} for row in rows)


def test_visit_names_its_visit_and_counts_its_page_views(store: Store, activities: list[Row]) -> None:
    visits = {row["id"]: row for row in store.rows("visits")}
    told = [row for row in activities if row["type"] == ActivityType.VISIT]
    assert len(told) == len(visits)
    for row in told:
        visit = visits[row["visitId"]]
        assert str(row["details"]).split()[0] == str(visit["visitorPageViewCount"])
        assert (row["visitorId"], row["prospectId"]) == (visit["visitorId"], visit["prospectId"])


def test_types_without_an_asset_fill_no_id(activities: list[Row]) -> None:
    rows = [row for row in activities if row["type"] in ID_LESS]
    assert {row["type"] for row in rows} == set(ID_LESS)
    assert all(not ids_of(row) for row in rows)


@pytest.mark.parametrize(
    ("collection", "column", "target"),
    [
        ("visitor-activities", "prospectId", "prospects"),
        ("visitor-activities", "visitorId", "visitors"),
        ("visitor-activities", "visitId", "visits"),
        ("visitor-activities", "visitorPageViewId", "visitor-page-views"),
        ("visitor-activities", "campaignId", "campaigns"),
        ("visitor-activities", "emailId", "emails"),
        ("visitor-activities", "listEmailId", "list-emails"),
        ("visitor-activities", "emailTemplateId", "email-templates"),
        ("visitor-activities", "formId", "forms"),
        ("visitor-activities", "formHandlerId", "form-handlers"),
        ("visitor-activities", "landingPageId", "landing-pages"),
        ("visitor-activities", "fileId", "files"),
        ("visitor-activities", "customRedirectId", "custom-redirects"),
        ("visitor-activities", "opportunityId", "opportunities"),
        ("emails", "prospectId", "prospects"),
        ("list-memberships", "listId", "lists"),
        ("list-memberships", "prospectId", "prospects"),
        ("prospects", "prospectAccountId", "prospect-accounts"),
        ("prospects", "lifecycleStageId", "lifecycle-stages"),
        ("visits", "visitorId", "visitors"),
        ("visitor-page-views", "visitId", "visits"),
        ("lifecycle-histories", "prospectId", "prospects"),
        ("tagged-objects", "tagId", "tags"),
        ("external-activities", "prospectId", "prospects"),
    ],
)
def test_ids_lead_somewhere(store: Store, collection: str, column: str, target: str) -> None:
    used = {row[column] for row in store.rows(collection)} - {None}
    assert used
    assert used <= {row["id"] for row in store.rows(target)}


# -- believable numbers


def test_funnel_of_each_list_email_narrows(activities: list[Row]) -> None:
    people: defaultdict[tuple[Value, int], set[Value]] = defaultdict(set)
    sent = Counter[Value]()
    for row in activities:
        if row["listEmailId"] is not None and isinstance(row["type"], int):
            people[row["listEmailId"], row["type"]].add(row["prospectId"])
            sent[row["listEmailId"]] += row["type"] == ActivityType.SENT
    assert len(sent) >= 8
    for mailing, messages in sent.items():
        sent_to = people[mailing, ActivityType.SENT]
        bounced = people[mailing, ActivityType.BOUNCED] | people[mailing, ActivityType.INDIRECT_BOUNCE]
        opened = people[mailing, ActivityType.OPEN]
        assert len(sent_to) == messages
        assert bounced <= sent_to
        assert opened <= sent_to - bounced
        assert people[mailing, ActivityType.CLICK] <= opened


def test_list_emails_go_to_members_of_their_list(store: Store, activities: list[Row]) -> None:
    recipients = {row["id"]: json.loads(str(row["recipientListIds"])) for row in store.rows("list-emails")}
    members = {(row["listId"], row["prospectId"]): row["createdAt"] for row in store.rows("list-memberships")}
    sent = [row for row in activities if row["type"] == ActivityType.SENT and row["listEmailId"] is not None]
    assert sent
    for row in sent:
        (list_id,) = recipients[row["listEmailId"]]
        assert members[list_id, row["prospectId"]] <= row["createdAt"]  # type: ignore[operator]


def test_each_email_follows_its_order(activities: list[Row]) -> None:
    by_email: defaultdict[Value, list[Row]] = defaultdict(list)
    for row in activities:
        if row["emailId"] is not None:
            by_email[row["emailId"]].append(row)
    for rows in by_email.values():
        rows.sort(key=lambda row: (row["createdAt"], row["id"]))
        assert rows[0]["type"] == ActivityType.SENT


def test_mix_is_that_of_a_marketing_account(activities: list[Row]) -> None:
    count = Counter(row["type"] for row in activities)
    assert count[ActivityType.SENT] > 2 * count[ActivityType.OPEN] > 4 * count[ActivityType.CLICK]
    assert count[ActivityType.BOUNCED] > count[ActivityType.SPAM_COMPLAINT]
    assert count[ActivityType.VISIT] > count[ActivityType.SUCCESS] > count[ActivityType.ERROR]


def test_weekends_are_quiet_and_the_last_months_busier(activities: list[Row]) -> None:
    weekdays = Counter(row["createdAt"].weekday() for row in activities if isinstance(row["createdAt"], datetime))
    middle = START_AT + (END_AT - START_AT) / 2
    later = sum(isinstance(row["createdAt"], datetime) and row["createdAt"] > middle for row in activities)
    assert weekdays[5] + weekdays[6] < min(weekdays[day] for day in range(5))
    assert later > 0.52 * len(activities)


def test_accounts_differ_in_engagement(store: Store, activities: list[Row]) -> None:
    account = {row["id"]: row["prospectAccountId"] for row in store.rows("prospects")}
    engaged = Counter(account.get(row["prospectId"]) for row in activities if row["prospectId"] is not None)
    engaged.pop(None)
    ranked = [count for _, count in engaged.most_common()]
    assert sum(ranked[: len(ranked) // 5]) > 0.35 * sum(ranked)


def test_scores_and_dates_of_prospects_follow_their_activities(store: Store, activities: list[Row]) -> None:
    last: dict[Value, datetime] = {}
    for row in activities:
        at = row["createdAt"]
        if row["prospectId"] is not None and isinstance(at, datetime) and row["createdAt"] == row["updatedAt"]:
            last[row["prospectId"]] = max(at, last.get(row["prospectId"], at))
    scores = set()
    for prospect in store.rows("prospects"):
        scores.add(prospect["score"])
        if prospect["id"] in last:
            assert prospect["lastActivityAt"] >= last[prospect["id"]]  # type: ignore[operator]
            assert prospect["updatedAt"] >= prospect["lastActivityAt"]  # type: ignore[operator]
    assert len(scores) > 30


def test_anonymous_and_identified_visitors_exist(store: Store) -> None:
    visitors = list(store.rows("visitors"))
    assert sum(row["prospectId"] is None for row in visitors) > len(visitors) / 5
    assert sum(row["prospectId"] is not None for row in visitors) > len(visitors) / 5


# -- what breaks careless readers


def test_every_hostile_text_is_in_prospect_fields(small: Store) -> None:
    columns = ("comments", "notes", "Remarks__c")
    assert set(HOSTILE_TEXTS.values()) <= {row[column] for row in small.rows("prospects") for column in columns}


def test_campaign_names_carry_markup(small: Store) -> None:
    names = {row["name"] for row in small.rows("campaigns")}
    assert {HOSTILE_TEXTS["script"], HOSTILE_TEXTS["html_entities"]} <= names


@pytest.mark.parametrize("count", [200, 5_000])
def test_a_fifth_of_a_small_account_shares_one_second(count: int) -> None:
    with build(count) as built:
        seconds = Counter(row["createdAt"] for row in built.rows("visitor-activities"))
    assert max(seconds.values()) >= min(200, count // 5)


def test_rows_stand_at_every_awkward_second(small: Store) -> None:
    timeline = Timeline.until(END_AT)
    edges = {datetime.fromtimestamp(second, timezone.utc) for _, second in timeline.edges()}
    assert len(edges) > 40
    assert {START_AT, END_AT} <= edges
    assert edges <= {row["createdAt"] for row in small.rows("visitor-activities")}


@pytest.mark.parametrize(
    ("year", "forward", "back"),
    [
        (2024, datetime(2024, 3, 10, 7), datetime(2024, 11, 3, 6)),  # noqa: DTZ001
        (2025, datetime(2025, 3, 9, 7), datetime(2025, 11, 2, 6)),  # noqa: DTZ001
        (2026, datetime(2026, 3, 8, 7), datetime(2026, 11, 1, 6)),  # noqa: DTZ001
    ],
)
def test_clock_changes_of_new_york(year: int, forward: datetime, back: datetime) -> None:
    changes = (forward.replace(tzinfo=timezone.utc), back.replace(tzinfo=timezone.utc))
    assert new_york_changes(year) == tuple(int(each.timestamp()) for each in changes)


def test_some_activities_lack_prospect_or_visitor_or_both(activities: list[Row]) -> None:
    lacking = {(row["prospectId"] is None, row["visitorId"] is None) for row in activities}
    assert lacking == {(True, True), (True, False), (False, True), (False, False)}


def test_some_ids_are_out_of_order_and_some_rows_were_updated(activities: list[Row]) -> None:
    created = [row["createdAt"] for row in activities]
    falls = sum(later < earlier for earlier, later in pairwise(created))  # type: ignore[operator]
    assert 3 <= falls < len(created) / 100
    assert sum(row["updatedAt"] > row["createdAt"] for row in activities) > 20  # type: ignore[operator]


@pytest.mark.parametrize("collection", sorted(COLLECTIONS))
def test_dates_lie_in_the_span_and_updates_follow_creation(store: Store, collection: str) -> None:
    for row in store.rows(collection):
        created, updated = row.get("createdAt"), row.get("updatedAt")
        if isinstance(created, datetime):
            assert START_AT <= created <= END_AT
            assert updated is None or (isinstance(updated, datetime) and created <= updated <= END_AT)


def test_recycle_bins_are_in_use(store: Store) -> None:
    recycled = {name for name in ("prospects", "campaigns", "lists", "forms") if store.count(name, '"isDeleted" = 1')}
    assert recycled == {"prospects", "campaigns", "lists", "forms"}


def test_nothing_in_a_recycle_bin_column_is_null(store: Store) -> None:
    for name, collection in COLLECTIONS.items():
        if collection.recycled_column:
            assert store.count(name, f'"{collection.recycled_column}" IS NULL') == 0, name


def test_custom_fields_have_columns_values_and_several_types(store: Store) -> None:
    fields = list(store.rows("custom-fields"))
    assert {"text", "number", "date", "dropdown", "multi-select", "checkbox"} <= {row["type"] for row in fields}
    assert any(row["isRecordMultipleResponses"] for row in fields)
    for field in fields:
        assert store.count("prospects", f'"{field["fieldId"]}__c" IS NOT NULL') > 0


def test_domains_are_reserved_for_examples(store: Store) -> None:
    emails = {str(row["email"]) for name in ("prospects", "users") for row in store.rows(name)}
    assert all(email.rsplit(".", 2)[-2].endswith("example") for email in emails)


@pytest.mark.parametrize("count", [200, 5_000, 100_000])
def test_sizes_grow_with_activities(count: int, capsys: pytest.CaptureFixture[str]) -> None:
    started = time.perf_counter()
    with build(count) as built:
        seconds = time.perf_counter() - started
        assert built.count("visitor-activities") == count
        assert built.count("prospects") == max(25, count // 20)
    with capsys.disabled():
        print(f"\n{count} activities in {seconds:.2f} s, {count / seconds:,.0f} a second")
