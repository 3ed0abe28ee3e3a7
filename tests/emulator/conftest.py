"""An emulator over a small known account, and a client that is logged in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from emulator.http_client import Client
from emulator.small_account import NOW, fill

from pardot_emulator import Emulator, ManualClock, Store


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def small_store() -> Iterator[Store]:
    with Store() as store:
        yield fill(store)


@pytest.fixture
def emulator(small_store: Store, clock: ManualClock) -> Iterator[Emulator]:
    with Emulator(small_store, clock=clock, min_file_bytes=100) as emulator:
        yield emulator


@pytest.fixture
def client(emulator: Emulator) -> Iterator[Client]:
    with Client(emulator) as client:
        yield client
