"""The rules that keep the models portable and their results the same in every session.

sqlglot translates the models to other dialects and warns of none of these, so each rule looks at the syntax
tree. Whoever adds a rule adds one entry to `RULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pardot_transforms.graph import parse_model

if TYPE_CHECKING:
    from sqlglot import exp

    from pardot_transforms.project import Model

UTC_SUFFIXES = ("_utc", "_local", "_on")
"""Columns that hold clock times or days without a zone, so that no session can shift them."""

Check = Callable[["exp.Expr"], Iterable["exp.Expr"]]
"""From the tree of a model: the parts that break the rule."""


@dataclass(frozen=True)
class Rule:
    name: str
    instead: str
    check: Check


@dataclass(frozen=True)
class Finding:
    """One part of a model that breaks a rule."""

    model: str
    file: str
    line: int
    rule: str
    message: str


def lint(models: Iterable[Model]) -> list[Finding]:
    """Return every breach of a rule, in the order of models and rules."""
    return [
        Finding(model.name, model.file, _line(part), rule.name, f"`{part.sql('duckdb')}`: {rule.instead}")
        for model in models
        for tree in [parse_model(model)]
        for rule in RULES
        for part in rule.check(tree)
    ]


def _line(part: exp.Expr) -> int:
    """The line of the first name in the part: the parser keeps the places of names only."""
    return min((node.meta["line"] for node in part.walk() if "line" in node.meta), default=1)


def _of_class(*names: str) -> Check:
    """Parts of the given sqlglot classes."""

    def check(tree: exp.Expr) -> Iterator[exp.Expr]:
        from sqlglot import exp

        return tree.find_all(*(getattr(exp, name) for name in names))

    return check


def _called(*prefixes: str) -> Check:
    """Calls of functions that sqlglot has no class for, by the beginning of their name."""

    def check(tree: exp.Expr) -> Iterator[exp.Expr]:
        from sqlglot import exp

        return (call for call in tree.find_all(exp.Anonymous) if call.name.lower().startswith(prefixes))

    return check


def _any_of(*checks: Check) -> Check:
    return lambda tree: [part for check in checks for part in check(tree)]


def _unnamed_columns(tree: exp.Expr) -> Iterator[exp.Expr]:
    from sqlglot import exp

    for select in tree.find_all(exp.Select):
        for column in select.expressions:
            if not isinstance(column, exp.Column | exp.Alias) and not column.is_star:
                yield column


def _stars(tree: exp.Expr) -> Iterator[exp.Expr]:
    from sqlglot import exp

    for select in tree.find_all(exp.Select):
        yield from (column for column in select.expressions if column.is_star)


def _dates_of_the_session(tree: exp.Expr) -> Iterator[exp.Expr]:
    from sqlglot import exp

    for cast in tree.find_all(exp.Cast):
        if cast.is_type(exp.DataType.Type.DATE) and not _is_zoneless(cast.this):
            yield cast
    yield from tree.find_all(exp.TsOrDsToDate, exp.Date)


def _zoned_arithmetic(tree: exp.Expr) -> Iterator[exp.Expr]:
    from sqlglot import exp

    for interval in tree.find_all(exp.Interval):
        parent = interval.parent
        while isinstance(parent, exp.Mul):  # so many intervals are an interval
            parent = parent.parent
        if isinstance(parent, exp.Binary) and not any(_is_zoneless(side) for side in (parent.left, parent.right)):
            yield parent
    for part in tree.find_all(exp.TimestampTrunc, exp.DateTrunc, exp.TimeToStr, exp.Year, exp.Month, exp.Day):
        if not _is_zoneless(part.this):
            yield part
    for extract in tree.find_all(exp.Extract):
        if not _is_zoneless(extract.expression):
            yield extract
    yield from _called("date_part", "datepart", "strftime")(tree)


def _uncast_differences(tree: exp.Expr) -> Iterator[exp.Expr]:
    from sqlglot import exp

    for difference in tree.find_all(exp.DateDiff, exp.TimestampDiff):
        sides = (difference.this, difference.expression)
        if not all(isinstance(side, exp.Cast) and side.is_type(exp.DataType.Type.DATE) for side in sides):
            yield difference


def _is_zoneless(part: exp.Expr) -> bool:
    """Whether the part is a literal, a date, a shift to a named zone, or a column that promises as much."""
    from sqlglot import exp

    if isinstance(part, exp.Column):
        return part.name.endswith(UTC_SUFFIXES)
    if isinstance(part, exp.Cast):
        return part.is_type(exp.DataType.Type.DATE)
    return isinstance(part, exp.AtTimeZone | exp.Literal)


RULES: Sequence[Rule] = (
    Rule("no-round", "leave rounding to the reader, databases differ on doubles", _of_class("Round")),
    Rule("no-split-part", "use substr and strpos", _of_class("SplitPart", "Split")),
    Rule("no-filter", "use sum(case …)", _of_class("Filter")),
    Rule("no-integer-division", "cast and divide with /", _of_class("IntDiv")),
    Rule("no-try-cast", "type in staging, where a failure shows", _of_class("TryCast")),
    Rule(
        "no-epoch",
        "subtract _utc times",
        _any_of(_of_class("TimeToUnix", "UnixToTime"), _called("epoch")),
    ),
    Rule(
        "no-quantile",
        "leave quantiles to the reader",
        _any_of(
            _of_class("PercentileCont", "PercentileDisc", "Quantile", "ApproxQuantile", "Median"),
            _called("quantile"),
        ),
    ),
    Rule(
        "no-lists",
        "keep one row per value",
        _any_of(
            _of_class("Array", "ArrayAgg", "List", "Unnest", "Explode", "ArraySize"),
            _called("list_", "array_", "list"),
        ),
    ),
    Rule("no-arg-max", "join the row that you want, or number rows", _of_class("ArgMax", "ArgMin")),
    Rule("no-star", "name the columns", _stars),
    Rule("alias-columns", "give the column a name", _unnamed_columns),
    Rule("utc-date", "use cast(… at time zone 'UTC' as date)", _dates_of_the_session),
    Rule("utc-arithmetic", "calculate on a column that ends in _utc", _zoned_arithmetic),
    Rule("cast-before-date-diff", "cast both sides to date", _uncast_differences),
    Rule(
        "no-wall-clock",
        "use as_of, the latest activity in the data",
        _any_of(
            _of_class("CurrentDate", "CurrentTime", "CurrentTimestamp", "CurrentDatetime", "Localtimestamp"),
            _called("now", "today", "get_current"),
        ),
    ),
)
