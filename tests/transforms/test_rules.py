"""Rules of one's own take the place of ours, under the same data tests; the page on them does what it says."""

from __future__ import annotations

import re
from datetime import date
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
    warehouse.build(select=["attribution"], rules=rules)
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


def test_documented_rules_for_leads_and_fiscal_years_are_some(warehouse: Warehouse, tmp_path: Path) -> None:
    text = PAGE.read_text("utf-8")
    for name, begin in (("mql_rules", "of ours for marketing"), ("calendar_settings", "our fiscal year")):
        (example,) = re.findall(rf"```sql\n(-- One row[^\n]*{begin}.*?)```", text, re.DOTALL)
        written(tmp_path / "rules", name, example)
    fit = {"score": 100, "grade": "B"}
    warehouse.load("prospects", [{"id": 1, "assigned_to_id": 5}, {"id": 2, **fit}, {"id": 3, **fit, "score": 99}])
    warehouse.build(rules=tmp_path / "rules")
    assert {row["prospect_id"]: row["rule"] for row in warehouse.mart("qualified_prospects")} == {
        1: "assigned",
        2: "hot and fitting",
    }
    days = {row["day_on"]: row for row in warehouse.mart("calendar")}
    assert (days[DEAL_AT.date()]["fiscal_quarter_name"], days[DEAL_AT.date()]["week_starts_on"]) == (
        "FY2027 Q1",
        date(2026, 3, 15),
    )


def test_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="folder of your own rules"):
        load_project(rules=tmp_path / "nowhere")


def test_every_rule_is_on_the_page() -> None:
    text = PAGE.read_text("utf-8")
    models = load_project().models
    rules = [name for name, model in models.items() if model.is_rule]
    assert len(rules) == 9
    assert {name for name in models if name.endswith(("_weights", "_settings", "_rules"))} < set(rules)
    assert [name for name in rules if f"`{name}`" not in text] == []


def test_file_that_replaces_no_rule_is_refused_and_names_those_there_are(warehouse: Warehouse, tmp_path: Path) -> None:
    before = shares(warehouse, None)
    for name in ("attribution_weight", "attribution", "stg_prospects"):
        with pytest.raises(ProjectError, match="It replaces no rule; known are activity_types, activity_weights, attr"):
            warehouse.build(rules=written(tmp_path / name, name, OWN.format(first=1)))
    assert shares(warehouse, None) == before


def test_weight_below_zero_breaks_a_data_test(warehouse: Warehouse, tmp_path: Path) -> None:
    before = shares(warehouse, None)
    with pytest.raises(DataTestError, match=r"^The rule attribution_weights was not published.*mend the rule"):
        warehouse.build(rules=written(tmp_path / "rules", "attribution_weights", OWN.format(first=-1)))
    assert sorted(before) == sorted({row["model"] for row in warehouse.mart("attribution")})


def test_every_column_of_a_rule_has_a_declared_type() -> None:
    rules = [model for model in load_project().models.values() if model.is_rule]
    assert [model.name for model in rules if set(model.types) != set(model.columns)] == []
    settings = {model.name for model in rules if model.name.endswith("_settings")}
    assert {model.name for model in rules if model.has_one_row} == settings


def with_column(name: str, **values: str) -> str:
    """Return our rule with other values in some of its columns; one that it does not have is one more."""
    model = load_project().models[name]
    names = [*model.columns, *(column for column in values if column not in model.columns)]
    columns = ", ".join(f"{values.get(column, column)} as {column}" for column in names)
    return f"-- One row.\nwith ours as (\n{model.sql}\n)\n\nselect {columns} from ours\n"


WRONG_VALUES = {
    "month 0": ("calendar_settings", {"first_fiscal_month": "0"}),
    "month 13": ("calendar_settings", {"first_fiscal_month": "13"}),
    "weekday 8": ("calendar_settings", {"first_weekday": "8"}),
    "no month": ("calendar_settings", {"first_fiscal_month": "cast(null as bigint)"}),
    "neither end nor beginning": ("calendar_settings", {"is_named_by_end": "cast(null as boolean)"}),
    "no link": ("suspected_action_settings", {"least_links": "0"}),
    "seconds before the send": ("suspected_action_settings", {"most_seconds_after_send": "-1"}),
    "days after the send": ("suspected_action_settings", {"most_seconds_after_send": "86401"}),
    "rule of nothing": ("mql_rules", {"stage_name": "cast(null as varchar)"}),
    "stage and score": ("mql_rules", {"least_score": "100"}),
    "capitals": ("mql_rules", {"stage_name": "'MQL'"}),
    "no such grade": ("mql_rules", {"stage_name": "cast(null as varchar)", "least_grade": "'E'"}),
    "same name twice": ("mql_rules", {"rule": "'stage'"}),
    "same number twice": ("mql_rules", {"rule_number": "1"}),
    "type and kind twice": ("activity_weights", {"type": "4"}),
    "no points": ("activity_weights", {"points": "cast(null as bigint)"}),
    "nothing counts": ("follow_up_weights", {"most": "0"}),
    "score by nothing": ("follow_up_settings", {"score_per_point": "0"}),
    "factor 0": ("data_quality_settings", {"volume_factor": "0"}),
    "less than least": ("data_quality_settings", {"most_weeks": "3"}),
}


