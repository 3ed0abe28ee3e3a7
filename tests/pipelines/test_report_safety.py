from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_database import company, write_company, write_plain
from report_page import ReadPage, report

from pardot_emulator.store import Store
from pardot_etl.report import __file__ as package
from pardot_etl.report import formats, render
from pardot_etl.report.page import read_page
from pardot_etl.report.published import open_published

STYLE = Path(package).with_name("style.css")
BIDI_OVERRIDE = "\u202e"


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with company(2_000) as built:
        yield built


@pytest.fixture(scope="module")
def database(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "company.duckdb"
    write_company(path, store)
    return path


@pytest.fixture(scope="module")
def page(database: Path) -> ReadPage:
    return report(database)


@pytest.fixture(scope="module")
def html(database: Path, page: ReadPage) -> str:
    return database.with_suffix(".html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_plain(tmp_path_factory.mktemp("plain") / "plain.duckdb")


def test_page_has_no_script_and_asks_for_nothing(html: str, page: ReadPage) -> None:
    policies = [e.attributes["content"] for e in page.all("meta") if "http-equiv" in e.attributes]
    attributes = {name for each in page.elements for name in each.attributes}

    assert policies == [
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    ]
    assert {"script", "iframe", "object", "embed", "form", "base", "img"}.isdisjoint(each.tag for each in page.elements)
    assert not {name for name in attributes if name.startswith("on") or name in ("src", "srcset", "xlink:href")}
    targets = {each.attributes["href"] for each in page.elements if "href" in each.attributes}
    assert {each for each in targets if not each.startswith("#")} == {"data:,"}
    assert not re.search(r"url\(|@import|image-set", STYLE.read_text(encoding="utf-8"))
    assert not [
        each
        for each in page.elements
        if "://" in "".join(each.attributes[name] for name in each.attributes if name != "title")
    ]


HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": "\"><img src=x onerror=alert(1)>' onmouseover='alert(1)",
    "entities": "R&D &lt;b&gt; &amp;",
    "template": "{{ 7 * 7 }} {% raw %} {x}",
    "style": "</style><style>*{display:none}",
    "comment": "<!-- {# -->",
    "right to left": "مرحبا بالعالم",
    "override": f"offer {BIDI_OVERRIDE}gnp.exe",
    "drawing": "</svg><svg onload=alert(1)><title></title></desc>",
    "ten thousand characters": "<b>" * 3_400,
    "emoji": "Launch 🚀 👩‍👩‍👧‍👦",
    "control": "one\x1b[31m\ntwo",
}


@pytest.fixture
def report_naming(plain: Path, tmp_path: Path) -> Callable[[str], ReadPage]:
    """Make the page of `plain` with another name for everything."""

    def make(name: str) -> ReadPage:
        database = Path(shutil.copy(plain, tmp_path / "named.duckdb"))
        with duckdb.connect(str(database)) as connection:
            for table, *columns in (
                ("visitor_activities_enriched", "campaign_name", "prospect_account_name"),
                ("email_performance", "name", "campaign_name"),
                ("email_link_performance", "link_url"),
                ("top_pages", "page"),
                ("visitor_sessions", "source_parameter", "medium_parameter"),
                ("form_performance", "name"),
                ("landing_page_performance", "name"),
                ("lifecycle_funnel", "stage_name"),
                ("opportunity_influence", "campaign_name"),
                ("attribution", "campaign_name"),
                ("follow_up_queue", "prospect_account_name", "reasons"),
                ("list_growth", "name"),
                ("deliverability", "email_domain"),
                ("data_quality", "table_name", "check_name", "explanation"),
            ):
                assigned = ", ".join(f"{column} = $name" for column in columns)
                connection.execute(f"UPDATE pardot_marts.{table} SET {assigned}", {"name": name})
        return report(database, title=name)

    return make


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_name_is_shown_and_does_nothing_else(report_naming: Callable[[str], ReadPage], name: str) -> None:
    harmless, hostile = report_naming("Plain"), report_naming(name)

    assert [(e.tag, e.path, set(e.attributes)) for e in hostile.elements] == [
        (e.tag, e.path, set(e.attributes)) for e in harmless.elements
    ]
    shown = [each.text for each in hostile.all("bdi")]
    assert shown.count(formats.label(name, "?")) >= 4, "as title, list email, campaign and account"
    assert BIDI_OVERRIDE not in hostile.text


@settings(max_examples=30, deadline=None)
@given(name=st.text(max_size=400))
def test_any_title_leaves_the_elements_of_the_page_as_they_are(database: Path, name: str) -> None:
    with open_published(database, marts_schema="nothing", raw_schema="nothing") as db:
        plain = read_page(db, "Plain")
    titled = ReadPage(render(replace(plain, title=formats.label(name, "Plain"))))

    assert [e.tag for e in titled.elements] == [e.tag for e in ReadPage(render(plain)).elements]


def test_long_name_is_cut(report_naming: Callable[[str], ReadPage]) -> None:
    page = report_naming("Long story " * 30)
    names = [each.text for each in page.all("bdi") if each.text.startswith("Long story")]

    assert names
    assert all(len(name) <= 120 and name.endswith("…") for name in names)


def test_no_prospect_is_on_the_page(store: Store, html: str) -> None:
    people = [row for row in store.rows("prospects") if row["firstName"] and row["lastName"]]
    secrets = {str(row["email"]) for row in store.rows("prospects") if row["email"]}
    secrets |= {f"{row['firstName']} {row['lastName']}" for row in people}

    assert len(secrets) > 100
    assert not [secret for secret in secrets if secret in html]


def test_address_in_a_name_is_masked(report_naming: Callable[[str], ReadPage]) -> None:
    page = report_naming("Test for ada.lovelace@mail.example.com, please ignore")

    assert "Test for [address], please ignore" in page.text
    assert "lovelace" not in page.text


def test_every_drawing_speaks_or_is_hidden(page: ReadPage) -> None:
    outer = [each for each in page.all("svg") if "svg" not in each.path]

    assert outer
    for each in outer:
        at = page.elements.index(each)
        inside = [inner.tag for inner in page.elements[at + 1 : at + 3]]
        assert "aria-hidden" in each.attributes or (each.attributes["role"] == "img" and inside == ["title", "desc"])
    assert all(each.text.strip() for each in [*page.all("title"), *page.all("desc")])


def test_every_table_has_a_caption_and_heads_with_a_scope(page: ReadPage) -> None:
    assert len(page.all("caption")) == len(page.all("table")) > 20
    assert {each.attributes["scope"] for each in page.all("th") if "thead" in each.path} == {"col"}
    assert {each.attributes["scope"] for each in page.all("th") if "tbody" in each.path} == {"row"}
    captions = [each.text for each in page.all("caption")]
    assert len(set(captions)) == len(captions), "two tables cannot be told apart"


def test_page_has_landmarks_and_its_links_lead_somewhere(page: ReadPage) -> None:
    ids = [each.attributes["id"] for each in page.elements if "id" in each.attributes]
    links = [each.attributes["href"].removeprefix("#") for each in page.all("a")]

    assert page.all("html")[0].attributes["lang"] == "en"
    assert all(len(page.all(tag)) == 1 for tag in ("header", "nav", "main", "footer"))
    assert not [each for tag in ("header", "nav", "footer") for each in page.all(tag) if "main" in each.path]
    assert page.all("a")[0].classes == {"skip"}, "the first thing that the tabulator key reaches"
    assert len(set(ids)) == len(ids)
    assert set(links) <= set(ids)
    assert {each.attributes["id"] for each in page.all("section")} <= set(links)


def test_headings_come_in_order_and_sections_are_named(page: ReadPage) -> None:
    titles = {each.attributes["id"] for each in page.all("h2")}
    levels = [int(each.tag[1]) for each in page.elements if each.tag in ("h1", "h2", "h3")]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert {each.attributes["aria-labelledby"] for each in page.all("section")} == titles
