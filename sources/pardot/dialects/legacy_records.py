"""Records of versions 3 and 4 as answers hold them -> records by our names. Pure.

Source: Account Engagement API versions 3 and 4, overview (HTML entities in texts, values left out) and object pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import unescape
from html.entities import html5
from typing import Any

from ..catalogue import Entry
from ..naming import column_name
from .dialect import Record
from .legacy_api import many

Found = Mapping[str, Any]
SEPARATOR = ";"
"""Between the values of a field that holds several, as the exports of version 5 write them."""
_AMPERSAND = re.compile(r"&(#[0-9]+;|#[xX][0-9a-fA-F]+;|[A-Za-z][A-Za-z0-9]*;)?")


def record_reader(entry: Entry) -> Callable[[Found], Record]:
    """Return what reads one record of an object.

    Keys of some objects are in camel case or by the name of version 5. Where an account has fields of its own, which
    may be called like ours but for the case, only names that are written alike count.
    """
    names = {field.column: field.name for field in entry.fields} | {field.name: field.name for field in entry.fields}

    def name_of(key: str) -> str:
        return key if entry.has_custom_fields else names.get(key) or names.get(column_name(key), key)

    def read(found: Found) -> Record:
        record: dict[str, object] = {}
        for key, value in flat(found).items():
            name = name_of(key)
            if value is not None or name not in record:
                record[name] = value
        return record

    return read


def records_of(data: Found, name: str) -> list[Found]:
    """Return the records of a page, whatever their key: `visitor_activity` and `prospectAccount` are both in use."""
    result = data.get("result")
    if not isinstance(result, dict):
        return []
    return many(next((value for key, value in result.items() if _letters(key) == _letters(name)), None))


def flat(found: Found) -> dict[str, Any]:
    """Return a record of texts and numbers: of a nested object its id is left, of several values one text.

    An empty text is null: neither XML nor the files of exports tell the two apart, and one account may answer in all.

    >>> flat({"id": 7, "campaign": {"id": 3, "name": "Web"}, "Topics": {"value": ["Chess", "Tea"]}, "name": "Q&amp;A"})
    {'id': 7, 'campaign_id': 3, 'Topics': 'Chess;Tea', 'name': 'Q&A'}
    """
    record: dict[str, Any] = {}
    for key, value in found.items():
        if isinstance(value, dict) and "value" not in value:
            inner = value if "id" in value else next((one for one in value.values() if isinstance(one, dict)), {})
            if "id" in inner:
                record.setdefault(f"{key}_id", inner["id"])
        else:
            record[key] = _plain(value)
    return record


def decoded(text: str) -> str:
    """Return a text with its HTML entities decoded; one with an ampersand that begins none was never encoded.

    >>> decoded("Q&amp;A &#39;26"), decoded("https://example.com/?a=1&copy=2"), decoded("&nothing;")
    ("Q&A '26", 'https://example.com/?a=1&copy=2', '&nothing;')
    """
    return unescape(text) if all(map(_is_entity, _AMPERSAND.finditer(text))) else text


def _is_entity(found: re.Match[str]) -> bool:
    name = found[1]
    return name is not None and (name.startswith("#") or name in html5)


def _plain(value: object) -> object:
    if isinstance(value, dict):
        value = value["value"]
    if isinstance(value, list):
        return SEPARATOR.join(str(_plain(each)) for each in value if each is not None) or None
    return (decoded(value) or None) if isinstance(value, str) else value


def _letters(name: str) -> str:
    return name.replace("_", "").lower()
