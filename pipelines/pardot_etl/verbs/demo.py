"""`pardot-etl demo`: the whole product in a folder, against the emulator; no account, no settings.

The first day loads a company's history, the second what a day changed. After each, the published tables are
compared with the emulator's own account; a demonstration whose numbers differ fails. The same version shows
the same numbers.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

from ..configuration import DATASET, Places

if TYPE_CHECKING:
    from pardot.events import EventHandler
    from pardot.settings import Settings
    from pardot_emulator import Emulator, Store
    from pardot_emulator.changes import DayChanges

ACTIVITIES: Final = 20_000
SEED: Final = 7
FIRST_DAY: Final = datetime(2026, 3, 2, tzinfo=timezone.utc)
SECOND_DAY: Final = FIRST_DAY + timedelta(days=1)
SECOND_DAY_SCALE: Final = 5.0
"""An ordinary day of so small a company would show little."""
HISTORY: Final = timedelta(days=430)
"""More than the thirteen months of the company, and more than a year, so that two windows are shown."""

_MARKER: Final = ".pardot-demo"
"""Says that a folder was made by a demonstration and may be emptied by the next one."""

Show = Callable[[str], None]


@dataclass(frozen=True)
class Comparison:
    """One number of ours beside the emulator's."""

    table: str
    kind: str
    """`rows`, `new`, `changed` or `purged`."""
    found: int
    expected: int

    @property
    def is_equal(self) -> bool:
        return self.found == self.expected

    def __str__(self) -> str:
        equal, mark = ("=", "✓") if self.is_equal else ("≠", "✗")
        return f"{self.found:,} {equal} {self.expected:,} {mark}"


def demonstrate(folder: Path, show: Show, on_event: EventHandler) -> int:
    """Play the demonstration in the folder and return the exit code: 1 when a number differs.

    Raises:
        SettingsError: the folder has other things in it.
        StorageError: it cannot be written.
    """
    from pardot_emulator import Emulator, ManualClock, Store
    from pardot_emulator.company import build_company
    from pardot_emulator.days import play_day

    started = monotonic()
    folder = folder.absolute()
    _prepare(folder)
    with _alone(folder), Store(str(folder / "account.sqlite")) as store:
        show(f"Inventing a company with {ACTIVITIES:,} visitor activities …")
        build_company(store, activities=ACTIVITIES, seed=SEED, end_at=FIRST_DAY)
        clock = ManualClock(FIRST_DAY)
        with Emulator(store, clock=clock, workdir=_new_folder(folder / "emulator")) as emulator:
            settings, places = _settings(emulator), _places(folder)
            before = folder / "first_day.duckdb"

            failures = _run("First day: the whole history", settings, places, show, on_event)
            shutil.copyfile(places.published_database, before)
            first = compare_rows(places.published_database, store)
            _show_rows(first, show)

            clock.set(SECOND_DAY)
            changes = play_day(store, seed=SEED, at=SECOND_DAY, scale=SECOND_DAY_SCALE)
            failures += _run("Second day: only what changed", settings, places, show, on_event)
            second = compare_days(before, places.published_database, changes)
            _show_changes(second, show)
    before.unlink()
    _write_report(places, folder, show)
    differing = [one for one in (*first, *second) if not one.is_equal]
    show("")
    if failures:
        show(f"{len(failures)} objects failed: a bug, please report it with this output.")
        return 1
    if differing:
        show(f"{len(differing)} differ from the emulator's numbers: a bug, please report it with this output.")
        return 1
    show(f"Done in {monotonic() - started:.0f} seconds; every number is equal. Three things to try next:")
    for line in _next_steps(places, folder):
        show(line)
    return 0


def _run(title: str, settings: Settings, places: Places, show: Show, on_event: EventHandler) -> tuple[str, ...]:
    """Run once as cron would, and return what failed."""
    from ..runs.run import RunOptions, run

    show("")
    show(title)
    summary = run(settings, places, RunOptions(), on_event)
    seconds = " · ".join(f"{stage} {spent:.1f} s" for stage, spent in summary.seconds.items())
    show(f"  {summary.api_calls} API calls; {seconds}")
    for failure in summary.failures:
        show(f"  FAILED {failure}")
    return summary.failures


