"""A fixture for tests that run dlt: every test in a folder of its own, with no setting from outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pardot.redaction import SecretList

OURS = {"SOURCES", "DESTINATION", "PUBLISH", "TRANSFORMS", "LOAD", "EXTRACT", "NORMALIZE", "RUNTIME"}
QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the test in its own folder, without any variable that could be a setting, and without others' secrets."""
    isolate(tmp_path, monkeypatch)
    monkeypatch.setattr("pardot.redaction._secrets", SecretList())  # thousands of tests issue tokens


def isolate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder the current one and the one where dlt looks for everything."""
    for name in list(os.environ):
        if name.split("__")[0] in OURS:
            monkeypatch.delenv(name)
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DLT_DATA_DIR", str(folder / "dlt"))
    monkeypatch.setenv("DLT_PROJECT_DIR", str(folder))
    monkeypatch.chdir(folder)
