"""The emulator alone: ``python -m pardot_emulator --activities 5000``."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from pardot_emulator.clock import SystemClock
from pardot_emulator.company import build_company
from pardot_emulator.emulator import Emulator
from pardot_emulator.exports import Seconds
from pardot_emulator.store import Store


def main(arguments: Sequence[str] | None = None) -> int:
    """Build an account, serve it, and print how to reach it, until interrupted or terminated."""
    parser = argparse.ArgumentParser(prog="python -m pardot_emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--activities", type=int, default=5_000, help="size of the invented account")
    parser.add_argument("--seed", type=int, default=7, help="the same seed makes the same account")
    parser.add_argument("--store", default=":memory:", help="SQLite file of the account; one with rows is reused")
    parser.add_argument("--processing-seconds", type=float, default=2.0, help="how long an export takes (default 2)")
    options = parser.parse_args(arguments)

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    clock = SystemClock()
    processing = Seconds(waiting=0, processing=options.processing_seconds)
    with Store(options.store) as store:
        if not store.count("visitor-activities"):
            build_company(store, activities=options.activities, seed=options.seed, end_at=clock.now())
        with Emulator(store, clock=clock, port=options.port, processing=processing) as emulator:
            print(emulator.url)
            for name, value in emulator.environment().items():
                print(f"export {name}='{value}'")
            sys.stdout.flush()
            stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
