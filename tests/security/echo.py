"""A vendor that is broken in the worst way: whatever it is sent, it says back, in every part of an answer."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, quote

import pytest

from pardot_emulator import Fault
from pardot_emulator.faults import KINDS, Detail, Exchange
from pardot_emulator.messages import Request, Response

Shape = Callable[[Response, str, str], Response]
"""The right answer, the token of the request, and every secret in it -> what is answered instead."""


def _json(response: Response, status: int, **content: object) -> Response:
    return Response(status, (("Content-Type", "application/json"),), json.dumps(content).encode())


def _patched(response: Response, **changes: object) -> Response:
    return replace(response, body=json.dumps({**json.loads(response.content()), **changes}).encode())


def _first_id(response: Response, token: str, _said: str) -> Response:
    content = json.loads(response.content())
    content["values"][0]["id"] = token
    return _patched(response, **content)


def _csv_header(response: Response, token: str, _said: str) -> Response:
    return Response(response.status, response.headers, f"id,{token}\n".encode() + response.content())


SHAPES: Mapping[str, Shape] = {
    "refusal": lambda r, _, said: _json(r, 400, code=109, message=said),
    "refused permission": lambda r, _, said: _json(r, 403, code=46, message=said),
    "expired token": lambda r, _, said: _json(r, 401, code=184, message=said),
    "refused login": lambda r, _, said: _json(r, 400, error="invalid_grant", error_description=said),
    "server error": lambda _, __, said: Response(500, (("Content-Type", "text/html"),), html.escape(said).encode()),
    "legacy error": lambda _, token, __: Response(
        400, (("Content-Type", "text/xml"),), f'<rsp><err code="9">Bearer {token}</err></rsp>'.encode()
    ),
    "request id": lambda _, token, __: Response(503, (("X-Request-Id", token), ("Content-Type", "text/html")), b"x"),
    "redirect": lambda _, token, __: Response(302, (("Location", f"https://elsewhere.example/?access_token={token}"),)),
    "warning": lambda r, token, _: r.with_headers(("Pardot-Warning", f"205;{'x' * 60} you sent Bearer {token}")),
    "status": lambda r, token, _: _patched(r, status=f"Waiting for {token}"),
    "link to a page": lambda r, token, _: _patched(r, nextPageUrl=f"https://elsewhere.example/?token={token}"),
    "link to a file": lambda r, token, _: _patched(
        r, status="Complete", resultRefs=[f"https://elsewhere.example/?token={token}"]
    ),
    "values": lambda r, token, _: _patched(r, values={token: token}),
    "id": _first_id,
    "header of a file": _csv_header,
    "new export's id": lambda r, token, _: _patched(r, id=token),
}


def install(patch: pytest.MonkeyPatch) -> None:
    """Teach the emulator the fault `echo`; its detail `shape` is one of `SHAPES`."""

    def say_back(detail: Detail, exchange: Exchange) -> Response:
        request: Request = exchange._request  # type: ignore[attr-defined]  # no other fault looks at it
        sent = [request.headers.get("authorization", ""), *(value for _, value in parse_qsl(request.body.decode()))]
        said = " ".join(["Authorization:", *sent, *map(quote, sent)])
        return SHAPES[detail["shape"]](exchange.proceed(), sent[0].removeprefix("Bearer "), said)

    patch.setattr("pardot_emulator.faults.KINDS", {**KINDS, "echo": say_back})


def echo(operation: str, shape: str, times: int = 1, skip: int = 0) -> Fault:
    return Fault(operation, "echo", times, skip, shape=shape)
