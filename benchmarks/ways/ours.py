"""Our way: the whole of `pardot-etl run` but the command line, from login to the published snapshot."""

import json
import logging
import resource
import sys
from collections import Counter
from pathlib import Path

from pardot.events import LOGGER, Event
from pardot.settings import load_settings
from pardot_etl.configuration import Places
from pardot_etl.runs.run import RunOptions, run

order = json.loads(sys.argv[1])
folder = Path(order["folder"])
CALLS = ("export.created", "export.polled", "export.file_fetched", "query.page")
calls: Counter[str] = Counter()
operations: Counter[str] = Counter()
waited_seconds = 0.0
cpu: dict[str, float] = {}


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def watch(event: Event) -> None:
    global waited_seconds
    if event.name in CALLS:
        calls[str(event.fields["object"])] += 1
    if event.name == "export.completed":
        waited_seconds += float(event.fields["waited_seconds"] or 0)
    if event.name in ("stage.started", "stage.finished"):
        sign = -1 if event.name == "stage.started" else 1
        stage = str(event.fields["stage"])
        cpu[stage] = cpu.get(stage, 0.0) + sign * cpu_seconds()


class Requests(logging.Handler):
    """Counts what the client logs of every request."""

    def emit(self, record: logging.LogRecord) -> None:
        event = record.args[0] if isinstance(record.args, tuple) and record.args else None
        if isinstance(event, Event) and event.name == "request.done":
            operations[str(event.fields["operation"])] += 1


LOGGER.setLevel(logging.DEBUG)
LOGGER.propagate = False
LOGGER.addHandler(Requests())
places = Places(
    working_database=folder / "working.duckdb",
    published_database=folder / "published.duckdb",
    published_parquet=None,
    lake=str(folder / "lake"),
    data_folder=folder / "dlt",
)
cpu["start"] = cpu_seconds()
objects = tuple(order["objects"]) if order["objects"] else None
summary = run(
    load_settings(**order["settings"]),
    places,
    RunOptions(objects=objects, destination=order["destination"], transform=False),
    watch,
)
cpu["between stages"] = cpu_seconds() - sum(cpu.values())
report = {
    "seconds": dict(summary.seconds),
    "cpu": cpu,
    "api_calls": summary.api_calls,
    "calls": calls,
    "operations": operations,
    "waited_seconds": waited_seconds,
    "objects": summary.to_json()["objects"],
}
print(json.dumps(report))