# Its own world: a folder, and nothing from outside it.


def _prepare(folder: Path) -> None:
    """Make the folder, or empty it when an earlier demonstration made it."""
    from pardot.errors import SettingsError, StorageError

    try:
        if folder.is_dir() and any(folder.iterdir()):
            if not (folder / _MARKER).is_file():
                raise SettingsError(
                    f"the folder {folder} is not empty and was not made by a demonstration",
                    next_step="Nothing was touched; name another one with `--folder`",
                )
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _MARKER).write_text(
            "Made by `pardot-etl demo`, which may empty this folder again.\n", encoding="utf-8"
        )
    except OSError as problem:
        raise StorageError(
            "make the folder of the demonstration", path=str(folder), reason=problem.strerror
        ) from problem


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let dlt see neither the user's settings nor folders, only this one; give everything back afterwards."""
    from dlt.common.configuration.container import Container
    from dlt.common.configuration.specs import PluggableRunContext

    theirs = {name: value for name, value in os.environ.items() if "__" in name or name.startswith("DLT_")}
    ours = {
        "DLT_PROJECT_DIR": str(folder),
        "DLT_DATA_DIR": str(folder / "data"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    }
    before = set(os.environ) - theirs.keys()
    context = Container()[PluggableRunContext]
    run_dir = context.context.run_dir
    for name in theirs:
        del os.environ[name]
    os.environ.update(ours)
    context.reload(str(folder))
    try:
        yield
    finally:
        for name in set(os.environ) - before:
            del os.environ[name]
        os.environ.update(theirs)
        context.reload(run_dir)


def _settings(emulator: Emulator) -> Settings:
    """Return settings for the emulator, made here and looked up nowhere."""
    from pardot.redaction import Secret
    from pardot.settings import Credentials, Settings

    known = emulator.credentials
    return Settings(
        business_unit_id=emulator.business_unit_id,
        api_url=emulator.url,
        login_url=emulator.url,
        credentials=Credentials(
            client_id=known.client_id,
            client_secret=Secret(known.client_secret),
            refresh_token=Secret(known.refresh_token),
        ),
        start_date=FIRST_DAY - HISTORY,
        poll_seconds=0.01,
        review_days=1,  # every row is looked at again on the second day, so that all purged ones are found
    )


def _places(folder: Path) -> Places:
    return Places(
        working_database=folder / "pardot_working.duckdb",
        published_database=folder / "pardot.duckdb",
        published_parquet=None,
        lake=None,
        data_folder=folder / "data",
    )


def _new_folder(folder: Path) -> Path:
    folder.mkdir()
    return folder


# Our numbers beside the emulator's.


def compare_rows(published: Path, store: Store) -> list[Comparison]:
    """Compare the rows of every raw table with the emulator's account."""
    from pardot.catalogue import select_entries

    from ..files.database import row_counts
    from ..files.snapshot import open_snapshot

    with open_snapshot(published) as db:
        rows = row_counts(db, DATASET)
    return [
        Comparison(entry.table, "rows", rows.get(entry.table, 0), store.count(entry.collection))
        for entry in select_entries("standard")
    ]


def compare_days(before: Path, after: Path, changes: DayChanges) -> list[Comparison]:
    """Compare what differs between two snapshots with what the emulator says it changed; three numbers a table."""
    import duckdb

    from pardot.catalogue import select_entries
    from pardot.naming import quote_text

    compared = []
    with duckdb.connect(":memory:") as db:
        for name, path in (("before", before), ("after", after)):
            db.execute(f"ATTACH {quote_text(str(path))} AS {name}_day (READ_ONLY)")
        for entry in select_entries("standard"):
            for kind, found in _differences(db, entry.table).items():
                expected: int = getattr(changes, kind).get(entry.collection, 0)
                compared.append(Comparison(entry.table, kind, found, expected))
    return compared


def _differences(db: object, table: str) -> dict[str, int]:
    """Return how many rows are new, were there before with other values, and are marked as purged since."""
    import duckdb

    from pardot.naming import quote_identifier

    assert isinstance(db, duckdb.DuckDBPyConnection)  # noqa: S101
    old, now = (f"{day}_day.{DATASET}.{quote_identifier(table)}" for day in ("before", "after"))
    # A new custom field is a new column; the rows that have it were changed at the source anyway.
    columns = [str(row[0]) for row in db.execute(f"DESCRIBE {old}").fetchall() if not row[0].startswith("_dlt_")]
    names = ", ".join(map(quote_identifier, columns))
    alive = f"(FROM {now} WHERE purged_at IS NULL)"
    known = f"SELECT {names} FROM {alive} SEMI JOIN {old} USING (id)"
    queries = {
        "new": f"SELECT count(*) FROM {now} ANTI JOIN {old} USING (id)",
        "changed": f"SELECT count(*) FROM ({known} EXCEPT SELECT {names} FROM {old})",
        "purged": f"SELECT count(*) FROM {now} WHERE purged_at IS NOT NULL",
    }
    return {kind: int(db.execute(query).fetchall()[0][0]) for kind, query in queries.items()}


def _show_rows(compared: list[Comparison], show: Show) -> None:
    width = max(len(one.table) for one in compared)
    show(f"  {'':<{width}}  rows here = rows in the account")
    for one in compared:
        show(f"  {one.table:<{width}}  {one}")


def _show_changes(compared: list[Comparison], show: Show) -> None:
    """Show new, changed and purged rows side by side, tables without any left out."""
    width = max(len(one.table) for one in compared)
    quiet = 0
    for three in zip(compared[::3], compared[1::3], compared[2::3], strict=True):
        if all(one.is_equal and not one.found for one in three):
            quiet += 1
            continue
        cells = "  ".join(f"{f'{one.kind} {one}':<21}" for one in three)
        show(f"  {three[0].table:<{width}}  {cells}".rstrip())
    if quiet:
        show(f"  and nothing in {quiet} other tables, as the emulator says")


def _write_report(places: Places, folder: Path, show: Show) -> None:
    from ..report import write_report

    target = folder / "report.html"
    result = write_report(places.published_database, target)
    show("")
    show(f"Report: {target} ({result.bytes / 1000:.0f} kB)")


def _next_steps(places: Places, folder: Path) -> Iterator[str]:
    """Yield what to try, as lines that work where the demonstration was called, with nothing else installed."""
    query = "SELECT name, sent, open_rate FROM pardot_marts.email_performance ORDER BY sent DESC LIMIT 10"
    file = json.dumps(path_from_here(places.published_database), ensure_ascii=False)
    look = f'import duckdb; print(duckdb.connect({file}, read_only=True).sql("{query}"))'
    here, anywhere = own_program()
    yield f"  1. open {shlex.quote(path_from_here(folder / 'report.html'))}"
    yield f"  2. {shlex.quote(path_from_here(Path(sys.executable)))} -c {shlex.quote(look)}"
    yield f"  3. {here} emulator   # then, in an empty folder, in a second shell with the lines it prints:"
    yield f"     DLT_DATA_DIR=data {anywhere} run"


def own_program() -> tuple[str, str]:
    """Return how to start this very program once more, from the current folder and from any."""
    called = Path(sys.argv[0]).absolute()
    if called.suffix == ".py" or not called.is_file():  # `python -m`, or called by another program
        start, rest = Path(sys.executable), f" -m {__package__.partition('.')[0]}"
    else:
        start, rest = called, ""
    on_path = shutil.which(start.name)
    if not rest and on_path and Path(on_path).absolute() == start:
        return start.name, start.name
    return shlex.quote(path_from_here(start)) + rest, shlex.quote(str(start)) + rest


def path_from_here(path: Path) -> str:
    """Return a path from the current folder on where that is shorter, so that a shell takes it for a path."""
    below = os.path.relpath(path)
    below = below if os.sep in below else f"{os.curdir}{os.sep}{below}"
    return min(below, str(path.absolute()), key=len)
