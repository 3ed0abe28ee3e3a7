"""A program that starts `pardot-etl` without its second of imports: it has them already and forks.

Every line on stdin asks for one run, as JSON; two lines on stdout answer it: the number of the new process, and how it
ended. The new process waits until somebody opens its gate, a FIFO, so that a tracer can attach to it first.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dlt.destinations.impl.duckdb.duck
import dlt.pipeline.configuration
import dlt.sources  # noqa: F401
import duckdb  # noqa: F401
import pyarrow.parquet  # noqa: F401

import pardot.session
import pardot.source  # noqa: F401
import pardot_etl.cli
import pardot_etl.files.publish
import pardot_etl.logs
import pardot_etl.runs.healing
import pardot_etl.runs.run
import pardot_transforms.runner  # noqa: F401


def main() -> int:
    threads = {path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")}
    # The allocator's own thread (pyarrow's jemalloc) is prepared for forks; any other would be missed.
    assert threads <= {Path("/proc/self/comm").read_text().strip(), "jemalloc_bg_thd"}, threads
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        number = os.fork()
        if number == 0:
            return _become(asked)
        print(number, flush=True)
        _, status = os.waitpid(number, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    return 0


def _become(asked: Mapping[str, Any]) -> int:
    """Be the process that a shell would have started."""
    for stream, path in enumerate(("/dev/null", asked["out"], asked["err"])):
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, stream)
        os.close(file)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.umask(0o022)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["pardot-etl", *asked["arguments"]]
    if asked["gate"]:
        Path(asked["gate"]).read_bytes()
    return pardot_etl.cli.main()


if __name__ == "__main__":
    sys.exit(main())  # in the nursery and in every process that it started
