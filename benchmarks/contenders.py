"""The ways of getting activities into a table, each prepared, run in a process of its own, and measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from account import END, START, Account
from activities import COLUMNS, FIELDS, TABLE
from measure import Measured, run_way
from plain_client import PlainClient, export_body

MIDDLE = START + (END - START) / 2


@dataclass(frozen=True)
class Checksum:
    """What two tables with the same rows and values have in common."""

    rows: int
    checksum: str


@dataclass(frozen=True)
class Prepared:
    """Exports that Pardot has finished, ready to be downloaded."""

    urls: Sequence[str]
    headers: Mapping[str, str]
    calls: int
    """Made so far, the downloads not among them."""

    @property
    def calls_with_downloads(self) -> int:
        return self.calls + len(self.urls)


def prepare_history(account: Account) -> Prepared:
    """Export all activities, in two windows because one export covers a year at most.

    By the time of their change: exports by creation time our way would take over, instead of making its own.
    """
    windows = ((MIDDLE, None), (START, MIDDLE))
    return _prepare(account, [export_body(FIELDS, "updated", after, before) for after, before in windows])


def prepare_changes(account: Account, since: datetime) -> Prepared:
    """Export the activities that were created or changed since a moment."""
    return _prepare(account, [export_body(FIELDS, "updated", since)])


def _prepare(account: Account, bodies: Sequence[Mapping[str, Any]]) -> Prepared:
    client = PlainClient(account)
    client.log_in()
    urls = [url for body in bodies for url in client.finished_export(body)]
    return Prepared(urls, client.headers, client.calls)


def run_floor(prepared: Prepared, folder: Path, *, merges: bool = False) -> Measured:
    """Download the files and load them; with `merges`, replace rows of a table that is there already."""
    folder.mkdir(parents=True, exist_ok=True)
    order = {
        "urls": list(prepared.urls),
        "headers": dict(prepared.headers),
        "folder": str(folder),
        "database": str(folder / "floor.duckdb"),
        "columns": COLUMNS,
        "merges": merges,
    }
    return run_way("floor", order)


def run_ours(
    account: Account, folder: Path, objects: Sequence[str] | None, *, destination: str = "duckdb", **settings: object
) -> Measured:
    """Run the pipeline once.

    Args:
        objects: tables to read; None for all that the reporting tables need.
        destination: `duckdb`, or `filesystem` for a folder of Parquet files.
        settings: of the section `sources.pardot`, beside those that reach the account.
    """
    folder.mkdir(parents=True, exist_ok=True)
    order = {
        "settings": account.settings(**settings),
        "folder": str(folder),
        "objects": objects,
        "destination": destination,
    }
    return run_way("ours", order, home=folder)


def run_transforms(folder: Path) -> Measured:
    """Build the reporting tables in the working database, as `pardot-etl run` does."""
    return run_way("transform", {"database": str(folder / "working.duckdb")})


def run_report(folder: Path) -> Measured:
    """Draw the report page from the reporting tables of the working database."""
    return run_way("report", {"database": str(folder / "working.duckdb")})


def run_naive(files: Sequence[str], folder: Path, rows: int) -> Measured:
    folder.mkdir(parents=True, exist_ok=True)
    return run_way("naive", {"files": list(files), "folder": str(folder), "rows": rows}, home=folder)


def run_paging(account: Account, collection: str, fields: Sequence[str], *, limit: int, pages: int) -> Measured:
    """Fetch and parse some pages of a collection; at most as many as it has."""
    client = PlainClient(account)
    client.log_in()
    order = {
        "url": account.url,
        "headers": dict(client.headers),
        "collection": collection,
        "fields": list(fields),
        "limit": limit,
        "pages": pages,
    }
    return run_way("paging", order)


def checksum_of_floor(folder: Path) -> Checksum:
    return _checksum(folder / "floor.duckdb", "activities", list(COLUMNS))


def checksum_of_ours(folder: Path, table: str = TABLE, columns: Sequence[str] = tuple(COLUMNS)) -> Checksum:
    """Read what people read: the published snapshot."""
    return _checksum(folder / "published.duckdb", f"pardot.{table}", columns)


def checksum_of_parquet(folder: Path) -> Checksum:
    """Read the Parquet files of a run to the filesystem."""
    return _checksum(Path(":memory:"), f"read_parquet('{folder}/lake/pardot/{TABLE}/*.parquet')", tuple(COLUMNS))


def _checksum(database: Path, table: str, columns: Sequence[str]) -> Checksum:
    said = run_way("checksum", {"database": str(database), "table": table, "columns": list(columns)}).said
    return Checksum(int(said["rows"]), str(said["checksum"]))


def insist_on_equal(floor: Checksum, ours: Checksum) -> None:
    """Raise when the two tables differ in a row or a value."""
    if floor != ours:
        raise RuntimeError(f"the tables differ: floor {floor}, ours {ours}")
