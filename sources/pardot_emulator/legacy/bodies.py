"""Bodies of versions 3 and 4: one tree, written as XML or as JSON.

The JSON is what PHP makes of the XML: an element that occurs once is a value and one that occurs several times a
list, attributes sit under ``@attributes``, slashes are escaped. Source: "Version 3 and 4 Overview" and the samples of
the object pages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from pardot_emulator.behaviour import Behaviour
from pardot_emulator.errors import ApiError
from pardot_emulator.messages import JSON_TYPE, Response
from pardot_emulator.records import Json

Format = Literal["xml", "json"]
XML_TYPE = "text/xml; charset=utf-8"

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ATTRIBUTES = "@attributes"
_TEXT = "#text"
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_XML_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})


class Values(tuple[str, ...]):
    """The values of a field that can have several: ``<value>`` elements in XML."""

    __slots__ = ()


Node = None | bool | int | float | str | Values | list["Node"] | dict[str, "Node"]
"""What an element holds; attributes stand under ``@attributes``."""


class SeveralErrors(ApiError):
    """Several parameters of one request are wrong: code 10000, an ``err`` node for each."""

    def __init__(self, errors: Mapping[str, ApiError]) -> None:
        super().__init__(10_000)
        self.errors = errors


def repeated(items: Sequence[Node]) -> Node:
    """Return what stands for an element that occurs so many times: the only one, or all as a list."""
    return items[0] if len(items) == 1 else list(items)


def write_success(content: Mapping[str, Node], format: Format, behaviour: Behaviour) -> Response:
    """Build the answer to an accepted request."""
    return _write("ok", {}, content, format, behaviour, 200, None)


def write_failure(error: ApiError, format: Format, behaviour: Behaviour, status: int) -> Response:
    """Build the answer to a refused request."""
    attributes: dict[str, Node] = {}
    if format == "xml":
        errors = _xml_errors(error)
    elif isinstance(error, SeveralErrors):
        attributes = {"err_code": error.code}
        errors = [_err(param=name, msg=each.message) for name, each in error.errors.items()]
    elif behaviour.v4_error_form == "object":
        errors = [_err(err_code=error.code, msg=error.message)]
    else:
        attributes, errors = {"err_code": error.code}, [error.message]
    return _write("fail", attributes, {"err": repeated(errors)}, format, behaviour, status, error.code)


def _xml_errors(error: ApiError) -> list[Node]:
    if isinstance(error, SeveralErrors):
        return [_err(code=error.code, param=name, msg=each.message) for name, each in error.errors.items()]
    return [{**_err(code=error.code), _TEXT: error.message}]


def _err(**attributes: Node) -> dict[str, Node]:
    return {_ATTRIBUTES: attributes}


def _write(
    stat: str,
    attributes: Mapping[str, Node],
    content: Mapping[str, Node],
    format: Format,
    behaviour: Behaviour,
    status: int,
    code: int | None,
) -> Response:
    if format == "json":
        tree = {_ATTRIBUTES: {"stat": stat, "version": 1, **attributes}, **content}
        text = json.dumps(_plain(tree, behaviour), separators=(",", ":")).replace("/", "\\/")
        return Response(status, (("Content-Type", JSON_TYPE),), text.encode(), code=code)
    text = _HEAD + _element("rsp", {_ATTRIBUTES: {"stat": stat, "version": "1.0"}, **content})
    return Response(status, (("Content-Type", XML_TYPE),), text.encode(), code=code)


def _plain(node: Node, behaviour: Behaviour) -> Json:
    if isinstance(node, Values):
        return list(node) if behaviour.v4_values == "list" else {"value": node[0] if len(node) == 1 else list(node)}
    if isinstance(node, list):
        return [_plain(each, behaviour) for each in node]
    if isinstance(node, dict):
        return {name: _plain(each, behaviour) for name, each in node.items()}
    return node


def _element(tag: str, node: Node) -> str:
    """Write one element, or several of the same name for a list."""
    if isinstance(node, list):
        return "".join(_element(tag, each) for each in node)
    if isinstance(node, Values):
        node = {"value": list(node)}
    if not isinstance(node, dict):
        text = _xml_text(node)
        return f"<{tag}>{text}</{tag}>" if text else f"<{tag}/>"
    attributes = node.get(_ATTRIBUTES)
    listed = attributes.items() if isinstance(attributes, dict) else ()
    opening = " ".join([tag, *(f'{name}="{_xml_text(value)}"' for name, value in listed)])
    children = (_element(name, each) for name, each in node.items() if name not in (_ATTRIBUTES, _TEXT))
    inner = _xml_text(node.get(_TEXT)) + "".join(children)
    return f"<{opening}>{inner}</{tag}>" if inner else f"<{opening}/>"


def _xml_text(value: Node) -> str:
    """Escape a leaf. Characters that XML 1.0 cannot hold are left out; JSON holds them."""
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return _NOT_IN_XML.sub("", text).translate(_XML_ESCAPES)
