"""The pieces a section is made of: texts ready to be shown, and drawings. The template escapes the texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pardot_etl.report.formats import Change


@dataclass(frozen=True)
class Figure:
    """One key figure; `change` is None when there is nothing to compare with."""

    name: str
    hint: str
    value: str
    before: str = ""
    change: Change | None = None
    weeks: Markup | None = None


@dataclass(frozen=True)
class Table:
    """The numbers behind a chart: the first column is text, the others are numbers unless named in `texts`."""

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
class Legend:
    """What a colour of a chart stands for; `key` names the colour."""

    key: str
    name: str
    value: str


@dataclass(frozen=True)
class Step:
    """One stage of a funnel, as text."""

    name: str
    value: str
    share: str


@dataclass(frozen=True)
class Rank:
    """One row of a ranking, as text, with its bar."""

    name: str
    bar: Markup
    value: str
    note: str


@dataclass(frozen=True)
class Check:
    """One line of the data health: fine or not, and in words."""

    is_fine: bool
    text: str


@dataclass(frozen=True)
class Block:
    """One thing to look at: a chart or a ranking with the table behind it, or the table itself.

    `nothing` is what the page says when there is nothing to show.
    """

    title: str
    span: str
    nothing: str
    drawing: Markup | None = None
    legend: tuple[Legend, ...] = ()
    steps: tuple[Step, ...] = ()
    ranks: tuple[Rank, ...] = ()
    table: Table | None = None
    note: str = ""
    is_wide: bool = True
    in_columns: bool = False
    """Whether a ranking may go on in a second column, where there is room; not one whose rows make a shape."""

    @property
    def is_chart(self) -> bool:
        """Whether the table stands behind a chart, to be opened, and not for itself."""
        return bool(self.drawing or self.ranks)


@dataclass(frozen=True)
class Section:
    """One subject: what happened in a sentence, the key figures, and what to look at."""

    id: str
    name: str
    sentence: str
    figures: tuple[Figure, ...] = ()
    weeks: Table | None = None
    blocks: tuple[Block, ...] = ()
    checks: tuple[Check, ...] = ()
    models: tuple[str, ...] = ()
    """Reporting tables whose metrics are explained here."""

    @property
    def charts(self) -> int:
        """The number of drawings."""
        return sum(figure.weeks is not None for figure in self.figures) + sum(each.is_chart for each in self.blocks)
