"""Account Engagement (Pardot) as a dlt source: exports, incremental queries, a ledger to resume from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import PardotError
    from .settings import Credentials, Settings, load_settings
    from .source import pardot_source

__all__ = ["Credentials", "PardotError", "Settings", "load_settings", "pardot_source"]

_HOMES = {
    "PardotError": "errors",
    "Credentials": "settings",
    "Settings": "settings",
    "load_settings": "settings",
    "pardot_source": "source",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use: the command line must not wait for DuckDB to print its help."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
