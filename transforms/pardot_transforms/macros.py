"""DuckDB macros for what is asked again and again: rates over several rows, and tables as they were.

They are no part of the build: whoever publishes installs them in the published file, beside the reporting tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pardot_transforms.errors import ProjectError
from pardot_transforms.quoting import literal, qualified, statement
from pardot_transforms.statements import Dataset, read_statements

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FOLDER = Path(__file__).parent / "macros"
_HEAD = re.compile(r"CREATE MACRO pardot_marts\.(\w+)\(([\w, ]+)\) AS( TABLE)?\n")
_READ = re.compile(r"FROM (pardot_marts|pardot_history)\.(\w+)")


@dataclass(frozen=True)
class Macro:
    """One macro: what it says in words, how it is called, and the statement that makes it."""

    name: str
    parameters: tuple[str, ...]
    text: str
    sql: str
    reads: tuple[str, str] | None
    """Schema and table that a table macro reads; None for one that computes a value."""

    @property
    def is_table(self) -> bool:
        return self.reads is not None

    @property
    def call(self) -> str:
        return f"{self.name}({', '.join(self.parameters)})"


def macros() -> list[Macro]:
    """Return all macros, those that compute a value first.

    Raises:
        ProjectError: a file of macros is malformed.
    """
    return [
        _parse(path, each.text, each.sql) for path in sorted(FOLDER.glob("*.sql")) for each in read_statements(path)
    ]


def install(connection: DuckDBPyConnection, dataset: Dataset) -> list[str]:
    """Make the macros in the schema of the reporting tables, described, and return their names.

    A macro whose table is not there is left out. Those that are there already are made anew.
    """
    found = set(
        connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
        ).fetchall()
    )
    installed = []
    for macro in macros():
        if macro.reads is not None:
            schema, table = macro.reads
            if (dataset.name + schema.removeprefix("pardot"), table) not in found:
                continue
        kind = "macro table" if macro.is_table else "macro"
        path = qualified(dataset.marts, macro.name)
        create = macro.sql.replace("CREATE MACRO", "CREATE OR REPLACE MACRO", 1)
        connection.execute(dataset.place(create))
        comment = "comment on {kind} {path} is {text}"
        connection.execute(statement(comment, kind=kind, path=path, text=literal(f"{macro.call}: {macro.text}")))
        installed.append(macro.name)
    return installed


def _parse(path: Path, text: str, sql: str) -> Macro:
    head = _HEAD.match(sql)
    read = _READ.search(sql)
    if head is None or bool(head[3]) != bool(read):
        raise ProjectError(path.name, "It should hold CREATE MACRO pardot_marts.name(parameters) AS, or AS TABLE")
    parameters = tuple(name.strip() for name in head[2].split(","))
    return Macro(head[1], parameters, text, sql, (read[1], read[2]) if read else None)
