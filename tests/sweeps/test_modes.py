"""Who may read what a run leaves, and what happens where the job itself may not write."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

import pytest
from sweeps.jobs import Strike
from sweeps.scenes import RUN_WITH_REPORTS, Trial
from sweeps.test_disk import complain
from sweeps.test_kills import Scenes

OPEN_TO_READERS: Final = ("published.duckdb", "lake", "marts")
"""What is published is meant for others."""


def modes(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode)
        for path in folder.rglob("*")
        if not path.is_symlink()
    }


def test_only_what_is_published_can_be_read_by_others(scenes: Scenes) -> None:
    """The caller's umask lets everybody read; the job's own does not."""
    scene = scenes("first load with reports", arguments=RUN_WITH_REPORTS)
    with scene.trial() as trial:
        assert trial.run().code == 0
        found = modes(trial.folder)
    published = {name: mode for name, mode in found.items() if name.split("/")[0] in OPEN_TO_READERS}
    private = {name: mode for name, mode in found.items() if name not in published}
    assert {name: oct(mode) for name, mode in private.items() if mode & 0o077} == {}
    assert any("ledger" in name for name in private)
    assert any("state.json" in name for name in private)
    assert {name: oct(mode) for name, mode in published.items() if mode not in (0o444, 0o755)} == {}
    assert {name.split("/")[0] for name in published} == set(OPEN_TO_READERS)


def test_killed_run_leaves_nothing_that_others_can_read(scenes: Scenes, tracing: None) -> None:
    scene = scenes("first load")
    with scene.trial() as trial:
        assert trial.run(Strike("rename", 40)).was_struck
        found = modes(trial.folder)
    assert {name: oct(mode) for name, mode in found.items() if mode & 0o077} == {}


def refused(trial: Trial, call: str, path: Path) -> None:
    """Let a run find that it may not write somewhere, and see that it says so before it asks Pardot anything."""
    outcome = trial.run(Strike(call, 1, "error=EACCES", paths=(path,), lasts=True))
    assert outcome.was_struck
    assert outcome.code == 1, outcome
    assert complain(outcome) == ""
    assert "Permission denied" in outcome.err or "unable to open" in outcome.err  # SQLite's words
    assert outcome.err.count("Error: Could not") == 1
    assert trial.emulator.calls == ()


@pytest.mark.parametrize("name", ["pardot.lock", "ledger", "pipelines", "working folder"])
def test_working_folder_of_somebody_else_is_an_error_before_any_call(name: str, scenes: Scenes, tracing: None) -> None:
    scene = scenes("increment", days=1)
    with scene.trial() as trial:
        call, path = {
            "pardot.lock": ("openat", trial.folder / "dlt" / "pardot" / "pardot.lock"),
            "ledger": ("openat", trial.own_folder / "ledger.sqlite"),
            "pipelines": ("rename", trial.pipeline_folder),
            "working folder": ("openat", trial.folder / ".working.duckdb.lock"),
        }[name]
        refused(trial, call, path)
        assert trial.run().code == 0
        assert trial.differences() == {}
