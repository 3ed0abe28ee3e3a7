"""The export engine: one queue per account, states, result files, expiry.

Exports run one after the other, oldest first. Source: Export API v5 guide; developers blog, "Introducing
Pardot's Export API".
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from itertools import count
from pathlib import Path

from pardot_emulator.behaviour import Behaviour, EmptyRefs
from pardot_emulator.clock import Clock
from pardot_emulator.errors import ApiError
from pardot_emulator.export_requests import ExportRequest
from pardot_emulator.records import Json
from pardot_emulator.result_files import ResultFile, ResultWriter

LIFE = timedelta(days=7)
"""Result files can be fetched for seven days; an export unfinished for as long is cancelled."""

_API_USER_ID = 1
_BUILD_PATIENCE_SECONDS = 5.0
_FIRST_EXPORT_ID = 88_101
_FIRST_FILE_ID = 9_001


class Status(Enum):
    """Where an export is."""

    WAITING = "Waiting"
    PROCESSING = "Processing"
    COMPLETE = "Complete"
    FAILED = "Failed"
    CANCELING = "Canceling"
    CANCELED = "Canceled"


UNFINISHED = frozenset({Status.WAITING, Status.PROCESSING})


@dataclass(frozen=True)
class Polls:
    """Processing time as a number of reads, so that tests need no clock.

    Any read moves the queue on, and so does a create call where one is refused as long as another export is running.
    """

    waiting: int = 1
    processing: int = 1


@dataclass(frozen=True)
class Seconds:
    """Processing time in seconds of the emulator's clock."""

    waiting: float = 0.0
    processing: float = 60.0


@dataclass
class Export:
    """One export and everything that has become of it."""

    id: int
    request: ExportRequest
    created_at: datetime
    updated_at: datetime
    status: Status = Status.WAITING
    head_since: datetime | None = None
    """When it came to the head of the queue."""
    reads: int = 0
    """Reads of any export since then, or since it was cancelled."""
    extra_reads: int = 0
    """Reads that it takes longer than usual."""
    completed_at: datetime | None = None
    files: dict[int, ResultFile] = field(default_factory=dict)
    is_forced_expired: bool = False
    builder: threading.Thread | None = None
    problem: Exception | None = None

    @property
    def rows(self) -> int:
        """Rows in all its files."""
        return sum(each.rows for each in self.files.values())


