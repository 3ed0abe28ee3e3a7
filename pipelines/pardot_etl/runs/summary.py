"""What one run did, counted twice: files and rows as they came, rows as they stand in the tables."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pardot.errors import LimitReachedError, PardotError
from pardot.events import Event

from .notices import NOTICES


@dataclass
class ObjectCounts:
    """The account of one object. `parsed + purged = loaded + seen_before`; `loaded = new + changed`.

    What came is `parsed + set_aside + erased`.
    """

    files: int = 0
    bytes: int = 0
    parsed: int = 0
    set_aside: int = 0
    purged: int = 0
    """Rows that Pardot delivers no longer, marked in their table; they count as changed."""
    loaded: int = 0
    new: int | None = 0
    """None where the destination is not ours to ask."""
    erased: int = 0
    """Rows of people who were erased, which came and were left out."""

    @property
    def changed(self) -> int | None:
        return None if self.new is None else self.loaded - self.new

    @property
    def seen_before(self) -> int:
        """Rows that were fetched again and found as they are stored, or that stood twice in what was fetched."""
        return self.parsed + self.purged - self.loaded


class Tally:
    """Adds up events of a run per object; safe to be called from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.objects: dict[str, ObjectCounts] = {}
        self.notices = Counter[str]()
        """Text -> how often it came, in the order of their first coming."""

    def __call__(self, event: Event) -> None:
        name = event.fields.get("object")
        with self._lock:
            if event.name in NOTICES:
                self.notices[str(event)] += 1
            if not isinstance(name, str):
                return
            counts = self.objects.setdefault(name, ObjectCounts())
            if event.name in ("export.file_fetched", "export.file_on_disk"):
                counts.files += 1
                counts.bytes += _number(event.fields.get("bytes"))
            elif event.name == "rows.parsed":
                counts.parsed += _number(event.fields.get("rows"))
                counts.set_aside += _number(event.fields.get("rejected"))
            elif event.name == "rows.purged":
                counts.purged += _number(event.fields.get("rows"))
            elif event.name == "rows.left_out":
                counts.erased += _number(event.fields.get("rows"))

    def copy(self) -> dict[str, ObjectCounts]:
        """Return the account so far, to come back to."""
        with self._lock:
            return {name: replace(counts) for name, counts in self.objects.items()}

    def restore(self, objects: Mapping[str, ObjectCounts]) -> None:
        """Go back to an earlier account, because the extraction starts again."""
        with self._lock:
            self.objects = {name: replace(counts) for name, counts in objects.items()}


@dataclass(frozen=True)
class RunSummary:
    """The result of one run, as text, JSON and a table of the database alike."""

    objects: Mapping[str, ObjectCounts]
    started_at: str
    finished_at: str
    destination: str
    data_through: str | None
    api_calls: int
    calls_used_today: int | None
    calls_maximum: int | None
    seconds: Mapping[str, float]
    healed: tuple[str, ...] = ()
    notices: Mapping[str, int] = field(default_factory=dict)
    """What a person should see although the run went on: text -> how often it came. JSON has the texts."""
    published: tuple[str, ...] = ()
    transform: Mapping[str, Any] = field(default_factory=dict)
    failures: tuple[str, ...] = ()
    """What did not happen, in full sentences; the other objects were loaded and published."""
    exit_code: int = 0
    kind: str = ""
    """Names the runs whose costs can be compared; see `experience`."""
    estimated_calls: int | None = None
    """What the plan said before the run; None when none could be made."""

    def to_json(self) -> dict[str, Any]:
        """Return the summary as plain JSON values."""
        objects = {
            name: {**asdict(counts), "changed": counts.changed, "seen_before": counts.seen_before}
            for name, counts in self.objects.items()
        }
        return {**asdict(self), "objects": objects, "notices": list(self.notices)}

    def lines(self) -> list[str]:
        """Return the summary as plain text, one fact a line, a table of the objects in the middle."""
        lines = [f"healed      {line}" for line in self.healed]
        width = max((len(name) for name in self.objects), default=6)
        heads = ("files", "parsed", "loaded", "new", "changed", "seen before", "set aside")
        lines.append(f"{'object':<{width}}  " + "  ".join(f"{head:>11}" for head in heads))
        for name, counts in self.objects.items():
            values = (
                counts.files,
                counts.parsed,
                counts.loaded,
                counts.new,
                counts.changed,
                counts.seen_before,
                counts.set_aside,
            )
            lines.append(
                f"{name:<{width}}  " + "  ".join(f"{'?' if value is None else f'{value:,}':>11}" for value in values)
            )
        lines += self._erased_lines()
        lines += [f"FAILED      {failure}" for failure in self.failures]
        for notice, times in self.notices.items():
            lines.append(f"notice      {notice}{f' ({times:,} times)' if times > 1 else ''}")
        if self.transform:
            lines.append(f"transform   {self._transform_line()}")
        lines += [f"published   {place}" for place in self.published]
        estimated = "" if self.estimated_calls is None else f" ({self.estimated_calls:,} were estimated)"
        lines.append(f"API calls   {self.api_calls:,}{estimated}{self._share()}")
        lines.append("seconds     " + " · ".join(f"{stage} {seconds:.1f}" for stage, seconds in self.seconds.items()))
        if self.data_through:
            lines.append(f"complete    visitor activities to {self.data_through}")
        return lines

    def _erased_lines(self) -> list[str]:
        erased = {name: counts.erased for name, counts in self.objects.items() if counts.erased}
        parts = ", ".join(f"{name} {rows:,}" for name, rows in erased.items())
        return [f"erased      {sum(erased.values()):,} rows of erased people were left out: {parts}"] if erased else []

    def _share(self) -> str:
        if self.calls_used_today is None or not self.calls_maximum:
            return ""
        share = 100 * self.calls_used_today / self.calls_maximum
        return f" in this run; {self.calls_used_today:,} of {self.calls_maximum:,} used today ({share:.1f} %)"

    def _transform_line(self) -> str:
        if self.transform.get("skipped"):
            return "nothing changed, reporting tables are up to date"
        return f"{self.transform.get('models', 0)} models, {self.transform.get('tests', 0)} tests passed"


def told_once(failures: Iterable[PardotError]) -> tuple[str, ...]:
    """Return failures in full sentences; of calls for which none are left today, the first one speaks for all."""
    failures = list(failures)
    out_of_calls = [one for one in failures if isinstance(one, LimitReachedError)]
    others = list(dict.fromkeys(one.window.split(",")[0] for one in out_of_calls[1:] if one.window))
    if out_of_calls and others:
        first = copy(out_of_calls[0])
        named = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
        first.window = f"{first.window}, nor any for {named}"
        failures = [first, *(one for one in failures if one not in out_of_calls)]
    return tuple(dict.fromkeys(map(str, failures)))


def worst_exit_code(codes: Iterable[int]) -> int:
    """Return the exit code of a run in which some objects failed: a fault first, then settings, then "run again"."""
    found = set(codes)
    return next((code for code in (1, 2, 75) if code in found), 0)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
