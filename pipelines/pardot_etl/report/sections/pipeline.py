"""The pipeline: the lifecycle of prospects, opportunities, and which campaigns they are credited to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pardot_etl.report import formats as f
from pardot_etl.report.figures import Compared, Measure, compare, figures, moved, weeks_table
from pardot_etl.report.formats import ratio
from pardot_etl.report.parts import Block, Section, table
from pardot_etl.report.period import YEAR_DAYS, Period
from pardot_etl.report.published import Published, Window, within
from pardot_etl.report.ranks import TOP, ranks

STAGE_MONTHS = 12
SHOWN_MODEL = "linear"
"""The model whose values are the bars; the table has all of them."""


@dataclass(frozen=True)
class Deals:
    """Opportunities that were created in one stretch of time, and those that were won in it."""

    created: int = 0
    value: float | None = 0
    won: int = 0
    won_value: float | None = 0


@dataclass(frozen=True)
class Stage:
    """A lifecycle stage: prospects that entered it first in the months shown, and what became of them."""

    id: int
    name: str | None
    entered: int
    advanced: int
    still_there: int


@dataclass(frozen=True)
class Credit:
    """What each model of attribution credits a campaign with; campaign None is what no touch explains."""

    campaign_id: int | None
    campaign_name: str | None
    is_attributed: bool
    values: tuple[float, ...]

    @property
    def name(self) -> str:
        return _campaign(
            self.campaign_name, self.campaign_id, "No campaign" if self.is_attributed else "No touch known"
        )


@dataclass(frozen=True)
class Influence:
    """The opportunities that a campaign touched; several campaigns may touch one, so they do not add up."""

    campaign_id: int | None
    campaign_name: str | None
    opportunities: int
    won: int
    value: float | None


CREATED = Measure[Deals]("New opportunities", "created in the period", lambda d: d.created)
MEASURES = (
    CREATED,
    Measure[Deals]("Value of the new", "in the account's currency", lambda d: d.value),
    Measure[Deals]("Won opportunities", "closed as won in the period", lambda d: d.won),
    Measure[Deals]("Won value", "in the account's currency", lambda d: d.won_value),
)


def section(db: Published, period: Period) -> Section:
    models = read_models(db)
    return build(
        period,
        compare(lambda window: read_spans(db, window), period),
        read_stages(db, period.until.date()),
        models,
        read_credits(db, period.year, models),
        read_influence(db, period.year),
    )


def build(
    period: Period,
    counted: Compared[Deals],
    stages: Sequence[Stage],
    models: Sequence[str],
    credited: Sequence[Credit],
    influence: Sequence[Influence],
) -> Section:
    return Section(
        "pipeline",
        "Pipeline",
        _sentence(period, counted),
        figures=figures(MEASURES, counted),
        weeks=weeks_table("Opportunities", MEASURES, counted, period),
        blocks=(_stages(stages), _credits(models, credited), _influence(influence)),
        models=("lifecycle_funnel", "attribution", "opportunity_influence"),
    )


def _sentence(period: Period, counted: Compared[Deals]) -> str:
    deals = counted.now
    if deals is None:
        return "The reporting tables do not tell of opportunities."
    if not deals.created and not deals.won:
        return "No opportunity was created or won."
    new = f.counted(deals.created, "new opportunity", "new opportunities")
    return f"{new}{moved(CREATED, counted, period.days)}; {f.number(deals.won)} won, worth {f.number(deals.won_value)}."


def _stages(stages: Sequence[Stage]) -> Block:
    names = [f.label(each.name, f"Stage {each.id}") for each in stages]
    shares = [ratio(each.advanced, each.entered) for each in stages]
    return Block(
        "Lifecycle",
        f"prospects by the month of their first entry, the last {STAGE_MONTHS} UTC months",
        "No prospect entered a lifecycle stage in these months.",
        note="In full colour who has advanced since. Late entries have had less time; a stage that was jumped over was "
        "not entered.",
        ranks=ranks(
            names,
            [each.entered for each in stages],
            [f"{f.number(each.entered)} entered" for each in stages],
            [
                f"{f.number(each.advanced)} advanced ({f.rate(share)}) · {f.number(each.still_there)} still there"
                for each, share in zip(stages, shares, strict=True)
            ],
            solid=[each.advanced for each in stages],
        ),
        table=table(
            f"Lifecycle stages, the last {STAGE_MONTHS} UTC months",
            ("Stage", "Entered", "Advanced", "Share", "Still there"),
            (
                (name, f.number(each.entered), f.number(each.advanced), f.rate(share), f.number(each.still_there))
                for name, each, share in zip(names, stages, shares, strict=True)
            ),
        ),
    )


def _campaign(name: str | None, id: int | None, otherwise: str) -> str:
    return f.label(name, otherwise if id is None else f"Campaign {id}")


def _credits(models: Sequence[str], credited: Sequence[Credit]) -> Block:
    shown = models.index(SHOWN_MODEL) if SHOWN_MODEL in models else 0
    if len(credited) > TOP:
        others = tuple(sum(column) for column in zip(*(each.values for each in credited[TOP:]), strict=True))
        credited = [*credited[:TOP], Credit(None, f"All {f.number(len(credited) - TOP)} others", True, others)]
    names = [each.name for each in credited]
    values = [each.values[shown] for each in credited]
    model = f.label(models[shown] if models else None, SHOWN_MODEL).replace("_", " ")
    return Block(
        "Won value by campaign",
        f"opportunities won in the last {YEAR_DAYS} days, model {model}, the first {TOP}",
        f"No opportunity with a value was won in the last {YEAR_DAYS} days.",
        note="Each model shares out the same value in its own way and adds up to all of it; the table has the models "
        "side by side.",
        ranks=ranks(
            names,
            values,
            list(map(f.number, values)),
            [
                " · ".join(
                    f"{f.label(m, '?').replace('_', ' ')} {f.number(v)}"
                    for m, v in zip(models, each.values, strict=True)
                    if m in ("first", "last")
                )
                for each in credited
            ],
        ),
        table=table(
            "Won value by campaign and model",
            ("Campaign", *(f.label(each, "?").replace("_", " ") for each in models)),
            ((name, *map(f.number, each.values)) for name, each in zip(names, credited, strict=True)),
        ),
        is_wide=False,
    )


def _influence(found: Sequence[Influence]) -> Block:
    names = [_campaign(each.campaign_name, each.campaign_id, "No campaign") for each in found]
    return Block(
        "Campaigns that touched opportunities",
        f"opportunities created in the last {YEAR_DAYS} days, the first {TOP}",
        f"No opportunity of the last {YEAR_DAYS} days was touched by a campaign.",
        note="Several campaigns may touch one opportunity: the rows do not add up.",
        ranks=ranks(
            names,
            [each.opportunities for each in found],
            [f.number(each.opportunities) for each in found],
            [f"{f.number(each.won)} won · worth {f.number(each.value)} in all" for each in found],
            solid=[each.won for each in found],
        ),
        table=table(
            "Opportunities touched, by campaign",
            ("Campaign", "Opportunities", "Won", "Value"),
            (
                (name, *map(f.number, (each.opportunities, each.won, each.value)))
                for name, each in zip(names, found, strict=True)
            ),
        ),
        is_wide=False,
    )


# -- what is asked of the database

_EVENTS = """(
    WITH once AS (
        SELECT
            max(opportunity_value)::DOUBLE AS value,
            bool_or(is_won) AS is_won,
            max(opportunity_created_at) AS created_at,
            max(opportunity_closed_at) AS closed_at
        FROM {t}
        GROUP BY opportunity_id
    )
    SELECT 'new' AS event, epoch_us(created_at) AS happened, value FROM once
    UNION ALL
    SELECT 'won', epoch_us(closed_at), value FROM once WHERE is_won
)"""


def read_spans(db: Published, window: Window) -> list[Deals]:
    """Return the new and the won; both in one pass, each by its own time."""
    table = db.mart(
        "opportunity_influence", "opportunity_id", "opportunity_value", "is_won", "opportunity_created_at",
        "opportunity_closed_at",
    )  # fmt: skip
    if table is None:
        return []

    def told(event: str) -> str:
        # Nothing at all is worth 0, but a deal without a value has none that is known.
        return (
            f"count(CASE WHEN event = '{event}' THEN 1 END), "
            f"CASE WHEN count(CASE WHEN event = '{event}' THEN 1 END) = 0 THEN 0 "
            f"ELSE sum(CASE WHEN event = '{event}' THEN value END) END"
        )

    return db.stretches(
        Deals, window, at="happened", counts=f"{told('new')}, {told('won')}", source=_EVENTS.format(t=table)
    )


def read_stages(db: Published, until: date) -> list[Stage]:
    """Return the stages in their order; those in the recycle bin are left out."""
    table = db.mart(
        "lifecycle_funnel", "stage_id", "stage_name", "position", "is_deleted", "month_starts_on", "entered",
        "advanced", "still_there",
    )  # fmt: skip
    if table is None:
        return []
    months = until.year * 12 + until.month - STAGE_MONTHS
    first = date(max(1, months // 12), months % 12 + 1, 1)
    return [
        Stage(id, name, *map(int, counts))
        for id, name, *counts in db.rows(
            "SELECT stage_id, max(stage_name), sum(entered), sum(advanced), sum(still_there) FROM {t} "
            "WHERE month_starts_on BETWEEN ? AND ? AND NOT coalesce(is_deleted, false) "
            "GROUP BY stage_id ORDER BY max(position) NULLS LAST, stage_id LIMIT ?",
            [first, until, 2 * TOP],
            t=table,
        )
    ]


def read_models(db: Published) -> list[str]:
    """Return the models of attribution; which there are is a rule that can be changed."""
    table = db.mart("attribution", "model")
    if table is None:
        return []
    return [str(model) for (model,) in db.rows("SELECT DISTINCT model FROM {t} ORDER BY model", t=table)]


def read_credits(db: Published, window: Window, models: Sequence[str]) -> list[Credit]:
    """Return the campaigns by the won value that the models credit them with, and what none is credited with."""
    table = db.mart(
        "attribution", "model", "campaign_id", "campaign_name", "is_attributed", "attributed_value",
        "opportunity_status", "opportunity_closed_at",
    )  # fmt: skip
    if table is None or not models:
        return []
    shown = SHOWN_MODEL if SHOWN_MODEL in models else models[0]
    found = db.rows(
        """
        SELECT campaign_id, max(campaign_name), is_attributed, {values}
        FROM {t}
        WHERE lower(opportunity_status) = 'won' AND attributed_value IS NOT NULL
            AND epoch_us(opportunity_closed_at) > ? AND epoch_us(opportunity_closed_at) <= ?
        GROUP BY campaign_id, is_attributed
        ORDER BY sum(CASE WHEN model = ? THEN attributed_value ELSE 0 END) DESC, is_attributed DESC, campaign_id
        """,
        [*models, *within(window), shown],
        t=table,
        values=", ".join(["sum(CASE WHEN model = ? THEN attributed_value ELSE 0 END)::DOUBLE"] * len(models)),
    )
    return [Credit(id, name, attributed, tuple(values)) for id, name, attributed, *values in found]


def read_influence(db: Published, window: Window) -> list[Influence]:
    table = db.mart(
        "opportunity_influence", "opportunity_id", "campaign_id", "campaign_name", "is_touched", "is_won",
        "opportunity_value", "opportunity_created_at",
    )  # fmt: skip
    if table is None:
        return []
    found = db.rows(
        """
        SELECT
            campaign_id,
            max(campaign_name),
            count(*) AS opportunities,
            count(CASE WHEN is_won THEN 1 END) AS won,
            sum(opportunity_value)::DOUBLE
        FROM {t}
        WHERE is_touched AND epoch_us(opportunity_created_at) > ? AND epoch_us(opportunity_created_at) <= ?
        GROUP BY campaign_id
        ORDER BY opportunities DESC, won DESC, campaign_id
        LIMIT ?
        """,
        [*within(window), TOP],
        t=table,
    )
    return [Influence(id, name, int(deals), int(won), value) for id, name, deals, won, value in found]
