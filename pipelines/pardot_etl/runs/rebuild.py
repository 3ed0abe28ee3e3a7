"""`pardot-etl transform`: the reporting tables alone, from the rows that are there, then published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pardot.errors import StorageError

from ..configuration import Places, load_time_zone
from .lock import RunLock

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from pardot_transforms import BuildResult


def rebuild(places: Places, *, select: Sequence[str] | None = None, full_refresh: bool = False) -> BuildResult:
    """Build the reporting tables in the working database and publish them; asks Pardot nothing.

    Raises:
        SettingsError: the time zone cannot be used.
        RunLockedError: a run is active.
        StorageError: there is no working database yet, or it cannot be used.
        TransformError: a model cannot be built or breaks a data test; nothing was published.
    """
    from ..files.database import connect
    from ..files.publish import publish

    time_zone = load_time_zone() or "UTC"
    if not places.working_database.exists():
        raise StorageError(
            "build the reporting tables",
            path=str(places.working_database),
            reason="the working database does not exist yet",
            next_step="Nothing was changed; `pardot-etl run` makes it",
        )
    with RunLock(*places.lock_files()):
        with connect(places.working_database) as db:
            result = build_reports(db, places, time_zone, select=select, full_refresh=full_refresh)
        publish(places)
    return result


def build_reports(
    db: DuckDBPyConnection,
    places: Places,
    time_zone: str,
    *,
    select: Sequence[str] | None = None,
    full_refresh: bool = False,
) -> BuildResult:
    """Build the tables that are made of raw ones in the working database, as the settings say."""
    from pardot_transforms import build

    return build(
        db,
        raw_schema=places.dataset,
        marts_schema=places.marts,
        history_schema=places.histories,
        fivetran_schema=places.fivetran_schema if places.fivetran else None,
        select=select,
        full_refresh=full_refresh,
        time_zone=time_zone,
        rules=places.rules,
    )


def lines(result: BuildResult, places: Places) -> list[str]:
    """Return what was built as text."""
    if result.skipped:
        head = ["nothing changed, the reporting tables are up to date"]
    else:
        width = max(len(model.name) for model in result.models)
        head = [
            f"{model.name:<{width}}  {model.rows:>12,} rows  {model.seconds:.1f} s"
            for model in result.models
            if model.rows is not None
        ]
        head.append(f"{len(result.models)} models built, {len(result.tests)} tests passed in {result.seconds:.1f} s")
    missing = [f"no rows yet    {name}" for name in result.missing_tables]
    return [*head, *missing, f"published      {places.published_database}"]
