"""`transforms.fivetran`: off by default, and the published file holds what it says, whatever the file is called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from command_line import invoke
from fivetran import READ, SCHEMA
from transforms_warehouse import Warehouse, utc

from pardot.errors import SettingsError
from pardot_etl.configuration import load_places
from pardot_etl.files.database import create_if_missing

WORKING = Path("pardot_working.duckdb")
PUBLISHED = Path("pardot.duckdb")


def load() -> None:
    create_if_missing(WORKING)
    with duckdb.connect(str(WORKING)) as connection:
        warehouse = Warehouse(connection)
        warehouse.load("prospects", [{"id": 1, "email": "a@example.com"}, {"id": 2, "is_deleted": True}])
        warehouse.load("visitor_activities", [{"id": 1, "type": 20, "prospect_id": 1, "created_at": utc(2026, 1, 1)}])


def ask(path: Path, query: str, *, alias: str | None = None) -> Sequence[Any]:
    """Ask the published file as whoever opens it plainly, or attaches it under a name of theirs, does."""
    if alias is None:
        with duckdb.connect(str(path), read_only=True) as db:
            return db.execute(query).fetchall()
    with duckdb.connect(":memory:") as db:
        db.execute(f"ATTACH '{path}' AS {alias} (READ_ONLY)")
        return db.execute(f"USE {alias}").execute(query).fetchall()


def tables(path: Path) -> set[str]:
    query = f"SELECT table_name FROM duckdb_tables() WHERE schema_name = '{SCHEMA}'"
    return {str(name) for (name,) in ask(path, query)}


def test_published_file_has_the_tables_when_asked_for_and_not_when_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    load()
    assert invoke("transform").code == 0
    assert tables(PUBLISHED) == set()
    monkeypatch.setenv("TRANSFORMS__FIVETRAN", "true")
    assert invoke("transform").code == 0
    assert tables(PUBLISHED) == set(READ)
    query = f"SELECT id, email, _fivetran_deleted FROM {SCHEMA}.prospect ORDER BY id"
    rows = [(1, "a@example.com", False), (2, None, True)]
    assert ask(PUBLISHED, query) == ask(PUBLISHED, query, alias="anything") == rows
    monkeypatch.setenv("TRANSFORMS__FIVETRAN", "false")
    assert invoke("transform").code == 0
    assert tables(PUBLISHED) == set()


@pytest.mark.parametrize(("given", "is_on"), [("true", True), ("True", True), ("false", False), ("", False)])
def test_setting_is_true_or_false(given: str, is_on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_places().fivetran is False
    monkeypatch.setenv("TRANSFORMS__FIVETRAN", given)
    assert load_places().fivetran is is_on


def test_anything_else_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSFORMS__FIVETRAN", "perhaps")
    with pytest.raises(SettingsError, match=r"transforms\.fivetran: expected true or false"):
        load_places()


def test_exported_dbt_project_is_the_same_with_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    assert invoke("export-dbt", "without").code == 0
    monkeypatch.setenv("TRANSFORMS__FIVETRAN", "true")
    assert invoke("export-dbt", "with").code == 0
    names = [{path.relative_to(folder) for path in Path(folder).rglob("*")} for folder in ("without", "with")]
    assert names[0] == names[1]
