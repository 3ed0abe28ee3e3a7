"""The settings of files and folders: a typing error in a section of ours is told, dlt's own are left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from isolation import isolated

from pardot.errors import SettingsError
from pardot_etl.configuration import load_configuration, load_places

__all__ = ["isolated"]


Write = Callable[[str], None]


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Write]:
    """Writes a config.toml that dlt reads until the test is over."""
    from dlt.common.configuration.container import Container
    from dlt.common.configuration.specs import PluggableRunContext

    context = Container()[PluggableRunContext]
    cookie = context.push_context()

    def write(config: str) -> None:
        folder = tmp_path / "project"  # the current one may be what dlt comes back to
        (folder / ".dlt").mkdir(parents=True)
        (folder / ".dlt" / "config.toml").write_text(config, encoding="utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DLT_PROJECT_DIR", str(folder))
            context.reload(str(folder))

    yield write
    context.pop_context(cookie)


def problems() -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_places()
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (
            "[transforms]\nfivetan = true\n",
            "transforms.fivetan in config.toml is not a setting; did you mean fivetran?",
        ),
        ("[transforms]\nrule = 'mine'\n", "transforms.rule in config.toml is not a setting; did you mean rules?"),
        ("[publish]\nduck = 'x'\n", "publish.duck in config.toml is not a setting; did you mean duckdb?"),
        ("[publish.parquet]\nfolder = 'x'\n", "publish.parquet: expected a path, as text"),
        (
            "[destination.duckdb]\ncredentials = '.'\n",
            "destination.duckdb.credentials: expected the path of a file, or duckdb:///path",
        ),
        ("[transforms]\nrules = '/nowhere/at/all'\n", "transforms.rules: /nowhere/at/all is no folder"),
    ],
)
def test_value_or_key_that_is_of_no_use_is_told(config: str, problem: str, write: Write) -> None:
    write(config)
    assert problems() == [problem]


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("TRANSFORMS__FIVETAN", "TRANSFORMS__FIVETRAN"),
        ("TRANSFORMS__RULE", "TRANSFORMS__RULES"),
        ("PUBLISH__PARKET", "PUBLISH__PARQUET"),
        ("publish__duckdb", "PUBLISH__DUCKDB"),
    ],
)
def test_typing_error_in_a_variable_names_the_nearest(
    variable: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "true")
    assert problems() == [f"environment variable {variable} is not a setting; did you mean {hint}?"]


def test_sections_and_variables_of_others_are_not_judged(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        "[destination.duckdb]\nlocal_dir = 'x'\n[destination.filesystem]\nlayout = 'x'\n[destination.postgres]\na = 1\n"
        "[transformations]\nbuffer_max_items = 5\n[load]\nworkers = 2\n[normalize]\nworkers = 1\n",
    )
    for name in ("PUBLISH_TOPIC", "TRANSFORMS_DIR", "DESTINATION__DUCKDB__LOCAL_DIR", "TRANSFORMATIONS__X"):
        monkeypatch.setenv(name, "x")
    assert load_places().dataset == "pardot"


def test_problems_of_source_and_places_come_together_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__PARDOT__BUSINES_UNIT_ID", "x")
    monkeypatch.setenv("TRANSFORMS__FIVETAN", "true")
    with pytest.raises(SettingsError) as caught:
        load_configuration()
    text = "\n".join(caught.value.problems)
    assert text.count("BUSINES_UNIT_ID") == text.count("TRANSFORMS__FIVETAN") == 1


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("lake", "{here}/lake/pardot"),
        ("file:///srv/lake", "/srv/lake/pardot"),
        ("file://lake", "{here}/lake/pardot"),
        ("~/lake", "{home}/lake/pardot"),
        ("s3://bucket/lake", None),
    ],
)
def test_lake_is_a_folder_of_this_machine_or_none(url: str, folder: str | None, tmp_path: Path) -> None:
    found = load_places(lake=url).lake_folder
    assert found == (folder and Path(folder.format(here=tmp_path, home=Path.home())))
