"""An account of nothing but activities, whose exports DuckDB writes: tens of millions are served in a minute.

The rows are the emulator's company of a million activities, as often as the size asks for. The emulator exports a
million in a minute of CPU, so larger accounts are served from here: login, the account, the Export API, and no more.
Every query is refused, which the client must survive anyway. The server's clock stands still.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
from account import ACTIVITIES, DAY, END, Account, build_store, served_by

MILLION = 1_000_000
LARGEST_FILE_BYTES = 190_000_000
"""Pardot's largest, 200 MB, less what DuckDB may write beyond a limit."""
OFFSET_HOURS = -5
BUSINESS_UNIT_ID = "0Uv000000000001CAA"
TIMES = ("createdAt", "updatedAt")
_TIME = f"strftime({{}} + INTERVAL ({OFFSET_HOURS}) HOUR, '%Y-%m-%dT%H:%M:%S{OFFSET_HOURS:03d}:00')"
_NOT_SERVED = (400, {"code": 52, "message": "only exports are served here"})


@contextmanager
def quick_account(millions: int, *, seed: int, later_changes: int = 0) -> Iterator[Account]:
    """Serve so many million activities in another process while the block runs.

    Args:
        later_changes: 0 for the account at `END`; else the account a day later, with about so many new and changed
            activities, half of each.
    """
    options = [f"--millions={millions}", f"--seed={seed}", f"--changes={later_changes}"]
    with served_by(Path(__file__), options) as account:
        yield account


def build_rows(millions: int, seed: int) -> Path:
    """Return a Parquet file of the activities at `END`, in no order; built when it is not there yet."""
    target = Path(tempfile.gettempdir()) / f"pardot-bench-quick-{millions}-{seed}.parquet"
    if not target.exists():
        company = _build_company(seed)
        draft = target.with_suffix(".draft")
        own = {
            "id": f"first + (o.id - first) * {millions} + n",
            **{name: f'"{name}" - INTERVAL (n) SECOND' for name in TIMES},
        }
        with _database() as db:
            rows = f"read_parquet('{company}')"
            names = [str(row[0]) for row in db.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()]
            values = ", ".join(f'{own.get(name, _quoted(name))} AS "{name}"' for name in names)
            db.execute(
                f"COPY (SELECT {values} FROM range({millions}) AS copies (n) CROSS JOIN {rows} AS o "
                f"CROSS JOIN (SELECT min(id) AS first FROM {rows}) ) TO '{draft}' (FORMAT parquet)"
            )
        draft.replace(target)
    return target


def _database() -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(":memory:")
    db.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    return db


def _build_company(seed: int) -> Path:
    """Return the emulator's company of a million activities as Parquet, shuffled as exports are."""
    import sqlite3

    import pyarrow as pa
    import pyarrow.parquet as pq

    store = build_store(MILLION, seed)
    target = store.with_name("activities.parquet")
    if not target.exists():
        with sqlite3.connect(store) as db:
            cursor = db.execute(f'SELECT * FROM "{ACTIVITIES}"')
            names = [str(column[0]) for column in cursor.description]
            columns = [list(column) for column in zip(*cursor, strict=True)]
        visible = {name: column for name, column in zip(names, columns, strict=True) if not name.startswith("_")}
        plain, draft = target.with_suffix(".plain"), target.with_suffix(".draft")
        pq.write_table(pa.table(visible), plain)
        stamps = ", ".join(f'to_timestamp("{name}")::TIMESTAMP AS "{name}"' for name in TIMES)
        with _database() as duck:
            shuffled = f"SELECT * REPLACE ({stamps}) FROM read_parquet('{plain}') ORDER BY hash(id)"
            duck.execute(f"COPY ({shuffled}) TO '{draft}' (FORMAT parquet)")
        plain.unlink()
        draft.replace(target)
    return target


