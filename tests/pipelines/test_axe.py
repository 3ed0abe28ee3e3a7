"""axe-core finds nothing in the report and in the site, in light and in dark, with everything opened.

The pages allow no foreign script, so axe runs in copies of them that do. `make axe` installs it and runs these.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from browsing import BROWSER, look, serve
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
document.documentElement.dataset.scheme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
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
  const result = document.createElement("pre");
  result.className = "axe";
  result.textContent = JSON.stringify({passed: found.passes.length, violations: found.violations.map(told)});
  document.body.append(result);
});
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


def found_in(html: str, profile: Path, **options: Any) -> tuple[str, dict[str, Any]]:
    """Return the scheme that the page was shown in, and what axe said of it."""
    assert BROWSER is not None
    with serve({"/page.html": watched(html)}) as (origin, _):
        dom, _ = look(BROWSER, f"{origin}/page.html", profile, **options)
    (scheme,) = re.findall(r'data-scheme="(\w+)"', dom)
    return scheme, json.loads(ReadPage(dom).all("pre", "axe")[0].text)


@pytest.mark.parametrize("width", [1280, 600])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(pages: Mapping[str, str], tmp_path: Path, scheme: str, width: int) -> None:
    wrong = {}
    for name, html in pages.items():
        shown, found = found_in(html, tmp_path, width=width, is_dark=scheme == "dark")
        assert shown == scheme
        assert found["passed"] >= 15
        print(f"{name}, {scheme}, {width}: {found['passed']} rules passed, {len(found['violations'])} violated")
        wrong[name] = [(each["impact"], each["rule"], each["nodes"][:3]) for each in found["violations"]]
    assert {name: found for name, found in wrong.items() if found} == {}


def test_axe_would_find_what_is_wrong(pages: Mapping[str, str], tmp_path: Path) -> None:
    planted = pages["report"].replace(
        "<main ", '<p style="color:#ccc;background:#fff">Faint</p><img src="data:,"><main '
    )
    _, found = found_in(planted, tmp_path)
    assert {"color-contrast", "image-alt"} <= {each["rule"] for each in found["violations"]}
