"""The documentation of one's own database: static pages, a folder that opens from a disk as well as from a web server.

The pages load nothing, not even from each other, but for the one that a reader follows a link to. Only the index has a
script, which searches what stands on the page; each page's policy names the digests of its own style and script, and
allows nothing else. Every text is escaped by the templates: labels of custom fields are anybody's.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pardot.errors import StorageError
from pardot_etl.configuration import Places
from pardot_etl.files.snapshot import open_snapshot
from pardot_etl.site.content import TITLES, Known, Page, read_pages
from pardot_etl.site.lineage import lineage
from pardot_etl.verbs.written_folder import write_files
from pardot_transforms import dictionary, load_project
from pardot_transforms.graph import build_graph
from pardot_transforms.macros import macros
from pardot_transforms.questions import questions
from pardot_transforms.statements import Dataset

__all__ = ["SiteResult", "site_files", "write_site"]

_HERE = Path(__file__).parent
_REPORT_STYLE = _HERE.parent / "report" / "style.css"
_TOKENS = re.compile(r":root \{[^{}]*\}")


@dataclass(frozen=True)
class SiteResult:
    """What was written: pages of tables, questions on them, and files that differed from those before."""

    folder: Path
    tables: int
    questions: int
    written: int
    removed: int

    def lines(self) -> list[str]:
        removed = f", {self.removed} removed" if self.removed else ""
        return [
            f"{self.folder} ({self.tables} tables, {self.questions} questions; {self.written} files written{removed})",
            f"next: open {self.folder / 'index.html'}",
        ]


def write_site(places: Places, folder: Path, *, force: bool = False) -> SiteResult:
    """Write the documentation of the published database into the folder.

    The same database gives the same pages, byte for byte.

    Args:
        force: write it also among things that are not ours, and over pages of ours that were edited.

    Raises:
        SettingsError: the folder holds something else, or pages of ours were edited; nothing was touched.
        StorageError: the database cannot be read, or the folder not be written.
    """
    database = places.published_database
    known = _known(places)
    try:
        with open_snapshot(database) as db:
            pages = read_pages(db, known)
    except duckdb.Error as error:
        raise StorageError("read the database for the documentation", path=str(database), reason=str(error)) from error
    files = {name: text.encode() for name, text in site_files(pages, known).items()}
    written, removed = write_files(folder, files, what="the documentation", maker="pardot-etl docs", force=force)
    return SiteResult(folder, len(pages), sum(len(page.answers) for page in pages), written, removed)


def site_files(pages: list[Page], known: Known) -> Mapping[str, str]:
    """Return the text of every page by its path in the site."""
    reads = known.reads()
    script = (_HERE / "search.js").read_text(encoding="utf-8")
    groups = {part: [page for page in pages if page.name.part == part] for part in TITLES}
    shared = {"titles": TITLES, "dataset": known.dataset, "macros": known.macros}
    files = {
        "index.html": _render("index.html.j2", shared, root="", groups=groups, script=script),
        "macros.html": _render("macros.html.j2", shared, root=""),
    }
    for page in pages:
        drawing = lineage(page.name, reads, "../")
        files[page.name.href] = _render("table.html.j2", shared, root="../", page=page, drawing=drawing)
    return files


def _known(places: Places) -> Known:
    project = load_project(rules=places.rules)
    name = places.published_database.name.partition(".")[0]
    dataset = Dataset(places.dataset, name if name == places.dataset else None)
    return Known(project, build_graph(project), dictionary(), questions(), macros(), dataset)


def _render(template: str, shared: Mapping[str, object], *, script: str = "", **values: object) -> str:
    style = _style()
    scripts = f"'{_digest(script)}'" if script else "'none'"
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src {scripts}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    # Our own files, and the only texts that are not escaped.
    own = {"style": Markup(style), "script": Markup(script)}  # noqa: S704
    return _environment().get_template(template).render(policy=policy, **own, **shared, **values)


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(sha256(text.encode()).digest()).decode()


@cache
def _style() -> str:
    """Return the style sheet: the colours are the report's, for light, dark and print, and are kept there alone."""
    light, dark, paper = _TOKENS.findall(_REPORT_STYLE.read_text(encoding="utf-8"))
    own = (_HERE / "style.css").read_text(encoding="utf-8")
    return f"{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n@media print {{ {paper} }}\n{own}"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
