"""Where things are kept: the settings of publishing and of the destinations, checked as a whole.

They are looked up by exact key, as the settings of the source are. Paths come back absolute, so that every
part of a run means the same file whatever it resolves names against.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pardot.errors import SettingsError, one_line

if TYPE_CHECKING:
    from pardot.settings import Settings
    from pardot.settings_lookup import Found, Lookup

DATASET: Final = "pardot"
"""The dataset of an installation that sets none."""

_KEYS: Final = {
    "dataset": ("publish", "dataset"),
    "working_database": ("destination", "duckdb", "credentials"),
    "published_database": ("publish", "duckdb"),
    "published_parquet": ("publish", "parquet"),
    "lake": ("destination", "filesystem", "bucket_url"),
    "rules": ("transforms", "rules"),
    "fivetran": ("transforms", "fivetran"),
}
"""Field of `Places` -> the key that it is looked up by."""

_DLTS: Final = "destination"
"""The section of dlt's own that keys of ours stand in; what else is there is not ours to judge."""

_NAME: Final = re.compile(r"(?!.{42})[a-z][a-z0-9]*(_[a-z0-9]+)*")
"""What DuckDB and dlt both take as it is: dlt joins doubled underscores and replaces one at the end."""

_TAKEN: Final = frozenset(
    {"information_schema", "main", "memory", "pg_catalog", "system", "temp"}  # DuckDB's
    | {"pipelines", "repos"}  # dlt's, in its data folder
)

_SCHEMAS_BESIDE: Final = ("_staging", "_marts", "_marts_views", "_history", "_fivetran")
"""What is added to the name of a dataset: dlt's staging tables, the reporting tables, the views they are made from, the
histories, the tables in the columns of Fivetran's."""

_ADDRESS: Final = "duckdb:///"
_ELSEWHERE: Final = (":memory:", ":pipeline:", "md:", "motherduck:")


@dataclass(frozen=True)
class Places:
    """The files and folders of one installation; paths are absolute."""

    working_database: Path
    """The DuckDB file that the job writes and nobody else opens: `destination.duckdb.credentials`."""

    published_database: Path
    """The snapshot that people open, swapped in by rename: `publish.duckdb`."""

    published_parquet: Path | None
    """Folder for a Parquet copy of the reporting tables, None when off: `publish.parquet`."""

    lake: str | None
    """Where `--destination filesystem` leaves its files, as given: `destination.filesystem.bucket_url`."""

    data_folder: Path
    """dlt's data folder, moved by `DLT_DATA_DIR`: ledger, result files, load packages, lock, history."""

    dataset: str = DATASET
    """The schema of the raw tables, and their folder in the lake; each business unit has its own: `publish.dataset`."""

    rules: Path | None = None
    """Folder with rules of one's own, which replace those of the reporting tables: `transforms.rules`."""

    fivetran: bool = False
    """Whether tables in the columns of Fivetran's are made: `transforms.fivetran`."""

    provenance: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), compare=False, repr=False)
    """Where each setting came from, full key to provider and key."""

    @property
    def marts(self) -> str:
        """The schema of the reporting tables."""
        return f"{self.dataset}_marts"

    @property
    def histories(self) -> str:
        """The schema of the tables of versions, which nothing can make anew."""
        return f"{self.dataset}_history"

    @property
    def fivetran_schema(self) -> str:
        """The schema of the tables in the columns of Fivetran's."""
        return f"{self.dataset}_fivetran"

    @property
    def own_folder(self) -> Path:
        """The part of the data folder that is this dataset's, not dlt's."""
        return self.data_folder / self.dataset

    @property
    def lake_folder(self) -> Path | None:
        """The folder of the raw tables as Parquet files; None where none is set, or it is not on this machine."""
        scheme, found, rest = (self.lake or "").partition("://")
        if not self.lake or (found and scheme != "file"):
            return None
        return _path(rest if found else self.lake) / self.dataset

    def logins(self, business_unit_id: str) -> Path:
        """Return the folder of refresh tokens that logins handed out; all destinations and datasets share them."""
        from pardot.api.token_store import LOGINS

        return self.data_folder / "pardot" / business_unit_id / LOGINS

    def session_folder(self, business_unit_id: str, destination: str = "duckdb") -> Path:
        """Return the folder of the ledger: one for each unit and state, as what one waits for serves no other."""
        suffix = self.pipeline_name(destination).removeprefix(self.dataset)
        return self.own_folder / f"{business_unit_id}{suffix}"

    def pipeline_name(self, destination: str = "duckdb") -> str:
        """Return the name of dlt's pipeline; each destination has a state and a working folder of its own."""
        return self.dataset if destination in ("duckdb", "filesystem") else f"{self.dataset}_{destination}"

    @property
    def erased_lists(self) -> tuple[Path, ...]:
        """Where the list of erased people is kept: in the working folder, and beside the working database."""
        from pardot.erased import LIST

        beside = f".{self.working_database.name}.{self.dataset}.{LIST}"
        return (self.own_folder / LIST, self.working_database.with_name(beside))

    def lock_files(self, destination: str = "duckdb", *, with_database: bool = True) -> tuple[Path, ...]:
        """Return the locks that whoever writes must hold: the pipeline's and the working database's."""
        lock = self.own_folder / f"{self.pipeline_name(destination)}.lock"
        database = self.working_database.with_name(f".{self.working_database.name}.lock")
        return (lock, database) if with_database else (lock,)


