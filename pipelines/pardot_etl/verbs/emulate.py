"""`pardot-etl emulator`: the local API alone, for rehearsals with one's own settings and commands."""

from __future__ import annotations

from pardot.errors import StorageError


def emulate(*, port: int, activities: int, seed: int) -> int:
    """Serve an invented account and print how to reach it, until interrupted; return the exit code.

    Raises:
        StorageError: the port is taken.
    """
    from pardot_emulator.__main__ import main

    try:
        return main(["--port", str(port), "--activities", str(activities), "--seed", str(seed)])
    except OSError as problem:
        raise StorageError(
            f"start the emulator on port {port}",
            reason=problem.strerror or str(problem),
            next_step="Nothing was started; leave `--port` out to take a free one",
        ) from problem
