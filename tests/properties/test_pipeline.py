"""Whatever happens to an account, to the service, to the machine and to the run: what a good run leaves is right.

A state machine draws accounts, what happens to them, and what happens to runs. After every run that ends with 0 each
table is compared with the account, row by row and value by value; `truth` says what may differ, `machine` what else
every run must keep. MACHINE_EXAMPLES, MACHINE_STEPS and MACHINE_SEED steer the long form.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from machine import Switches, World, with_switches
from machine_faults import LASTING, PASSING, Trouble

from pardot.backfills import Backfill
from pardot.catalogue import CATALOGUE, Route
from pardot.errors import RunLockedError
from pardot_emulator import Polls
from pardot_emulator.steps import Steps
from pardot_etl.runs.lock import RunLock

BEGINNINGS = {
    "clocks go back": datetime(2026, 10, 31, 20, tzinfo=timezone.utc),
    "year ends": datetime(2026, 12, 31, 23, 20, tzinfo=timezone.utc),
    "clocks go forward": datetime(2027, 3, 13, 21, tzinfo=timezone.utc),
}
"""The user's zone is New York unless a switch says otherwise."""

EXPORTED = ("visitor_activities", "visits", "visitors", "visitor_page_views")
QUERIED = (
    *("prospects", "prospect_accounts", "list_memberships", "campaigns", "forms", "emails", "opportunities"),
    *("custom_fields", "lifecycle_histories"),
)
WITH_BIN = ("prospects", "campaigns", "lists", "forms", "list-memberships", "opportunities", "visitors")

ADDING: Mapping[str, Callable[[Steps], None]] = {
    "activities": lambda steps: steps.add_activities(4),
    "late activity": lambda steps: steps.add_late_activity(),
    "visits": lambda steps: steps.add_visits(3),
    "prospects": lambda steps: steps.add_prospects(2),
    "emails": lambda steps: steps.send_emails(3),
    "custom field": lambda steps: steps.add_custom_field(3),
}
CHANGING: Mapping[str, Callable[[Steps], None]] = {
    "prospects": lambda steps: steps.edit_prospects(3),
    "accounts": lambda steps: steps.edit_accounts(2),
    "identified visitor": lambda steps: steps.identify_visitor(),
    "merge": lambda steps: steps.merge_prospects(),
    "merge unseen": lambda steps: steps.merge_prospects(unseen=True),
    "purged prospect": lambda steps: steps.purge_prospect(),
}

MINOR_SWITCHES: Mapping[str, Callable[[Switches], Switches]] = {
    "no deleted=all": lambda switches: with_switches(switches, deleted_all_in_queries=False),
    "inclusive bounds": lambda switches: with_switches(switches, export_bounds="inclusive"),
    "whole bounds": lambda switches: with_switches(switches, bounds_cut_to_seconds=False),
    "CRLF": lambda switches: with_switches(switches, csv_line_end="\r\n", csv_final_line_end=False),
    "1/0": lambda switches: with_switches(switches, csv_booleans="1/0", booleans_as_integers=True),
    "Kolkata": lambda switches: with_switches(switches, user_zone="Asia/Kolkata", account_zone="Pacific/Auckland"),
    "UTC": lambda switches: with_switches(switches, csv_dates="Z", user_zone="UTC"),
    "busy 66": lambda switches: with_switches(switches, create_refused_while_running=66),
    "busy 178": lambda switches: with_switches(switches, create_refused_while_running=178),
    "cache": lambda switches: with_switches(switches, cache_seconds=60),
    "gzip": lambda switches: with_switches(switches, download_transfer="gzip", csv_quoting="all"),
    "header only": lambda switches: with_switches(switches, empty_export="header-only file"),
    "texts": lambda switches: with_switches(switches, ids_as_text=True, numbers_as_text=True),
    "errors under 200": lambda switches: with_switches(switches, errors_under_http_200=True),
    "token pages": lambda switches: with_switches(switches, next_page="token", warning_header=False),
}
DELAYS = {
    "a second": timedelta(seconds=1),
    "20 minutes": timedelta(minutes=20),
    "5 hours": timedelta(hours=5),
    "a day": timedelta(days=1),
    "8 days": timedelta(days=8),
    "a year and a bit": timedelta(days=380),
}
IMPATIENT = {"poll_seconds": 1.0, "export_patience_seconds": 9.5}
"""The eighth wait would be ten seconds, so a run looks eight times at an export."""

