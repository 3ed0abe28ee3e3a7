"""A page as a reader has it: its words, its elements and its attributes, from Python's own HTML parser."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from pardot_etl.report import write_report

_VOID = {"meta", "link", "br", "img", "input", "hr"}


@dataclass
class Element:
    """One element with its attributes and all text inside it."""

    tag: str
    attributes: dict[str, str]
    path: tuple[str, ...]
    text: str = ""

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())


@dataclass
class _Reader(HTMLParser):
    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)
    unbalanced: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        path = tuple(each.tag for each in self.open)
        element = Element(tag, {name: value or "" for name, value in attrs}, path)
        self.elements.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self.open and self.open[-1].tag == tag:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1].tag == tag:
            self.open.pop()
        else:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


class ReadPage:
    """The elements of a page, in order."""

    def __init__(self, html: str) -> None:
        reader = _Reader()
        reader.feed(html)
        reader.close()
        assert not reader.unbalanced, f"closed but not open: {reader.unbalanced}"
        assert not reader.open, f"never closed: {[each.tag for each in reader.open]}"
        self.elements = reader.elements

    def all(self, tag: str, *classes: str) -> list[Element]:
        return [each for each in self.elements if each.tag == tag and each.classes.issuperset(classes)]

    @property
    def text(self) -> str:
        """All words that are shown, spaces evened out."""
        return " ".join(self.all("body")[0].text.split())

    def headlines(self) -> dict[str, str]:
        """Return the value of each key figure by its name."""
        names = [each.text for each in self.all("h3", "figure")]
        return dict(zip(names, (each.text for each in self.all("p", "big")), strict=True))

    def table(self, caption: str) -> list[list[str]]:
        """Return the body of the table whose caption begins so."""
        found: list[list[str]] = []
        is_inside = False
        for each in self.elements:
            if each.tag == "table":
                is_inside = each.text.strip().startswith(caption)
            elif is_inside and "tbody" in each.path:
                if each.tag == "tr":
                    found.append([])
                elif each.tag in ("th", "td"):
                    found[-1].append(each.text)
        assert found, f"no table {caption!r}"
        return found


def report(database: Path, **options: Any) -> ReadPage:
    """Write the report beside the database and read it."""
    target = database.with_suffix(".html")
    write_report(database, target, **options)
    return ReadPage(target.read_text(encoding="utf-8"))
