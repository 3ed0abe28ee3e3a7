"""Errors of the reporting build; each says what did not happen, the evidence, and what to do next.

    TransformError
      ProjectError        a schema.yml or sources.yml, an argument, or the database
      ModelError          a model cannot be read, ordered or built
      DataTestError       a model was built and its rows break a data test

Every one of them leaves the reporting tables of the last good build as they were.
"""

from __future__ import annotations

from collections.abc import Sequence

UNCHANGED = "The reporting tables of the last good build are unchanged"


class TransformError(Exception):
    """The reporting tables were not rebuilt."""


class ProjectError(TransformError):
    """Something that is no model cannot be used: a declaration, an argument, the database itself."""

    def __init__(self, subject: str, reason: str) -> None:
        super().__init__(subject, reason)
        self.subject = subject
        self.reason = reason

    def __str__(self) -> str:
        return f"The reporting tables were not rebuilt because of {self.subject}. {self.reason}. {UNCHANGED}."


class ModelError(TransformError):
    """A model cannot be read, ordered or built; `file` is relative to the models folder, `line` from 1."""

    def __init__(self, model: str, file: str, line: int, reason: str) -> None:
        super().__init__(model, file, line, reason)
        self.model = model
        self.file = file
        self.line = line
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"Model {self.model} was not built ({self.file}, line {self.line}). {self.reason}. "
            f"{UNCHANGED}; mend the model and build again."
        )


class DataTestError(TransformError):
    """The rows of a freshly built model break a data test; `keys` are at most three, ids only.

    Rows of a rule come from its file, those of any other model from the raw tables.
    """

    def __init__(self, model: str, test: str, failing_rows: int, keys: Sequence[str], is_rule: bool = False) -> None:
        super().__init__(model, test, failing_rows, tuple(keys), is_rule)
        self.model = model
        self.test = test
        self.failing_rows = failing_rows
        self.keys = tuple(keys)
        self.is_rule = is_rule

    def __str__(self) -> str:
        keys = f", for instance {', '.join(self.keys)}" if self.keys else ""
        rows = "row breaks" if self.failing_rows == 1 else "rows break"
        kind, step = (
            ("The rule", "mend the rule") if self.is_rule else ("Model", "look at those rows in the raw tables")
        )
        return (
            f"{kind} {self.model} was not published. "
            f"{self.failing_rows} {rows} its data test {self.test}{keys}. "
            f"{UNCHANGED}; {step} and build again."
        )