def load_configuration() -> tuple[Settings, Places]:
    """Return the settings and the places, or raise one SettingsError with every problem of both."""
    from pardot.settings import load_settings

    settings = places = None
    problems: list[str] = []
    try:
        settings = load_settings()
    except SettingsError as error:
        problems += error.problems
    try:
        places = load_places()
    except SettingsError as error:
        problems += (problem for problem in error.problems if problem not in problems)
    if settings is None or places is None:
        raise SettingsError(problems)
    return settings, places


def load_places(**overrides: object) -> Places:
    """Return the places, or raise one SettingsError with every problem found.

    Args:
        overrides: values by field name that win over everything else; None counts as not given.
    """
    from dlt.common.runtime.run_context import active

    from pardot.settings_lookup import Found, Lookup

    lookup = Lookup()
    given = {name: value for name, value in overrides.items() if value is not None}
    problems = list(lookup.unknown_keys(_own_sections()))
    found: dict[str, str | None] = dict.fromkeys(_KEYS)
    provenance: dict[str, str] = {}
    for name, key in _KEYS.items():
        try:
            one = Found(given[name], "argument", False) if name in given else _look_up(lookup, key)
            if one is not None:
                found[name] = _parsed(name, one.value)
                provenance[".".join(key)] = one.place
        except ValueError as expected:
            problems.append(f"{'.'.join(key)}: expected {expected}")
    if problems:
        raise SettingsError(problems)
    parquet = found["published_parquet"]
    places = Places(
        working_database=_path(found["working_database"] or "pardot_working.duckdb"),
        published_database=_path(found["published_database"] or "pardot.duckdb"),
        published_parquet=_path(parquet) if parquet else None,
        lake=found["lake"],
        data_folder=_path(str(given.get("data_folder", active().data_dir))),
        dataset=found["dataset"] or DATASET,
        rules=_path(found["rules"]) if found["rules"] else None,
        fivetran=found["fivetran"] == "true",
        provenance=MappingProxyType(provenance),
    )
    problems = list(_conflicts(places))
    if problems:
        raise SettingsError(problems)
    return places


def _own_sections() -> dict[tuple[str, ...], frozenset[str]]:
    """Return the sections that are ours alone with every key in them; a stranger there is a typing error."""
    ours = [key for key in _KEYS.values() if key[0] != _DLTS]
    sections = {key[:-1] for key in ours}
    return {section: frozenset(key[-1] for key in ours if key[:-1] == section) for section in sections}


def _look_up(lookup: Lookup, key: Sequence[str]) -> Found | None:
    """Return where a setting is found first; dlt also takes a table with the path in `database`."""
    *sections, name = key
    found = lookup.find(name, sections)
    if name == "credentials":
        found = [one for one in found if not isinstance(one.value, Mapping)] or lookup.find("database", key)
    return next(iter(found), None)


def _parsed(name: str, value: object) -> str:
    if name == "dataset":
        return _dataset(value)
    if name == "fivetran":
        return _flag(value)
    return _database(_text(value)) if name.endswith("_database") else _text(value)


