"""End the job by signals at any moment: soon, quietly, and so that the next run goes on."""

from __future__ import annotations

import random
import signal
import time

import pytest
from sweeps.figures import Figures, publish, recover
from sweeps.scenes import Scene
from sweeps.test_kills import SCENES, Scenes, usual_seconds

MOMENTS = 20
SOON_SECONDS = 10.0
"""A loaded machine included; by itself a run ends within a second or two."""
SOONEST_SECONDS = 0.25
"""Before, a process may not have had the time to say what a signal is to do, and ends as every process does."""
ENDS = (0, 130)


def end(scene: Scene, number: int, seconds: float, figures: Figures) -> float:
    """Send a signal to a run after some seconds and return how long it took to end."""
    name = f"{scene.name}, {signal.Signals(number).name} after {seconds:.2f} s"
    with scene.trial() as trial:
        started = time.monotonic()
        outcome = trial.run(signals=[(seconds, number)])
        took = time.monotonic() - started - seconds
        figures.trials += 1
        figures.hit += outcome.code == 130
        if outcome.code not in ENDS or "Traceback" in outcome.err or "Exception" in outcome.err:
            figures.note("untidy", name, f"exit {outcome.code}: {outcome.err[-500:]}")
        if outcome.code and took > SOON_SECONDS:
            figures.note("untidy", name, f"it took {took:.1f} s to end")
        recover(trial, figures, name)
    return took


@pytest.mark.sweep
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda one: one.name)
@pytest.mark.parametrize("name", ["first load", "increment"])
def test_signal_at_random_moments(name: str, number: signal.Signals, scenes: Scenes) -> None:
    scene, figures = scenes(name, **SCENES[name]), Figures()
    chance, usual = random.Random(number), usual_seconds(scene)  # noqa: S311 moments, not secrets
    slowest = max(end(scene, number, chance.uniform(SOONEST_SECONDS, usual), figures) for _ in range(MOMENTS))
    publish(f"{name}, {number.name}", figures)
    assert slowest < SOON_SECONDS
    figures.assert_clean()


def test_terminal_that_hangs_up_ends_the_run_in_order(scenes: Scenes) -> None:
    figures = Figures()
    with scenes("first load").trial() as trial:
        process = trial.start_and_see_it_work()
        process.send_signal(signal.SIGHUP)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (130, "")
        assert "Interrupted. What was finished is kept" in err
        assert "Traceback" not in err
        recover(trial, figures, "SIGHUP")
    assert figures.details == []


def test_nohup_protects_from_the_hang_up(scenes: Scenes) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with scenes("first load").trial() as trial:
            process = trial.start_and_see_it_work()
            process.send_signal(signal.SIGHUP)
            _, err = process.communicate(timeout=60)
            assert process.returncode == 0, err
            assert trial.differences() == {}
    finally:
        signal.signal(signal.SIGHUP, before)


def test_reader_that_goes_away_does_not_end_the_run(scenes: Scenes) -> None:
    with scenes("first load").trial() as trial:
        process = trial.start_and_see_it_work()
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stderr.close()
        assert process.wait(60) == 0
        assert trial.differences() == {}
