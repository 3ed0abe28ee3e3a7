"""One made-up company with everything difficult in it, read in every way once; the tests look at what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from contract.difficult import add_difficult_rows, fill_gaps
from isolation import QUIET, isolated
from kit import END, Account, build_store, open_account
from other_routes import by_the_other_route

from pardot.catalogue import CATALOGUE
from pardot_emulator import Store
from pardot_etl.runs.run import RunOptions
from pardot_etl.runs.summary import RunSummary

__all__ = ["isolated"]

EVERYTHING = RunOptions(objects=tuple(CATALOGUE), transform=False)


@dataclass
class Loaded:
    """The same account in several warehouses: what the runs said, and the tables that they left."""

    store: Store
    first: RunSummary
    second: RunSummary
    before: duckdb.DuckDBPyConnection
    """After the first run."""
    after: duckdb.DuckDBPyConnection
    """After the second run, between which and the first nothing happened."""
    other: duckdb.DuckDBPyConnection
    """A second warehouse, filled by the other route: exports instead of queries, and the other way round."""


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """Read one account three times, into two warehouses."""
    folder = tmp_path_factory.mktemp("contract")
    store = build_store(300)
    fill_gaps(store)
    add_difficult_rows(store)
    with ExitStack() as stack:
        stack.callback(store.close)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {**QUIET, "DLT_PROJECT_DIR": str(folder)}.items():
                patch.setenv(name, value)
            patch.chdir(folder)

            def read(name: str, account: Account) -> tuple[RunSummary, duckdb.DuckDBPyConnection]:
                patch.setenv("DLT_DATA_DIR", str(account.folder / "dlt"))
                summary = account.run(EVERYTHING, start_date=END - timedelta(days=700))
                copy = account.places.published_database.rename(folder / f"{name}.duckdb")
                db = stack.enter_context(duckdb.connect(str(copy), read_only=True))
                db.execute("SET TimeZone = 'UTC'")
                return summary, db

            account = open_account(folder / "native", store)
            with account.emulator:
                first, before = read("before", account)
                second, after = read("after", account)
                for table, entry in CATALOGUE.items():
                    patch.setitem(CATALOGUE, table, by_the_other_route(entry))
                _, other = read("other", replace(account, folder=folder / "other"))
        yield Loaded(store, first, second, before, after, other)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """A small account in perfect order, for tests that change it."""
    account = open_account(tmp_path, build_store(200))
    account.sleep = lambda _: None
    with account.emulator:
        yield account
    account.store.close()
