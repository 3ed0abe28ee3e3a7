"""Changes of clocks, through versions whose times have an offset and through those that show the wall clock only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from kit import Account, rows_of

from pardot_emulator import Behaviour, Emulator, ManualClock, Store
from pardot_etl.runs.run import RunOptions

BACK = {
    "America/New_York": datetime(2026, 11, 1, 6, tzinfo=timezone.utc),
    "Europe/Berlin": datetime(2026, 10, 25, 1, tzinfo=timezone.utc),
    "Australia/Lord_Howe": datetime(2026, 4, 4, 15, tzinfo=timezone.utc),
}
FORWARD = {
    "America/New_York": datetime(2026, 3, 8, 7, tzinfo=timezone.utc),
    "Europe/Berlin": datetime(2026, 3, 29, 1, tzinfo=timezone.utc),
    "Australia/Lord_Howe": datetime(2026, 10, 3, 15, 30, tzinfo=timezone.utc),
}
"""When clocks change by an hour, on Lord Howe Island by half of one."""
NONE = {zone: datetime(2026, 11, 1, 6, tzinfo=timezone.utc) for zone in ("Asia/Kolkata", "UTC")}
CHANGES = [
    pytest.param(zone, at, id=f"{zone} {name}", marks=[] if zone == "America/New_York" else [pytest.mark.long])
    for name, changes in (("back", BACK), ("forward", FORWARD), ("never", NONE))
    for zone, at in changes.items()
]
WITH_BACK_IN_EVERY_SUITE = [
    pytest.param(*case.values, id=case.id, marks=[] if case.id == "America/New_York back" else [pytest.mark.long])
    for case in CHANGES
]
TABLES = ("visitor_activities", "prospects")
"""One that is exported, one that is queried."""

Open = Callable[..., Account]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Open an empty account at a moment, in a zone."""
    with ExitStack() as stack:

        def open_at(now: datetime, zone: str) -> Account:
            store, clock = stack.enter_context(Store()), ManualClock(now)
            emulator = stack.enter_context(Emulator(store, behaviour=Behaviour(user_zone=zone), clock=clock))
            return Account(store, clock, emulator, tmp_path)

        yield open_at


def run(account: Account, version: int) -> None:
    options = RunOptions(objects=TABLES, transform=False)
    zone = account.emulator.behaviour.user_zone
    assert account.run(options, api_version=version, time_zone=zone, review_days=0).exit_code == 0


def put(account: Account, number: int, at: datetime) -> None:
    account.store.insert("visitor-activities", [{"id": number, "type": 2, "createdAt": at, "updatedAt": at}])
    account.store.insert("prospects", [{"id": number, "company": "first", "createdAt": at, "updatedAt": at}])


def change(account: Account, number: int, text: str, at: datetime) -> None:
    account.store.update("visitor-activities", number, details=text, updatedAt=at)
    account.store.update("prospects", number, company=text, updatedAt=at)


def stored(account: Account, table: str) -> dict[int, dict[str, Any]]:
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        db.execute("SET TimeZone = 'UTC'")
        return {row["id"]: row for row in rows_of(db, f"pardot.{table}")}


def later_reading(moment: datetime, zone: str) -> datetime:
    """Return the later instant at which the wall shows what it shows at a moment."""
    wall = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return max(wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(timezone.utc) for fold in (0, 1))


def around(at: datetime) -> dict[int, datetime]:
    return {number: at + timedelta(minutes=10 * (number - 13)) for number in range(1, 26)}


@pytest.mark.parametrize(("zone", "at"), CHANGES)
@pytest.mark.parametrize("version", [5, 4])
def test_rows_around_a_change_stand_at_their_instant_or_at_the_later_of_two(
    version: int, zone: str, at: datetime, opened: Open
) -> None:
    account = opened(at + timedelta(days=1), zone)
    for number, moment in around(at).items():
        put(account, number, moment)
    run(account, version)
    for table in TABLES:
        found = {number: row["created_at"] for number, row in stored(account, table).items()}
        assert found == {
            number: moment if version == 5 else later_reading(moment, zone) for number, moment in around(at).items()
        }


@pytest.mark.parametrize(("zone", "at"), WITH_BACK_IN_EVERY_SUITE)
def test_nothing_is_lost_by_runs_across_a_change(zone: str, at: datetime, opened: Open) -> None:
    account = opened(at - timedelta(minutes=75), zone)
    put(account, 1, account.clock.now() - timedelta(minutes=30))
    run(account, 4)
    steps = (50, 40, 15, 20, 30, 45)
    for step, minutes in enumerate(steps, 2):
        account.clock.advance(timedelta(minutes=minutes))
        moment = account.clock.now() - timedelta(minutes=1)
        put(account, step, moment)
        change(account, 1, f"step {step}", moment)
        run(account, 4)
        assert stored(account, "visitor_activities")[1]["details"] == f"step {step}"
        assert stored(account, "prospects")[1]["company"] == f"step {step}"
    for table in TABLES:
        assert set(stored(account, table)) == set(range(1, len(steps) + 2))


@pytest.mark.parametrize(("zone", "at"), [case for case in CHANGES if "back" in str(case.id)])
def test_update_whose_wall_time_is_earlier_than_that_of_the_one_before_is_not_lost(
    zone: str, at: datetime, opened: Open
) -> None:
    shift = timedelta(minutes=30) if zone == "Australia/Lord_Howe" else timedelta(hours=1)
    first, second = at - shift / 6, at + shift / 6  # by the wall 01:50 before, 01:10 after
    account = opened(first + timedelta(minutes=2), zone)
    put(account, 1, at - timedelta(days=2))
    change(account, 1, "before the clocks went back", first)
    run(account, 4)
    account.clock.advance(second - first)
    change(account, 1, "after they went back", second)
    run(account, 4)
    assert second.astimezone(ZoneInfo(zone)).time() < first.astimezone(ZoneInfo(zone)).time()
    assert stored(account, "visitor_activities")[1]["details"] == "after they went back"
    assert stored(account, "prospects")[1]["company"] == "after they went back"
