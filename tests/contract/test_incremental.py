"""Later reads go forward, ask for what the lag allows, and go back for nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import pyarrow.parquet as pq
import pytest
from fetching import Fetcher
from kit import Account, build_store, open_account

from pardot.catalogue import CATALOGUE, Entry, Route
from pardot.position import Position
from pardot.reading.columns import check
from pardot.windows import LAG
from pardot_emulator.days import play_day

DAYS = 3
BOUND = timedelta(seconds=1)
"""The API's bounds are documented as inclusive and as exclusive, so one second more is asked for."""
entries = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=list(CATALOGUE))
dated = pytest.mark.parametrize(
    "entry", [one for one in CATALOGUE.values() if one.route is not Route.WALK], ids=lambda one: str(one.table)
)

Rows = Mapping[int, datetime | None]
"""Id -> the stamp that the next read is told by."""


@dataclass
class Days:
    """An account over some days, and each object's position after each read."""

    account: Account
    fetcher: Fetcher
    positions: dict[str, list[Position]] = field(default_factory=dict)
    reads: dict[str, list[Rows]] = field(default_factory=dict)

    def read(self, entry: Entry, position: Position) -> tuple[Rows, Position]:
        """Read an object from a position; return what came and where it has been read to."""
        harvest = self.fetcher.gather(entry.table, position)
        target = self.account.folder / "checked.parquet"
        assert check(harvest.files, harvest.fields, target, table=entry.table, time_zone=None).rejected == ()
        stamp = stamp_of(entry)
        rows = pq.read_table(target, columns=["id", stamp] if stamp else ["id"]).to_pylist()
        self.fetcher.session.note_exports(harvest.exports)
        self.fetcher.session.forget_fetched()  # as a pipeline does once the rows are loaded
        return {row["id"]: row.get(stamp) for row in rows}, harvest.position


SOURCES = {"updated_at": "updatedAt", "created_at": "createdAt", "sent_at": "sentAt"}
"""Columns of which one says how new a row is, the best one first, and the field that each is of."""


def stamp_of(entry: Entry) -> str:
    """Return the column that says how new a row is; empty where none does."""
    columns = {field.column for field in entry.fields}
    return next((column for column in SOURCES if column in columns), "")


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    """Read every object at once and again after each of some days."""
    with ExitStack() as stack:
        store = build_store(200)
        stack.callback(store.close)
        account = open_account(tmp_path_factory.mktemp("days"), store)
        account.sleep = lambda _: None
        stack.enter_context(account.emulator)
        days = Days(account, stack.enter_context(Fetcher(account)))
        for day in range(DAYS):
            if day:
                account.clock.advance(timedelta(days=1))
                play_day(store, seed=day, at=account.clock.now(), purge=False)
            days.fetcher.session.read_account()  # from here on, time is the server's
            for entry in CATALOGUE.values():
                passed = days.positions.setdefault(entry.table, [Position()])
                rows, position = days.read(entry, passed[-1])
                passed.append(position)
                days.reads.setdefault(entry.table, []).append(rows)
        yield days


@entries
def test_position_only_ever_moves_forward(entry: Entry, days: Days) -> None:
    positions = days.positions[entry.table][1:]
    throughs = [one.through for one in positions if one.through is not None]
    assert len(throughs) == DAYS
    assert all(later > earlier for earlier, later in pairwise(throughs))
    for kind in ("newest", "last_id"):
        seen = [value for one in positions if (value := getattr(one, kind)) is not None]
        assert seen == sorted(seen)


@entries
def test_position_never_passes_the_servers_clock(entry: Entry, days: Days) -> None:
    # The server's clock stands still here, while ours measures the time since its last answer.
    now = days.account.clock.now() + timedelta(minutes=2)
    assert all(one.through <= now for one in days.positions[entry.table] if one.through is not None)


@dated
def test_reading_again_from_any_stored_position_brings_nothing_older_than_the_lag(entry: Entry, days: Days) -> None:
    for position in days.positions[entry.table][1:]:
        rows, _ = days.read(entry, position)
        assert position.through is not None
        oldest = min(position.through, position.newest or position.through) - LAG - BOUND
        late = {
            number: stamp
            for number, stamp in rows.items()
            if (stamp is None or stamp < oldest) and not (entry.finds_new_by_id and number > (position.last_id or 0))
        }
        assert late == {}


@entries
def test_second_read_brings_what_changed_in_between(entry: Entry, days: Days) -> None:
    """Whatever the store says is newer than the first position came with the second read."""
    through, second = days.positions[entry.table][1].through, days.reads[entry.table][1:]
    assert through is not None
    source = SOURCES.get(stamp_of(entry), "id")
    rows = days.account.store.rows(entry.collection)
    expected = {int(str(row["id"])) for row in rows if isinstance(stamp := row[source], datetime) and stamp > through}
    assert expected <= {number for read in second for number in read}


@dated
def test_position_in_the_future_reads_nothing(entry: Entry, days: Days) -> None:
    # An hour of quiet, so that not even the last minutes before now hold anything.
    quiet = timedelta(hours=1)
    days.account.clock.advance(quiet)
    days.fetcher.session.read_account()
    future = days.account.clock.now() + timedelta(days=30)
    last_id = max(number for read in days.reads[entry.table] for number in read)
    rows, position = days.read(entry, Position(future, future, last_id))
    assert rows == {}
    assert position.through == future
