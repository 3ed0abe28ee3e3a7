"""The search for secrets finds them: else a clean result would mean nothing."""

from __future__ import annotations

import base64
import gzip
import html
import json
import pickle
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from security.canaries import find, iter_files

CANARY = 'planted/on+purpose "4f1c" & é\\ end-of-it'


def into_duckdb(path: Path, text: str) -> None:
    with duckdb.connect(str(path)) as db:
        db.execute("CREATE TABLE t AS SELECT ? || i AS x FROM range(5000) AS r(i)", [text])


def into_state(path: Path, text: str) -> None:
    """As dlt keeps the state of a pipeline in its table."""
    packed = base64.b64encode(zlib.compress(json.dumps({"state": [text, *map(str, range(50))]}).encode(), 9)).decode()
    with duckdb.connect(str(path)) as db:
        db.execute("CREATE TABLE t AS SELECT ? AS x", [packed])


def into_sqlite(path: Path, text: str) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE t AS SELECT ? AS x", [text])
    db.close()


PLACES: dict[str, Callable[[Path, str], object]] = {
    "log": lambda path, text: path.write_text(f"before {text} after", encoding="utf-8"),
    "duckdb": into_duckdb,
    "state": into_state,
    "sqlite": into_sqlite,
    "pickle": lambda path, text: path.write_bytes(pickle.dumps({"x": text})),
    "gzip": lambda path, text: path.write_bytes(gzip.compress(text.encode())),
    "parquet": lambda path, text: pq.write_table(pa.table({"x": [text] * 9}), path, compression="zstd"),
    "name of a file": lambda path, text: path.with_name(quote(text, safe="")).touch(),
}
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "url": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "json": lambda text: json.dumps(text)[1:-1],
    "json in json": lambda text: json.dumps(json.dumps(text))[3:-3],
    "repr": lambda text: repr(text)[1:-1],
    "html": html.escape,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 after something": lambda text: base64.b64encode(f"Bearer {text}".encode()).decode(),
    "cut off": lambda text: text[:24],
    "the end of it": lambda text: text[-24:],
}


@pytest.mark.parametrize("place", PLACES)
def test_planted_canary_is_found_in(place: str, tmp_path: Path) -> None:
    PLACES[place](tmp_path / "planted", CANARY)
    assert find({"it": CANARY}, iter_files(tmp_path))
    assert not find({"it": "planted/elsewhere-and-another-one"}, iter_files(tmp_path))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_planted_canary_is_found_when_written_as(spelling: str) -> None:
    written = SPELLINGS[spelling](CANARY)
    assert find({"it": CANARY}, [("log", f"x={written}.".encode())])
