"""Rules that people change: what is wrong with one is told before anything is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pardot_transforms.data_tests import run_data_tests
from pardot_transforms.errors import ProjectError
from pardot_transforms.quoting import statement

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from pardot_transforms.project import Model

FITTING: Mapping[str, frozenset[str]] = {
    "bigint": frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT"}),
    "varchar": frozenset({"VARCHAR"}),
    "boolean": frozenset({"BOOLEAN"}),
}
"""A declared type -> those that a column of a rule may have: who writes a number need not cast it."""

_OF_OTHER_MODELS = "relationships"


def insist_on_rule(connection: DuckDBPyConnection, relation: str, model: Model) -> None:
    """Check a rule that has just been made: its columns, their types, its rows, and all data tests of its own.

    Raises:
        ProjectError: it has other columns than it should, of other types, or not one row where it should have one.
        DataTestError: it has a value that it may not have.
    """
    subject = f"the rule {model.name}"
    types = {
        row[0]: row[1] for row in connection.execute(statement("describe {relation}", relation=relation)).fetchall()
    }
    if missing := [name for name in model.columns if name not in types]:
        raise ProjectError(subject, f"It lacks {', '.join(missing)}; its columns are {', '.join(model.columns)}")
    if unknown := [name for name in types if name not in model.columns]:
        raise ProjectError(subject, f"It has no column {', '.join(unknown)}; known are {', '.join(model.columns)}")
    for name, declared in model.types.items():
        if types[name] not in FITTING[declared]:
            reason = f"Its column {name} is {types[name]} and should be {declared}, as in cast(… as {declared})"
            raise ProjectError(subject, reason)
    if model.has_one_row:
        count = connection.execute(statement("select count(*) from {relation}", relation=relation)).fetchone()
        rows = count[0] if count else 0
        if rows != 1:
            raise ProjectError(subject, f"It has {rows} rows and should have one")
    own = tuple(test for test in model.tests if test.kind != _OF_OTHER_MODELS)
    run_data_tests(connection, replace(model, tests=own), {model.name: relation})
