"""Which version of the API is spoken, as the settings say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..api.transport import Transport
from ..catalogue import CATALOGUE, Entry, select_entries
from ..events import EventHandler
from ..settings import Settings
from .dialect import Dialect
from .legacy import LEGACY_CATALOGUE, Legacy
from .version5 import Version5


def dialect_of(settings: Settings, transport: Transport, on_event: EventHandler) -> Dialect:
    """Return the version that `sources.pardot.api_version` names."""
    if settings.api_version == 5:
        return Version5(transport, on_event)
    return Legacy(transport, on_event, version=settings.api_version, zone=settings.time_zone or "UTC")


def catalogue_of(version: int) -> Mapping[str, Entry]:
    """Return the objects that a version has, by table."""
    return CATALOGUE if version == 5 else LEGACY_CATALOGUE


def entries_of(settings: Settings, objects: str | Iterable[str] | None = None) -> Sequence[Entry]:
    """Return the entries of the objects that are asked for, as the version of the settings has them.

    Args:
        objects: `standard`, `all` or table names; default `sources.pardot.objects`.

    Raises:
        SettingsError: a name is not in the version's catalogue.
    """
    return select_entries(settings.objects if objects is None else objects, catalogue_of(settings.api_version))
