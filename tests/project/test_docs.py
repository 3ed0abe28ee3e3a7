"""What the documentation says exists, and what exists is documented."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType
from typing import get_args

import click
import pytest
import tomlkit
from project_code import PACKAGES, ROOT

from pardot.catalogue import CATALOGUE
from pardot.errors import PardotError
from pardot.settings import SETTINGS_KEYS, LoginMethod
from pardot_etl.cli import commands
from pardot_etl.configuration import _KEYS as PLACES
from pardot_etl.runs.notices import NOTICES

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROSE = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
KEYS = [key.key for key in SETTINGS_KEYS] + [".".join(key) for key in PLACES.values()]
GENERATED = ("settings.md", "objects.md", "errors.md", "open-questions.md", "operating.md")


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _commands_in(text: str) -> list[list[str]]:
    """Return every `pardot-etl …` in backticks or code blocks, as words."""
    found = re.findall(r"pardot-etl((?: [A-Za-z0-9_.,=/-]+)*)", text)
    return [["pardot-etl", *shlex.split(words)] for words in found]


@pytest.mark.parametrize("page", GENERATED)
def test_generated_page_is_current(page: str) -> None:
    made = _generator().PAGES[page]()
    assert (ROOT / "docs" / page).read_text(encoding="utf-8") == made, "run: python docs/generate.py"


def test_every_notice_is_explained_and_sent_by_something() -> None:
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| (.+) \| (.+) \|$", page, re.MULTILINE)
    assert [name for name, _, _ in rows] == list(NOTICES)
    code = "".join(
        path.read_text(encoding="utf-8")
        for package in ("pardot", "pardot_etl")
        for path in PACKAGES[package].rglob("*.py")
        if path.stem != "notices"
    )
    assert [name for name in NOTICES if f'"{name}"' not in code] == []


@pytest.mark.parametrize("key", KEYS)
def test_setting_is_documented_and_has_a_line_in_a_settings_file(key: str) -> None:
    assert f"`{key}`" in (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    files = "".join(
        (ROOT / ".dlt" / name).read_text(encoding="utf-8") for name in ("config.toml", "example.secrets.toml")
    )
    assert re.search(rf"^(# )?{key.rpartition('.')[2]} = ", files, re.MULTILINE)


def test_every_setting_has_a_description() -> None:
    assert [key.key for key in SETTINGS_KEYS if not key.description] == []


def test_config_file_holds_the_defaults_and_nothing_else() -> None:
    config = tomlkit.parse((ROOT / ".dlt" / "config.toml").read_text(encoding="utf-8")).unwrap()
    source = config["sources"]["pardot"]
    assert source == {key.name: key.default for key in SETTINGS_KEYS if key.name in source}
    assert config["runtime"]["dlthub_telemetry"] is False


def test_secrets_example_holds_no_value() -> None:
    text = (ROOT / ".dlt" / "example.secrets.toml").read_text(encoding="utf-8")
    values = re.findall(r'^(?:# )?[a-z_]+ = "(.*)"$', text, re.MULTILINE)
    assert len(values) == sum(key.name.startswith("credentials.") for key in SETTINGS_KEYS)
    assert set(values) == {""}


def test_every_list_of_logins_has_those_of_the_code() -> None:
    number = len(get_args(LoginMethod))
    head = {"README.md": "   | login | when | keys |", "docs/settings.md": "| login | keys beside `client_id` |"}
    for name, line in head.items():
        rows = (ROOT / name).read_text(encoding="utf-8").partition(line)[2].partition("\n\n")[0]
        assert len(rows.splitlines()) - 2 == number, name
    secrets = (ROOT / ".dlt" / "example.secrets.toml").read_text(encoding="utf-8")
    assert re.findall(r"^# Login (\d),", secrets, re.MULTILINE) == [str(each) for each in range(1, number + 1)]
    ways = re.findall(r"There are (\w+) ways to a token", (ROOT / "docs" / "logging-in.md").read_text(encoding="utf-8"))
    assert ways == [("no", "one", "two", "three", "four", "five", "six")[number]]


def test_layout_in_the_readme_has_every_folder_and_page() -> None:
    layout = README.partition("## Layout")[2]
    assert [name for name in ("benchmarks", "docs", "tests") if not re.search(rf"^{name} ", layout, re.MULTILINE)] == []
    words = {"dbt": "dbt", "fivetran": "Fivetran", "portable": "other databases", "notebook": "a notebook"}
    pages = {page.stem for page in (ROOT / "docs").iterdir() if page.suffix in (".md", ".ipynb")}
    assert [page for page in sorted(pages) if words.get(page, page.replace("-", " ")) not in layout] == []


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_commands_in_prose_exist_with_their_options(page: Path) -> None:
    for _, *words in _commands_in(page.read_text(encoding="utf-8")):
        if not words or words[0].startswith("-"):
            assert set(words) <= {"--help", "--version", "--debug", "--log-format"}
            continue
        verb = commands.get_command(click.Context(commands), words[0])
        if verb is None:
            pytest.fail(f"no such verb: {words[0]}")
        known = {option for one in verb.params for option in one.opts}
        assert {word.partition("=")[0] for word in words[1:] if word.startswith("-")} <= known


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_make_targets_in_prose_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"(?:`|^|=1 )make (?:[A-Z]+=\S+ )?([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name in targets if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_verb_is_in_the_readme_or_the_changelog() -> None:
    text = README + (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert [verb for verb in commands.commands if f"`{verb}`" not in text and f"pardot-etl {verb}" not in text] == []


def test_readme_names_every_raw_and_every_reporting_table() -> None:
    marts = {path.stem for path in (PACKAGES["pardot_transforms"] / "models" / "marts").glob("*.sql")}
    assert [name for name in [*CATALOGUE, *sorted(marts)] if f"`{name}`" not in README] == []


def test_exit_codes_of_errors_are_in_the_readme() -> None:
    table = set(map(int, re.findall(r"^\| (\d+) \|", README, re.MULTILINE)))
    assert {kind.exit_code for kind in _errors(PardotError)} | {0} == table


def _errors(kind: type[PardotError]) -> list[type[PardotError]]:
    below = [one for each in kind.__subclasses__() for one in _errors(each)]
    return [kind, *(one for one in below if one.__module__ == kind.__module__)]


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_python_in_prose_imports_what_exists(page: Path) -> None:
    for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(node.module or "")
                assert all(hasattr(module, one.name) for one in node.names)
