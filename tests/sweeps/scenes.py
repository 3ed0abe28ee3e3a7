"""What a trial starts from: an account, a folder prepared once and copied for every trial, a command.

The account's clock is ours and the account does not change while a scene is played, so every trial has the same end:
tables equal to the account, row by row.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb
from command_line import COMMAND, environment
from kit import END, HISTORY_START, build_store, table_differences
from sweeps.jobs import Nursery, Outcome, Strike

from pardot_emulator import Emulator, ManualClock, Polls
from pardot_emulator.days import play_day
from pardot_emulator.store import Store

TABLES = ("visitor_activities", "prospects", "visitor_page_views", "campaigns")
FILE_BYTES = 8_000
"""Small enough that the exports of a small account have several result files."""
RUN = ("run", "--objects", ",".join(TABLES), "--json", "--no-transform")
RUN_WITH_REPORTS = ("run", "--objects", ",".join(TABLES), "--json", "--destination", "filesystem")
"""Reporting tables, their Parquet copy and the folder of raw tables as well."""
EARLIEST = datetime(2025, 10, 15, tzinfo=timezone.utc)
"""Before every row."""
LATELY = datetime(2026, 4, 10, tzinfo=timezone.utc)
BACKFILL = (
    *("backfill", "--from", f"{EARLIEST:%Y-%m-%d}", "--to", f"{LATELY + timedelta(days=2):%Y-%m-%d}"),
    *("--objects", ",".join(TABLES), "--json", "--no-transform"),
)
"""Two windows before the days that a first load since `LATELY` has loaded, and two of those days again."""
BETWEEN_RUNS = timedelta(minutes=20)
"""Longer than windows overlap, so that a window that was loaded is not asked for again."""


@dataclass
class Trial:
    """One emulated account and one working folder, for a few runs after each other."""

    emulator: Emulator
    clock: ManualClock
    store: Store
    folder: Path
    nursery: Nursery
    arguments: Sequence[str]
    variables: dict[str, str] = field(default_factory=dict)
    _has_run: bool = False

    @property
    def published(self) -> Path:
        return self.folder / "published.duckdb"

    @property
    def own_folder(self) -> Path:
        """Where ledger and result files are."""
        return self.folder / "dlt" / "pardot" / self.emulator.business_unit_id

    @property
    def pipeline_folder(self) -> Path:
        return self.folder / "dlt" / "pipelines" / "pardot"

    def run(self, strike: Strike | None = None, signals: Sequence[tuple[float, int]] = ()) -> Outcome:
        """Run the job; some time has passed in the account since the run before."""
        self._let_time_pass()
        return self.nursery.run(self.arguments, self.folder, self.environment(), strike, signals)

    def start(self) -> subprocess.Popen[str]:
        """Start the job from scratch, as cron does."""
        self._let_time_pass()
        return subprocess.Popen(
            [*COMMAND, *self.arguments],
            env=environment(self.environment()),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start_and_see_it_work(self) -> subprocess.Popen[str]:
        """Start the job and return it when it has made its first call."""
        process = self.start()
        while not self.emulator.calls:
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        return process

    def _let_time_pass(self) -> None:
        if self._has_run:
            self.clock.advance(BETWEEN_RUNS)
        self._has_run = True

    def watch(self, call: str) -> list[str]:
        """Run the job in peace and return its calls of a kind, each as the tracer writes it: thread, call, result."""
        outcome = self.run(Strike(call, 1 << 15))
        assert (outcome.code, outcome.was_struck) == (0, False), outcome
        return [line for line in self.nursery.log.read_text().splitlines() if f" {call}(" in line]

    def environment(self) -> dict[str, str]:
        """Return the settings of the job, as environment variables."""
        return {
            **self.emulator.environment(),
            "SOURCES__PARDOT__START_DATE": HISTORY_START.isoformat(),
            "SOURCES__PARDOT__FEW_ROWS": "0",  # small as this account is, nothing new would be exported
            "DLT_DATA_DIR": str(self.folder / "dlt"),
            "DLT_PROJECT_DIR": str(self.folder),
            "DESTINATION__DUCKDB__CREDENTIALS": str(self.folder / "working.duckdb"),
            "DESTINATION__FILESYSTEM__BUCKET_URL": str(self.folder / "lake"),
            "PUBLISH__DUCKDB": str(self.published),
            "PUBLISH__PARQUET": str(self.folder / "marts"),
            # Tracers count the calls of each thread: with one worker, one count reaches all of them.
            "EXTRACT__WORKERS": "1",
            "LOAD__WORKERS": "1",
            "RUNTIME__LOG_LEVEL": "CRITICAL",
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            **self.variables,
        }

    def differences(self) -> dict[str, list[str]]:
        """Compare what is published with the account: tables that differ, and how."""
        with duckdb.connect(str(self.published), read_only=True) as db:
            found = table_differences(self.store, db, TABLES)
            if "filesystem" in self.arguments:
                for table in TABLES:
                    ours = f'SELECT * FROM pardot."{table}"'
                    files = f"SELECT * FROM read_parquet('{self.folder}/lake/pardot/{table}/*.parquet')"
                    query = f"({ours} EXCEPT ALL {files}) UNION ALL ({files} EXCEPT ALL {ours})"
                    if db.execute(query).fetchall():
                        found[f"lake/{table}"] = ["files and table differ"]
        return found

    def published_now(self) -> bool:
        """Whether what is published has everything that the account has."""
        return self.published.exists() and self.differences() == {}

    # -- what was asked of the account

    def exports_created_twice(self) -> list[str]:
        """Return the exports, as they were asked for, that exist more than once."""
        asked = Counter(json.dumps(each.request.body["procedure"], sort_keys=True) for each in self.emulator.exports)
        return [text for text, times in asked.items() if times > 1]

    def finished_files(self) -> set[str]:
        """Return the paths at the API of all result files that are on disk under their final name."""
        return {
            path
            for path, file in self._files().items()
            if (self.own_folder / "exports" / file.parent.name / file.name).is_file()
        }

    def _files(self) -> Mapping[str, Path]:
        """Return the path of a result file at the API -> export and place, as our own folder names them."""
        found = {}
        for export in self.emulator.exports:
            for place, number in enumerate(sorted(export.files)):
                found[f"{export.id}/{number}"] = Path(str(export.id)) / f"{place}.csv"
        return found

    def downloads(self) -> Counter[str]:
        """Return how often each result file was served whole, by export and file."""
        parts = (call.path.split("/") for call in self.emulator.calls if call.operation == "export.download")
        return Counter(f"{path[-3]}/{path[-1]}" for path in parts)


class Scene:
    """A trial's beginning, as often as it is wanted.

    Args:
        name: how figures and tests call it.
        folder: for the account, the prepared folder and the working folder of the trials.
        days: days that are played after the first load; 0 makes the first load itself the subject.
        since: where history begins for a first load that comes before everything else, if there is one.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        nursery: Nursery,
        *,
        days: int = 0,
        since: datetime | None = None,
        arguments: Sequence[str] = RUN,
    ) -> None:
        self.name = name
        self.arguments = arguments
        self._work, self._base = folder / "work", folder / "base"
        self._nursery = nursery
        self._at = END
        self._base.mkdir(parents=True)
        self.store = build_store(300, path=str(folder / "account.sqlite"))
        if since is not None:
            self._prepare(RUN, {"SOURCES__PARDOT__START_DATE": since.isoformat()})
        for day in range(days):
            self._prepare(arguments, {})
            self._at += timedelta(days=1)
            play_day(self.store, seed=day, at=self._at, purge=False)

    def _prepare(self, arguments: Sequence[str], variables: Mapping[str, str]) -> None:
        """Let every trial begin where a run ends."""
        with self.trial() as trial:
            trial.arguments = arguments
            trial.variables.update(variables)
            outcome = trial.run()
            assert outcome.code == 0, outcome.err
            shutil.rmtree(self._base)
            shutil.copytree(self._work, self._base, symlinks=True)

    @contextmanager
    def trial(self) -> Iterator[Trial]:
        """Yield a fresh copy of the beginning."""
        shutil.rmtree(self._work, ignore_errors=True)
        subprocess.run(["cp", "-a", "--reflink=auto", str(self._base), str(self._work)], check=True)
        self.store.clear("exports")
        clock = ManualClock(self._at)
        with Emulator(self.store, clock=clock, min_file_bytes=FILE_BYTES, processing=Polls(0, 0)) as emulator:
            yield Trial(emulator, clock, self.store, self._work, self._nursery, self.arguments)
