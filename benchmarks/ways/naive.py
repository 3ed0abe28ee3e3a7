"""The naive way: rows of `csv.DictReader` handed to dlt as it comes, apart from Parquet as its file format."""

import csv
import json
import resource
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import dlt

started = time.monotonic()
before = resource.getrusage(resource.RUSAGE_SELF)
order = json.loads(sys.argv[1])
folder = Path(order["folder"])


def read(files: list[str]) -> Iterator[dict[str, str]]:
    for path in files:
        with Path(path).open(newline="", encoding="utf-8") as file:
            yield from csv.DictReader(file)


pipeline = dlt.pipeline(
    "naive",
    destination=dlt.destinations.duckdb(str(folder / "naive.duckdb")),
    dataset_name="pardot",
    pipelines_dir=str(folder / "pipelines"),
)
rows = islice(read(order["files"]), order["rows"])
pipeline.run(rows, table_name="activities", loader_file_format="parquet")
with pipeline.sql_client() as client:
    loaded = (client.execute_sql("SELECT count(*) FROM activities") or [[0]])[0][0]
start_cpu_seconds = before.ru_utime + before.ru_stime
print(json.dumps({"rows": loaded, "start_cpu_seconds": start_cpu_seconds, "wall_seconds": time.monotonic() - started}))
