"""Log handlers; the only place that configures any. Nothing that passes here holds a secret.

Text is for people: progress is shown by `terminal`, so only warnings are logged unless `--debug` asks for
more. JSON is for machines: every event is one line, and there is no other progress.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from .output import redacted, tell

if TYPE_CHECKING:
    from pardot.events import Event, EventHandler

OURS: Final = ("pardot", "pardot_etl", "pardot_transforms")

_LOGGED_BY_THE_TRANSPORT: Final = frozenset({"request.retry", "token.renewed"})


class TellHandler(logging.Handler):
    """Writes records to stderr, whatever stderr is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; a record that cannot be formatted is reported the standard way."""
        try:
            tell(self.format(record))
        except Exception:  # logging's own rule: a log line must not end the program
            self.handleError(record)


class TextFormatter(logging.Formatter):
    """`2026-03-01 08:00:00Z WARNING text`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, the traceback below it."""
        at = datetime.fromtimestamp(record.created, timezone.utc)
        return f"{at:%Y-%m-%d %H:%M:%SZ} {record.levelname:<7} {_message(self, record)}"


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time, level, logger, event name, and the event's fields beside it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; what a field holds can never break it."""
        from pardot.events import Event

        at = datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")
        line: dict[str, object] = {"at": at, "level": record.levelname.lower(), "logger": record.name}
        first = record.args[0] if isinstance(record.args, tuple) and record.args else None
        if isinstance(first, Event):
            line |= {
                "event": first.name,
                **{name: first.fields[name] for name in first.fields if name not in line},
            }
        else:
            line |= {"event": "log", "message": _message(self, record)}
        return redacted(json.dumps(line, default=str))


def configure(*, debug: bool, json_lines: bool) -> None:
    """Send logs to stderr, redacted; call it once, before anything is logged."""
    from pardot.redaction import RedactingFilter

    handler = TellHandler()
    handler.setFormatter(JsonFormatter() if json_lines else TextFormatter())
    if not json_lines:
        # It flattens records to text; JSON lines need the fields and are redacted when they are written.
        handler.addFilter(RedactingFilter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    # dlt brings a handler of its own; its records pass this filter before they get there.
    logging.getLogger("dlt").addFilter(RedactingFilter())
    if not debug:
        logging.getLogger("dlt").addFilter(_without_traceback)
    level = logging.DEBUG if debug else logging.INFO if json_lines else logging.WARNING
    for name in OURS:
        logging.getLogger(name).setLevel(level)


def open_events(*, debug: bool, json_lines: bool) -> AbstractContextManager[EventHandler]:
    """Return what shows the events of a run: JSON lines, or progress (plain lines with `--debug`)."""
    from .terminal import open_progress, plain_progress

    if json_lines:
        return _logged_events()
    return plain_progress() if debug else open_progress()


@contextmanager
def _logged_events() -> Iterator[EventHandler]:
    from pardot.events import log_event

    def handle(event: Event) -> None:
        if event.name not in _LOGGED_BY_THE_TRANSPORT:
            log_event(event)

    yield handle


def _without_traceback(record: logging.LogRecord) -> bool:
    """Cut a record of dlt's down to its first line: what went wrong is told by our own error, in three sentences."""
    record.msg, record.args = record.getMessage().partition("\n")[0], None
    record.exc_info = record.exc_text = record.stack_info = None
    return True


def _message(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    text = record.getMessage()
    if record.exc_info and not record.exc_text:
        record.exc_text = formatter.formatException(record.exc_info)
    return f"{text}\n{record.exc_text}" if record.exc_text else text
