"""The charts, drawn by hand as SVG: no script, no library, crisp at any size, silent without a mouse.

Two coordinate systems keep text readable on a phone. Shapes live in an inner `<svg>` of 1000 units that
stretches to the width it is given; words live in the outer one, placed by percentage and never stretched.
Colours are classes (`kind-visits`), so that the style sheet decides them for light, dark and print.

Every text passes through `Markup.format`, which escapes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from pardot_etl.report.formats import compact, day, number, rate, short_day

WIDTH = 1000.0
"""Units across the stretched part of a chart."""
_AREA_TOP, _AREA_HEIGHT = 48, 220
_BARS_TOP, _BARS_HEIGHT = 316, 64
_FUNNEL_HEIGHT = 112.0


@dataclass(frozen=True)
class Series:
    """One kind of thing, counted per day."""

    key: str
    name: str
    values: tuple[int, ...]


@dataclass(frozen=True)
class Mark:
    """A vertical line at a fraction of the width, with the words to its right."""

    at: float
    text: str


@dataclass(frozen=True)
class Stage:
    """One step of a funnel."""

    name: str
    value: int


def ticks(largest: int, about: int = 4) -> list[int]:
    """Return round numbers from 0 to the first one that is not below `largest`.

    >>> ticks(87), ticks(0), ticks(1), ticks(2400, 3)
    ([0, 25, 50, 75, 100], [0, 1], [0, 1], [0, 1000, 2000, 3000])
    """
    if largest <= 1:
        return [0, 1]
    rough = max(1.0, largest / about)
    magnitude = 10 ** (len(str(int(rough))) - 1)
    sizes = (size * magnitude for size in (1, 2, 2.5, 5, 10))
    step = int(next(size for size in sizes if size >= rough and size == int(size)))
    return list(range(0, math.ceil(largest / step) * step + 1, step))


def days_chart(
    days: Sequence[date],
    stacked: Sequence[Series],
    marks: Sequence[Mark],
    *,
    panel: str,
    title: str,
    told: str,
    bars: Series | None = None,
) -> Markup:
    """Draw series per day as stacked areas and, on a scale of its own below, one more as bars.

    On one scale the sends of a single newsletter would flatten every other day.
    """
    totals = [sum(values) for values in zip(*(each.values for each in stacked), strict=True)]
    area_ticks = ticks(max(totals))
    bottom = _AREA_TOP + _AREA_HEIGHT if bars is None else _BARS_TOP + _BARS_HEIGHT
    parts = [
        _described(title, told),
        _panel_title(14, panel),
        _tick_labels(area_ticks, _AREA_TOP, _AREA_HEIGHT),
        _panel(_AREA_TOP, _AREA_HEIGHT, _grid(area_ticks, _AREA_HEIGHT) + _areas(stacked, area_ticks[-1])),
    ]
    if bars is not None:
        bar_ticks = _tight_ticks(max(bars.values))
        parts += [
            _panel_title(_BARS_TOP - 16, bars.name),
            _tick_labels(bar_ticks, _BARS_TOP, _BARS_HEIGHT),
            _panel(_BARS_TOP, _BARS_HEIGHT, _grid(bar_ticks, _BARS_HEIGHT) + _columns(bars, bar_ticks[-1])),
        ]
    parts += [
        _mark_lines(marks, bottom),
        _day_labels(days, bottom),
        _hover(days, [*stacked, *([bars] if bars else [])], bottom),
    ]
    return Markup('<svg class="chart" role="img" width="100%" height="{}">{}</svg>').format(bottom + 26, _joined(parts))


def weekly_bars(values: Sequence[float | None], split: int, *, title: str, told: str) -> Markup:
    """Draw a row of small bars without axis; those from `split` on belong to the current period."""
    largest = max((value or 0 for value in values), default=0) or 1
    slot = 100 / max(1, len(values))
    bars = _joined(
        Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
            "now" if i >= split else "before", _n(i * slot), _n(28 - height), _n(slot * 0.72), _n(height)
        )
        for i, height in enumerate(0 if value is None else max(1.0, 28 * value / largest) for value in values)
        if height
    )
    return Markup(
        '<svg class="weeks" role="img" width="100%" height="28" viewBox="0 0 100 28" '
        'preserveAspectRatio="none">{}{}</svg>'
    ).format(_described(title, told), bars)


def bar(value: float, largest: float, *, solid: float | None = None) -> Markup:
    """Draw one horizontal bar on its track; the number it stands for is written beside it.

    Args:
        solid: the part of the value that is drawn in full colour, the rest in a pale one; all of it by default.
    """
    whole, full = (_percent(each, largest) for each in (value, value if solid is None else solid))
    return Markup(
        '<svg class="bar" aria-hidden="true" width="100%" height="6">'
        '<rect class="track" width="100%" height="6" rx="3"/>{}'
        '<rect class="kind-accent" width="{}%" height="6" rx="3"/></svg>'
    ).format(
        "" if solid is None else Markup('<rect class="kind-pale" width="{}%" height="6" rx="3"/>').format(_n(whole)),
        _n(full),
    )


def funnel(stages: Sequence[Stage], *, title: str) -> Markup:
    """Draw the stages as blocks that narrow from left to right; the heights are to scale."""
    largest = max((stage.value for stage in stages), default=0) or 1
    heights = [max(2.0, _FUNNEL_HEIGHT * max(0, stage.value) / largest) for stage in stages]
    slot = WIDTH / max(1, len(stages))
    block = slot * 0.66
    parts = []
    for i, (stage, height) in enumerate(zip(stages, heights, strict=True)):
        top, bottom = (_FUNNEL_HEIGHT - height) / 2, (_FUNNEL_HEIGHT + height) / 2
        share = Markup("<title>{}: {}</title>").format(stage.name, number(stage.value))
        parts.append(
            Markup('<rect class="stage stage-{}" x="{}" y="{}" width="{}" height="{}">{}</rect>').format(
                i, _n(i * slot), _n(top), _n(block), _n(height), share
            )
        )
        if i + 1 < len(stages):
            next_top = (_FUNNEL_HEIGHT - heights[i + 1]) / 2
            corners = [
                (i * slot + block, top),
                ((i + 1) * slot, next_top),
                ((i + 1) * slot, _FUNNEL_HEIGHT - next_top),
                (i * slot + block, bottom),
            ]
            parts.append(Markup('<polygon class="slope" points="{}"/>').format(_points(corners)))
    return Markup(
        '<svg class="funnel" role="img" width="100%" height="{}" viewBox="0 0 1000 {}" '
        'preserveAspectRatio="none">{}{}</svg>'
    ).format(_n(_FUNNEL_HEIGHT), _n(_FUNNEL_HEIGHT), _described(title, _stages_told(stages)), _joined(parts))


def _stages_told(stages: Sequence[Stage]) -> str:
    first = stages[0].value if stages else 0
    told = (f"{s.name} {number(s.value)}" + (f" ({rate(s.value / first)})" if first > 0 else "") for s in stages)
    return ", ".join(told)


def _described(title: str, told: str) -> Markup:
    """Return the name and the content of a drawing, for those who hear it."""
    return Markup("<title>{}</title><desc>{}</desc>").format(title, told)


def _percent(value: float, largest: float) -> float:
    return 100 * min(1.0, max(0.0, value / largest)) if largest > 0 else 0.0


# -- the parts of the chart by day


def _panel(top: float, height: float, content: Markup) -> Markup:
    return Markup(
        '<svg y="{}" width="100%" height="{}" viewBox="0 0 1000 {}" preserveAspectRatio="none">{}</svg>'
    ).format(top, height, height, content)


def _tight_ticks(largest: int) -> list[int]:
    """Return the two or three steps that leave less of a low panel empty."""
    return min((ticks(largest, about) for about in (3, 2)), key=lambda found: found[-1])


def _panel_title(baseline: float, text: str) -> Markup:
    return Markup('<text class="panel" x="0" y="{}">{}</text>').format(baseline, text)


def _tick_labels(values: Sequence[float], top: float, height: float) -> Markup:
    return _joined(
        Markup('<text class="tick" x="-8" y="{}" text-anchor="end" dominant-baseline="middle">{}</text>').format(
            _n(top + height * (1 - value / values[-1])), compact(value)
        )
        for value in values
    )


def _grid(values: Sequence[float], height: float) -> Markup:
    return _joined(
        Markup('<line class="{}" x2="1000" y1="{}" y2="{}"/>').format("zero" if value == 0 else "grid", y, y)
        for value, y in ((value, _n(height * (1 - value / values[-1]))) for value in values)
    )


def _areas(stacked: Sequence[Series], largest: float) -> Markup:
    """Return one polygon per series, each standing on the sum of those before it."""
    floor = [0.0] * len(stacked[0].values)
    parts = []
    for each in stacked:
        ceiling = [below + value for below, value in zip(floor, each.values, strict=True)]
        if any(each.values):
            outline = [*_line(ceiling, largest), *reversed(_line(floor, largest))]
            parts.append(Markup('<polygon class="area kind-{}" points="{}"/>').format(each.key, _points(outline)))
        floor = ceiling
    return _joined(parts)


def _line(values: Sequence[float], largest: float) -> list[tuple[float, float]]:
    heights = [_AREA_HEIGHT * (1 - value / largest) for value in values]
    if len(heights) == 1:
        return [(0.0, heights[0]), (WIDTH, heights[0])]
    return [(WIDTH * i / (len(heights) - 1), height) for i, height in enumerate(heights)]


def _columns(bars: Series, largest: float) -> Markup:
    slot = WIDTH / max(1, len(bars.values) - 1)
    width = slot * 0.7
    parts = []
    for i, value in enumerate(bars.values):
        height = _BARS_HEIGHT * value / largest
        left = max(0.0, min(WIDTH - width, i * slot - width / 2))
        if value:
            parts.append(
                Markup('<rect class="kind-{}" x="{}" y="{}" width="{}" height="{}"/>').format(
                    bars.key, _n(left), _n(_BARS_HEIGHT - height), _n(width), _n(height)
                )
            )
    return _joined(parts)


def _mark_lines(marks: Iterable[Mark], bottom: float) -> Markup:
    return _joined(
        Markup(
            '<line class="mark" x1="{x}%" x2="{x}%" y1="26" y2="{end}"/>'
            '<text class="mark" x="{x}%" dx="6" y="36">{text}</text>'
        ).format(x=_n(100 * mark.at), end=bottom, text=mark.text)
        for mark in marks
        if 0 < mark.at < 1
    )


def _day_labels(days: Sequence[date], bottom: float) -> Markup:
    """Return dates at equal steps, counted from the last day; every second one is left out on a phone."""
    last = len(days) - 1
    step = max(1, math.ceil(last / 7))
    if step > 7:
        step = math.ceil(step / 7) * 7  # the same weekday at every label
    parts = []
    for number_from_end, i in enumerate(range(last, -1, -step)):
        anchor = "end" if i == last else "start" if i < step * 0.3 else "middle"
        parts.append(
            Markup('<text class="{}" x="{}%" y="{}" text-anchor="{}">{}</text>').format(
                "tick minor" if number_from_end % 2 else "tick",
                _n(100 * i / last if last else 100),
                bottom + 18,
                anchor,
                short_day(days[i]),
            )
        )
    return _joined(parts)


def _hover(days: Sequence[date], series: Sequence[Series], bottom: float) -> Markup:
    """Return one see-through column per day that tells the day's numbers when the pointer rests on it."""
    slot = WIDTH / max(1, len(days) - 1)
    columns = []
    for i, on in enumerate(days):
        told = [f"{each.name}: {number(each.values[i])}" for each in series if each.values[i]]
        left = max(0.0, (i - 0.5) * slot)
        columns.append(
            Markup('<g class="day"><rect x="{}" width="{}" height="100%"/><title>{}</title></g>').format(
                _n(left),
                _n(min(WIDTH, (i + 0.5) * slot) - left),
                "\n".join([f"{on:%A}, {day(on)}", *(told or ["Nothing"])]),
            )
        )
    return _panel(_AREA_TOP, bottom - _AREA_TOP, _joined(columns))


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def _points(corners: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in corners)


def _n(value: float) -> str:
    """Return a coordinate with at most one decimal: finer than any screen, and a smaller page."""
    return f"{value:.1f}".removesuffix(".0")
