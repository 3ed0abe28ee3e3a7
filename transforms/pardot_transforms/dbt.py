"""The models as a project of dbt's: the same SQL, descriptions and data tests, and what dbt wants beside them.

The runner finds out by itself what a model reads; dbt wants every mention marked. So each mention becomes `ref()` or
`source()`, and all else of a model, comments included, stays as it is written. Nothing here needs dbt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from pardot_transforms.data_tests import failing_rows
from pardot_transforms.graph import SETTINGS, Reference, build_graph
from pardot_transforms.histories import columns_of
from pardot_transforms.project import TABLE_FOLDER, DataTest, Model, Project

RAW_DATABASE = "pardot_raw"
"""What the attached file with the raw tables is called in dbt's own database."""

HISTORY = "pardot_history"
"""The source that holds the histories; our runner alone records them."""

TESTS_OF_DBT = frozenset({"not_null", "unique", "accepted_values", "relationships"})
"""The kinds of data tests that come with dbt; those of any other kind become tests of one statement each."""

_MARKUP = re.compile(r"\{[{%#]")
_TEMPLATES = Path(__file__).parent / "dbt_project"


@dataclass(frozen=True)
class DbtSettings:
    """What the runner is told at every build, and dbt reads in its project."""

    database: Path
    """The DuckDB file with the raw tables; dbt only reads it."""
    raw_schema: str
    marts_schema: str
    time_zone: str


def dbt_files(project: Project, settings: DbtSettings) -> dict[str, str]:
    """Return every file of the dbt project by its path in it.

    Raises:
        ModelError: a model cannot be read.
        ProjectError: a data test cannot be written as a query.
    """
    graph = build_graph(project)
    relations = _relations(project)
    files = dict(_filled_templates(project, settings))
    for file, text in project.texts.items():
        if file.endswith(".yml") and _declares_histories(text):
            files[f"models/{file}"] = _history_source(project, settings.raw_schema)
        elif file.endswith(".yml"):
            files[f"models/{file}"] = _placed(_without_own_tests(text), settings.raw_schema)
    for model in project.models.values():
        files[f"models/{model.file}"] = _marked(model, graph.references[model.name], relations)
        for number, test in enumerate(_own_tests(model), 1):
            query = failing_rows(model, test, relations)
            files[f"tests/{model.name}_{test.kind}_{number}.sql"] = f"-- Rows that break {test.label}.\n{query}\n"
    return files


def _relations(project: Project) -> dict[str, str]:
    """Return how dbt calls what each name in a model stands for."""
    relations = {name: f"{{{{ ref({_jinja(name)}) }}}}" for name in (SETTINGS, *project.models)}
    for reference, source in project.sources.items():
        relations[reference] = _declared(source.schema, source.name)
    return relations | {name: _declared(HISTORY, name) for name in project.histories}


def _declared(source: str, table: str) -> str:
    return f"{{{{ as_declared(source({_jinja(source)}, {_jinja(table)})) }}}}"


def _marked(model: Model, references: Sequence[Reference], relations: Mapping[str, str]) -> str:
    """Return the model's text with each mention of a relation in dbt's words, on the lines where it stood."""
    text, end = "", 0
    for reference in references:
        text += _plain(model.sql[end : reference.start]) + relations[reference.name]
        end = reference.end
    return text + _plain(model.sql[end:])


def _plain(text: str) -> str:
    """Return a template that gives the text, whatever the text looks like."""
    return _MARKUP.sub(lambda found: f"{{{{ {_jinja(found[0])} }}}}", text)


