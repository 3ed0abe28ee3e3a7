"""The small world in which every fault of the matrix is provoked: emulated accounts, real runs, and what was seen.

One account is shared by most cases: a day passes in it, the fault is planned, the command runs until it ends with 0,
and the rows are compared with the account's own. An account that is not in perfect order afterwards is replaced.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
from isolation import OURS, QUIET
from kit import Account, build_store, open_account, table_differences, without_several_values

from pardot.errors import PardotError
from pardot.settings import SETTINGS_KEYS
from pardot_emulator import Behaviour, Fault, Value
from pardot_etl.configuration import Places
from pardot_etl.runs.run import RunOptions
from pardot_transforms import TransformError

Facts = dict[str, Any]
"""What was seen, by name: `codes` of each run, `rows` beside the account's, calls by kind, what was said."""

ACTIVITIES = RunOptions(objects=("visitor_activities",), transform=False)
BOTH = RunOptions(objects=("visitor_activities", "prospects"), transform=False)
MOST_RUNS = 3
ACTIVITIES_A_DAY = 8
NO_REVIEW = {"review_days": 0} if any(key.name == "review_days" for key in SETTINGS_KEYS) else {}
"""Days that are read again would add exports of their own to those that a case counts."""


@dataclass
class PlacedAccount(Account):
    """An account whose database files may lie on other disks."""

    moved: dict[str, Path] = field(default_factory=dict)
    """Field of the places to its path."""

    @property
    def places(self) -> Places:
        return replace(super().places, **self.moved)  # type: ignore[arg-type]


class World:
    """Where cases happen; closes what it opened."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._accounts: list[PlacedAccount] = []
        self._shared: PlacedAccount | None = None
        self._is_in_order = False
        self.faults_met = 0
        self.slept: list[float] = []
        """Every wait that a run asked for, in seconds; none of them takes any time."""

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self._shared = None
        self.tidy()

    def tidy(self) -> None:
        """Close every account but the shared one; called after each case."""
        for account in [one for one in self._accounts if one is not self._shared]:
            account.emulator.close()
            account.store.close()
            self._accounts.remove(account)

    def folder(self, name: str) -> Path:
        """Return a new folder for one case."""
        path = self._folder / f"{name}-{len(list(self._folder.iterdir()))}"
        path.mkdir()
        return path

    def fresh(
        self, behaviour: Behaviour | None = None, *, activities: int = 120, folder: Path | None = None, **options: Any
    ) -> PlacedAccount:
        """Return an account of its own, of which nothing is loaded yet."""
        store = without_several_values(build_store(activities))
        opened = open_account(folder or self.folder("account"), store, behaviour, **options)
        account = PlacedAccount(opened.store, opened.clock, opened.emulator, opened.folder, sleep=self.slept.append)
        self._accounts.append(account)
        return account

    def shared(self) -> PlacedAccount:
        """Return the account that most cases share: loaded, and in perfect order."""
        if self._shared is None or not self._is_in_order:
            self._shared = self.fresh()
            runs(self, self._shared, options=BOTH)
        return self._shared

    def a_day_later(self, account: Account | None = None) -> Account:
        """Return the account, the shared one by default, with a day's changes that no run has seen."""
        account = account or self.shared()
        now = account.clock.advance(timedelta(days=1))
        store = account.store
        patterns = list(store.rows("visitor-activities", order="id % 97, id"))[:ACTIVITIES_A_DAY]
        first = store.next_id("visitor-activities")
        for number, pattern in enumerate(patterns):
            at = now - timedelta(minutes=20 * (number + 1))
            new: dict[str, Value] = {"id": first + number, "createdAt": at, "updatedAt": at}
            store.insert("visitor-activities", [{**pattern, **new}])
        prospect = next(store.rows("prospects", order="id % 7, updatedAt"))
        store.update("prospects", int(str(prospect["id"])), jobTitle=f"Day {now:%j}", updatedAt=now)
        return account

    def note(self, account: Account, *, is_in_order: bool) -> None:
        """Remember how a run left an account; the shared one is replaced unless a later run of its case mends it."""
        if account is self._shared:
            self._is_in_order = is_in_order


