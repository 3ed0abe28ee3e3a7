"""`pardot-etl status`: how the installation is, from what earlier runs left behind.

It reads the history of runs, the ledger and the published snapshot, and works when none of them exists yet.
It makes no call, takes no lock and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..runs.history import read_runs
from ..runs.in_flight import ExportInFlight, all_exports_in_flight
from ..terminal import duration

if TYPE_CHECKING:
    import duckdb

    from ..configuration import Places

RUNS_SHOWN: Final = 5

_AGE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([smhdw])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_MOMENTS: Final = ("updated_at", "created_at", "sent_at")
"""Columns that tell how fresh a table is, the best one first."""


@dataclass(frozen=True)
class TableFreshness:
    """One raw table of the published snapshot."""

    name: str
    rows: int
    newest_at: datetime | None
    """The newest moment in its rows: when something last changed there, as far as published."""


@dataclass(frozen=True)
class Status:
    """The state of an installation at one moment."""

    now: datetime
    runs: Sequence[Mapping[str, Any]]
    """The last finished runs, newest first."""
    last_success_at: datetime | None
    tables: Sequence[TableFreshness]
    published: str
    """What the published snapshot is, or why it could not be read."""
    exports: Sequence[ExportInFlight]

    def is_older_than(self, limit: timedelta) -> bool:
        """Whether the newest successful run ended longer ago than that, or there is none."""
        return self.last_success_at is None or self.now - self.last_success_at > limit

    def to_json(self) -> dict[str, Any]:
        """Return the state as plain JSON values."""
        used, maximum = self._allowance()
        return {
            "now": self.now.isoformat(),
            "last_success_at": self.last_success_at.isoformat() if self.last_success_at else None,
            "last_success_age_seconds": self._age(self.last_success_at),
            "runs": list(self.runs),
            "published": self.published,
            "tables": [
                {
                    "name": table.name,
                    "rows": table.rows,
                    "newest_at": table.newest_at.isoformat() if table.newest_at else None,
                    "age_seconds": self._age(table.newest_at),
                }
                for table in self.tables
            ],
            "exports_in_flight": [export.to_json(self.now) for export in self.exports],
            "allowance": {"used": used, "maximum": maximum},
        }

    def lines(self) -> list[str]:
        """Return the state as text."""
        last = self._age(self.last_success_at)
        lines = [f"last success   {'never' if last is None else f'{duration(last)} ago'}"]
        lines += [_run_line(run) for run in self.runs] or ["runs           none yet; `pardot-etl run` is the first"]
        used, maximum = self._allowance()
        if used is not None:
            lines.append(f"allowance      {used:,}{f' of {maximum:,}' if maximum else ''} calls used at the last run")
        lines += [self._export_line(export) for export in self.exports] or ["exports        none in flight"]
        lines.append(f"published      {self.published}")
        width = max((len(table.name) for table in self.tables), default=0)
        for table in self.tables:
            age = self._age(table.newest_at)
            newest = f"newest {duration(age)} ago" if age is not None else "no dates"
            lines.append(f"  {table.name:<{width}}  {table.rows:>13,} rows  {newest}")
        return lines

    def _export_line(self, export: ExportInFlight) -> str:
        name = f"{export.object_name} {export.export_id or 'not created yet'}"
        parts = [f"exports        {name}", export.status]
        if export.files:
            parts.append(f"{export.files_fetched} of {export.files} files on disk")
        if export.created_at and export.expires_at:
            left = (export.expires_at - self.now).total_seconds()
            parts.append(f"{duration(max(0.0, (self.now - export.created_at).total_seconds()))} old")
            parts.append(f"expires in {duration(left)}" if left > 0 else "expired; the next run creates a new one")
        return ", ".join(parts)

    def _age(self, moment: datetime | None) -> float | None:
        return max(0.0, (self.now - moment).total_seconds()) if moment else None

    def _allowance(self) -> tuple[int | None, int | None]:
        for run in self.runs:
            if run.get("calls_used_today") is not None:
                return run["calls_used_today"], run.get("calls_maximum")
        return None, None


def read_status(places: Places, now: datetime) -> Status:
    """Read the state of the installation; whatever is missing is told as missing."""
    runs = read_runs(places.own_folder)
    succeeded = (parse_moment(run.get("finished_at")) for run in reversed(runs) if run.get("exit_code") == 0)
    tables, published = _read_published(places.published_database, places.dataset)
    return Status(
        now=now,
        runs=list(reversed(runs[-RUNS_SHOWN:])),
        last_success_at=next(succeeded, None),
        tables=tables,
        published=published,
        exports=all_exports_in_flight(places.own_folder),
    )


def parse_age(text: str) -> timedelta:
    """Return an age such as `26h`, `90m`, `2d`.

    >>> parse_age("26h")
    datetime.timedelta(days=1, seconds=7200)

    Raises:
        ValueError: with what was expected.
    """
    match = _AGE.fullmatch(text.strip().lower())
    if match is None or float(match[1]) > 1e6:
        raise ValueError("an age such as 26h, 90m or 2d")
    return timedelta(**{_UNITS[match[2]]: float(match[1])})


def parse_moment(text: object) -> datetime | None:
    """Return a stored ISO 8601 time as an aware UTC datetime; None for anything else."""
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.astimezone(timezone.utc) if moment.tzinfo else None


def _read_published(path: Path, dataset: str) -> tuple[list[TableFreshness], str]:
    from pardot.errors import StorageError

    from ..files.database import tables
    from ..files.snapshot import open_snapshot

    if not path.exists():
        return [], f"nothing yet at {path}"
    try:
        with open_snapshot(path) as db:
            found = [_freshness(db, dataset, name) for name in tables(db, dataset)]
    except StorageError as error:
        return [], f"{path} cannot be read: {error.reason}"
    return found, f"{path} ({_how_to_open(path, dataset)})"


def _how_to_open(path: Path, dataset: str) -> str:
    """Return how to look at the published file, and what to write where its name is a schema's, too."""
    from ..configuration import schema_called_like

    schema = schema_called_like(path, dataset)
    return "`duckdb -readonly` opens it" + (f"; write `{schema}.{schema}.` before its tables" if schema else "")


