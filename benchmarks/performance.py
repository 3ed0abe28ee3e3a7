"""The results page, docs/performance.md: each benchmark owns one section of it and writes nothing else."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
HEAD = """# Performance

Measured on the emulator, which runs in a process of its own that is not counted. The machine is shared with
other work, so ratios and CPU seconds count, and wall times are only a hint. A section is rewritten whole by the
command that stands in it.
"""
_SECTION = "<!-- {name} -->\n{text}\n<!-- end of {name} -->\n"


def markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the first column is left-aligned, the others are numbers."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(width) if not place else cell.rjust(width) for place, (cell, width) in row) + " |"
        for row in (list(enumerate(zip(cells, widths, strict=True))) for cells in (heads, *rows))
    ]
    rule = "|" + "|".join(
        ":" + "-" * (width + 1) if not place else "-" * (width + 1) + ":" for place, width in enumerate(widths)
    )
    return "\n".join([lines[0], rule + "|", *lines[1:]])


def machine_facts() -> str:
    """Return what was measured on, in one line."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "dlt", "pyarrow"))
    return (
        f"{datetime.now(timezone.utc).date().isoformat()}, {os.cpu_count()} cores ({platform.machine()}), "
        f"Python {platform.python_version()}, {versions}"
    )


def section(title: str, command: str, table: str, notes: Sequence[str]) -> str:
    listed = "\n".join(f"- {note}" for note in notes)
    return f"## {title}\n\n`{command}`: {machine_facts()}\n\n{table}\n\n{listed}\n"


def write_section(name: str, text: str) -> None:
    """Replace one section of the page, or append it."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else HEAD
    marked = _SECTION.format(name=name, text=text)
    found = re.search(rf"<!-- {name} -->.*?<!-- end of {name} -->\n", page, re.DOTALL)
    page = page[: found.start()] + marked + page[found.end() :] if found else f"{page}\n{marked}"
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page, encoding="utf-8")
