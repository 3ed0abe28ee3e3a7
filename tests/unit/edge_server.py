"""A tiny HTTP server on loopback: it answers with exactly the bytes a test lays out, and remembers."""

from __future__ import annotations

import http.client
import json
import socket
import socketserver
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


Answer = bytes | Callable[[socket.socket, Request], None]


def answer(body: bytes | dict[str, Any] = b"", status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """Lay out a whole answer; a mapping becomes JSON, a header with an empty value is left out."""
    raw = json.dumps(body).encode() if isinstance(body, dict) else body
    kind = "application/json" if isinstance(body, dict) else "text/csv"
    lines = {"Content-Type": kind, "Content-Length": str(len(raw)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"HTTP/1.1 {status} Word\r\n{head}Connection: close\r\n\r\n".encode() + raw


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n", headers: Mapping[str, str] | None = None) -> bytes:
    """Lay out an answer in chunks, with or without the terminator."""
    head = answer(headers={"Content-Length": "", "Transfer-Encoding": "chunked", **(headers or {})})
    return head + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + end


def reset(connection: socket.socket, request: Request) -> None:
    """Break the connection without an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


@dataclass
class EdgeServer:
    url: str
    requests: list[Request] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)
    otherwise: Answer = field(default_factory=lambda: answer({"ok": True}))
    """What is answered when the laid-out answers are used up."""

    def will(self, *answers: Answer) -> None:
        self.answers.extend(answers)

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        edge: EdgeServer = self.server.edge  # type: ignore[attr-defined]
        words = self.rfile.readline().decode("latin-1").split()
        if len(words) < 2:
            return
        headers = http.client.parse_headers(self.rfile)
        body = self.rfile.read(int(headers.get("Content-Length") or 0))
        request = Request(words[0], words[1], dict(headers.items()), body)
        edge.requests.append(request)
        reply = edge.answers.popleft() if edge.answers else edge.otherwise
        if callable(reply):
            reply(self.connection, request)
        else:
            self.connection.sendall(reply)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 32

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is part of many tests."""


@contextmanager
def edge_server(tls: ssl.SSLContext | None = None) -> Iterator[EdgeServer]:
    """Run a server for the time of a with block."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        edge = EdgeServer(f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}")
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        server.edge = edge  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield edge
        finally:
            server.shutdown()
            thread.join()


@dataclass
class FakeTime:
    """Sleeping moves it; nothing waits."""

    now: float = 1_800_000_000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def __call__(self) -> float:
        return self.now
