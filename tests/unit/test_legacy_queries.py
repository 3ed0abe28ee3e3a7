"""What versions 3 and 4 are asked, and what is made of answers of every shape."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, cast

import duckdb
import pytest
from scripted import NOW, Answer, ScriptedTransport

from pardot.catalogue import Entry
from pardot.dialects.dialect import Query
from pardot.dialects.legacy import LEGACY_CATALOGUE, Legacy
from pardot.dialects.legacy_records import decoded, flat, record_reader
from pardot.dialects.legacy_statistics import COUNTED_FOR_DAYS, select_due
from pardot.errors import AuthenticationError, DataError, RejectedRequestError
from pardot.events import Event

REFUSED = RejectedRequestError("query", code=2)


class Asking:
    """A query over a script, and what it asked."""

    def __init__(self, table: str, script: Mapping[str, list[Answer]], list_emails: tuple[int, ...] = ()) -> None:
        self.events: list[Event] = []
        self.transport = ScriptedTransport({name: list(lines) for name, lines in script.items()})
        self.legacy = Legacy(
            cast(Any, self.transport), self.events.append, version=4, zone="UTC", list_emails=lambda: list_emails
        )
        self.entry: Entry = LEGACY_CATALOGUE[table]

    @property
    def query(self) -> Query:
        return self.legacy.query(self.entry, [field.name for field in self.entry.fields])

    def ids(self, since: datetime | None = None) -> list[int]:
        return [int(str(row["id"])) for page in self.query.iter_pages(since) for row in page]

    def params(self, name: str) -> list[object]:
        return [asked.params.get(name) for asked in self.transport.asked]


def page(key: str, *ids: int, **values: object) -> dict[str, Any]:
    return {"result": {key: [{"id": number, **values} for number in ids]}}


def test_walk_goes_on_above_the_greatest_id_until_a_page_has_room() -> None:
    asking = Asking("tags", {"query:tag": [page("tag", *range(1, 201)), page("tag", *range(201, 301))]})
    assert asking.ids() == list(range(1, 301))
    assert asking.params("id_greater_than") == [None, 200]
    assert asking.params("sort_by") == ["id", "id"]


@pytest.mark.parametrize("result", [None, [], {}, {"total_results": 0}, {"tag": None}, {"tag": []}], ids=str)
def test_nothing_found_is_no_row(result: object) -> None:
    assert Asking("tags", {"query:tag": [{"result": result}]}).ids() == []


def test_one_record_may_be_an_object() -> None:
    assert Asking("tags", {"query:tag": [{"result": {"tag": {"id": "7"}}}]}).ids() == [7]


def test_page_out_of_order_ends_the_walk() -> None:
    with pytest.raises(DataError, match="out of order"):
        Asking("tags", {"query:tag": [page("tag", 2, 1)]}).ids()


def test_clicks_are_asked_for_without_an_order_since_a_moment() -> None:
    asking = Asking("email_clicks", {"query:emailClick": [page("emailClick", 1)]})
    assert asking.ids(NOW) == [1]
    assert asking.transport.asked[0].params == {
        "limit": 200,
        "created_after": "2026-03-01 12:00:00",
        "format": "json",
    }


def test_visits_are_asked_for_by_pages_of_visitors_and_page_on_by_offset() -> None:
    script: dict[str, list[Answer]] = {
        "query:visitor": [page("visitor", *range(1, 201)), page("visitor", 201)],
        "query:visit": [page("visit", *range(1, 201)), page("visit", 201), {"result": None}],
    }
    asking = Asking("visits", script)
    assert asking.ids() == list(range(1, 202))
    visits = [asked.params for asked in asking.transport.asked if asked.operation == "query:visit"]
    assert [each.get("offset") for each in visits] == [None, 200, None]
    assert [each["visitor_ids"] for each in visits] == [",".join(map(str, range(1, 201)))] * 2 + ["201"]


@pytest.mark.parametrize(
    "views",
    [
        {"visitor_page_view": [{"id": 1}, {"id": 2}]},
        [{"id": 1}, {"id": 2}],
    ],
    ids=["wrapped", "bare"],
)
def test_page_views_bear_the_ids_of_their_visit_and_visitor(views: object) -> None:
    visit = {"result": {"visit": {"id": 8, "visitor_id": 9, "visitor_page_views": views}}}
    asking = Asking("visitor_page_views", {"query:visitor": [page("visitor", 9)], "query:visit": [visit]})
    rows = [row for each in asking.query.iter_pages() for row in each]
    assert rows == [{"id": number, "visit_id": 8, "visitor_id": 9} for number in (1, 2)]


def test_visit_without_page_views_has_none() -> None:
    visit = {"result": {"visit": {"id": 8, "visitor_id": 9, "visitor_page_views": None}}}
    asking = Asking("visitor_page_views", {"query:visitor": [page("visitor", 9)], "query:visit": [visit]})
    assert asking.ids() == []


def test_list_without_all_templates_says_so() -> None:
    listed = {"emailTemplates": {"templates": {"id": 3, "isArchived": "true"}}}
    asking = Asking("email_templates", {"query:emailTemplate": [REFUSED, listed]})
    query = asking.query
    assert list(query.iter_pages()) == [[{"id": 3, "is_archived": "true"}]]
    assert query.hides_rows
    assert [event.name for event in asking.events] == ["query.partial"]


@pytest.mark.parametrize("table", ["email_templates", "list_email_statistics"])
def test_refused_login_is_no_missing_query(table: str) -> None:
    refused = AuthenticationError("query", code=184)
    asking = Asking(table, {"query:emailTemplate": [refused], "email.stats": [refused]}, list_emails=(1,))
    with pytest.raises(AuthenticationError):
        asking.ids()


def test_each_list_email_costs_a_call_and_one_without_counts_is_left_out() -> None:
    counts = {"stats": {"sent": 10, "opens_rate": "12.50%"}}
    asking = Asking("list_email_statistics", {"email.stats": [counts, REFUSED, counts]}, list_emails=(4, 5, 6))
    rows = [row for each in asking.query.iter_pages() for row in each]
    assert [(row["id"], row["sent"], row["opens_rate"]) for row in rows] == [(4, 10, "12.50%"), (6, 10, "12.50%")]
    assert {row["counted_at"] for row in rows} == {"2026-03-01T12:00:00+00:00"}
    assert [event.fields["list_email"] for event in asking.events] == [5]


def test_counts_are_due_when_there_are_none_or_lately_sent_ones_are_of_yesterday() -> None:
    days = {1: 1, 2: 1, 3: COUNTED_FOR_DAYS + 1, 4: COUNTED_FOR_DAYS + 1}
    counted = {2: NOW - timedelta(hours=1), 3: NOW - timedelta(days=40)}
    with duckdb.connect() as db:
        db.execute(
            "CREATE SCHEMA d; CREATE TABLE d.visitor_activities (type INT, list_email_id INT, created_at TIMESTAMPTZ)"
        )
        db.executemany(
            "INSERT INTO d.visitor_activities VALUES (?, ?, ?)",
            [(6, number, NOW - timedelta(days=since)) for number, since in days.items()]
            + [(11, 5, NOW), (6, None, NOW)],
        )
        assert db.execute(select_due("d", NOW, has_counts=False)).fetchone() == ([1, 2, 3, 4],)
        db.execute("CREATE TABLE d.list_email_statistics (id INT, counted_at TIMESTAMPTZ)")
        db.executemany("INSERT INTO d.list_email_statistics VALUES (?, ?)", list(counted.items()))
        assert db.execute(select_due("d", NOW, has_counts=True)).fetchone() == ([1, 4],)
        tomorrow = NOW.astimezone(timezone.utc) + timedelta(days=1)
        assert db.execute(select_due("d", tomorrow, has_counts=True)).fetchone() == ([1, 2, 4],)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Q&amp;A", "Q&A"),
        ("&lt;b&gt; &eacute;&#8364;&#x27;", "<b> é€'"),
        ("&amp;amp;", "&amp;"),
        ("https://example.com/?a=1&copy=2&amp=3", "https://example.com/?a=1&copy=2&amp=3"),
        ("R&D &amp; more", "R&D &amp; more"),
        ("&unknown; &amp;", "&unknown; &amp;"),
        ("no ampersand", "no ampersand"),
    ],
)
def test_text_is_decoded_when_all_of_it_was_encoded(text: str, expected: str) -> None:
    assert decoded(text) == expected


@pytest.mark.parametrize("values", [{"value": ["a &lt; b", "c"]}, ["a &lt; b", "c"]], ids=["in value", "list"])
def test_several_values_are_one_text(values: object) -> None:
    assert flat({"Topics": values}) == {"Topics": "a < b;c"}


@pytest.mark.parametrize("values", [{"value": "a"}, {"value": ["a"]}, ["a"], "a"], ids=str)
def test_one_value_is_that_value(values: object) -> None:
    assert flat({"name": values}) == {"name": "a"}


@pytest.mark.parametrize("values", [{"value": []}, {"value": None}, [], None], ids=str)
def test_no_value_is_null(values: object) -> None:
    assert flat({"name": values}) == {"name": None}


def test_nested_record_is_its_id_however_deep() -> None:
    assert flat({"assigned_to": {"user": {"id": 5}}, "campaign": {"id": 6}, "campaign_id": 7, "profile": {}}) == {
        "assigned_to_id": 5,
        "campaign_id": 7,
    }


def test_own_field_that_differs_by_its_case_alone_does_not_pass_for_one_of_ours() -> None:
    read = record_reader(LEGACY_CATALOGUE["prospects"])
    assert read({"id": 1, "Industry": "own", "industry": "ours"}) == {"id": 1, "Industry": "own", "industry": "ours"}


@pytest.mark.parametrize("name", ["destination", "destination_url", "destinationUrl"])
def test_target_of_a_redirect_is_found_by_either_name(name: str) -> None:
    read = record_reader(LEGACY_CATALOGUE["custom_redirects"])
    assert read({"id": 1, name: "https://example.com/"}) == {"id": 1, "destination": "https://example.com/"}
