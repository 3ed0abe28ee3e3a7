"""The HTTP side of the emulator: sockets, threads, the call log."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pardot_emulator.api import Api
from pardot_emulator.errors import ApiError
from pardot_emulator.exports import Exports
from pardot_emulator.faults import Faults
from pardot_emulator.limits import Slot
from pardot_emulator.messages import Request, Response, deliver_whole
from pardot_emulator.routes import Route, find_route

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_IDLE_SECONDS = 120.0
_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True)
class Call:
    """One request that reached the emulator and how it was answered."""

    at: datetime
    method: str
    path: str
    """Without the query string."""
    operation: str
    status: int
    """0 when the connection was broken instead."""
    code: int | None
    """Error code of the API."""
    authorization_present: bool
    bytes: int
    """Size of the body that was to be sent."""
    query: str = ""


class EmulatorServer(ThreadingHTTPServer):
    """Listens on the loopback interface only; one thread per connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    api: Api

    def __init__(self, port: int) -> None:
        self.faults = Faults()
        self.calls: list[Call] = []
        self.problems: list[Exception] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, socket.socket] = {}
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Handle one connection, remembering it for the end."""
        thread = threading.current_thread()
        with self._lock:
            self._connections[thread] = request
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._connections.pop(thread, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that hang up; they may."""

    def disconnect(self) -> None:
        """Close every connection, also those that clients keep open for later, and wait for their threads."""
        self.closing.set()
        self.faults.release()
        with self._lock:
            connections = dict(self._connections)
        for connection in connections.values():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in connections:
            thread.join(_PATIENCE_SECONDS)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: EmulatorServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS

    def log_message(self, format: str, *args: Any) -> None:
        """The call log takes the place of lines on stderr."""

    def do_GET(self) -> None:
        """Answer a request of any method: the API decides which ones it knows."""
        request = self._read_request()
        exchange = _Exchange(self.server, request, find_route(request.method, request.path))
        try:
            response = self.server.faults.answer(exchange.route.operation, exchange)
        except Exception as problem:
            self.server.problems.append(problem)
            response = exchange.refuse(ApiError(183, type(problem).__name__))
        exchange.response = response
        try:
            (response.deliver or deliver_whole)(_SocketWire(self, exchange), response)
        except OSError:  # the client has gone away
            self.close_connection = True
        finally:
            exchange.finish()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _read_request(self) -> Request:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length") or 0))
        return Request(self.command, parts.path, parts.query, headers, body)


class _SocketWire:
    """Writes one response to one connection."""

    def __init__(self, handler: _Handler, exchange: _Exchange) -> None:
        self._handler = handler
        self._exchange = exchange

    def send_head(self, status: int, headers: tuple[tuple[str, str], ...]) -> None:
        """Write the status line and the headers."""
        now = self._handler.server.api.clock.now().replace(microsecond=0)
        lines = [
            f"HTTP/1.1 {status} {responses.get(status, 'Unknown')}",
            f"Date: {format_datetime(now, usegmt=True)}",
            "Server: pardot-emulator",
            *(f"{name}: {value}" for name, value in headers),
        ]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def send(self, data: bytes) -> None:
        """Write body bytes."""
        self._handler.wfile.write(data)

    def send_file(self, path: Path, start: int, size: int) -> None:
        """Write part of a file without reading it into memory."""
        if size > 0:
            with path.open("rb") as file:
                self._handler.connection.sendfile(file, start, size)

    def finish(self) -> None:
        """Settle the accounts of the request."""
        self._exchange.finish()

    def close(self) -> None:
        """Close the connection after this response."""
        self._handler.close_connection = True

    def reset(self) -> None:
        """Break the connection with a reset."""
        self._handler.close_connection = True
        connection = self._handler.connection
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        # The server would say goodbye properly before it closes; closing the descriptor here does not.
        os.close(connection.detach())

    def pause(self, seconds: float) -> None:
        """Wait; ends early when the emulator closes."""
        self._exchange.pause(seconds)


class _Exchange:
    """One request on its way through faults and API."""

    def __init__(self, server: EmulatorServer, request: Request, route: Route) -> None:
        self.server = server
        self.route = route
        self.response = Response(0)
        self._request = request
        self._at = server.api.clock.now()
        self._slot: Slot | None = None if route.is_login else server.api.limits.enter()
        self._is_finished = False

    @property
    def export_id(self) -> int | None:
        """The export that the path names."""
        return self.route.id if self.route.is_export else None

    @property
    def exports(self) -> Exports:
        """The export engine."""
        return self.server.api.exports

    def expire_tokens(self) -> None:
        """End the life of every access token."""
        self.server.api.authority.expire_tokens()

    def pause(self, seconds: float) -> None:
        """Wait; ends early when the emulator closes."""
        self.server.closing.wait(seconds)

    def refuse(self, error: ApiError) -> Response:
        """Build the answer to a refused request."""
        return self.server.api.refuse(error, self._request, self.route)

    def proceed(self) -> Response:
        """Handle the request."""
        if self._slot is None:
            return self.server.api.login(self._request, self.route.operation)
        return self.server.api.handle(self._request, self.route, self._slot)

    def finish(self) -> None:
        """Free the slot and log the call, once."""
        if self._is_finished:
            return
        self._is_finished = True
        request, response = self._request, self.response
        self.server.calls.append(
            Call(
                at=self._at,
                method=request.method,
                path=request.path,
                operation=self.route.operation,
                status=response.status,
                code=response.code,
                authorization_present="authorization" in request.headers,
                bytes=response.size,
                query=request.query,
            )
        )
        if self._slot is not None:
            self._slot.release()
