"""Progress on stderr: a live table on a terminal, a line per event that matters anywhere else.

The API tells no percentage, so none is shown: the state of an export, its age, and how long it usually takes.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from .output import tell

if TYPE_CHECKING:
    from rich.table import Table

    from pardot.events import Event, EventHandler

Fields = Mapping[str, Any]

SECONDS_BETWEEN_POLL_LINES: Final = 60.0
"""Without a terminal, a waiting export is mentioned once a minute, or when its status changes."""


def open_progress() -> AbstractContextManager[EventHandler]:
    """Return the progress that fits stderr; a context manager that gives the function to hand events to."""
    is_terminal = sys.stderr.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
    return live_progress() if is_terminal else plain_progress()


# Anywhere: lines.


@contextmanager
def plain_progress(
    write: Callable[[str], None] = tell, monotonic: Callable[[], float] = time.monotonic
) -> Iterator[EventHandler]:
    """Give a handler that writes one line, with its time, for each event that matters."""
    polls = _Polls(monotonic)
    lock = threading.Lock()

    def handle(event: Event) -> None:
        with lock:
            text = event_line(event) if polls.is_worth_a_line(event) else None
            if text:
                write(f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M:%SZ}  {text}")

    yield handle


def event_line(event: Event) -> str | None:
    """Return the line for an event, or None for one that only counts. Pure."""
    text = _LINES.get(event.name)
    if text is None:
        return None
    line = text(event.fields)
    name = event.fields.get("object")
    return f"{name}: {line}" if name else line


class _Polls:
    """Remembers, per object, the last poll that had a line."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._last: dict[object, tuple[object, float]] = {}

    def is_worth_a_line(self, event: Event) -> bool:
        if event.name != "export.polled":
            return True
        name, status, now = event.fields.get("object"), _state(event.fields), self._monotonic()
        if status.startswith("complete"):
            return False  # the next event says so
        shown, at = self._last.get(name, (None, now))
        if status == shown and now - at < SECONDS_BETWEEN_POLL_LINES:
            return False
        self._last[name] = (status, now)
        return True


_LINES: Final[Mapping[str, Callable[[Fields], str]]] = {
    "stage.finished": lambda f: f"{f['stage']} done in {duration(f['seconds'])}",
    "export.resumed": lambda f: f"going on with {f['exports']} of an earlier run",
    "export.created": lambda f: f"export {f['export_id']} created for {f['window']}",
    "export.polled": lambda f: f"export {f['export_id']} {_state(f)} after {duration(f['age_seconds'])}{_usual(f)}",
    "export.completed": lambda f: f"export {f['export_id']} complete, {_count(f['files'], 'file')}",
    "export.file_fetched": lambda f: f"{_count(f['rows'], 'row')} fetched ({size(f['bytes'])})",
    "export.file_on_disk": lambda _: "a file of an earlier run is on disk and is not fetched again",
    "export.download_repeated": lambda _: "a download broke off and starts again",
    "export.halved": lambda f: f"exports of {f['window']} fail; its halves are asked for instead",
    "export.lost": lambda f: f"export {f['export_id']} is gone ({f['reason']}); a new one takes its place",
    "rows.parsed": lambda f: _count(f["rows"], "row") + (f", {f['rejected']} set aside" if f.get("rejected") else ""),
    "request.retry": lambda f: f"{f['operation']} failed{_why(f)}; again in {duration(f.get('wait_seconds') or 0)}",
    "query.warning": lambda f: f"Pardot warns: {f['warning']}",
    "query.token_expired": lambda _: "the page token expired; going on above the greatest id seen",
    "query.page_shrunk": lambda f: f"Pardot ran out of time; asking for {f['rows']} rows a page",
    "custom_field.found": lambda f: f"new custom field {f['field']}",
    "column.renamed": lambda f: f"field {f['field']} is the column {f['column']}: another has its usual one",
    "related_field.found": lambda f: f"{f['field']} is read from now on",
    "related_field.refused": lambda f: f"{f['field']} is refused and left out",
    "custom_field.refused": lambda f: f"custom field {f['field']} is refused by the query and left out",
    "query.given_up": lambda _: "the query does not deliver what an export does; exporting",
    "field.refused": lambda f: f"field {f['field']} is refused and left out",
    "account.unreadable": lambda _: "the account may not be read, so the allowance is unknown",
}
"""What a person wants to read while a run goes on; every other event only counts."""


