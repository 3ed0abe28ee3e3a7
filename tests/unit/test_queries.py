"""A walk by id sees every row once, however pages and chains are cut."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pyarrow.parquet as pq
import pytest
from scripted import Answer, ScriptedTransport

from pardot.catalogue import CATALOGUE, Field, Type
from pardot.dialects.version5_queries import MIN_PAGE_ROWS, PagedQuery
from pardot.errors import DataError, RejectedRequestError, TransientRequestError
from pardot.events import Event
from pardot.reading.pages import cell_text, write_pages

CAMPAIGNS = CATALOGUE["campaigns"]
HISTORIES = CATALOGUE["lifecycle_histories"]


class Collection:
    """Rows behind a paged query whose chains end silently after some rows."""

    def __init__(self, rows: int, *, ceiling: int = 100_000, page_rows: int | None = None) -> None:
        self.ids = list(range(1, rows + 1))
        self.ceiling = ceiling
        self.page_rows = page_rows
        self.events: list[Event] = []

    def answer(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if "nextPageToken" in params:
            after, seen, limit = json.loads(params["nextPageToken"])
        else:
            after, seen, limit = int(params.get("idGreaterThan", 0)), 0, int(params["limit"])
        size = min(limit, self.page_rows or limit, self.ceiling - seen)
        page = [number for number in self.ids if number > after][:size]
        seen += len(page)
        has_more = bool(page) and page[-1] < self.ids[-1] and seen < self.ceiling
        token = json.dumps([page[-1], seen, limit]) if has_more else None
        return {"values": [{"id": number} for number in page], "nextPageToken": token}

    def walk(self, *first: Answer, above_id: int | None = None) -> tuple[list[int], ScriptedTransport]:
        transport = ScriptedTransport({"query:lifecycle-histories": [*first, self.answer]})
        query = PagedQuery(cast(Any, transport), HISTORIES, ["id"], self.events.append)
        pages = query.iter_pages(above_id=above_id)
        return [int(str(record["id"])) for page in pages for record in page], transport


@pytest.mark.parametrize("rows", [0, 1, 999, 1000, 1001, 2000, 3500])
@pytest.mark.parametrize("ceiling", [1000, 1500, 2000, 100_000])
@pytest.mark.parametrize("page_rows", [None, 300])
def test_every_row_is_seen_once(rows: int, ceiling: int, page_rows: int | None) -> None:
    collection = Collection(rows, ceiling=ceiling, page_rows=page_rows)
    seen, _ = collection.walk()
    assert seen == collection.ids


def test_short_collection_costs_one_call() -> None:
    _, transport = Collection(10).walk()
    assert len(transport.asked) == 1
    assert transport.asked[0].params == {"fields": "id", "limit": 1000, "orderBy": "id ASC"}


def test_walk_above_an_id_starts_there() -> None:
    seen, transport = Collection(10).walk(above_id=7)
    assert seen == [8, 9, 10]
    assert transport.asked[0].params["idGreaterThan"] == 7


def test_query_that_takes_too_long_is_asked_for_less_down_to_a_limit() -> None:
    slow = TransientRequestError("query", should_split=True)
    seen, transport = Collection(120).walk(slow, slow, slow, slow, slow)
    assert seen == list(range(1, 121))
    assert [one.params["limit"] for one in transport.asked[:6]] == [1000, 500, 250, 125, 62, MIN_PAGE_ROWS]
    with pytest.raises(TransientRequestError):
        Collection(1).walk(*[slow] * 6)


def test_expired_token_on_the_first_page_is_no_reason_to_go_on() -> None:
    with pytest.raises(RejectedRequestError):
        Collection(1).walk(RejectedRequestError("query", code=210))


@pytest.mark.parametrize("values", [[{"id": 2}, {"id": 2}], [{"id": 2}, {"id": 1}]], ids=["same", "down"])
def test_ids_that_do_not_go_up_stop_the_walk(values: list[dict[str, int]]) -> None:
    with pytest.raises(DataError, match="order"):
        Collection(1).walk({"values": values})


def test_page_without_values_is_empty() -> None:
    assert Collection(0).walk({"values": None})[0] == []


def test_recycle_bin_is_asked_for_and_where_refused_in_two_parts() -> None:
    refused = RejectedRequestError("query", code=51, reason="Invalid parameter: deleted")
    transport = ScriptedTransport({"query:campaigns": [refused, {"values": [{"id": 1}]}, {"values": [{"id": 2}]}]})
    pages = list(PagedQuery(cast(Any, transport), CAMPAIGNS, ["id"], lambda _: None).iter_pages())
    assert pages == [[{"id": 1}], [{"id": 2}]]
    assert [one.params["deleted"] for one in transport.asked] == ["all", "false", "true"]


@pytest.mark.parametrize(("table", "asked"), [("campaigns", ["all", "false", None]), ("folders", ["false", None])])
def test_object_that_knows_no_recycle_bin_is_asked_for_without_it(table: str, asked: list[str | None]) -> None:
    """Of some objects only other people's clients say that they have one."""
    refused = RejectedRequestError("query", code=51, reason="Invalid parameter: deleted")
    transport = ScriptedTransport({f"query:{table}": [*[refused] * (len(asked) - 1), {"values": [{"id": 1}]}]})
    pages = list(PagedQuery(cast(Any, transport), CATALOGUE[table], ["id"], lambda _: None).iter_pages())
    assert pages == [[{"id": 1}]]
    assert [one.params.get("deleted") for one in transport.asked] == asked


def test_recycle_bin_that_is_refused_after_rows_came_is_an_error() -> None:
    refused = RejectedRequestError("query", code=51, reason="Invalid parameter: deleted")
    transport = ScriptedTransport({"query:folders": [{"values": [{"id": 1}]}, refused]})
    with pytest.raises(RejectedRequestError):
        list(PagedQuery(cast(Any, transport), CATALOGUE["folders"], ["id"], lambda _: None).iter_pages())


def test_single_object_is_read_without_pages() -> None:
    transport = ScriptedTransport({"query:account": [{"id": 1, "company": "X"}]})
    query = PagedQuery(cast(Any, transport), CATALOGUE["account"], ["id", "company"], lambda _: None)
    assert list(query.iter_pages()) == [[{"id": 1, "company": "X"}]]
    (asked,) = transport.asked
    assert (asked.path, dict(asked.params)) == ("/api/v5/objects/account", {"fields": "id,company"})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("", ""),
        (" 007 ", " 007 "),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (12.5, "12.5"),
        (2**60, str(2**60)),
        ({"a": "ü"}, '{"a":"ü"}'),
        ([], "[]"),
        ("half \ud83d a pair", "half \ufffd a pair"),
        (["\udc00"], '["\ufffd"]'),
        ("a whole \U0001f600", "a whole \U0001f600"),
    ],
)
def test_json_value_becomes_the_text_of_a_cell(value: object, text: str | None) -> None:
    assert cell_text(value) == text


def test_pages_are_written_as_text(tmp_path: Path) -> None:
    fields = (Field("id", Type.BIGINT), Field("name", Type.TEXT))
    progress: list[int] = []
    pages: list[list[Mapping[str, object]]] = [[{"id": 1, "name": "a", "more": 1}], [{"id": "2"}]]
    file = write_pages(iter(pages), fields, tmp_path / "new" / "pages.parquet", progress.append)
    assert (file.rows, file.header, progress) == (2, ("id", "name"), [1, 2])
    assert pq.read_table(file.path).to_pylist() == [{"c0": "1", "c1": "a"}, {"c0": "2", "c1": None}]
