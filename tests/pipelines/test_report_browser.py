"""The page in a real browser: it fits, it asks for nothing, and it says what the parser says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from browsing import BROWSER, WIDTHS, look, serve
from report_database import company, write_company
from report_page import ReadPage

from pardot_etl.report import write_report

pytestmark = pytest.mark.browser

# The page allows no script, so a second page measures it from outside, in a frame of the width in question.
MEASURE = """<!doctype html><link rel="icon" href="data:,"><body style="margin:0"><pre id="found"></pre><script>
const frame = document.createElement("iframe");
frame.style = "border:0;width:%dpx;height:900px";
frame.onload = () => {
  const page = frame.contentDocument, root = page.documentElement;
  const measure = () => ({
    client: root.clientWidth,
    scroll: root.scrollWidth,
    beyond: [...page.querySelectorAll("body *")]
      .filter(e => !e.closest(".scroll") && !e.closest("svg") && e.getBoundingClientRect().right > root.clientWidth + 1)
      .map(e => e.outerHTML.slice(0, 80)),
    small: [...page.querySelectorAll("body *")]
      .filter(e => e.textContent.trim() && parseFloat(frame.contentWindow.getComputedStyle(e).fontSize) < 11.5)
      .map(e => e.outerHTML.slice(0, 80)),
    height: root.scrollHeight,
  });
  const closed = measure();
  page.querySelectorAll("details").forEach(each => { each.open = true; });
  const found = {closed, open: measure(), text: page.body.innerText};
  document.getElementById("found").textContent = JSON.stringify(found);
};
frame.src = "report.html";
document.body.append(frame);
</script>"""


@pytest.fixture(scope="module")
def browser() -> str:
    if BROWSER is None:
        pytest.skip("no Chromium on this machine: the page was not looked at in a browser")
    return BROWSER


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("browser")
    with company(3_000) as store:
        write_company(folder / "company.duckdb", store)
    write_report(folder / "company.duckdb", folder / "report.html")
    return (folder / "report.html").read_bytes()


def test_page_asks_for_nothing_and_the_console_is_silent(browser: str, html: bytes, tmp_path: Path) -> None:
    with serve({"/report.html": html}) as (origin, requests):
        dom, console = look(browser, f"{origin}/report.html", tmp_path)

    assert requests == ["/report.html"]
    assert console == ""
    assert ReadPage(dom).headlines() == ReadPage(html.decode()).headlines()


@pytest.mark.parametrize("width", WIDTHS)
def test_page_fits_its_width_and_stays_readable(browser: str, html: bytes, tmp_path: Path, width: int) -> None:
    pages = {"/report.html": html, "/": (MEASURE % width).encode()}
    with serve(pages) as (origin, requests):
        dom, console = look(browser, f"{origin}/", tmp_path)
    found = json.loads(ReadPage(dom).all("pre")[0].text)

    assert sorted(requests) == ["/", "/report.html"]
    assert console == ""
    for state in ("closed", "open"):
        assert found[state]["client"] == width
        assert found[state]["scroll"] == width
        assert found[state]["beyond"] == []
        assert found[state]["small"] == []
    assert 3_000 < found["closed"]["height"] < 24_000 < 3 * found["open"]["height"]
    for value in ReadPage(html.decode()).headlines().values():
        assert re.search(rf"(?<!\S){re.escape(value)}(?!\S)", " ".join(found["text"].split()))


def test_script_would_be_refused(browser: str, html: bytes, tmp_path: Path) -> None:
    """The page's policy is in force: markup that slipped through would still not run."""
    planted = html.replace(b"<main ", b"<script>document.title = 'ran'</script><img src='/leak.png'><main ")
    with serve({"/report.html": planted}) as (origin, requests):
        dom, console = look(browser, f"{origin}/report.html", tmp_path)

    assert requests == ["/report.html"]
    assert "<title>ran</title>" not in dom
    assert "Content Security Policy" in console
