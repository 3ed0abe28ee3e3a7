"""What Account Engagement has, one declarative entry per object.

Adding an object is adding an `Entry` to `objects.standard` or `objects.on_demand` and nothing else: the client, the
types, the table and the plan follow from it. The entry says what the API documents: the fields, how rows can be asked
for, and whether there is a recycle bin.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .errors import SettingsError
from .naming import nearest
from .objects.entry import MAX_EXPORT_FIELDS, PURGED_AT, Entry, Field, Route, Type
from .objects.on_demand import ON_DEMAND
from .objects.standard import STANDARD

__all__ = ["CATALOGUE", "MAX_EXPORT_FIELDS", "PURGED_AT", "Entry", "Field", "Route", "Type", "select_entries"]

CATALOGUE: Mapping[str, Entry] = {entry.table: entry for entry in (*STANDARD, *ON_DEMAND)}


def select_entries(objects: str | Iterable[str], catalogue: Mapping[str, Entry] = CATALOGUE) -> Sequence[Entry]:
    """Return the entries that `sources.pardot.objects` names, in that order.

    Args:
        objects: `standard`, `all`, both in the order of the catalogue, or table names.

    Raises:
        SettingsError: a name is not in the catalogue; the nearest known one is named.
    """
    if isinstance(objects, str):
        if objects == "all":
            return tuple(catalogue.values())
        if objects == "standard":
            return tuple(entry for entry in catalogue.values() if entry.standard)
        objects = (objects,)
    wanted = list(objects)
    unknown = [name for name in wanted if name not in catalogue]
    if unknown:
        raise SettingsError(
            [
                f"`sources.pardot.objects` names {name!r}, which is no known table; the nearest is "
                f"{nearest(name, catalogue)!r}"
                for name in unknown
            ]
        )
    return tuple(catalogue[name] for name in dict.fromkeys(wanted))
