"""Text of a cell -> a typed value: the SQL expressions that give every cell its declared type. Pure.

No cell of another type than text is the empty text: `text_files` reads those as NULL.

A value is taken only when the text says exactly it: DuckDB's own casts would round 1.5 to a whole number, read `nan`
and `infinity`, and move a time that a change of clocks skips to another one.
"""

from __future__ import annotations

from ..catalogue import Field, Type
from ..naming import quote_identifier, quote_text

KEY = "id"
_SQL_TYPES = {
    Type.BIGINT: "BIGINT",
    Type.BOOLEAN: "BOOLEAN",
    Type.DOUBLE: "DOUBLE",
    Type.TEXT: "VARCHAR",
    Type.TIMESTAMP: "TIMESTAMPTZ",
}


def typed_cell(field: Field, time_zone: str | None, *, strict: bool) -> str:
    """Return the expression of a cell's value; a misfit fails when `strict`, else it is NULL.

    Args:
        time_zone: the zone of times without an offset; when None they are misfits.
    """
    cell = quote_identifier(field.column)
    if field.type is Type.TEXT:
        return cell
    cast = "CAST" if strict else "TRY_CAST"
    if field.type is Type.BIGINT:
        return _whole_number(cell, cast)
    if field.type is Type.DOUBLE:
        number = f"{cast}({cell} AS DOUBLE)"
        return _insist(f"isfinite({number})", cell, number, "a number that is not finite", cast)
    if field.type is Type.TIMESTAMP:
        return _instant(cell, time_zone, cast)
    return f"{cast}({cell} AS {_SQL_TYPES[field.type]})"


def is_misfit(field: Field, time_zone: str | None) -> str:
    """Return the condition under which a cell has a text that its type cannot hold."""
    cell = quote_identifier(field.column)
    return f"({cell} IS NOT NULL AND {typed_cell(field, time_zone, strict=False)} IS NULL)"


def misfit_reason(field: Field) -> str:
    """Return why a cell was set aside, in words."""
    what = "time that exists" if field.type is Type.TIMESTAMP else _SQL_TYPES[field.type]
    return f"{field.name} is no {what}"


def lacks_zone(field: Field) -> str:
    """Return the condition under which a cell is a time that only `sources.pardot.time_zone` would make an instant."""
    cell = quote_identifier(field.column)
    return f"({_is_local_time(cell)} AND TRY_CAST({cell} AS TIMESTAMP) IS NOT NULL)"


def _insist(condition: str, text: str, value: str, misfit: str, cast: str) -> str:
    """Return the value where the condition holds or there is no text, and a misfit elsewhere."""
    otherwise = f"error({quote_text(misfit)})" if cast == "CAST" else "NULL"
    return f"CASE WHEN {condition} OR {text} IS NULL THEN {value} ELSE {otherwise} END"


def _whole_number(text: str, cast: str) -> str:
    """Return the expression for an integer; DuckDB's own cast would round 1.5 to 2 and read 1e-1 as 0."""
    is_whole = f"NOT (contains({text}, '.') OR contains(lower({text}), 'e')) OR regexp_matches({text}, '^\\s*0[xX]')"
    number = f"{cast}({text} AS BIGINT)"
    return _insist(is_whole, text, number, "a number that is not written as a whole one", cast)


def _instant(text: str, time_zone: str | None, cast: str) -> str:
    """Return the expression for an instant: its own offset decides, else the API user's zone.

    A text is taken to have an offset when, after the 10 characters of a date, it ends in `Z` or has a sign.
    """
    # The usual shapes come first: testing them costs a fraction of the general rule.
    is_usual = f"{text}[20] IN ('+', '-', 'Z')"
    rest = f"substr({text}, 11)"
    has_offset = f"(right({rest}, 1) = 'Z' OR contains({rest}, '+') OR contains({rest}, '-'))"
    with_offset = f"{cast}({text} AS TIMESTAMPTZ)"
    if time_zone is not None:
        local = _local_instant(text, time_zone, cast)
    elif cast == "CAST":
        local = "error('a time without an offset, and sources.pardot.time_zone is not set')"
    else:
        local = "NULL"
    only_hours = quote_text(r"\d{4}-\d\d-\d\d[T ]\d\d(Z|[+-].*)")
    full = f"concat(substr({text}, 1, 13), ':00', substr({text}, 14))"  # DuckDB reads no hour without its minutes
    return (
        f"CASE WHEN {is_usual} THEN {with_offset} WHEN {text} IS NULL THEN NULL "
        f"WHEN regexp_full_match({text}, {only_hours}) THEN {cast}({full} AS TIMESTAMPTZ) "
        f"WHEN {has_offset} THEN {with_offset} ELSE {local} END"
    )


def _local_instant(text: str, time_zone: str, cast: str) -> str:
    """Return the expression for the instant of a zone's local time.

    Where clocks go forward some local times do not exist; there and back again shows it, and they are misfits. Where
    clocks go back some exist twice; the text does not tell which is meant, and the later instant is taken.
    """
    zone, local = quote_text(time_zone), f"{cast}({text} AS TIMESTAMP)"
    instant = f"timezone({zone}, {local})"
    exists = f"{_is_local_time(text)} AND timezone({zone}, {instant}) = {local}"
    return _insist(exists, text, instant, "a time that its zone does not have", cast)


def _is_local_time(text: str) -> str:
    """Return the condition under which a text is written as a date, or a date and time, and nothing else."""
    usual = f"{text} LIKE '____-__-__ __:__:__' OR {text} LIKE '____-__-__T__:__:__'"
    pattern = quote_text(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?")
    return f"({usual} OR regexp_full_match({text}, {pattern}))"
