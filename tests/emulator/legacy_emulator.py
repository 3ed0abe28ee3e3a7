"""An emulator over the small account that behaves as told, and a client that is logged in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from emulator.http_client import Client
from emulator.small_account import NOW, fill

from pardot_emulator import Behaviour, Emulator, ManualClock, Store


@contextmanager
def opened(*, min_file_bytes: int = 10_000_000, **behaviour: Any) -> Iterator[Client]:
    """Open an emulator with these switches turned."""
    with (
        Store() as store,
        Emulator(
            fill(store), behaviour=Behaviour(**behaviour), clock=ManualClock(NOW), min_file_bytes=min_file_bytes
        ) as emulator,
        Client(emulator) as client,
    ):
        yield client
