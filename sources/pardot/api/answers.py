"""From the bytes of an answer to an object or to the error that it carries, in every dialect. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree


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
    parser picks another of the two. XML, which versions 3 and 4 may answer although JSON is asked for, becomes the
    object that their JSON is.
    """
    if not raw.strip():
        raise UnreadableAnswerError("an empty answer")
    if b"<rsp" in raw.lstrip()[:200]:
        return _parse_xml(raw)
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
        return ServerError(_number(code), "; ".join(_texts(error)))
    if "code" in data and "message" in data and "values" not in data and "id" not in data:
        return ServerError(_number(data["code"]), str(data["message"]))
    return None


def parse_warnings(header: str | None) -> list[str]:
    """Return the texts of a `Pardot-Warning` header: joined with commas, and commas are in them too."""
    return [part.strip() for part in re.split(r",\s*(?=\d+;)", header or "") if part.strip()]


def _texts(error: object) -> list[str]:
    """Return the texts of an error, or of several (code 10000), wherever they are in it."""
    if isinstance(error, str):
        return [error]
    inner = error.values() if isinstance(error, Mapping) else error if isinstance(error, list) else ()
    return [text for each in inner for text in _texts(each) if not text.isdecimal()]


def _parse_xml(raw: bytes) -> dict[str, Any]:
    if b"<!" in raw.replace(b"<![CDATA[", b""):
        raise UnreadableAnswerError("XML with declarations of its own, which are not read")
    try:
        root = ElementTree.fromstring(raw)  # noqa: S314 without declarations there is nothing to expand
    except (ElementTree.ParseError, ValueError):
        raise UnreadableAnswerError(f"XML that cannot be read, {len(raw)} bytes") from None
    data = _tree(root)
    if root.tag != "rsp" or not isinstance(data, dict):
        raise UnreadableAnswerError("XML that is no answer of Pardot")
    error = root.find("err")
    if error is not None:
        data.setdefault("@attributes", {})["err_code"] = error.get("code")
    return data


def _tree(element: ElementTree.Element) -> Any:
    """Return an element as JSON has it: a text, nothing when empty, or an object whose repeated keys are lists."""
    data: dict[str, Any] = {"@attributes": dict(element.attrib)} if element.attrib else {}
    for child in element:
        value = _tree(child)
        if child.tag not in data:
            data[child.tag] = value
        elif isinstance(data[child.tag], list):
            data[child.tag].append(value)
        else:
            data[child.tag] = [data[child.tag], value]
    if len(element):
        return data
    text = element.text if element.text and element.text.strip() else None
    return {**data, "text": text} if data else text


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
