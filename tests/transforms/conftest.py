from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from report_database import company, write_company
from transforms_histories import ONLY_HISTORIES, SCORES
from transforms_warehouse import Warehouse, write_models


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    """An empty database in memory."""
    with duckdb.connect(":memory:") as connection:
        yield Warehouse(connection)


@pytest.fixture(scope="session")
def company_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A made-up company with its reporting tables, for reading only."""
    path = tmp_path_factory.mktemp("company") / "company.duckdb"
    write_company(path, company(6_000))
    with duckdb.connect(str(path), read_only=True) as connection:
        yield Warehouse(connection)


@pytest.fixture(scope="session")
def no_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The histories and no reporting table."""
    return write_models(tmp_path_factory.mktemp("models"), ONLY_HISTORIES)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The histories, of the reporting tables the one that is made of them, and a data test of prospects."""
    return write_models(tmp_path_factory.mktemp("models"), {**ONLY_HISTORIES, **SCORES})
