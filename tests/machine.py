"""The world of the state machine: an account that changes step by step, a pipeline that reads it, what must hold.

Waiting takes no time and moves the account's clock. A run dies where an event or a wait is due, as Ctrl-C would end it.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from isolation import isolate
from kit import Account, rows_of
from truth import TableTruth

from pardot.backfills import Backfill
from pardot.catalogue import CATALOGUE, Route
from pardot.errors import PardotError
from pardot.events import Event
from pardot.settings import Settings
from pardot_emulator import Behaviour, Emulator, Export, Fault, ManualClock, Polls, Store
from pardot_emulator.company import build_company
from pardot_emulator.steps import Steps
from pardot_etl.runs.run import RunOptions, run
from pardot_etl.runs.summary import RunSummary

SPARE_EXPORTS = 4
"""By one procedure, over those that a review of all of time takes: one more where time is cut at a position, an older
one that is gone on with, and two for what is new since more than a year."""
YEAR = timedelta(days=364)
NOT_REVIEWED = ("review.failed", "review.postponed", "review.in_doubt")
TRIES = 3
"""How often an export may be created again because Pardot lost it."""
LIFE_OF_FILES = timedelta(days=6)
"""How old an export may be that a run goes on with; its files end a day later."""


class Died(KeyboardInterrupt):
    """The run was ended in the middle."""


@dataclass(frozen=True)
class Switches:
    """How this account behaves, beside the switches of the emulator."""

    behaviour: Behaviour = field(default_factory=Behaviour)
    page_ceiling: int = 100_000
    file_bytes: int = 200_000_000
    processing: Polls = field(default_factory=Polls)
    settings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    code: int | None
    """None for a run that died."""
    summary: RunSummary | None
    began_at: datetime
    failed: frozenset[str]
    not_reviewed: frozenset[str]
    """Tables whose review came to nothing, or in doubt whether to believe that so many rows are gone."""
    has_loaded: bool
    new_exports: tuple[Export, ...]


class World:
    """An account, a pipeline and the tables that it is to keep right; close it when done."""

    def __init__(
        self, begins_at: datetime, tables: Sequence[str], switches: Switches, *, activities: int, seed: int
    ) -> None:
        self.tables = tuple(tables)
        self.active = self.tables
        self.tally: Counter[str] = Counter()
        self._switches = switches
        self._stack = ExitStack()
        folder = Path(self._stack.enter_context(TemporaryDirectory(prefix="machine-")))
        patch = self._stack.enter_context(pytest.MonkeyPatch.context())
        isolate(folder, patch)
        patch.setattr("pardot_emulator.export_requests.MAX_FILE_BYTES", switches.file_bytes)
        store = self._stack.enter_context(Store())
        build_company(store, activities=activities, seed=seed, end_at=begins_at)
        self.clock = ManualClock(begins_at)
        emulator = Emulator(
            store,
            behaviour=switches.behaviour,
            clock=self.clock,
            page_ceiling=switches.page_ceiling,
            min_file_bytes=1,
            processing=switches.processing,
        )
        self.account = Account(store, self.clock, self._stack.enter_context(emulator), folder, sleep=self._sleep)
        self._history_start = begins_at - timedelta(days=690)
        self._lock = threading.Lock()
        self._life: int | None = None
        self._truth = {table: TableTruth(table) for table in self.tables}
        self._asked: dict[str, datetime] = {}
        """Exports asked for since something was loaded, by their request, and when."""
        self._last_export = 0
        self._through: dict[str, str] = {}
        self._published: dict[str, dict[int, dict[str, Any]]] | None = None
        self.has_files = False
        """Whether a run has left files since they were lost."""
        self.is_settled = False
        """Whether nothing has happened since the last run of every table ended well."""
        self.observe()

    def close(self) -> None:
        self._stack.close()

    # -- what happens

    def observe(self) -> None:
        """Note what has become of the account."""
        for truth in self._truth.values():
            truth.observe(self.account.store, self.clock.now())

    def step(self, deed: Callable[[Steps], None], seed: int) -> None:
        """Let something happen to the account now."""
        deed(Steps(self.account.store, seed=seed, at=self.clock.now()))
        self.observe()
        self.is_settled = False

    def pass_time(self, delta: timedelta) -> None:
        self.clock.advance(delta)

    def lose(self, *paths: Path) -> None:
        """Remove files and folders of ours, as a careless person or a new machine would."""
        for path in paths:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        self._asked.clear()
        self._published = None
        self.has_files = False
        if not self.account.places.working_database.exists():
            self._through.clear()
        self.is_settled = False

    def run(
        self,
        *faults: Fault,
        lives_for: int | None = None,
        settings: Mapping[str, object] | None = None,
        backfill: Backfill | None = None,
        transform: bool = False,
    ) -> Outcome:
        """Run the pipeline over the active tables, through faults, or until it has lived for so many moments."""
        began_at = self.clock.now()
        self._life = lives_for
        self.account.events.clear()
        self.account.emulator.faults.add(*faults)
        options = RunOptions(objects=self.active, transform=transform, backfill=backfill)
        summary, code = None, None
        try:
            summary = self._run(self.settings(**(settings or {})), options)
            code = summary.exit_code
        except Died:
            self.tally["runs ended in the middle"] += 1
        except PardotError as error:
            code = error.exit_code
        finally:
            self._life = None
            self.clock.advance(seconds=1)  # no run is so quick that the next one begins in the same second
        self.has_files = True
        self.tally["runs"] += 1
        self.tally["faults met"] += len(self.account.emulator.faults.consumed)
        self.account.emulator.faults.clear()
        return self._note(Outcome(code, summary, began_at, *self._progress(), self._new_exports()))

    def settings(self, **overrides: object) -> Settings:
        """Return the settings of a run, over those of this account."""
        return self.account.settings(**{"start_date": self._history_start, **self._switches.settings, **overrides})

    def _run(self, settings: Settings, options: RunOptions) -> RunSummary:
        return run(settings, self.account.places, options, self._watch, sleep=self._sleep)

    def _watch(self, event: Event) -> None:
        self._live()
        self.account.events.append(event)

    def _sleep(self, seconds: float) -> None:
        self._live()
        self.clock.advance(seconds=seconds)

    def _live(self) -> None:
        """Pass one moment of a run; once its last one has come, nothing goes on."""
        with self._lock:
            if self._life is not None:
                self._life -= 1
                if self._life < 0:
                    raise Died

    # -- what must hold

    def check(
        self,
        outcome: Outcome,
        *,
        allowed: set[int] | None = None,
        loses_exports: bool = False,
        backfill: Backfill | None = None,
    ) -> None:
        """Insist on what every run promises, and on more when it ended well.

        Args:
            allowed: exit codes that this run may have.
            loses_exports: whether Pardot may have lost exports in it.
            backfill: what it read, instead of what is new.
        """
        assert outcome.code is None or outcome.code in (allowed or {0}), (outcome.code, outcome.summary)
        assert self.account.emulator.max_in_flight_seen <= 5
        self._check_exports(outcome, loses_exports=loses_exports)
        if outcome.code != 0:
            self._published = None
            self.is_settled = False
            self._check_what_readers_see()
            return
        assert outcome.summary is not None
        own = _read_tables(self.account.places.working_database, self.tables)
        published = _read_tables(self.account.places.published_database, self.tables)
        assert published == own, "published and working differ"
        self._check_counts(outcome.summary, published)
        self._check_positions()
        if backfill is not None:
            self._complain_of_backfill(outcome.began_at, published, backfill)
            self._published = published
            return
        for table in set(self.active) - outcome.not_reviewed:
            self._truth[table].read_on |= {outcome.began_at.date()}
        self._complain(outcome.began_at, published)
        self._published = published
        self.is_settled = self.active == self.tables

    def _complain(self, run_at: datetime, found: Mapping[str, Mapping[int, Mapping[str, Any]]]) -> None:
        cached = timedelta(seconds=self._switches.behaviour.cache_seconds)
        review_days = int(str(self._switches.settings["review_days"]))
        _insist_on_none(
            {
                table: list(self._truth[table].complaints(found[table], run_at, cached=cached, review_days=review_days))
                for table in self.active
            }
        )

    def _complain_of_backfill(
        self, run_at: datetime, found: Mapping[str, Mapping[int, Mapping[str, Any]]], backfill: Backfill
    ) -> None:
        exported = [table for table in self.active if CATALOGUE[table].route is Route.EXPORT]
        stretch = (backfill.start_at, backfill.end_at)
        _insist_on_none(
            {table: list(self._truth[table].complaints_within(found[table], *stretch, run_at)) for table in exported}
        )

    def _check_what_readers_see(self) -> None:
        """Insist that what is published after a failed run is made of rows that the account once had, each once."""
        if self.account.places.published_database.exists():
            for table, rows in _read_tables(self.account.places.published_database, self.tables).items():
                assert not rows.keys() - self._truth[table].versions.keys(), f"{table} holds rows that never existed"

    def _check_counts(self, summary: RunSummary, published: Mapping[str, Mapping[int, Mapping[str, Any]]]) -> None:
        """Insist that the summary says what has become of the tables since the last run that ended well."""
        assert "rejected_rows" not in summary.objects or summary.objects["rejected_rows"].loaded == 0
        if self._published is None:
            return
        known = {row["_dlt_load_id"] for rows in self._published.values() for row in rows.values()}
        for table in self.active:
            counts, before, after = summary.objects.get(table), self._published[table], published[table]
            loaded = sum(row["_dlt_load_id"] not in known for row in after.values())
            claimed = (counts.loaded, counts.new) if counts else (0, 0)
            assert claimed == (loaded, len(after) - len(before)), f"{table}: the summary claims {claimed}"
            assert counts is None or (counts.seen_before >= 0 and counts.set_aside == 0), f"{table}: {counts}"

    def _check_positions(self) -> None:
        """Insist that no position has moved back, unless the database was lost."""
        state = json.loads((self.account.places.data_folder / "pipelines" / "pardot" / "state.json").read_text())
        resources = state.get("sources", {}).get("pardot", {}).get("resources", {})
        for table in self.active:
            through = resources.get(table, {}).get("through", "")  # a backfill alone makes none
            assert through >= self._through.get(table, ""), f"{table}: the position moved back to {through}"
            self._through[table] = through

    def _check_exports(self, outcome: Outcome, *, loses_exports: bool) -> None:
        """Insist that no export is created without need."""
        of_object = Counter(str(export.request.body["procedure"]["name"]) for export in outcome.new_exports)
        years = (self.clock.now() - self._history_start) // YEAR + 1
        most = (years + SPARE_EXPORTS) * (TRIES if loses_exports else 1)
        assert all(count <= most for count in of_object.values()), of_object
        if loses_exports:
            self._asked.clear()
            return
        for export in outcome.new_exports:
            request = json.dumps(export.request.body, sort_keys=True)
            asked_at = self._asked.get(request)
            is_there = asked_at is not None and export.created_at < asked_at + LIFE_OF_FILES
            assert not is_there, f"created again although it was there: {request}"
            self._asked[request] = export.created_at
        if outcome.has_loaded:
            unfinished = tuple(f'"{CATALOGUE[table].export_object}/' for table in outcome.failed)
            self._asked = {body: at for body, at in self._asked.items() if any(name in body for name in unfinished)}

    # -- reading

    def _progress(self) -> tuple[frozenset[str], frozenset[str], bool]:
        events = self.account.events
        has_loaded = any(one.name == "stage.started" and one.fields["stage"] == "load" for one in events)
        return _objects(events, "object.failed"), _objects(events, *NOT_REVIEWED), has_loaded

    def _note(self, outcome: Outcome) -> Outcome:
        self.tally[f"exit {outcome.code}"] += 1
        return outcome

    def _new_exports(self) -> tuple[Export, ...]:
        new = tuple(one for one in self.account.emulator.exports if one.id > self._last_export)
        self._last_export = max((one.id for one in new), default=self._last_export)
        return new


def _read_tables(database: Path, tables: Sequence[str]) -> dict[str, dict[int, dict[str, Any]]]:
    """Return the rows of raw tables by id; a table that is not there yet has none."""
    with duckdb.connect(str(database), read_only=True) as db:
        names = {name for (name,) in db.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        return {table: _read(db, table) if table in names else {} for table in tables}


def _objects(events: Sequence[Event], *names: str) -> frozenset[str]:
    return frozenset(str(event.fields["object"]) for event in events if event.name in names)


def _insist_on_none(complaints: Mapping[str, Sequence[str]]) -> None:
    assert not any(complaints.values()), "\n".join(
        f"{table}: {line}" for table, lines in complaints.items() for line in lines[:5]
    )


def _read(db: duckdb.DuckDBPyConnection, table: str) -> dict[int, dict[str, Any]]:
    """Return the rows of a table by id, insisting that none stands twice."""
    db.execute("SET TimeZone = 'UTC'")
    rows: dict[int, dict[str, Any]] = {}
    for row in rows_of(db, f'pardot."{table}"'):
        assert row["id"] not in rows, f"{table}: row {row['id']} stands twice"
        rows[row["id"]] = row
    return rows


def with_switches(switches: Switches, **values: Any) -> Switches:
    """Return switches with some fields of the behaviour turned."""
    return replace(switches, behaviour=replace(switches.behaviour, **values))
