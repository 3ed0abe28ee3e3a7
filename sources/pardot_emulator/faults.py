"""Planned faults: what goes wrong, at which operation, how often.

A fault is planned with ``faults.add(Fault("export.download", "reset", after_bytes=500))`` and met by the next
request of that operation. A test ends with ``faults.assert_all_consumed()``, which proves that everything it
planned has happened.

Kinds, with their details:

==================  ==================================================================================
``error``           ``code``, ``message``, ``status``: an error of the API
``http``            ``status``, ``body``, ``content_type``, ``headers``: any HTTP answer, not the API's
``wrong_body``      ``body``, ``content_type``: HTTP 200 with something else, a login page by default
``redirect``        ``location``, ``status``
``gateway``         as ``http``, but the request is handled first: a gateway lost patience
``expire_token``    every token ends its life, then the request is handled
``edit``            ``change``: a function from the body's bytes to other bytes
``headers``         ``headers``: further ones
``patch``           keys of the JSON answer to replace, for instance ``status="Brewing"``
``unknown_status``  ``word``: an export status nobody has heard of
``redact``          ``rows``: that many records are left out, and ``Pardot-Warning: 202`` says so
``reset``           connection reset; ``after_bytes`` or ``fraction`` of the body, otherwise before handling
``accept_then_drop``  the request is handled, but the connection breaks before the answer
``stall``           silence for ``seconds`` or until ``event``; ``after_bytes`` of the body, otherwise before
``drip``            the body in pieces of ``piece_bytes``, each after ``pause_seconds``
``cut``             the body ends early, at ``after_bytes`` or ``fraction``; ``right_length`` makes the
                    Content-Length match, so that only the content can tell
``longer``          more arrives than the Content-Length, ``after_bytes`` or ``fraction``, announces
``no_framing``      neither length nor chunks: the body ends with the connection
``open_chunks``     chunks, and the connection ends before the last one
``bad_chunks``      chunks, one of which has a size that is no number
``endless``         the body goes on until the client hangs up; ``packed``: as zeros in gzip
``truncated_gzip``  compressed, and cut at ``fraction``
``bad_gzip``        compressed, with a wrong checksum
``fail_export``     the export ends as Failed
``cancel_export``   somebody cancels the export
``expire_export``   its files expire early
``vanish_export``   it is forgotten
``slow_export``     it takes ``reads`` more reads
==================  ==================================================================================

Faults of exports work on create (the new export) and on every call with an export's id.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Protocol

from pardot_emulator import deliveries
from pardot_emulator.deliveries import Detail as Detail
from pardot_emulator.errors import MESSAGES, ApiError
from pardot_emulator.exports import Exports
from pardot_emulator.messages import Delivery, Response

_STATUS = re.compile(rb'("status":"|"state":"|<state>)[^"<]*')
_LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Login | Salesforce</title></head><body></body></html>"


class Fault:
    """One planned fault.

    Args:
        operation: ``token``, ``export.create``, ``export.read``, ``export.query``, ``export.download``,
            ``export.cancel``, ``query:<collection>``, ``read:<collection>``, ``account``; of versions 3 and 4
            ``v4.export.create`` and so on, ``v4.query:<object>``, ``v4.read:<object>``; or ``any``.
        kind: one of the kinds in the module docstring.
        times: how many requests meet it.
        skip: how many requests pass before it.
        detail: what the kind needs to know.
    """

    def __init__(self, operation: str, kind: str, times: int = 1, skip: int = 0, **detail: Any) -> None:
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}; known are {', '.join(sorted(KINDS))}")
        self.operation = operation
        self.kind = kind
        self.times = times
        self.skip = skip
        self.detail: Mapping[str, Any] = MappingProxyType(detail)

    def __repr__(self) -> str:
        detail = "".join(f", {name}={value!r}" for name, value in self.detail.items())
        return f"Fault({self.operation!r}, {self.kind!r}, times={self.times}, skip={self.skip}{detail})"


class Exchange(Protocol):
    """What a fault can reach: the request it interferes with and the emulator behind it."""

    @property
    def export_id(self) -> int | None:
        """The export that the path names, if it names one."""

    @property
    def exports(self) -> Exports:
        """The export engine."""

    def expire_tokens(self) -> None:
        """End the life of every access token."""

    def pause(self, seconds: float) -> None:
        """Wait; ends early when the emulator closes."""

    def refuse(self, error: ApiError) -> Response:
        """Build the answer to a refused request."""

    def proceed(self) -> Response:
        """Handle the request as if nothing was wrong."""


@dataclass
class _Planned:
    fault: Fault
    skips_left: int
    times_left: int


class Faults:
    """The plan of faults, first planned first met."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[_Planned] = []

    def add(self, *faults: Fault) -> None:
        """Plan faults. Several for one operation follow each other."""
        with self._lock:
            self._planned.extend(_Planned(each, each.skip, each.times) for each in faults)

    def clear(self) -> None:
        """Forget every plan and every record."""
        with self._lock:
            self._planned.clear()

    @property
    def consumed(self) -> list[Fault]:
        """Faults that have happened as often as planned."""
        with self._lock:
            return [each.fault for each in self._planned if each.times_left == 0]

    @property
    def unconsumed(self) -> list[Fault]:
        """Faults that have still to happen, or to happen again."""
        with self._lock:
            return [each.fault for each in self._planned if each.times_left > 0]

    def assert_all_consumed(self) -> None:
        """Prove that every planned fault has happened.

        Raises:
            AssertionError: naming those that have not.
        """
        if left := self.unconsumed:
            raise AssertionError(f"planned but never met: {left}")

    def answer(self, operation: str, exchange: Exchange) -> Response:
        """Answer a request, through the fault that is due if there is one."""
        fault = self._take(operation)
        return exchange.proceed() if fault is None else KINDS[fault.kind](fault.detail, exchange)

    def release(self) -> None:
        """End every stall, for a quick end of the emulator."""
        with self._lock:
            for each in self._planned:
                event = each.fault.detail.get("event")
                if isinstance(event, threading.Event):
                    event.set()

    def _take(self, operation: str) -> Fault | None:
        with self._lock:
            for planned in self._planned:
                if planned.fault.operation not in (operation, "any") or planned.times_left == 0:
                    continue
                if planned.skips_left:
                    planned.skips_left -= 1
                    return None
                planned.times_left -= 1
                return planned.fault
        return None


