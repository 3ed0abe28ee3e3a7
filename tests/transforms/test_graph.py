"""Dependencies are read from the SQL, and what cannot be ordered is refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from transforms_warehouse import write_models

from pardot_transforms import ModelError, ProjectError, load_project
from pardot_transforms.graph import bind, build_graph


def model(body: str) -> str:
    return f"-- One row per thing.\n{body}\n"


def error_of(folder: Path, files: dict[str, str]) -> ModelError:
    with pytest.raises(ModelError) as caught:
        build_graph(load_project(write_models(folder, files)))
    return caught.value


def test_models_come_after_what_they_read_in_alphabetical_order(tmp_path: Path) -> None:
    files = {
        "marts/a.sql": model("select x.id from c as x join b on b.id = x.id"),
        "marts/b.sql": model("select id from c where id in (select id from pardot.things)"),
        "intermediate/c.sql": model("with t as (select id from stg_things) select t.id from t"),
        "staging/stg_things.sql": model("select id from pardot.things"),
    }
    graph = build_graph(load_project(write_models(tmp_path, files)))
    assert [found.name for found in graph.order] == ["stg_things", "c", "b", "a"]
    assert [found.name for found in graph.select(["b"])] == ["stg_things", "c", "b"]


def test_shipped_models_need_no_raw_table_outside_staging() -> None:
    project = load_project()
    graph = build_graph(project)
    for found in project.models.values():
        reads_raw = {r.name for r in graph.references[found.name]} & set(project.sources)
        assert not reads_raw or found.file.startswith("staging/"), found.name


def test_binding_changes_names_only_and_keeps_every_line(tmp_path: Path) -> None:
    body = """-- 🎉 pardot.things
select
    things.id,
    'pardot.things' as said
from {things}
union all
select "b".id, null as said from {b}"""
    written = model(body.format(things="pardot.things", b='"b"'))
    files = {"marts/a.sql": written, "marts/b.sql": model("select 1 as id")}
    project = load_project(write_models(tmp_path, files))
    relations = {"pardot.things": '"x y"."things"', "b": '"z"."b"'}
    bound = bind(project.models["a"], build_graph(project).references["a"], relations)
    assert bound == model(body.format(things='"x y"."things"', b='"z"."b"'))


def test_unknown_name_is_an_error_with_its_line_and_the_nearest_name(tmp_path: Path) -> None:
    error = error_of(tmp_path, {"marts/a.sql": model("select id\nfrom pardot.thing")})
    assert (error.file, error.line, error.reason) == (
        "marts/a.sql",
        3,
        "There is no pardot.thing; the nearest name is pardot.things",
    )


def test_circle_is_an_error_that_tells_the_way_round(tmp_path: Path) -> None:
    files = {name: model(f"select id\nfrom {other}") for name, other in (("a", "b"), ("b", "c"), ("c", "a"))}
    error = error_of(tmp_path, {f"marts/{name}.sql": text for name, text in files.items()})
    assert (error.model, error.line, error.reason) == ("c", 3, "It reads itself: a reads b reads c reads a")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        pytest.param("select (id\nfrom pardot.things", 3, "SQL: ", id="syntax"),
        pytest.param("select 1 as a; select 2 as b", 1, "exactly one SELECT", id="two statements"),
        pytest.param("drop table pardot.things", 1, "exactly one SELECT", id="no select"),
        pytest.param("with settings as (select 1 as a) select a from settings", 2, "calls a part", id="covered name"),
    ],
)
def test_text_that_is_no_model_is_an_error(tmp_path: Path, text: str, line: int, reason: str) -> None:
    error = error_of(tmp_path, {"marts/a.sql": model(text)})
    assert (error.file, error.line) == ("marts/a.sql", line)
    assert reason in error.reason


def test_model_without_its_grain_is_an_error(tmp_path: Path) -> None:
    error = error_of(tmp_path, {"marts/a.sql": "select 1 as one\n"})
    assert "must give the grain" in error.reason


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"marts/things.sql": model("select 1 as a")}, "is taken"),
        ({"marts/a.sql": model("select 1 as a"), "staging/a.sql": model("select 1 as a")}, "the same name"),
    ],
    ids=["name of a raw table", "name of another model"],
)
def test_names_must_differ(tmp_path: Path, files: dict[str, str], reason: str) -> None:
    assert reason in error_of(tmp_path, files).reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("models:\n  - name: gone\n", "there is no gone.sql"),
        ("models: [", "not valid YAML"),
        ("- a\n", "must be a mapping"),
        ("models:\n  - description: nameless\n", "has no name"),
        ("models:\n  - name: a\n    config: {materialized: snapshot}\n", "known are 'table' and 'view'"),
        ("models:\n  - name: a\n    data_tests: [unique]\n", "names no column"),
    ],
    ids=["no such model", "no yaml", "no mapping", "no name", "materialized", "test without column"],
)
def test_wrong_schema_file_is_an_error_that_names_it(tmp_path: Path, text: str, reason: str) -> None:
    files = {"marts/a.sql": model("select 1 as a"), "marts/schema.yml": text}
    with pytest.raises(ProjectError, match=r"marts/schema\.yml") as caught:
        load_project(write_models(tmp_path, files))
    assert reason in caught.value.reason
