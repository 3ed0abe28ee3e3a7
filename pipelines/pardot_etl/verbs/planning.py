"""`pardot-etl plan` and `run --dry-run`: what the next run will ask for, and about how many calls that is.

It calls nobody, locks nothing and creates nothing. Positions come from the state that dlt keeps beside the
rows, the time from this machine's clock; a run itself goes by Pardot's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..runs.experience import Experience, kind_of_run, learn
from ..runs.history import read_runs
from ..runs.in_flight import ExportInFlight, exports_in_flight, has_loaded, usual_seconds

if TYPE_CHECKING:
    import duckdb

    from pardot.backfills import Backfill
    from pardot.harvest import Plan
    from pardot.settings import Settings

    from ..configuration import Places
    from ..runs.run import RunOptions

CALLS_TO_START: Final = 1
"""One look at the account's counters; logins are no API calls."""

_USUAL_LOOKS: Final = 3
"""Looks at an export whose usual duration is not known yet."""


@dataclass(frozen=True)
class ObjectPlan:
    """What the next run does for one object."""

    plan: Plan
    in_flight: tuple[ExportInFlight, ...]
    """Exports of an earlier run that go on first."""
    calls: int
    """Estimated API calls."""
    note: str
    """What the estimate leaves out."""

    @property
    def windows(self) -> list[str]:
        """The windows as text; a walk has none, it reads everything."""
        return [str(window) for window in self.plan.windows]

    def to_json(self) -> dict[str, Any]:
        """Return the plan as plain JSON values."""
        return {
            "object": self.plan.entry.table,
            "way": self.plan.way,
            "filter": ("changed" if self.plan.by_update else "created") if self.plan.windows else None,
            "windows": self.windows,
            "exports": len(self.in_flight) or (len(self.windows) if self.plan.way == "export" else 0),
            "in_flight": [export.export_id for export in self.in_flight],
            "estimated_calls": self.calls,
            "note": self.note,
        }


