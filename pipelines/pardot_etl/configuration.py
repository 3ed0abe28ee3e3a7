"""Where things are kept: the settings of publishing and of the destinations, checked as a whole.

They are looked up by exact key, as the settings of the source are. Paths come back absolute, so that every
part of a run means the same file whatever it resolves names against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pardot.errors import SettingsError

if TYPE_CHECKING:
    from pardot.settings import Settings
    from pardot.settings_lookup import Found, Lookup

DATASET: Final = "pardot"
"""The dataset of the raw tables, and the folder of the lake that holds their Parquet files."""

MARTS: Final = "pardot_marts"
"""The dataset of the reporting tables."""

_KEYS: Final = {
    "working_database": ("destination", "duckdb", "credentials"),
    "published_database": ("publish", "duckdb"),
    "published_parquet": ("publish", "parquet"),
    "lake": ("destination", "filesystem", "bucket_url"),
}
"""Field of `Places` -> the key that it is looked up by."""

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

    provenance: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), compare=False, repr=False)
    """Where each setting came from, full key to provider and key."""

    @property
    def own_folder(self) -> Path:
        """The part of the data folder that is ours, not dlt's."""
        return self.data_folder / "pardot"

    def logins(self, business_unit_id: str) -> Path:
        """Return the folder of refresh tokens that logins handed out; all destinations share them."""
        from pardot.api.token_store import LOGINS

        return self.own_folder / business_unit_id / LOGINS

    def lock_files(self, pipeline: str = "pardot", *, with_database: bool = True) -> tuple[Path, ...]:
        """Return the locks that whoever writes must hold: the pipeline's and the working database's."""
        lock = self.own_folder / f"{pipeline}.lock"
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
    problems: list[str] = []
    found: dict[str, str | None] = dict.fromkeys(_KEYS)
    provenance: dict[str, str] = {}
    for name, key in _KEYS.items():
        try:
            one = Found(given[name], "argument", False) if name in given else _look_up(lookup, key)
            if one is not None:
                found[name] = _database(_text(one.value)) if name.endswith("_database") else _text(one.value)
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
        provenance=MappingProxyType(provenance),
    )
    problems = list(_conflicts(places))
    if problems:
        raise SettingsError(problems)
    return places


def _look_up(lookup: Lookup, key: Sequence[str]) -> Found | None:
    """Return where a setting is found first; dlt also takes a table with the path in `database`."""
    *sections, name = key
    for one in lookup.find(name, sections):
        if not isinstance(one.value, Mapping):
            return one
    return next(iter(lookup.find("database", key)), None) if name == "credentials" else None


def _text(value: object) -> str:
    if isinstance(value, str | Path) and str(value).strip():
        return str(value).strip()
    raise ValueError("a path, as text")


def _database(text: str) -> str:
    """Return the path in `duckdb:///path`, or the text itself; four slashes make it absolute, as in dlt."""
    if text.lower().startswith(_ELSEWHERE):
        raise ValueError(f"a file on this machine, which {text.partition(':')[0] or text} is not")
    path = text.removeprefix(_ADDRESS)
    if "://" in path or not path or path.endswith("/"):
        raise ValueError("the path of a file, or duckdb:///path")
    return path


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _conflicts(places: Places) -> Iterator[str]:
    """Yield what would make one part of a run overwrite another's files."""
    working, published = places.working_database.resolve(), places.published_database.resolve()
    if working == published:
        yield (
            f"publish.duckdb and destination.duckdb.credentials are the same file ({published}); "
            "readers would block the job, so give them two names"
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


def _switched_folders(places: Places) -> Iterator[tuple[str, Path]]:
    """Yield the folders that are switched in as a whole, with their keys."""
    if places.published_parquet:
        yield "publish.parquet", places.published_parquet.resolve()
    if places.lake and ("://" not in places.lake or places.lake.startswith("file://")):
        lake = _path(places.lake.removeprefix("file://")) / DATASET
        yield "destination.filesystem.bucket_url", lake.resolve()


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
