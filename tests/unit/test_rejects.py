"""Rows that were set aside: what is kept of them, and that no kill leaves what the next run cannot read."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from pardot.catalogue import Entry, Field, Route, Type
from pardot.durable import draft_of
from pardot.erased import ErasedPeople
from pardot.events import Event
from pardot.reading.careful import RejectedRow
from pardot.rejects import REJECTED_ROWS_COLUMNS, Rejects, without_people

AT = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
VISITS = Entry("visits", (Field("id", Type.BIGINT),), Route.QUERY)
ROW = RejectedRow("0.csv", 3, "id is empty", ",a", "88")


def rejects_in(folder: Path, *, text: str = "keep", events: list[Event] | None = None) -> Rejects:
    heard = list[Event]() if events is None else events
    return Rejects(folder, text=text, erased=ErasedPeople(), on_event=heard.append)


def rejects(folder: Path, *rows: RejectedRow, text: str = "keep") -> list[dict[str, Any]]:
    """Keep rows and return what the next extraction takes."""
    kept = rejects_in(folder, text=text)
    kept.keep(VISITS, rows, AT)
    kept.take()
    return [row for file in kept.rows() for row in file]


def test_rejected_rows_are_kept_with_everything_that_is_known(tmp_path: Path) -> None:
    row = RejectedRow("0.csv", 3, "missing columns", "2,\u2028b", "88")
    (kept,) = rejects(tmp_path, row)
    assert sorted(kept) == sorted(field.column for field in REJECTED_ROWS_COLUMNS)
    assert kept.pop("id")
    assert kept == {
        "object": "visits",
        "source": "visits",
        "export": "88",
        "file": "0.csv",
        "line": 3,
        "reason": "missing columns",
        "raw_text": "2,\u2028b",
        "is_loaded": False,
        "rejected_at": "2026-03-01T12:00:00+00:00",
    }
    assert len(rejects(tmp_path, row)) == 2, "the same second may bring more"


@pytest.mark.parametrize("text", ["keep", "mask"])
def test_row_that_is_rejected_again_is_the_same_and_two_alike_are_two(text: str, tmp_path: Path) -> None:
    first = RejectedRow("0.csv", 3, "id is empty", ",a", "88")
    again = RejectedRow("1.csv", 9, "id is empty", ",a", "89")
    other = RejectedRow("0.csv", 4, "id is empty", ",b", "88")
    before = [row["id"] for row in rejects(tmp_path / "0", first, replace(first, line=5), other, text=text)]
    after = [row["id"] for row in rejects(tmp_path / "1", again, replace(again, line=10), text=text)]
    assert len(set(before)) == 3
    assert after == before[:2]


def test_rows_whose_text_is_dropped_are_told_apart_by_their_place(tmp_path: Path) -> None:
    row = RejectedRow("0.csv", 3, "id is empty", ",a", "88")
    rows = [row, replace(row, line=4), replace(row, export="89"), replace(row, file="1.csv")]
    kept = [rejects(tmp_path / str(number), each, text="drop")[0] for number, each in enumerate(rows)]
    assert len({one["id"] for one in kept}) == 4
    assert {one["raw_text"] for one in kept} == {None}


@pytest.mark.parametrize(("text", "shown"), [("keep", True), ("mask", False), ("drop", False)])
def test_personal_text_reaches_the_disk_only_where_it_is_kept(text: str, shown: bool, tmp_path: Path) -> None:
    rejects(tmp_path, RejectedRow("0.csv", 3, "id is empty", ",ann@example.com,10.0.0.1", "88"), text=text)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert (b"ann" in written, b"10.0.0.1" in written) == (shown, shown)


# -- from one extraction to the next


def test_rows_wait_for_the_next_extraction_until_they_are_loaded(tmp_path: Path) -> None:
    kept = rejects_in(tmp_path)
    assert not kept.are_waiting
    kept.keep(VISITS, [ROW], AT)
    assert kept.are_waiting
    assert list(kept.rows()) == []
    kept.take()
    kept.keep(VISITS, [ROW], AT)  # by the extraction that took the first one
    assert kept.are_waiting
    assert len(list(kept.rows())) == 1
    kept.forget()
    kept.take()
    assert len(list(kept.rows())) == 1


def test_disk_that_fills_up_in_the_middle_of_a_file_leaves_nothing_to_stumble_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_file: int) -> None:
        raise OSError("No space left on device")

    kept = rejects_in(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        with pytest.raises(OSError, match="No space left"):
            kept.keep(VISITS, [ROW], AT)
    assert list(tmp_path.iterdir()) == []
    assert len(rejects(tmp_path, ROW)) == 1


def test_what_a_kill_leaves_of_a_file_is_no_file(tmp_path: Path) -> None:
    draft = draft_of(tmp_path / "visits-1.jsonl")
    draft.write_text('{"id": "1", "obj', encoding="utf-8")
    assert len(rejects(tmp_path, ROW)) == 1
    assert not draft.exists(), "it may hold what somebody wants erased"


def test_damaged_line_is_told_and_the_others_are_loaded(tmp_path: Path) -> None:
    events: list[Event] = []
    kept = rejects_in(tmp_path, events=events)
    kept.keep(VISITS, [ROW, replace(ROW, line=4)], AT)
    (path,) = tmp_path.iterdir()
    path.write_text(path.read_text(encoding="utf-8")[:-30], encoding="utf-8")
    kept.take()
    assert [[row["line"] for row in file] for file in kept.rows()] == [[3]]
    assert [(event.name, event.fields["lines"]) for event in events] == [("rejects.damaged", 1)]


def test_erased_people_leave_whole_files_and_what_cannot_be_read(tmp_path: Path) -> None:
    rejects_in(tmp_path).keep(VISITS, [replace(ROW, raw_text=",ann@example.com"), ROW], AT)
    rejects_in(tmp_path).keep(VISITS, [ROW], AT)
    clean = {path: path.read_bytes() for path in tmp_path.iterdir() if b"ann@" not in path.read_bytes()}
    (tmp_path / "visits-cut.loading").write_text('{"raw_text": "ann@exa', encoding="utf-8")
    draft_of(tmp_path / "visits-1.jsonl").write_text('{"raw_text": "ann@exa', encoding="utf-8")
    erased = ErasedPeople()
    erased.add_address("ann@example.com")
    assert len(list(without_people(tmp_path, erased))) == 2
    assert len(clean) == 1
    assert {path: path.read_bytes() for path in clean} == clean
    assert b"ann" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    kept = [json.loads(line) for path in tmp_path.iterdir() for line in path.read_text(encoding="utf-8").splitlines()]
    assert sorted(one["raw_text"] or "" for one in kept) == ["", ",a", ",a"]
