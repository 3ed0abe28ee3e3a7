"""Lineage drawn by hand as SVG: what a table is made from to its left, what is made from it to its right.

Tables alone: a view on the way is a line, but for the one that the page is about. No script, no library. Every box is
a link that the keyboard reaches; colours are classes, so that the style sheet decides them for light, dark and print.
Every text passes through `Markup.format`, which escapes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from pardot_etl.site.content import Name, Reads

_HEIGHT, _GAP, _BETWEEN = 26, 8, 56
_LETTER = 6.9
"""Width of a letter of 12 px in the system's font, on the safe side."""


def lineage(focus: Name, reads: Reads, root: str) -> Markup | None:
    """Return the drawing of everything above and below a table; None where there is nothing.

    Args:
        root: path from the page to the root of the site.
    """
    reads = between_tables(focus, reads)
    columns = place(focus, reads)
    if len(columns) == 1:
        return None
    boxes, width, height = _boxes(columns)
    shown = set(boxes)
    drawn = Markup("").join(
        _edge(boxes[source], boxes[name])
        for name in boxes
        for source in reads.get(name, ())
        if source in shown and boxes[source][0] < boxes[name][0]
    ) + Markup("").join(_box(name, boxes[name], focus, root) for name in boxes)
    text = "Lineage of {}: from what it reads on the left to what reads it on the right"
    return Markup(
        '<svg class="lineage" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="group" aria-label="{2}">{3}</svg>'
    ).format(width, height, text.format(focus.name), drawn)


def between_tables(focus: Name, reads: Reads) -> Reads:
    """Return what each table is made from with the views between them left out."""

    def tables(names: Sequence[Name]) -> dict[Name, None]:
        found: dict[Name, None] = {}
        for name in names:
            found |= {name: None} if is_shown(name) else tables(reads.get(name, ()))
        return found

    def is_shown(name: Name) -> bool:
        return name.part != "workings" or name == focus

    return {name: tuple(tables(inputs)) for name, inputs in reads.items() if is_shown(name)}


def place(focus: Name, reads: Reads) -> list[list[Name]]:
    """Return the tables above and below one, in columns from left to right: each reads only what is left of it."""
    read_by: dict[Name, list[Name]] = {}
    for name, inputs in reads.items():
        for one in inputs:
            read_by.setdefault(one, []).append(name)
    above, below = _distances(focus, reads), _distances(focus, read_by)
    levels: dict[int, list[Name]] = {}
    for name, distance in above.items():
        levels.setdefault(-distance, []).append(name)
    for name, distance in below.items():
        if distance:
            levels.setdefault(distance, []).append(name)
    columns = [sorted(levels[level], key=lambda name: name.name) for level in sorted(levels)]
    return _untangle(columns, reads, read_by)


def _distances(focus: Name, follow: Mapping[Name, Sequence[Name]]) -> dict[Name, int]:
    """Return the length of the longest way from the focus to everything that can be reached."""
    found = {focus: 0}
    waiting = [focus]
    while waiting:
        name = waiting.pop()
        for other in follow.get(name, ()):
            if found.get(other, -1) < found[name] + 1:
                found[other] = found[name] + 1
                waiting.append(other)
    return found


def _untangle(
    columns: list[list[Name]], reads: Mapping[Name, Sequence[Name]], read_by: Mapping[Name, Sequence[Name]]
) -> list[list[Name]]:
    """Order each column by the middle of what it is tied to, a few times over, so that fewer lines cross."""
    for _ in range(4):
        height = {name: (i + 0.5) / len(column) for column in columns for i, name in enumerate(column)}
        for column in columns:
            middle = {name: _middle((*reads.get(name, ()), *read_by.get(name, ())), height) for name in column}
            column.sort(key=lambda name: (middle[name], name.name))
    return columns


def _middle(names: Iterable[Name], height: Mapping[Name, float]) -> float:
    known = [height[name] for name in names if name in height]
    return sum(known) / len(known) if known else 0.5


_Box = tuple[float, float, float]
"""Left, top and width."""


def _boxes(columns: Sequence[Sequence[Name]]) -> tuple[dict[Name, _Box], int, int]:
    """Return where each table is drawn, and the size of the whole."""
    step = _HEIGHT + _GAP
    height = max(map(len, columns)) * step
    boxes: dict[Name, _Box] = {}
    left = 1.0
    for column in columns:
        width = max(len(name.name) for name in column) * _LETTER + 20
        top = (height - len(column) * step + _GAP) / 2
        for i, name in enumerate(column):
            boxes[name] = (left, top + i * step, width)
        left += width + _BETWEEN
    return boxes, round(left - _BETWEEN + 1), height


def _edge(source: _Box, target: _Box) -> Markup:
    x1, y1 = source[0] + source[2], source[1] + _HEIGHT / 2
    x2, y2 = target[0], target[1] + _HEIGHT / 2
    middle = (x1 + x2) / 2
    path = f"M{x1:.0f} {y1:.0f}C{middle:.0f} {y1:.0f} {middle:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"
    return Markup('<path class="edge" d="{}"/>').format(path)


def _box(name: Name, box: _Box, focus: Name, root: str) -> Markup:
    left, top, width = box
    drawn = Markup(
        '<rect class="box {}" x="{:.0f}" y="{:.0f}" width="{:.0f}" height="{}" rx="6"/>'
        '<text class="box-name" x="{:.0f}" y="{:.0f}">{}</text>'
    ).format(name.part, left, top, width, _HEIGHT, left + 10, top + 17, name.name)
    if name == focus:
        return Markup('<g class="focus">{}</g>').format(drawn)
    return Markup('<a href="{}">{}</a>').format(root + name.href, drawn)
