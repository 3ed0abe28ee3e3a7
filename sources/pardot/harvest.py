"""One object, from what is wanted to files: which windows to ask for, by which route, and where that leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Protocol

from .api.transport import Transport
from .catalogue import Entry, Field, Route
from .dialects.dialect import Dialect, Query, Record, readable_id
from .errors import (
    AuthenticationError,
    DataError,
    ExportFailedError,
    PardotError,
    RejectedRequestError,
    TransientRequestError,
)
from .events import Event, EventHandler
from .exports.driver import Exports, FetchedExport
from .exports.ledger import ExportRecord, Task
from .few_rows import TooManyRowsError, like_exported
from .fields import FieldChoice
from .position import Position
from .reading.cells import KEY
from .reading.pages import write_pages
from .reading.parts import parts_of
from .reading.text_files import PageFile, TextFile
from .volume import UNKNOWN, Volume
from .windows import Window, changes, history, parse_time

A_DAY = timedelta(days=1)
FIRST_YEAR = datetime(2007, 1, 1, tzinfo=timezone.utc)
"""Pardot was founded in this year; no row is older."""
MARGIN = timedelta(hours=2)
"""How near to the end of a stretch of time a missing row means nothing."""
REFUSED_RANGE_CODES = frozenset({7, 8, 177})
"""What a window that starts after the service's own now may be answered with; which one is not documented."""


@dataclass(frozen=True)
class Harvest:
    """Everything that was fetched for one object in one run."""

    files: tuple[TextFile, ...]
    fields: tuple[Field, ...]
    position: Position
    """Where the object has been read to once these files are loaded."""
    exports: tuple[FetchedExport, ...] = ()
    complete: tuple[Window, ...] | None = None
    """Stretches of creation time of which every row is in the files, so that one that is missing is gone; empty for
    all time, None when the files say nothing about missing rows."""
    volume: Volume = UNKNOWN
    """What is known of the object's rows by time, this harvest included."""

    @property
    def rows(self) -> int:
        """How many rows the files have; a row whose fields come in parts is in a file of each."""
        return max((sum(file.rows for file in part) for part in parts_of(self.files, self.fields)), default=0)


@dataclass(frozen=True)
class Plan:
    """What one object needs in the next run; computed without any call."""

    entry: Entry
    way: str
    """`export`, `query` or `walk`."""
    windows: tuple[Window, ...]
    by_update: bool
    task: Task = Task.UPDATE
    spares_export: bool = False
    """Whether a query stands for an export, because few rows are expected."""
    looks_first: bool = False
    """Whether a query for a single row tells first if there is anything to export."""

    @property
    def where(self) -> str:
        """What is asked for, as errors name it."""
        return str(self.windows[0]) if self.windows else "all rows"


def plan(
    entry: Entry,
    position: Position,
    *,
    history_start: datetime,
    now: datetime,
    needs_export: bool = False,
    volume: Volume = UNKNOWN,
    few_rows: int = 0,
) -> Plan:
    """Return the way and the windows of one object's next run. Pure.

    Args:
        position: how far the object has been read.
        history_start: where the first load begins; objects that others refer to are read whole regardless.
        now: the server's clock.
        needs_export: whether some fields come by export only.
        volume: how many rows to expect.
        few_rows: so many are queried, where a query delivers what an export does.
    """
    is_first = position.through is None
    since = () if position.through is None else tuple(changes(position.through, position.newest, now))
    if since and entry.few_by_query and not needs_export and volume.is_few(since[-1].start_at, now, few_rows):
        return Plan(entry, "query", (Window(since[-1].start_at, None),), by_update=True, spares_export=True)
    if entry.route is Route.EXPORT or needs_export:
        windows = since or tuple(history(history_start, now))
        looks_first = bool(since) and entry.route is Route.QUERY and volume.is_few(since[-1].start_at, now, few_rows)
        by_update = bool(since) and entry.exports_changes
        return Plan(entry, "export", windows, by_update=by_update, looks_first=looks_first)
    if entry.route is Route.WALK_THEN_EXPORT and not is_first and not volume.is_small(few_rows):
        return Plan(entry, "export", since, by_update=True)
    if entry.route is Route.QUERY and not is_first:
        return Plan(entry, "query", (Window(since[-1].start_at, None),), by_update=True)
    return Plan(entry, "walk", (), by_update=False)


