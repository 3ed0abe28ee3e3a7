"""The dbt project says what our models say: same SQL, same declarations, same homes; dbt itself is not needed here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from transforms_warehouse import write_models

from pardot_transforms import data_tests, load_project
from pardot_transforms.dbt import HISTORY, TESTS_OF_DBT, DbtSettings, dbt_files
from pardot_transforms.graph import bind, build_graph
from pardot_transforms.histories import columns_of
from pardot_transforms.project import Project
from pardot_transforms.quoting import statement

SETTINGS = DbtSettings(Path("/srv/pardot.duckdb"), "pardot", "pardot_marts", "Europe/Berlin")


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project()


@pytest.fixture(scope="module")
def files(project: Project) -> dict[str, str]:
    return dbt_files(project, SETTINGS)


OF_DBT_UTILS = "dbt_utils.mutually_exclusive_ranges"
"""The kind that comes with a package of dbt's, which the project does without."""


def render(text: str, **more: Any) -> str:
    """Fill a template in as dbt would, each relation shown as what was asked for."""
    environment = jinja2.Environment(keep_trailing_newline=True, autoescape=False, undefined=jinja2.StrictUndefined)  # noqa: S701
    words = {
        "ref": lambda name: f"<{name}>",
        "source": lambda schema, name: f"{schema}.{name}",
        "as_declared": lambda raw: f"<{raw}>",
        **more,
    }
    return environment.from_string(text).render(words)


def assert_same_text(project: Project, files: dict[str, str]) -> None:
    """Every model reads, filled in, as the runner's text does: to the character and to the line."""
    known = ["settings", *project.models, *project.sources]
    relations = {name: f"<{name}>" for name in known}
    relations |= {name: f"<{HISTORY}.{name}>" for name in project.histories}
    references = build_graph(project).references
    for model in project.models.values():
        assert render(files[f"models/{model.file}"]) == bind(model, references[model.name], relations)