Kind = Callable[[Detail, Exchange], Response]


# -- answers other than the real one


def _error(detail: Detail, exchange: Exchange) -> Response:
    code = int(detail["code"])
    error = ApiError(code, status=detail.get("status"))
    error.message = detail.get("message", MESSAGES.get(code, "Unknown error"))
    return exchange.refuse(error)


def _http(detail: Detail, _: Exchange) -> Response:
    body = detail.get("body", "<html><body><h1>Service unavailable</h1></body></html>")
    headers = (
        ("Content-Type", detail.get("content_type", "text/html")),
        *dict(detail.get("headers", {})).items(),
    )
    return Response(detail.get("status", 503), headers, body if isinstance(body, bytes) else str(body).encode())


def _wrong_body(detail: Detail, exchange: Exchange) -> Response:
    return _http({"status": 200, "body": _LOGIN_PAGE, "content_type": "text/html; charset=utf-8", **detail}, exchange)


def _redirect(detail: Detail, _: Exchange) -> Response:
    location = detail.get("location", "https://elsewhere.example.com/")
    return Response(detail.get("status", 302), (("Location", location),))


# -- the real answer, changed


def _gateway(detail: Detail, exchange: Exchange) -> Response:
    exchange.proceed()
    return _http({"status": 504, **detail}, exchange)


def _expire_token(_: Detail, exchange: Exchange) -> Response:
    exchange.expire_tokens()
    return exchange.proceed()


def _patch(detail: Detail, exchange: Exchange) -> Response:
    response = exchange.proceed()
    return replace(response, body=json.dumps({**json.loads(response.body), **detail}).encode())


