"""SQL statements with a comment of their own, as questions and macros are kept: read from files, moved to a dataset."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pardot_transforms.errors import ProjectError
from pardot_transforms.quoting import identifier

_SCHEMA = re.compile(r"(?<![\w.\"'])pardot(_marts|_history)?\.(?=[a-z_])")


@dataclass(frozen=True)
class Statement:
    """One statement without its semicolon, and what the lines of comment above it say."""

    text: str
    sql: str


@dataclass(frozen=True)
class Dataset:
    """Where a reader has the tables: statements are written for `pardot`, `pardot_marts` and `pardot_history`."""

    name: str = "pardot"
    database: str | None = None
    """What the opened file is called, where that has to be said: in one called like its raw schema, `pardot.prospects`
    is ambiguous to DuckDB."""

    @property
    def marts(self) -> str:
        return f"{self.name}_marts"

    @property
    def histories(self) -> str:
        return f"{self.name}_history"

    def place(self, sql: str) -> str:
        """Return a statement of ours with the schemas of this dataset."""
        database = "" if self.database is None else f"{_plain(self.database)}."

        def schema(found: re.Match[str]) -> str:
            suffix = found[1] or ""
            return f"{'' if suffix else database}{_plain(self.name + suffix)}."

        return _SCHEMA.sub(schema, sql)


def read_statements(path: Path) -> Iterator[Statement]:
    """Yield the statements of a file; each begins with its comment and ends with a semicolon at the end of a line.

    Raises:
        ProjectError: a statement has no comment above it, or does not end.
    """
    parts = re.split(r";[ \t]*(?:\n|$)", path.read_text(encoding="utf-8"))
    if parts.pop().strip():
        raise ProjectError(path.name, "Its last statement does not end with a semicolon")
    for part in parts:
        lines = part.strip().splitlines()
        count = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
        text = " ".join(line.removeprefix("--").strip() for line in lines[:count])
        sql = "\n".join(lines[count:]).strip()
        if not text or not sql:
            raise ProjectError(path.name, "Every statement begins with a comment that says what it is")
        yield Statement(text, sql)


def _plain(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else identifier(name)
