"""Make relations on Spark and write down what is in them. Runs in Spark's own environment, which has nothing of ours.

python on_spark.py ORDER RESULT   both files of JSON and pickle: what to read, to make and to fetch; what came of it
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import time
from datetime import timezone
from pathlib import Path
from typing import Any

QUIET = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "1",
    # The rows are few and the queries many, so planning and compiling them is what takes the time.
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.autoBroadcastJoinThreshold": "10485760",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}


def main(order: Path, result: Path) -> None:
    """Carry out an order and leave its result."""
    # What Spark hands to Python comes in the zone of the process, whatever the session says.
    os.environ["TZ"] = "UTC"
    time.tzset()
    wanted = json.loads(order.read_text(encoding="utf-8"))
    spark = _session(result.parent, wanted["zone"])
    for schema in wanted["schemas"]:
        spark.sql(f"CREATE DATABASE {schema}")
    for place, columns, path in wanted["raw"]:
        spark.sql(f"CREATE TABLE {place} ({columns}) USING parquet LOCATION '{path}'")
    found: dict[str, Any] = {"version": spark.version, "tables": {}, "tests": {}}
    for place, statement in wanted["steps"]:
        spark.sql(statement)
        if statement.startswith("CREATE view"):
            _keep(spark, place)
        found["tables"][place] = _fetched(spark.table(place))
    for label, query in wanted["tests"]:
        found["tests"][label] = len(spark.sql(query).take(1))
    spark.stop()
    result.write_bytes(pickle.dumps(found))


def _session(folder: Path, zone: str) -> Any:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").config("spark.sql.session.timeZone", zone)
    for name, value in QUIET.items():
        builder = builder.config(name, value)
    spark = builder.config("spark.sql.warehouse.dir", str(folder / "warehouse")).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def _keep(spark: Any, view: str) -> None:
    """Put what a view has in its place: read again for each relation above it, most of the time goes into its text."""
    spark.sql(f"CREATE TABLE {view}_kept AS SELECT * FROM {view}")
    spark.sql(f"DROP VIEW {view}")
    spark.sql(f"ALTER TABLE {view}_kept RENAME TO {view}")


def _fetched(frame: Any) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Return the columns and rows; instants in UTC, clock times without a zone."""
    instants = [field.dataType.typeName() == "timestamp" for field in frame.schema.fields]
    rows = [
        tuple(
            cell.replace(tzinfo=timezone.utc) if is_instant and cell is not None else cell
            for cell, is_instant in zip(row, instants, strict=True)
        )
        for row in frame.collect()
    ]
    return tuple(frame.columns), rows


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
