"""Each data test finds the rows that it promises to find, and only those."""

from __future__ import annotations

from pathlib import Path

import pytest
from transforms_warehouse import Warehouse, write_models

from pardot_transforms import DataTestError, ModelError, ProjectError

ROWS = """-- One row per thing.
select
    t.id,
    t.kind,
    t.parent
from (values (1, 'a', 1), (2, 'b', 1), (3, 'c', 9), (4, null, null), (5, 'c', 8)) as t (id, kind, parent)
"""


def build_with(warehouse: Warehouse, folder: Path, schema: str) -> None:
    head = "models:\n  - name: rows\n"
    warehouse.build(models=write_models(folder, {"marts/rows.sql": ROWS, "marts/schema.yml": head + schema}))


@pytest.mark.parametrize(
    ("test", "label", "count", "keys"),
    [
        ("kind, data_tests: [not_null]", "not_null(kind)", 1, ("4",)),
        ("kind, data_tests: [unique]", "unique(kind)", 1, ("c",)),
        (
            "parent, data_tests: [{relationships: {to: rows, field: id}}]",
            "relationships(parent)",
            2,
            ("3", "5"),
        ),
        (
            "parent, data_tests: [{relationships: {arguments: {to: ref('rows'), field: id}}}]",
            "relationships(parent)",
            2,
            ("3", "5"),
        ),
        ("kind, data_tests: [{accepted_values: {values: [a, b]}}]", "accepted_values(kind)", 2, ("3", "5")),
    ],
    ids=["not_null", "unique", "relationships", "relationships as dbt", "accepted_values"],
)
def test_failing_rows_are_counted_and_named_by_key(
    warehouse: Warehouse, tmp_path: Path, test: str, label: str, count: int, keys: tuple[str, ...]
) -> None:
    schema = f"    columns:\n      - {{name: id, data_tests: [unique]}}\n      - {{name: {test}}}\n"
    with pytest.raises(DataTestError) as caught:
        build_with(warehouse, tmp_path, schema)
    assert (caught.value.test, caught.value.failing_rows, caught.value.keys) == (label, count, keys)
    assert warehouse.names("pardot_marts") == set()


def test_combination_of_columns_can_be_unique_or_not(warehouse: Warehouse, tmp_path: Path) -> None:
    build_with(warehouse, tmp_path, '    data_tests:\n      - unique: {column_name: "(kind, parent)"}\n')
    with pytest.raises(DataTestError, match=r"unique\(kind is null\)"):
        build_with(warehouse, tmp_path, "    data_tests:\n      - unique: {column_name: kind is null}\n")


def test_unknown_test_or_relation_is_an_error(warehouse: Warehouse, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="There is no test positive; known are not_null, unique"):
        build_with(warehouse, tmp_path, "    columns:\n      - {name: id, data_tests: [positive]}\n")
    test = "{relationships: {to: gone, field: id}}"
    with pytest.raises(ProjectError, match="There is no model gone"):
        build_with(warehouse, tmp_path, f"    columns:\n      - {{name: id, data_tests: [{test}]}}\n")


def test_description_of_a_column_that_does_not_exist_is_an_error(warehouse: Warehouse, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="describes columns that it lacks: gone"):
        build_with(warehouse, tmp_path, "    columns:\n      - {name: gone, description: Not there.}\n")
