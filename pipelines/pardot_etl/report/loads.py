"""The load packages that dlt finished."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pardot_etl.report.published import Published, optional_moment


@dataclass(frozen=True)
class Load:
    id: str
    finished_at: datetime | None
    status: int | None


def last_loads(db: Published, limit: int) -> list[Load]:
    """Return the latest load packages, newest first."""
    table = db.raw("_dlt_loads", "load_id", "inserted_at", "status")
    if table is None:
        return []
    return [
        Load(str(id), optional_moment(at), None if status is None else int(status))
        for id, at, status in db.rows(
            "SELECT load_id, epoch_us(inserted_at), status FROM {t} ORDER BY inserted_at DESC, load_id DESC LIMIT ?",
            [limit],
            t=table,
        )
    ]
