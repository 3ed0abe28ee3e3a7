"""Rules of one's own take the place of ours, under the same data tests; the page on them does what it says."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from transforms_warehouse import Warehouse, utc

from pardot_transforms import load_project
from pardot_transforms.errors import DataTestError, ProjectError

PAGE = Path(__file__).parents[2] / "docs" / "operating.md"
DEAL_AT = utc(2026, 3, 20, 12)
OWN = """-- One row per model.
select 'board' as model, {first} as first_weight, 0 as lead_weight, 1 as last_weight, 0 as other_weight,
    cast(null as bigint) as half_life_days
"""


@pytest.fixture
def warehouse() -> Warehouse:
    """A deal of 100 that two clicks came before."""
    warehouse = Warehouse(duckdb.connect())
    click = {"type": 1, "prospect_id": 1}
    warehouse.load(
        "visitor_activities",
        [
            {**click, "id": 1, "created_at": utc(2026, 3, 1)},
            {**click, "id": 2, "created_at": utc(2026, 3, 10)},
            {"id": 3, "type": 8, "prospect_id": 1, "opportunity_id": 7, "created_at": DEAL_AT},
        ],
    )
    warehouse.load("opportunities", [{"id": 7, "value": 100.0, "created_at": DEAL_AT}])
    return warehouse


def shares(warehouse: Warehouse, rules: Path | None) -> dict[str, list[float]]:
    warehouse.build(rules=rules)
    found: dict[str, list[float]] = {}
    for row in sorted(warehouse.mart("attribution"), key=lambda row: (row["model"], row["touch_number"])):
        found.setdefault(row["model"], []).append(float(row["attributed_value"]))
    return found


def written(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.sql").write_text(text, encoding="utf-8")
    return folder


def test_own_weights_take_the_place_of_ours_and_leave_with_the_folder(warehouse: Warehouse, tmp_path: Path) -> None:
    ours = shares(warehouse, None)
    assert len(ours) > 2
    rules = written(tmp_path / "rules", "attribution_weights", OWN.format(first=3))
    assert shares(warehouse, rules) == {"board": [75.0, 25.0]}
    written(rules, "attribution_weights", OWN.format(first=1))
    assert shares(warehouse, rules) == {"board": [50.0, 50.0]}
    assert shares(warehouse, None) == ours


def test_documented_rule_is_one(warehouse: Warehouse, tmp_path: Path) -> None:
    (example,) = re.findall(r"```sql\n(-- One row per model of attribution.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    found = shares(warehouse, written(tmp_path / "rules", "attribution_weights", example))
    assert set(found) == {"first", "board"}
    assert sum(found["board"]) == pytest.approx(100)


def test_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="folder of your own rules"):
        load_project(rules=tmp_path / "nowhere")


def test_every_rule_is_on_the_page() -> None:
    text = PAGE.read_text("utf-8")
    names = load_project().models
    rules = [name for name in names if name.endswith(("_weights", "_settings")) or name == "activity_types"]
    assert len(rules) == 5
    assert [name for name in rules if f"`{name}`" not in text] == []


def test_file_that_replaces_no_rule_is_refused_and_names_those_there_are(warehouse: Warehouse, tmp_path: Path) -> None:
    before = shares(warehouse, None)
    for name in ("attribution_weight", "attribution", "stg_prospects"):
        with pytest.raises(ProjectError, match="It replaces no rule; known are activity_types, attribution_weights"):
            warehouse.build(rules=written(tmp_path / name, name, OWN.format(first=1)))
    assert shares(warehouse, None) == before


def test_weight_below_zero_breaks_a_data_test(warehouse: Warehouse, tmp_path: Path) -> None:
    before = shares(warehouse, None)
    with pytest.raises(DataTestError, match="attribution_weights"):
        warehouse.build(rules=written(tmp_path / "rules", "attribution_weights", OWN.format(first=-1)))
    assert sorted(before) == sorted({row["model"] for row in warehouse.mart("attribution")})
