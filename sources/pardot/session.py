"""What the resources of one source share: the connection to Pardot, the ledger, the working folder, the account."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from . import stopping
from .api.allowance import Allowance
from .api.credentials import TokenProvider
from .api.token_store import LOGINS, TokenStore
from .api.transport import Transport
from .catalogue import Entry, Field
from .dialects.choose import dialect_of
from .dialects.legacy_statistics import select_due
from .erased import LIST, ErasedPeople
from .errors import (
    PardotError,
    RejectedRequestError,
    SettingsError,
    StoppedError,
    StorageError,
    TransientRequestError,
)
from .events import Event, EventHandler, log_event
from .exports.driver import Exports, FetchedExport
from .exports.ledger import Ledger, Task
from .harvest import Harvester
from .naming import quote_identifier, quote_text
from .position import Position
from .reading.careful import copy_to_parquet
from .rejects import Rejects
from .settings import Settings
from .tables import Destination
from .windows import parse_time

_UNIT = "business_unit_id"
"""State key of the source: whose rows the tables hold."""


class Session:
    """One connection to one business unit, used by all resources of a source; close it when done.

    Args:
        folder: working folder, kept between runs: the ledger, result files, files on their way to the destination.
        erased: people whose rows are left out.
        sleep: how to wait, between looks at an export.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        allowance: Allowance,
        folder: Path,
        *,
        on_event: EventHandler,
        erased: ErasedPeople | None = None,
        sleep: Callable[[float], None] = stopping.sleep,
    ) -> None:
        self.settings = settings
        self.erased = ErasedPeople() if erased is None else erased
        self.transport = transport
        self.allowance = allowance
        self.on_event = on_event
        self.ledger = Ledger(folder / "ledger.sqlite")
        self.keeps_going = False
        """Whether one object's failure leaves the others going; then it is found in `failures`."""
        self.failures: list[PardotError] = []
        self.failed: set[str] = set()
        """Tables of the objects that have failed."""
        self.fetched: list[FetchedExport] = []
        """The exports of this run; forgotten in the ledger once their rows are loaded."""
        self.resumed: set[str] = set()
        """Tables that continued an export of an earlier run, so that the time since then is still to be asked for."""
        self.folder = folder
        self.rejects = Rejects(folder / "rejected", text=settings.rejected_text, erased=self.erased, on_event=on_event)
        self._lock = threading.Lock()
        self.dialect = dialect_of(settings, transport, on_event, self.list_emails_due)
        self._newest_activity_at: datetime | None = None
        self._reader: Any = None
        self._pipeline: Any = None
        self._load_id = ""
        self.exports = Exports(
            transport,
            self.dialect.exports,
            self.ledger,
            folder / "exports",
            poll_seconds=settings.poll_seconds,
            patience_seconds=settings.export_patience_seconds,
            on_event=self._watch,
            sleep=sleep,
        )
        self.harvester = Harvester(
            transport,
            self.dialect,
            self.exports,
            folder / "pages",
            history_start=self.history_start,
            few_rows=settings.few_rows,
            on_event=on_event,
        )

    def close(self) -> None:
        self.release_destination()
        self.ledger.close()
        self.transport.close()

    def read_account(self) -> None:
        """Read the account's call counters into the allowance; one call. A refusal is reported, they stay unknown."""
        try:
            data = self.dialect.account()
        except RejectedRequestError as error:
            if error.refuses_login:
                raise
            self.on_event(Event("account.unreadable", {"code": error.code}))
        else:
            self.allowance.learn_account(data)

    def has_calls_to_spare(self, calls: int) -> bool:
        """Whether so many calls leave half of today's share for what is urgent."""
        used, allowed = self.allowance.used, self.allowance.allowed
        return used is None or allowed is None or used + calls < allowed / 2

    def history_start(self, now: datetime) -> datetime:
        """Return where the first load begins.

        Without a setting that is a year before now, or before the newest visitor activity where that is older: an
        account that rests has its last year of activity, and so has one whose clock is not ours. One call, once.
        """
        if self.settings.start_date is not None:
            return self.settings.start_date
        with self._lock:
            if self._newest_activity_at is None:
                self._newest_activity_at = self._newest_activity() or now
        return self.settings.history_start(min(now, self._newest_activity_at))

    def _newest_activity(self) -> datetime | None:
        """Return when the newest visitor activity was created; None when there is none, or it may not be asked for."""
        try:
            return self.dialect.parse_time(self.dialect.activity_time(newest=True) or "")
        except (RejectedRequestError, TransientRequestError, ValueError):
            return None

    def further_fields(self, entry: Entry) -> tuple[Field, ...]:
        """Return the fields beyond the catalogue's: the account's own, and those of related objects if wished for."""
        related = entry.related(self.settings.related_fields)
        if not entry.has_custom_fields:
            return related
        with self._lock:  # two objects have the same ones
            return (*related, *self.dialect.custom_fields(entry))

    @contextmanager
    def object_fails_alone(self, entry: Entry) -> Iterator[None]:
        """Let one object's failure be its own: its position stays, the other objects go on.

        Only a stop and trouble with our own disk or database end everything, and every failure does unless
        `keeps_going`.
        """
        try:
            yield
        except (StoppedError, StorageError, SettingsError):
            raise
        except PardotError as error:
            if not self.keeps_going:
                raise
            error.name_window(entry.table)
            self.failures.append(error)
            self.failed.add(entry.table)
            self.resumed.discard(entry.table)  # its turn is the next run's
            self.on_event(Event("object.failed", {"object": entry.table, "error": type(error).__name__}))

    def current_load_id(self) -> str:
        """Return the id of the load package that dlt is extracting into."""
        from dlt.common.configuration.container import Container
        from dlt.common.storages.load_package import LoadPackageStateInjectableContext

        return str(Container()[LoadPackageStateInjectableContext].load_id)

    def destination(self, pipeline: Any) -> Destination:
        """Return what matters about the pipeline's destination."""
        is_duckdb = str(pipeline.destination.destination_type).endswith(".duckdb")
        outgoing = self.folder / "outgoing"

        with self._lock:
            self._pipeline = pipeline

        def has_row(select: str) -> bool:
            found = self.look(select)
            return found is None or found != ()

        def write(select: str, target: Path) -> int | None:
            found = self.look(copy_to_parquet(select, target))
            return int(found[0]) if found else None

        return Destination(is_duckdb, pipeline.dataset_name, outgoing, has_row, write)

    def look(self, select: str) -> tuple[Any, ...] | None:
        """Return the first row that a statement finds in the local DuckDB, `()` for none, None when it cannot tell."""
        import duckdb

        with self._lock:
            if self._reader is None:
                self._reader = self._pipeline.sql_client()
                self._reader.open_connection()
            reader = self._reader.native_connection.cursor()
        try:
            return tuple(reader.execute(select).fetchone() or ())
        except duckdb.Error:
            return None
        finally:
            reader.close()

    def list_emails_due(self) -> Sequence[int]:
        """Return the list emails whose statistics are to be read; none where only another destination could tell."""
        if self._pipeline is None or not str(self._pipeline.destination.destination_type).endswith(".duckdb"):
            return ()
        now = self.transport.server_now()
        for has_counts in (True, False):
            found = self.look(select_due(self._pipeline.dataset_name, now, has_counts=has_counts))
            if found is not None:
                return found[0] or ()
        return ()

    def release_destination(self) -> None:
        """Close the connection that `destination` opened to look into the tables; call it when nothing is extracted."""
        import duckdb

        with self._lock:
            reader, self._reader = self._reader, None
        if reader is not None:
            with suppress(duckdb.Error):  # another thread still looks something up for an extraction that failed
                reader.close_connection()

    def is_empty(self, entry: Entry, destination: Destination) -> bool:
        """Whether the object's table has no row yet, so that none that is there need be compared with a new one."""
        if not destination.runs_models:
            return False
        table = f"{quote_identifier(destination.dataset)}.{quote_identifier(entry.table)}"
        exists = (
            "SELECT 1 FROM information_schema.tables "
            f"WHERE table_schema = {quote_text(destination.dataset)} AND table_name = {quote_text(entry.table)}"
        )
        return not destination.has_row(exists) or not destination.has_row(f"SELECT 1 FROM {table} LIMIT 1")

    def forget_loaded(self, entry: Entry, position: Position) -> None:
        """Drop exports whose windows the destination has: its own state is the proof."""
        for record in self.ledger.open_exports(entry.table, Task.UPDATE):
            if (
                position.through
                and record.end_at
                and record.export_id
                and parse_time(record.end_at) <= position.through
            ):
                self._drop(record.request_id, record.export_id)

    def forget_fetched(self) -> None:
        """Drop the exports of this run; call it once the load is complete."""
        self.ledger.note_in_use()  # before: a ledger that forgot them and counts as new would take them over again
        for export in self.fetched:
            self._drop(export.request_id, export.export_id)
        self.fetched.clear()

    def note_exports(self, exports: Sequence[FetchedExport]) -> None:
        self.fetched.extend(exports)

    def begin_extraction(self) -> None:
        """Make room, once for each load package: what other packages brought is loaded, or will be fetched again."""
        load_id = self.current_load_id()
        with self._lock:
            if self._load_id != load_id:
                self._load_id = load_id
                self.clear_outgoing()
                self.rejects.take()

    def insist_on_own_rows(self, state: MutableMapping[str, Any]) -> None:
        """Refuse to load into tables of another business unit: ids are unique in one unit only.

        Args:
            state: of the source, which travels with the rows.

        Raises:
            SettingsError: the tables hold the rows of another unit.
        """
        holds = state.setdefault(_UNIT, self.settings.business_unit_id)
        if holds != self.settings.business_unit_id:
            raise SettingsError(
                f"sources.pardot.business_unit_id is {self.settings.business_unit_id}, and the tables of this "
                f"destination hold the rows of {holds}",
                next_step="Nothing was loaded; give each unit a dataset of its own (publish.dataset), or a database of "
                "its own (destination.duckdb.credentials, publish.duckdb) and a working folder (DLT_DATA_DIR)",
            )

    def clear_outgoing(self) -> None:
        """Remove files that were on their way to the destination; call it when no load package is pending."""
        for name in ("outgoing", "pages"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _drop(self, request_id: int, export_id: str) -> None:
        self.ledger.forget(request_id)
        shutil.rmtree(self.folder / "exports" / export_id, ignore_errors=True)

    def _watch(self, event: Event) -> None:
        is_update = event.fields.get("task", Task.UPDATE.value) == Task.UPDATE.value
        if event.name in ("export.resumed", "export.adopted") and is_update and not event.fields.get("reaches_now"):
            self.resumed.add(str(event.fields["object"]))
        self.on_event(event)


def open_session(
    settings: Settings,
    *,
    folder: Path | None = None,
    logins: Path | None = None,
    erased: ErasedPeople | None = None,
    on_event: EventHandler = log_event,
    sleep: Callable[[float], None] = stopping.sleep,
) -> Session:
    """Return a session for these settings; makes no call.

    Args:
        folder: default `pardot` inside dlt's data folder, one folder per business unit.
        logins: where refresh tokens are kept; default inside that folder.
        erased: people whose rows are left out; default the list beside that folder.
        sleep: how to wait, before a repeated call and between looks at an export.
    """
    if folder is None:
        from dlt.common.runtime.run_context import active

        folder = Path(active().data_dir) / "pardot" / settings.business_unit_id
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    allowance = Allowance(settings.max_daily_calls, settings.reserve_percent)
    tokens = TokenProvider(settings, refresh_tokens=TokenStore(logins or folder / LOGINS, sleep=sleep), sleep=sleep)
    transport = Transport(settings, tokens, allowance, sleep=sleep, on_event=on_event)
    if erased is None:
        erased = ErasedPeople(folder.parent / LIST)
    return Session(settings, transport, allowance, folder, on_event=on_event, erased=erased, sleep=sleep)
