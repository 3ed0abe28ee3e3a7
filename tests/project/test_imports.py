"""Imports point one way: a newcomer can read the packages from the bottom up."""

from __future__ import annotations

import sys
from graphlib import TopologicalSorter

import pytest
from project_code import PACKAGES, Module, modules

LAYERS = tuple(
    tuple(layer.split())
    for layer in (
        """
        errors naming events redaction durable
        """,
        """
        windows position addresses objects.entry objects.standard objects.on_demand objects.descriptions
        catalogue custom_fields reviews backfills volume reading.personal settings_values settings_lookup
        settings api.codes api.retry api.allowance api.answers api.bodies api.hosts api.failures
        """,
        """
        stopping api.wire api.refusals api.token_store api.login_host api.grants api.consent api.credentials
        api.transport erased belonging
        """,
        """
        exports.ledger reading.records reading.csv_files reading.cells reading.text_files reading.plain
        reading.careful reading.parts reading.columns reading.pages dialects.dialect dialects.version5_queries
        dialects.version5 dialects.legacy_times dialects.legacy_api dialects.legacy_catalogue dialects.legacy_records
        dialects.legacy_queries dialects.legacy_visits dialects.legacy_templates dialects.legacy_statistics
        dialects.legacy_exports dialects.legacy dialects.legacy_beside dialects.choose
        exports.messages exports.adoption exports.pace exports.driver fields few_rows harvest reading.left_out
        """,
        """
        tables rejects purges session resources source
        """,
    )
)
"""Modules of the client in the groups of docs/architecture.md; each may use its own group and those before."""

ALLOWED = {
    "pardot": set[str](),
    "pardot_emulator": set[str](),
    "pardot_transforms": set[str](),
    "pardot_etl": {"pardot", "pardot_emulator", "pardot_transforms"},
}
"""Package -> the packages of ours that it may use."""

EVERY_MODULE = [module for package in PACKAGES for module in modules(package)]


def _id(module: Module) -> str:
    return f"{module.package}.{module.name}".rstrip(".")


def _own_imports(module: Module) -> set[str]:
    """Return the modules of the same package that a module imports, by their names below the package."""
    prefix = f"{module.package}."
    return {name.removeprefix(prefix) for name in module.imports() if name.startswith(prefix)}


@pytest.mark.parametrize("module", EVERY_MODULE, ids=_id)
def test_module_uses_only_allowed_packages_of_ours(module: Module) -> None:
    used = {name.split(".")[0] for name in module.imports()} & {*PACKAGES, "sources", "pipelines", "transforms"}
    assert used <= ALLOWED[module.package] | {module.package}


@pytest.mark.parametrize("module", modules("pardot"), ids=_id)
def test_module_of_client_uses_only_its_own_layer_and_lower_ones(module: Module) -> None:
    level = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    if module.path.name == "__init__.py":
        assert _own_imports(module) == set()  # public names are imported on first use, rooms have none
        return
    assert module.name in level, "place the module in LAYERS and in docs/architecture.md"
    assert {name for name in _own_imports(module) if level[name] > level[module.name]} == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_imports_itself_in_a_circle(package: str) -> None:
    graph = {module.name: _own_imports(module) for module in modules(package) if module.name}
    order = list(TopologicalSorter(graph).static_order())
    assert {module.name for module in modules(package) if module.name} <= set(order)


@pytest.mark.parametrize("module", modules("pardot_emulator"), ids=_id)
def test_emulator_uses_standard_library_only(module: Module) -> None:
    foreign = {name.split(".")[0] for name in module.imports()} - sys.stdlib_module_names - {"pardot_emulator"}
    assert foreign == set()


def test_layers_are_described_in_the_order_that_is_checked() -> None:
    text = (PACKAGES["pardot"].parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")
    described = [text.index(f"`{layer[0]}`") for layer in LAYERS]
    assert described == sorted(described)
    assert [name for layer in LAYERS for name in layer if f"`{name}`" not in text] == []
