"""Ways for an answer to break while it travels: what is announced and what arrives differ.

Each function takes the details of a fault and returns how the answer is delivered. The request is settled before
the last bytes leave, so that no client can see the end of an answer whose request still counts as in flight.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from pardot_emulator.messages import Delivery, Response, Wire

Detail = Mapping[str, Any]

_LONGEST_STALL_SECONDS = 30.0
_MOST_ENDLESS_BYTES = 1 << 28
_CHUNKED = ("Transfer-Encoding", "chunked")


def breaks_inside(detail: Detail) -> bool:
    """Tell whether a fault names a place inside the body."""
    return "after_bytes" in detail or "fraction" in detail


def wait(detail: Detail, pause: Callable[[float], None]) -> None:
    """Wait as long as a fault says, or until its event."""
    seconds = min(float(detail.get("seconds", _LONGEST_STALL_SECONDS)), _LONGEST_STALL_SECONDS)
    event = detail.get("event")
    if isinstance(event, threading.Event):
        event.wait(seconds)
    else:
        pause(seconds)


def reset(detail: Detail) -> Delivery:
    """Reset the connection, inside the body if the fault names a place there."""

    def deliver(wire: Wire, response: Response) -> None:
        wire.finish()
        if breaks_inside(detail):
            content = response.content()
            _send_head(wire, response, len(content))
            wire.send(content[: _place(detail, len(content))])
        wire.reset()

    return deliver


def drop(_: Detail) -> Delivery:
    """Reset the connection instead of answering."""

    def deliver(wire: Wire, _: Response) -> None:
        wire.finish()
        wire.reset()

    return deliver


def stall(detail: Detail) -> Delivery:
    """Fall silent inside the body, then send the rest."""

    def deliver(wire: Wire, response: Response) -> None:
        content = response.content()
        place = _place(detail, len(content))
        _send_head(wire, response, len(content))
        wire.send(content[:place])
        wait(detail, wire.pause)
        wire.finish()
        wire.send(content[place:])

    return deliver


def drip(detail: Detail) -> Delivery:
    """Send the body in small pieces with pauses."""

    def deliver(wire: Wire, response: Response) -> None:
        content, size = response.content(), int(detail.get("piece_bytes", 64))
        _send_head(wire, response, len(content))
        for start in range(0, len(content), size):
            wire.pause(float(detail.get("pause_seconds", 0.001)))
            if start + size >= len(content):
                wire.finish()
            wire.send(content[start : start + size])
        wire.finish()

    return deliver


def cut(detail: Detail) -> Delivery:
    """End the body early; with ``right_length`` the announced length agrees, so that only the content can tell."""

    def deliver(wire: Wire, response: Response) -> None:
        content = response.content()
        place = _place(detail, len(content))
        length = place if detail.get("right_length", False) else len(content)
        wire.finish()
        _send_head(wire, response, length)
        wire.send(content[:place])
        if place < length:
            wire.close()

    return deliver


def longer(detail: Detail) -> Delivery:
    """Announce less than what is sent."""

    def deliver(wire: Wire, response: Response) -> None:
        content = response.content()
        wire.finish()
        _send_head(wire, response, _place(detail, len(content)))
        wire.send(content)
        wire.close()

    return deliver


def no_framing(_: Detail) -> Delivery:
    """Send neither a length nor chunks: the body ends with the connection."""

    def deliver(wire: Wire, response: Response) -> None:
        wire.finish()
        wire.send_head(response.status, (*response.headers, ("Connection", "close")))
        wire.send(response.content())
        wire.close()

    return deliver


def open_chunks(_: Detail) -> Delivery:
    """Send the whole body in a chunk, and hang up where the mark of the end belongs."""

    def deliver(wire: Wire, response: Response) -> None:
        content = response.content()
        wire.finish()
        wire.send_head(response.status, (*response.headers, _CHUNKED))
        wire.send(_chunk(content))
        wire.close()

    return deliver


def bad_chunks(detail: Detail) -> Delivery:
    """Send a chunk, then one whose size is no number."""

    def deliver(wire: Wire, response: Response) -> None:
        content = response.content()
        place = _place(detail, len(content))
        wire.finish()
        wire.send_head(response.status, (*response.headers, _CHUNKED))
        wire.send(_chunk(content[:place]) + b"many\r\n" + content[place:] + b"\r\n0\r\n\r\n")
        wire.close()

    return deliver


def endless(detail: Detail) -> Delivery:
    """Begin with the real body and never end; with ``packed`` what follows is a thousandfold compressed nothing."""

    def deliver(wire: Wire, response: Response) -> None:
        is_packed = detail.get("packed", False)
        packer = zlib.compressobj(wbits=31)
        filler = bytes(1 << 20) if is_packed else b"x" * (1 << 16)
        headers = response.headers + ((("Content-Encoding", "gzip"),) if is_packed else ())
        wire.finish()
        wire.send_head(response.status, (*headers, _CHUNKED))
        piece, sent = response.content(), 0
        while sent < _MOST_ENDLESS_BYTES:  # ends earlier, when the client hangs up
            sent += len(piece)
            travels = packer.compress(piece) if is_packed else piece
            if travels:
                wire.send(_chunk(travels))
            piece = filler
        wire.close()

    return deliver


def _place(detail: Detail, size: int) -> int:
    return min(size, int(detail.get("after_bytes", size * float(detail.get("fraction", 0.5)))))


def _send_head(wire: Wire, response: Response, length: int) -> None:
    wire.send_head(response.status, (*response.headers, ("Content-Length", str(length))))


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)
