"""Requests and responses, and how a response travels."""

from __future__ import annotations

import gzip
import json
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def parameters(self) -> Mapping[str, str]:
        """The decoded query string. A plus sign means a space here, as everywhere in query strings."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


class Wire(Protocol):
    """The connection that a response is written to."""

    def send_head(self, status: int, headers: tuple[tuple[str, str], ...]) -> None:
        """Write the status line and the headers; ``Date`` and ``Server`` are added."""

    def send(self, data: bytes) -> None:
        """Write body bytes."""

    def send_file(self, path: Path, start: int, size: int) -> None:
        """Write part of a file without reading it into memory."""

    def finish(self) -> None:
        """Settle the accounts of the request; called before the last bytes, so that the client cannot see the
        end of an answer whose request still counts as in flight."""

    def close(self) -> None:
        """Close the connection after this response."""

    def reset(self) -> None:
        """Break the connection at once, with a reset instead of an orderly end."""

    def pause(self, seconds: float) -> None:
        """Wait; ends early when the emulator closes."""


Delivery = Callable[[Wire, "Response"], None]


@dataclass(frozen=True)
class Response:
    """One HTTP response: a body in memory or a file."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    file: Path | None = None
    code: int | None = None
    """Error code of the API, for the call log."""
    deliver: Delivery | None = None
    """How it travels; None means whole and with its length."""

    @classmethod
    def of_json(cls, content: Any, status: int = 200, code: int | None = None) -> Response:
        """Build a JSON response."""
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(status, (("Content-Type", JSON_TYPE),), body, code=code)

    @property
    def size(self) -> int:
        """Length of the body in bytes."""
        return len(self.body) if self.file is None else self.file.stat().st_size

    def content(self) -> bytes:
        """Return the whole body; meant for small ones."""
        return self.body if self.file is None else self.file.read_bytes()

    def with_headers(self, *headers: tuple[str, str]) -> Response:
        """Return a copy with further headers; one of the same name is replaced."""
        names = {name.lower() for name, _ in headers}
        kept = tuple(each for each in self.headers if each[0].lower() not in names)
        return replace(self, headers=kept + headers)

    def compressed(self) -> Response:
        """Return a copy whose body is gzip-encoded; a file is compressed beside the original, once."""
        encoded = self.with_headers(("Content-Encoding", "gzip"))
        if self.file is None:
            return replace(encoded, body=gzip.compress(self.body, mtime=0))
        packed = self.file.with_suffix(self.file.suffix + ".gz")
        if not packed.exists():
            unfinished = packed.with_suffix(f".{threading.get_ident()}")  # two downloads may come at once
            with self.file.open("rb") as source, gzip.open(unfinished, "wb", compresslevel=1) as target:
                shutil.copyfileobj(source, target, 1 << 20)
            unfinished.replace(packed)
        return replace(encoded, file=packed)


_TAIL_BYTES = 1
_CHUNK_BYTES = 1 << 16


def deliver_whole(wire: Wire, response: Response) -> None:
    """Send a response with its length."""
    if response.status in (204, 304):
        wire.finish()
        wire.send_head(response.status, response.headers)
        return
    size = response.size
    length = ("Content-Length", str(size))
    if response.file is None:
        wire.finish()
        wire.send_head(response.status, (*response.headers, length))
        wire.send(response.body)
        return
    wire.send_head(response.status, (*response.headers, length))
    wire.send_file(response.file, 0, size - _TAIL_BYTES)
    wire.finish()
    wire.send_file(response.file, size - _TAIL_BYTES, _TAIL_BYTES)


def deliver_chunked(wire: Wire, response: Response) -> None:
    """Send a response in chunks, without a length."""
    wire.send_head(response.status, (*response.headers, ("Transfer-Encoding", "chunked")))
    for start in range(0, response.size, _CHUNK_BYTES):
        size = min(_CHUNK_BYTES, response.size - start)
        wire.send(f"{size:x}\r\n".encode())
        if response.file is None:
            wire.send(response.body[start : start + size])
        else:
            wire.send_file(response.file, start, size)
        wire.send(b"\r\n")
    wire.finish()
    wire.send(b"0\r\n\r\n")
