"""Parameters of which every suite tries a part; the others have the marker `long`: `make long` tries them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def sampled(values: Iterable[Any], one_in: int, name: Callable[[Any], str] = str) -> list[Any]:
    """Return the values as parameters, all but every N-th marked as long."""
    return [
        pytest.param(value, id=name(value), marks=[] if number % one_in == 0 else [pytest.mark.long])
        for number, value in enumerate(values)
    ]