# On a terminal: a table.


@dataclass
class ObjectProgress:
    """How far one object is."""

    state: str = "waiting"
    since: float | None = None
    """When its export was first seen, on the monotonic clock; None when there is none to wait for."""
    usual_seconds: float | None = None
    files: int = 0
    rows: int = 0


@dataclass
class Board:
    """The table's content, from events; safe to be fed from several threads."""

    monotonic: Callable[[], float] = time.monotonic
    stage: str = "starting"
    objects: dict[str, ObjectProgress] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        fields: Fields = event.fields
        with self.lock:
            if event.name == "stage.started":
                self.stage = str(fields["stage"])
            name = fields.get("object")
            if isinstance(name, str):
                self._update(self.objects.setdefault(name, ObjectProgress()), event.name, fields)

    def _update(self, one: ObjectProgress, name: str, fields: Fields) -> None:
        if name == "export.created":
            one.state, one.since = "created", self.monotonic()
        elif name == "export.polled":
            one.state, one.usual_seconds = _state(fields), fields.get("usual_seconds")
            one.since = self.monotonic() - float(fields.get("age_seconds") or 0.0)
        elif name == "export.completed":
            one.state, one.since = "fetching", None
        elif name in ("export.file_fetched", "export.file_on_disk"):
            one.files += 1
            one.rows += int(fields.get("rows") or 0)
        elif name == "query.page":
            one.state, one.rows = "reading", int(fields["rows"])
        elif name == "rows.parsed":
            one.state, one.since, one.rows = "read", None, int(fields["rows"])
        elif name == "export.lost":
            one.state, one.since = "gone, asking again", None


@contextmanager
def live_progress() -> Iterator[EventHandler]:
    """Give a handler that feeds a live table on stderr; the last state of the table stays on the screen."""
    from rich.console import Console
    from rich.live import Live

    board = Board()
    console = Console(stderr=True, highlight=False)
    with Live(get_renderable=lambda: render(board), console=console, refresh_per_second=4):
        yield board


def render(board: Board) -> Table:
    """Return the table as it stands."""
    from rich import box
    from rich.table import Table

    with board.lock:
        table = Table(box=box.SIMPLE_HEAD, title=board.stage, title_justify="left", title_style="bold", pad_edge=False)
        for head in ("object", "state"):
            table.add_column(head, no_wrap=True)
        for head in ("age", "usually", "files", "rows"):
            table.add_column(head, justify="right", no_wrap=True)
        for name, one in board.objects.items():
            age = duration(board.monotonic() - one.since) if one.since is not None else ""
            usual = duration(one.usual_seconds) if one.usual_seconds is not None and age else ""
            table.add_row(name, one.state, age, usual, f"{one.files:,}" if one.files else "", f"{one.rows:,}")
    return table


# Words and numbers.


def duration(seconds: float) -> str:
    """Return a duration for people.

    >>> duration(0.42), duration(75), duration(7260), duration(200_000)
    ('0.4 s', '1 min 15 s', '2 h 01 min', '2 d 7 h')
    """
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def size(count: float) -> str:
    """Return a number of bytes for people.

    >>> size(999), size(41_200_000)
    ('999 B', '41.2 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _state(fields: Fields) -> str:
    return str(fields.get("status", "unknown")).lower()


def _usual(fields: Fields) -> str:
    usual = fields.get("usual_seconds")
    return f" (usually {duration(usual)})" if usual is not None else ""


def _why(fields: Fields) -> str:
    known = [f"{word} {fields[name]}" for name, word in (("status", "HTTP"), ("code", "code")) if fields.get(name)]
    return f" ({', '.join(known)})" if known else ""