@dataclass(frozen=True)
class RunPlan:
    """What the next run does."""

    objects: tuple[ObjectPlan, ...]
    is_first: bool
    looks_for_exports: bool = False
    """Whether Pardot's list of exports is asked for, once, because the ledger is new."""
    looks_for_newest: bool = False
    """Whether the newest activity is asked for: where it is old, and no `start_date` set, history begins before it."""
    reviews: tuple[str, ...] = ()
    """Tables whose loaded rows are due to be looked at again; their calls are not estimated."""
    kind: str = ""
    """Names the runs whose costs can be compared with this one's."""
    experience: Experience | None = None
    """What they took; None when there was none."""

    @property
    def calls(self) -> int:
        """Estimated API calls in all."""
        first = CALLS_TO_START + self.looks_for_exports + self.looks_for_newest
        return first + sum(one.calls for one in self.objects)

    @property
    def expected_calls(self) -> int:
        """The same, corrected by what such runs have taken."""
        return self.calls if self.experience is None else self.experience.correct(self.calls)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as plain JSON values."""
        return {
            "objects": [one.to_json() for one in self.objects],
            "estimated_calls": self.calls,
            "expected_calls": self.expected_calls,
            "expected_seconds": self.experience and self.experience.seconds,
            "first_run": self.is_first,
            "reviews_due": list(self.reviews),
        }

    def lines(self) -> list[str]:
        """Return the plan as text: a line per object, a line per further window, then the total."""
        if not self.objects:
            return ["nothing to do: these objects are read whole by every first run"]
        width = max(len(one.plan.entry.table) for one in self.objects)
        lines = [f"{'object':<{width}}  way     calls  window"]
        for one in self.objects:
            first, *others = one.windows or ["all rows"]
            head = f"{one.plan.entry.table:<{width}}  {one.plan.way:<6}  {one.calls:>5}"
            lines.append(f"{head}  {first}{f'  ({one.note})' if one.note else ''}")
            lines += [f"{'':<{width + 17}}{window}" for window in others]
        if self.looks_for_newest:
            lines += ["", "`start_date` is not set: where the newest activity is old, windows begin a year before it"]
        first_run = ", and one more per 1,000 rows or result file that a first run finds" if self.is_first else ""
        if self.reviews:
            lines += ["", f"then loaded rows are looked at again: {', '.join(self.reviews)}"]
            lines.append(
                "(two exports or more each where they are exported, a call per 1,000 rows where they are queried)"
            )
        lines += ["", f"about {self.expected_calls:,} API calls{first_run}; nothing was asked or changed"]
        if self.experience is not None:
            lines.append(f"({self.calls:,} by the list; {self.experience})")
        return lines


def plan_run(
    settings: Settings,
    places: Places,
    now: datetime,
    *,
    objects: Sequence[str] | None = None,
    destination: str = "duckdb",
    backfill: Backfill | None = None,
) -> RunPlan:
    """Return what the next run, or a backfill, will do, computed from what is stored here.

    Raises:
        SettingsError: an object is not known.
        StorageError: the database exists and cannot be read.
    """
    from pardot.catalogue import Route
    from pardot.dialects.choose import entries_of
    from pardot.exports.ledger import Task
    from pardot.harvest import Plan, plan
    from pardot.position import Position
    from pardot.resources import due_for_review
    from pardot.volume import Volume

    state, rows = read_state(places, destination)
    session_folder = places.session_folder(settings.business_unit_id, destination)
    usual = usual_seconds(session_folder)
    open_exports = exports_in_flight(session_folder)
    task = Task.UPDATE if backfill is None else Task.BACKFILL
    planned = []
    for entry in entries_of(settings, objects):
        known = state.get(entry.table, {})
        in_flight = tuple(
            export for export in open_exports if (export.object_name, export.task) == (entry.table, task.value)
        )
        if backfill is not None:
            if entry.route is not Route.EXPORT:
                continue
            windows = [window for window in backfill.windows(now) if not backfill.is_done(known, window)]
            one = Plan(entry, "export", tuple(windows or backfill.windows(now)), by_update=False, task=task)
        else:
            one = plan(
                entry,
                Position.from_state(known),
                history_start=settings.history_start(now),
                now=now,
                volume=Volume.from_state(known),
                few_rows=0 if in_flight or entry.related(settings.related_fields) else settings.few_rows,
            )
        looks = _looks(usual.get(entry.table), settings.poll_seconds)
        calls, note = _estimate(one, in_flight, looks, rows.get(entry.table))
        planned.append(ObjectPlan(one, in_flight, calls, note))
    is_reviewed = backfill is None and destination in ("duckdb", "filesystem")
    reviews = (
        due_for_review([one.plan.entry for one in planned], state, now, settings.review_days) if is_reviewed else []
    )
    begins = any(
        one.plan.entry.route is Route.EXPORT and not state.get(one.plan.entry.table, {}).get("through")
        for one in planned
    )
    creates = any(one.plan.way == "export" and not one.in_flight for one in planned)
    is_first = not any(one.get("through") for one in state.values())
    kind = kind_of_run(
        task=task.value,
        destination=destination,
        objects=[one.plan.entry.table for one in planned],
        is_first=is_first,
        has_reviews=bool(reviews),
    )
    experience = learn(read_runs(places.own_folder), kind)
    return RunPlan(
        tuple(planned),
        is_first=is_first,
        looks_for_exports=creates and task is Task.UPDATE and not has_loaded(session_folder),
        looks_for_newest=begins and task is Task.UPDATE and settings.start_date is None,
        reviews=tuple(reviews),
        kind=kind,
        experience=experience,
    )


def plan_for_comparison(settings: Settings, places: Places, options: RunOptions) -> RunPlan | None:
    """Return the plan of a run that begins now, to be compared with what it takes; no plan is no reason not to run."""
    from pardot.errors import PardotError

    try:
        return plan_run(
            settings,
            places,
            datetime.now(timezone.utc),
            objects=options.objects,
            destination=options.destination,
            backfill=options.backfill,
        )
    except PardotError:
        return None


def _estimate(plan: Plan, in_flight: Sequence[ExportInFlight], looks: int, rows: int | None) -> tuple[int, str]:
    """Return the calls that one object takes, and what is special about it."""
    custom = 1 if plan.entry.has_custom_fields else 0
    if plan.way == "export" and in_flight and plan.task.value == "update":
        calls = 0
        for export in in_flight:
            waits = 0 if export.status == "complete" else looks + (export.export_id is None)
            calls += waits + max(1, export.files) - export.files_fetched
        return custom + calls, f"goes on with {len(in_flight)} of an earlier run"
    if plan.way == "export":
        # Create, look until it is complete, fetch one file.
        return custom + len(plan.windows) * (1 + looks + 1), ""
    walks = 1 + plan.entry.tells_bin_apart
    if plan.way == "walk":
        return custom + walks + (rows or 0) // 1000, ""
    return custom + walks * (1 + plan.entry.finds_new_by_id), "few rows are expected" if plan.spares_export else ""


def _looks(usual: float | None, poll_seconds: float) -> int:
    """Return how often an export is looked at until it is usually complete."""
    if usual is None:
        return _USUAL_LOOKS
    from pardot.exports.pace import Pace

    return Pace(poll_seconds, usual).looks(usual)


# What is stored.


def read_state(places: Places, destination: str = "duckdb") -> tuple[Mapping[str, Mapping[str, Any]], dict[str, int]]:
    """Return the state of each object and the rows of its table, as the destination has them.

    Both are empty before the first run. The working file may be held by a run; the published snapshot carries
    the same state as of the last one. Other destinations are not asked: dlt keeps a copy of the state in its
    working folder.
    """
    from ..files.snapshot import read_newest
    from ..runs.run import pipelines_folder

    if destination not in ("duckdb", "filesystem"):
        return _read_local_state(pipelines_folder(places) / places.pipeline_name(destination) / "state.json"), {}
    return read_newest(places, lambda db: _read_database(db, places)) or ({}, {})


def _read_database(
    db: duckdb.DuckDBPyConnection, places: Places
) -> tuple[Mapping[str, Mapping[str, Any]], dict[str, int]]:
    from dlt.common.versioned_state import decompress_state

    from pardot.naming import quote_identifier

    from ..files.database import row_counts

    known = db.execute(
        "SELECT 1 FROM duckdb_tables() WHERE schema_name = ? AND table_name = '_dlt_pipeline_state'",
        [places.dataset],
    ).fetchone()
    if not known:
        return {}, {}
    newest = db.execute(
        f"SELECT state FROM {quote_identifier(places.dataset)}._dlt_pipeline_state WHERE pipeline_name = ? "  # noqa: S608
        "ORDER BY version DESC LIMIT 1",
        [places.pipeline_name()],
    ).fetchone()
    return _resources(decompress_state(newest[0])) if newest else {}, row_counts(db, places.dataset)


def _read_local_state(path: Path) -> Mapping[str, Mapping[str, Any]]:
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return _resources(state)


def _resources(state: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    resources: Mapping[str, Mapping[str, Any]] = state.get("sources", {}).get("pardot", {}).get("resources", {})
    return resources