def _dataset(value: object) -> str:
    """Return the name of a dataset, insisting that DuckDB and dlt take it as it is and use it for nothing else."""
    name = value.strip() if isinstance(value, str) else ""
    if not _NAME.fullmatch(name):
        raise ValueError(
            "small letters and digits, at most 41, beginning with a letter, with single underscores between them; "
            f"found {one_line(value, 60)!r}"
        )
    if name in _TAKEN or name.endswith(_SCHEMAS_BESIDE):
        raise ValueError(
            f"a name that DuckDB, dlt and the reporting tables leave free, which {name} is not "
            f"(nor any that ends in {', '.join(_SCHEMAS_BESIDE)})"
        )
    return name


def _flag(value: object) -> str:
    flag = str(value).strip().lower()
    if flag in ("true", "false"):
        return flag
    raise ValueError("true or false")


def _text(value: object) -> str:
    if isinstance(value, str | Path) and str(value).strip():
        return str(value).strip()
    raise ValueError("a path, as text")


def _database(text: str) -> str:
    """Return the path in `duckdb:///path`, or the text itself; four slashes make it absolute, as in dlt."""
    if text.lower().startswith(_ELSEWHERE):
        raise ValueError(f"a file on this machine, which {text.partition(':')[0] or text} is not")
    path = text.removeprefix(_ADDRESS)
    if "://" in path or not path or path.endswith("/") or _path(path).is_dir():
        raise ValueError("the path of a file, or duckdb:///path")
    return path


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _conflicts(places: Places) -> Iterator[str]:
    """Yield what a run would stumble over: a folder that is missing, parts that overwrite each other's files."""
    working, published = places.working_database.resolve(), places.published_database.resolve()
    if places.rules and not places.rules.is_dir():
        yield f"transforms.rules: {places.rules} is no folder"
    if working == published:
        yield (
            f"publish.duckdb and destination.duckdb.credentials are the same file ({published}); "
            "readers would block the job, so give them two names"
        )
    if name := schema_called_like(places.working_database, places.dataset):
        yield (
            f"destination.duckdb.credentials: DuckDB names a database after its file, and {working} would be called "
            f"{name}, as a schema of the dataset {places.dataset} in it; give the file another name"
        )
    for key, folder in _switched_folders(places):
        inside = [
            place for place in (working, published, places.data_folder.resolve(), Path.cwd()) if _holds(folder, place)
        ]
        if inside:
            yield f"{key}: {folder} is replaced as a whole and {inside[0]} lies in it; name another"
    folders = [folder for _, folder in _switched_folders(places)]
    if len(folders) == 2 and (_holds(folders[0], folders[1]) or _holds(folders[1], folders[0])):
        yield f"publish.parquet and destination.filesystem.bucket_url share {folders[0]}; name two folders"


def schema_called_like(file: Path, dataset: str) -> str | None:
    """Return the schema of a dataset that has the name of a database file; `schema.table` is ambiguous in such a file.

    DuckDB calls a database by the first part of its file's name.
    """
    name = next(filter(None, file.name.lower().split(".")), "")
    beside = name.removeprefix(dataset)
    return name if name.startswith(dataset) and beside in ("", *_SCHEMAS_BESIDE) else None


def _switched_folders(places: Places) -> Iterator[tuple[str, Path]]:
    """Yield the folders that are switched in as a whole, with their keys."""
    if places.published_parquet:
        yield "publish.parquet", places.published_parquet.resolve()
    if places.lake_folder:
        yield "destination.filesystem.bucket_url", places.lake_folder.resolve()


def _holds(folder: Path, place: Path) -> bool:
    return place == folder or folder in place.parents


def load_time_zone() -> str | None:
    """Return `sources.pardot.time_zone` alone, for what needs no login.

    Raises:
        SettingsError: it is no time zone.
    """
    from pardot.settings_lookup import Lookup
    from pardot.settings_values import time_zone

    for found in Lookup().find("time_zone", ("sources", "pardot"))[:1]:
        try:
            return time_zone(found.value)
        except ValueError as expected:
            raise SettingsError(f"sources.pardot.time_zone: expected {expected} ({found.place})") from None
    return None
