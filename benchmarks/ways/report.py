"""The report page, drawn from the reporting tables of a database."""

import json
import resource
import sys
import time
from pathlib import Path

from pardot_etl.report import write_report

order = json.loads(sys.argv[1])
database = Path(order["database"])


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


before, started = cpu_seconds(), time.monotonic()
result = write_report(database, database.with_name("report.html"))
report = {
    "cpu_seconds": cpu_seconds() - before,
    "wall_seconds": time.monotonic() - started,
    "bytes": result.bytes,
    "charts": result.charts,
}
print(json.dumps(report))
