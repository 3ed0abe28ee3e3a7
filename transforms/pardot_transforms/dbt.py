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
from pardot_transforms.dialects import OURS, TYPES, translate, translate_expression, translate_query
from pardot_transforms.graph import SETTINGS, Reference, build_graph
from pardot_transforms.histories import columns_of
from pardot_transforms.project import TABLE_FOLDER, DataTest, Model, Project, yaml_loader

RAW_DATABASE = "pardot_raw"
"""What the attached file with the raw tables is called in dbt's own database."""

HISTORY = "pardot_history"
"""The source that holds the histories; our runner alone records them."""

TESTS_OF_DBT = frozenset({"not_null", "unique", "accepted_values", "relationships"})
"""The kinds of data tests that come with dbt; those of any other kind become tests of one statement each."""

_FORMATS = {"spark": {"+file_format": "parquet"}}
"""How tables are kept, where the database's own default is no format for tables."""

_MARKUP = re.compile(r"\{[{%#]")
_TEMPLATES = Path(__file__).parent / "dbt_project"
_TARGETS = Path(__file__).parent / "dbt_targets"
"""What differs by the database that dbt builds in: one folder each, and a README for all but ours."""


@dataclass(frozen=True)
class DbtSettings:
    """What the runner is told at every build, and dbt reads in its project."""

    database: Path
    """The DuckDB file with the raw tables; dbt only reads it."""
    raw_schema: str
    marts_schema: str
    time_zone: str
    dialect: str = OURS
    """The database that dbt builds in; any but ours holds the raw tables itself."""

    @property
    def raw_database(self) -> str | None:
        """What dbt calls the database with the raw tables; None where it is the one that it builds in."""
        return RAW_DATABASE if self.dialect == OURS else None


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
            files[f"models/{file}"] = _history_source(project, settings)
        elif file.endswith(".yml"):
            declared = _translated_tests(_without_own_tests(text), project, settings.dialect)
            files[f"models/{file}"] = _placed(declared, settings)
    for model in project.models.values():
        files[f"models/{model.file}"] = _text(model, graph.references[model.name], relations, settings.dialect)
        for number, test in enumerate(_own_tests(model), 1):
            query = failing_rows(model, test, relations)
            if settings.dialect != OURS:
                query = translate_query(query, model, list(relations.values()), settings.dialect)
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


def _text(model: Model, references: Sequence[Reference], relations: Mapping[str, str], dialect: str) -> str:
    if dialect == OURS:
        return _marked(model, references, relations)
    return translate(model, relations, dialect, around=_plain)


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
        "dialect": settings.dialect,
        "types": repr(dict(TYPES[settings.dialect])),
        "models": _homes(project, settings.dialect),
    }
    for file, template in sorted(_templates(settings.dialect).items()):
        text = template.read_text(encoding="utf-8")
        yield {"gitignore": ".gitignore"}.get(file, file), Template(text).substitute(values)


def _templates(dialect: str) -> dict[str, Path]:
    """Return the templates by their path in the project: those of every project, then those of the database."""
    found = {path.relative_to(_TEMPLATES).as_posix(): path for path in _TEMPLATES.rglob("*") if path.is_file()}
    if dialect != OURS:
        found["README.md"] = _TARGETS / "README.md"
    return found | {path.name: path for path in (_TARGETS / dialect).iterdir()}


def _homes(project: Project, dialect: str) -> str:
    """Return the part of dbt_project.yml that says what becomes a table for readers, as the runner does."""
    import yaml

    hidden = {"+materialized": "view", "+schema": "views"}
    views = {name: hidden for name, model in project.models.items() if _is_view_among_tables(model)}
    folders = sorted({model.folder for model in project.models.values()} - {TABLE_FOLDER})
    homes = {
        "pardot": {
            "+persist_docs": {"relation": True, "columns": True},
            **dict.fromkeys(folders, hidden),
            TABLE_FOLDER: {"+materialized": "table", **_FORMATS.get(dialect, {}), **views},
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


def _read_yaml(text: str) -> Any:
    """Return a document of its own, to be changed."""
    import yaml

    return yaml.load(text, yaml_loader())  # noqa: S506 - a safe one


def _placed(text: str, settings: DbtSettings) -> str:
    """Return a declaration in which every source says where it is; a text without sources stays as it is."""
    for mark in reversed(list(_starts_of_sources(text))):
        indent = "\n" + " " * mark.column
        place = f"database: {settings.raw_database}{indent}" if settings.raw_database else ""
        place += f"schema: {_yaml(settings.raw_schema)}{indent}"
        text = text[: mark.index] + place + text[mark.index :]
    return text


def _declares_histories(text: str) -> bool:
    return bool((_read_yaml(text) or {}).get("snapshots"))


def _history_source(project: Project, settings: DbtSettings) -> str:
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
        **({"database": settings.raw_database} if settings.raw_database else {}),
        "schema": f"{settings.raw_schema}_history",
        "description": "What rows were, recorded by pardot-etl at every run.",
        "tables": tables,
    }
    return yaml.dump(
        {"version": 2, "sources": [source]}, Dumper=_plain_dumper(), sort_keys=False, allow_unicode=True, width=120
    )


def _starts_of_sources(text: str) -> Iterator[Any]:
    import yaml

    root = yaml.compose(text, yaml_loader())
    for key, value in root.value if root else ():
        if key.value == "sources":
            yield from (source.start_mark for source in value.value)


# Data tests that dbt does not have.


def _own_tests(model: Model) -> list[DataTest]:
    return [test for test in model.tests if test.kind not in TESTS_OF_DBT]


def _without_own_tests(text: str) -> str:
    """Return a declaration without the data tests that dbt does not know; one that has none stays as it is written."""
    import yaml

    document = _read_yaml(text)
    left_out = 0
    for model in document.get("models", []):
        for entry in (model, *model.get("columns", [])):
            tests = entry.get("data_tests", [])
            entry["data_tests"] = [test for test in tests if _kind(test) in TESTS_OF_DBT]
            left_out += len(tests) - len(entry["data_tests"])
    return yaml.dump(document, Dumper=_plain_dumper(), sort_keys=False, allow_unicode=True) if left_out else text


def _translated_tests(text: str, project: Project, dialect: str) -> str:
    """Return a declaration whose data tests say in another dialect what they say of more than one column."""
    import yaml

    document = _read_yaml(text)
    if dialect == OURS or not document.get("models"):
        return text
    for entry in document["models"]:
        for test in entry.get("data_tests", []):
            arguments = test[_kind(test)]["arguments"]
            arguments["column_name"] = translate_expression(
                arguments["column_name"], project.models[entry["name"]], dialect
            )
    return yaml.dump(document, Dumper=_plain_dumper(), sort_keys=False, allow_unicode=True, width=120)


def _kind(test: str | Mapping[str, Any]) -> str:
    return test if isinstance(test, str) else next(iter(test))
