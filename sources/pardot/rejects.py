"""Rows that were set aside, in files of their own until the destination has them in `rejected_rows`.

What one extraction sets aside the next one loads. A file is written whole and never added to, so that a kill at any
instant leaves nothing that the next run cannot read.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from .catalogue import Entry, Field, Type
from .durable import draft_of, write_lines
from .erased import ErasedPeople
from .events import Event, EventHandler
from .reading.careful import RejectedRow
from .reading.personal import masked
from .redaction import redact
from .windows import api_time

REJECTED_ROWS_TABLE = "rejected_rows"
REJECTED_ROWS_COLUMNS = (
    Field("id", Type.TEXT),
    Field("object", Type.TEXT),
    Field("source", Type.TEXT),
    Field("export", Type.TEXT),
    Field("file", Type.TEXT),
    Field("line", Type.BIGINT),
    Field("reason", Type.TEXT),
    Field("raw_text", Type.TEXT),
    Field("is_loaded", Type.BOOLEAN),
    Field("rejected_at", Type.TIMESTAMP),
)
_KEPT, _TAKEN = "*.jsonl", "*.loading"


class Rejects:
    """The rows that were set aside.

    Args:
        folder: where their files are; made when it is needed.
        text: what of their text is kept, the setting `sources.pardot.rejected_text`: `keep`; `mask` replaces what looks
            like an e-mail address, an IP address, a phone number or the query of a URL; `drop` keeps none of it.
            Nothing else of it reaches the disk, and secrets of ours, which an answer may say back, never do.
        erased: people of whom nothing is kept either.
    """

    def __init__(self, folder: Path, *, text: str, erased: ErasedPeople, on_event: EventHandler) -> None:
        self._folder = folder
        self._text = text
        self._erased = erased
        self._on_event = on_event

    def keep(self, entry: Entry, rejected: Sequence[RejectedRow], at: datetime) -> None:
        """Keep rows that could not be read, durably.

        A row that is rejected again, in a later file, gets the same id: it replaces what was kept of it.

        Raises:
            OSError: they cannot be written.
        """
        seen: Counter[str] = Counter()
        lines = []
        for row in rejected:
            facts = {"object": entry.table, "source": entry.collection, **asdict(row), "rejected_at": api_time(at)}
            facts["raw_text"] = self._kept_text(row.raw_text)
            # Where texts are dropped only the place tells rows apart.
            place = ("export", "file", "line") if facts["raw_text"] is None else ("raw_text",)
            key = json.dumps([facts[name] for name in ("object", *place, "reason")])
            seen[key] += 1
            number = hashlib.sha256(f"{key}{seen[key]}".encode()).hexdigest()[:32]
            lines.append(json.dumps({"id": number, **facts}))
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{entry.table}-{at:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}.jsonl"  # the same second may bring more
        write_lines(self._folder / name, lines)

    @property
    def are_waiting(self) -> bool:
        """Whether rows were kept since the last `take`."""
        return any(self._folder.glob(_KEPT))

    def take(self) -> None:
        """Take what was kept so far for the next extraction; what that one keeps is for the one after.

        Called while nothing is being kept: what a kill left of a file that was never finished is removed.
        """
        for draft in self._folder.glob(draft_of(Path(_KEPT)).name):
            draft.unlink()
        for path in self._folder.glob(_KEPT):
            path.replace(path.with_suffix(".loading"))

    def rows(self) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows that were taken; the body of the `rejected_rows` resource.

        A line that a failing disk has damaged is reported and passed over: it must not stop everybody else's rows.
        """
        for path in sorted(self._folder.glob(_TAKEN)):
            facts, damaged = _read(path)
            if damaged:
                self._on_event(Event("rejects.damaged", {"path": str(path), "lines": damaged}))
            yield facts

    def forget(self) -> None:
        """Remove the rows that were taken; call it once they are loaded."""
        for path in self._folder.glob(_TAKEN):
            path.unlink()

    def _kept_text(self, raw_text: str) -> str | None:
        if self._text == "drop" or self._erased.mentions(raw_text):
            return None
        return masked(redact(raw_text)) if self._text == "mask" else redact(raw_text)


def without_people(folder: Path, erased: ErasedPeople) -> Iterator[Path]:
    """Take the texts that mention erased people out of every file of a folder of rejects, and yield those changed.

    What cannot be read, or was never finished, goes: it may mention them.
    """
    for path in sorted(folder.glob("*")):
        if path.suffix == ".new":
            path.unlink()
            continue
        facts, damaged = _read(path)
        mentioning = [one for one in facts if one.get("raw_text") and erased.mentions(str(one["raw_text"]))]
        if damaged or mentioning:
            for one in mentioning:
                one["raw_text"] = None
            write_lines(path, map(json.dumps, facts))
            yield path


def _read(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the rows of a file, and how many of its lines cannot be read."""
    facts, damaged = [], 0
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            one = json.loads(line)
            facts.append(dict(one))
        except (ValueError, TypeError):
            damaged += 1
    return facts, damaged
