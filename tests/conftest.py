"""What makes the suite quick and changes nothing about what is tested."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import typing_extensions


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what collecting has made: thousands of tests, which stay to the end."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    gc.unfreeze()  # else DuckDB complains at the end of what nobody has cleared away


@pytest.fixture(scope="session", autouse=True)
def type_hints_are_read_once() -> Iterator[None]:
    """Remember the hints of dlt's declarations, which it reads anew hundreds of times in a run: a tenth of its time."""
    read = typing_extensions.get_type_hints
    known: dict[Any, Mapping[str, Any]] = {}

    def hints_of(declaration: Any, globalns: dict[str, Any] | None = None) -> Mapping[str, Any]:
        if declaration not in known:
            known[declaration] = read(declaration, globalns=globalns)
        return known[declaration]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dlt.common.validation.get_type_hints", hints_of)
        yield
