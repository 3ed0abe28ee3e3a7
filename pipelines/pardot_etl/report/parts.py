"""The pieces a page is made of: texts ready to be shown, and drawings. The template escapes the texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pardot_etl.report.formats import Change

PERIOD_DAYS = 28
"""Headlines compare so many times 24 hours, ending with the newest activity, with as many before; whole
weeks, so that both have the same weekdays."""
CHART_DAYS = 90
"""How far back charts and the ranking of emails look."""


@dataclass(frozen=True)
class Card:
    """One headline number; `change` is None when there is nothing to compare with."""

    name: str
    hint: str
    value: str
    before: str
    change: Change | None
    weeks: Markup | None


@dataclass(frozen=True)
class Table:
    """The numbers under a chart: the first column is text, the others are numbers unless named in `texts`."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: tuple[str, ...] = ()


def table(
    caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]], texts: Sequence[str] = ()
) -> Table | None:
    """Return a table, or None when there is no row to show."""
    found = tuple(map(tuple, rows))
    return Table(caption, tuple(columns), found, tuple(texts)) if found else None


@dataclass(frozen=True)
class Rank:
    """One row of a ranking, as text."""

    name: str
    bar: Markup
    value: str
    note: str


@dataclass(frozen=True)
class Mailing:
    """One list email of the ranking, as text."""

    name: str
    note: str
    delivered: str
    open_rate: str
    open_bar: Markup
    click_rate: str
    click_bar: Markup


@dataclass(frozen=True)
class Step:
    """One stage of the funnel, as text."""

    name: str
    value: str
    share: str


@dataclass(frozen=True)
class Check:
    """One line of the data health: fine or not, and in words."""

    is_fine: bool
    text: str


@dataclass(frozen=True)
class Section:
    """A chart with what belongs to it; `drawing` is None when there is nothing to draw."""

    drawing: Markup | None
    table: Table | None
