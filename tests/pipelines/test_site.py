"""The documentation site: what its pages say, that they are harmless, and how they look in a real browser."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pytest
from browsing import BROWSER, WIDTHS, look, serve
from command_line import invoke
from report_database import company, write_company
from report_page import ReadPage

from pardot_etl.configuration import Places
from pardot_etl.site import write_site
from pardot_etl.site.content import Name
from pardot_etl.site.lineage import between_tables, place
from pardot_transforms import load_project
from pardot_transforms.macros import macros
from pardot_transforms.questions import questions
from pardot_transforms.statements import Dataset

HOSTILE = {
    "evil__c": "<script>alert(1)</script>\"><img src=x onerror=alert(2)>' onmouseover='alert(3)",
    "style__c": "</style></code><style>*{display:none}",
    "template__c": "{{ 7 * 7 }} {% raw %}",
    "bidi__c": "offer \u202egnp.exe",
}


def places(database: Path) -> Places:
    return Places(database.with_name("w.duckdb"), database, None, None, database.parent)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is called as its raw schema, as by default; that name would be ambiguous while it is written."""
    path = tmp_path_factory.mktemp("site") / "company.duckdb"
    with company(1_500) as store:
        write_company(path, store)
    path = path.rename(path.with_name("pardot.duckdb"))
    with duckdb.connect(":memory:") as db:
        db.execute(f"ATTACH '{path}' AS there")
        db.execute("USE there")
        db.execute("CREATE TABLE pardot.custom_fields (id BIGINT, field_id VARCHAR, name VARCHAR)")
        for number, (column, label) in enumerate(HOSTILE.items()):
            db.execute(f"ALTER TABLE pardot.prospects ADD COLUMN {column} VARCHAR")
            db.execute("INSERT INTO pardot.custom_fields VALUES (?, ?, ?)", [number, column.removesuffix("__c"), label])
        db.execute("ALTER TABLE pardot.prospects ADD COLUMN \"<b onclick='x'>\" VARCHAR")
        db.execute('CREATE TABLE pardot."../../escape" (id BIGINT)')
        db.execute("UPDATE pardot_marts.campaign_performance SET name = '<script>alert(4)</script>'")
    return path


@pytest.fixture(scope="module")
def site(database: Path) -> Path:
    folder = database.parent / "docs"
    write_site(places(database), folder)
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, ReadPage]:
    return {
        path.relative_to(site).as_posix(): ReadPage(path.read_text(encoding="utf-8"))
        for path in sorted(site.rglob("*.html"))
    }


# What they say.


def test_every_table_has_a_page_and_every_link_leads_to_a_place(pages: dict[str, ReadPage]) -> None:
    project = load_project()
    models = {f"{'reporting' if m.is_reporting else 'workings'}/{m.name}.html" for m in project.models.values()}
    histories = {f"history/{name}.html" for name in project.histories}
    raw = {f"raw/{source.name}.html" for source in project.sources.values()} | {"raw/custom_fields.html"}
    assert set(pages) >= {"index.html", "macros.html"} | models | histories | raw
    assert not [name for name in pages if "escape" in name]
    anchors = {
        name: {e.attributes["id"] for e in page.elements if "id" in e.attributes} for name, page in pages.items()
    }
    for name, page in pages.items():
        for link in page.all("a"):
            target, _, anchor = link.attributes["href"].partition("#")
            parts: list[str] = []
            for part in [*name.split("/")[:-1], *target.split("/")] if target else name.split("/"):
                parts = parts[:-1] if part == ".." else [*parts, part]
            assert not anchor or anchor in anchors["/".join(parts)], (name, link.attributes["href"])
            assert "/".join(parts) in pages, (name, link.attributes["href"])


def test_page_of_a_table_has_columns_metrics_tests_and_questions(pages: dict[str, ReadPage]) -> None:
    page, model = pages["reporting/email_performance.html"], load_project().models["email_performance"]
    for column, description in model.columns.items():
        assert column in page.text
        assert " ".join(description.split()) in page.text
    asked = [one for one in questions() if one.table == "email_performance"]
    assert [each.text for each in page.all("h3")] == [one.text for one in asked]
    assert [each.text for each in page.all("pre")][:5] == [one.sql for one in asked]
    assert "Mail scanners" in page.text or "open rate" in page.text.lower()
    assert "Tested: never NULL; unique." in page.text
    assert "bigint" in page.text


