"""The Export API by hand: the few calls that the floor needs, without any of the package's own client."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from account import Account


@dataclass
class PlainClient:
    """A logged-in client that counts its API calls; logins are none."""

    account: Account
    calls: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)

    def log_in(self) -> None:
        form = {
            "grant_type": "refresh_token",
            "client_id": self.account.client_id,
            "client_secret": self.account.client_secret,
            "refresh_token": self.account.refresh_token,
        }
        request = Request(self.account.url + "/services/oauth2/token", urlencode(form).encode())  # noqa: S310 loopback
        with urlopen(request) as response:  # noqa: S310 loopback
            token = json.load(response)["access_token"]
        self.headers = {"Authorization": f"Bearer {token}", "Pardot-Business-Unit-Id": self.account.business_unit_id}

    def call(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {**self.headers, "Content-Type": "application/json"}
        self.calls += 1
        with urlopen(Request(self.account.url + path, data, headers)) as response:  # noqa: S310 loopback
            answer: dict[str, Any] = json.load(response)
            return answer

    def finished_export(self, body: Mapping[str, Any]) -> list[str]:
        """Create an export, wait until its files are there, and return their addresses."""
        export_id = self.call("/api/v5/exports?fields=id", body)["id"]
        while True:
            export = self.call(f"/api/v5/exports/{export_id}?fields=id,status,resultRefs", None)
            if export["status"] == "Complete":
                return list(export["resultRefs"] or [])
            time.sleep(0.5)


def export_body(fields: Sequence[str], kind: str, after: datetime, before: datetime | None = None) -> dict[str, Any]:
    """Return a create call for activities with `after <= stamp < before`; the API's lower bound is exclusive.

    Args:
        kind: `created` or `updated`.
    """
    arguments: dict[str, object] = {
        "prospectOnly": False,
        f"{kind}After": (after - timedelta(seconds=1)).isoformat(),
    }
    if before is not None:
        arguments[f"{kind}Before"] = before.isoformat()
    return {
        "procedure": {"name": f"VisitorActivity/FilterBy{kind.title()}At", "arguments": arguments},
        "fields": list(fields),
    }
