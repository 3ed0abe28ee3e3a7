"""One request to versions 3 and 4, which differ in their number only, and what their answers hold.

An account takes one of the two, or both; which one an answer tells (codes 88 and 89), so the number in the settings is
where we begin.

Source: Account Engagement API versions 3 and 4, overview, "Transitioned from version 3 to version 4" and error codes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from ..api.transport import Reply, Transport
from ..errors import RejectedRequestError
from ..events import Event, EventHandler

OTHER_VERSION_CODES = {3: 88, 4: 89}
"""Version -> the answer of an account that takes the other one only."""

Params = Mapping[str, str | int]


class LegacyApi:
    """Requests to `/api/<object>/version/<3|4>/do/<operation>`, always for JSON; one call each."""

    def __init__(self, transport: Transport, version: int, on_event: EventHandler) -> None:
        self._transport = transport
        self._on_event = on_event
        self._lock = threading.Lock()
        self._refused: set[int] = set()
        self.version = version

    def get(self, object_name: str, do: str, params: Params, *, operation: str) -> Mapping[str, Any]:
        """Return the answer to a GET; errors as for `Transport.get_json`."""
        given = {**params, "format": "json"}
        return self._ask(lambda path: self._transport.get_json(path, given, operation=operation), object_name, do)

    def post(self, object_name: str, do: str, body: Mapping[str, Any], *, operation: str) -> Mapping[str, Any]:
        """Return the answer to a POST that is never repeated when its effect is not known."""
        given = {"format": "json"}
        return self._ask(
            lambda path: self._transport.post_json(path, body, given, operation=operation), object_name, do
        )

    def _ask(self, send: Callable[[str], Reply], object_name: str, do: str) -> Mapping[str, Any]:
        while True:
            version = self.version
            try:
                return send(self._path(object_name, do, version)).data
            except RejectedRequestError as error:
                if error.code != OTHER_VERSION_CODES[version]:
                    raise
                self._leave(version, error)

    def _leave(self, version: int, refusal: RejectedRequestError) -> None:
        """Speak the other version from now on; of several requests that are refused at once, one reports it.

        Raises:
            RejectedRequestError: the other version was refused as well.
        """
        other = 7 - version
        with self._lock:
            self._refused.add(version)
            if other in self._refused:
                raise RejectedRequestError(
                    refusal.operation,
                    code=refusal.code,
                    reason="neither version 4 nor version 3 is open to this account",
                    next_step="What was loaded before is safe; set `sources.pardot.api_version` to 5 and leave out "
                    "objects that version 5 does not have",
                ) from refusal
            if self.version == version:
                self.version = other
                self._on_event(Event("version.switched", {"version": other, "code": refusal.code}))

    def _path(self, object_name: str, do: str, version: int) -> str:
        return f"/api/{object_name}/version/{version}/do/{do}"


def many(found: object) -> list[Mapping[str, Any]]:
    """Return records that come as a list, as one object when there is one, and not at all when there is none."""
    items = found if isinstance(found, list) else [found]
    return [item for item in items if isinstance(item, dict)]
