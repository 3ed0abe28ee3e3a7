"""The models folder read into values: SQL files, and what schema.yml and sources.yml say about them.

The layout is dbt's, without its templates: a model is a plain SELECT, and its first line is a comment that
gives the grain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pardot_transforms.errors import ModelError, ProjectError
from pardot_transforms.result import Kind

GRAIN = "-- One row"
TABLE_FOLDER = "marts"
FIVETRAN_FOLDER = "fivetran"
"""Tables in the columns of Fivetran's, which are made for those who ask for them."""


@dataclass(frozen=True)
class DataTest:
    """A promise about the rows of a model; `target` is a column or, for the model, an SQL expression."""

    kind: str
    target: str
    arguments: Mapping[str, Any]

    @property
    def label(self) -> str:
        return f"{self.kind}({self.target})"


@dataclass(frozen=True)
class Touch:
    """How changes of a relation find the rows of a table that they touch."""

    kind: Literal["key", "column", "look_back", "everywhere"]
    """`key`: the changed rows have the table's key, themselves or in a view of `of`. `column`: a column of the table
    holds the ids of changed rows. `look_back`: the relation's only row moves the end of windows, and touched is what
    these hold now and did not, or the reverse. `everywhere`: its only row gives a column the same value in all rows."""
    column: str = ""
    end: str = ""
    """Column of the relation from which windows look back at `column`."""


@dataclass(frozen=True)
class Increment:
    """How a table is brought up to date without being made anew: by the rows of the keys that changes touch."""

    key: tuple[str, ...]
    """The columns whose values name the rows that are made together; NULL is a value, too."""
    of: Mapping[str, tuple[str, ...]]
    """Relations that the model reads, with what they call the key; only touched keys of them are read."""
    touched_by: Mapping[str, Touch]
    """Every relation through which a change can arrive."""
    counts: Mapping[str, str]
    """Relation -> an expression over the table whose sum is the number of its rows. Where it is not, a row has gone or
    has moved to another key, which no load tells, and the table is made anew."""


@dataclass(frozen=True)
class Model:
    """One SELECT that becomes a table or a view named like its file."""

    name: str
    file: str
    sql: str
    kind: Kind
    description: str
    columns: Mapping[str, str]
    tests: tuple[DataTest, ...]
    increment: Increment | None = None
    is_rule: bool = False
    """Whether people may put a file of their own in its place."""
    has_one_row: bool = False
    """Whether it is a rule of one row, whose columns are settings."""
    types: Mapping[str, str] = field(default_factory=dict)
    """The declared types of a rule's columns."""

    @property
    def folder(self) -> str:
        return Path(self.file).parts[0]

    @property
    def is_reporting(self) -> bool:
        """Whether readers see it: views, and what lies in other folders, are on the way there."""
        return self.kind == "table" and self.folder == TABLE_FOLDER

    @property
    def grain(self) -> str:
        """What one row is, from the first line of the file."""
        return self.sql.partition("\n")[0].removeprefix("--").strip()

    @property
    def key(self) -> str | None:
        """The column or expression that its `unique` test names first; what identifies a row in an error."""
        return next((test.target for test in self.tests if test.kind == "unique"), None)


