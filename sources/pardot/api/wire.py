"""One HTTP exchange: a request goes out once, a streamed answer or a WireError comes back.

Nothing is followed, kept or added behind our back: no redirects, cookies, netrc passwords or retries.
Proxies and certificate bundles of the environment count, except towards this very machine.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from .bodies import NETWORK_ERRORS, describe
from .hosts import is_loopback_url

CONNECT_TIMEOUT_SECONDS = 20.0


class Wire:
    """A pool of connections to a few hosts; safe to use from several threads."""

    def __init__(self, *, timeout_seconds: float) -> None:
        self._timeout = (min(CONNECT_TIMEOUT_SECONDS, timeout_seconds), timeout_seconds)
        self._environment = requests.Session()  # only asked for proxies and certificates, sends nothing
        # The adapter is used without a Session around it, which would follow, remember and look things up.
        self._adapter = HTTPAdapter(pool_connections=4, pool_maxsize=8, max_retries=0)

    def send(self, method: str, url: str, *, headers: dict[str, str], body: bytes | None = None) -> requests.Response:
        """Send one request and return the answer once its headers are here; the caller closes it.

        Raises:
            WireError: no answer; its `failure` says whether the request can have been seen.
        """
        try:
            request = requests.Request(method, url, headers={"User-Agent": USER_AGENT, **headers}, data=body).prepare()
            return self._adapter.send(
                request, stream=True, timeout=self._timeout, **self._surroundings(request.url or url)
            )
        except NETWORK_ERRORS as error:
            failure = describe(error, sent=False)
        raise failure

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._adapter.close()
        self._environment.close()

    def _surroundings(self, url: str) -> dict[str, Any]:
        if is_loopback_url(url):
            return {"proxies": {}, "verify": True, "cert": None}
        found = self._environment.merge_environment_settings(url, {}, None, None, None)
        return {name: found[name] for name in ("proxies", "verify", "cert")}


def _user_agent() -> str:
    try:
        return f"pardot-etl/{version('pardot-etl')}"
    except PackageNotFoundError:
        return "pardot-etl"


USER_AGENT = _user_agent()
