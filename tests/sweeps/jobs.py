"""The job as a process that is killed, or whose system calls fail, at a moment of our choosing.

`strace` counts the calls of every thread for itself and strikes at the N-th of one kind. Its faster `--seccomp-bpf`
is of no use here: with it, version 6.1 never delivers the signal.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from command_line import environment

PATIENCE_SECONDS = 120.0
"""After so long a run is stuck."""
DURABLE_CALLS = ("rename", "renameat", "renameat2", "unlink", "unlinkat", "fsync", "fdatasync")
"""The calls between which the files on disk are in different states."""


@dataclass(frozen=True)
class Strike:
    """What happens to the N-th call of a kind: SIGKILL on entering it, or an error instead of it.

    Attributes:
        effect: `signal=SIGKILL`, `error=ENOSPC`, `error=EIO`.
        paths: count only calls on these files; all calls when empty.
        lasts: whether every later call fails as well, as on a disk that stays full.
    """

    call: str
    number: int
    effect: str = "signal=SIGKILL"
    paths: tuple[Path, ...] = ()
    lasts: bool = False

    def command(self, process: int, log: Path) -> list[str]:
        """Return the tracer's command line; its log has a line per call that it struck."""
        when = f"{self.number}+" if self.lasts else str(self.number)
        only = [part for path in self.paths for part in ("-P", str(path))]
        inject = f"inject={self.call}:{self.effect}:when={when}"
        return [
            *("strace", "-f", "-o", str(log), *only, "-e", f"trace={self.call}", "-e", "signal=none"),
            *("-e", inject, "-p", str(process)),
        ]


@dataclass(frozen=True)
class Outcome:
    """How a process ended."""

    code: int
    """Exit code, or the negated number of the signal that ended it."""
    out: str
    err: str
    was_struck: bool = False
    is_stuck: bool = False
    """Whether it had to be ended because it did not come to an end."""


class Nursery:
    """Starts jobs; a context manager. One job at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Nursery:
        program = Path(__file__).with_name("nursery.py")
        # Not from this folder: a program's folder would come first among its imports.
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"import runpy; runpy.run_path({str(program)!r}, run_name='__main__')"],
            env=environment({"RUNTIME__DLTHUB_TELEMETRY": "false"}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._line() == "ready"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def run(
        self,
        arguments: Sequence[str],
        folder: Path,
        variables: Mapping[str, str],
        strike: Strike | None = None,
        signals: Sequence[tuple[float, int]] = (),
    ) -> Outcome:
        """Run `pardot-etl` with these arguments in a folder, struck or in peace, and wait for its end.

        Args:
            signals: seconds from the start, and the signal that is sent then.
        """
        out, err, gate, log = (self._folder / name for name in ("out", "err", "gate", "log"))
        gate.unlink(missing_ok=True)
        if strike:
            os.mkfifo(gate)
        asked = {
            "arguments": list(arguments),
            "folder": str(folder),
            "environment": environment(variables),
            "out": str(out),
            "err": str(err),
            "gate": str(gate) if strike else "",
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        number = int(self._line())
        with ExitStack() as around:
            is_stuck = around.enter_context(_no_longer_than(PATIENCE_SECONDS, number))
            for seconds, each in signals:
                around.enter_context(_after(seconds, lambda each=each: os.kill(number, each)))  # type: ignore[misc]
            if strike:
                around.enter_context(_traced(strike, number, log))
                gate.write_bytes(b"")
            code = int(self._line())
        was_struck = strike is not None and ("INJECTED" in log.read_text() or code == -signal.SIGKILL)
        said, complained = (path.read_text(encoding="utf-8", errors="replace") for path in (out, err))
        return Outcome(code, said, complained, was_struck and not is_stuck.is_set(), is_stuck.is_set())

    @property
    def log(self) -> Path:
        """What the tracer of the last struck run wrote."""
        return self._folder / "log"

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, "the nursery has died"
        return line


@contextmanager
def _traced(strike: Strike, process: int, log: Path) -> Iterator[None]:
    """Trace a process that waits at its gate, until it has ended."""
    log.write_text("")
    with subprocess.Popen(strike.command(process, log), stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        line = tracer.stderr.readline()
        assert "attached" in line, line
        rest = threading.Thread(target=tracer.stderr.read, daemon=True)  # it names every thread that begins
        rest.start()
        yield
        rest.join()


@contextmanager
def _no_longer_than(seconds: float, process: int) -> Iterator[threading.Event]:
    """End a process that is stuck, so that the sweep goes on and counts it."""
    is_stuck = threading.Event()

    def end() -> None:
        is_stuck.set()
        os.kill(process, signal.SIGKILL)

    with _after(seconds, end):
        yield is_stuck


@contextmanager
def _after(seconds: float, act: Callable[[], object]) -> Iterator[None]:
    """Do something after a while, unless the block has ended."""
    timer = threading.Timer(seconds, act)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def can_trace() -> bool:
    """Whether system calls can be watched here: the tool is there and tracing is allowed."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0
