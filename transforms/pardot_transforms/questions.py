"""Questions that people ask of the tables, each with its answer in SQL: for documents, and to be tried by the tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pardot_transforms.statements import read_statements

Part = Literal["marts", "raw", "history"]
PARTS: tuple[Part, ...] = ("marts", "raw", "history")
FOLDER = Path(__file__).parent / "questions"


@dataclass(frozen=True)
class Question:
    """What somebody wants to know of one table, and a SELECT that says it; other tables may help."""

    part: Part
    table: str
    number: int
    """From 1, in the order of the file."""
    text: str
    sql: str

    @property
    def label(self) -> str:
        return f"{self.table}-{self.number}"


def questions() -> list[Question]:
    """Return all questions, those of the reporting tables first, by table.

    Raises:
        ProjectError: a file of questions is malformed.
    """
    return [
        Question(part, path.stem, number, each.text, each.sql)
        for part in PARTS
        for path in sorted((FOLDER / part).glob("*.sql"))
        for number, each in enumerate(read_statements(path), 1)
    ]
