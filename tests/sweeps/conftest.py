from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sweeps.jobs import Nursery, can_trace
from sweeps.scenes import FILE_BYTES, Scene


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with Nursery(tmp_path_factory.mktemp("nursery")) as nursery:
        yield nursery


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several files an export, for these tests and no others that the same process runs."""
    monkeypatch.setattr("pardot_emulator.export_requests.MAX_FILE_BYTES", FILE_BYTES)


@pytest.fixture(scope="session")
def tracing() -> None:
    if not can_trace():
        pytest.skip("strace is missing or may not trace here: process death is not tested")


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[Callable[..., Scene]]:
    """Prepare each scene once."""
    made: dict[str, Scene] = {}
    folder = tmp_path_factory.mktemp("scenes")

    def scene(name: str, **how: Any) -> Scene:
        if name not in made:
            made[name] = Scene(name, folder / name.replace(" ", "-"), nursery, **how)
        return made[name]

    yield scene
    for each in made.values():
        each.store.close()
