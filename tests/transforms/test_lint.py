"""Each rule finds its bad model, and the models of the package break none."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot
from transforms_warehouse import write_models

from pardot_transforms import load_project
from pardot_transforms.lint import RULES, lint

BAD = [
    ("no-round", "round(a, 2) as x"),
    ("no-split-part", "split_part(a, ',', 1) as x"),
    ("no-split-part", "string_split(a, ',') as x"),
    ("no-filter", "count(*) filter (where a = 1) as x"),
    ("no-integer-division", "a // 2 as x"),
    ("no-try-cast", "try_cast(a as bigint) as x"),
    ("no-epoch", "epoch(a) as x"),
    ("no-epoch", "epoch_ms(a) as x"),
    ("no-epoch", "epoch_us(a) as x"),
    ("no-quantile", "quantile_cont(a, 0.5) as x"),
    ("no-quantile", "median(a) as x"),
    ("no-lists", "list(a) as x"),
    ("no-lists", "list_sum(a) as x"),
    ("no-lists", "array_agg(a) as x"),
    ("no-lists", "unnest(a) as x"),
    ("no-lists", "[a, b] as x"),
    ("no-arg-max", "arg_max(a, b) as x"),
    ("no-arg-max", "max_by(a, b) as x"),
    ("no-arg-max", "arg_min(a, b) as x"),
    ("no-star", "*"),
    ("no-star", "t.*"),
    ("alias-columns", "a + 1"),
    ("utc-date", "cast(created_at as date) as x"),
    ("utc-date", "created_at::date as x"),
    ("utc-date", "date(created_at) as x"),
    ("utc-arithmetic", "created_at - interval '7' day as x"),
    ("utc-arithmetic", "created_at + a * interval '1' day as x"),
    ("utc-arithmetic", "date_trunc('month', created_at) as x"),
    ("utc-arithmetic", "extract(hour from created_at) as x"),
    ("utc-arithmetic", "date_part('hour', created_at) as x"),
    ("utc-arithmetic", "strftime(created_at, '%Y') as x"),
    ("cast-before-date-diff", "date_diff('day', a_utc, b_utc) as x"),
    ("cast-before-date-diff", "date_diff('day', cast(a_utc as date), b_utc) as x"),
    ("no-wall-clock", "now() as x"),
    ("no-wall-clock", "current_timestamp as x"),
    ("no-wall-clock", "current_date as x"),
    ("no-wall-clock", "today() as x"),
]
GOOD = [
    "cast(created_at at time zone 'UTC' as date) as x",
    "cast(created_at_utc as date) as x",
    "cast('2026-01-01' as date) as x",
    "created_at_utc - interval '7' day as x",
    "created_at_utc + a * interval '1' day as x",
    "date_trunc('month', created_on) as x",
    "extract(hour from created_at_local) as x",
    "date_diff('day', cast(a_utc as date), cast(b_utc as date)) as x",
    "sum(case when a = 1 then 1 else 0 end) as x",
    "count(*) as x",
    "cast(a as double) / b as x",
    "t.a",
]


def findings(folder: Path, column: str) -> list[tuple[str, int]]:
    text = f"-- One row per thing.\nselect\n    t.id,\n    {column}\nfrom pardot.things as t\n"
    project = load_project(write_models(folder, {"marts/a.sql": text}))
    return [(finding.rule, finding.line) for finding in lint(project.models.values())]


@pytest.mark.parametrize(("rule", "column"), BAD, ids=[column for _, column in BAD])
def test_bad_model_breaks_exactly_its_rule(tmp_path: Path, rule: str, column: str) -> None:
    found = findings(tmp_path, column)
    assert {name for name, _ in found} == {rule}


@pytest.mark.parametrize("column", GOOD)
def test_good_model_breaks_no_rule(tmp_path: Path, column: str) -> None:
    assert findings(tmp_path, column) == []


def test_finding_points_to_the_line_and_says_what_to_write_instead(tmp_path: Path) -> None:
    text = "-- One row per thing.\nselect\n    id,\n    round(id) as x\nfrom pardot.things\n"
    project = load_project(write_models(tmp_path, {"marts/a.sql": text}))
    (finding,) = lint(project.models.values())
    assert (finding.file, finding.line) == ("marts/a.sql", 4)
    assert finding.message == "`ROUND(id)`: leave rounding to the reader, databases differ on doubles"


def test_every_rule_has_a_bad_model() -> None:
    assert {rule.name for rule in RULES} == {rule for rule, _ in BAD}


@pytest.mark.parametrize("dialect", ["postgres", "spark", "databricks", "clickhouse"])
def test_shipped_models_translate_to_other_databases(dialect: str) -> None:
    for model in load_project().models.values():
        sqlglot.transpile(model.sql, read="duckdb", write=dialect, unsupported_level=sqlglot.ErrorLevel.RAISE)


def test_shipped_models_break_no_rule() -> None:
    assert lint(load_project().models.values()) == []
