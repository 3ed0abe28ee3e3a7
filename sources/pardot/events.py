"""What happened, as data: a constant name plus fields, for logs and progress alike."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .redaction import redact

FieldValue = str | int | float | None

LOGGER = logging.getLogger("pardot")
"""The package's logger; libraries configure no handlers, the command line does."""

LONGEST_TEXT = 300
"""Some fields are a server's words, which know no measure."""


@dataclass(frozen=True)
class Event:
    """One thing that happened; `str()` gives the log line `name key=value key=value`.

    Fields hold no header, token, e-mail address or body: they are written to logs as they are. What a server makes of
    its own words is not in our hands, so secrets are taken out of texts here, and long ones are cut.
    """

    name: str
    fields: Mapping[str, FieldValue] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", {name: _clean(value) for name, value in self.fields.items()})

    def __str__(self) -> str:
        return " ".join([self.name, *(f"{key}={_shown(value)}" for key, value in self.fields.items())])


EventHandler = Callable[[Event], None]
"""Where events are handed to; called from worker threads, must not raise."""


def log_event(event: Event, level: int = logging.INFO) -> None:
    """Write an event to the package's log."""
    LOGGER.log(level, "%s", event)


def _clean(value: FieldValue) -> FieldValue:
    if not isinstance(value, str):
        return value
    # What is cut off could only hide the end of a secret, and excerpts are found as well.
    text = redact(value[: 2 * LONGEST_TEXT])
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _shown(value: FieldValue) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    text = str(value)
    return repr(text) if not text or any(char.isspace() or not char.isprintable() for char in text) else text
