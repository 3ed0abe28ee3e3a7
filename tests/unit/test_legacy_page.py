"""docs/versions.md says of every object what the catalogues say. UPDATE_GOLDEN=1 writes its tables anew."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from pardot.catalogue import CATALOGUE, Entry, Route
from pardot.dialects.legacy import LEGACY_CATALOGUE
from pardot.dialects.legacy_catalogue import LEGACY

PAGE = Path(__file__).parents[2] / "docs" / "versions.md"
MADE = re.compile(r"(?<=<!-- made: the catalogue's -->\n\n).*?(?=\n\n<!-- end -->)", re.DOTALL)
HOW = {
    "email_clicks": ("query by `created_at`", "1"),
    "email_templates": ("all rows at every run", "1 for 200 rows"),
    "list_email_statistics": ("each list email by itself", "1 for each that is due"),
    "visits": ("by the visitors that changed", "1 for 200 visitors, 1 for 200 visits"),
    "visitor_page_views": ("in the visits of the visitors that changed", "as for visits"),
}
"""What is read in a way of its own: how, and the calls of a quiet run."""


def test_page_is_in_step_with_the_catalogues() -> None:
    text = PAGE.read_text(encoding="utf-8")
    made = ["\n".join(objects()), "\n".join(lacking())]
    if os.environ.get("UPDATE_GOLDEN"):
        parts = iter(made)
        text = MADE.sub(lambda _: next(parts), text)
        PAGE.write_text(text, encoding="utf-8")
    assert MADE.findall(text) == made


def objects() -> Iterator[str]:
    """Yield the lines of the table of objects."""
    yield "| table | object | how rows come | calls of a quiet run | recycle bin | columns |"
    yield "|---|---|---|---|---|---|"
    for table, entry in LEGACY_CATALOGUE.items():
        how, calls = HOW.get(table) or _usual(entry)
        has_bin = table in CATALOGUE and CATALOGUE[table].has_recycle_bin
        in_bin = "asked apart" if entry.has_recycle_bin else "not shown" if has_bin else "–"
        known = f" of {len(CATALOGUE[table].fields)}" if table in CATALOGUE else ", none in version 5"
        own = " and custom fields" if entry.has_custom_fields else ""
        columns = f"{len(entry.fields)}{known}{own}"
        yield f"| `{table}` | `{LEGACY[table].name}` | {how} | {calls} | {in_bin} | {columns} |"


def lacking() -> Iterator[str]:
    """Yield what version 5 has and these versions have not: columns, then whole objects."""
    for table, entry in LEGACY_CATALOGUE.items():
        if table in CATALOGUE:
            has = {field.column for field in entry.fields}
            names = [f"`{field.column}`" for field in CATALOGUE[table].fields if field.column not in has]
            if names:
                yield f"- `{table}`: {', '.join(names)}"
    absent = ", ".join(f"`{table}`" for table in CATALOGUE if table not in LEGACY_CATALOGUE)
    yield f"- no table at all: {absent}"


def _usual(entry: Entry) -> tuple[str, str]:
    if entry.route is Route.EXPORT:
        return "exports by creation and update", "2 or more"
    times = 2 if entry.has_recycle_bin else 1
    if entry.route is Route.WALK:
        return "all rows at every run", f"{times} for 200 rows"
    return f"query by `{entry.changed_by}`", str(times)