def _jinja(text: str) -> str:
    """Return the text as a string of the template language."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _yaml(text: str) -> str:
    """Return the text as a string of YAML; those of JSON are."""
    return json.dumps(text, ensure_ascii=False)


# What stands beside the models.


def _filled_templates(project: Project, settings: DbtSettings) -> Iterator[tuple[str, str]]:
    path = f"{{{{ env_var('PARDOT_DUCKDB', {_jinja(str(settings.database))}) }}}}"
    values = {
        "database": _yaml(path),
        "raw_database": RAW_DATABASE,
        "marts_schema": _yaml(settings.marts_schema),
        "marts": settings.marts_schema,
        "time_zone": _yaml(settings.time_zone),
        "models": _homes(project),
    }
    for template in sorted(_TEMPLATES.rglob("*")):
        if template.is_file():
            file = template.relative_to(_TEMPLATES).as_posix()
            text = template.read_text(encoding="utf-8")
            yield {"gitignore": ".gitignore"}.get(file, file), Template(text).substitute(values)


def _homes(project: Project) -> str:
    """Return the part of dbt_project.yml that says what becomes a table for readers, as the runner does."""
    import yaml

    hidden = {"+materialized": "view", "+schema": "views"}
    views = {name: hidden for name, model in project.models.items() if _is_view_among_tables(model)}
    folders = sorted({model.folder for model in project.models.values()} - {TABLE_FOLDER})
    homes = {
        "pardot": {
            "+persist_docs": {"relation": True, "columns": True},
            **dict.fromkeys(folders, hidden),
            TABLE_FOLDER: {"+materialized": "table", **views},
        }
    }
    return yaml.dump({"models": homes}, Dumper=_plain_dumper(), sort_keys=False).strip()


def _is_view_among_tables(model: Model) -> bool:
    return model.folder == TABLE_FOLDER and not model.is_reporting


def _plain_dumper() -> Any:
    """A dumper that repeats what stands in several places instead of naming it."""
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, _data: Any) -> bool:
            return True

    return Dumper


def _placed(text: str, raw_schema: str) -> str:
    """Return a declaration in which every source says where it is; a text without sources stays as it is."""
    for mark in reversed(list(_starts_of_sources(text))):
        indent = "\n" + " " * mark.column
        place = f"database: {RAW_DATABASE}{indent}schema: {_yaml(raw_schema)}{indent}"
        text = text[: mark.index] + place + text[mark.index :]
    return text


def _declares_histories(text: str) -> bool:
    import yaml

    return bool((yaml.safe_load(text) or {}).get("snapshots"))


def _history_source(project: Project, raw_schema: str) -> str:
    """Return the declaration of the histories as tables to read: dbt would record snapshots of its own."""
    import yaml

    tables = [
        {
            "name": name,
            "description": history.description,
            "columns": [
                {"name": column, "data_type": kind, "description": history.columns.get(column, "")}
                for column, kind in columns_of(history).items()
            ],
        }
        for name, history in project.histories.items()
    ]
    source = {
        "name": HISTORY,
        "database": RAW_DATABASE,
        "schema": f"{raw_schema}_history",
        "description": "What rows were, recorded by pardot-etl at every run.",
        "tables": tables,
    }
    return yaml.dump(
        {"version": 2, "sources": [source]}, Dumper=_plain_dumper(), sort_keys=False, allow_unicode=True, width=120
    )


def _starts_of_sources(text: str) -> Iterator[Any]:
    import yaml

    root = yaml.compose(text, yaml.SafeLoader)
    for key, value in root.value if root else ():
        if key.value == "sources":
            yield from (source.start_mark for source in value.value)


# Data tests that dbt does not have.


def _own_tests(model: Model) -> list[DataTest]:
    return [test for test in model.tests if test.kind not in TESTS_OF_DBT]


def _without_own_tests(text: str) -> str:
    """Return a declaration without the data tests that dbt does not know; one that has none stays as it is written."""
    import yaml

    document = yaml.safe_load(text)
    left_out = 0
    for model in document.get("models", []):
        for entry in (model, *model.get("columns", [])):
            tests = entry.get("data_tests", [])
            entry["data_tests"] = [test for test in tests if _kind(test) in TESTS_OF_DBT]
            left_out += len(tests) - len(entry["data_tests"])
    return yaml.dump(document, Dumper=_plain_dumper(), sort_keys=False, allow_unicode=True) if left_out else text


def _kind(test: str | Mapping[str, Any]) -> str:
    return test if isinstance(test, str) else next(iter(test))
