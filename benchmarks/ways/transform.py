"""The reporting tables, built in a working database as the last run left it."""

import json
import resource
import sys
import time

import duckdb

from pardot_transforms import build, runner

# What a build says of the seconds of its models is then CPU time, of all threads.
setattr(runner, "perf_counter", time.process_time)  # noqa: B010 - it is no public name
order = json.loads(sys.argv[1])


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


with duckdb.connect(order["database"]) as db:
    before, started = cpu_seconds(), time.monotonic()
    result = build(db)
    db.execute("CHECKPOINT")
    report = {
        "cpu_seconds": cpu_seconds() - before,
        "wall_seconds": time.monotonic() - started,
        "skipped": result.skipped,
        "models": {model.name: model.seconds for model in result.models},
        "tables": {model.name: (model.rows, model.remade) for model in result.models if model.kind == "table"},
    }
print(json.dumps(report))
