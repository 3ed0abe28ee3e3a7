"""Kill the job at every durable step, run it again: nothing lost, nothing twice, nothing stuck."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from typing import Any, Final

import pytest
from sampling import sampled
from sweeps.figures import Figures, publish, recover
from sweeps.jobs import DURABLE_CALLS, Strike
from sweeps.scenes import BACKFILL, LATELY, RUN_WITH_REPORTS, Scene, Trial

from pardot.exports.ledger import Ledger

pytestmark = pytest.mark.usefixtures("tracing")

Scenes = Callable[..., Scene]
SCENES: Final[dict[str, dict[str, Any]]] = {
    "first load": {},
    "increment": {"days": 1},
    "backfill": {"since": LATELY, "arguments": BACKFILL},
    "increment with reports and Parquet": {"days": 1, "arguments": RUN_WITH_REPORTS},
}
LEDGER = "fdatasync of the ledger"
"""The thread that extracts makes them; an ordinary count would end with the calls that the main thread made before."""
RANDOM_KILLS = 100
EVERY_RUN: Final = (
    ("first load", "fdatasync", 2),  # the ledger is being made
    ("first load", "fsync", 1),  # a result file is written and not yet renamed
    ("first load", "rename", 2),
    ("first load", "rename", 24),
    ("first load", "unlink", 6),
    ("increment", "rename", 1),  # dlt's working folder steps aside
    ("increment", "unlinkat", 2),  # and is being removed
    ("increment", "rename", 30),
    ("increment", "rename", 50),
    ("increment", "fdatasync", 20),
    ("increment", "fdatasync", 40),
    ("increment", LEDGER, 5),
    ("backfill", "rename", 20),
)
"""The points that every change is tried at; the sweep tries all."""


def kill(scene: Scene, call: str, number: int, figures: Figures) -> bool:
    """Kill one run on entering its N-th call of a kind, run again, judge; False when it got through unharmed."""
    with scene.trial() as trial:
        strike = Strike(call, number)
        if call == LEDGER:
            ledger = trial.own_folder / "ledger.sqlite"
            Ledger(ledger).close()  # its making is no part of this count
            strike = Strike("fdatasync", number, paths=(ledger, ledger.with_name("ledger.sqlite-wal")))
        outcome = trial.run(strike)
        name = f"{scene.name}, {call} {number}"
        if not outcome.was_struck:
            assert outcome.code == 0, outcome
            return False
        figures.trials += 1
        figures.hit += 1
        recover(trial, figures, name, judge_calls=not was_published(trial))
    return True


def was_published(trial: Trial) -> bool:
    """Whether a backfill was struck after its end: asked for once more, it is read once more."""
    is_backfill = trial.arguments == BACKFILL
    return is_backfill and trial.published_now() and not (trial.own_folder / "backfill.json").exists()


def kill_after(scene: Scene, seconds: float, figures: Figures) -> None:
    with scene.trial() as trial:
        outcome = trial.run(signals=[(seconds, signal.SIGKILL)])
        figures.trials += 1
        figures.hit += outcome.code == -signal.SIGKILL
        name = f"{scene.name}, after {seconds:.3f} s"
        recover(trial, figures, name, judge_calls=not was_published(trial))


def usual_seconds(scene: Scene) -> float:
    with scene.trial() as trial:
        started = time.monotonic()
        assert trial.run().code == 0
        return time.monotonic() - started


@pytest.mark.parametrize("point", sampled(EVERY_RUN, 4, lambda point: "-".join(map(str, point)).replace(" ", "-")))
def test_kill_at_some_durable_calls(point: tuple[str, str, int], scenes: Scenes) -> None:
    (name, call, number), figures = point, Figures()
    assert kill(scenes(name, **SCENES[name]), call, number, figures), "there is no such call any more"
    figures.assert_clean()


@pytest.mark.parametrize("name", ["first load", "increment"])
def test_kill_at_a_random_moment(name: str, scenes: Scenes) -> None:
    scene, figures = scenes(name, **SCENES[name]), Figures()
    kill_after(scene, random.uniform(0, usual_seconds(scene)), figures)  # noqa: S311 a moment, not a secret
    assert figures.details == []


@pytest.mark.sweep
@pytest.mark.parametrize("call", [*DURABLE_CALLS, LEDGER])
@pytest.mark.parametrize("name", SCENES)
def test_kill_at_every_durable_call(name: str, call: str, scenes: Scenes) -> None:
    figures, number = Figures(), 1
    scene = scenes(name, **SCENES[name])
    while kill(scene, call, number, figures):
        number += 1
    publish(f"{name}, {call}", figures)
    assert figures.details == []


@pytest.mark.sweep
@pytest.mark.parametrize("name", SCENES)
def test_kill_at_random_moments(name: str, scenes: Scenes) -> None:
    figures, chance = Figures(), random.Random(20_261_120)  # noqa: S311 moments, not secrets
    scene = scenes(name, **SCENES[name])
    usual = usual_seconds(scene)
    for _ in range(RANDOM_KILLS):
        kill_after(scene, chance.uniform(0, usual), figures)
    publish(f"{name}, random moments", figures)
    figures.assert_clean()
