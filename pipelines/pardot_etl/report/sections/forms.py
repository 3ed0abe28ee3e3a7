"""Forms and landing pages: who handed something in, and where people gave up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pardot_etl.report import formats as f
from pardot_etl.report.figures import Compared, Measure, compare, figures, moved, weeks_table
from pardot_etl.report.formats import ratio
from pardot_etl.report.parts import Block, Section, table
from pardot_etl.report.period import Period
from pardot_etl.report.published import FACTS, Published, Window, within
from pardot_etl.report.ranks import TOP, ranks


@dataclass(frozen=True)
class Submissions:
    """What happened to forms, form handlers and landing pages in one stretch of time."""

    views: int = 0
    errors: int = 0
    submissions: int = 0
    submitters: int = 0

    def error_rate(self) -> float | None:
        return ratio(self.errors, self.errors + self.submissions)


@dataclass(frozen=True)
class Asset:
    """A form, form handler or landing page in the period; `ever_rate` is its conversion rate over all time."""

    kind: str
    id: int
    name: str | None
    ever_rate: float | None
    views: int
    errors: int
    submissions: int
    submitters: int
    viewing_visitors: int
    converted_visitors: int

    @property
    def rate(self) -> float | None:
        return ratio(self.converted_visitors, self.viewing_visitors)


SUBMITTED = Measure[Submissions]("Submissions", "that went through, repeated ones too", lambda s: s.submissions)
MEASURES = (
    SUBMITTED,
    Measure[Submissions]("People who submitted", "distinct known prospects", lambda s: s.submitters),
    Measure[Submissions]("Views", "of forms and landing pages", lambda s: s.views),
    Measure[Submissions](
        "Refused submissions", "share of all tries", Submissions.error_rate, is_rate=True, is_welcome=False
    ),
)
_KINDS = {"form": "Form", "form_handler": "Form handler", "landing_page": "Landing page"}


def section(db: Published, period: Period) -> Section:
    return build(
        period, compare(lambda window: read_spans(db, window), period), read_forms(db, period), read_pages(db, period)
    )


def build(period: Period, counted: Compared[Submissions], forms: Sequence[Asset], pages: Sequence[Asset]) -> Section:
    return Section(
        "forms",
        "Forms and landing pages",
        _sentence(period, counted),
        figures=figures(MEASURES, counted),
        weeks=weeks_table("Forms and landing pages", MEASURES, counted, period),
        blocks=(
            _assets(period, "Forms and form handlers", "form", forms),
            _assets(period, "Landing pages", "landing page", pages),
        ),
        models=("form_performance", "landing_page_performance", "asset_performance"),
    )


def _sentence(period: Period, counted: Compared[Submissions]) -> str:
    found = counted.now
    if found is None:
        return "The reporting tables do not say what was handed in."
    if not found.submissions:
        return "No form, form handler or landing page was completed."
    told = f.counted(found.submissions, "submission")
    return f"{told} by {f.counted(found.submitters, 'known person', 'known people')}" + (
        f"{moved(SUBMITTED, counted, period.days)}."
    )


def _assets(period: Period, title: str, kind: str, assets: Sequence[Asset]) -> Block:
    names = [f.label(each.name, f"{_KINDS[each.kind]} {each.id}") for each in assets]
    rows = [
        (
            name,
            _KINDS[each.kind],
            *map(f.number, (each.views, each.errors, each.submissions, each.submitters)),
            f.rate(each.rate),
            f.rate(each.ever_rate),
        )
        for name, each in zip(names, assets, strict=True)
    ]
    columns = ("Kind", "Views", "Refused", "Submissions", "People", "Conversion", "Conversion ever")
    return Block(
        title,
        f"by submissions, the first {TOP}, {period.days} days",
        f"No {kind} was viewed or completed in these days.",
        ranks=ranks(
            names,
            [each.submissions for each in assets],
            [f.number(each.submissions) for each in assets],
            [_note(each) for each in assets],
        ),
        table=table(f"{title}, last {period.days} days", ("Name", *columns), rows, ["Kind"]),
        is_wide=False,
    )


def _note(asset: Asset) -> str:
    told = f"{f.counted(asset.views, 'view')} · {f.counted(asset.errors, 'refused try', 'refused tries')} · "
    if asset.rate is None:
        return told + "no visitor viewed it"
    return told + f"{f.rate(asset.rate)} of visitors converted, {f.rate(asset.ever_rate)} ever"


# -- what is asked of the database

_COUNTS = """
    count(CASE WHEN type = 2 THEN 1 END) AS views,
    count(CASE WHEN type = 3 THEN 1 END) AS errors,
    count(CASE WHEN type = 4 THEN 1 END) AS submissions,
    count(DISTINCT CASE WHEN type = 4 THEN prospect_id END) AS submitters
