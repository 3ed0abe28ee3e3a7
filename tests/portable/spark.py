"""The exported models in Spark, over Parquet files; in a process and an environment of Spark's own."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from portable.cells import Table
from portable.exported import Step, data_tests, raw_tables, types

from pardot_transforms.quoting import literal

PYTHON = os.environ.get("PARDOT_SPARK_PYTHON", "")
"""An interpreter with pyspark; `make portable` sets up one."""
LEFT_OUT = "LEFT OUT: Spark; `make portable` installs and runs it, with Java 17 or newer"
ZONE = "America/New_York"
"""The zone of the session: none that decides anything should be UTC."""


@dataclass(frozen=True)
class Made:
    """What Spark has made, and how many data tests some row breaks."""

    version: str
    tables: Mapping[str, Table]
    tests: int
    broken: Sequence[str]


def build(ours: duckdb.DuckDBPyConnection, steps: Sequence[Step], folder: Path, *, tests: bool = True) -> Made:
    """Write the tables that the models read as Parquet, make every relation over them, and return them all."""
    folder.mkdir(parents=True)
    raw = []
    for one in raw_tables():
        path = folder / f"{one.schema}.{one.name}"
        path.mkdir()
        ours.execute(f"COPY ({one.rows(ours)}) TO {literal(str(path / 'rows.parquet'))} (FORMAT parquet)")
        columns = ", ".join(f"`{name}` {kind}" for name, kind in types("spark", one.columns).items())
        raw.append((f"{one.schema}.{one.name}", columns, str(path)))
    order = {
        "zone": ZONE,
        "schemas": sorted({place.partition(".")[0] for place, *_ in raw} | {step.schema for step in steps}),
        "raw": raw,
        "steps": [(step.place, step.statement) for step in steps],
        "tests": list(data_tests("spark")) if tests else [],
    }
    (folder / "order.json").write_text(json.dumps(order), encoding="utf-8")
    result = folder / "result.pickle"
    subprocess.run(
        [PYTHON, str(Path(__file__).with_name("on_spark.py")), str(folder / "order.json"), str(result)],
        check=True,
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SPARK"))},
    )
    found = pickle.loads(result.read_bytes())  # noqa: S301 - our own process wrote it
    tables = {place: Table(*table) for place, table in found["tables"].items()}
    broken = [label for label, failing in found["tests"].items() if failing]
    return Made(found["version"], tables, len(found["tests"]), broken)