def test_statement_on_a_page_runs_in_this_very_file(pages: dict[str, ReadPage], database: Path) -> None:
    """The file is called as its raw schema, so `pardot.prospects` would be ambiguous."""
    sql = pages["raw/prospects.html"].all("pre")[0].text
    assert "FROM pardot.pardot.prospects" in sql
    with duckdb.connect(str(database), read_only=True) as db, pytest.raises(duckdb.BinderException, match="mbiguous"):
        db.execute(Dataset().place("SELECT 1 FROM pardot.prospects"))


def test_macros_have_a_page(pages: dict[str, ReadPage]) -> None:
    assert [each.text for each in pages["macros.html"].all("h2")] == [one.call for one in macros()]
    assert "prospects_as_of" in pages["history/prospect_versions.html"].text


def test_same_database_gives_the_same_pages_and_edited_ones_are_left_alone(database: Path, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    assert write_site(places(database), folder).written > 80
    assert write_site(places(database), folder).written == 0
    (folder / "index.html").write_text("mine", encoding="utf-8")
    with pytest.raises(Exception, match=r"files that are not as `pardot-etl docs` wrote them: index\.html"):
        write_site(places(database), folder)
    assert (folder / "index.html").read_text(encoding="utf-8") == "mine"
    assert write_site(places(database), folder, force=True).written == 1


def test_without_a_published_file_the_verb_ends_with_1(tmp_path: Path) -> None:
    outcome = invoke("docs", str(tmp_path / "docs"))
    assert outcome.code == 1
    assert "nothing was published yet" in outcome.err
    assert not (tmp_path / "docs").exists()


def test_verb_writes_the_site(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISH__DUCKDB", str(database))
    outcome = invoke("docs", "docs")
    assert outcome.code == 0
    assert re.match(r"docs \(\d+ tables, \d+ questions; \d+ files written\)\n", outcome.out)


# Lineage.


def node(name: str, part: Any = "reporting") -> Name:
    return Name(part, name)


def test_lineage_has_every_table_above_and_below_and_reads_from_left_to_right() -> None:
    raw, view, middle, end = node("raw", "raw"), node("view", "workings"), node("middle"), node("end")
    reads = {raw: (), view: (raw,), middle: (view, raw), end: (middle, view), node("other"): (raw,)}
    tables = between_tables(middle, reads)
    assert tables == {raw: (), middle: (raw,), end: (middle, raw), node("other"): (raw,)}
    assert place(middle, tables) == [[raw], [middle], [end]]
    assert between_tables(view, reads)[view] == (raw,)
    assert place(raw, tables)[0] == [raw]
    assert sorted(name.name for column in place(raw, tables) for name in column) == ["end", "middle", "other", "raw"]


def test_drawing_links_to_all_that_the_table_comes_from(pages: dict[str, ReadPage]) -> None:
    page = pages["reporting/campaign_performance.html"]
    drawn = {each.attributes["href"] for each in page.all("a") if "svg" in each.path}
    assert {"../raw/campaigns.html", "../reporting/visitor_activities_enriched.html"} <= drawn
    assert not any("workings" in href for href in drawn)


# Harmless.


def test_pages_allow_only_their_own_style_and_script(site: Path, pages: dict[str, ReadPage]) -> None:
    for name, page in pages.items():
        html = (site / name).read_text(encoding="utf-8")
        (policy,) = (e.attributes["content"] for e in page.all("meta") if "http-equiv" in e.attributes)
        (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
        scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
        assert f"style-src '{digest(style)}'" in policy
        assert f"script-src '{digest(scripts[0])}'" in policy if scripts else "script-src 'none'" in policy
        assert len(scripts) == (name == "index.html")
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        attributes = {attribute for each in page.elements for attribute in each.attributes}
        assert not {
            one for one in attributes if one.startswith("on") or one in ("src", "srcset", "xlink:href", "style")
        }
        assert {"iframe", "object", "embed", "form", "base", "img"}.isdisjoint(each.tag for each in page.elements)
        assert not re.search(r"url\(|@import|https?://", style)


def digest(text: str) -> str:
    return "sha256-" + base64.b64encode(sha256(text.encode()).digest()).decode()


def test_hostile_labels_are_shown_and_do_nothing_else(pages: dict[str, ReadPage]) -> None:
    page = pages["raw/prospects.html"]
    assert "<script>alert(1)</script>" in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert "<b onclick='x'>" in page.text
    assert "\u202e" not in page.text
    assert page.all("script") == page.all("b") == page.all("img") == []


def test_no_value_of_any_row_is_on_a_page(site: Path) -> None:
    assert not [path for path in site.rglob("*.html") if "alert(4)" in path.read_text(encoding="utf-8")]


# In a browser.


@pytest.fixture(scope="module")
def browser() -> str:
    if BROWSER is None:
        pytest.skip("no Chromium on this machine: the site was not looked at in a browser")
    return BROWSER


SHOWN = ("index.html", "reporting/email_performance.html", "raw/prospects.html", "reporting/attribution.html")
SEARCH = """<!doctype html><link rel="icon" href="data:,"><pre id="found"></pre><script>
const frame = document.createElement("iframe");
frame.style = "border:0;width:%dpx;height:900px";
frame.onload = () => {
  const page = frame.contentDocument, root = page.documentElement, box = page.getElementById("search");
  const found = {client: root.clientWidth, scroll: root.scrollWidth,
    beyond: [...page.querySelectorAll("body *")].filter(e => !e.closest(".scroll") && !e.closest(".skip") &&
      e.getBoundingClientRect().right > root.clientWidth + 1).map(e => e.outerHTML.slice(0, 80)),
    small: [...page.querySelectorAll("body *")].filter(e => e.textContent.trim() &&
      parseFloat(frame.contentWindow.getComputedStyle(e).fontSize) < 11.5).map(e => e.outerHTML.slice(0, 80)),
    reached: [...page.querySelectorAll("svg a")].every(e => { e.focus(); return page.activeElement === e; })};
  if (box) {
    const search = (text) => {
      box.value = text;
      box.dispatchEvent(new Event("input"));
      return [...page.querySelectorAll("#found li:not([hidden]) a")].map(e => e.textContent);
    };
    found.before = search("");
    found.rate = search("open RATE email");
    found.said = page.getElementById("said").textContent;
    found.nothing = search("no such thing at all");
  }
  document.getElementById("found").textContent = JSON.stringify(found);
};
frame.src = "page.html";
document.body.append(frame);
</script>"""


@pytest.fixture
def profile(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "profile"
    shutil.rmtree(tmp_path / "profile", ignore_errors=True)


@pytest.mark.browser
@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("width", WIDTHS)
def test_page_fits_asks_for_nothing_and_answers_the_keyboard(
    browser: str, site: Path, profile: Path, name: str, width: int
) -> None:
    served = {"/page.html": (site / name).read_bytes(), "/": (SEARCH % width).encode()}
    with serve(served) as (origin, requests):
        dom, console = look(browser, f"{origin}/", profile)
    found = json.loads(ReadPage(dom).all("pre")[0].text)
    assert sorted(requests) == ["/", "/page.html"]
    assert console == ""
    assert found["client"] == found["scroll"] == width
    assert found["beyond"] == found["small"] == []
    assert found["reached"] is True
    if name == "index.html":
        assert found["before"] == found["nothing"] == []
        assert "pardot_marts.email_performance" not in found["rate"] or found["rate"][0].startswith("pardot_marts")
        assert any("Open rate" in one for one in found["rate"])
        assert re.fullmatch(r"\d+ found(, the first 50 shown)?", found["said"])


@pytest.mark.browser
def test_script_that_slipped_through_would_be_refused(browser: str, site: Path, profile: Path) -> None:
    html = (site / "raw" / "prospects.html").read_bytes()
    planted = html.replace(
        b'<main id="content">', b"<main><script>document.title = 'ran'</script><img src='/leak.png'>"
    )
    assert planted != html
    with serve({"/page.html": planted}) as (origin, requests):
        dom, console = look(browser, f"{origin}/page.html", profile)
    assert requests == ["/page.html"]
    assert "<title>ran</title>" not in dom
    assert "Content Security Policy" in console
