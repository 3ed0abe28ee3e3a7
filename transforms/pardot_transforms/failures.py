"""Errors of the database as errors of ours; none of DuckDB's escapes a build."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pardot_transforms.errors import ModelError, ProjectError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, Error

    from pardot_transforms.project import Model

_REASON_CHARACTERS = 300


@contextmanager
def transaction(connection: DuckDBPyConnection) -> Iterator[None]:
    """Commit what the block did, or nothing of it.

    Raises:
        ProjectError: the database refuses something that is no model, such as the commit itself; or the
            caller has a transaction in progress, which stays as it is.
    """
    import duckdb

    try:
        if _is_in_transaction(connection):
            raise ProjectError("the connection", "A transaction is in progress on it; commit it first")
        connection.execute("begin transaction")
        try:
            yield
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")
    except duckdb.Error as error:
        reason, _ = _reason_and_line(error)
        raise ProjectError("an answer of the database", reason) from error


@contextmanager
def naming(model: Model) -> Iterator[None]:
    """Turn an error of the database into one that names the model, its file and the line."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        reason, line = _reason_and_line(error)
        raise ModelError(model.name, model.file, line, reason) from error


def _is_in_transaction(connection: DuckDBPyConnection) -> bool:
    """Two statements share a transaction only inside one; DuckDB would spoil it if we asked for a second."""
    ids = {tuple(connection.execute("select txid_current()").fetchall()) for _ in range(2)}
    return len(ids) == 1


def _reason_and_line(error: Error) -> tuple[str, int]:
    """Split DuckDB's message, which quotes the statement from `LINE n:` on."""
    import duckdb

    text = str(error)
    line = re.search(r"^LINE (\d+):", text, re.MULTILINE)
    reason = " ".join((text[: line.start()] if line else text).split())
    if isinstance(error, duckdb.DataError):
        # These quote the value that does not fit, and that may be about a person.
        reason = re.sub(r"'[^']*'|\"[^\"]*\"", "…", reason)
    return reason[:_REASON_CHARACTERS].rstrip("."), int(line[1]) if line else 1
