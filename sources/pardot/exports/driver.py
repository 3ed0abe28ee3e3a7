"""The Export API: create an export, wait for it, fetch its files; and do none of it twice.

An export is named by its request (procedure, arguments, fields). The ledger remembers each request from before its
create call until the destination has the rows, so that a later run goes on with the same export and reads finished
files from disk.

Source: Export API v5 guide (create, read, query, download; statuses; expiry; limits).
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import product
from pathlib import Path

from .. import stopping
from ..api.transport import Transport
from ..catalogue import Entry
from ..dialects.dialect import ExportApi
from ..errors import (
    DataError,
    ExportFailedError,
    ExportTimedOutError,
    PardotError,
    RejectedRequestError,
    StorageError,
    TransientRequestError,
)
from ..events import Event, EventHandler
from ..reading.csv_files import ResultFile, ResultFileWriter
from ..windows import Window, api_time, lies_in, make_up, parse_time
from .adoption import Adoption
from .ledger import ASKED, RESULTS_LAST, ExportRecord, FileRecord, Ledger, Task
from .messages import (
    Shape,
    Status,
    build_request,
    closed_request,
    in_parts,
    parse_export_id,
    parse_flag,
    parse_result_urls,
    parse_status,
    shape_of,
    split_request,
    window_of,
)
from .pace import Pace, own_seconds

MAX_EXPORTS_PER_WINDOW = 3
SHORTEST_HALVED = timedelta(days=14)
"""Windows that are shorter are not cut in two when their exports fail: their size is not what they fail by."""
MAX_DOWNLOADS_PER_FILE = 4
DOWNLOADS_AT_ONCE = 3
"""Of one export. Pardot allows an account five requests at a time, whoever makes them."""
MAX_FILE_BYTES = 2 * 1024**3
"""Ten times the largest file that Pardot makes (`maxFileSizeBytes` ends at 200 MB)."""
MAX_ANSWERS_LOST = 3
"""Create calls whose answer is lost, and which turn out to have done nothing, before the run gives up."""
CACHE_SECONDS = 61.0
"""How long a list of exports may be older than the last create call: reads may be cached for a minute."""
LONGEST_WINDOW = timedelta(days=365)
"""Source: Export API guide, limits: an export covers at most a year."""
GONE_CODES = frozenset({109, 178, 192})
"""The export or its files are no longer there: not found, not downloadable in this state."""
CONCURRENT_CODE = 66
BUSY_CODES = frozenset({CONCURRENT_CODE, 178})
"""What a create call may be refused with while another export is running."""


@dataclass(frozen=True)
class FetchedExport:
    """All verified files of one export, and the window that they cover."""

    request_id: int
    export_id: str
    fields: tuple[str, ...]
    window: Window
    created_at: datetime
    end_at: datetime
    """Everything before this moment, by the server's own clock, is in the files."""
    files: tuple[ResultFile, ...]