@dataclass(frozen=True)
class Source:
    """A raw table that models read as `<schema>.<name>`, with the declared type of each column."""

    schema: str
    name: str
    columns: Mapping[str, str]

    @property
    def reference(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def is_bookkeeping(self) -> bool:
        """Whether it tells of runs and not of marketing; every run writes in it, also one that brings nothing."""
        return self.name.startswith("_")


@dataclass(frozen=True)
class History:
    """A table of the versions of a source's rows, declared as a snapshot of dbt's is; models read it by its name."""

    name: str
    source: Source
    unique_key: str
    tracked: tuple[str, ...]
    """The columns of the source that a new version is made of and for."""
    updated_at: str
    description: str
    columns: Mapping[str, str]
    tests: tuple[DataTest, ...]
    is_rule: bool = False
    """Never: nobody makes up what was."""

    @property
    def key(self) -> str:
        """What identifies a version in an error."""
        return f"({self.unique_key}, version)"


@dataclass(frozen=True)
class Project:
    """All models and histories by name, all sources by the name that models use for them, all texts by file."""

    models: Mapping[str, Model]
    sources: Mapping[str, Source]
    texts: Mapping[str, str]
    histories: Mapping[str, History] = field(default_factory=dict)


def models_path() -> Path:
    """Return the folder of the models that come with the package."""
    return Path(__file__).parent / "models"


def load_project(folder: Path | None = None, rules: Path | None = None, *, fivetran: bool = False) -> Project:
    """Read a models folder; without one, the models that come with the package.

    Args:
        rules: a folder with rules of one's own, each in a file of the same name as the model that it replaces.
        fivetran: with the tables in the columns of Fivetran's, which are left out else.

    Raises:
        ProjectError: a schema.yml or sources.yml is malformed, or speaks of a model that has no file; or a file of the
            rules replaces none.
        ModelError: a model does not begin with its grain, or shares its name with another.
    """
    root = folder or models_path()
    texts = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*"))
        if path.suffix in {".sql", ".yml"} and (fivetran or path.relative_to(root).parts[0] != FIVETRAN_FOLDER)
    }
    documents = {file: _parse_yaml(file, text) for file, text in texts.items() if file.endswith(".yml")}
    declared = {entry["name"]: (file, entry) for file, entry in _entries(documents, "models")}
    if rules is not None:
        texts |= _own_rules(rules, texts, [name for name, (_, entry) in declared.items() if _is_rule(entry)])
    models: dict[str, Model] = {}
    for file, text in texts.items():
        if file.endswith(".sql"):
            model = _build_model(file, text, declared)
            if model.name in models:
                raise ModelError(model.name, file, 1, f"{models[model.name].file} has the same name")
            models[model.name] = model
    for name, (file, _) in declared.items():
        if name not in models:
            raise ProjectError(file, f"It describes the model {name}, and there is no {name}.sql")
    sources = {source.reference: source for source in _sources(documents)}
    histories = {
        entry["name"]: _build_history(file, entry, sources) for file, entry in _entries(documents, "snapshots")
    }
    return Project(models, sources, texts, histories)


def _is_rule(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("config", {}).get("meta", {}).get("rule"))


def _own_rules(folder: Path, texts: Mapping[str, str], known: Sequence[str]) -> dict[str, str]:
    """Return the texts of a folder of rules, by the files of the models that they replace."""
    if not folder.is_dir():
        raise ProjectError(str(folder), "It should be the folder of your own rules, and is none")
    files = {Path(file).stem: file for file in texts if file.endswith(".sql")}
    own = {}
    for path in sorted(folder.glob("*.sql")):
        if path.stem not in known:
            raise ProjectError(str(path), f"It replaces no rule; known are {', '.join(sorted(known))}")
        own[files[path.stem]] = path.read_text(encoding="utf-8")
    return own


def _build_model(file: str, text: str, declared: Mapping[str, tuple[str, Mapping[str, Any]]]) -> Model:
    path = Path(file)
    if not text.startswith(GRAIN):
        reason = f"The first line must give the grain, as in '{GRAIN} per prospect.'"
        raise ModelError(path.stem, file, 1, reason)
    default: Kind = "table" if path.parts[0] in (TABLE_FOLDER, FIVETRAN_FOLDER) else "view"
    yaml_file, entry = declared.get(path.stem, (file, {}))
    config = entry.get("config", {})
    kind = config.get("materialized", default)
    if kind not in ("table", "view"):
        reason = f"{path.stem} is materialized as {kind!r}; known are 'table' and 'view'"
        raise ProjectError(yaml_file, reason)
    columns, tests = _described(yaml_file, entry)
    meta = config.get("meta", {})
    return Model(
        name=path.stem,
        file=file,
        sql=text,
        kind=kind,
        description=entry.get("description", ""),
        columns=columns,
        tests=tests,
        increment=_increment(yaml_file, path.stem, kind, meta.get("increment")),
        is_rule=_is_rule(entry),
        has_one_row=bool(meta.get("has_one_row")),
        types={column["name"]: column["data_type"] for column in entry.get("columns", []) if "data_type" in column},
    )


