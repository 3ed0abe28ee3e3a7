"""What happened, as data: a constant name plus fields, for logs and progress alike."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

FieldValue = str | int | float | None

LOGGER = logging.getLogger("pardot")
"""The package's logger; libraries configure no handlers, the command line does."""


@dataclass(frozen=True)
class Event:
    """One thing that happened; `str()` gives the log line `name key=value key=value`.

    Fields hold no header, token, e-mail address or body: they are written to logs as they are.
    """

    name: str
    fields: Mapping[str, FieldValue] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join([self.name, *(f"{key}={_shown(value)}" for key, value in self.fields.items())])


EventHandler = Callable[[Event], None]
"""Where events are handed to; called from worker threads, must not raise."""


def log_event(event: Event, level: int = logging.INFO) -> None:
    """Write an event to the package's log."""
    LOGGER.log(level, "%s", event)


def _shown(value: FieldValue) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    text = str(value)
    return repr(text) if not text or any(char.isspace() or not char.isprintable() for char in text) else text
