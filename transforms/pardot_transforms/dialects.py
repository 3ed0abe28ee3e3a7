"""The models in the SQL of other databases: what sqlglot translates, and what it passes over in silence.

The rules of `lint.py` keep models to what can be translated. Where the other database would accept a translation and
mean something else, the part is rewritten here first. No session's time zone decides anything in what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from pardot_transforms.errors import ModelError
from pardot_transforms.graph import parse_model

if TYPE_CHECKING:
    from sqlglot import exp

    from pardot_transforms.project import Model

OURS = "duckdb"
"""What the models are written in."""

DIALECTS: Sequence[str] = (OURS, "postgres", "spark", "databricks", "snowflake")

SPACES = "\u0020\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
"""What DuckDB's `trim` takes away, the separators of Unicode; elsewhere it is the ordinary space alone."""

TYPES: Mapping[str, Mapping[str, str]] = {
    OURS: {"timestamptz": "timestamp with time zone"},
    "postgres": {
        "timestamptz": "timestamp with time zone",
        "varchar": "character varying",
        "double": "double precision",
    },
    "spark": {"timestamptz": "timestamp", "varchar": "string"},
    "databricks": {"timestamptz": "timestamp", "varchar": "string"},
    "snowflake": {"timestamptz": "timestamp_tz", "varchar": "text", "double": "float", "bigint": "number(38, 0)"},
}
"""Declared types of raw columns -> what the database calls them when asked, where that differs."""

Rewrite = Callable[["exp.Expr"], "exp.Expr"]


def translate(model: Model, relations: Mapping[str, str], dialect: str, *, around: Callable[[str], str] = str) -> str:
    """Return a model in another dialect, each relation that it mentions as `relations` has it.

    The lines of comment that it begins with stay as they are; other comments stay where sqlglot puts them.

    Args:
        around: is given the text around the relations, and returns what to write instead.

    Raises:
        ModelError: the dialect has no words for a part of the model.
    """
    tree = parse_model(model).copy()
    names = _hide_relations(tree, relations)
    heading = _heading(model.sql)
    _first_comments(tree, heading)
    text = heading + _generate(_rewritten(tree, dialect), dialect, model) + "\n"
    return _reveal(around(text), names)


def translate_expression(sql: str, model: Model, dialect: str) -> str:
    """Return an expression over a model's columns, such as a data test has, in another dialect."""
    import sqlglot

    return _generate(_rewritten(sqlglot.parse_one(sql, read=OURS), dialect), dialect, model, pretty=False)


def translate_query(sql: str, model: Model, relations: Sequence[str], dialect: str) -> str:
    """Return a query over relations that are written out, such as a data test is, in another dialect."""
    import sqlglot

    marks = {_mark(number): relation for number, relation in enumerate(relations)}
    for mark, relation in marks.items():
        sql = sql.replace(relation, mark)
    tree = sqlglot.parse_one(sql, read=OURS)
    return _reveal(_generate(_rewritten(tree, dialect), dialect, model, pretty=False), marks)


def _generate(tree: exp.Expr, dialect: str, model: Model, *, pretty: bool = True) -> str:
    from sqlglot import ErrorLevel, errors

    try:
        return tree.sql(dialect, pretty=pretty, unsupported_level=ErrorLevel.RAISE)
    except errors.SqlglotError as error:
        raise ModelError(model.name, model.file, 1, f"It cannot be said in {dialect}: {error}") from error


# Relations: what stands for them need not be SQL, so it is put in when the rest is done.


def _mark(number: int) -> str:
    return f"relation_{number}_of_it"


def _hide_relations(tree: exp.Expr, relations: Mapping[str, str]) -> dict[str, str]:
    """Put a mark in the place of each relation, and return what each mark stands for.

    Each gets the alias that it has without saying so: not every database lets a query in its place go without.
    """
    from sqlglot import exp

    marks: dict[str, str] = {}
    for table in list(tree.find_all(exp.Table)):
        name = ".".join(part.name for part in table.parts)
        if name in relations:
            mark = _mark(len(marks))
            marks[mark] = relations[name]
            alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name))
            table.replace(exp.Table(this=exp.to_identifier(mark), alias=alias, joins=table.args.get("joins")))
    return marks


def _reveal(sql: str, marks: Mapping[str, str]) -> str:
    return re.sub(r"relation_\d+_of_it", lambda found: marks[found[0]], sql)


# Comments.


def _heading(sql: str) -> str:
    """Return the lines of comment that a model begins with."""
    found = re.match(r"(--[^\n]*\n)+", sql)
    return found[0] if found else ""


def _first_comments(tree: exp.Expr, heading: str) -> None:
    """Take the heading from the tree, in which it is one comment among others."""
    lines = {line.removeprefix("--").strip() for line in heading.splitlines()}
    for node in tree.walk():
        if node.comments:
            node.comments = [comment for comment in node.comments if comment.strip() not in lines]


# What would mean something else.


def _rewritten(tree: exp.Expr, dialect: str) -> exp.Expr:
    """Return the tree with every part rewritten that the dialect has an entry for, inner parts first."""
    from sqlglot import exp

    rewrites: dict[type[exp.Expr], Rewrite] = {exp.Trim: _trim_as_here}
    if dialect == "postgres":
        rewrites |= {exp.TimestampTrunc: _trunc_of_timestamp, exp.DateTrunc: _trunc_of_timestamp}
    if dialect in ("spark", "databricks"):
        rewrites |= {
            exp.AtTimeZone: _clock_of_spark,
            exp.TimestampTrunc: _trunc_of_spark,
            exp.DateTrunc: _trunc_of_spark,
        }
    for node in reversed(list(tree.walk(bfs=True))):
        rewrite = rewrites.get(type(node))
        if rewrite is not None:
            new = rewrite(node)
            if node is tree:
                tree = new
            else:
                node.replace(new)
    return tree


def _trim_as_here(trim: exp.Expr) -> exp.Expr:
    from sqlglot import exp

    if trim.args.get("expression"):
        return trim
    return exp.Trim(this=trim.this.copy(), expression=exp.Literal.string(SPACES))


def _trunc_of_timestamp(trunc: exp.Expr) -> exp.Expr:
    """PostgreSQL takes a date for midnight in the session's zone."""
    from sqlglot import exp

    return exp.TimestampTrunc(this=exp.cast(trunc.this.copy(), "timestamp"), unit=trunc.args["unit"].copy())


def _clock_of_spark(shift: exp.Expr) -> exp.Expr:
    """Spark shifts an instant to another instant, which a session then shows in its own zone; so count on a clock
    without one, from the instant's own number."""
    from sqlglot import exp

    utc = exp.func(
        "timestampadd", exp.var("MICROSECOND"), exp.func("unix_micros", shift.this.copy()), _epoch(), dialect=None
    )
    zone = shift.args["zone"]
    if isinstance(zone, exp.Literal) and zone.name == "UTC":
        return utc
    return exp.func("convert_timezone", exp.Literal.string("UTC"), zone.copy(), utc)


def _epoch() -> exp.Expr:
    from sqlglot import exp

    return exp.cast(exp.Literal.string("1970-01-01 00:00:00"), "timestampntz")


def _trunc_of_spark(trunc: exp.Expr) -> exp.Expr:
    """Spark's `date_trunc` takes a clock time for one of the session's zone; its `trunc` is of dates."""
    from sqlglot import exp

    unit = exp.Literal.string(trunc.args["unit"].name)
    return exp.cast(exp.Anonymous(this="trunc", expressions=[trunc.this.copy(), unit]), "timestampntz")
