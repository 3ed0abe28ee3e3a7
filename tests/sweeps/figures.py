"""What a sweep found, counted; printed, and with `WRITE_FIGURES=1` written into the table of docs/reliability.md."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path

from command_line import ROOT
from sweeps.jobs import Outcome
from sweeps.scenes import Trial

MOST_RECOVERIES = 2
"""Runs after a failed one; what they do not cure is stuck."""
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


@dataclass
class Figures:
    """How many trials there were, and in how many of them something happened; all but the first three should be 0."""

    trials: int = 0
    hit: int = 0
    """In which the fault struck; a trial that ended before it is none."""
    healed: int = 0
    """In which the next run had to set something right, and said so."""
    lost: int = 0
    duplicated: int = 0
    differing: int = 0
    stuck: int = 0
    created_twice: int = 0
    fetched_twice: int = 0
    untidy: int = 0
    """In which a failure was not told in three sentences, or a snapshot was not as promised."""
    details: list[str] = field(default_factory=list)

    def note(self, name: str, trial: str, evidence: object) -> None:
        """Count a finding and keep its evidence."""
        setattr(self, name, getattr(self, name) + 1)
        self.details.append(f"{trial}: {name}: {str(evidence)[:600]}")

    def line(self) -> list[int]:
        return [getattr(self, each.name) for each in fields(self) if each.name != "details"]

    @classmethod
    def heads(cls) -> list[str]:
        return [each.name.replace("_", " ") for each in fields(cls) if each.name != "details"]

    def assert_clean(self) -> None:
        assert self.details == []
        assert self.hit, "no fault has struck"


def recover(trial: Trial, figures: Figures, name: str, *, judge_calls: bool = True) -> Outcome | None:
    """Run again until it works, as cron does, and judge the end: rows, exports, downloads.

    Returns the last outcome, None when it is stuck.

    Args:
        judge_calls: whether exports and downloads count; the memory of them may be what was spoiled.
    """
    finished = trial.finished_files()
    downloads = trial.downloads()
    for _ in range(MOST_RECOVERIES):
        outcome = trial.run()
        if outcome.code == 0:
            break
    else:
        figures.note("stuck", name, f"exit {outcome.code}: {outcome.err[-500:]}")
        return None
    figures.healed += bool(json.loads(outcome.out)["healed"])
    _note_differences(trial, figures, name)
    if not judge_calls:
        return outcome
    if twice := trial.exports_created_twice():
        figures.note("created_twice", name, twice)
    later = trial.downloads() - downloads
    if again := sorted(finished & later.keys() | {path for path, times in later.items() if times > 1}):
        figures.note("fetched_twice", name, again)
    return outcome


def _note_differences(trial: Trial, figures: Figures, name: str) -> None:
    differences = trial.differences()
    lines = [line for found in differences.values() for line in found]
    for kind, mark in (("lost", "is missing"), ("duplicated", "stands twice")):
        if any(mark in line for line in lines):
            figures.note(kind, name, differences)
    if any("is missing" not in line and "stands twice" not in line for line in lines):
        figures.note("differing", name, differences)


# -- where they are written


def publish(subject: str, figures: Figures) -> None:
    """Print a line of figures, and put it into the page when the environment asks for it."""
    line = dict(zip(figures.heads(), figures.line(), strict=True))
    print(f"\n{subject}: {', '.join(f'{n} {head}' for head, n in line.items())}", file=sys.__stderr__)
    for detail in figures.details[:20]:
        print(f"  {detail}", file=sys.__stderr__)
    if os.environ.get("WRITE_FIGURES"):
        write_line(PAGE, [subject, *map(str, figures.line())])


def write_line(page: Path, cells: Sequence[str]) -> None:
    """Put a line into the page's table, in the place of the one that begins with the same cell if there is one."""
    line = f"| {' | '.join(cells)} |"
    with _locked(page):
        head, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        table, end, tail = rest.partition(END)
        titles, rule, *lines = table.strip().splitlines()
        kept = [one for one in lines if not one.startswith(f"| {cells[0]} |")]
        table = "\n".join([titles, rule, *sorted([*kept, line])])
        page.write_text(f"{head}{begin}\n{table}\n{end}{tail}", encoding="utf-8")


@contextmanager
def _locked(page: Path) -> Iterator[None]:
    """Let the workers of one sweep write one after the other."""
    with page.open(encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
