from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fetching import Fetcher, OpenAccount
from isolation import isolated
from kit import Account, build_store, open_account, without_several_values

from pardot_emulator import Behaviour

__all__ = ["isolated"]


@pytest.fixture
def open_small_account(tmp_path: Path) -> Iterator[OpenAccount]:
    """Open small accounts whose waits take no time, and end by asking whether every planned fault has happened."""
    with ExitStack() as stack:
        accounts = []

        def open_one(behaviour: Behaviour | None = None, *, activities: int = 150, **options: Any) -> Account:
            store = without_several_values(build_store(activities))
            stack.callback(store.close)
            account = open_account(tmp_path, store, behaviour, **options)
            account.sleep = lambda _: None
            stack.enter_context(account.emulator)
            accounts.append(account)
            return account

        yield open_one
        for account in accounts:
            account.emulator.faults.assert_all_consumed()


@pytest.fixture
def account(open_small_account: OpenAccount) -> Account:
    """A small account in perfect order."""
    return open_small_account()


@pytest.fixture
def fetcher(account: Account) -> Iterator[Fetcher]:
    """Fetches objects of the small account without a pipeline."""
    with Fetcher(account) as fetcher:
        yield fetcher