class Exports:
    """Drive exports through the API with the ledger as memory.

    Args:
        transport: fetches files, and knows the server's time.
        api: creates exports and looks at them.
        ledger: remembers what was asked for.
        folder: where result files are kept until they are loaded; must stay between runs.
        poll_seconds: the first wait between two looks.
        patience_seconds: how long one export may take in this run.
    """

    def __init__(
        self,
        transport: Transport,
        api: ExportApi,
        ledger: Ledger,
        folder: Path,
        *,
        poll_seconds: float,
        patience_seconds: float,
        on_event: EventHandler,
        sleep: Callable[[float], None] = stopping.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._api = api
        self._ledger = ledger
        self._folder = folder
        self._pace = Pace(poll_seconds, patience_seconds)
        self._on_event = on_event
        self._sleep = sleep
        self._monotonic = monotonic
        self._adoption = Adoption(api, ledger, transport.server_now)
        self._adopts = ledger.is_new
        self._begun: set[int] = set()

    def plan(
        self,
        entry: Entry,
        fields: Sequence[str],
        windows: Sequence[Window],
        *,
        by_update: bool,
        task: Task = Task.UPDATE,
    ) -> list[ExportRecord]:
        """Return the exports to fetch, as lines of the ledger: those an earlier run left behind, else new ones.

        One for each window; where one cannot name all the fields, several, the first of the newest window first.

        What was left behind goes first and alone, so that the windows of one load always fit together. It is given up
        only when the fields have changed meanwhile, or when a window that was never asked for has grown over a year.
        A ledger that was never used may replace one that is lost; then what is open at Pardot is taken over.
        """
        intents, shapes = list[tuple[str, str, str | None]](), set[Shape]()
        for window, part in product(windows, in_parts(entry, fields)):
            request = build_request(entry, part, window, by_update=by_update)
            end_at = api_time(window.end_at) if window.end_at else None
            intents.append((json.dumps(request, sort_keys=True), api_time(window.start_at), end_at))
            shapes.add(shape_of(request))
        left_behind = self._ledger.open_exports(entry.table, task)
        if task is Task.BACKFILL:  # its windows are named by the user: another one's exports are kept for another time
            left_behind = [one for window in windows for one in _parts_of(window, left_behind)]
        if task is Task.REVIEW and not any(map(self._still_lasts, left_behind)):
            # Made anew, they would be of another day's windows, and tell nothing of what is gone by today.
            self.forget_all(left_behind)
            left_behind = []
        by_shape = _by_shape(left_behind)
        if by_shape.keys() == shapes and all(self._serve(part, intents, task) for part in by_shape.values()):
            # One that is still to be created reaches to now; those that were leave the time since then to be asked for.
            reaches_now = all(
                any(one.export_id is None and window_of(one).end_at is None for one in part)
                for part in by_shape.values()
            )
            facts = {"exports": len(left_behind), "task": task.value, "reaches_now": reaches_now}
            self._emit("export.resumed", entry, **facts)
            return left_behind
        self.forget_all(left_behind)
        intended = self._ledger.intend(entry.table, intents, task)
        self._begun |= {one.request_id for one in intended}
        if task is Task.UPDATE and self._adopts:
            return [self._adopted(entry, record) for record in intended]
        return intended

    def _still_lasts(self, record: ExportRecord) -> bool:
        """Whether an export was created, or may have been, and not so long ago that its files are gone."""
        if record.status == ASKED:
            return True
        oldest = self._transport.server_now() - RESULTS_LAST
        return record.created_at is not None and parse_time(record.created_at) >= oldest

    def _adopted(self, entry: Entry, record: ExportRecord) -> ExportRecord:
        adopted = self._adoption.adopt(record)
        if adopted is None:
            return record
        self._begun.discard(record.request_id)
        self._emit("export.adopted", entry, export_id=adopted.export_id, window=str(window_of(adopted)))
        return adopted

    def has_open(self, entry: Entry) -> bool:
        """Whether an export of what is new was begun and is not known to be loaded."""
        return bool(self._ledger.open_exports(entry.table, Task.UPDATE))

    def fetch(self, entry: Entry, record: ExportRecord) -> FetchedExport:
        """Return all files of one export, continuing from wherever the ledger says it is.

        Costs one API call to create, one per look, one per file; nothing for what the ledger already has.

        Raises:
            ExportTimedOutError: still unfinished; the next run waits for the same export.
            ExportFailedError: Pardot ended it without a result, several times in a row.
            DataError: a file breaks its contract.
        """
        window = window_of(record)
        try:
            while True:
                if record.export_id is None:
                    record = self._create(entry, record, window)
                try:
                    return self._fetch_created(entry, record, window)
                except _ExportLost as lost:
                    self._remove_files(record)
                    self._ledger.lost(record.request_id, closed_request(record))
                    record = self._ledger.read(record.request_id)
                    window = window_of(record)
                    self._emit("export.lost", entry, export_id=lost.export_id, reason=lost.reason)
                    if record.attempts >= MAX_EXPORTS_PER_WINDOW:
                        raise ExportFailedError(export_id=_number(lost.export_id), status=lost.reason) from lost
        except PardotError as error:
            error.name_window(entry.table, str(window))
            if isinstance(error, DataError) and self._ledger.files(record.request_id):
                self._give_up_files(record)  # an answer about the export that cannot be read may be readable next time
            raise

    def split(self, record: ExportRecord) -> list[ExportRecord]:
        """Cut an open window that was refused in two: up to the server's time as we know it, and from there on."""
        return self._ledger.split(record, split_request(record, self._transport.server_now()))

    def halve(self, record: ExportRecord) -> list[ExportRecord]:
        """Cut a window whose exports fail in two, newest first; none when it is short already."""
        record = self._ledger.read(record.request_id)
        window = window_of(record)
        length = (window.end_at or self._transport.server_now()) - window.start_at
        if length < SHORTEST_HALVED:
            return []
        middle = (window.start_at + length / 2).replace(microsecond=0)
        return self._ledger.split(record, split_request(record, middle))[::-1]

    def give_up(self, record: ExportRecord) -> None:
        """Forget an export that was never created."""
        self._ledger.forget(record.request_id)

    def began(self, record: ExportRecord) -> bool:
        """Whether an export was first thought of by this process, so that it is as new as what it is compared with."""
        return record.request_id in self._begun

    def _serve(
        self,
        left_behind: Sequence[ExportRecord],
        intents: Sequence[tuple[str, str, str | None]],
        task: Task,
    ) -> bool:
        """Whether what an earlier run left behind, of one part of the fields, brings what is needed now.

        A destination that was set back, or filled anew, needs more than what was asked for then.
        """
        reaches_back = min(one.start_at for one in left_behind) <= min(start_at for _, start_at, _ in intents)
        is_far_enough = task is not Task.UPDATE or reaches_back
        return is_far_enough and all(map(self._can_be_asked, left_behind))

    def forget_all(self, records: Iterable[ExportRecord]) -> None:
        """Forget exports that are of no use any more, with their files."""
        for one in records:
            self._ledger.forget(one.request_id)
            self._remove_files(one)

    def give_up_files(self, fetched: Iterable[FetchedExport]) -> None:
        """Forget exports whose files cannot be read: kept, they would end every later run in the same way."""
        for export in fetched:
            self._give_up_files(self._ledger.read(export.request_id))

    def _give_up_files(self, record: ExportRecord) -> None:
        self._remove_files(record)
        self._ledger.lost(record.request_id, closed_request(record), is_failure=False)

    def _can_be_asked(self, record: ExportRecord) -> bool:
        """Whether an export left behind was created, or is of a window that still can be asked for."""
        window = window_of(record)
        end_at = window.end_at or self._transport.server_now()
        return record.export_id is not None or end_at - window.start_at <= LONGEST_WINDOW

    def _create(self, entry: Entry, record: ExportRecord, window: Window) -> ExportRecord:
        """Create the export, or adopt the one whose create call lost its answer, in this run or in an earlier one."""
        request = json.loads(record.request)
        asked_at = self._transport.server_now()
        was_asked = record.status == ASKED
        self._ledger.asked(record.request_id)
        found = self._adoption.find_lost(request) if was_asked else None
        data = self._post_or_find(request) if found is None else found
        export_id = parse_export_id(data.get("id"))
        created_at = self._created_at(data.get("createdAt"), asked_at)
        end_at = window.end_at or created_at
        self._ledger.created(record.request_id, export_id, api_time(created_at), api_time(end_at))
        self._ledger.note_in_use()
        name = "export.created" if found is None else "export.adopted"
        self._emit(name, entry, export_id=export_id, window=str(window), task=record.task)
        return self._ledger.read(record.request_id)

    def _post_or_find(self, request: Mapping[str, object]) -> Mapping[str, object]:
        """Create an export; look for it when the answer is lost, wait when Pardot takes none at the moment.

        Exports queue at Pardot by its documentation; should an account refuse one while another is running, the
        refusal passes with it.
        """
        started = self._monotonic()
        answers_lost = 0
        found = None
        for wait_seconds in self._pace.between_looks():
            if found is not None:
                return found
            try:
                return self._api.create(request)
            except TransientRequestError as error:
                if error.outcome_unknown:
                    answers_lost += 1
                    found = self._adoption.find_lost(request) or self._find_lost_later(request)
                    if found is None and answers_lost == MAX_ANSWERS_LOST:
                        raise
                    continue
                if error.code != CONCURRENT_CODE or self._out_of_patience(started, wait_seconds):
                    raise
            except RejectedRequestError as error:
                if error.code not in BUSY_CODES or self._out_of_patience(started, wait_seconds):
                    raise
            self._sleep(wait_seconds)
        raise AssertionError("unreachable: the waits never end")

    def _out_of_patience(self, started: float, wait_seconds: float) -> bool:
        return self._monotonic() - started + wait_seconds > self._pace.patience_seconds

    def _created_at(self, value: object, asked_at: datetime) -> datetime:
        """Return the export's own creation time, never later than what the server's clock said before we asked.

        An open window ends at the creation time; an end that is too early costs rows read twice, one too late loses.
        """
        try:
            return min(parse_time(str(value)), asked_at)
        except ValueError:
            return asked_at

    def _find_lost_later(self, request: Mapping[str, object]) -> Mapping[str, object] | None:
        """Look again when no cache can hide the export any more: only then is it safe to create another."""
        self._sleep(CACHE_SECONDS)
        return self._adoption.find_lost(request)

    def _fetch_created(self, entry: Entry, record: ExportRecord, window: Window) -> FetchedExport:
        fields = tuple(json.loads(record.request)["fields"])
        if record.status != "complete":
            self._wait(entry, record)
        fetch = partial(self._fetch_file, entry, fields, record)
        with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:  # after a failure those under way end, others do not begin
            files = list(pool.map(fetch, self._ledger.files(record.request_id)))
        now = self._transport.server_now()
        created_at = parse_time(record.created_at) if record.created_at else now
        end_at = parse_time(record.covered_to) if record.covered_to else now
        return FetchedExport(record.request_id, str(record.export_id), fields, window, created_at, end_at, tuple(files))

    def _wait(self, entry: Entry, record: ExportRecord) -> None:
        """Look at the export until it is complete, not before it is as old as such exports get; record its files."""
        started = self._monotonic()
        usual, shortest = self._ledger.usual_seconds(entry.table), self._ledger.shortest_seconds(entry.table)
        if record.created_at is not None:
            age = (self._transport.server_now() - parse_time(record.created_at)).total_seconds()
            if wait_seconds := self._pace.before_first_look(age, shortest):
                self._sleep(wait_seconds)
        for wait_seconds in self._pace.between_looks(shortest):
            waited = self._monotonic() - started
            found = self._read(record)
            word = found.get("status")
            status = parse_status(word, is_expired=parse_flag(found.get("isExpired")))
            self._emit(
                "export.polled",
                entry,
                export_id=record.export_id,
                status=str(word),
                age_seconds=waited,
                usual_seconds=usual,
            )
            if status is Status.COMPLETE:
                urls = parse_result_urls(found.get("resultRefs"), str(record.export_id))
                for url in urls:  # a refused one is not recorded either: the next run reads the export again
                    self._transport.insist_on_allowed(url)
                self._ledger.finished(record.request_id, urls)
                took = min(waited, own_seconds(found, waited))
                self._ledger.note_duration(entry.table, took, datetime.now(timezone.utc).isoformat())
                self._emit(
                    "export.completed", entry, export_id=record.export_id, files=len(urls), waited_seconds=waited
                )
                return
            if status is Status.LOST:
                raise _ExportLost(str(record.export_id), str(word))
            if self._out_of_patience(started, wait_seconds):
                raise ExportTimedOutError(
                    waited_seconds=waited, export_id=_number(str(record.export_id)), status=str(word)
                )
            self._sleep(wait_seconds)

    def _read(self, record: ExportRecord) -> Mapping[str, object]:
        try:
            return self._api.read(str(record.export_id))
        except RejectedRequestError as error:
            raise self._lost_or(error, record) from error

    def _lost_or(self, error: RejectedRequestError, record: ExportRecord) -> Exception:
        """Translate "it is no longer there" into a lost export; anything else stays what it is."""
        if error.code in GONE_CODES or (error.code is None and error.status in (404, 410)):
            return _ExportLost(str(record.export_id), error.reason or "not found")
        return error

    def _fetch_file(self, entry: Entry, fields: Sequence[str], record: ExportRecord, file: FileRecord) -> ResultFile:
        """Return one verified file, from disk when it is there already."""
        if file.path and file.facts:
            on_disk = ResultFile.from_facts(Path(file.path), file.facts)
            if on_disk.is_intact():
                self._emit("export.file_on_disk", entry, export_id=record.export_id, position=file.position)
                return on_disk
        target = self._folder / str(record.export_id) / f"{file.position}.csv"
        unrecorded = None if file.path else self._measure(entry, fields, target)
        for attempt in range(1, MAX_DOWNLOADS_PER_FILE + 1):
            try:
                fetched = unrecorded or self._download(entry, fields, file.url, target)
            except RejectedRequestError as error:
                raise self._lost_or(error, record) from error
            except (TransientRequestError, DataError) as error:
                is_final = attempt == MAX_DOWNLOADS_PER_FILE
                if is_final or (isinstance(error, TransientRequestError) and not error.body_interrupted):
                    raise
                self._emit("export.download_repeated", entry, export_id=record.export_id, attempt=attempt)
                self._sleep(min(self._pace.poll_seconds, 2.0**attempt))
            else:
                self._ledger.fetched(record.request_id, file.position, fetched.path, fetched.facts())
                self._emit(
                    "export.file_fetched",
                    entry,
                    export_id=record.export_id,
                    position=file.position,
                    rows=fetched.rows,
                    bytes=fetched.size_bytes,
                )
                return fetched
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _measure(self, entry: Entry, fields: Sequence[str], target: Path) -> ResultFile | None:
        """Return a file that has its final name although the ledger does not know: the run ended in between."""
        if not target.is_file():
            return None
        try:
            writer = ResultFileWriter(target, fields, table=entry.table)
            with target.open("rb") as file:
                while piece := file.read(1 << 20):
                    writer.write(piece)
            return writer.finish()
        except (OSError, DataError):
            return None

    def _download(self, entry: Entry, fields: Sequence[str], url: str, target: Path) -> ResultFile:
        try:
            writer = ResultFileWriter(target, fields, table=entry.table)
            try:

                def keep(piece: bytes) -> None:
                    stopping.check()
                    writer.write(piece)

                self._transport.download(url, keep, operation="export.download", max_bytes=MAX_FILE_BYTES)
                return writer.finish()
            except BaseException:
                writer.discard()
                raise
        except OSError as error:
            raise StorageError("write a result file", path=str(target), reason=error.strerror or str(error)) from error

    def _remove_files(self, record: ExportRecord) -> None:
        if record.export_id is not None:
            shutil.rmtree(self._folder / record.export_id, ignore_errors=True)

    def _emit(self, name: str, entry: Entry, **fields: str | int | float | None) -> None:
        self._on_event(Event(name, {"object": entry.table, **fields}))


class _ExportLost(Exception):
    """A signal between two functions; never leaves this module."""

    def __init__(self, export_id: str, reason: str) -> None:
        super().__init__(reason)
        self.export_id = export_id
        self.reason = reason


def _parts_of(window: Window, records: Sequence[ExportRecord]) -> list[ExportRecord]:
    """Return the exports that are of a window, or of the parts that it was cut into; none where one is lacking."""
    parts = [one for one in records if lies_in(window_of(one), window)]
    is_whole = all(make_up(list(map(window_of, part)), window) for part in _by_shape(parts).values())
    return parts if is_whole else []


def _by_shape(records: Sequence[ExportRecord]) -> dict[Shape, list[ExportRecord]]:
    """Return exports by what they ask for; of one load there are several where an export cannot name all fields."""
    found: dict[Shape, list[ExportRecord]] = {}
    for one in records:
        found.setdefault(shape_of(json.loads(one.request)), []).append(one)
    return found


def _number(export_id: str) -> int | None:
    return int(export_id) if export_id.isdigit() else None
