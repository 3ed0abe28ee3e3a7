"""A plain HTTP client for the emulator's own tests: no retries, no opinions."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

from pardot_emulator import Emulator

ACTIVITY_EXPORT = "VisitorActivity/FilterByCreatedAt"


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def xml(self) -> ElementTree.Element:
        """The body as XML."""
        return ElementTree.fromstring(self.body)  # noqa: S314  our own emulator wrote it


class Client:
    """Sends requests over one kept-alive connection, logged in unless told otherwise."""

    def __init__(self, emulator: Emulator, *, logs_in: bool = True) -> None:
        self.emulator = emulator
        self._connection = http.client.HTTPConnection(urlsplit(emulator.url).netloc, timeout=10)
        self.headers: dict[str, str] = {"Pardot-Business-Unit-Id": emulator.business_unit_id}
        self._refresh_token = emulator.credentials.refresh_token
        if logs_in:
            self.log_in()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def log_in(self) -> None:
        """Get a token by the refresh token and send it from now on."""
        granted = self.token(grant_type="refresh_token", refresh_token=self._refresh_token).json
        self._refresh_token = granted.get("refresh_token", self._refresh_token)
        self.headers["Authorization"] = f"Bearer {granted['access_token']}"

    def token(self, headers: Mapping[str, str] | None = None, /, **form: str) -> Answer:
        """Ask the token endpoint; the client's id and secret are added unless the form has them."""
        known = self.emulator.credentials
        complete = {"client_id": known.client_id, "client_secret": known.client_secret, **form}
        content_type = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(complete).encode()
        return self.send("POST", "/services/oauth2/token", body, {**content_type, **(headers or {})}, bare=True)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        bare: bool = False,
    ) -> Answer:
        """Send one request; a bare one carries no headers but its own."""
        sent = {**({} if bare else self.headers), **(headers or {})}
        try:
            self._connection.request(method, path, body, sent)
            with self._connection.getresponse() as response:
                received = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, received, response.read())
        except BaseException:
            self._connection.close()
            raise

    def get(self, path: str, headers: Mapping[str, str] | None = None, /, **parameters: object) -> Answer:
        """Send a GET with these query parameters."""
        query = urlencode({name: str(value) for name, value in parameters.items()})
        return self.send("GET", f"{path}?{query}" if query else path, None, headers)

    def query(self, collection: str, **parameters: object) -> Answer:
        """Query a collection."""
        return self.get(f"/api/v5/objects/{collection}", None, **parameters)

    def legacy(self, object: str, action: str = "query", /, version: object = 4, **parameters: object) -> Answer:
        """Ask version 3 or 4, for JSON unless the parameters say otherwise; the action may carry an id."""
        return self.get(f"/api/{object}/version/{version}/do/{action}", None, **{"format": "json", **parameters})

    def create(self, procedure: str = ACTIVITY_EXPORT, *, shows: str = "id,status,resultRefs", **body: Any) -> Answer:
        """Create an export; January 2026 and a few columns unless the body says otherwise."""
        arguments = body.pop("arguments", {"createdAfter": "2026-01-01T00:00:00Z"})
        body = {"procedure": {"name": procedure, "arguments": arguments}, "fields": ["id", "details"], **body}
        body = {name: value for name, value in body.items() if value is not None}
        return self.create_raw(json.dumps(body).encode(), shows=shows)

    def create_raw(
        self, body: bytes, *, content_type: str = "application/json", shows: str = "id,status,resultRefs"
    ) -> Answer:
        """Send a create call with any body."""
        query = f"?fields={shows}" if shows else ""
        return self.send("POST", f"/api/v5/exports{query}", body, {"Content-Type": content_type})

    def read_export(self, id: int, fields: str = "id,status,isExpired,resultRefs") -> Answer:
        """Read an export once."""
        return self.get(f"/api/v5/exports/{id}", fields=fields)

    def finish(self, id: int, *, most_reads: int = 10) -> dict[str, Any]:
        """Read an export until it has files or cannot get any more."""
        for _ in range(most_reads):
            record: dict[str, Any] = self.read_export(id).json
            if str(record["status"]).lower() not in ("waiting", "processing"):
                return record
        raise AssertionError(f"export {id} did not finish: {record}")

    def download(self, ref: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Fetch a result file by its address."""
        return self.send("GET", urlsplit(ref).path, None, headers)

    def export_files(self, procedure: str = ACTIVITY_EXPORT, **body: Any) -> list[bytes]:
        """Create an export, finish it, and fetch every file."""
        refs = self.finish(self.create(procedure, **body).json["id"])["resultRefs"]
        listed = [refs] if isinstance(refs, str) and refs else refs or []
        return [self.download(ref).body for ref in listed]
