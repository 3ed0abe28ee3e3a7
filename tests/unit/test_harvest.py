"""What one object needs in the next run, by its route and its position."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from pardot.catalogue import CATALOGUE, Route
from pardot.harvest import plan
from pardot.position import Position
from pardot.windows import LAG, Window

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
START = NOW - timedelta(days=400)
BEFORE = Position(NOW - timedelta(days=1))
CHANGES = (Window(NOW - timedelta(days=1) - LAG, None),)

FIRST = {Route.EXPORT: "export", Route.QUERY: "walk", Route.WALK: "walk", Route.WALK_THEN_EXPORT: "walk"}
LATER = {Route.EXPORT: "export", Route.QUERY: "query", Route.WALK: "walk", Route.WALK_THEN_EXPORT: "export"}


@pytest.mark.parametrize("table", CATALOGUE)
def test_first_run_reads_everything(table: str) -> None:
    entry = CATALOGUE[table]
    first = plan(entry, Position(), history_start=START, now=NOW)
    assert first.way == FIRST[entry.route]
    assert not first.by_update
    assert len(first.windows) == (2 if first.way == "export" else 0)


@pytest.mark.parametrize("table", CATALOGUE)
def test_later_run_reads_what_changed(table: str) -> None:
    entry = CATALOGUE[table]
    later = plan(entry, BEFORE, history_start=START, now=NOW)
    assert later.way == LATER[entry.route]
    assert later.windows == (() if later.way == "walk" else CHANGES)
    assert later.by_update == (later.way != "walk" and not (later.way == "export" and not entry.exports_changes))


def test_query_over_more_than_a_year_is_one_window() -> None:
    long_ago = Position(NOW - timedelta(days=900))
    later = plan(CATALOGUE["prospects"], long_ago, history_start=START, now=NOW)
    assert later.windows == (Window(NOW - timedelta(days=900) - LAG, None),)


def test_export_over_more_than_a_year_is_several_windows() -> None:
    long_ago = Position(NOW - timedelta(days=900))
    later = plan(CATALOGUE["visitor_activities"], long_ago, history_start=START, now=NOW)
    assert len(later.windows) == 3
    assert later.by_update
