"""Read what is published in a loop, while it is published again and again: every answer is one snapshot, in order."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import pytest
from command_line import environment
from sweeps.reader import WAYS
from sweeps.scenes import RUN, TABLES, Scene, Trial
from sweeps.test_kills import Scenes

from pardot_emulator.days import play_day

RUNS = 20
ANSWERS_PER_RUN = 3
"""At least so many answers come between two publications, so that readers and writers do meet."""


class Reader:
    """A process that reads in a loop, and its answers so far."""

    def __init__(self, way: str, path: Path) -> None:
        program = Path(__file__).with_name("reader.py")
        self.process = subprocess.Popen(
            [sys.executable, str(program), way, str(path), *TABLES],
            env=environment({}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.answers: list[str] = []
        self._more = threading.Condition()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._more:
                self.answers.append(line.strip())
                self._more.notify_all()

    def wait_for(self, more: int) -> None:
        """Wait until so many more answers have come."""
        with self._more:
            wanted = len(self.answers) + more
            assert self._more.wait_for(lambda: len(self.answers) >= wanted, timeout=60), self.process.poll()

    def stop(self) -> str:
        """End the loop and return what it complained about."""
        assert self.process.stdin is not None
        assert self.process.stderr is not None
        self.process.stdin.close()
        self.process.wait(60)
        self.join()
        return self.process.stderr.read()

    def join(self) -> None:
        """Wait until nothing more is said."""
        self._thread.join()


@contextmanager
def reading(way: str, path: Path) -> Iterator[Reader]:
    reader = Reader(way, path)
    with reader.process:  # closes its pipes
        try:
            yield reader
        finally:
            reader.process.kill()
            reader.join()


def publish_while_read(scene: Scene, trial: Trial, way: str, path: Path, runs: int) -> int:
    """Publish changing data under the eyes of a reader; return the number of its answers."""
    snapshots = [WAYS[way](path, TABLES)]
    with reading(way, path) as reader:
        for day in range(1, runs + 1):
            reader.wait_for(ANSWERS_PER_RUN)
            play_day(scene.store, seed=day, at=trial.clock.advance(timedelta(days=1)), purge=False)
            outcome = trial.run()
            assert outcome.code == 0, outcome.err
            assert trial.differences() == {}
            snapshots.append(WAYS[way](path, TABLES))
        reader.wait_for(ANSWERS_PER_RUN)
        assert reader.stop() == ""
    assert len(set(snapshots)) == runs + 1, "every run has changed something"
    seen = [answer for answer, _ in groupby(reader.answers)]
    assert [answer for answer in seen if answer not in snapshots] == [], "a mixture of snapshots"
    order = [snapshots.index(answer) for answer in seen]
    assert order == sorted(order), "a reader went back"
    assert order[0] == 0
    assert order[-1] == runs
    return len(reader.answers)


@pytest.mark.sweep
@pytest.mark.parametrize("way", WAYS)
def test_reader_in_a_loop_sees_whole_snapshots_in_order(way: str, scenes: Scenes) -> None:
    arguments = (*RUN, "--destination", "filesystem") if way == "folder" else RUN
    scene = scenes(f"readers of the {way}", days=1, arguments=arguments)
    with scene.trial() as trial:
        path = trial.folder / "lake" / "pardot" if way == "folder" else trial.published
        answers = publish_while_read(scene, trial, way, path, RUNS)
    print(f"\nreaders of the {way}: {answers} answers during {RUNS} runs, all whole and in order", file=sys.__stderr__)