def _a_day_later(rows: str, changes: int, count: int) -> str:
    """Return a table expression of the rows a day after `END`: half of the changes new, half spread over old rows."""
    half = changes // 2
    every = max(1, count // half)
    touched = f"hash(id) % {every} = 0"
    noon = f"TIMESTAMP '{END + DAY / 2:%Y-%m-%d %H:%M:%S}'"
    changed = f"CASE WHEN {touched} THEN 'changed ' || id ELSE details END"
    at = f'CASE WHEN {touched} THEN {noon} ELSE "updatedAt" END'
    old = f'SELECT * REPLACE ({changed} AS details, {at} AS "updatedAt") FROM {rows}'
    second = f"TIMESTAMP '{END:%Y-%m-%d %H:%M:%S}' + INTERVAL (row_number() OVER () % 86000 + 1) SECOND"
    stamps = ", ".join(f'{second} AS "{name}"' for name in TIMES)
    new = (
        f"SELECT * REPLACE ((SELECT max(id) FROM {rows}) + row_number() OVER () AS id, {stamps}) "
        f"FROM (SELECT * FROM {rows} LIMIT {half})"
    )
    return f"({old} UNION ALL {new})"


@dataclass
class QuickAccount:
    """The served account: exports are written when they are asked for, one after the other."""

    rows: str
    """A table expression."""
    now: datetime
    folder: Path
    account: Account = field(init=False)
    exports: dict[int, dict[str, Any]] = field(default_factory=dict)
    naming: threading.Lock = field(default_factory=threading.Lock)
    writing: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Mapping[str, Any]] | Path:
        """Return what a request is answered with: a status and JSON, or a file."""
        if path == "/services/oauth2/token":
            return 200, {"access_token": "quick", "token_type": "Bearer", "instance_url": self.account.url}
        if path == "/api/v5/objects/account":
            return 200, {"id": 1, "maximumDailyApiCalls": 100_000, "apiCallsUsed": 0}
        if path == "/api/v5/exports":
            if method == "POST":
                return 201, self._created(json.loads(body))
            return 200, {"nextPageToken": None, "nextPageUrl": None, "values": []}
        if found := re.fullmatch(r"/api/v5/exports/(\d+)", path):
            return 200, self.exports[int(found[1])]
        if found := re.fullmatch(r"/api/v5/exports/(\d+)/results/(\d+)", path):
            return self._files(int(found[1]))[int(found[2])]
        return _NOT_SERVED

    def _created(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        with self.naming:
            number = len(self.exports) + 1
            stamp = self.now.isoformat()
            facts = {"id": number, "isExpired": False, "createdAt": stamp, "updatedAt": stamp}
            self.exports[number] = {**facts, "status": "Waiting", "resultRefs": None}
        threading.Thread(target=self._complete, args=(number, request), daemon=True).start()
        return {**facts, "status": "Waiting"}

    def _complete(self, number: int, request: Mapping[str, Any]) -> None:
        with self.writing:
            self._write(request, self.folder / str(number))
            urls = [f"{self.account.url}/api/v5/exports/{number}/results/{n}" for n in range(len(self._files(number)))]
            self.exports[number] = {**self.exports[number], "status": "Complete", "resultRefs": urls}

    def _files(self, number: int) -> list[Path]:
        return sorted((self.folder / str(number)).glob("*.csv"))

    def _write(self, request: Mapping[str, Any], folder: Path) -> None:
        procedure = request["procedure"]
        conditions = ["true"]
        for name, value in procedure["arguments"].items():
            if found := re.fullmatch(r"(created|updated)(After|Before)", name):
                at = datetime.fromisoformat(value.replace("Z", "+00:00")).astimezone(timezone.utc)
                sign = ">" if found[2] == "After" else "<"
                conditions.append(f"\"{found[1]}At\" {sign} TIMESTAMP '{at:%Y-%m-%d %H:%M:%S}'")
        names = [_quoted(name) for name in request["fields"]]
        cells = ", ".join(f"{_TIME.format(name) if name.strip(chr(34)) in TIMES else name} AS {name}" for name in names)
        folder.mkdir(parents=True)
        with _database() as db:
            db.execute("SET preserve_insertion_order = false")
            db.execute(
                f"COPY (SELECT {cells} FROM {self.rows} WHERE {' AND '.join(conditions)}) TO '{folder}' "
                f"(FORMAT csv, HEADER, FILE_SIZE_BYTES {LARGEST_FILE_BYTES}, OVERWRITE_OR_IGNORE)"
            )
        for file in folder.glob("*.csv"):
            with file.open("rb") as opened:
                if sum(1 for _ in zip(range(2), opened, strict=False)) < 2:
                    file.unlink()


def _quoted(name: str) -> str:
    return f'"{name}"'


def _handler(served: QuickAccount) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def _answer(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found = served.answer(method, urlsplit(self.path).path, body)
            if isinstance(found, Path):
                self._head(200, "text/csv", found.stat().st_size)
                with found.open("rb") as file:
                    self.wfile.flush()
                    self.connection.sendfile(file)
                return
            status, answer = found
            text = json.dumps(answer).encode()
            self._head(status, "application/json", len(text))
            self.wfile.write(text)

        def _head(self, status: int, kind: str, length: int) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(length))
            self.end_headers()

        def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002 the clock stands still
            return format_datetime(served.now, usegmt=True)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def serve(millions: int, seed: int, changes: int) -> None:
    """Serve the account, print how to reach it, and stop when the other side closes our input."""
    rows = f"read_parquet('{build_rows(millions, seed)}')"
    now = END
    if changes:
        rows, now = _a_day_later(rows, changes, millions * MILLION), END + DAY
    folder = Path(tempfile.mkdtemp(prefix="pardot-bench-exports-"))
    served = QuickAccount(rows, now, folder)
    try:
        with ThreadingHTTPServer(("127.0.0.1", 0), _handler(served)) as server:
            url = f"http://127.0.0.1:{server.server_port}"
            served.account = Account(url, BUSINESS_UNIT_ID, "quick-client", "quick-secret", "quick-token")
            threading.Thread(target=server.serve_forever, daemon=True).start()
            print(json.dumps(asdict(served.account)), flush=True)
            sys.stdin.read()
            server.shutdown()
    finally:
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=int, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--changes", type=int, default=0)
    given = parser.parse_args()
    serve(given.millions, given.seed, given.changes)


if __name__ == "__main__":
    main()
