"""The messages of the Export API, in the words of version 5: what is sent, and what every answer means. Pure.

Source: Export API v5 guide (create, read, query; statuses; procedures and their arguments).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

from ..catalogue import MAX_EXPORT_FIELDS, Entry
from ..errors import DataError
from ..redaction import redact
from ..windows import Window, api_time, parse_time
from .ledger import ExportRecord

EXPORTS_PATH = "/api/v5/exports"


class Status(Enum):
    """Where an export is; the API's words are mapped here once, whatever their case."""

    PENDING = "pending"
    COMPLETE = "complete"
    LOST = "lost"
    """It failed, was cancelled or has expired: the same window needs a new export."""


_STATUS_WORDS = {
    "waiting": Status.PENDING,
    "processing": Status.PENDING,
    "canceling": Status.PENDING,
    "cancelling": Status.PENDING,
    "complete": Status.COMPLETE,
    "completed": Status.COMPLETE,
    "failed": Status.LOST,
    "error": Status.LOST,
    "canceled": Status.LOST,
    "cancelled": Status.LOST,
    "expired": Status.LOST,
}


def parse_status(word: object, *, is_expired: bool = False) -> Status:
    """Map the API's status word.

    Only the four words of the guide are sure, the others are its Import API's. A word that nobody has written down is
    taken for unfinished: the caller's patience ends the wait.
    """
    if is_expired:
        return Status.LOST
    return _STATUS_WORDS.get(str(word).strip().lower(), Status.PENDING)


def parse_result_urls(value: object, export_id: str) -> list[str]:
    """Return the download links, whatever shape they come in; doubled ones once.

    Documented as an array; a single file came as a string in older versions, and the value before completion, after
    expiry and for no rows is not documented: null, absent, `""` and `[]` all mean no file.
    """
    items = value if isinstance(value, list) else [value]
    links = []
    for item in items:
        if isinstance(item, dict):
            item = next((link for link in item.values() if isinstance(link, str) and "/" in link), None)
        if isinstance(item, int) and not isinstance(item, bool):
            item = f"{EXPORTS_PATH}/{export_id}/results/{item}"
        if item is None or item == "":
            continue
        if not isinstance(item, str):
            raise DataError("an export's result links", expected="addresses as text", found=type(item).__name__)
        links.append(item)
    return list(dict.fromkeys(links))


def build_request(entry: Entry, fields: Sequence[str], window: Window, *, by_update: bool) -> dict[str, object]:
    """Return the body of the create call for one window. Source: Export API v5 guide, create."""
    kind = "updated" if by_update else "created"
    arguments: dict[str, object] = {f"{kind}After": window.after_bound, **dict(entry.export_arguments)}
    if window.before_bound is not None:
        arguments[f"{kind}Before"] = window.before_bound
    if entry.has_recycle_bin:
        arguments["deleted"] = "all"
    return {
        "procedure": {"name": f"{entry.export_object}/FilterBy{kind.title()}At", "arguments": arguments},
        "fields": list(fields),
        "includeByteOrderMark": False,
        "legacyDateFormat": False,
    }


