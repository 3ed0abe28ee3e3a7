"""What the page says: the sections one after the other, with what a reader must know before them."""

from __future__ import annotations

from dataclasses import dataclass

from pardot_etl.report import dictionary
from pardot_etl.report import formats as f
from pardot_etl.report.dictionary import MetricNote
from pardot_etl.report.loads import last_loads
from pardot_etl.report.parts import Section
from pardot_etl.report.period import WEEKS, read_period
from pardot_etl.report.published import Published
from pardot_etl.report.sections import accounts, email, forms, growth, health, overview, pipeline, web
from pardot_etl.report.sections.health_queries import read_rejected

Notes = tuple[tuple[str, tuple[MetricNote, ...]], ...]

_SUBJECTS = (overview, email, web, forms, pipeline, accounts, growth)


@dataclass(frozen=True)
class Page:
    """Everything that the template shows, ready to be printed and escaped."""

    title: str
    period: str
    period_days: int
    compared_with: str
    data_through: str
    load_id: str
    loaded_at: str
    warnings: tuple[str, ...]
    sections: tuple[Section, ...]
    notes: dict[str, Notes]
    """Definitions by section; those of tables that the page does not show are under ''."""

    @property
    def charts(self) -> int:
        """The number of drawings on the page."""
        return sum(each.charts for each in self.sections)


def read_page(db: Published, title: str, *, weeks: int = WEEKS) -> Page:
    """Ask the database everything and put it into words."""
    loads = last_loads(db, 6)
    period = read_period(db, weeks, loads)
    subjects = tuple(each.section(db, period) for each in _SUBJECTS)
    sections = (*subjects, health.section(db, period, loads))
    return Page(
        title=f.label(title, "Marketing report"),
        period=period.text,
        period_days=period.days,
        compared_with=period.compared_text(),
        data_through=f"{f.moment(period.until)} UTC" if period.extent else f.NOTHING,
        load_id=f.label(loads[0].id, f.NOTHING) if loads else f.NOTHING,
        loaded_at=f"{f.moment(loads[0].finished_at)} UTC" if loads and loads[0].finished_at else f.NOTHING,
        warnings=tuple(health.warnings(period, has_marts=db.has_marts, loads=loads, rejected=read_rejected(db))),
        sections=sections,
        notes=_notes(db, sections),
    )


def _notes(db: Published, sections: tuple[Section, ...]) -> dict[str, Notes]:
    found = dictionary.read_notes(db)
    shown = {model for each in sections for model in each.models}
    others = tuple(dict.fromkeys(each.model for each in found if each.model not in shown))
    by_section = {each.id: dictionary.notes_of(found, each.models) for each in sections}
    return by_section | {"": dictionary.notes_of(found, others)}