TALLY: Counter[str] = Counter()
QUICK_SEED = 20261123
LOW_CEILING = 23
MOST_BACKFILLS = 2
"""In one course of events: they are the dearest."""
seeds = st.integers(0, 9)


def several(deeds: Mapping[str, object]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(sorted(deeds)), min_size=1, max_size=3)


class Pipeline(RuleBasedStateMachine):
    """An account and a pipeline; every run that ends well leaves every table right."""

    world: World | None = None

    @property
    def _world(self) -> World:
        assert self.world is not None
        return self.world

    @initialize(
        beginning=st.sampled_from(sorted(BEGINNINGS)),
        exported=st.sets(st.sampled_from(EXPORTED[1:]), max_size=1),
        queried=st.sets(st.sampled_from(QUERIED), min_size=1, max_size=2),
        minor=st.sets(st.sampled_from(sorted(MINOR_SWITCHES)), max_size=3),
        ceiling=st.sampled_from([100_000, LOW_CEILING]),
        file_bytes=st.sampled_from([200_000_000, 3_000]),
        waiting=st.integers(0, 1),
        review_days=st.sampled_from([0, 1, 2, 7]),
        few_rows=st.sampled_from([0, 20, 2000]),
        activities=st.integers(30, 150),
        number=seeds,
    )
    def open(
        self,
        beginning: str,
        exported: set[str],
        queried: set[str],
        minor: set[str],
        ceiling: int,
        file_bytes: int,
        waiting: int,
        review_days: int,
        few_rows: int,
        activities: int,
        number: int,
    ) -> None:
        switches = Switches(
            page_ceiling=ceiling,
            file_bytes=file_bytes,
            processing=Polls(waiting, 1),
            settings={"review_days": review_days, "few_rows": few_rows},
        )
        for name in sorted(minor):
            switches = MINOR_SWITCHES[name](switches)
        if ceiling == LOW_CEILING:
            # A real ceiling is a hundred pages away. Inside the first page only the header tells it from the end.
            switches = with_switches(switches, warning_header=True)
        tables = ("visitor_activities", *sorted(exported), *sorted(queried))
        self.world = World(BEGINNINGS[beginning], tables, switches, activities=activities, seed=number)
        TALLY["examples"] += 1

    @invariant()
    def nothing_is_wrong_with_the_emulator(self) -> None:
        TALLY["steps"] += 1
        if self.world is not None:
            self.world.account.emulator.raise_problems()

    # -- the account

    @rule(what=several(ADDING), number=seeds)
    def add(self, what: list[str], number: int) -> None:
        for one in what:
            self._world.step(ADDING[one], number)

    @rule(what=several(CHANGING), number=seeds)
    def change(self, what: list[str], number: int) -> None:
        for one in what:
            self._world.step(CHANGING[one], number)

    @rule(collection=st.sampled_from(WITH_BIN), number=seeds, recycles=st.booleans())
    def use_recycle_bin(self, collection: str, number: int, recycles: bool) -> None:
        self._world.step(lambda steps: (steps.recycle if recycles else steps.restore)(collection), number)

    @rule(data=st.data(), number=seeds)
    def purge(self, data: st.DataObject, number: int) -> None:
        """Delete a record of something that is loaded for good."""
        table = data.draw(st.sampled_from(self._world.tables))
        self._world.step(lambda steps: steps.purge(CATALOGUE[table].collection), number)

    @rule(delay=st.sampled_from(list(DELAYS)))
    def pass_time(self, delay: str) -> None:
        self._world.pass_time(DELAYS[delay])

    # -- runs

    @rule(waits=st.sampled_from([120, 0]), transforms=st.sampled_from([False] * 7 + [True]))
    def run(self, waits: int, transforms: bool) -> None:
        self._world.pass_time(timedelta(seconds=waits))
        outcome = self._world.run(transform=transforms)
        self._world.check(outcome)

    @rule(trouble=st.sampled_from(PASSING), skip=st.integers(0, 3), data=st.data())
    def run_through_passing_trouble(self, trouble: Trouble, skip: int, data: st.DataObject) -> None:
        outcome = self._world.run(trouble.fault(skip, self._queried(data)))
        self._world.check(outcome, loses_exports=trouble.loses_exports)

    @rule(trouble=st.sampled_from(LASTING), skip=st.integers(0, 3), data=st.data())
    def run_into_lasting_trouble(self, trouble: Trouble, skip: int, data: st.DataObject) -> None:
        outcome = self._world.run(trouble.fault(skip, self._queried(data)), settings=IMPATIENT)
        note(f"exit code {outcome.code}")
        self._world.check(outcome, allowed=set(trouble.codes), loses_exports=trouble.loses_exports)

    @rule(moments=st.integers(0, 60))
    def run_that_dies(self, moments: int) -> None:
        outcome = self._world.run(lives_for=moments)
        note(f"exit code {outcome.code}")
        self._world.check(outcome)

    @precondition(lambda self: self.world is not None and self.world.tally["backfills"] < MOST_BACKFILLS)
    @rule(days_ago=st.integers(0, 600), days=st.integers(0, 200), moments=st.none() | st.integers(0, 60))
    def backfill(self, days_ago: int, days: int, moments: int | None) -> None:
        """Read a stretch of the past again, perhaps not to its end."""
        last = self._world.clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days_ago)
        self._world.tally["backfills"] += 1
        days += days % 2 + self._world.tally["backfills"]  # never the same again: that would go on with the first
        stretch = Backfill(last - timedelta(days=days), last + timedelta(days=1))
        outcome = self._world.run(lives_for=moments, backfill=stretch)
        self._world.check(outcome, backfill=stretch)

    @precondition(lambda self: self.world is not None and self.world.has_files)
    @rule()
    def run_beside_another(self) -> None:
        account = self._world.account
        calls = len(account.emulator.calls)
        with RunLock(*account.places.lock_files()), pytest.raises(RunLockedError):
            account.run()
        assert len(account.emulator.calls) == calls

    @rule(data=st.data())
    def choose_objects(self, data: st.DataObject) -> None:
        tables = self._world.tables
        chosen = data.draw(st.sets(st.sampled_from(tables), min_size=1))
        self._world.active = tuple(table for table in tables if table in chosen)

    # -- the machine it runs on

    @precondition(lambda self: self.world is not None and self.world.has_files)
    @rule(what=st.sampled_from(["own folder", "dlt's folder", "both", "working database", "everything"]))
    def lose(self, what: str) -> None:
        places = self._world.account.places
        own, theirs, database = places.own_folder, places.data_folder / "pipelines", places.working_database
        lost = {
            "own folder": (own,),
            "dlt's folder": (theirs,),
            "both": (own, theirs),
            "working database": (database, database.with_name(f"{database.name}.wal")),
            "everything": (own, theirs, database, database.with_name(f"{database.name}.wal")),
        }
        self._world.lose(*(path for path in lost[what] if path.exists()))

    def teardown(self) -> None:
        if self.world is None:
            return
        try:
            self._finish(self.world)
        finally:
            TALLY.update(self.world.tally)
            self.world.close()

    @staticmethod
    def _finish(world: World) -> None:
        """Insist that whatever has happened, one undisturbed run makes everything right."""
        if not world.is_settled:
            world.active = world.tables
            world.pass_time(timedelta(minutes=2))
            world.check(world.run())

    def _queried(self, data: st.DataObject) -> str:
        """Draw the collection whose query a fault is about."""
        queried = [table for table in self._world.tables if CATALOGUE[table].route is not Route.EXPORT]
        return CATALOGUE[data.draw(st.sampled_from(queried))].collection