class Planner(Protocol):
    """Makes a plan for the fields that are to be read."""

    def __call__(self, fields: Sequence[Field], *, filters: bool, volume: Volume) -> Plan:
        """Return the plan; without filters where Pardot has refused to filter by the date."""


class Harvester:
    """Fetch the rows of one object as files of text.

    Args:
        pages_folder: where the pages of queries are written.
    """

    def __init__(
        self,
        transport: Transport,
        dialect: Dialect,
        exports: Exports,
        pages_folder: Path,
        *,
        history_start: Callable[[datetime], datetime],
        few_rows: int,
        on_event: EventHandler,
    ) -> None:
        self._transport = transport
        self._dialect = dialect
        self._exports = exports
        self._pages_folder = pages_folder
        self._history_start = history_start
        self._few_rows = few_rows
        self._on_event = on_event

    def plan(
        self,
        entry: Entry,
        position: Position,
        fields: Sequence[Field],
        *,
        volume: Volume = UNKNOWN,
        begins: datetime | None = None,
    ) -> Plan:
        now = self._transport.server_now()
        needs_export, start = any(field.needs_export for field in fields), now
        if position.through is None and entry.route is Route.EXPORT:
            start = self._history_start(now)  # may cost a call
            start = start if begins is None else min(start, begins)
        elif position.through is None and needs_export:  # it is read whole
            start = self._beginning(entry)
        if any("." in field.name for field in fields) or self._exports.has_open(entry):
            volume = UNKNOWN  # only exports flatten related fields; and what was begun is finished
        return plan(
            entry,
            position,
            history_start=start,
            now=now,
            needs_export=needs_export,
            volume=volume,
            few_rows=self._few_rows,
        )

    def _beginning(self, entry: Entry) -> datetime:
        """Return a moment before every row of an object that is read whole; costs a call.

        An account that does not tell its oldest row is asked for every year that it can have.
        """
        oldest = self._dialect.oldest_at(entry)
        return FIRST_YEAR if oldest is None else oldest - A_DAY

    def gather(
        self,
        entry: Entry,
        position: Position,
        choice: FieldChoice,
        custom: Sequence[Field],
        *,
        name: str,
        volume: Volume = UNKNOWN,
        begins: datetime | None = None,
    ) -> Harvest:
        """Fetch everything between the position and now.

        When Pardot refuses to filter by the date, read all rows: the filters of some objects are known from other
        people's clients only.

        Args:
            name: names the page file of a query, so that runs do not collide.
            volume: how many rows to expect; few are queried, and exported after all where that does not do.
            begins: where the loaded history begins; a field that is new is read from there on.
        """

        def planned(fields: Sequence[Field], *, filters: bool, volume: Volume) -> Plan:
            # A field that is new to the stored rows is read for all of them once.
            starts_over = not filters or choice.has_new(fields)
            return self.plan(entry, Position() if starts_over else position, fields, volume=volume, begins=begins)

        harvest = self._fetch(planned, choice, custom, position, name, volume)
        if harvest.exports and position.through is not None and choice.has_new(harvest.fields):
            # History by creation time says nothing of older rows that changed: they are the next run's.
            return replace(harvest, position=position)
        return harvest

    def reread(
        self,
        entry: Entry,
        windows: Sequence[Window],
        task: Task,
        choice: FieldChoice,
        custom: Sequence[Field],
        *,
        name: str,
    ) -> Harvest:
        """Fetch the rows that were created in these windows, or all rows when there are none; no position moves.

        All rows come by export where some fields come no other way: a row that is new to us would lack them for good.
        """

        def always(fields: Sequence[Field], *, filters: bool, volume: Volume) -> Plan:  # noqa: ARG001
            wanted = tuple(windows)
            if not wanted and any(field.needs_export for field in fields):
                wanted = tuple(history(self._beginning(entry), self._transport.server_now()))
            return Plan(entry, "export" if wanted else "walk", wanted, by_update=False, task=task)

        return self._fetch(always, choice, custom, Position(), name, UNKNOWN)

    def _fetch(
        self,
        planner: Planner,
        choice: FieldChoice,
        custom: Sequence[Field],
        position: Position,
        name: str,
        volume: Volume,
    ) -> Harvest:
        """Carry out a plan; when Pardot refuses a field, go on without it, unless an export may still deliver it."""
        filters, expected = choice.may_filter(), volume
        while True:
            fields = choice.choose(custom)
            planned = planner(fields, filters=filters, volume=expected)
            try:
                if planned.looks_first and (idle := self._found_idle(planned, position, fields)):
                    harvest = idle
                elif planned.way == "export":
                    harvest = self._by_export(planned, position, fields)
                else:
                    harvest = self._by_query(planned, position, fields, name)
                return replace(harvest, volume=self._learned(volume, planned, harvest))
            except AuthenticationError as error:
                error.name_window(planned.entry.table, planned.where)
                raise
            except (RejectedRequestError, TransientRequestError, DataError) as error:
                if planned.spares_export:
                    expected = UNKNOWN
                    volume = self._given_up(volume, planned, error)
                    continue
                if not isinstance(error, RejectedRequestError):
                    raise
                if choice.refuse(fields, error):
                    continue
                if planned.way != "query":
                    error.name_window(planned.entry.table, planned.where)
                    raise
                filters = False
                choice.refuse_filter(error)

    def _found_idle(self, planned: Plan, position: Position, fields: tuple[Field, ...]) -> Harvest | None:
        """Return an empty harvest when no row has changed since the position; costs a call.

        A refusal, or a row that is hidden, says nothing: then the export tells.
        """
        asked_at = self._transport.server_now()
        query = self._dialect.query(planned.entry, [KEY])
        try:
            has_rows = any(page for page in query.iter_pages(planned.windows[-1].start_at))
        except AuthenticationError:
            raise
        except (RejectedRequestError, TransientRequestError, DataError):
            return None
        if has_rows or query.hides_rows:
            return None
        return Harvest((), fields, position.advance(asked_at, None, None))

    def _given_up(self, volume: Volume, planned: Plan, error: PardotError) -> Volume:
        """Report that a query did not do, and remember what will not change by tomorrow."""
        self._on_event(Event("query.given_up", {"object": planned.entry.table, "reason": str(error)}))
        is_passing = isinstance(error, TransientRequestError | TooManyRowsError)
        return volume if is_passing else volume.refused(self._transport.server_now())

    def _learned(self, volume: Volume, planned: Plan, harvest: Harvest) -> Volume:
        starts = [export.window.start_at for export in harvest.exports] or [one.start_at for one in planned.windows]
        if not starts:
            return replace(volume, rows_in_all=harvest.rows)
        return volume.corrected(harvest.rows, min(starts), harvest.position.through or self._transport.server_now())

    def _by_export(self, planned: Plan, position: Position, fields: tuple[Field, ...]) -> Harvest:
        entry = planned.entry
        names = [field.name for field in fields if field.is_asked]
        records = self._exports.plan(entry, names, planned.windows, by_update=planned.by_update, task=planned.task)
        is_fresh = all(self._exports.began(record) for record in records)
        fetched = self._fetch_all(entry, records)
        parts = _by_fields(fetched)
        # What changed between the exports of two parts of the fields is of no use, and comes again.
        through = min(max(export.end_at for export in part) for part in parts)
        files = tuple(file for export in fetched for file in export.files)
        if files and not all(any(export.files for export in part) for part in parts):
            files, is_fresh = (), False
        complete = None if planned.by_update or not is_fresh else tuple(_complete(fetched))
        # The end of an export is told by the API's own clock, so no row's stamp is needed beside it.
        return Harvest(files, fields, position.advance(through, through, None), fetched, complete)

    def _fetch_all(self, entry: Entry, records: Sequence[ExportRecord]) -> tuple[FetchedExport, ...]:
        """Fetch every export, whatever the distance between the server's clock as we know it and the API's own.

        A refused window lies ahead of the API's clock when another one was created, by that clock, before the refused
        one starts; then there is nothing in it yet. Else the API's clock may be ahead, and an open window measured by
        it too long: it is cut in two at our now. A second refusal stands.
        """
        fetched, refused = [], []
        for record in records:
            try:
                fetched += self._fetch_or_halve(entry, record)
            except RejectedRequestError as error:
                if error.code not in REFUSED_RANGE_CODES:
                    raise
                refused.append((record, error))
        for record, refusal in refused:
            start_at = parse_time(record.start_at)
            if any(export.created_at < start_at for export in fetched):
                self._on_event(Event("export.window_ahead", {"object": entry.table, "start_at": record.start_at}))
                self._exports.give_up(record)
            elif record.end_at is None and start_at < self._transport.server_now():
                fetched += [self._exports.fetch(entry, part) for part in self._exports.split(record)]
            else:
                raise refusal
        return tuple(fetched)

    def _fetch_or_halve(self, entry: Entry, record: ExportRecord) -> list[FetchedExport]:
        """Fetch an export; where Pardot makes none of its window, those of its halves: it may be too much at once.

        The first short window that fails as well ends the attempts. What was fetched by then is kept for the next run.
        """
        try:
            return [self._exports.fetch(entry, record)]
        except ExportFailedError as error:
            halves = self._exports.halve(record)
            if not halves:
                raise
            self._on_event(Event("export.halved", {"object": entry.table, "window": error.window}))
            return [fetched for half in halves for fetched in self._fetch_or_halve(entry, half)]

    def _by_query(self, planned: Plan, position: Position, fields: tuple[Field, ...], name: str) -> Harvest:
        entry = planned.entry
        asked_at = self._transport.server_now()
        fields = tuple(field for field in fields if not field.needs_export)
        query = self._dialect.query(entry, [field.name for field in fields if field.is_asked])
        newest = _Newest(entry.changed_by, self._dialect.parse_time)
        pages = newest.watch(self._pages(query, planned, position))
        if planned.spares_export:
            pages = like_exported(pages, query, entry, fields, self._few_rows)
        file: PageFile = write_pages(
            pages,
            fields,
            self._pages_folder / f"{name}.parquet",
            lambda rows: self._on_event(Event("query.page", {"object": entry.table, "rows": rows})),
        )
        is_whole = planned.way == "walk" and not query.hides_rows
        reached = position.advance(asked_at, newest.moment, newest.last_id)
        return Harvest((file,), fields, reached, complete=() if is_whole else None)

    def _pages(self, query: Query, planned: Plan, position: Position) -> Iterator[list[Record]]:
        if planned.way == "walk":
            yield from query.iter_pages()
            return
        for window in planned.windows:
            yield from query.iter_pages(window.start_at)
        if planned.entry.finds_new_by_id and position.last_id is not None:
            yield from query.iter_pages(above_id=position.last_id)


