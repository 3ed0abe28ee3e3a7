"""The cron command: finish what was interrupted, extract, load, transform, publish, summarise.

One lock is held from before dlt is touched until the snapshot is published. Every stage can be killed at any
instant; the next run continues from what the ledger, dlt's package and the destination's state say.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from pardot import stopping
from pardot.errors import SettingsError, StorageError
from pardot.events import Event, EventHandler
from pardot.settings import Settings

from ..erasure.cleaning import people_erased
from ..erasure.erasing import stored_list
from . import unfinished
from .lock import RunLock
from .rounds import Rounds, resource_states
from .summary import ObjectCounts, RunSummary, Tally, told_once, worst_exit_code

if TYPE_CHECKING:
    import duckdb
    from dlt import Pipeline

    from pardot.backfills import Backfill
    from pardot.erased import ErasedPeople
    from pardot.session import Session

    from ..configuration import Places

DLT_DEFAULTS = {
    # Nothing about a run leaves the machine except to Pardot and the destination.
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    # A pickle of the run with the text of every exception, which dlt reads back at the next one; nobody looks at it.
    "ENABLE_RUNTIME_TRACE": "false",
    # Exports wait for Pardot while queries go on; the transport bounds what is in flight.
    "EXTRACT__WORKERS": "8",
    # dlt looks for finished work a hundred times a second by default, also while exports take an hour.
    "EXTRACT__FUTURES_POLL_INTERVAL": "0.05",
    # Loaded rows do not stay behind in working folders and staging tables.
    "LOAD__DELETE_COMPLETED_JOBS": "true",
    "LOAD__TRUNCATE_STAGING_DATASET": "true",
}
"""Settings of dlt that this pipeline wants; the environment and .dlt/config.toml may say otherwise."""
DLT_DEFAULTS_FOR_DUCKDB = {
    # What our own file refuses once it refuses again, and a refused large file takes long to read.
    "LOAD__RAISE_ON_MAX_RETRIES": "1",
}


@dataclass(frozen=True)
class RunOptions:
    """What one run is asked to do, beyond the settings."""

    objects: tuple[str, ...] | None = None
    destination: str = "duckdb"
    transform: bool = True
    backfill: Backfill | None = None
    """A stretch of creation time to read instead of what is new."""

    @property
    def uses_working_database(self) -> bool:
        """Whether rows go through our DuckDB file; the Parquet folder is written from it."""
        return self.destination in ("duckdb", "filesystem")


@dataclass
class _Stages:
    """Times the stages of a run and announces them."""

    on_event: EventHandler
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self.on_event(Event("stage.started", {"stage": name}))
        started = monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + monotonic() - started
        self.on_event(Event("stage.finished", {"stage": name, "seconds": self.seconds[name]}))


def run(
    settings: Settings,
    places: Places,
    options: RunOptions,
    on_event: EventHandler,
    *,
    sleep: Callable[[float], None] = stopping.sleep,
) -> RunSummary:
    """Bring the destination up to date and publish; the whole cron command.

    Args:
        sleep: how to wait, before a repeated call and between looks at an export.

    Raises:
        PardotError: what did not happen, and what is safe; the class carries the exit code. Rows that were loaded
            stay loaded, and readers keep the previous snapshot.
    """
    lake = _lake(places, options)
    started_at = _now()
    tally = Tally()

    def watch(event: Event) -> None:
        tally(event)
        on_event(event)

    stages = _Stages(watch)
    locks = places.lock_files(options.destination, with_database=options.uses_working_database)
    with RunLock(*locks), ExitStack() as held:
        settings_of_dlt(options)
        erased = people_erased(places)
        healed = _finish_erasure(settings, places, options, erased)
        database = _hold_database(places, options, erased, held)
        with stages.stage("drain"):
            pipeline, dropped = open_own_pipeline(places, options)
            healed += dropped
        session, renewed = _begin_session(settings, places, options, erased, watch, sleep)
        healed += renewed
        with closing(session):
            _settle(session, places, options)
            before = _row_counts(places, options)
            with stages.stage("log in"):
                session.read_account()
            run_at = session.transport.server_now()
            rounds = Rounds(session, pipeline, tally, stages.stage, let_go=held.close)
            _read_and_load(rounds, options, database)
            _settle(session, places, options)
            counts = _count(tally, before, rounds.load_ids, places, options)
            try:
                _keep_counts(counts, session, run_at, places, options)
            except StorageError as error:  # the rows are loaded: they are published, and the run ends with 1
                held.close()  # a database that failed is of use again once it is opened anew
                session.failures.append(error)
            calls, failures = session.allowance, tuple(session.failures)
        held.close()
        is_clean = erased.is_clean(places.pipeline_name(options.destination))
        if not is_clean:
            _remove_rows(places, options, pipeline, erased, stages, watch)
        transform = _transform(settings, places, options, stages, is_needed=not is_clean)
        published = _publish(places, options, lake, stages, rewrites=not is_clean)
        erased.note_clean(places.pipeline_name(options.destination))
        if options.backfill is not None and not failures:
            unfinished.finish(places.session_folder(settings.business_unit_id, options.destination))
        return RunSummary(
            objects=counts,
            started_at=started_at,
            finished_at=_now(),
            destination=options.destination,
            data_through=_data_through(pipeline),
            api_calls=calls.calls_made,
            calls_used_today=calls.used,
            calls_maximum=calls.maximum,
            seconds=stages.seconds,
            healed=tuple(healed),
            notices=dict(tally.notices),
            published=published,
            transform=transform,
            failures=told_once(failures),
            exit_code=worst_exit_code(failure.exit_code for failure in failures),
        )


def _hold_database(
    places: Places, options: RunOptions, erased: ErasedPeople, held: ExitStack
) -> duckdb.DuckDBPyConnection | None:
    """Open the working database for as long as `held` lasts; None where the destination is another.

    Opening says who else holds it, or that a newer DuckDB wrote it. It stays open until all is loaded: opening a file
    and closing it takes longer than most of the many steps that do so, and nothing while it is open.
    """
    if not options.uses_working_database:
        return None
    from ..files.database import connect, create_if_missing, limit_memory, remove_spilled

    create_if_missing(places.working_database)
    database = held.enter_context(connect(places.working_database))
    remove_spilled(places.working_database)
    limit_memory(database)
    if not erased:  # all files of an installation may be lost but its database
        erased.add(stored_list(lambda sql: database.execute(sql).fetchall(), places.dataset))
    return database


def _begin_session(
    settings: Settings,
    places: Places,
    options: RunOptions,
    erased: ErasedPeople,
    on_event: EventHandler,
    sleep: Callable[[float], None],
) -> tuple[Session, list[str]]:
    """Return what the objects share, in which one that fails stops no other, and what of it had to be made anew."""
    from pardot.session import open_session

    session = open_session(
        settings,
        folder=places.session_folder(settings.business_unit_id, options.destination),
        logins=places.logins(settings.business_unit_id),
        erased=erased,
        on_event=on_event,
        sleep=sleep,
    )
    session.keeps_going = True
    if erased.lacks_key:
        on_event(Event("erasure.key_lost", {"addresses": len(erased.people.addresses)}))
    aside = session.ledger.put_aside
    return session, [f"began a new ledger, the old one could not be read (kept as {aside})"] if aside else []


def _read_and_load(rounds: Rounds, options: RunOptions, database: duckdb.DuckDBPyConnection | None) -> None:
    """Do the rounds: what is new and then the reviews, or a backfill."""
    if options.backfill is not None:
        rounds.backfill(options.objects, options.backfill)
        return
    rounds.update(options.objects)
    if database is None:  # others cannot tell an older copy from a newer one
        return
    if rounds.load_ids:
        from ..files.database import checkpoint

        checkpoint(database)  # what was replaced stays in memory until then
    rounds.review(options.objects)


def _finish_erasure(settings: Settings, places: Places, options: RunOptions, erased: ErasedPeople) -> list[str]:
    """Do the rest of an erasure that was interrupted, before anything else, and say so.

    Reporting tables that cannot be built now are tried again at the end, when new rows are there.
    """
    name = places.pipeline_name(options.destination)
    is_there = options.uses_working_database and places.working_database.exists()
    if erased.is_clean(name) or not is_there:
        return []
    from pardot_transforms.errors import TransformError

    from ..erasure.cleaning import clean

    with suppress(TransformError):
        clean(places, erased, time_zone=settings.time_zone or "UTC", pipelines=[name])
        return ["finished removing people who were erased"]
    return []


def _remove_rows(
    places: Places,
    options: RunOptions,
    pipeline: Pipeline,
    erased: ErasedPeople,
    stages: _Stages,
    on_event: EventHandler,
) -> None:
    """Remove what came before its owner was known: rows of a prospect or visitor that this run found to be erased."""
    from ..erasure.cleaning import open_tables, remove_rows

    with stages.stage("erase"):
        if options.uses_working_database:
            removed = remove_rows(places, erased)
        else:
            with pipeline.sql_client() as client:
                tables = open_tables(lambda sql: client.execute_sql(sql) or (), places)
                tables.learn(erased)
                removed = tables.remove(erased)
    for table, rows in removed.rows.items():
        on_event(Event("rows.erased", {"object": table, "rows": rows}))


def settings_of_dlt(options: RunOptions) -> None:
    """Set our defaults for dlt where neither the environment nor a file says otherwise."""
    import dlt

    defaults = DLT_DEFAULTS | (DLT_DEFAULTS_FOR_DUCKDB if options.uses_working_database else {})
    for name, value in defaults.items():
        if dlt.config.get(name.lower().replace("__", ".")) is None:
            os.environ.setdefault(name, value)


def pipelines_folder(places: Places) -> Path:
    return places.data_folder / "pipelines"


def _lake(places: Places, options: RunOptions) -> Path | None:
    """Return the folder of the filesystem destination, insisting that it is on this machine."""
    if options.destination != "filesystem":
        return None
    if not places.lake:
        raise SettingsError("`destination.filesystem.bucket_url` is not set, and `--destination filesystem` needs it")
    if not places.lake_folder:
        scheme = places.lake.partition("://")[0]
        raise SettingsError(
            f"`destination.filesystem.bucket_url` is {scheme}://…, and only a local folder is switched in atomically",
            next_step="Nothing was started; name a local folder and copy it to the bucket after the run",
        )
    return places.lake_folder


def open_own_pipeline(places: Places, options: RunOptions) -> tuple[Pipeline, list[str]]:
    """Return the pipeline of a dataset and destination, and what had to be dropped; the caller holds its lock."""
    import dlt

    from .healing import open_pipeline

    name, folder = places.pipeline_name(options.destination), pipelines_folder(places)

    def make() -> Pipeline:
        destination: Any = options.destination
        if options.uses_working_database:
            destination = _resolved(dlt.destinations.duckdb(str(places.working_database)))
        return dlt.pipeline(name, destination=destination, dataset_name=places.dataset, pipelines_dir=str(folder))

    return open_pipeline(make, folder / name)


def _resolved(destination: Any) -> Any:
    """Return the same destination of dlt with its credentials looked up: else it looks for them 30 times in a run."""
    configuration = destination.configuration(destination.spec(), accept_partial=True)
    return type(destination)(credentials=configuration.credentials)


def _settle(session: Session, places: Places, options: RunOptions) -> None:
    """Check the keys of tables that were filled without a merge, now or in a run that was killed."""
    names = session.ledger.unsettled()
    if not names or not options.uses_working_database:
        return
    from ..files.database import connect, settle, tables

    with connect(places.working_database) as db:
        present = set(tables(db, places.dataset))
        settle(db, places.dataset, [name for name in names if name in present])
    for name in names:
        session.ledger.mark_settled(name)


def _row_counts(places: Places, options: RunOptions) -> Mapping[str, int]:
    if not options.uses_working_database:
        return {}
    from ..files.database import connect, row_counts

    with connect(places.working_database) as db:
        return row_counts(db, places.dataset)


def _count(
    tally: Tally, before: Mapping[str, int], load_ids: list[str], places: Places, options: RunOptions
) -> dict[str, ObjectCounts]:
    """Complete the account with what stands in the tables."""
    if not options.uses_working_database:
        return {name: replace(counts, loaded=counts.parsed, new=None) for name, counts in tally.objects.items()}
    from ..files.database import connect, loaded_counts, row_counts

    with connect(places.working_database) as db:
        after = row_counts(db, places.dataset)
        loaded = loaded_counts(db, places.dataset, load_ids)
    return {
        name: replace(counts, loaded=loaded.get(name, 0), new=after.get(name, 0) - before.get(name, 0))
        for name, counts in sorted(tally.objects.items())
    }


def _keep_counts(
    counts: Mapping[str, ObjectCounts], session: Session, run_at: datetime, places: Places, options: RunOptions
) -> None:
    """Keep the account in the database; an object of which nothing came has been read, too.

    Raises:
        StorageError: it could not be written.
    """
    if not options.uses_working_database:
        return
    from pardot.dialects.choose import entries_of

    from ..files.database import connect
    from .run_counts import keep_counts

    is_backfill = options.backfill is not None
    asked = () if is_backfill else entries_of(session.settings, options.objects)
    counts = {entry.table: ObjectCounts() for entry in asked} | dict(counts)
    try:
        with connect(places.working_database) as db:
            keep_counts(db, places.dataset, counts, run_at=run_at, failed=session.failed, is_backfill=is_backfill)
    except StorageError as error:
        raise StorageError(
            "keep what the run counted for data_quality",
            path=str(places.working_database),
            reason=error.reason,
            next_step="The rows themselves are loaded and published; free the space or mend the table, the next "
            "scheduled run goes on by itself",
        ) from error


def _transform(
    settings: Settings, places: Places, options: RunOptions, stages: _Stages, *, is_needed: bool = False
) -> dict[str, Any]:
    """Build the reporting tables; where people were removed, old ones are made anew in any case."""
    if not options.uses_working_database:
        return {}
    if is_needed:
        from ..erasure.cleaning import rebuild_reports

        with stages.stage("transform"):
            rebuild_reports(places, settings.time_zone or "UTC")
    if not options.transform:
        return {}
    from ..files.database import connect
    from .rebuild import build_reports

    with stages.stage("transform"), connect(places.working_database) as db:
        result = build_reports(db, places, settings.time_zone or "UTC")
    return {"skipped": result.skipped, "models": len(result.models), "tests": len(result.tests)}


def _publish(
    places: Places, options: RunOptions, lake: Path | None, stages: _Stages, *, rewrites: bool = False
) -> tuple[str, ...]:
    """Publish; where people were removed, from a database without free blocks that hold them, and every folder."""
    if not options.uses_working_database:
        return ()
    from ..files.publish import publish

    with stages.stage("publish"):
        if rewrites:
            from ..erasure.cleaning import published_lake, rewrite_database

            rewrite_database(places)
            lake = lake or published_lake(places)
        return publish(places, lake=lake)


def _data_through(pipeline: Pipeline) -> str | None:
    """Return the end of the last finished window of visitor activities."""
    through = resource_states(pipeline).get("visitor_activities", {}).get("through")
    return str(through) if through else None


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
