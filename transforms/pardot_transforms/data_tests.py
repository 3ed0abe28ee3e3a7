"""The four data tests of dbt, and one of dbt_utils, as queries for the rows that fail.

Of a relation that has passed them before only what is new is tested, with the old rows that it may contradict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import TYPE_CHECKING

from pardot_transforms.errors import DataTestError, ProjectError
from pardot_transforms.quoting import identifier, literal, statement
from pardot_transforms.result import DataTestResult

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from pardot_transforms.project import DataTest, History, Model

SHOWN_KEYS = 3

FailingRows = Callable[["DataTest", str, str, Mapping[str, str], "str | None"], str]
"""From a test, its model's relation, the key to show, all relations by name, and the rows that are new if not all are:
a SELECT of failing keys."""


def run_data_tests(
    connection: DuckDBPyConnection, model: Model | History, relations: Mapping[str, str], fresh: str | None = None
) -> tuple[DataTestResult, ...]:
    """Run all data tests of a relation; those that look at one row at a time read it once together.

    Args:
        fresh: a relation of all its rows that may not have been there when it last passed these tests, `""` where there
            are none; without it all rows are tested.

    Raises:
        DataTestError: some row fails; it names up to three of them by the model's key.
        ProjectError: the kind of a test is not one of these.
    """
    started = perf_counter()
    together = [test for test in model.tests if test.kind in BROKEN_BY]
    relation = relations[model.name] if fresh is None else fresh
    counts = ", ".join(
        statement("count(case when {broken} then 1 end)", broken=BROKEN_BY[test.kind](test)) for test in together
    )
    found = (
        connection.execute(statement("select {counts} from {relation}", counts=counts, relation=relation)).fetchone()
        if together and relation
        else None
    )
    sound = [test for test, rows in zip(together, found or [0] * len(together), strict=True) if not rows]
    sound += [test for test in model.tests if fresh == "" and test.kind in OF_ITSELF]
    seconds = (perf_counter() - started) / max(1, len(together))
    return tuple(
        DataTestResult(model.name, test.label, seconds)
        if test in sound
        else _run_data_test(connection, model, test, relations, fresh)
        for test in model.tests
    )


def _run_data_test(
    connection: DuckDBPyConnection,
    model: Model | History,
    test: DataTest,
    relations: Mapping[str, str],
    fresh: str | None,
) -> DataTestResult:
    started = perf_counter()
    failing = failing_rows(model, test, relations, fresh)
    count = connection.execute(statement("select count(*) from ({failing})", failing=failing)).fetchone()
    rows = count[0] if count else 0
    if rows:
        keys = connection.execute(
            statement("select failing_key from ({failing}) order by 1", failing=failing)
        ).fetchmany(SHOWN_KEYS)
        raise DataTestError(model.name, test.label, rows, [str(key) for (key,) in keys], model.is_rule)
    return DataTestResult(model.name, test.label, perf_counter() - started)


def failing_rows(model: Model | History, test: DataTest, relations: Mapping[str, str], fresh: str | None = None) -> str:
    """Return the SELECT of the keys that break a data test.

    Raises:
        ProjectError: the kind of test is not one of the five.
    """
    if test.kind not in FAILING_ROWS:
        known = ", ".join(FAILING_ROWS)
        subject = f"the data tests of {model.name}"
        raise ProjectError(subject, f"There is no test {test.kind}; known are {known}")
    return FAILING_ROWS[test.kind](test, relations[model.name], model.key or "null", relations, fresh)


def _one_row_at_a_time(test: DataTest, relation: str, key: str, _: Mapping[str, str], _fresh: str | None) -> str:
    return statement(
        "select {key} as failing_key from {relation} where {broken}",
        key=key,
        relation=relation,
        broken=BROKEN_BY[test.kind](test),
    )


def _not_null(test: DataTest) -> str:
    return statement("{target} is null", target=_target(test))


def _unique(test: DataTest, relation: str, _key: str, _: Mapping[str, str], fresh: str | None) -> str:
    """As in dbt, a missing value repeats nothing; `not_null` is a test of its own."""
    return statement(
        "select {target} as failing_key from {relation} where {target} is not null{among} "
        "group by {target} having count(*) > 1",
        relation=relation,
        target=_target(test),
        among=_among(_target(test), fresh),
    )


def _accepted_values(test: DataTest) -> str:
    values = ", ".join(literal(str(value)) for value in test.arguments["values"])
    return statement("{target} not in ({values})", target=_target(test), values=values)


def _relationships(test: DataTest, relation: str, key: str, relations: Mapping[str, str], _fresh: str | None) -> str:
    """`to` names the other model plainly or, as dbt writes it, in ref('…').

    All rows are looked up, also where none is new: the other model may have lost some.
    """
    other = test.arguments["to"].removeprefix("ref('").removesuffix("')")
    if other not in relations:
        raise ProjectError(f"the data test {test.label}", f"There is no model {other}")
    return statement(
        "select {key} as failing_key from {relation} where {target} is not null "
        "and {target} not in (select {field} from {other} where {field} is not null)",
        key=key,
        relation=relation,
        target=_target(test),
        other=relations[other],
        field=identifier(test.arguments["field"]),
    )


def _mutually_exclusive_ranges(test: DataTest, relation: str, key: str, _: Mapping[str, str], fresh: str | None) -> str:
    """Ranges of a key follow each other without gap or overlap, each has a length, and the last one is open."""
    lower, upper = (identifier(test.arguments[f"{bound}_bound_column"]) for bound in ("lower", "upper"))
    if test.arguments.get("gaps") != "not_allowed":
        raise ProjectError(f"the data test {test.label}", "Only ranges with gaps: not_allowed are known")
    return statement(
        "select {key} as failing_key from (select *, lead({lower}) over (partition by {target} order by {lower}) "
        "as next_lower from {relation} where true{among}) as ranges where {lower} is null or {lower} >= {upper} "
        "or {upper} is distinct from next_lower",
        key=key,
        relation=relation,
        target=_target(test),
        among=_among(_target(test), fresh),
        lower=lower,
        upper=upper,
    )


def _among(target: str, fresh: str | None) -> str:
    """Return the rest of a condition: the value of the target is that of some new row."""
    return (
        ""
        if fresh is None
        else statement(" and {target} in (select {target} from {fresh})", target=target, fresh=fresh)
    )


def _target(test: DataTest) -> str:
    """A column is quoted; the `column_name` of a test of the whole model is SQL and stays as written."""
    return test.target if "column_name" in test.arguments else identifier(test.target)


BROKEN_BY: Mapping[str, Callable[[DataTest], str]] = {"not_null": _not_null, "accepted_values": _accepted_values}
"""The tests of single rows: from a test, the condition on a row that breaks it."""

OF_ITSELF = (*BROKEN_BY, "unique", "dbt_utils.mutually_exclusive_ranges")
"""The tests that look at nothing but the model."""

FAILING_ROWS: Mapping[str, FailingRows] = {
    "not_null": _one_row_at_a_time,
    "unique": _unique,
    "accepted_values": _one_row_at_a_time,
    "relationships": _relationships,
    "dbt_utils.mutually_exclusive_ranges": _mutually_exclusive_ranges,
}