@contextmanager
def surroundings(folder: Path, **variables: str) -> Iterator[None]:
    """Live in a folder, without any setting from outside, and leave the process as it was."""
    before, place = dict(os.environ), Path.cwd()
    try:
        for name in [name for name in os.environ if name.split("__")[0] in OURS]:
            del os.environ[name]
        os.environ.update(QUIET, DLT_DATA_DIR=str(folder / "dlt"), DLT_PROJECT_DIR=str(folder), **variables)
        os.chdir(folder)
        yield
    finally:
        os.chdir(place)
        os.environ.clear()
        os.environ.update(before)


def runs(
    world: World,
    account: Account,
    *faults: Fault,
    at_most: int = MOST_RUNS,
    options: RunOptions = ACTIVITIES,
    between: Callable[[], object] | None = None,
    within: AbstractContextManager[object] | None = None,
    **settings: Any,
) -> Facts:
    """Plan the faults, run until the exit code is 0 or the runs are used up, and return what was seen.

    Args:
        between: what happens after a run that did not end with 0.
        within: what surrounds each run.
    """
    emulator = account.emulator
    emulator.faults.clear()
    emulator.faults.add(*faults)
    calls, newest, logins = len(emulator.calls), _newest_export(account), emulator.logins
    world.slept.clear()
    codes: list[int | str] = []
    said: list[str] = []
    aside, healed, notices = 0, list[str](), list[str]()
    while len(codes) < at_most and codes[-1:] != [0]:
        if codes and between is not None:
            between()
        account.clock.advance(seconds=60)
        with surroundings(account.folder), within or nullcontext():
            try:
                summary = account.run(options, **{**NO_REVIEW, **settings})
            except PardotError as error:
                codes.append(error.exit_code)
                said.append(str(error))
                continue
            except TransformError as error:  # stands alone and knows no exit codes; the command line ends with 1
                codes.append(1)
                said.append(str(error))
                continue
            except Exception as error:
                codes.append(f"a stray {type(error).__name__}")
                said.append(str(error))
                continue
        codes.append(summary.exit_code)
        said += summary.failures
        aside += sum(counts.set_aside for counts in summary.objects.values())
        healed += summary.healed
        notices += summary.notices
    world.note(account, is_in_order=False)
    emulator.raise_problems()
    made = Counter(call.operation for call in emulator.calls[calls:])
    world.faults_met += len(emulator.faults.consumed)
    facts: Facts = {
        "codes": tuple(codes),
        "rows": rows(account, options),
        "creates": _newest_export(account) - newest,
        "polls": made["export.read"],
        "downloads": made["export.download"],
        "logins": emulator.logins - logins,
        "calls": made,
        "says": " / ".join(dict.fromkeys(said)),
        "aside": aside,
        "healed": " / ".join(healed),
        "notices": " / ".join(notices),
        "slept": max(world.slept, default=0.0),
    }
    if emulator.faults.unconsumed:
        facts["unmet"] = emulator.faults.unconsumed
    # Exit code 2 comes before anything is touched.
    world.note(account, is_in_order=codes[-1] in (0, 2) and facts["rows"] == "equal" and "unmet" not in facts)
    return facts


def _newest_export(account: Account) -> int:
    """Return the number of the newest export; the emulator counts them one by one."""
    return max((export.id for export in account.emulator.exports), default=88100)


def rows(account: Account, options: RunOptions = ACTIVITIES) -> str:
    """Compare what is published with the account, value by value: "equal", or the first difference."""
    path = account.places.published_database
    if not path.exists():
        return "none"
    with duckdb.connect(str(path), read_only=True) as db:
        try:
            differences = table_differences(account.store, db, options.objects or ())
        except duckdb.CatalogException:  # the first run has not come so far
            return "none"
    return next((f"{table}: {lines[0]}" for table, lines in differences.items()), "equal")


def query(account: Account, sql: str, *, working: bool = False) -> list[tuple[Any, ...]]:
    """Ask the published file, or the job's own."""
    places = account.places
    with duckdb.connect(str(places.working_database if working else places.published_database), read_only=True) as db:
        db.execute("SET TimeZone = 'UTC'")
        return db.execute(sql).fetchall()


@contextmanager
def patched(name: str, value: object) -> Iterator[None]:
    """Give a module's constant another value for a while, to reach a bound with little data."""
    module_name, _, attribute = name.rpartition(".")
    module = import_module(module_name)
    before = getattr(module, attribute)
    setattr(module, attribute, value)
    try:
        yield
    finally:
        setattr(module, attribute, before)
