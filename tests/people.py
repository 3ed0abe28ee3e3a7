"""People who log in: a browser that follows redirects, and somebody who types a code; standard library only."""

from __future__ import annotations

import itertools
import os
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

from pardot_emulator import Emulator, ManualClock

PORTS = range(20_000, 30_000)
"""Below those that systems hand out by themselves: nobody's connection takes one between the look and the use."""
PORTS_OF_A_WORKER = 1_000
_numbers = itertools.count()


def free_port() -> int:
    """Return a port on which nobody listens, and which no other worker of the suite is told either."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = PORTS[worker * PORTS_OF_A_WORKER % len(PORTS)]
    for number in _numbers:
        port = first + (os.getpid() + number) % PORTS_OF_A_WORKER
        with socket.socket() as one, suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("127.0.0.1", port))
            return port
    raise AssertionError("unreachable: the numbers never end")


class Browser:
    """Opens an address as a browser does: follows the redirect to the callback, and remembers the last page.

    Args:
        before_callback: changes the address that the login host sends it to; None gives up there.
    """

    def __init__(self, before_callback: Callable[[str], str | None] = lambda url: url) -> None:
        self._before_callback = before_callback
        self.opened = ""
        self.page = ""
        self.status = 0
        self.headers: dict[str, str] = {}

    def __call__(self, url: str) -> bool:
        self.opened = url
        self._get(url)
        if self.status == 302 and (callback := self._before_callback(self.headers["location"])):
            self._get(callback)
        return True

    def _get(self, url: str) -> None:
        opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))
        try:
            answer = opener.open(url, timeout=10)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            self.status, self.page = answer.status, answer.read().decode()
            self.headers = {name.lower(): value for name, value in answer.headers.items()}


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def with_query(url: str, **changes: str) -> str:
    """Return an address with parts of its query replaced."""
    parts = urlsplit(url)
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | changes)).geturl()


def short_code(shown: str) -> str:
    """Return the code of a device that a terminal shows, "" before it does."""
    found = re.search(r"^  ([A-Z0-9]{8})$", shown, re.MULTILINE)
    return found[1] if found else ""


class Typist:
    """Lets time pass instead of sleeping, and enters the code of a device after a while.

    Args:
        patience: how many waits the code is there before it is entered; None never enters it.
    """

    def __init__(self, emulator: Emulator, clock: ManualClock, *, patience: int | None = 2) -> None:
        self._emulator = emulator
        self._clock = clock
        self._patience = patience
        self.slept: list[float] = []
        self.reads: Callable[[], str] = lambda: ""
        """Returns the short code that the terminal shows, "" while there is none."""

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._clock.advance(timedelta(seconds=seconds))
        code = self.reads()
        if code and self._patience is not None:
            self._patience -= 1
            if self._patience == 0:
                Browser()(f"{self._emulator.url}/setup/connect?user_code={code}")

    def monotonic(self) -> float:
        return self._clock.now().timestamp()
