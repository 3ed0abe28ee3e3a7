"""Let the disk refuse, call by call: a clear error, the old snapshot readable, and a next run that makes up for it."""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from pathlib import Path
from typing import Final

import duckdb
import pytest
from sweeps.figures import Figures, publish, recover
from sweeps.jobs import DURABLE_CALLS, Outcome, Strike
from sweeps.scenes import Scene, Trial
from sweeps.test_kills import SCENES, Scenes

pytestmark = pytest.mark.usefixtures("tracing")

OTHER_CALLS: Final = ("openat", "mkdir", "write", "pwrite64")
MOST_TRIALS: Final = 15
"""Of each of these, per error, some being drawn; each durable call is refused once, whatever their number."""
ERRORS: Final = {"ENOSPC": True, "EIO": False}
"""A full disk stays full; a failing one fails once."""


def refuse(scene: Scene, strike: Strike, figures: Figures) -> bool:
    """Let a run fail, look at how it ended, run again, judge; False when the fault did not strike."""
    with scene.trial() as trial:
        before = digest(trial.published)
        outcome = trial.run(strike)
        places = ", ".join(path.name for path in strike.paths)
        name = f"{scene.name}, {strike.call} {places or strike.number} {strike.effect}"
        figures.trials += 1
        if not outcome.was_struck:
            return False
        figures.hit += 1
        if complaint := complain(outcome):
            figures.note("untidy", name, complaint)
        if outcome.code and (complaint := snapshot_complaint(trial, before)):
            figures.note("untidy", name, complaint)
        recover(trial, figures, name)
    return True


def complain(outcome: Outcome) -> str:
    """Return what is wrong about how a run ended whose disk failed; nothing when it is as promised."""
    errors = "\n".join(line for line in outcome.err.splitlines() if not re.match(r"\d{4}-\d\d-\d\d ", line))
    if outcome.is_stuck:
        return "it did not end"
    if outcome.code not in (0, 1):
        return f"exit {outcome.code}: {errors}"
    if "Traceback" in outcome.err or "does not know" in errors:
        return errors
    told = re.sub("“[^”]*”", "“”", errors)  # what the system said may be two sentences of its own
    if outcome.code == 1 and len(re.findall(r"[.!?](?=\s+[A-Z“`]|\s*$)", told)) > 3:
        return f"more than three sentences: {errors}"
    return ""


def snapshot_complaint(trial: Trial, before: str) -> str:
    """Return what is wrong about the published file after a run that failed."""
    if not trial.published.exists():
        return "the snapshot is gone" if before else ""
    try:
        with duckdb.connect(str(trial.published), read_only=True) as db:
            db.execute("SELECT count(*) FROM pardot.prospects").fetchall()
    except duckdb.Error as error:
        return f"the snapshot cannot be read: {error}"
    is_whole = digest(trial.published) == before or trial.differences() == {}
    return "" if is_whole else "the snapshot is neither the old one nor the new one"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def strikes(scene: Scene, call: str, error: str) -> list[Strike]:
    """Return every way in which a call of this kind can be refused, in a run that is otherwise undisturbed."""
    with scene.trial() as trial:
        lines = trial.watch(call)
        made = {Path(found[1]) for line in lines if (found := re.search(r'"(/[^"]+)".*O_CREAT', line))}
        ours = sorted(path for path in made if trial.folder in path.parents and not re.search(r"\d{9}", path.name))
    effect, lasts = f"error={error}", ERRORS[error]
    if call == "openat":  # a full disk refuses new files, not the modules that Python reads
        return [Strike(call, 1, effect, paths=(path,), lasts=lasts) for path in ours]
    busiest = max(Counter(line.split()[0] for line in lines).values(), default=0)
    return [Strike(call, number, effect, lasts=lasts) for number in range(1, busiest + 1)]


@pytest.mark.sweep
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("call", [*OTHER_CALLS, *DURABLE_CALLS])
@pytest.mark.parametrize("name", ["first load", "increment"])
def test_refusal_of_the_disk(name: str, call: str, error: str, scenes: Scenes) -> None:
    scene, figures = scenes(name, **SCENES[name]), Figures()
    known = strikes(scene, call, error)
    chance = random.Random(f"{call}{error}")  # noqa: S311 which calls, not secrets
    for strike in known if call in DURABLE_CALLS else chance.sample(known, min(MOST_TRIALS, len(known))):
        refuse(scene, strike, figures)
    publish(f"{name}, {error}, {call}", figures)
    assert figures.details == []


def test_full_disk_while_the_database_is_created_leaves_nothing_that_cannot_be_opened(scenes: Scenes) -> None:
    figures = Figures()
    assert refuse(scenes("first load"), Strike("pwrite64", 3, "error=ENOSPC", lasts=True), figures)
    figures.assert_clean()


def test_full_disk_while_the_snapshot_is_published_keeps_the_previous_one(scenes: Scenes) -> None:
    figures, scene = Figures(), scenes("increment", **SCENES["increment"])
    with scene.trial() as trial:
        draft = trial.published.with_name(f".{trial.published.name}.new")
    assert refuse(scene, Strike("fsync", 1, "error=ENOSPC", paths=(draft,), lasts=True), figures)
    figures.assert_clean()
