"""An account that was loaded once, to be copied for every test that goes on from there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from isolation import QUIET
from kit import Account, open_account

from pardot_emulator import Behaviour
from pardot_emulator.store import Store

STORE = "store.sqlite"


def prepare(folder: Path, fill: Callable[[Store], object], load: Callable[[Account], object]) -> Path:
    """Fill an account that is kept in a file of the folder, and load it there."""
    variables = {**QUIET, "DLT_DATA_DIR": str(folder / "dlt"), "DLT_PROJECT_DIR": str(folder)}
    with pytest.MonkeyPatch.context() as patch, Store(str(folder / STORE)) as store:
        for name, value in variables.items():
            patch.setenv(name, value)
        fill(store)
        account = open_account(folder, store)
        account.sleep = lambda _: None
        with account.emulator:
            load(account)
    return folder


@contextmanager
def copied(prepared: Path, folder: Path, behaviour: Behaviour | None = None) -> Iterator[Account]:
    """Yield the account and what was loaded, in a folder of its own, for as long as the emulator runs."""
    shutil.copytree(prepared, folder, dirs_exist_ok=True)
    with Store(str(folder / STORE)) as store:
        account = open_account(folder, store, behaviour)
        account.sleep = lambda _: None
        with account.emulator:
            yield account
