"""A transport that answers from a script and remembers what it was asked: for unit tests above the transport."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from pardot.api.transport import Reply
from pardot.errors import PardotError

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
Answer = Mapping[str, Any] | PardotError | Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass
class Asked:
    """One call as it reached the transport."""

    operation: str
    path: str
    params: Mapping[str, Any]
    body: Mapping[str, Any] | None = None


@dataclass
class ScriptedTransport:
    """Answers each operation with the next line of its script; the last line repeats."""

    script: dict[str, list[Answer]]
    warnings: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def get_json(self, path_or_url: str, params: Mapping[str, Any] | None = None, *, operation: str) -> Reply:
        return self._answer(Asked(operation, path_or_url, params or {}))

    def post_json(
        self, path: str, body: Mapping[str, Any], params: Mapping[str, Any] | None = None, *, operation: str
    ) -> Reply:
        return self._answer(Asked(operation, path, params or {}, body))

    def download(self, url: str, sink: Callable[[bytes], object], *, operation: str, max_bytes: int) -> None:
        reply = self._answer(Asked(operation, url, {"max_bytes": max_bytes}))
        sink(reply.data["content"])

    def insist_on_allowed(self, url: str) -> None:
        pass

    def server_now(self) -> datetime:
        return NOW

    def operations(self) -> list[str]:
        return [one.operation for one in self.asked]

    def _answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        lines = self.script[asked.operation]
        answer = lines.pop(0) if len(lines) > 1 else lines[0]
        if isinstance(answer, PardotError):
            raise answer
        data = answer(asked.params) if callable(answer) else answer
        return Reply(200, dict(data), {}, self.warnings)
