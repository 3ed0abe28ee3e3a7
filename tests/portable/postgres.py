"""The exported models in a PostgreSQL server of our own, on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from portable.cells import Table
from portable.exported import Step, data_tests, fetched, raw_tables, types

from pardot_transforms.quoting import identifier, literal

SERVER = max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=None)
LEFT_OUT = "LEFT OUT: no PostgreSQL server (Debian: apt install postgresql)"

AWKWARD = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")
"""A database that sorts texts as people do and not by their bytes; sessions are of yet another zone, below."""
ZONE = "America/New_York"


@contextmanager
def server() -> Iterator[str]:
    """Start a server in a temporary folder and yield its address; it is stopped and removed afterwards."""
    assert SERVER is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="pardot-postgres-"))
    user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    if os.getuid() == 0:
        shutil.chown(folder, user)
    data, log = folder / "data", folder / "log"
    _as(user, SERVER, "-D", str(data), "-A", "trust", "-U", "tester", "--no-sync", *AWKWARD)
    control = SERVER.with_name("pg_ctl")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c timezone={ZONE} -c jit=off"
    _as(user, control, "-D", str(data), "-l", str(log), "-o", options, "-w", "start")
    try:
        yield f"postgresql://tester:unused@127.0.0.1:{port}/postgres"
    finally:
        _as(user, control, "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _as(user: str, program: Path, *arguments: str) -> None:
    """Run a program as a user: PostgreSQL refuses to run as root."""
    prefix = ["runuser", "-u", user, "--"] if os.getuid() == 0 else []
    subprocess.run([*prefix, str(program), *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/")


def copy_raw(ours: duckdb.DuckDBPyConnection, connection: Any, folder: Path) -> None:
    """Copy the tables that the models read, whole, as text between the two."""
    folder.mkdir(parents=True, exist_ok=True)
    with connection.cursor() as cursor:
        for raw in raw_tables():
            path = folder / f"{raw.schema}.{raw.name}.csv"
            rows = raw.rows(ours)
            ours.execute(f"COPY ({rows}) TO {literal(str(path))} (HEADER false, FORCE_QUOTE *, NULL '\\N')")
            columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in types("postgres", raw.columns).items())
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {raw.schema}")
            cursor.execute(f"CREATE TABLE {raw.schema}.{identifier(raw.name)} ({columns})")
            with path.open(encoding="utf-8", newline="") as file:
                cursor.copy_expert(
                    f"COPY {raw.schema}.{identifier(raw.name)} FROM STDIN (FORMAT csv, NULL '\\N')", file
                )


def build(connection: Any, steps: Sequence[Step]) -> None:
    """Make every relation."""
    with connection.cursor() as cursor:
        for schema in sorted({step.schema for step in steps}):
            cursor.execute(f"CREATE SCHEMA {schema}")
        for step in steps:
            cursor.execute(step.statement)
        cursor.execute("ANALYZE")


def made(connection: Any, step: Step) -> Table:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {step.place}")
        return fetched(cursor)


def broken_tests(connection: Any) -> tuple[int, list[str]]:
    """Run every data test, and return how many there are and which ones some row breaks."""
    count, broken = 0, []
    with connection.cursor() as cursor:
        for label, query in data_tests("postgres"):
            cursor.execute(f"SELECT count(*) FROM ({query}) AS failing")
            count += 1
            if (cursor.fetchone() or (0,))[0]:
                broken.append(label)
    return count, broken
