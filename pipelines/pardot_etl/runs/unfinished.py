"""A backfill from its first window to its publication: what was interrupted goes on, what was finished begins anew.

The rows' own state says which windows are loaded. That they are published as well, only this side of it can know: a
small file in the working folder is there from the beginning to the end.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from pardot.backfills import Backfill

_NAME = "backfill.json"


def find(backfill: Backfill, folder: Path) -> Backfill | None:
    """Return the backfill as an interrupted run began it, or None."""
    try:
        known = json.loads((folder / _NAME).read_text(encoding="utf-8"))
        if known["stretch"] == _stretch(backfill):
            return replace(backfill, reading=str(known["reading"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass  # there is none
    return None


def begin(backfill: Backfill, folder: Path) -> Backfill:
    """Return the backfill as one that begins now."""
    from pardot.durable import write_whole

    began = replace(backfill, reading=uuid4().hex)
    write_whole(folder / _NAME, json.dumps({"stretch": _stretch(began), "reading": began.reading}))
    return began


def finish(folder: Path) -> None:
    """Remember that the last backfill is published."""
    (folder / _NAME).unlink(missing_ok=True)


def _stretch(backfill: Backfill) -> list[str]:
    return [backfill.start_at.isoformat(), backfill.end_at.isoformat()]
