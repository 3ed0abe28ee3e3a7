"""The models in other databases' SQL: each can be said, and what would mean something else is said otherwise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from transforms_warehouse import write_models

from pardot_transforms import load_project
from pardot_transforms.dialects import DIALECTS, OURS, SPACES, TYPES, translate, translate_expression, translate_query
from pardot_transforms.errors import ModelError
from pardot_transforms.graph import SETTINGS
from pardot_transforms.project import Model

OTHERS = [dialect for dialect in DIALECTS if dialect != OURS]
SPARKS = ["spark", "databricks"]


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return load_project(write_models(tmp_path, {"marts/a.sql": "-- One row.\nselect 1 as id\n"})).models["a"]


def said(folder: Path, body: str, dialect: str) -> str:
    """Return a model's body in a dialect, on one line; `pardot.things` is to be read in {things}."""
    project = load_project(write_models(folder, {"marts/a.sql": f"-- One row per thing.\n{body}\n"}))
    text = translate(project.models["a"], {"pardot.things": "{things}"}, dialect)
    heading, _, rest = text.partition("\n")
    assert heading == "-- One row per thing."
    return re.sub(r"[ \n]+", " ", rest).strip(" \n")


def column(folder: Path, expression: str, dialect: str) -> str:
    text = said(folder, f"select {expression} as x from pardot.things as t", dialect)
    found = re.fullmatch(r"SELECT (.*) AS x FROM \{things\} AS t", text)
    assert found, text
    return found[1]


@pytest.mark.parametrize("dialect", OTHERS)
def test_every_shipped_model_can_be_said_and_read_in_the_dialect(dialect: str) -> None:
    project = load_project()
    names = [SETTINGS, *project.models, *project.sources, *project.histories]
    relations = {name: f"the_{name.replace('.', '_')}" for name in names}
    for one in project.models.values():
        text = translate(one, relations, dialect)
        assert text.startswith(one.sql.partition("\n")[0])
        tree = sqlglot.parse_one(text, read=dialect)
        own = {cte.alias for cte in tree.find_all(sqlglot.exp.CTE)}
        assert {table.name for table in tree.find_all(sqlglot.exp.Table)} - own - {""} <= set(relations.values())


@pytest.mark.parametrize("dialect", OTHERS)
def test_every_data_test_of_the_shipped_models_can_be_said(dialect: str) -> None:
    for one in load_project().models.values():
        for test in one.tests:
            if "column_name" in test.arguments:
                sqlglot.parse_one(translate_expression(test.target, one, dialect), read=dialect)


def test_types_of_raw_columns_have_a_name_in_every_dialect() -> None:
    assert set(TYPES) == set(DIALECTS)
    assert TYPES["postgres"]["double"] == "double precision"


@pytest.mark.parametrize("dialect", OTHERS)
def test_trim_takes_away_every_space_that_it_takes_away_here(tmp_path: Path, dialect: str) -> None:
    assert SPACES in column(tmp_path, "trim(t.label)", dialect)
    assert SPACES not in column(tmp_path, "trim(t.label, 'x')", dialect)


@pytest.mark.parametrize("dialect", SPARKS)
def test_clock_times_in_spark_have_no_zone_that_a_session_could_shift(tmp_path: Path, dialect: str) -> None:
    at_utc = "TIMESTAMPADD(MICROSECOND, UNIX_MICROS(t.a), CAST('1970-01-01 00:00:00' AS TIMESTAMP_NTZ))"
    assert column(tmp_path, "t.a at time zone 'UTC'", dialect) == at_utc
    local = column(tmp_path, "t.a at time zone t.zone", dialect)
    assert (
        local == f"CONVERT_TIMEZONE( 'UTC', t.zone, {at_utc} )" or local == f"CONVERT_TIMEZONE('UTC', t.zone, {at_utc})"
    )
    assert column(tmp_path, "date_trunc('month', t.a_utc)", dialect) == "CAST(TRUNC(t.a_utc, 'MONTH') AS TIMESTAMP_NTZ)"


def test_a_month_in_postgres_begins_at_no_sessions_midnight(tmp_path: Path) -> None:
    assert column(tmp_path, "date_trunc('month', t.on)", "postgres") == "DATE_TRUNC('MONTH', CAST(t.on AS TIMESTAMP))"


@pytest.mark.parametrize(
    ("dialect", "expression", "expected"),
    [
        ("postgres", "t.a / t.b", "CAST(t.a AS DOUBLE PRECISION) / t.b"),
        ("postgres", "row_number() over (order by t.a desc)", "ROW_NUMBER() OVER (ORDER BY t.a DESC NULLS LAST)"),
        ("spark", "row_number() over (order by t.a)", "ROW_NUMBER() OVER (ORDER BY t.a NULLS LAST)"),
        ("spark", "concat(t.a, t.b)", "CONCAT(COALESCE(t.a, ''), COALESCE(t.b, ''))"),
    ],
)
def test_sqlglot_says_otherwise_what_it_knows_to_differ(
    tmp_path: Path, dialect: str, expression: str, expected: str
) -> None:
    assert column(tmp_path, expression, dialect) == expected


def test_every_relation_gets_an_alias_and_parts_of_the_model_stay(tmp_path: Path) -> None:
    body = "with own as (select things.id from pardot.things) select own.id from own union all select 1 as id"
    text = said(tmp_path, body, "postgres")
    assert "FROM {things} AS things" in text
    assert "FROM own UNION ALL" in text


def test_text_around_relations_is_given_away_and_relations_are_not(tmp_path: Path) -> None:
    body = "-- One row.\nselect '{{ x }}' as id from pardot.things\n"
    one = load_project(write_models(tmp_path, {"marts/a.sql": body})).models["a"]
    text = translate(one, {"pardot.things": "{{ things }}"}, "postgres", around=lambda text: text.replace("{{", "<<"))
    assert "'<< x }}' AS id" in text
    assert "FROM {{ things }} AS things" in text


def test_comments_stay_and_the_heading_stands_there_once(tmp_path: Path) -> None:
    text = said(tmp_path, "select\n    -- Why.\n    id\nfrom pardot.things", "postgres")
    assert "/* Why. */" in text
    assert "One row" not in text


def test_a_query_keeps_its_relations_as_they_are_written(model: Model) -> None:
    text = translate_query("select trim(a) from {{ ref('a') }} where a is null", model, ["{{ ref('a') }}"], "spark")
    assert "FROM {{ ref('a') }}" in text
    assert SPACES in text


def test_what_a_dialect_has_no_words_for_is_an_error_that_names_the_model(tmp_path: Path) -> None:
    body = "select sum(id) over (order by id desc nulls last) as x from pardot.things"
    with pytest.raises(ModelError, match="It cannot be said in bigquery"):
        said(tmp_path, body.replace(" nulls last", " nulls first"), "bigquery")