def explore(examples: int, steps: int, number: int) -> str:
    """Run the machine and return what it did."""
    TALLY.clear()
    started = time.monotonic()
    options = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
        print_blob=False,
    )
    print(f"seed {number}")
    try:
        run_state_machine_as_test(seed(number)(Pipeline), settings=options)
    finally:
        counts = ", ".join(f"{count:,} {name}" for name, count in sorted(TALLY.items()))
        report = f"seed {number}, {time.monotonic() - started:.0f} s: {counts}"
        print(report)
    return report


def test_any_course_of_events_leaves_the_tables_right() -> None:
    explore(examples=5, steps=8, number=QUICK_SEED)
    assert TALLY["faults met"] > 0
    assert TALLY["runs ended in the middle"] > 0


@pytest.mark.sweep
def test_many_courses_of_events_leave_the_tables_right(capsys: pytest.CaptureFixture[str]) -> None:
    number = int(os.environ.get("MACHINE_SEED") or time.time_ns() % 10**9)
    examples, steps = int(os.environ.get("MACHINE_EXAMPLES", "200")), int(os.environ.get("MACHINE_STEPS", "25"))
    report = explore(examples, steps, number)
    with capsys.disabled():
        print(f"\n{report}")
    assert TALLY["faults met"] > 0
    assert TALLY["runs ended in the middle"] > 0
