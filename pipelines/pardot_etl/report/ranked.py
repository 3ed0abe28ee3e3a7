"""Campaigns and prospect accounts by what people did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pardot_etl.report import formats as f
from pardot_etl.report.parts import Block, table
from pardot_etl.report.period import Period
from pardot_etl.report.published import FACTS, Published, Window, within
from pardot_etl.report.ranks import TOP, ranks


@dataclass(frozen=True)
class Ranked:
    id: int
    name: str | None
    engagements: int
    prospects: int
    clicks: int
    successes: int


def engagement_block(title: str, kind: str, found: Sequence[Ranked], period: Period) -> Block:
    """Return the ranking; what nobody engaged with is not in it."""
    names = [f.label(each.name, f"{kind} {each.id}") for each in found]
    notes = [
        " · ".join(
            (
                f.counted(each.prospects, "prospect"),
                f.counted(each.clicks, "click"),
                f.counted(each.successes, "form success", "form successes"),
            )
        )
        for each in found
    ]
    values = [each.engagements for each in found]
    return Block(
        title,
        f"by engagements, the first {TOP}, {period.days} days",
        f"No activity of these days belongs to any {kind.lower()}.",
        in_columns=True,
        ranks=ranks(names, values, list(map(f.number, values)), notes),
        table=table(
            f"What people did, by {kind.lower()}, last {period.days} days",
            (kind, "Engagements", "Prospects", "Clicks", "Form successes"),
            (
                (name, *map(f.number, (each.engagements, each.prospects, each.clicks, each.successes)))
                for name, each in zip(names, found, strict=True)
            ),
        ),
    )


def top_engaged(db: Published, window: Window, key: str, name: str) -> list[Ranked]:
    """Return the campaigns or accounts, as `key` says, in which people did most."""
    table = db.mart(FACTS, key, name, "created_at_utc", "type", "prospect_id", "is_engagement")
    if table is None:
        return []
    found = db.rows(
        """
        SELECT
            {key},
            max({name}),
            count(*) AS engagements,
            count(DISTINCT prospect_id) AS prospects,
            count(CASE WHEN type = 1 THEN 1 END),
            count(CASE WHEN type = 4 THEN 1 END)
        FROM {t}
        WHERE is_engagement AND {key} IS NOT NULL
            AND epoch_us(created_at_utc) > ? AND epoch_us(created_at_utc) <= ?
        GROUP BY {key}
        ORDER BY engagements DESC, prospects DESC, {key}
        LIMIT ?
        """,
        [*within(window), TOP],
        t=table,
        key=key,
        name=name,
    )
    return [Ranked(id, text, *map(int, counts)) for id, text, *counts in found]
