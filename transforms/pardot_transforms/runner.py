"""Build the reporting tables: all of them, tested, in one transaction, or none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from pardot_transforms.data_tests import run_data_tests
from pardot_transforms.errors import ProjectError
from pardot_transforms.failures import naming, transaction
from pardot_transforms.graph import build_graph
from pardot_transforms.histories import Histories
from pardot_transforms.increments import Increments
from pardot_transforms.places import Places
from pardot_transforms.project import Model, Project, load_project
from pardot_transforms.raw import Inputs, changed_rows, read_inputs, read_raw_tables
from pardot_transforms.result import BuildResult, DataTestResult, ModelResult

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def build(
    connection: DuckDBPyConnection,
    *,
    raw_schema: str = "pardot",
    marts_schema: str = "pardot_marts",
    history_schema: str | None = None,
    fivetran_schema: str | None = None,
    select: Sequence[str] | None = None,
    full_refresh: bool = False,
    time_zone: str = "UTC",
    models: Path | None = None,
    rules: Path | None = None,
) -> BuildResult:
    """Build the reporting tables from the raw tables.

    When neither rows nor models have changed, only those that tell of runs are filled again, if there was a run.
    Where only loads of new and changed rows have come since the last build, tables that declare how are brought up to
    date by the touched rows; the result is the same.

    First the histories record what new loads have brought, in a transaction of their own: no model that fails may cost
    a state that the raw tables forget. All else happens in one more transaction of the given connection, data tests
    included: after an error the tables of the last good build are as they were. Tables go to `marts_schema`; the views
    they are made from, and stand-ins for raw tables or columns that do not exist, to `<marts_schema>_views`. The
    connection's own time zone makes no difference.

    Args:
        connection: an open, writable connection with no transaction in progress.
        raw_schema: where the raw tables are; it need not exist.
        marts_schema: where the reporting tables go.
        history_schema: where the histories are kept; `<raw_schema>_history` by default. Nothing makes them anew.
        fivetran_schema: where tables in the columns of Fivetran's go; without one they are not made, and removed.
        select: build only these models and what they read; every model by default.
        full_refresh: build even when nothing has changed.
        time_zone: IANA name of the zone of local times in the reports.
        models: a models folder to use instead of the one in the package.
        rules: a folder with rules of one's own, such as `attribution_weights.sql`, which replace those of the models.

    Raises:
        ProjectError: a declaration, the selection, the time zone or the database cannot be used.
        ModelError: a model cannot be read, ordered or built; names file and line.
        DataTestError: a model's rows break one of its data tests.
    """
    started = perf_counter()
    project = load_project(models, rules, fivetran=fivetran_schema is not None)
    with transaction(connection):
        _check_time_zone(connection, time_zone)
        tables = read_raw_tables(connection, project, raw_schema)
        histories = Histories(connection, project, tables, history_schema or f"{raw_schema}_history")
        settings = {"time_zone": time_zone, "raw_schema": raw_schema, "runner": _code_digest()}
        schemas = {"history_schema": histories.schema, "fivetran_schema": fivetran_schema or ""}
        inputs = read_inputs(connection, project, tables, settings | schemas)
        recorded = histories.record(inputs.loads)
    with transaction(connection):
        inputs = inputs.beside(histories.loads())
        places = Places(connection, marts_schema, fivetran_schema)
        before = places.inputs if not full_refresh and places.have(_chosen(project, select)) else None
        built: tuple[ModelResult, ...] = ()
        tested: tuple[DataTestResult, ...] = ()
        skipped = inputs.differ_at_most_in_runs(before)
        if not skipped:
            is_same_text = before is not None and before.definitions == inputs.definitions
            graph = build_graph(project, places.readings if is_same_text else None)
            chosen = graph.select(select)
            places.prepare(time_zone)
            relations = places.relations(project, tables) | histories.relations()
            new = inputs.new_loads(before) if select is None else None
            changed = changed_rows({**tables, **histories.tables()}, new)
            increments = Increments(connection, graph, relations, changed)
            make = partial(places.build, graph=graph, relations=relations)
            built = _build_models(chosen, increments, places.keep, make, keep_views=is_same_text)
            histories.describe()
            tested = _run_data_tests(connection, chosen, relations, increments.fresh)
            tested += histories.test(relations, increments.fresh)
            increments.close()
            places.finish(inputs, graph.readings_to_json(), is_complete=select is None)
        elif inputs != before:
            built = _refill(places, inputs)
            refilled = [project.models[model.name] for model in built]
            tested = _run_data_tests(connection, refilled, places.homes(project), lambda _: None)
    return BuildResult(
        models=built,
        tests=tested,
        skipped=skipped,
        seconds=perf_counter() - started,
        missing_tables=tuple(table.source.name for table in tables.values() if table.is_missing),
        missing_columns=tuple(
            f"{table.source.name}.{column}" for table in tables.values() for column in table.missing_columns
        ),
        histories=recorded,
    )


def _chosen(project: Project, select: Sequence[str] | None) -> Sequence[Model]:
    """Return the models to build; for all of them, which is the rule and mostly nothing to do, no SQL is read."""
    return list(project.models.values()) if select is None else build_graph(project).select(select)


def _build_models(
    models: Sequence[Model],
    increments: Increments,
    keep: Callable[[Model], int | None],
    make: Callable[[Model], int | None],
    *,
    keep_views: bool,
) -> tuple[ModelResult, ...]:
    results = []
    for model in models:
        with naming(model):
            started = perf_counter()
            remade = increments.advance(model)
            if remade is not None or (keep_views and model.kind == "view"):
                rows = keep(model)
            else:
                rows = increments.make(model, partial(make, model))
            results.append(ModelResult(model.name, model.kind, rows, perf_counter() - started, remade))
    return tuple(results)


def _refill(places: Places, inputs: Inputs) -> tuple[ModelResult, ...]:
    started = perf_counter()
    rows = places.refill(inputs)
    return tuple(ModelResult(name, "table", count, perf_counter() - started) for name, count in rows.items())


def _run_data_tests(
    connection: DuckDBPyConnection,
    models: Sequence[Model],
    relations: Mapping[str, str],
    fresh: Callable[[Model], str | None],
) -> tuple[DataTestResult, ...]:
    results: list[DataTestResult] = []
    for model in models:
        with naming(model):
            results += run_data_tests(connection, model, relations, fresh(model))
    return tuple(results)


def _check_time_zone(connection: DuckDBPyConnection, time_zone: str) -> None:
    known = connection.execute("select count(*) from pg_timezone_names() where name = ?", [time_zone]).fetchone()
    if not known or not known[0]:
        raise ProjectError("the time zone", f"{time_zone!r} is no IANA name such as 'Europe/Berlin'")


def _code_digest() -> str:
    """A digest of this package's own code: a new version builds anew without anyone raising a number."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
