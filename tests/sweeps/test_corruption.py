"""Spoil what an earlier run left in the working folder: the next one loads the right rows all the same."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from sweeps.figures import Figures, publish, recover
from sweeps.jobs import Strike
from sweeps.scenes import Scene, Trial
from sweeps.test_kills import SCENES, Scenes

MOST_FILES = 12
"""Per state of the folder and way of spoiling."""


def truncate(path: Path, _chance: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path, _chance: random.Random) -> None:
    path.write_bytes(b"")


def scramble(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(max(1, len(content) // 50)):
        if content:
            content[chance.randrange(len(content))] = chance.randrange(256)
    path.write_bytes(content)


def delete(path: Path, _chance: random.Random) -> None:
    path.unlink()


WAYS: Final[dict[str, Callable[[Path, random.Random], None]]] = {
    "truncated": truncate, "emptied": empty, "scrambled": scramble, "deleted": delete,
}  # fmt: skip
STATES: Final[dict[str, tuple[Strike, ...]]] = {
    "at rest": (),
    "extracted": (Strike("rename", 24),),
    "normalized": (Strike("rename", 40),),
    "half loaded": (Strike("rename", 60),),
}
"""What an earlier run left: nothing unfinished, or a package that it was killed over."""


def spoil(scene: Scene, strikes: tuple[Strike, ...], way: str, choose: int, figures: Figures) -> bool:
    """Spoil the working folder's n-th file after a run was killed, run again, judge; False when there is none."""
    with scene.trial() as trial:
        for strike in strikes:
            assert trial.run(strike).was_struck
        files = spoilable(trial)
        if choose >= len(files):
            return False
        WAYS[way](files[choose], random.Random(choose))  # noqa: S311 noise, not secrets
        figures.trials += 1
        figures.hit += 1
        is_memory = trial.own_folder in files[choose].parents  # ledger and result files: losing them costs calls
        name = f"{files[choose].relative_to(trial.folder)} {way}"
        recover(trial, figures, name, judge_calls=not is_memory)
    return True


def spoilable(trial: Trial) -> list[Path]:
    """Return the files that a run leaves to the next one in its working folder."""
    folders = (trial.pipeline_folder, trial.own_folder)
    found = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in found if not path.name.endswith("-shm")]


@pytest.mark.sweep
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("state", STATES)
def test_any_file_of_the_working_folder_may_be_spoiled(state: str, way: str, scenes: Scenes, tracing: None) -> None:
    scene, figures = scenes("increment", **SCENES["increment"]), Figures()
    with scene.trial() as trial:
        for strike in STATES[state]:
            trial.run(strike)
        count = len(spoilable(trial))
    chance = random.Random(f"{state} {way}")  # noqa: S311 which files, not secrets
    for choose in sorted(chance.sample(range(count), min(MOST_FILES, count))):
        spoil(scene, STATES[state], way, choose, figures)
    publish(f"{state}, one file {way}", figures)
    figures.assert_clean()


def of_newer_dlt(trial: Trial) -> None:
    """Let state and schema look as if a dlt of the future had written them."""
    state = trial.pipeline_folder / "state.json"
    state.write_text(json.dumps({**json.loads(state.read_text()), "_state_engine_version": 99}))
    for path in (trial.pipeline_folder / "schemas").glob("*.schema.json"):
        path.write_text(json.dumps({**json.loads(path.read_text()), "engine_version": 99}))


def test_working_folder_of_a_newer_dlt_does_not_matter(scenes: Scenes) -> None:
    figures, scene = Figures(), scenes("increment", **SCENES["increment"])
    with scene.trial() as trial:
        of_newer_dlt(trial)
        recover(trial, figures, "newer dlt")
    assert figures.details == []


def test_package_that_lost_a_file_is_not_loaded_as_if_it_were_whole(scenes: Scenes, tracing: None) -> None:
    """dlt itself would load what is left, and store a position that says that all was loaded."""
    figures, scene = Figures(), scenes("increment", **SCENES["increment"])
    with scene.trial() as trial:
        assert trial.run(Strike("rename", 40)).was_struck
        jobs = [
            path
            for path in trial.pipeline_folder.rglob("*/new_jobs/*")
            if path.name.startswith(("prospects.", "visitor_activities."))
        ]
        assert jobs
        for path in jobs:
            path.unlink()
        outcome = recover(trial, figures, "lost file")
    assert outcome is not None
    assert "dropped 1 unfinished load package" in json.loads(outcome.out)["healed"][0]
    assert figures.details == []


def test_trace_that_cannot_be_unpickled_does_not_matter(scenes: Scenes) -> None:
    figures, scene = Figures(), scenes("increment", **SCENES["increment"])
    with scene.trial() as trial:
        (trial.pipeline_folder / "trace.pickle").write_bytes(b"\x80\x05cos\nnowhere\n.")
        recover(trial, figures, "trace")
    assert figures.details == []


def test_scrambled_ledger_costs_calls_and_no_rows(scenes: Scenes) -> None:
    figures, scene = Figures(), scenes("increment", **SCENES["increment"])
    with scene.trial() as trial:
        ledger = trial.own_folder / "ledger.sqlite"
        with closing(sqlite3.connect(ledger)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        scramble(ledger, random.Random(1))  # noqa: S311 noise, not secrets
        recover(trial, figures, "ledger", judge_calls=False)
    assert figures.details == []
