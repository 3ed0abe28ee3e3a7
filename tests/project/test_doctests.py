"""Examples in docstrings are run."""

from __future__ import annotations

import doctest
import importlib

import pytest
from project_code import PACKAGES, Module, modules

WITH_EXAMPLES = [
    module for package in PACKAGES for module in modules(package) if ">>> " in module.path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("module", WITH_EXAMPLES, ids=lambda module: f"{module.package}.{module.name}")
def test_examples_give_what_they_show(module: Module) -> None:
    result = doctest.testmod(importlib.import_module(f"{module.package}.{module.name}"))
    assert result.attempted > 0
    assert result.failed == 0


def test_pure_modules_show_examples() -> None:
    shown = {module.name for module in WITH_EXAMPLES if module.package == "pardot"}
    assert {"naming", "windows", "reading.pages"} <= shown
