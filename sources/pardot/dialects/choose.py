"""Which version of the API is spoken, as the settings say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..api.transport import Transport
from ..catalogue import CATALOGUE, Entry, select_entries
from ..events import EventHandler
from ..settings import Settings
from .dialect import Dialect
from .legacy import LEGACY_CATALOGUE, Legacy
from .legacy_beside import BESIDE, WithLegacyObjects
from .legacy_statistics import ListEmails
from .version5 import Version5


def dialect_of(
    settings: Settings, transport: Transport, on_event: EventHandler, list_emails: ListEmails = tuple
) -> Dialect:
    """Return the version that `sources.pardot.api_version` names.

    Version 5 has what only version 4 knows beside it once `sources.pardot.time_zone` says how to read its times.

    Args:
        list_emails: tells the list emails whose statistics are due.
    """
    version, zone = settings.api_version, settings.time_zone
    if version == 5 and zone is None:
        return Version5(transport, on_event)
    legacy = Legacy(
        transport, on_event, version=4 if version == 5 else version, zone=zone or "UTC", list_emails=list_emails
    )
    return WithLegacyObjects(Version5(transport, on_event), legacy) if version == 5 else legacy


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
    wanted, catalogue = settings.objects if objects is None else objects, catalogue_of(settings.api_version)
    if settings.api_version == 5 and settings.time_zone and wanted != "all":  # those of version 4 by name only
        catalogue = {**catalogue, **BESIDE}
    return select_entries(wanted, catalogue)
