"""The way in which an object's rows are not fetched otherwise: exports instead of queries, and the other way round."""

from __future__ import annotations

from dataclasses import replace

from pardot.catalogue import Entry, Route

IN_QUERIES_ONLY = {
    *("sender_options", "reply_to_options", "recipient_list_ids", "suppression_list_ids"),
    *("business_hours", "prospects_multiple_entry", "schedule"),
}
"""Lists and objects; an export of them is said to be impossible, and the emulator refuses it."""
OTHER_ROUTE = {
    Route.EXPORT: Route.QUERY,
    Route.QUERY: Route.EXPORT,
    Route.WALK: Route.EXPORT,
    Route.WALK_THEN_EXPORT: Route.EXPORT,
}


def by_the_other_route(entry: Entry) -> Entry:
    """Return an object's entry with its rows fetched the way in which they are not fetched otherwise.

    Where only asking apart tells what is in the recycle bin, or where there is no export, there is no other way.
    """
    if entry.tells_bin_apart or not (entry.has_query if entry.route is Route.EXPORT else entry.export_object):
        return entry
    return replace(
        entry, route=OTHER_ROUTE[entry.route], changed_by="updatedAt" if entry.has_updated_at else "createdAt"
    )
