"""The report: one self-contained HTML page from the published database, to read, print and forward.

The page holds no script and asks nothing of any network, so that it opens from an e-mail attachment. It names
campaigns, emails and prospect accounts, never a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from pardot.errors import StorageError
from pardot_etl.report.page import Page, read_page
from pardot_etl.report.period import WEEKS
from pardot_etl.report.published import open_published

__all__ = ["ReportResult", "write_report"]


@dataclass(frozen=True)
class ReportResult:
    """A page that was written: where, how large, and with how many charts."""

    path: Path
    bytes: int
    charts: int


def write_report(
    database: Path,
    target: Path,
    *,
    marts_schema: str = "pardot_marts",
    raw_schema: str = "pardot",
    title: str | None = None,
    weeks: int = WEEKS,
) -> ReportResult:
    """Write the report about a published database; the old page at `target` stays until the new one is whole.

    The same database gives the same page, byte for byte: every period ends at the newest activity, not now.
    Missing tables make a page that says so.

    Args:
        weeks: how many weeks the key figures cover, beside as many before.

    Raises:
        StorageError: the database cannot be opened or read, or the page cannot be written.
    """
    if not database.is_file():
        raise StorageError(
            "make the report",
            path=str(database),
            reason="there is no such file",
            next_step="Nothing was changed; run `pardot-etl run` first, which publishes the database",
        )
    try:
        with open_published(database, marts_schema=marts_schema, raw_schema=raw_schema) as db:
            page = read_page(db, title or "Marketing report", weeks=weeks)
    except duckdb.Error as error:
        raise StorageError("read the database for the report", path=str(database), reason=str(error)) from error
    text = render(page).encode()
    draft = target.with_name(f".{target.name}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(text)
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StorageError("write the report", path=str(target), reason=error.strerror or str(error)) from error
    return ReportResult(target, len(text), page.charts)


def render(page: Page) -> str:
    """Return the page as HTML; every text is escaped by the template, every drawing already is."""
    return _template().render(page=page)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("template.html.j2")
