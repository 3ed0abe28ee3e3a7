"""From the bytes of an answer to an object or to the error that it carries, in every dialect. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any


class UnreadableAnswerError(ValueError):
    """The answer is no JSON object; the text says what it is instead, without quoting it."""


@dataclass(frozen=True)
class ServerError:
    """What Pardot says went wrong."""

    code: int | None
    message: str


def parse_object(raw: bytes) -> dict[str, Any]:
    """Return an answer as an object, or raise UnreadableAnswerError.

    Numbers with a fraction stay text, digit for digit; a key that occurs twice is refused, because every
    parser picks another of the two.
    """
    if not raw.strip():
        raise UnreadableAnswerError("an empty answer")
    try:
        parsed = json.loads(
            raw.decode("utf-8-sig"),
            parse_float=str,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except UnreadableAnswerError:
        raise
    except (ValueError, RecursionError):
        kind = "HTML or XML" if raw.lstrip()[:1] == b"<" else "something that is not JSON"
        raise UnreadableAnswerError(f"{kind}, {len(raw)} bytes") from None
    if not isinstance(parsed, dict):
        raise UnreadableAnswerError(f"a JSON {type(parsed).__name__} instead of an object")
    return parsed


def find_error(data: Mapping[str, Any]) -> ServerError | None:
    """Return the error that an answer carries, whatever its HTTP status, or None.

    Version 5: `{"code": 109, "message": "…"}`. Versions 3 and 4: `@attributes` with `stat` "fail" and
    `err_code`; `err` is a text, or an object with attributes of its own.
    """
    attributes = data.get("@attributes")
    if isinstance(attributes, Mapping) and (attributes.get("stat") == "fail" or "err_code" in attributes):
        error = data.get("err")
        inner = error.get("@attributes") if isinstance(error, Mapping) else None
        inner = inner if isinstance(inner, Mapping) else {}
        code = attributes.get("err_code", inner.get("err_code"))
        return ServerError(_number(code), error if isinstance(error, str) else "")
    if "code" in data and "message" in data and "values" not in data and "id" not in data:
        return ServerError(_number(data["code"]), str(data["message"]))
    return None


def find_xml_error(raw: bytes) -> ServerError | None:
    """Return the error of an XML answer, which versions 3 and 4 give when JSON was not asked for, or None."""
    match = re.search(rb'<err\s+code="(\d{1,9})"\s*>([^<]{0,500})', raw[:4000])
    if match is None:
        return None
    return ServerError(int(match[1]), unescape(match[2].decode("utf-8", "replace")))


def parse_warnings(header: str | None) -> list[str]:
    """Return the texts of a `Pardot-Warning` header: joined with commas, and commas are in them too."""
    return [part.strip() for part in re.split(r",\s*(?=\d+;)", header or "") if part.strip()]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise UnreadableAnswerError("JSON in which a key occurs twice")
    return data


def _refuse_constant(name: str) -> Any:
    raise UnreadableAnswerError(f"JSON with {name}, which JSON does not have")


def _number(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) <= 9 else None
