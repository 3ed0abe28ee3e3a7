"""The dlt source: one resource per object of the catalogue, bound to a session.

import dlt
from pardot import pardot_source

pipeline = dlt.pipeline("pardot", destination="duckdb", dataset_name="pardot")
pipeline.run(pardot_source(objects=["visitor_activities", "prospects"]))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .dialects.choose import entries_of
from .reading.cells import KEY
from .rejects import REJECTED_ROWS_COLUMNS, REJECTED_ROWS_TABLE
from .resources import UPDATE, Errand, rows_of
from .session import Session, open_session
from .settings import Settings, load_settings
from .tables import column_hints, write_disposition

if TYPE_CHECKING:
    from dlt.extract import DltSource

SOURCE_NAME = "pardot"


def pardot_source(
    *,
    objects: str | Iterable[str] | None = None,
    settings: Settings | None = None,
    session: Session | None = None,
    errand: Errand = UPDATE,
) -> DltSource:
    """Return a dlt source of Account Engagement's objects, read incrementally, merged on `id`.

    The first run reads history, later runs what changed since; each resource keeps its position in the pipeline's
    state, which travels with the rows. Nothing is asked of Pardot before a pipeline extracts.

    Args:
        objects: `standard`, `all` or table names; default `sources.pardot.objects`.
        settings: default `load_settings()`, from `.dlt/config.toml`, secrets, the environment or vaults.
        session: shared with the caller who wants its events and counts; default one of its own.
        errand: what to read: what is new, a stretch of the past, or loaded rows again.

    Raises:
        SettingsError: a setting is missing, unknown or malformed, or an object is not known.
    """
    import dlt

    if session is None:
        session = open_session(settings or load_settings())
    entries = entries_of(session.settings, objects)

    @dlt.source(name=SOURCE_NAME, section=SOURCE_NAME, max_table_nesting=0)
    def bind() -> Iterator[Any]:
        for entry in entries:
            yield dlt.resource(
                rows_of(entry, session, errand),
                name=entry.table,
                primary_key=KEY,
                write_disposition=write_disposition(),
                parallelized=True,
            )
        yield dlt.resource(
            lambda: session.rejects.rows(),  # dlt decorates functions, not methods
            name=REJECTED_ROWS_TABLE,
            primary_key=KEY,
            write_disposition=write_disposition(),
            columns=column_hints(REJECTED_ROWS_COLUMNS),
        )

    source: DltSource = bind()
    return source
