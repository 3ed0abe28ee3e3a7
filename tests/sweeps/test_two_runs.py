"""Start the job twice: one does the work, the other ends with 75 and touches nothing."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from sweeps.figures import Figures, publish, recover
from sweeps.scenes import BETWEEN_RUNS, Scene
from sweeps.test_kills import SCENES, Scenes

OFFSETS = 8
PART_OF_A_RUN = 0.7
"""Over which the offsets are spread: no run takes as long as the one before, and one that has ended meets nobody."""


def listing(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Return every file with its times and its content."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime_ns,
            path.stat().st_ino,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def meet(scene: Scene, seconds: float | None, figures: Figures) -> list[int]:
    """Stop a run some seconds after its first call, let a second one come and go, continue the first.

    Args:
        seconds: None stops the first one as soon as it is a process.

    Returns:
        both exit codes.
    """
    name = "second run at once" if seconds is None else f"second run {seconds:.2f} s after the first call"
    with scene.trial() as trial:
        first = trial.start() if seconds is None else trial.start_and_see_it_work()
        try:
            first.wait(seconds or 0)
        except subprocess.TimeoutExpired:
            first.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, first.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        before = listing(trial.folder)
        second = trial.start()
        _, second_err = second.communicate(timeout=120)
        if second.returncode == 75 and listing(trial.folder) != before:
            figures.note("untidy", name, "the run that was turned away has touched something")
        trial.clock.advance(BETWEEN_RUNS)  # the first may have waited before it began
        first.send_signal(signal.SIGCONT)
        _, first_err = first.communicate(timeout=120)
        codes = [first.returncode, second.returncode]
        figures.trials += 1
        figures.hit += 75 in codes
        if 75 in codes and trial.emulator.logins != 1:
            figures.note("untidy", name, "the run that was turned away has made calls")
        if codes not in ([0, 75], [75, 0], [0, 0]):
            figures.note("untidy", name, f"{codes}: {first_err[-300:]} {second_err[-300:]}")
        recover(trial, figures, name)
    return codes


def seconds_at_work(scene: Scene) -> float:
    """Return how long a run takes from its first call to its end."""
    with scene.trial() as trial:
        process = trial.start_and_see_it_work()
        began = time.monotonic()
        process.communicate(timeout=120)
        assert process.returncode == 0
        return time.monotonic() - began


@pytest.mark.sweep
@pytest.mark.parametrize("name", ["first load", "increment"])
def test_two_runs_at_every_offset(name: str, scenes: Scenes) -> None:
    figures, scene = Figures(), scenes(name, **SCENES[name])
    length = PART_OF_A_RUN * min(seconds_at_work(scene) for _ in range(3))
    for seconds in (None, *(length * step / OFFSETS for step in range(OFFSETS))):
        meet(scene, seconds, figures)
    publish(f"{name}, two runs", figures)
    figures.assert_clean()


def test_second_run_touches_nothing_while_the_first_is_at_work(scenes: Scenes) -> None:
    """The first is stopped as soon as it has made a call, so it holds the lock."""
    figures, scene = Figures(), scenes("first load")
    with scene.trial() as trial:
        first = trial.start_and_see_it_work()
        first.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, first.pid, os.WSTOPPED | os.WNOWAIT)
        before = listing(trial.folder)
        second = trial.start()
        out, err = second.communicate(timeout=120)
        assert (second.returncode, out) == (75, "")
        assert f"process {first.pid}" in err
        assert listing(trial.folder) == before
        assert trial.emulator.logins == 1, "every run that makes calls logs in"
        first.send_signal(signal.SIGCONT)
        out, _ = first.communicate(timeout=120)
        assert first.returncode == 0
        assert json.loads(out)["healed"] == []
        assert trial.differences() == {}
    assert figures.details == []