"""
_FORMS = """
    SELECT *, 'form' AS kind, form_id AS key FROM {t} WHERE form_id IS NOT NULL
    UNION ALL
    SELECT *, 'form_handler', form_handler_id FROM {t} WHERE form_handler_id IS NOT NULL
"""
_FORM_NAMES = "SELECT asset_kind AS kind, asset_id AS key, name, conversion_rate FROM {t}"
_PAGES = "SELECT *, 'landing_page' AS kind, landing_page_id AS key FROM {t} WHERE landing_page_id IS NOT NULL"
_PAGE_NAMES = "SELECT 'landing_page' AS kind, landing_page_id AS key, name, conversion_rate FROM {t}"


def read_spans(db: Published, window: Window) -> list[Submissions]:
    """Return what happened; an activity that names a form and a landing page counts once."""
    table = db.mart(FACTS, "created_at_utc", "type", "prospect_id", "form_id", "form_handler_id", "landing_page_id")
    if table is None:
        return []
    return db.stretches(
        Submissions,
        window,
        at="epoch_us(created_at_utc)",
        counts=_COUNTS,
        source=table,
        where="coalesce(form_id, form_handler_id, landing_page_id) IS NOT NULL",
    )


def read_forms(db: Published, period: Period) -> list[Asset]:
    """Return forms and form handlers; a submission on a landing page counts for its form, too."""
    forms = db.mart("form_performance", "asset_kind", "asset_id", "name", "conversion_rate")
    facts = db.mart(FACTS, "created_at_utc", "type", "prospect_id", "visitor_id", "form_id", "form_handler_id")
    if forms is None or facts is None:
        return []
    return _read(db, period, _FORMS.format(t=facts), _FORM_NAMES.format(t=forms))


def read_pages(db: Published, period: Period) -> list[Asset]:
    """Return landing pages, with every activity that names them."""
    pages = db.mart("landing_page_performance", "landing_page_id", "name", "conversion_rate")
    facts = db.mart(FACTS, "created_at_utc", "type", "prospect_id", "visitor_id", "landing_page_id")
    if pages is None or facts is None:
        return []
    return _read(db, period, _PAGES.format(t=facts), _PAGE_NAMES.format(t=pages))


def _read(db: Published, period: Period, keys: str, names: str) -> list[Asset]:
    found = db.rows(
        """
        WITH counted AS (
            SELECT
                kind,
                key,
                {counts},
                count(DISTINCT CASE WHEN type = 2 THEN visitor_id END) AS viewing,
                count(DISTINCT CASE WHEN type = 2 THEN visitor_id END)
                + count(DISTINCT CASE WHEN type = 4 THEN visitor_id END)
                - count(DISTINCT CASE WHEN type IN (2, 4) THEN visitor_id END) AS converted
            FROM ({keys})
            WHERE type IN (2, 3, 4) AND epoch_us(created_at_utc) > ? AND epoch_us(created_at_utc) <= ?
            GROUP BY kind, key
        )
        SELECT c.kind, c.key, n.name, n.conversion_rate, views, errors, submissions, submitters, viewing, converted
        FROM counted AS c
        LEFT JOIN ({names}) AS n ON n.kind = c.kind AND n.key = c.key
        ORDER BY submissions DESC, views DESC, c.kind, c.key
        LIMIT ?
        """,
        [*within(period.now), TOP],
        counts=_COUNTS,
        keys=keys,
        names=names,
    )
    return [Asset(kind, key, name, rate, *map(int, n)) for kind, key, name, rate, *n in found]