@pytest.mark.parametrize("case", WRONG_VALUES)
def test_wrong_value_is_told_with_the_name_of_the_rule(case: str, warehouse: Warehouse, tmp_path: Path) -> None:
    name, values = WRONG_VALUES[case]
    rules = written(tmp_path / "rules", name, with_column(name, **values))
    with pytest.raises(DataTestError, match=rf"^The rule {name} was not published.*mend the rule"):
        warehouse.build(rules=rules, select=[name])


MISSHAPEN = {
    "text for a number": (
        with_column("calendar_settings", first_weekday="'Monday'"),
        "Its column first_weekday is VARCHAR and should be bigint, as in cast(… as bigint)",
    ),
    "fraction": (
        with_column("calendar_settings", first_weekday="1.5"),
        "first_weekday is DECIMAL(2,1) and should be bigint",
    ),
    "bare null": (with_column("mql_rules", stage_name="null"), "and should be varchar, as in cast(… as varchar)"),
    "number for a boolean": (with_column("calendar_settings", is_named_by_end="1"), "is INTEGER and should be boolean"),
    "column too many": (
        with_column("calendar_settings", first_fiscal_moth="2"),
        "It has no column first_fiscal_moth; known are first_fiscal_month, is_named_by_end, first_weekday",
    ),
    "column too few": (
        "-- One row.\nselect 2 as first_fiscal_month",
        "It lacks is_named_by_end, first_weekday; its columns are first_fiscal_month, is_named_by_end, first_weekday",
    ),
    "two rows": (
        with_column("calendar_settings") + "union all\nselect 2, true, 1",
        "It has 2 rows and should have one",
    ),
    "no row": (with_column("calendar_settings") + "where false", "It has 0 rows and should have one"),
}


@pytest.mark.parametrize("case", MISSHAPEN)
def test_rule_of_another_shape_is_refused_by_its_name(case: str, warehouse: Warehouse, tmp_path: Path) -> None:
    text, reason = MISSHAPEN[case]
    name = "mql_rules" if case == "bare null" else "calendar_settings"
    with pytest.raises(ProjectError) as caught:
        warehouse.build(rules=written(tmp_path / "rules", name, text), select=[name])
    assert f"because of the rule {name}." in str(caught.value)
    assert reason in str(caught.value)


def test_rule_is_looked_at_before_a_table_stumbles_over_it(warehouse: Warehouse, tmp_path: Path) -> None:
    """A score divided by nothing would be an error of follow_up_queue, which is made first and tested last."""
    warehouse.load("prospects", [{"id": 1, "score": 100}])
    before = shares(warehouse, None)
    text = with_column("follow_up_settings", score_per_point="0")
    with pytest.raises(DataTestError, match=r"^The rule follow_up_settings was not published"):
        warehouse.build(rules=written(tmp_path / "rules", "follow_up_settings", text))
    assert sorted({row["model"] for row in warehouse.mart("attribution")}) == sorted(before)


CHANGES = {
    "min(fiscal_year_starts_on) from pardot_marts.calendar": ("calendar_settings", {"first_fiscal_month": "2"}),
    "sum(suspected_clicks) from pardot_marts.email_link_performance": (
        "suspected_action_settings",
        {"least_links": "2"},
    ),
    "count(*) from pardot_marts.qualified_prospects": ("mql_rules", {"stage_name": "'new%'"}),
    "max(activity_points_ever) from pardot_marts.prospect_engagement": ("activity_weights", {"points": "7"}),
    "min(verb) from pardot_marts.daily_activity": ("activity_types", {"verb": "'Deed'"}),
}
"""What only a rule moves -> a change of it."""


def day_of_activities(number: int, count: int) -> list[dict[str, object]]:
    """Clicks of a day, two links of an email each second, by people of that day."""
    at = utc(2026, 3, 1 + number, 12)
    link = {"type": 1, "list_email_id": 5, "created_at": at}
    return [
        {**link, "id": 1000 + 100 * number + n, "prospect_id": 100 * number + n // 2, "details": f"https://{n % 2}"}
        for n in range(count)
    ]


def marts(warehouse: Warehouse) -> dict[str, list[dict[str, object]]]:
    return {name: warehouse.mart(name) for name in warehouse.names("pardot_marts") - {"_build"}}


def test_changed_rules_make_an_incremental_build_a_whole_one(warehouse: Warehouse, tmp_path: Path) -> None:
    def shown() -> list[object]:
        return [warehouse.query(f"select {what}") for what in CHANGES]

    warehouse.load("lifecycle_stages", [{"id": 10, "name": "New", "position": 1}])
    warehouse.load("lifecycle_histories", [{"id": 1, "prospect_id": 1, "next_stage_id": 10, "created_at": DEAL_AT}])
    warehouse.load("visitor_activities", day_of_activities(0, 60), load_id="1700000000.1")
    rules = written(tmp_path / "rules", "attribution_weights", OWN.format(first=1))
    warehouse.build(rules=rules)
    before = shown()
    warehouse.load("visitor_activities", day_of_activities(1, 2), load_id="1700000001.1")
    assert any(model.remade for model in warehouse.build(rules=rules).models), "no increment was at work"
    assert shown() == before
    warehouse.load("visitor_activities", day_of_activities(2, 2), load_id="1700000002.1")
    for name, values in CHANGES.values():
        written(rules, name, with_column(name, **values))
    assert [model.name for model in warehouse.build(rules=rules).models if model.remade is not None] == []
    assert [now == then for now, then in zip(shown(), before, strict=True)] == [False] * len(CHANGES)
    found = marts(warehouse)
    warehouse.build(rules=rules, full_refresh=True)
    assert marts(warehouse) == found