class Exports:
    """All exports of the account.

    Args:
        writer: writes the result files.
        behaviour: the open questions.
        clock: creation, expiry, and processing time in seconds.
        folder: where result files are kept.
        processing: how long an export takes.
        record: called with each changed export, so that queries find it.
        forget: called with the id of an export that is to be found no more.
    """

    def __init__(
        self,
        writer: ResultWriter,
        behaviour: Behaviour,
        clock: Clock,
        folder: Path,
        processing: Polls | Seconds,
        record: Callable[[Export], None],
        forget: Callable[[int], None],
    ) -> None:
        self._writer = writer
        self._behaviour = behaviour
        self._clock = clock
        self._folder = folder
        self._processing = processing
        self._record = record
        self._forget = forget
        self._lock = threading.RLock()
        self._exports: dict[int, Export] = {}
        self._ids = count(_FIRST_EXPORT_ID)
        self._file_ids = count(_FIRST_FILE_ID)

    def all(self) -> list[Export]:
        """Return every export that was not made to vanish, oldest first."""
        with self._lock:
            return list(self._exports.values())

    # -- what the API does

    def create(self, request: ExportRequest) -> Export:
        """Queue an export."""
        with self._lock:
            refused = self._behaviour.create_refused_while_running
            self._advance(is_read=refused is not None)
            if refused is not None and self._head() is not None:
                raise ApiError(refused)
            now = self._clock.now().replace(microsecond=0)
            export = Export(next(self._ids), request, created_at=now, updated_at=now)
            self._exports[export.id] = export
            self._advance()
            self._record(export)
            return export

    def read(self, id: int) -> Export:
        """Return an export after letting the queue move on."""
        with self._lock:
            export = self._find(id)
            self._advance(is_read=True)
            return export

    def refresh(self) -> None:
        """Bring the recorded states up to date, for a query."""
        with self._lock:
            self._advance()
            for export in self._exports.values():
                self._record(export)

    def cancel(self, id: int) -> Export:
        """Cancel an unfinished export; any other refuses with 178."""
        with self._lock:
            export = self._find(id)
            self._advance()
            if export.status not in UNFINISHED:
                raise ApiError(178)
            export.reads = 0
            passes = self._behaviour.cancel_passes_canceling
            self._change(export, Status.CANCELING if passes else Status.CANCELED)
            return export

    def file(self, id: int, file_id: int) -> ResultFile:
        """Return a result file.

        Raises:
            ApiError: 109 no such export or file, 178 unfinished or expired.
        """
        with self._lock:
            export = self._find(id)
            self._advance()
            if export.status is not Status.COMPLETE or self.is_expired(export):
                raise ApiError(178, status=self._behaviour.expired_download_status)
            if file_id not in export.files:
                raise ApiError(109)
            return export.files[file_id]

    def is_expired(self, export: Export) -> bool:
        """Tell whether the result files of an export can no longer be fetched."""
        start = export.created_at
        if self._behaviour.expiry_counts_from == "completion" and export.completed_at is not None:
            start = export.completed_at
        return export.is_forced_expired or self._clock.now() >= start + LIFE

    def status_word(self, export: Export) -> str:
        """Return the word that the API uses for the status of an export."""
        word = export.status.value
        if export.status is Status.COMPLETE:
            word = self._behaviour.complete_word
        elif export.status is Status.CANCELED:
            word = self._behaviour.canceled_word
        if self._behaviour.expired_word != "as before" and self.is_expired(export):
            word = self._behaviour.expired_word
        case: dict[str, Callable[[str], str]] = {"UPPER": str.upper, "lower": str.lower}
        return case.get(self._behaviour.status_case, str)(word)

    def add_result_refs(self, export: Export, record: dict[str, Json], base_url: str) -> None:
        """Put ``resultRefs`` into a record in the form that state and behaviour call for."""
        refs: list[Json] = []
        absence: EmptyRefs = self._behaviour.refs_before_completion
        if self.is_expired(export):
            absence = self._behaviour.refs_after_expiry
        elif export.status is Status.COMPLETE:
            absence = self._behaviour.refs_of_empty_export
            refs = [f"{base_url}/api/v5/exports/{export.id}/results/{file_id}" for file_id in export.files]
        if len(refs) == 1 and self._behaviour.single_ref_as_text:
            record["resultRefs"] = refs[0]
        elif refs:
            record["resultRefs"] = refs
        elif absence == "absent":
            record.pop("resultRefs", None)
        else:
            record["resultRefs"] = json.loads(absence)

    # -- what tests make happen

    def fail(self, id: int) -> None:
        """Let an export end as Failed."""
        with self._lock:
            self._change(self._find(id), Status.FAILED)

    def cancel_by_other(self, id: int) -> None:
        """Let an export be cancelled behind the client's back."""
        with self._lock:
            self._change(self._find(id), Status.CANCELED)

    def expire(self, id: int) -> None:
        """Let the result files of an export expire early."""
        with self._lock:
            export = self._find(id)
            export.is_forced_expired = True
            self._record(export)

    def vanish(self, id: int) -> None:
        """Let an export be forgotten, as if it had never been created."""
        with self._lock:
            self._find(id)
            del self._exports[id]
            self._forget(id)

    def delay(self, id: int, reads: int) -> None:
        """Let an export take some more reads than usual."""
        with self._lock:
            self._find(id).extra_reads += reads

    def close(self) -> None:
        """Wait for files in the making."""
        for export in self.all():
            if export.builder is not None:
                export.builder.join()

    # -- the queue

    def _find(self, id: int) -> Export:
        if id not in self._exports:
            raise ApiError(109)
        return self._exports[id]

    def _head(self) -> Export | None:
        return next((each for each in self._exports.values() if each.status in UNFINISHED), None)

    def _advance(self, *, is_read: bool = False) -> None:
        """Move the queue on as far as time, or one more read, allows."""
        now = self._clock.now()
        for export in self._exports.values():
            if export.status is Status.CANCELING and is_read:
                if export.reads:
                    self._change(export, Status.CANCELED)
                export.reads = 1
            elif export.status in UNFINISHED and now >= export.created_at + LIFE:
                export.is_forced_expired = True
                self._change(export, Status.CANCELED)
        started_at = None
        while (head := self._head()) is not None:
            if head.head_since is None:
                head.head_since = max(head.created_at, started_at or head.created_at)
                head.reads = 0
            elif is_read:
                head.reads += 1
                is_read = False
            if not self._move(head, now):
                return
            started_at = head.completed_at

    def _move(self, head: Export, now: datetime) -> bool:
        """Move the head of the queue on; tell whether it has finished."""
        assert head.head_since is not None  # noqa: S101  set by the caller
        if isinstance(self._processing, Polls):
            waiting = self._processing.waiting
            is_waiting = head.reads <= waiting
            is_processing = head.reads <= waiting + self._processing.processing + head.extra_reads
            finished_at = now
        else:
            begins_at = head.head_since + timedelta(seconds=self._processing.waiting)
            finished_at = begins_at + timedelta(seconds=self._processing.processing)
            is_waiting = now < begins_at
            is_processing = now < finished_at or head.reads < head.extra_reads
        if is_waiting:
            return False
        if head.status is Status.WAITING:
            self._change(head, Status.PROCESSING)
        if is_processing or not self._is_built(head):
            return False
        head.completed_at = finished_at.replace(microsecond=0)
        self._change(head, Status.FAILED if head.problem else Status.COMPLETE)
        return True

    def _is_built(self, export: Export) -> bool:
        """Begin to write the files, wait a while, and tell whether they are there.

        The wait keeps small exports predictable: they take exactly as many reads as configured.
        """
        if export.builder is None:
            export.builder = threading.Thread(target=self._build, args=(export,), daemon=True)
            export.builder.start()
        export.builder.join(_BUILD_PATIENCE_SECONDS)
        return not export.builder.is_alive()

    def _build(self, export: Export) -> None:
        folder = self._folder / str(export.id)
        try:
            files = self._writer.write(export.request, export.created_at, export.id, folder)
        except Exception as problem:
            export.problem = problem
        else:
            export.files = {next(self._file_ids): each for each in files}

    def _change(self, export: Export, status: Status) -> None:
        if export.status is not status:
            export.status = status
            export.updated_at = self._clock.now().replace(microsecond=0)
        self._record(export)


def export_row(export: Export, word: str, is_expired: bool) -> dict[str, int | bool | str | datetime | None]:
    """Return an export as a row of the store's ``exports`` collection; its result references are not kept."""
    body = export.request.body
    fields: Sequence[str] = [column.path for column in export.request.selection.columns]
    return {
        "id": export.id,
        "status": word,
        "isExpired": is_expired,
        "procedure": json.dumps(body["procedure"]),
        "fields": json.dumps(body.get("fields", fields)),
        "createdAt": export.created_at,
        "updatedAt": export.updated_at,
        "createdById": _API_USER_ID,
        "updatedById": _API_USER_ID,
        "includeByteOrderMark": export.request.includes_byte_order_mark,
        "legacyDateFormat": export.request.has_legacy_dates,
        "maxFileSizeBytes": export.request.max_file_bytes,
    }
