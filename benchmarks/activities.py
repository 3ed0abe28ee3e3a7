"""What the benchmarks know about the table `visitor_activities`: its columns, in order, with their types."""

from __future__ import annotations

from pardot.catalogue import Type, select_entries

TABLE = "visitor_activities"
_SQL_TYPES = {
    Type.BIGINT: "BIGINT",
    Type.BOOLEAN: "BOOLEAN",
    Type.DOUBLE: "DOUBLE",
    Type.TEXT: "VARCHAR",
    Type.TIMESTAMP: "TIMESTAMPTZ",
}

_ENTRY = select_entries([TABLE])[0]
FIELDS = [field.name for field in _ENTRY.fields]
"""The API's names."""
COLUMNS = {field.column: _SQL_TYPES[field.type] for field in _ENTRY.fields}
"""The columns with their SQL types, in the same order."""
