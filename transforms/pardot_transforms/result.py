"""What a build did, as frozen values."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

Kind = Literal["table", "view"]


@dataclass(frozen=True)
class ModelResult:
    """One model that was built; views are not counted, so their `rows` are None.

    `remade` is how many rows of a table were made in this build, None when all of them were.
    """

    name: str
    kind: Kind
    rows: int | None
    seconds: float
    remade: int | None = None


@dataclass(frozen=True)
class DataTestResult:
    """One data test that passed; a failing one raises instead."""

    model: str
    test: str
    seconds: float


@dataclass(frozen=True)
class HistoryResult:
    """What a history was told by new loads: `compared` rows, of which so many opened a `version`."""

    name: str
    compared: int
    versions: int


@dataclass(frozen=True)
class BuildResult:
    """A build that was committed, or skipped because nothing had changed; then only what tells of runs was made.

    `missing_tables` and `missing_columns` are what the models read and the raw schema does not have; they
    counted as empty and as NULL. `histories` were brought up to date before, whether or not the build was skipped.
    """

    models: tuple[ModelResult, ...]
    tests: tuple[DataTestResult, ...]
    skipped: bool
    seconds: float
    missing_tables: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    histories: tuple[HistoryResult, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return plain lists, dicts, texts and numbers."""
        return asdict(self)

    def to_json(self) -> str:
        """Return the same as one line of JSON."""
        return json.dumps(self.to_dict())