def homes(files: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(files["dbt_project.yml"])["models"]["pardot"]
    return found


def test_every_model_is_the_authors_text_with_its_relations_marked(project: Project, files: dict[str, str]) -> None:
    assert_same_text(project, files)
    assert "from {{ as_declared(source('pardot', 'campaigns')) }}" in files["models/staging/stg_campaigns.sql"]
    assert "cross join {{ ref('settings') }} as s" in files["models/marts/visitor_activities_enriched.sql"]


def test_comments_texts_and_what_looks_like_a_template_stay_as_they_are(tmp_path: Path) -> None:
    body = """-- One row per thing. Of pardot.things {# and not of b; {{ pardot.things }}
select
    things.id,
    '{{ pardot.things }} {% b %} {{{ }}' as said, -- pardot.things, b
    /* from pardot.things */ '\\' as slash
from pardot.things
union all
select "b".id, null as said, '' as slash from "b"
"""
    written = {"marts/a.sql": body, "marts/b.sql": "-- One row.\nselect 1 as id\n"}
    project = load_project(write_models(tmp_path, written))
    files = dbt_files(project, SETTINGS)
    assert_same_text(project, files)
    assert files["models/marts/a.sql"].count("source(") == files["models/marts/a.sql"].count("ref(") == 1


def test_descriptions_and_data_tests_stay_as_they_are_written(project: Project, files: dict[str, str]) -> None:
    declarations = {file: text for file, text in project.texts.items() if file.endswith("schema.yml")}
    assert set(declarations) == {f"{folder}/schema.yml" for folder in ("history", "intermediate", "marts", "staging")}
    for folder in ("intermediate", "staging"):
        assert files[f"models/{folder}/schema.yml"] == declarations[f"{folder}/schema.yml"]
    ours, theirs = (yaml.safe_load(t) for t in (declarations["marts/schema.yml"], files["models/marts/schema.yml"]))
    for model in ours["models"]:
        for entry in (model, *model["columns"]):
            entry["data_tests"] = [test for test in entry.get("data_tests", []) if OF_DBT_UTILS not in test]
    assert theirs == ours
    assert [file for file, text in files.items() if file.endswith("schema.yml") and "{{" in text + "{%"] == []


def test_histories_are_tables_to_read_with_the_columns_that_we_give_them(
    project: Project, files: dict[str, str]
) -> None:
    made = yaml.safe_load(files["models/history/schema.yml"])
    (source,) = made.pop("sources")
    assert made == {"version": 2}
    assert (source["name"], source["database"], source["schema"]) == ("pardot_history", "pardot_raw", "pardot_history")
    tables = {table["name"]: {column["name"] for column in table["columns"]} for table in source["tables"]}
    assert tables == {name: set(columns_of(history)) for name, history in project.histories.items()}
    assert (
        "from {{ as_declared(source('pardot_history', 'prospect_versions')) }}"
        in files["models/marts/score_history.sql"]
    )


def test_every_data_test_is_of_dbts_kinds_or_a_statement_and_names_models_in_its_words(
    project: Project, files: dict[str, str]
) -> None:
    tests = [test for model in project.models.values() for test in model.tests]
    assert {test.kind for test in tests} == {*TESTS_OF_DBT, OF_DBT_UTILS} == set(data_tests.FAILING_ROWS)
    statements = [file for file in files if file.startswith("tests/")]
    assert len(statements) == sum(test.kind == OF_DBT_UTILS for test in tests) > 0
    others = [test.arguments["to"] for test in tests if test.kind == "relationships"]
    assert others
    assert [name for name in others if name.removeprefix("ref('").removesuffix("')") not in project.models] == []
    assert [name for name in others if not name.startswith("ref('")] == []


def test_sources_say_where_they_are_and_nothing_else_about_them_changes(project: Project) -> None:
    text = project.texts["staging/sources.yml"]
    made = dbt_files(project, DbtSettings(Path("x.duckdb"), "null", "null_marts", "UTC"))["models/staging/sources.yml"]
    (source,) = yaml.safe_load(made)["sources"]
    assert (source.pop("database"), source.pop("schema")) == ("pardot_raw", "null")
    assert [source] == yaml.safe_load(text)["sources"]
    assert len(made.splitlines()) == len(text.splitlines()) + 2


def test_homes_are_those_of_the_runner(project: Project, files: dict[str, str]) -> None:
    hidden = {"+materialized": "view", "+schema": "views"}
    assert homes(files) == {
        "+persist_docs": {"relation": True, "columns": True},
        "intermediate": hidden,
        "staging": hidden,
        "marts": {"+materialized": "table"},
    }


def test_a_view_among_the_reporting_tables_is_hidden_as_the_runner_hides_it(tmp_path: Path) -> None:
    written = {
        "marts/a.sql": "-- One row.\nselect 1 as id\n",
        "marts/b.sql": "-- One row.\nselect 1 as id\n",
        "marts/schema.yml": "models: [{name: b, config: {materialized: view}}]\n",
    }
    files = dbt_files(load_project(write_models(tmp_path, written)), SETTINGS)
    hidden = {"+materialized": "view", "+schema": "views"}
    assert homes(files)["marts"] == {"+materialized": "table", "b": hidden}


@pytest.mark.parametrize(
    "path", ["/srv/o'clock/{{ x }}.duckdb", 'C:\\temp\\new "x": {% y %}.duckdb', "/ünï/# x.duckdb"]
)
def test_any_path_reaches_dbt_as_it_is(project: Project, path: str) -> None:
    made = dbt_files(project, DbtSettings(Path(path), "emea", "emea_marts", "UTC"))
    target = yaml.safe_load(made["profiles.yml"])["pardot"]["outputs"]["duckdb"]
    (attached,) = target["attach"]
    assert render(attached["path"], env_var=lambda _name, default: default) == path
    assert render(attached["path"], env_var=lambda name, _default: name) == "PARDOT_DUCKDB"
    assert attached["read_only"] is True
    assert target["schema"] == "emea_marts"


def test_time_zone_is_a_variable_with_the_value_of_the_settings(files: dict[str, str]) -> None:
    assert yaml.safe_load(files["dbt_project.yml"])["vars"] == {"time_zone": "Europe/Berlin"}
    text = render(files["models/staging/settings.sql"], var={"time_zone": "UTC"}.__getitem__)
    assert text == "-- One row: what a build is told.\nselect 'UTC' as time_zone\n"


def test_dbt_tells_nobody_that_it_was_used(files: dict[str, str]) -> None:
    assert yaml.safe_load(files["dbt_project.yml"])["flags"]["send_anonymous_usage_stats"] is False


def test_a_data_test_that_dbt_lacks_becomes_a_statement_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def positive(test: Any, relation: str, key: str, _: Any, _fresh: Any) -> str:
        sql = "select {key} as failing_key from {relation} where {target} <= 0"
        return statement(sql, key=key, relation=relation, target=test.target)

    monkeypatch.setattr(data_tests, "FAILING_ROWS", {**data_tests.FAILING_ROWS, "positive": positive})
    declared = (
        "models:\n  - name: a\n    description: Ä.\n    columns:\n"
        "      - name: id\n        data_tests: [unique, positive]\n"
        "      - name: size\n        data_tests: [positive: {arguments: {}}]\n"
    )
    written = {"marts/a.sql": "-- One row.\nselect 1 as id, 1 as size\n", "marts/schema.yml": declared}
    files = dbt_files(load_project(write_models(tmp_path, written)), SETTINGS)
    assert {file: text for file, text in files.items() if file.startswith("tests/")} == {
        "tests/a_positive_1.sql": (
            "-- Rows that break positive(id).\nselect id as failing_key from {{ ref('a') }} where id <= 0\n"
        ),
        "tests/a_positive_2.sql": (
            "-- Rows that break positive(size).\nselect id as failing_key from {{ ref('a') }} where size <= 0\n"
        ),
    }
    (model,) = yaml.safe_load(files["models/marts/schema.yml"])["models"]
    assert [column["data_tests"] for column in model["columns"]] == [["unique"], []]
    assert model["description"] == "Ä."