def _freshness(db: duckdb.DuckDBPyConnection, schema: str, name: str) -> TableFreshness:
    from pardot.naming import quote_identifier

    table = f"{quote_identifier(schema)}.{quote_identifier(name)}"
    columns = {str(row[0]) for row in db.execute(f"DESCRIBE {table}").fetchall()}
    moment = next((column for column in _MOMENTS if column in columns), None)
    # As seconds: DuckDB's own conversion of instants to Python needs a package that is not among ours.
    newest = f"epoch(max({moment}))" if moment else "NULL"
    rows, seconds = db.execute(f"SELECT count(*), {newest} FROM {table}").fetchall()[0]  # noqa: S608
    return TableFreshness(name, rows, None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc))


def _run_line(run: Mapping[str, Any]) -> str:
    code = run.get("exit_code")
    outcome = {0: "done", 75: "to be continued", 130: "interrupted"}.get(code if isinstance(code, int) else 1, "failed")
    facts = [outcome if code == 0 else f"{outcome} (exit {code})"]
    started, finished = parse_moment(run.get("started_at")), parse_moment(run.get("finished_at"))
    if started and finished:
        facts.append(f"in {duration((finished - started).total_seconds())}")
    if isinstance(run.get("objects"), Mapping):
        facts.append(f"{sum(int(one.get('loaded', 0)) for one in run['objects'].values()):,} rows loaded")
    if run.get("api_calls") is not None:
        facts.append(f"{run['api_calls']:,} API calls")
    facts += [str(problem) for problem in (run.get("error"), *run.get("failures", ())) if problem]
    return f"run            {str(run.get('finished_at'))[:16].replace('T', ' ')}  {', '.join(facts)}"
