"""Extract and load, in rounds: what is new, then what is due to be looked at again, or a stretch of the past."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from pardot.errors import LimitReachedError, PardotError, RejectedRequestError, SettingsError, StorageError
from pardot.events import Event
from pardot.exports.ledger import RESULTS_LAST, Task

from . import unfinished
from .healing import BRING_IT_UP, causes, reason_of
from .summary import Tally

if TYPE_CHECKING:
    from dlt import Pipeline

    from pardot.backfills import Backfill
    from pardot.catalogue import Entry
    from pardot.resources import Errand
    from pardot.session import Session
    from pardot.windows import Window

MAX_ROUNDS = 4


class Rounds:
    """Drive one pipeline and one session; `load_ids` are the load packages so far.

    Args:
        stage: times a stage of the run and announces it.
        let_go: closes what is kept open of the destination, and so ends the bound on its memory.
    """

    def __init__(
        self,
        session: Session,
        pipeline: Pipeline,
        tally: Tally,
        stage: Callable[[str], AbstractContextManager[None]],
        *,
        let_go: Callable[[], None],
    ) -> None:
        self._session = session
        self._pipeline = pipeline
        self._tally = tally
        self._stage = stage
        self._let_go = let_go
        self._has_let_go = False
        self.load_ids: list[str] = []

    def update(self, objects: Sequence[str] | None) -> None:
        """Read what is new of each object until nothing of an earlier run is left.

        One round is the rule. A second one follows when the first continued an export of an earlier run (the time
        since then is still to be asked for), or when rows were set aside.
        """
        from pardot.resources import UPDATE

        objects = self._longest_waiting_first(objects)
        for _ in range(MAX_ROUNDS):
            self._round(objects, UPDATE)
            if not self._session.resumed and not self._session.rejects.are_waiting:
                return
            objects = sorted(self._session.resumed)

    def _longest_waiting_first(self, objects: Sequence[str] | None) -> list[str]:
        """Return the objects by the day that they were last read: where a day's calls do not do for all, the next day's
        go to those that had none."""
        states = resource_states(self._pipeline)

        def day(entry: Entry) -> str:
            return str(states.get(entry.table, {}).get("through") or "")[:10]

        return [entry.table for entry in sorted(self._entries(objects), key=day)]

    def backfill(self, objects: Sequence[str] | None, backfill: Backfill) -> None:
        """Read rows by their creation time, newest window first; an object that fails is left there.

        Windows that an interrupted run of the same backfill has loaded are left out; one that was finished is read once
        more. Objects that are read whole have nothing to fill.

        Raises:
            SettingsError: the stretch begins after now, by the service's clock.
        """
        from pardot.resources import Errand

        now = self._session.transport.server_now()
        if not backfill.windows(now):
            raise SettingsError(
                f"--from is {backfill.start_at.date()}, and it is {now.date()} at Pardot",
                next_step="Nothing was asked for; name days of the past",
            )
        exported = self._exported(objects)
        states = resource_states(self._pipeline)
        found = unfinished.find(backfill, self._session.folder)
        self._forget_filled(exported, found.is_done if found else backfill.was_done, states)
        backfill = found or unfinished.begin(backfill, self._session.folder)
        windows = backfill.windows(now)
        pending = {w: [one for one in exported if not backfill.is_done(states.get(one, {}), w)] for w in windows}
        for window, names in pending.items():
            names = [name for name in names if name not in self._session.failed]
            if names and not self._has_to_stop():
                self._session.on_event(Event("backfill.window", {"window": str(window), "objects": ", ".join(names)}))
                self._round_with_rejects(names, Errand(Task.BACKFILL, backfill, window))

    def _forget_filled(
        self,
        objects: Sequence[str],
        is_done: Callable[[Mapping[str, Any], Window], bool],
        states: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """Drop exports whose windows are loaded already, after a kill just then, and those that have expired."""
        from pardot.exports.messages import window_of
        from pardot.windows import parse_time

        oldest = self._session.transport.server_now() - RESULTS_LAST
        for name in objects:
            for one in self._session.ledger.open_exports(name, Task.BACKFILL):
                if is_done(states.get(name, {}), window_of(one)) or (
                    one.created_at and parse_time(one.created_at) < oldest
                ):
                    self._session.exports.forget_all([one])

    def _exported(self, objects: Sequence[str] | None) -> list[str]:
        from pardot.catalogue import Route

        entries = self._entries(objects)
        for entry in entries:
            if entry.route is not Route.EXPORT and objects is not None:
                self._session.on_event(
                    Event("backfill.not_needed", {"object": entry.table, "reason": "it is read whole"})
                )
        return [entry.table for entry in entries if entry.route is Route.EXPORT]

    def review(self, objects: Sequence[str] | None) -> None:
        """Look again at loaded rows of the objects that are due, unless something has failed already."""
        from pardot.resources import REVIEW, due_for_review

        session = self._session
        now, days = session.transport.server_now(), session.settings.review_days
        due = due_for_review(self._entries(objects), resource_states(self._pipeline), now, days)
        due = [name for name in due if name not in session.failed]
        if not due or self._has_to_stop():
            return
        try:
            self._round_with_rejects(due, REVIEW)
        except StorageError as error:  # what is new is loaded: it is published, and the run ends with 1
            self._let_go()  # a database that failed is of use again once it is opened anew
            self._pipeline.abort_packages()
            self._pipeline.sync_destination()
            session.fetched.clear()
            session.failures.append(error)

    def _has_to_stop(self) -> bool:
        """Whether something has failed that every other object would meet as well; a missing permission has not."""
        return any(
            isinstance(one, LimitReachedError) or (isinstance(one, RejectedRequestError) and one.refuses_login)
            for one in self._session.failures
        )

    def _entries(self, objects: Sequence[str] | None) -> Sequence[Entry]:
        from pardot.dialects.choose import entries_of

        return entries_of(self._session.settings, objects)

    def _round_with_rejects(self, objects: Sequence[str], errand: Errand) -> None:
        self._round(objects, errand)
        if self._session.rejects.are_waiting:
            self._round((), errand)

    def _round(self, objects: Sequence[str] | None, errand: Errand) -> None:
        """Extract and load once, and once more when the destination's memory was bounded too tightly."""
        session, before = self._session, self._tally.copy()
        failures, failed = tuple(session.failures), frozenset(session.failed)
        while True:
            session.resumed.clear()
            session.clear_outgoing()
            session.rejects.take()
            self._extract(objects, errand)
            try:
                self._load()
            except StorageError as error:
                if self._has_let_go or not _lacked_memory(error):
                    raise
                self._has_let_go = True
                self._let_go()
                self._pipeline.abort_packages()
                self._pipeline.sync_destination()
                session.fetched.clear()
                session.failures[:], session.failed = failures, set(failed)
                self._tally.restore(before)
                continue
            session.forget_fetched()
            session.rejects.forget()
            session.clear_outgoing()  # what was fetched may be of people whose rows were left out
            return

    def _extract(self, objects: Sequence[str] | None, errand: Errand) -> None:
        from pardot.source import pardot_source

        with self._stage("extract"), _translated("extract"):
            try:
                self._pipeline.extract(pardot_source(objects=objects, session=self._session, errand=errand))
            finally:
                self._session.release_destination()

    def _load(self) -> None:
        with self._stage("load"), _translated("load"):
            self._pipeline.normalize()
            self.load_ids += self._pipeline.load().loads_ids


def resource_states(pipeline: Pipeline) -> Mapping[str, Mapping[str, Any]]:
    """Return what the pipeline's state keeps of each object."""
    states: Mapping[str, Mapping[str, Any]] = pipeline.state.get("sources", {}).get("pardot", {}).get("resources", {})
    return states


@contextmanager
def _translated(step: str) -> Iterator[None]:
    """Let only our own errors out of dlt's steps; ours are found inside dlt's wrapping."""
    from dlt.common.exceptions import DltException

    try:
        yield
    except PardotError:
        raise
    except (DltException, OSError) as error:
        for cause in causes(error):
            if isinstance(cause, PardotError | KeyboardInterrupt | SystemExit):
                raise cause from error
        raise StorageError(f"{step} the rows", reason=reason_of(error), next_step=BRING_IT_UP) from error


def _lacked_memory(error: BaseException) -> bool:
    return any("Out of Memory Error" in str(cause) for cause in causes(error))