class _Newest:
    """Watch pages go by and remember the newest stamp and the greatest id."""

    def __init__(self, field: str, parse: Callable[[str], datetime]) -> None:
        self._field = field
        self._parse = parse
        self.moment: datetime | None = None
        self.last_id: int | None = None

    def watch(self, pages: Iterator[list[Record]]) -> Iterator[list[Record]]:
        for page in pages:
            for record in page:
                self._see(record)
            yield page

    def _see(self, record: Mapping[str, object]) -> None:
        number = readable_id(record)
        if number is not None:
            self.last_id = number if self.last_id is None else max(self.last_id, number)
        stamp = record.get(self._field)
        try:
            moment = self._parse(str(stamp))
        except ValueError:
            return
        self.moment = moment if self.moment is None else max(self.moment, moment)


def _by_fields(fetched: Sequence[FetchedExport]) -> list[list[FetchedExport]]:
    """Return exports by the part of the fields that they bring."""
    parts: dict[tuple[str, ...], list[FetchedExport]] = {}
    for export in fetched:
        parts.setdefault(export.fields, []).append(export)
    return list(parts.values())


def _complete(fetched: Sequence[FetchedExport]) -> Iterator[Window]:
    """Yield the stretches of creation time of which these exports must have every row.

    Rows near an end may not show yet, or stand an hour off where times have no offset and a clock was changed.
    """
    blocks: list[tuple[datetime, datetime]] = []
    for start_at, end_at in sorted((export.window.start_at, export.end_at) for export in fetched):
        if blocks and start_at <= blocks[-1][1]:
            blocks[-1] = (blocks[-1][0], max(end_at, blocks[-1][1]))
        else:
            blocks.append((start_at, end_at))
    for start_at, end_at in blocks:
        yield Window(start_at + MARGIN, max(start_at + MARGIN, end_at - MARGIN))
