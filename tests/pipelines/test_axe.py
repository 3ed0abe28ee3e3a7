"""axe-core finds nothing in the report and in the site, in light and in dark, with everything opened.

The pages allow no foreign script, so axe runs in copies of them that do, in a frame: the browser's own window is never
as narrow as a phone. `make axe` installs it and runs these.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from browsing import BROWSER, WIDTHS, look, serve
from report_database import company, write_company
from report_page import ReadPage

from pardot_etl.configuration import Places
from pardot_etl.report import write_report
from pardot_etl.site import write_site

AXE = os.environ.get("PARDOT_AXE", "")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not AXE, reason="LEFT OUT: axe-core; `make axe` installs and runs it"),
    pytest.mark.skipif(BROWSER is None, reason="LEFT OUT: no Chromium on this machine"),
]

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
RUN = """
document.querySelectorAll("details").forEach((each) => { each.open = true; });
document.querySelectorAll("#search").forEach((each) => {
  each.value = "rate";
  each.dispatchEvent(new Event("input"));
});
axe.run(document, {resultTypes: ["violations"]}).then((found) => {
  const told = (each) => ({
    rule: each.id, impact: each.impact, help: each.help,
    nodes: each.nodes.map((node) => node.target.join(" ") + " " + node.failureSummary),
  });
  const scheme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  parent.postMessage(
    {scheme, width: innerWidth, passed: found.passes.length, violations: found.violations.map(told)}, "*"
  );
});
"""
FRAME = """<!doctype html>
<pre></pre>
<script>
addEventListener("message", (told) => { document.querySelector("pre").textContent = JSON.stringify(told.data); });
</script>
<iframe src="/page.html" width="%d" height="900" style="border: 0"></iframe>
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The report, and of the site the index, the macros, and a page of each kind."""
    folder = tmp_path_factory.mktemp("axe")
    database = folder / "company.duckdb"
    with company(3_000) as store:
        write_company(database, store)
    write_report(database, folder / "report.html")
    write_site(Places(folder / "w.duckdb", database, None, None, folder), folder / "site")
    kinds = ("reporting/email_performance", "raw/prospects", "history/prospect_versions", "workings/int_people")
    site = {name: folder / "site" / f"{name}.html" for name in ("index", "macros", *kinds)}
    return {name: path.read_text(encoding="utf-8") for name, path in {"report": folder / "report.html", **site}.items()}


def watched(html: str) -> bytes:
    """Return a copy of a page that lets axe in."""
    assert POLICY.search(html)
    axe = Path(AXE).read_text(encoding="utf-8")
    return f"{POLICY.sub('', html)}<script>{axe}</script><script>{RUN}</script>".encode()


def found_in(html: str, profile: Path, *, width: int = 1280, is_dark: bool = False) -> dict[str, Any]:
    """Return what axe said of a page in a frame of some width, and how the page saw itself there."""
    assert BROWSER is not None
    with serve({"/page.html": watched(html), "/frame.html": (FRAME % width).encode()}) as (origin, _):
        dom, _ = look(BROWSER, f"{origin}/frame.html", profile, is_dark=is_dark)
    found: dict[str, Any] = json.loads(ReadPage(dom).all("pre")[0].text)
    assert (found["scheme"], found["width"]) == ("dark" if is_dark else "light", width)
    return found


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(pages: Mapping[str, str], tmp_path: Path, scheme: str, width: int) -> None:
    wrong = {}
    for name, html in pages.items():
        found = found_in(html, tmp_path, width=width, is_dark=scheme == "dark")
        assert found["passed"] >= 15
        print(f"{name}, {scheme}, {width}: {found['passed']} rules passed, {len(found['violations'])} violated")
        wrong[name] = [(each["impact"], each["rule"], each["nodes"][:3]) for each in found["violations"]]
    assert {name: found for name, found in wrong.items() if found} == {}


def test_axe_would_find_what_is_wrong(pages: Mapping[str, str], tmp_path: Path) -> None:
    planted = pages["report"].replace(
        "<main ", '<p style="color:#ccc;background:#fff">Faint</p><img src="data:,"><main '
    )
    found = found_in(planted, tmp_path)
    assert {"color-contrast", "image-alt"} <= {each["rule"] for each in found["violations"]}
