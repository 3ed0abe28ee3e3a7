"""The loopback listener that a browser brings its answer to: one address, one answer, then it is gone.

Nothing of the answer is shown or logged. The page says to go back to the terminal, because only there it turns out
whether the login worked. Sources: RFC 8252, section 7.3; Salesforce's own command line waits at `http://localhost` too,
the one name for which a connected app takes plain http.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from types import TracebackType
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from pardot.errors import StorageError

PATH: Final = "/callback"

_LONGEST_ADDRESS: Final = 8192
_SILENCE_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.2
_PAGE: Final = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>pardot-etl</title></head>'
    "<body><h1>{title}</h1><p>{text}</p></body></html>"
)
_RECEIVED: Final = ("Salesforce has answered", "Go back to the terminal: it says how the login went. Close this page.")
_NOT_OURS: Final = (
    "This answer belongs to another login",
    "Go back to the terminal, and open the newest address there.",
)
_NOTHING_HERE: Final = ("Nothing is here", "pardot-etl waits for the answer of Salesforce at another address.")
_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",
}


def redirect_uri(port: int) -> str:
    """Return the callback URL that the connected app must know."""
    return f"http://localhost:{port}{PATH}"


class CallbackListener:
    """Listens on 127.0.0.1 for the time of a with block.

    Args:
        state: what an answer of ours carries.

    Raises:
        StorageError: the port is taken.
    """

    def __init__(self, port: int, state: str) -> None:
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except OSError as problem:
            raise StorageError(
                f"wait for the browser on port {port}",
                reason=problem.strerror or str(problem),
                next_step="Nothing was sent; name another port by `--port`, whose callback URL the connected app "
                "knows, or use `--device`",
            ) from problem
        self._server.state = state
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def __enter__(self) -> CallbackListener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait(self, seconds: float, check: Callable[[], None]) -> str | None:
        """Return the query of the first answer, None when none came in time.

        Args:
            check: asked several times a second; raises when the process is to end.
        """
        deadline = monotonic() + seconds
        while not self._server.answered.wait(_LOOK_SECONDS):
            check()
            if monotonic() > deadline:
                return None
        return self._server.query


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    state = ""

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.answered = threading.Event()
        self.query: str | None = None
        self._lock = threading.Lock()
        super().__init__(address, handler)

    def take(self, query: str) -> bool:
        """Keep the first answer; return whether it is to our question."""
        with self._lock:
            if self.query is None:
                self.query = query
        given = parse_qs(query).get("state", [""])[0]
        return hmac.compare_digest(given.encode(), self.state.encode())

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about browsers that hang up."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SILENCE_SECONDS
    server_version = "pardot-etl"
    sys_version = ""

    def log_message(self, format: str, *args: Any) -> None:
        """An answer holds a code, which belongs into no log."""

    def do_GET(self) -> None:
        """Take the answer, or say that there is nothing."""
        parts = urlsplit(self.path)
        if parts.path != PATH or len(self.path) > _LONGEST_ADDRESS:
            self._show(404, _NOTHING_HERE)
            return
        is_ours = self.server.take(parts.query)
        try:
            self._show(200 if is_ours else 400, _RECEIVED if is_ours else _NOT_OURS)
        finally:
            self.server.answered.set()  # after the page, as the listener goes away then

    def _show(self, status: int, words: tuple[str, str]) -> None:
        page = _PAGE.format(title=words[0], text=words[1]).encode()
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)
