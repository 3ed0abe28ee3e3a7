"""Objects that stand for others: what the client does follows from an entry's properties, not from its name."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from pardot.catalogue import CATALOGUE, Entry


def one_of_each_kind() -> list[Entry]:
    """Return the first object of every combination of properties, in catalogue order.

    For tests that run a pipeline several times: more objects would take time and show nothing new.
    """
    kinds: dict[Hashable, Entry] = {}
    for entry in CATALOGUE.values():
        kinds.setdefault(_kind(entry), entry)
    return list(kinds.values())


def _kind(entry: Entry) -> Hashable:
    nameless = replace(
        entry, table="", fields=(), export_object="any" if entry.export_object else None, left_out=(), standard=True
    )
    return nameless, entry.tells_bin_apart, entry.has_updated_at
