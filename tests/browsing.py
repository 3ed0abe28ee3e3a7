"""A real, headless Chromium that looks at pages which this process serves, and notes what it asks for."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--hide-scrollbars", "--enable-logging=stderr", "--virtual-time-budget=3000",
]  # fmt: skip
WIDTHS = (1280, 760, 390)


@contextmanager
def serve(pages: dict[str, bytes]) -> Iterator[tuple[str, list[str]]]:
    """Serve pages on the loopback address and note every request."""
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            body = pages.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: Any) -> None:
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", requests
        finally:
            server.shutdown()
            thread.join()


def look(browser: str, url: str, profile: Path, *, width: int = 1400, is_dark: bool = False) -> tuple[str, str]:
    """Return the page as it stands after loading, and what the browser's console said."""
    scheme = f"--blink-settings=preferredColorScheme={0 if is_dark else 1}"
    done = subprocess.run(
        [browser, *FLAGS, scheme, f"--user-data-dir={profile}", f"--window-size={width},1000", "--dump-dom", url],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)
