"""Writing to stdout and stderr: redacted, and quiet when the reader has gone away.

Results go to stdout, everything else to stderr. `pardot-etl status | head -1` closes the pipe early; that
is no failure of ours, so what nobody reads is thrown away and the work goes on to its own end. A result that
somebody waits for and that cannot be written, on a full disk say, is a failure.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterable
from typing import Any, TextIO


def show(lines: str | Iterable[str]) -> None:
    """Write results to stdout."""
    _write(sys.stdout, lines)


def show_json(value: object) -> None:
    """Write one result to stdout as indented JSON; names sorted, so that two runs can be compared."""
    show(json.dumps(value, indent=2, sort_keys=True, default=_plain))


def tell(lines: str | Iterable[str]) -> None:
    """Write progress or an error to stderr."""
    _write(sys.stderr, lines)


def _write(stream: TextIO | None, lines: str | Iterable[str]) -> None:
    if stream is None:  # whoever started us closed it
        return
    text = "".join(f"{line}\n" for line in ([lines] if isinstance(lines, str) else lines))
    try:
        stream.write(_encodable(redacted(text), stream))
        stream.flush()
    except OSError as error:  # the reader went away, the terminal hung up, the disk of the log is full
        _discard(stream)
        if stream is sys.stdout and error.errno not in (errno.EPIPE, errno.EIO):
            from pardot.errors import StorageError

            raise StorageError("write the result", path="standard output", reason=error.strerror) from error


def redacted(text: str) -> str:
    """Return the text without the secrets of this process; without settings there are none yet."""
    redaction = sys.modules.get("pardot.redaction")
    return str(redaction.redact(text)) if redaction else text


def _encodable(text: str, stream: TextIO) -> str:
    """Return the text as the stream can write it: cron's locale often knows ASCII only."""
    encoding = stream.encoding or "utf-8"
    for mark, plain in _PLAIN.items():
        try:
            mark.encode(encoding)
        except UnicodeEncodeError:
            text = text.replace(mark, plain)
    return text.encode(encoding, "replace").decode(encoding)


_PLAIN = {"✓": "ok", "✗": "FAILED", "≠": "!=", "–": "-", "…": "...", "“": '"', "”": '"', "·": "-", "→": "->"}


def _discard(stream: TextIO) -> None:
    """Point a stream that nobody reads at nothing, so that neither later writes nor the exit complain."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
