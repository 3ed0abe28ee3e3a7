"""The one place where names and texts become SQL."""

from __future__ import annotations


def identifier(name: str) -> str:
    """Return the name as a quoted SQL identifier, whatever characters it has."""
    if not name or "\0" in name:
        raise ValueError(f"not a name that a database can hold: {name!r}")
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str, name: str) -> str:
    """Return `schema.name` with both parts quoted."""
    return f"{identifier(schema)}.{identifier(name)}"


def literal(text: str) -> str:
    """Return the text as an SQL string; for statements that take no parameters, such as COMMENT ON."""
    return "'" + text.replace("'", "''") + "'"


def statement(template: str, **fragments: str) -> str:
    """Fill a statement's `{places}` with fragments that are SQL already, such as quoted names."""
    return template.format_map(fragments)
