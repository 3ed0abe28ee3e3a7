"""The command as a process: a signal that comes before the command line is there ends it, as nothing has begun."""

from __future__ import annotations

import signal
import sys

from .signals import ENDING, end_at_once


def main() -> int:
    """Run the command line with the arguments of this process and return its exit code."""
    for number in ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda *_: end_at_once())
    from .cli import main as command_line

    return command_line()


if __name__ == "__main__":
    sys.exit(main())
