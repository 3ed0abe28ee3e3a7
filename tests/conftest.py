from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what collecting has made: thousands of tests, which stay to the end."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    gc.unfreeze()  # else DuckDB complains at the end of what nobody has cleared away
