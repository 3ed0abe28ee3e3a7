"""Rows of the account stay in tables: not a word of them in what is printed, logged or kept about runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Outcome, invoke
from kit import build_store
from security.canaries import iter_files

from pardot_emulator import Emulator, Fault, Store
from pardot_emulator.faults import KINDS, Detail, Exchange
from pardot_emulator.messages import Response

PERSONAL = {
    "prospects": ("email", "phone", "addressOne", "company", "lastName", "comments"),
    "visitors": ("ipAddress", "hostname"),
    "visitor-activities": ("details",),
    "visitor-page-views": ("url", "title"),
    "users": ("email", "username"),
}
ABOUT_RUNS = ("runs.jsonl", "trace.pickle", "ledger.sqlite", "state.json")
OBJECTS = "prospects,visitors,visitor_activities,visitor_page_views,users"


@pytest.fixture
def store() -> Iterator[Store]:
    with build_store(200) as store:
        yield store


@pytest.fixture
def emulator(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator(store) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("SOURCES__PARDOT__START_DATE", "2025-06-01")
        monkeypatch.setattr("pardot_emulator.faults.KINDS", {**KINDS, "spoil": spoil})
        yield emulator
        emulator.faults.assert_all_consumed()


def spoil(detail: Detail, exchange: Exchange) -> Response:
    """Let a record lose a cell, another have a word for an id, a third a quote that never ends, as asked for."""
    response = exchange.proceed()
    lines = response.content().split(b"\n")
    lines[1] = b",".join(lines[1].split(b",")[:-1])
    lines[2] = b"someone@example.com" + lines[2]
    if detail.get("quote"):
        lines[3] += b',"'
    return Response(response.status, response.headers, b"\n".join(lines))


def personal_texts(store: Store) -> set[str]:
    """Return what is said about people, long enough to be nothing else."""
    texts = {
        str(row[name])
        for collection, names in PERSONAL.items()
        for row in store.rows(collection)
        for name in names
        if row[name] is not None
    }
    return {line for text in texts for line in text.splitlines() if len(line) >= 12} | {"someone@example.com"}


def found_in(outcome: Outcome, store: Store) -> list[str]:
    return [text for text in personal_texts(store) if text in outcome.out or text in outcome.err]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_run_says_nothing_about_people(log_format: str, emulator: Emulator, store: Store) -> None:
    outcome = invoke("run", "--objects", OBJECTS, "--debug", "--log-format", log_format)
    assert outcome.code == 0, outcome.err
    assert len(personal_texts(store)) > 100
    assert found_in(outcome, store) == []


@pytest.mark.parametrize("appended_from", [1 << 26, 0], ids=["merged", "appended"])
@pytest.mark.parametrize("quote", [False, True], ids=["bad rows", "endless quote"])
def test_rows_that_cannot_be_read_are_not_shown(
    quote: bool,
    appended_from: int,
    emulator: Emulator,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("pardot.tables.APPENDED_FROM_ROWS", appended_from)
    emulator.faults.add(Fault("export.download", "spoil", times=2, quote=quote))
    outcome = invoke("run", "--objects", "visitor_activities,visitor_page_views", "--no-transform", "--debug")
    assert found_in(outcome, store) == []
    kept = [(place, content) for place, content in iter_files(tmp_path) if place.endswith(ABOUT_RUNS)]
    assert kept
    for place, content in kept:
        assert [text for text in personal_texts(store) if text.encode() in content] == [], place


def test_vendor_that_quotes_a_row_in_an_error_is_cut_to_a_line(emulator: Emulator) -> None:
    """A server's own words are shown, as the only evidence there is; no more than a line of them."""
    emulator.faults.add(Fault("query:users", "error", code=109, status=400, message="line one\n" + "x" * 5000))
    outcome = invoke("run", "--objects", "users", "--no-transform")
    assert outcome.code == 1
    assert "x" * 250 not in outcome.err
