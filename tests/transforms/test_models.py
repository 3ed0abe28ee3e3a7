"""What every model of the package promises its readers: a grain, described columns, a tested key."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transforms_warehouse import Warehouse

from pardot_transforms import (
    DataTestError,
    ModelError,
    ProjectError,
    TransformError,
    dictionary,
    load_project,
)
from pardot_transforms.quoting import identifier, literal

PROJECT = load_project()
MARTS = [model for model in PROJECT.models.values() if model.file.startswith("marts/")]


@pytest.mark.parametrize("model", MARTS, ids=lambda model: model.name)
def test_reporting_table_states_grain_and_tests_its_key(model: object) -> None:
    found = PROJECT.models[model.name]  # type: ignore[attr-defined]
    assert found.grain.startswith("One row per ")
    assert found.key is not None
    assert found.description.startswith("One row per ")


def test_documented_columns_are_exactly_the_columns_of_the_tables(warehouse: Warehouse) -> None:
    warehouse.build()
    for model in MARTS:
        rows = warehouse.query(
            "select column_name from information_schema.columns "
            f"where table_schema = 'pardot_marts' and table_name = '{model.name}' order by ordinal_position"
        )
        assert [row["column_name"] for row in rows] == list(model.columns), model.name


def test_dictionary_describes_existing_columns_and_needs_no_data() -> None:
    metrics = dictionary()
    assert metrics, "no metric"
    for metric in metrics:
        assert metric.metric in PROJECT.models[metric.model].columns, metric
    described = {metric.metric for metric in metrics if metric.model == "email_performance"}
    labels = {"list_email_id", "name", "subject", "campaign_id", "campaign_name", "sent_at", "is_deleted"}
    assert described == set(PROJECT.models["email_performance"].columns) - labels


@given(st.text(min_size=1).filter(lambda name: "\0" not in name))
def test_any_name_and_text_survives_quoting(name: str) -> None:
    inner = identifier(name)[1:-1]
    assert '"' not in inner.replace('""', "")
    assert inner.replace('""', '"') == name
    assert literal(name)[1:-1].replace("''", "'") == name


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_name_that_no_database_can_hold_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        identifier(name)


@pytest.mark.parametrize(
    "error",
    [
        ProjectError("marts/schema.yml", "It is empty"),
        ModelError("a", "marts/a.sql", 3, "There is no b"),
        DataTestError("a", "unique(id)", 1, ["7"]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_say_what_is_safe_and_survive_pickling(error: TransformError) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert str(copy) == str(error)
    assert "The reporting tables of the last good build are unchanged" in str(error)
    assert vars(copy) == vars(error)
