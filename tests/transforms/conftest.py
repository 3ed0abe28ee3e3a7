from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from transforms_warehouse import Warehouse


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    """An empty database in memory."""
    with duckdb.connect(":memory:") as connection:
        yield Warehouse(connection)
