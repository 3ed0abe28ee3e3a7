"""What a database file says of itself: comments on raw tables and columns, and macros beside the reporting tables.

The build describes reporting tables and histories; raw tables are made by dlt, which writes no comments. They get
theirs in the working file, where they stay. Macros stand in the snapshot alone: in the working file nothing may depend
on a table that is made anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pardot.naming import quote_identifier, quote_text
from pardot.objects.descriptions import describe_column, raw_tables
from pardot_transforms.macros import install
from pardot_transforms.statements import Dataset

from .database import connect
from .labels import label
from .neighbours import DRAFT

if TYPE_CHECKING:
    import duckdb

_BOOKKEEPING = {
    ("_marts", "_build"): "Bookkeeping: what the reporting tables were built from, and when.",
    ("_history", "_seen"): "Bookkeeping: the loads that each history has recorded.",
}


def describe_raw_tables(db: duckdb.DuckDBPyConnection, dataset: str) -> int:
    """Comment on the raw tables and the bookkeeping of a dataset, and return how many comments differed."""
    wanted = dict(_wanted(db, dataset))
    there = {(schema, table, column): text for schema, table, column, text in _comments(db, dataset)}
    database = str(db.execute("SELECT current_database()").fetchall()[0][0])
    differing = {path: text for path, text in wanted.items() if there.get(path) != text}
    if differing:
        db.begin()
        for (schema, table, column), text in differing.items():
            path = ".".join(map(quote_identifier, (database, schema, table, *([column] if column else []))))
            kind = "COLUMN" if column else "TABLE"
            db.execute(f"COMMENT ON {kind} {path} IS {quote_text(text)}")
        db.commit()
    return len(differing)


def install_macros(path: Path, schemas: Collection[str]) -> None:
    """Install the macros in a database file, for each dataset of these schemas that has reporting tables.

    Raises:
        StorageError: the file cannot be written.
    """
    with connect(Path(":memory:")) as db:
        # Under its own name a file called like its raw schema would make that ambiguous.
        db.execute(f"ATTACH {quote_text(str(path))} AS {DRAFT}")
        db.execute(f"USE {DRAFT}")
        found = db.execute("SELECT schema_name FROM duckdb_schemas() WHERE database_name = ?", [DRAFT]).fetchall()
        db.begin()
        for (schema,) in found:
            if schema in schemas and schema.endswith("_marts"):
                install(db, Dataset(schema.removesuffix("_marts")))
        db.commit()
        db.execute(f"CHECKPOINT {DRAFT}")


def custom_labels(db: duckdb.DuckDBPyConnection, dataset: str) -> dict[str, str]:
    """Return the labels of custom fields by the column that they are in, as Account Engagement has them today.

    Users write them: what is invisible or changes the direction of a text is left out, and so are addresses.
    """
    columns = {column for _, table, column, _ in _comments(db, dataset) if table == "custom_fields"}
    if not {"field_id", "name"} <= columns:
        return {}
    database = str(db.execute("SELECT current_database()").fetchall()[0][0])
    found = db.execute(
        f"SELECT lower(field_id) || '__c', name FROM {quote_identifier(database)}.{quote_identifier(dataset)}"
        ".custom_fields WHERE field_id IS NOT NULL AND name IS NOT NULL ORDER BY id"
    )
    return {column: label(name, column) for column, name in found.fetchall()}


_Path = tuple[str, str, str | None]
"""Schema, table and column; no column for a table."""


def _wanted(db: duckdb.DuckDBPyConnection, dataset: str) -> Iterator[tuple[_Path, str]]:
    labels, texts = custom_labels(db, dataset), raw_tables()
    for schema, table, column, _ in _comments(db, dataset):
        if schema != dataset:
            text = _BOOKKEEPING.get((schema.removeprefix(dataset), table)) if column is None else None
        elif column is None:
            text = texts[table].description if table in texts else None
        else:
            text = describe_column(table, column, labels)
        if text is not None:
            yield (schema, table, column), text


def _comments(db: duckdb.DuckDBPyConnection, dataset: str) -> list[tuple[str, str, str | None, str | None]]:
    """Return every table of a dataset, and every column, with the comment that it has."""
    return db.execute(
        "SELECT schema_name, table_name, NULL, comment FROM duckdb_tables() "
        "WHERE database_name = current_database() AND schema_name IN ($1, $2, $3) "
        "UNION ALL SELECT schema_name, table_name, column_name, c.comment FROM duckdb_columns() AS c "
        "WHERE database_name = current_database() AND schema_name = $1",
        [dataset, f"{dataset}_marts", f"{dataset}_history"],
    ).fetchall()
