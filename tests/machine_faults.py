"""Faults that the state machine throws at a run, and how the run may end for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pardot_emulator import Fault

QUERY = "query"
"""Stands for the query of one of the objects in question."""
INVALID_GRANT = '{"error": "invalid_grant", "error_description": "expired"}'


@dataclass(frozen=True)
class Trouble:
    """One kind of fault at one operation."""

    operation: str
    kind: str
    times: int = 1
    codes: frozenset[int] = frozenset({0})
    """How a run that meets it may end; it may always end with 0, as the fault may come after its last request."""
    loses_exports: bool = False
    detail: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        facts = "".join(f" {name}={value}" for name, value in self.detail.items())
        return f"{self.operation} {self.kind} × {self.times}{facts}"

    def fault(self, skip: int, collection: str) -> Fault:
        """Plan it, to be met after some requests of its operation."""
        operation = f"query:{collection}" if self.operation == QUERY else self.operation
        return Fault(operation, self.kind, times=self.times, skip=skip, **self.detail)


def passing(operation: str, kind: str, times: int = 1, *, loses_exports: bool = False, **detail: object) -> Trouble:
    """Return a fault that a run must get over by itself."""
    return Trouble(operation, kind, times, loses_exports=loses_exports, detail=detail)


def lasting(
    operation: str, kind: str, times: int, *codes: int, loses_exports: bool = False, **detail: object
) -> Trouble:
    """Return a fault that may end a run, with one of these exit codes."""
    return Trouble(operation, kind, times, frozenset({0, *codes}), loses_exports, detail)


PASSING = (
    passing("any", "http", status=503),
    passing("any", "http", 2, status=503, headers={"Retry-After": "3"}),
    passing("any", "reset"),
    passing("any", "expire_token"),
    passing("any", "error", code=66),
    passing("any", "error", code=202),
    passing(QUERY, "http", status=502),
    passing(QUERY, "accept_then_drop"),
    passing(QUERY, "reset", fraction=0.5),
    passing(QUERY, "cut", fraction=0.5),
    passing(QUERY, "wrong_body"),
    passing(QUERY, "error", code=214),
    passing("token", "http", status=503),
    passing("export.create", "accept_then_drop"),
    passing("export.create", "http", status=504),
    passing("export.create", "fail_export", loses_exports=True),
    passing("export.create", "cancel_export", loses_exports=True),
    passing("export.create", "slow_export", reads=3),
    passing("export.read", "accept_then_drop"),
    passing("export.read", "wrong_body"),
    passing("export.read", "vanish_export", loses_exports=True),
    passing("export.read", "fail_export", loses_exports=True),
    passing("export.download", "accept_then_drop"),
    passing("export.download", "reset", fraction=0.5),
    passing("export.download", "cut", fraction=0.7),
    passing("export.download", "truncated_gzip", fraction=0.7),
    passing("export.download", "expire_export", loses_exports=True),
    passing("export.download", "vanish_export", loses_exports=True),
)
LASTING = (
    lasting("any", "http", 40, 75, status=503),
    lasting("any", "reset", 40, 75),
    lasting("any", "error", 40, 75, code=122),
    lasting("any", "error", 1, 1, 2, code=71),  # 2 when it is the login that meets it
    lasting("token", "http", 3, 2, status=400, body=INVALID_GRANT),
    lasting(QUERY, "wrong_body", 9, 1, 75),
    lasting("export.create", "error", 1, 1, code=71),
    lasting("export.create", "http", 9, 75, status=503),
    lasting("export.create", "accept_then_drop", 9, 75),
    lasting("export.create", "fail_export", 4, 1, 75, loses_exports=True),
    lasting("export.read", "http", 9, 75, status=503),
    lasting("export.read", "vanish_export", 4, 1, 75, loses_exports=True),
    lasting("export.download", "http", 9, 75, status=503),
    lasting("export.download", "wrong_body", 9, 1, 75),
    lasting("export.download", "expire_export", 4, 1, 75, loses_exports=True),
    lasting("export.create", "slow_export", 1, 75, reads=20),
)
