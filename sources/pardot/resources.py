"""One object's turn in an extraction: what is fetched, how it joins its table, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .backfills import Backfill
from .catalogue import PURGED_AT, Entry, Route
from .errors import (
    DataError,
    ExportTimedOutError,
    PardotError,
    StoppedError,
    StorageError,
    TransientRequestError,
)
from .events import Event
from .exports.ledger import Task
from .fields import FieldChoice
from .harvest import Harvest
from .naming import quote_identifier
from .position import Position
from .purges import Gone, select_counts, select_marks
from .reading.careful import CheckedFile
from .reading.columns import select_ids
from .reviews import ROWS_PER_CALL, Schedule
from .session import Session
from .tables import Delivery, deliver, kept_columns, rows_item, table_hints
from .volume import Volume
from .windows import Window, api_time, parse_time

_DOUBTED_AT = "doubted_at"
"""State key of an object that is walked at every run: since when so many rows are missing that none is marked."""


@dataclass(frozen=True)
class Errand:
    """What a source is sent for."""

    task: Task = Task.UPDATE
    backfill: Backfill | None = None
    window: Window | None = None
    """The part of the backfill that is to be read."""


UPDATE = Errand()
REVIEW = Errand(Task.REVIEW)


def rows_of(entry: Entry, session: Session, errand: Errand) -> Callable[[], Iterator[Any]]:
    """Return the generator function of one resource."""

    def rows() -> Iterator[Any]:
        with session.object_fails_alone(entry):
            turn = _Turn(entry, session)
            if errand.task is Task.UPDATE:
                yield from _update(turn)
            elif errand.task is Task.REVIEW:
                yield from _review(turn)
            elif errand.backfill and errand.window:
                yield from _backfill(turn, errand.backfill, errand.window)

    return rows


def due_for_review(
    entries: Iterable[Entry], states: Mapping[str, Mapping[str, Any]], now: datetime, days: int
) -> list[str]:
    """Return the tables whose rows are to be looked at again.

    Args:
        states: the states of the resources.
        now: the server's clock.
        days: the setting `review_days`.
    """
    due = []
    for entry in entries:
        state = states.get(entry.table, {})
        schedule = Schedule.from_state(state)
        if Position.from_state(state).through and (
            schedule.is_due(entry, now, days) if schedule else days and entry.route is not Route.WALK
        ):
            due.append(entry.table)
    return due


def _update(turn: _Turn) -> Iterator[Any]:
    """Read everything since the position; without one, all of history."""
    position = Position.from_state(turn.state)
    is_first = position.through is None
    turn.session.forget_loaded(turn.entry, position)
    volume, filled = Volume.from_state(turn.state), Schedule.from_state(turn.state)
    harvest = turn.session.harvester.gather(
        turn.entry,
        position,
        turn.choice,
        turn.custom,
        name=turn.name,
        volume=volume,
        begins=filled.begins if filled and not is_first else None,
    )
    doubted_at, now = turn.state.get(_DOUBTED_AT), turn.session.transport.server_now()
    was_in_doubt = doubted_at is not None and parse_time(doubted_at).date() != now.date()
    gone = yield from turn.deliver(harvest, is_first=is_first, was_in_doubt=was_in_doubt)
    if gone is not None and gone.is_doubtful:
        turn.state.setdefault(_DOUBTED_AT, api_time(now))
    elif gone is not None:
        turn.state.pop(_DOUBTED_AT, None)
    harvest.position.write(turn.state)
    if turn.entry.goes_by_volume:
        harvest.volume.write(turn.state)
    is_whole = is_first or turn.choice.has_new(harvest.fields)
    turn.choice.note_loaded(harvest.fields)
    if is_whole:  # what was read whole today need not be looked at again; an export may be of an earlier day
        at = min((now, *(export.created_at for export in harvest.exports)))
        # What is read whole here may come by export one day, when another version of the API is spoken.
        begins = min(
            (export.window.start_at for export in harvest.exports), default=turn.session.settings.history_start(at)
        )
        schedule = Schedule.after_first_load(begins, at, harvest.rows)
        if filled and turn.entry.route is Route.EXPORT:
            schedule = schedule.joined_to(filled)
        schedule.write(turn.state)


def _backfill(turn: _Turn, backfill: Backfill, window: Window) -> Iterator[Any]:
    """Read the rows that were created in a stretch of the past; the position stays."""
    if not turn.destination.runs_models:
        # Only our DuckDB tells an older copy from a newer one: elsewhere an export of yesterday is of no use.
        turn.session.exports.forget_all(turn.session.ledger.open_exports(turn.entry.table, Task.BACKFILL))
    harvest = turn.session.harvester.reread(
        turn.entry, [window], Task.BACKFILL, turn.choice, turn.custom, name=turn.name
    )
    yield from turn.deliver(harvest)
    backfill.note_done(turn.state, window)
    # Where nothing else is loaded yet, the first load joins its own rows to these.
    schedule = Schedule.from_state(turn.state) or Schedule.after_first_load(backfill.end_at, backfill.end_at, 0)
    schedule.reaching_back_to(window.start_at).write(turn.state)


def _review(turn: _Turn) -> Iterator[Any]:
    """Read loaded rows again. What cannot be reviewed today is tomorrow's; it is no reason for a run to fail."""
    session, entry = turn.session, turn.entry
    now, days = session.transport.server_now(), session.settings.review_days
    through = Position.from_state(turn.state).through or now
    schedule = Schedule.from_state(turn.state) or Schedule.after_first_load(
        session.settings.history_start(through), through, 0
    )
    if not session.has_calls_to_spare(schedule.rows // ROWS_PER_CALL + 1):
        session.on_event(
            Event("review.postponed", {"object": entry.table, "reason": "half of the day's calls are used"})
        )
        return
    stored = turn.stored_rows()
    windows = schedule.windows(now, days, stored) if entry.route is Route.EXPORT else ()
    try:
        harvest = session.harvester.reread(entry, windows, Task.REVIEW, turn.choice, turn.custom, name=turn.name)
        gone = yield from turn.deliver(harvest, was_in_doubt=schedule.is_in_doubt)
    except (StoppedError, StorageError):
        raise
    except PardotError as error:
        session.on_event(Event("review.failed", {"object": entry.table, "error": str(error)}))
        if not isinstance(error, TransientRequestError | ExportTimedOutError):
            schedule.postponed(now).write(turn.state)  # today it would only fail again, and cost calls
        return
    if harvest.exports and harvest.complete is None:
        # Exports of an interrupted review tell nothing of what is gone by now. Those of today have brought today's
        # rows; the windows of an earlier day were others, and today's are still due.
        if min(export.created_at for export in harvest.exports).date() == now.date():
            schedule.postponed(now).write(turn.state)
        return
    is_in_doubt = gone is not None and gone.is_doubtful
    schedule.reviewed(now, days, stored, rows=harvest.rows, is_in_doubt=is_in_doubt).write(turn.state)


class _Turn:
    """What the errands of one object have in common."""

    def __init__(self, entry: Entry, session: Session) -> None:
        import dlt

        self.entry = entry
        self.session = session
        session.begin_extraction()
        session.insist_on_own_rows(dlt.current.source_state())
        self.state = dlt.current.resource_state(entry.table)
        self.load_id = session.current_load_id()
        self.name = f"{entry.table}-{self.load_id}"
        self.choice = FieldChoice(session.dialect, session.transport.server_now, entry, self.state, session.on_event)
        self.custom = session.further_fields(entry)
        self.columns = tuple(dlt.current.source_schema().tables.get(entry.table, {}).get("columns", ()))
        """Of the stored table, as far as the pipeline's schema knows it."""
        self.destination = session.destination(_active_pipeline())

    def stored_rows(self) -> int:
        """Return how many rows the table has; 0 when only the destination could tell."""
        table = f"{quote_identifier(self.destination.dataset)}.{quote_identifier(self.entry.table)}"
        found = self.session.look(f"SELECT count(*) FROM {table}") if self.destination.runs_models else None
        return int(found[0]) if found else 0

    def deliver(
        self, harvest: Harvest, *, is_first: bool = False, was_in_doubt: bool = False
    ) -> Generator[Any, None, Gone | None]:
        """Yield the items that bring the rows of a harvest into the table, and mark those that are gone.

        Args:
            is_first: the object was never loaded.
            was_in_doubt: the last time, too many rows were missing to be believed gone.

        Returns:
            the account of missing rows; None when the harvest says nothing about them.
        """
        session, entry = self.session, self.entry
        is_accounted_for = True
        checked: CheckedFile | None = None
        for delivery in self._deliveries(harvest, is_empty=is_first and session.is_empty(entry, self.destination)):
            self._account(delivery)
            checked = delivery.checked or checked
            is_accounted_for &= not delivery.set_aside
            if delivery.appended:
                session.ledger.mark_unsettled(entry.table)
            if delivery.item is not None:
                yield delivery.item
        session.note_exports(harvest.exports)
        if is_first or not is_accounted_for or checked is None:
            return None
        return (yield from self._mark_purged(harvest, select_ids(checked), was_in_doubt=was_in_doubt))

    def _deliveries(self, harvest: Harvest, *, is_empty: bool) -> Iterator[Delivery]:
        """Yield the deliveries; files that cannot be read are given up, so that the next run asks for them anew."""
        try:
            yield from deliver(
                self.entry,
                harvest.fields,
                harvest.files,
                self.destination,
                load_id=self.load_id,
                time_zone=self.session.settings.time_zone,
                is_empty=is_empty,
                kept=kept_columns(self.columns, harvest.fields),
                erased=self.session.erased,
            )
        except DataError:
            self.session.exports.give_up_files(harvest.exports)
            raise

    def _account(self, delivery: Delivery) -> None:
        if delivery.rejected:
            self.session.rejects.keep(self.entry, delivery.rejected, self.session.transport.server_now())
        table = self.entry.table
        if delivery.rows or delivery.set_aside:
            counted = {"rows": delivery.rows, "rejected": delivery.set_aside}
            self.session.on_event(Event("rows.parsed", {"object": table, **counted}))
        if delivery.erased:
            self.session.on_event(Event("rows.left_out", {"object": table, "rows": delivery.erased}))
        if delivery.checked and delivery.checked.torn:
            self.session.on_event(Event("rows.torn", {"object": table, "rows": delivery.checked.torn}))
        for column, cells in delivery.widened.items():
            self.session.on_event(Event("column.widened", {"object": table, "column": column, "cells": cells}))

    def _mark_purged(self, harvest: Harvest, ids: str, *, was_in_doubt: bool) -> Generator[Any, None, Gone | None]:
        """Yield an item that marks the stored rows which a complete reading lacks; only a local DuckDB can tell."""
        if harvest.complete is None or not self.destination.runs_models or PURGED_AT.column not in self.columns:
            return None
        scope = (self.entry, self.destination.dataset)
        found = self.session.look(select_counts(*scope, ids, harvest.complete))
        if not found:
            self.session.on_event(
                Event("review.failed", {"object": self.entry.table, "error": "the ids could not be compared"})
            )
            return None
        gone = Gone(*found)
        if not gone.missing:
            return gone
        facts: dict[str, str | int | float | None] = {"object": self.entry.table, "rows": gone.missing}
        if gone.is_incredible or (gone.is_doubtful and not was_in_doubt):
            self.session.on_event(Event("review.in_doubt", {**facts, "stored": gone.stored}))
            return gone
        columns = [name for name in self.columns if not name.startswith("_dlt_")]
        select = select_marks(
            *scope,
            columns,
            ids,
            harvest.complete,
            at=self.session.transport.server_now(),
            load_id=self.load_id,
        )
        hints = table_hints(self.entry, harvest.fields)
        yield rows_item(self.destination, f"{self.name}-purged", select, gone.missing, hints)
        self.session.on_event(Event("rows.purged", facts))
        return Gone(0, gone.stored)


def _active_pipeline() -> Any:
    """Return the pipeline that extracts; `dlt.current.pipeline` looks up its whole configuration each time."""
    from dlt.common.configuration.container import Container
    from dlt.common.pipeline import PipelineContext

    return Container()[PipelineContext].pipeline()