def _increment(file: str, name: str, kind: Kind, entry: Mapping[str, Any] | None) -> Increment | None:
    if entry is None:
        return None
    if kind != "table" or set(entry) != {"key", "of", "touched_by", "counts"}:
        raise ProjectError(file, f"The increment of {name} needs a table, and key, of, touched_by and counts")
    key = _listed(entry["key"])
    of = entry["of"] if isinstance(entry["of"], dict) else dict.fromkeys(entry["of"], key)
    touched_by = {relation: _touch(text) for relation, text in entry["touched_by"].items()}
    return Increment(key, {relation: _listed(own) for relation, own in of.items()}, touched_by, entry["counts"])


def _touch(text: str) -> Touch:
    """Read `key`, `everywhere <column>`, `<column> > <end>` or the name of a column."""
    if text == "key":
        return Touch("key")
    if text.startswith("everywhere "):
        return Touch("everywhere", text.removeprefix("everywhere "))
    column, is_look_back, end = text.partition(" > ")
    return Touch("look_back", column, end) if is_look_back else Touch("column", column)


def _listed(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _build_history(file: str, entry: Mapping[str, Any], sources: Mapping[str, Source]) -> History:
    """Read a snapshot as dbt spells it, of the one kind that is known: versions by comparison of columns."""
    name, config = entry["name"], entry.get("config", {})
    if config.get("strategy") != "check" or set(config) != {"strategy", "unique_key", "updated_at", "check_cols"}:
        raise ProjectError(file, f"The snapshot {name} needs strategy check, unique_key, updated_at and check_cols")
    reference = entry.get("relation", "").removeprefix("source('").removesuffix("')").replace("', '", ".")
    if reference not in sources:
        raise ProjectError(file, f"The snapshot {name} is of {reference or 'nothing'}, which is no source")
    source, tracked = sources[reference], tuple(config["check_cols"])
    if unknown := sorted({config["unique_key"], config["updated_at"], *tracked} - set(source.columns)):
        raise ProjectError(file, f"The snapshot {name} is of columns that {reference} lacks: {', '.join(unknown)}")
    columns, tests = _described(file, entry)
    description = entry.get("description", "")
    return History(name, source, config["unique_key"], tracked, config["updated_at"], description, columns, tests)


def _described(file: str, entry: Mapping[str, Any]) -> tuple[Mapping[str, str], tuple[DataTest, ...]]:
    """Read what an entry says of its columns, and the data tests of the whole and of each column."""
    columns = entry.get("columns", [])
    tests = [*_tests(file, None, entry)]
    for column in columns:
        tests += _tests(file, column["name"], column)
    return {column["name"]: column.get("description", "") for column in columns}, tuple(tests)


def _tests(file: str, column: str | None, entry: Mapping[str, Any]) -> Iterator[DataTest]:
    """Read the data tests of a model (`column` is None) or of one of its columns, in dbt's spellings."""
    for test in entry.get("data_tests", []):
        kind, body = (test, {}) if isinstance(test, str) else next(iter(test.items()))
        arguments = body.get("arguments", body)
        target = column or arguments.get("column_name") or arguments.get("partition_by")
        if target is None:
            raise ProjectError(file, f"The data test {kind} of {entry['name']} names no column")
        yield DataTest(kind, target, arguments)


def _sources(documents: Mapping[str, Mapping[str, Any]]) -> Iterator[Source]:
    for _, source in _entries(documents, "sources"):
        for table in source.get("tables", []):
            columns = {column["name"]: column["data_type"] for column in table.get("columns", [])}
            yield Source(source["name"], table["name"], columns)


def _entries(documents: Mapping[str, Mapping[str, Any]], kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for file, document in documents.items():
        for entry in document.get(kind, []):
            if "name" not in entry:
                raise ProjectError(file, f"An entry of {kind} has no name")
            yield file, entry


@lru_cache(maxsize=64)
def _parse_yaml(file: str, text: str) -> Mapping[str, Any]:
    """Parse each text once in a process; nobody changes a document."""
    import yaml

    try:
        document = yaml.load(text, yaml_loader())  # noqa: S506 - a safe one
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise ProjectError(file, f"It is not valid YAML: {reason}") from error
    if not isinstance(document, dict):
        raise ProjectError(file, "It must be a mapping with models or sources")
    return document


def yaml_loader() -> Any:
    """Return the safe loader: the one in C, where PyYAML has it, is many times as fast."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)
