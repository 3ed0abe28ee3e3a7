"""The dlt source: one resource per object of the catalogue, bound to a session.

import dlt
from pardot import pardot_source

pipeline = dlt.pipeline("pardot", destination="duckdb", dataset_name="pardot")
pipeline.run(pardot_source(objects=["visitor_activities", "prospects"]))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .catalogue import Entry, select_entries
from .columns import KEY
from .events import Event
from .fields import FieldChoice
from .position import Position
from .session import Session, open_session
from .settings import Settings, load_settings
from .tables import (
    REJECTED_ROWS_COLUMNS,
    REJECTED_ROWS_TABLE,
    Delivery,
    column_hints,
    deliver,
    kept_columns,
    write_disposition,
)

if TYPE_CHECKING:
    from dlt.extract import DltSource

SOURCE_NAME = "pardot"


def pardot_source(
    *,
    objects: str | Iterable[str] | None = None,
    settings: Settings | None = None,
    session: Session | None = None,
) -> DltSource:
    """Return a dlt source of Account Engagement's objects, read incrementally, merged on `id`.

    The first run reads history, later runs what changed since; each resource keeps its position in the pipeline's
    state, which travels with the rows. Nothing is asked of Pardot before a pipeline extracts.

    Args:
        objects: `standard`, `all` or table names; default `sources.pardot.objects`.
        settings: default `load_settings()`, from `.dlt/config.toml`, secrets, the environment or vaults.
        session: shared with the caller who wants its events and counts; default one of its own.

    Raises:
        SettingsError: a setting is missing, unknown or malformed, or an object is not known.
    """
    import dlt

    if session is None:
        session = open_session(settings or load_settings())
    entries = select_entries(session.settings.objects if objects is None else objects)

    @dlt.source(name=SOURCE_NAME, section=SOURCE_NAME, max_table_nesting=0)
    def bind() -> Iterator[Any]:
        for entry in entries:
            yield dlt.resource(
                _rows_of(entry, session),
                name=entry.table,
                primary_key=KEY,
                write_disposition=write_disposition(),
                columns=column_hints(entry.fields),
                parallelized=True,
            )
        yield dlt.resource(
            lambda: session.kept_rejects(),  # dlt decorates functions, not methods
            name=REJECTED_ROWS_TABLE,
            primary_key=KEY,
            write_disposition=write_disposition(),
            columns=column_hints(REJECTED_ROWS_COLUMNS),
        )

    source: DltSource = bind()
    return source


def _rows_of(entry: Entry, session: Session) -> Callable[[], Iterator[Any]]:
    """Return the generator function of one resource."""

    def rows() -> Iterator[Any]:
        with session.object_fails_alone(entry):
            yield from _gather_and_deliver(entry, session)

    return rows


def _gather_and_deliver(entry: Entry, session: Session) -> Iterator[Any]:
    import dlt

    state = dlt.current.resource_state(entry.table)
    position = Position.from_state(state)
    session.forget_loaded(entry, position)
    load_id = session.current_load_id()
    choice = FieldChoice(session.transport, entry, state, session.on_event)
    custom = session.custom_fields() if entry.has_custom_fields else ()
    harvest = session.harvester.gather(entry, position, choice, custom, name=f"{entry.table}-{load_id}")
    destination = session.destination(dlt.current.pipeline())
    table = dlt.current.source_schema().tables.get(entry.table, {})
    is_empty = position.through is None and session.is_empty(entry, destination)
    for delivery in deliver(
        entry,
        harvest.fields,
        harvest.files,
        destination,
        load_id=load_id,
        time_zone=session.settings.time_zone,
        is_empty=is_empty,
        kept=kept_columns(table.get("columns", ()), harvest.fields),
    ):
        _account(entry, delivery, session)
        if delivery.appended:
            session.ledger.mark_unsettled(entry.table)
        if delivery.item is not None:
            yield delivery.item
    session.note_exports(harvest.exports)
    harvest.position.write(state)
    choice.note_loaded(harvest.fields)


def _account(entry: Entry, delivery: Delivery, session: Session) -> None:
    if delivery.rejected:
        session.keep_rejected(entry, delivery.rejected)
    if delivery.rows or delivery.rejected:
        counted = {"rows": delivery.rows, "rejected": len(delivery.rejected)}
        session.on_event(Event("rows.parsed", {"object": entry.table, **counted}))
