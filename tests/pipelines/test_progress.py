"""What people and machines see while a run goes on."""

from __future__ import annotations

import io
import json
import logging
import re

import pytest
from command_line import ROOT
from rich.console import Console

from pardot.events import Event, FieldValue, log_event
from pardot.redaction import Secret
from pardot_etl.logs import JsonFormatter
from pardot_etl.runs.notices import NOTICES
from pardot_etl.terminal import Board, duration, event_line, plain_progress, render, size

POLLED: dict[str, FieldValue] = {
    "object": "visits",
    "export_id": "88101",
    "status": "Processing",
    "age_seconds": 75.0,
    "usual_seconds": 360.0,
}


class Clock:
    """Time that moves when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_event_is_told_in_a_sentence_with_its_object() -> None:
    assert event_line(Event("export.polled", POLLED)) == (
        "visits: export 88101 processing after 1 min 15 s (usually 6 min 00 s)"
    )
    retry = Event("request.retry", {"operation": "export.read", "status": 503, "code": None, "wait_seconds": 2.0})
    assert event_line(retry) == "export.read failed (HTTP 503); again in 2.0 s"
    parsed = Event("rows.parsed", {"object": "visits", "rows": 1, "rejected": 2})
    assert event_line(parsed) == "visits: 1 row, 2 set aside"
    related = Event("related_field.found", {"object": "visits", "field": "campaign.name"})
    assert event_line(related) == "visits: campaign.name is read from now on"
    assert related.name in NOTICES
    assert event_line(Event("query.page", {"object": "visits", "rows": 1000})) is None


def test_every_event_with_a_line_is_one_that_the_source_emits() -> None:
    from pardot_etl.terminal import _LINES

    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "sources" / "pardot").rglob("*.py"))
    source += (ROOT / "pipelines" / "pardot_etl" / "runs" / "run.py").read_text(encoding="utf-8")
    emitted = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', source))
    assert set(_LINES) <= emitted


def test_a_waiting_export_has_a_line_a_minute_and_one_per_new_status() -> None:
    clock = Clock()
    lines: list[str] = []
    with plain_progress(lines.append, clock) as handle:
        for seconds in range(0, 181, 10):
            clock.now = float(seconds)
            handle(Event("export.polled", POLLED))
        assert len(lines) == 4
        handle(Event("export.polled", {**POLLED, "status": "Waiting"}))
        handle(Event("export.polled", {**POLLED, "object": "visitors"}))
        assert len(lines) == 6
        handle(Event("export.polled", {**POLLED, "status": "Complete"}))
        assert len(lines) == 6, "export.completed says so"
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ  ", line) for line in lines)


def test_the_live_table_follows_the_events() -> None:
    clock = Clock()
    board = Board(monotonic=clock)
    for event in (
        Event("stage.started", {"stage": "extract"}),
        Event("export.created", {"object": "visits", "export_id": "88101", "window": "w"}),
        Event("export.polled", POLLED),
        Event("query.page", {"object": "emails", "rows": 2000}),
    ):
        board(event)
    clock.now = 5.0
    text = _rendered(board)
    assert text.splitlines()[0].strip() == "extract"
    assert re.search(r"visits +processing +1 min 20 s +6 min 00 s +0", text)
    assert re.search(r"emails +reading +2,000", text)
    board(Event("export.completed", {"object": "visits", "files": 2}))
    board(Event("export.file_fetched", {"object": "visits", "rows": 10, "bytes": 100}))
    board(Event("export.file_fetched", {"object": "visits", "rows": 15, "bytes": 100}))
    assert re.search(r"visits +fetching +2 +25", _rendered(board))
    board(Event("rows.parsed", {"object": "visits", "rows": 24, "rejected": 0}))
    assert re.search(r"visits +read +2 +24", _rendered(board))


def _rendered(board: Board) -> str:
    console = Console(file=io.StringIO(), width=100, color_system=None)
    with console.capture() as captured:
        console.print(render(board))
    return captured.get()


def test_a_json_line_has_the_events_fields_and_no_secret() -> None:
    secret = Secret('quoted "secret" value')
    record = _record(Event("export.lost", {"object": "visits", "reason": f"said {secret.reveal()}", "level": "x"}))
    line = JsonFormatter().format(record)
    found = json.loads(line)
    assert (found["event"], found["object"], found["level"]) == ("export.lost", "visits", "info")
    assert found["reason"] == "said [secret]"


def test_other_libraries_records_are_json_lines_too() -> None:
    record = logging.LogRecord("urllib3", logging.WARNING, "", 1, "lost %s", ("a\nline",), None)
    found = json.loads(JsonFormatter().format(record))
    assert (found["event"], found["message"], found["logger"]) == ("log", "lost a\nline", "urllib3")


def _record(event: Event) -> logging.LogRecord:
    records: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    logger, keep = logging.getLogger("pardot"), Keep()
    level = logger.level
    logger.addHandler(keep)
    logger.setLevel(logging.INFO)
    try:
        log_event(event)
    finally:
        logger.removeHandler(keep)
        logger.setLevel(level)
    return records[0]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.42, "0.4 s"),
        (9.96, "10 s"),
        (59.6, "1 min 00 s"),
        (75, "1 min 15 s"),
        (7260, "2 h 01 min"),
        (200_000, "2 d 7 h"),
    ],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(999, "999 B"), (1000, "1.0 kB"), (41_200_000, "41.2 MB"), (5e12, "5.0 TB")]
)
def test_sizes_are_short(count: float, text: str) -> None:
    assert size(count) == text