def _edit(detail: Detail, exchange: Exchange) -> Response:
    response = exchange.proceed()
    return replace(response, body=detail["change"](response.content()), file=None)


def _headers(detail: Detail, exchange: Exchange) -> Response:
    return exchange.proceed().with_headers(*dict(detail["headers"]).items())


def _unknown_status(detail: Detail, exchange: Exchange) -> Response:
    response = exchange.proceed()
    word = str(detail.get("word", "Reticulating")).encode()
    return replace(response, body=_STATUS.sub(lambda match: match[1] + word, response.body, count=1))


def _redact(detail: Detail, exchange: Exchange) -> Response:
    response = exchange.proceed()
    content = json.loads(response.body)
    content["values"] = content["values"][: -int(detail.get("rows", 1))]
    warning = ("Pardot-Warning", "202;Record(s) have been redacted from output due to access rules")
    return replace(response.with_headers(warning), body=json.dumps(content).encode())


# -- exports


def _on_export(act: Callable[[Exports, int, Detail], None]) -> Kind:
    def kind(detail: Detail, exchange: Exchange) -> Response:
        response = exchange.proceed() if exchange.export_id is None else None
        newest = exchange.exports.all()
        id = exchange.export_id if exchange.export_id is not None else newest[-1].id
        with contextlib.suppress(ApiError):  # an export that does not exist is the request's own mistake
            act(exchange.exports, id, detail)
        return exchange.proceed() if response is None else response

    return kind


# -- the connection


def _travels(deliver: Callable[[Detail], Delivery]) -> Kind:
    return lambda detail, exchange: replace(exchange.proceed(), deliver=deliver(detail))


def _reset(detail: Detail, exchange: Exchange) -> Response:
    response = exchange.proceed() if deliveries.breaks_inside(detail) else Response(0)
    return replace(response, deliver=deliveries.reset(detail))


def _stall(detail: Detail, exchange: Exchange) -> Response:
    if deliveries.breaks_inside(detail):
        return replace(exchange.proceed(), deliver=deliveries.stall(detail))
    deliveries.wait(detail, exchange.pause)
    return exchange.proceed()


def _truncated_gzip(detail: Detail, exchange: Exchange) -> Response:
    return replace(exchange.proceed().compressed(), deliver=deliveries.cut({"right_length": True, **detail}))


def _bad_gzip(_: Detail, exchange: Exchange) -> Response:
    response = exchange.proceed().compressed()
    packed = response.content()
    checksum = bytes(255 - byte for byte in packed[-8:-4])
    return replace(response, body=packed[:-8] + checksum + packed[-4:], file=None)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "error": _error,
        "http": _http,
        "wrong_body": _wrong_body,
        "redirect": _redirect,
        "gateway": _gateway,
        "expire_token": _expire_token,
        "edit": _edit,
        "headers": _headers,
        "patch": _patch,
        "unknown_status": _unknown_status,
        "redact": _redact,
        "reset": _reset,
        "accept_then_drop": _travels(deliveries.drop),
        "stall": _stall,
        "drip": _travels(deliveries.drip),
        "cut": _travels(deliveries.cut),
        "longer": _travels(deliveries.longer),
        "no_framing": _travels(deliveries.no_framing),
        "open_chunks": _travels(deliveries.open_chunks),
        "bad_chunks": _travels(deliveries.bad_chunks),
        "endless": _travels(deliveries.endless),
        "truncated_gzip": _truncated_gzip,
        "bad_gzip": _bad_gzip,
        "fail_export": _on_export(lambda exports, id, _: exports.fail(id)),
        "cancel_export": _on_export(lambda exports, id, _: exports.cancel_by_other(id)),
        "expire_export": _on_export(lambda exports, id, _: exports.expire(id)),
        "vanish_export": _on_export(lambda exports, id, _: exports.vanish(id)),
        "slow_export": _on_export(lambda exports, id, detail: exports.delay(id, int(detail.get("reads", 3)))),
    }
)
"""Every kind of fault; a new one is one entry."""