def in_parts(entry: Entry, fields: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the fields as one export can name them: all of them, or several parts of an export each.

    Every part has the key and the time of the last change, by which the rows are put together again. A field that is
    new comes last, so that the parts before stay as they are.

    >>> from ..catalogue import CATALOGUE
    >>> parts = in_parts(CATALOGUE["prospects"], ["id", "updatedAt", *(f"f{number}__c" for number in range(200))])
    >>> [(len(part), *part[:3]) for part in parts]
    [(150, 'id', 'updatedAt', 'f0__c'), (54, 'id', 'updatedAt', 'f148__c')]
    """
    if len(fields) <= MAX_EXPORT_FIELDS:
        return [tuple(fields)]
    shared = [name for name in fields if name in ("id", entry.changed_by)]
    rest = [name for name in fields if name not in shared]
    size = MAX_EXPORT_FIELDS - len(shared)
    return [(*shared, *rest[start : start + size]) for start in range(0, len(rest), size)]


Shape = tuple[object, tuple[str, ...]]
"""Procedure and fields of a request, whatever its window."""


def shape_of(request: Mapping[str, Any]) -> Shape:
    """Return what must be equal for an export left behind to serve: which procedure, and which fields."""
    procedure = request["procedure"]
    return (procedure["name"] if isinstance(procedure, dict) else procedure), tuple(request["fields"])


def window_of(record: ExportRecord) -> Window:
    """Return the window as it was asked for; an open one stays open although its end is known by now."""
    arguments = json.loads(record.request)["procedure"]["arguments"]
    is_open = not any(name.endswith("Before") for name in arguments)
    return Window(parse_time(record.start_at), None if is_open or not record.end_at else parse_time(record.end_at))


def serves(export: Mapping[str, object], request: Mapping[str, object]) -> bool:
    """Whether an export that the API lists brings at least the rows of a request; its fields are not listed.

    It is of the same procedure with the same arguments but for the bounds, which may be wider. A request without an
    upper bound is served only by an export without one: its own creation is its end.
    """
    wanted, found = request["procedure"], export.get("procedure")
    if not isinstance(found, dict) or not isinstance(wanted, dict) or found.get("name") != wanted["name"]:
        return False
    ours, theirs = wanted["arguments"], found.get("arguments")
    if not isinstance(theirs, dict):
        return False
    bounds = {name for name in (*ours, *theirs) if name.endswith(("After", "Before"))}
    if {k: v for k, v in ours.items() if k not in bounds} != {k: v for k, v in theirs.items() if k not in bounds}:
        return False
    try:
        return all(_reaches(name, theirs.get(name), ours.get(name)) for name in bounds)
    except ValueError:
        return False


def _reaches(name: str, theirs: object, ours: object) -> bool:
    """Whether a bound leaves out nothing that ours lets in."""
    if theirs is None:
        return (ours is None) == name.endswith("Before")
    if ours is None:
        return False
    found, wanted = parse_time(str(theirs)), parse_time(str(ours))
    return found <= wanted if name.endswith("After") else found >= wanted


def closed_request(record: ExportRecord) -> str:
    """Return the request with its window closed where its first export closed it.

    Asked for anew days later, an open window could have grown over the year that one export may cover.
    """
    request = json.loads(record.request)
    arguments = request["procedure"]["arguments"]
    if record.end_at and not any(name.endswith("Before") for name in arguments):
        (after,) = (name for name in arguments if name.endswith("After"))
        closed = Window(parse_time(record.start_at), parse_time(record.end_at))
        arguments[after.replace("After", "Before")] = closed.before_bound
    return json.dumps(request, sort_keys=True)


def split_request(record: ExportRecord, at: datetime) -> list[tuple[str, str, str | None]]:
    """Return a window cut in two at a moment, as (request, start, end): up to it, and from it on, as open as before."""
    closed, rest = json.loads(record.request), json.loads(record.request)
    (after,) = (name for name in rest["procedure"]["arguments"] if name.endswith("After"))
    end_at = window_of(record).end_at
    closed["procedure"]["arguments"][after.replace("After", "Before")] = Window(at, at).before_bound
    rest["procedure"]["arguments"][after] = Window(at, None).after_bound
    return [
        (json.dumps(closed, sort_keys=True), record.start_at, api_time(at)),
        (json.dumps(rest, sort_keys=True), api_time(at), api_time(end_at) if end_at else None),
    ]


def parse_export_id(value: object) -> str:
    text = str(value)
    if not text.isdigit():
        raise DataError("the answer to a create call", expected="a numeric `id`", found=redact(repr(value))[:40])
    return text


def parse_flag(value: object) -> bool:
    return value is True or str(value).strip().lower() in ("true", "1")
