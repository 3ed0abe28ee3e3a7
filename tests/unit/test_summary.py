"""The summary of a run: what is told, and how often."""

from __future__ import annotations

from pardot.events import Event
from pardot_etl.runs.summary import RunSummary, Tally


def summary_of(tally: Tally) -> RunSummary:
    return RunSummary(
        objects=tally.objects,
        started_at="2026-01-01T00:00:00+00:00",
        finished_at="2026-01-01T00:01:00+00:00",
        destination="duckdb",
        data_through=None,
        api_calls=3,
        calls_used_today=None,
        calls_maximum=None,
        seconds={"load": 1.0},
        notices=dict(tally.notices),
    )


def test_notice_that_comes_a_thousand_times_is_one_line_with_its_number() -> None:
    tally = Tally()
    for _ in range(1000):
        tally(Event("field.left_out", {"object": "visits", "field": "campaignId"}))
    tally(Event("query.warning", {"object": "lists", "warning": "203"}))
    tally(Event("query.page", {"object": "lists"}))
    summary = summary_of(tally)
    assert [line for line in summary.lines() if line.startswith("notice")] == [
        "notice      field.left_out object=visits field=campaignId (1,000 times)",
        "notice      query.warning object=lists warning=203",
    ]
    assert summary.to_json()["notices"] == [
        "field.left_out object=visits field=campaignId",
        "query.warning object=lists warning=203",
    ]
