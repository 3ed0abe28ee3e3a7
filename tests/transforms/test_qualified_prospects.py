"""Marketing qualified leads: small examples made by hand, and every cell once more in plain Python."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import duckdb
import pytest
from transforms_formulas import insist_on_formulas
from transforms_warehouse import Row, Warehouse, utc

from pardot_transforms import load_project

SELECTED = ("prospect_engagement", "lifecycle_funnel", "metric_dictionary")
STAGES = [
    {"id": 10, "name": "New", "position": 1},
    {"id": 20, "name": " Marketing Qualified Lead", "position": 2},
    {"id": 30, "name": "Sales qualified", "position": 3},
    {"id": 40, "name": "Nobody knows", "position": None},
]
Rule = tuple[str, "str | None", bool, "int | None", "str | None", "bool | None"]
OURS: Sequence[Rule] = (
    ("stage marketing qualified", "marketing qualified%", True, None, None, None),
    ("stage MQL", "mql%", True, None, None, None),
)
ASSIGNED: Rule = ("assigned", None, False, None, None, True)
FIT: Rule = ("score and grade", None, False, 100, "B-", None)


def written(folder: Path, rules: Sequence[Rule]) -> Path:
    folder.mkdir(exist_ok=True)
    rows = " union all\n".join(f"select {', '.join(map(_sql, (n, *rule)))}" for n, rule in enumerate(rules, 1))
    named = "as t (rule_number, rule, stage_name, counts_later_stages, least_score, least_grade, is_assigned)"
    columns = (
        "rule_number, rule, cast(stage_name as varchar) as stage_name, counts_later_stages, "
        "cast(least_score as bigint) as least_score, cast(least_grade as varchar) as least_grade, "
        "cast(is_assigned as boolean) as is_assigned"
    )
    (folder / "mql_rules.sql").write_text(f"-- One row per rule.\nselect {columns} from ({rows}) {named}\n", "utf-8")
    return folder


def _sql(value: object) -> str:
    return "null" if value is None else f"'{value}'" if isinstance(value, str) else str(value).lower()


def move(id: int, prospect: int | None, stage: int | None, at: datetime | None) -> dict[str, Any]:
    return {"id": id, "prospect_id": prospect, "next_stage_id": stage, "created_at": at}


def qualified(warehouse: Warehouse, *columns: str, rules: Path | None = None) -> dict[int, tuple[Any, ...]]:
    warehouse.build(rules=rules, select=SELECTED)
    return {row["prospect_id"]: tuple(row[name] for name in columns) for row in warehouse.mart("qualified_prospects")}


def test_stage_of_that_name_and_every_later_one_make_an_mql(warehouse: Warehouse) -> None:
    warehouse.load("lifecycle_stages", STAGES)
    warehouse.load(
        "lifecycle_histories",
        [
            move(1, 1, 10, utc(2026, 1, 1)),
            move(2, 1, 20, utc(2026, 1, 2)),
            move(3, 1, 30, utc(2026, 1, 3)),
            move(4, 2, 30, utc(2026, 1, 4)),  # jumped over it
            move(5, 3, 20, utc(2026, 1, 5)),
            move(6, 3, 10, utc(2026, 1, 6)),  # is none any more
            move(7, 4, 10, utc(2026, 1, 7)),
            move(8, 5, 40, utc(2026, 1, 8)),  # a stage whose position is not known
            move(9, 6, 20, None),
            move(10, None, 20, utc(2026, 1, 9)),
        ],
    )
    assert qualified(warehouse, "is_mql", "became_mql_at", "rule") == {
        1: (True, utc(2026, 1, 2), "stage marketing qualified"),
        2: (True, utc(2026, 1, 4), "stage marketing qualified"),
        3: (False, utc(2026, 1, 5), "stage marketing qualified"),
    }
    funnel = {row["stage_id"]: row["is_mql_stage"] for row in warehouse.mart("lifecycle_funnel")}
    assert funnel == {10: False, 20: True, 30: True, 40: False}


def test_prospect_tells_its_stage_before_its_newest_move_does(warehouse: Warehouse) -> None:
    warehouse.load("lifecycle_stages", STAGES)
    warehouse.load("lifecycle_histories", [move(n, n, 20, utc(2026, 1, n)) for n in (1, 2)])
    warehouse.load(
        "prospects",
        [{"id": 1, "lifecycle_stage_id": 10}, {"id": 2}, {"id": 3, "lifecycle_stage_id": 30}, {"id": 4}],
    )
    assert qualified(warehouse, "is_mql", "became_mql_at") == {
        1: (False, utc(2026, 1, 1)),
        2: (True, utc(2026, 1, 2)),
        3: (True, None),
    }
    engagement = {row["prospect_id"]: row for row in warehouse.mart("prospect_engagement")}
    told = {id: (row["is_mql"], row["became_mql_at"]) for id, row in engagement.items()}
    assert told == {1: (False, utc(2026, 1, 1)), 2: (True, utc(2026, 1, 2)), 3: (True, None), 4: (False, None)}


def test_account_without_such_a_stage_has_no_mql(warehouse: Warehouse) -> None:
    warehouse.load("lifecycle_stages", [{"id": 20, "name": "Hot (MQL)", "position": 2}])
    warehouse.load("lifecycle_histories", [move(1, 1, 20, utc(2026, 1, 1))])
    assert qualified(warehouse, "is_mql") == {}
    assert [row["is_mql_stage"] for row in warehouse.mart("lifecycle_funnel")] == [False]


def test_rule_may_leave_out_later_stages(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.load("lifecycle_stages", STAGES)
    warehouse.load("lifecycle_histories", [move(1, 1, 20, utc(2026, 1, 1)), move(2, 2, 30, utc(2026, 1, 2))])
    rules = written(tmp_path / "rules", [("only this", "%qualified lead", False, None, None, None)])
    assert qualified(warehouse, "rule", rules=rules) == {1: ("only this",)}


GRADES = ("A+", " a ", "B+", "B", "B-", "C+", "D", "F", "", None, "Z")
REACHED = {"A+": 1, "A": 2, "B+": 3, "B": 4, "B-": 5, "F": 8}
"""Least grade -> how many of the grades above reach it."""


@pytest.mark.parametrize("least", REACHED)
def test_score_and_grade_must_both_be_reached(warehouse: Warehouse, tmp_path: Path, least: str) -> None:
    prospects = [{"id": n, "score": 100, "grade": grade} for n, grade in enumerate(GRADES)]
    others = [{"id": 90, "score": 99, "grade": "A+"}, {"id": 91, "grade": "A+"}]
    warehouse.load("prospects", [*prospects, *others])
    rules = written(tmp_path / "rules", [("fit", None, False, 100, least, None)])
    assert sorted(qualified(warehouse, "is_mql", rules=rules)) == list(range(REACHED[least]))


def test_recorded_versions_tell_since_when_and_an_unknown_past_does_not(warehouse: Warehouse, tmp_path: Path) -> None:
    rules = written(tmp_path / "rules", [ASSIGNED])
    first, second, third = utc(2026, 1, 1), utc(2026, 2, 1), utc(2026, 3, 1)
    old, new = {"created_at": utc(2020, 1, 1)}, {"created_at": first}
    warehouse.load(
        "prospects",
        [
            {"id": 1, **old, "updated_at": first, "assigned_to_id": 7},
            {"id": 2, **new, "updated_at": first, "assigned_to_id": 7},
            {"id": 3, **old, "updated_at": first},
        ],
        load_id="1767225600.1",
    )
    assert qualified(warehouse, "is_mql", "became_mql_at", rules=rules) == {1: (True, None), 2: (True, first)}
    for load_id, moment, owner in (("1769904000.1", second, 8), ("1772323200.1", third, None)):
        warehouse.connection.execute("delete from pardot.prospects where id = 3")
        row = {"id": 3, **old, "updated_at": moment, "assigned_to_id": owner}
        warehouse.load("prospects", [row], load_id=load_id)
        found = qualified(warehouse, "is_mql", "became_mql_at", rules=rules)
        assert found[3] == (owner is not None, second)


def test_earliest_rule_counts_and_gives_its_name(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.load("lifecycle_stages", STAGES)
    warehouse.load("lifecycle_histories", [move(1, 1, 20, utc(2026, 1, 2))])
    created = {"created_at": utc(2026, 1, 5), "updated_at": utc(2026, 1, 5)}
    warehouse.load("prospects", [{"id": 1, "assigned_to_id": 7, **created}, {"id": 2, "assigned_to_id": 7, **created}])
    rules = written(tmp_path / "rules", [*OURS, ASSIGNED])
    assert qualified(warehouse, "rule", "became_mql_at", "days_to_mql", rules=rules) == {
        1: ("stage marketing qualified", utc(2026, 1, 2), None),  # before it was created
        2: ("assigned", utc(2026, 1, 5), 0),
    }


def test_what_came_of_it_is_told(warehouse: Warehouse) -> None:
    warehouse.load("lifecycle_stages", STAGES)
    warehouse.load("lifecycle_histories", [move(n, n, 20, utc(2026, 1, 31, 23)) for n in (1, 2)])
    warehouse.load("prospects", [{"id": 1, "first_name": "Ada", "created_at": utc(2026, 1, 1, 23, 59)}])
    warehouse.load(
        "opportunities",
        [
            {"id": 1, "created_at": utc(2026, 2, 2), "status": "Won"},
            {"id": 2, "created_at": utc(2026, 2, 1), "status": "Open"},
            {"id": 3, "created_at": utc(2026, 1, 1), "status": "Won", "is_deleted": True},
        ],
    )
    links = [
        {"id": n, "type": 19, "prospect_id": 1, "opportunity_id": n, "created_at": utc(2026, 3, 1)} for n in (1, 2, 3)
    ]
    warehouse.load("visitor_activities", links)
    columns = ("prospect_name", "days_to_mql", "opportunities", "has_won_opportunity", "first_opportunity_at")
    assert qualified(warehouse, *columns) == {
        1: ("Ada", 30, 2, True, utc(2026, 2, 1)),
        2: (None, None, 0, False, None),
    }


# -- the same in plain Python

WORTH = {letter + sign: 3 * n + at for n, letter in enumerate("FDCBA") for at, sign in ((-1, "-"), (0, ""), (1, "+"))}
NAMES = ("New", "MQL", "mql two", "Marketing qualified", "SQL", "Lost", None)
EXTRA: Sequence[Rule] = (
    *OURS,
    ASSIGNED,
    FIT,
    ("free and hot", None, False, 150, None, False),
    ("lost", "lo%", False, None, None, None),
)
LOADS = ("1767225600.1", "1769904000.1", "1772323200.1")


@pytest.fixture(scope="module", params=[OURS, EXTRA], ids=["ours", "more"])
def chaos(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Few prospects and stages, so that everything repeats, three loads of prospects, and rules of both kinds."""
    chance = random.Random(11)  # noqa: S311 - rows, not secrets
    rules: Sequence[Rule] = request.param
    folder = written(tmp_path_factory.mktemp("rules"), rules)
    stages: list[dict[str, Any]] = [
        {"id": n, "name": name, "position": chance.choice([None, 0, 1, 2, 3])} for n, name in enumerate(NAMES, 1)
    ]

    def at(share: float = 0.05) -> datetime | None:
        return None if chance.random() < share else utc(2025, 10, 1) + timedelta(hours=chance.randrange(3_000))

    moves = [
        move(id, chance.choice([None, *range(1, 120)]), chance.choice([None, *range(1, 9)]), at()) for id in range(400)
    ]
    versions: dict[int, list[dict[str, Any]]] = {}
    with duckdb.connect(":memory:") as connection:
        warehouse = Warehouse(connection)
        warehouse.load("lifecycle_stages", stages)
        warehouse.load("lifecycle_histories", moves)
        for number, load_id in enumerate(LOADS):
            moment = utc(2026, 1 + number, 1)
            rows = [_prospect(id, moment, chance) for id in range(1, 100) if number == 0 or chance.random() < 0.5]
            for row in rows:
                row["created_at"] = versions[row["id"]][0]["created_at"] if row["id"] in versions else row["created_at"]
                versions.setdefault(row["id"], []).append(row)
                if number:
                    connection.execute("delete from pardot.prospects where id = ?", [row["id"]])
            warehouse.load("prospects", rows, load_id=load_id)
            warehouse.build(rules=folder, select=SELECTED)
        yield warehouse, rules, stages, moves, versions


def _prospect(id: int, moment: datetime, chance: random.Random) -> dict[str, Any]:
    return {
        "id": id,
        "score": chance.choice([None, 0, 99, 100, 150, 400]),
        "grade": chance.choice([None, "", "A+", "B-", "c", " b+ ", "F", "?"]),
        "assigned_to_id": chance.choice([None, None, 7]),
        "lifecycle_stage_id": chance.choice([None, None, None, *range(1, 9)]),
        "created_at": chance.choice([moment, utc(2020, 1, 1)]),
        "updated_at": moment,
    }


def meets(row: Row, rule: Rule) -> bool:
    _, _, _, score, grade, is_assigned = rule
    has_grade = WORTH.get((row["grade"] or "").strip().upper())
    return (
        (score is None or (row["score"] is not None and row["score"] >= score))
        and (grade is None or (has_grade is not None and has_grade >= WORTH[grade]))
        and (is_assigned is None or is_assigned == (row["assigned_to_id"] is not None))
    )


def stages_of(rule: Rule, stages: Sequence[Row]) -> set[int]:
    pattern = str(rule[1]).replace("%", "*")
    named = [stage for stage in stages if fnmatchcase((stage["name"] or "\0").strip().lower(), pattern)]
    places = [stage["position"] for stage in named if stage["position"] is not None]
    later = {
        s["id"] for s in stages if rule[2] and places and s["position"] is not None and s["position"] > min(places)
    }
    return {stage["id"] for stage in named} | later


def told_of(
    prospect: int, rule: Rule, stages: Sequence[Row], moves: Sequence[Row], versions: Mapping[int, Sequence[Row]]
) -> tuple[bool, datetime | None] | None:
    """Whether a prospect meets a rule now and since when; None when it never did."""
    own = versions.get(prospect, [])
    if rule[1] is None:
        was = [n for n, row in enumerate(own) if meets(row, rule)]
        if not was:
            return None
        first = own[was[0]]
        is_unknown = was[0] == 0 and first["created_at"] < first["updated_at"]
        return meets(own[-1], rule), None if is_unknown else first["updated_at"]
    right = stages_of(rule, stages)
    mine = sorted(
        (each for each in moves if each["prospect_id"] == prospect and each["created_at"]),
        key=lambda each: (each["created_at"], each["id"]),
    )
    entered = [each["created_at"] for each in mine if each["next_stage_id"] in right]
    stage = own[-1]["lifecycle_stage_id"] if own else None
    if stage is None and mine:
        stage = mine[-1]["next_stage_id"]
    return (stage in right, min(entered, default=None)) if entered or stage in right else None


def test_every_mql_equals_plain_python(chaos: Any) -> None:
    warehouse, rules, stages, moves, versions = chaos
    expected = {}
    for prospect in range(1, 120):
        found = {rule[0]: told for rule in rules if (told := told_of(prospect, rule, stages, moves, versions))}
        if not found:
            continue
        times = [at for _, at in found.values() if at]
        became = min(times, default=None)
        names = [name for name, (_, at) in found.items() if at == became]
        created = versions[prospect][-1]["created_at"] if prospect in versions else None
        days = (became.date() - created.date()).days if became and created and became >= created else None
        is_mql = any(is_met for is_met, _ in found.values())
        expected[prospect] = (names[0], is_mql, became, became.date() if became else None, days)
    columns = ("rule", "is_mql", "became_mql_at", "became_mql_on", "days_to_mql")
    made = {row["prospect_id"]: tuple(row[name] for name in columns) for row in warehouse.mart("qualified_prospects")}
    assert made == expected
    assert len(expected) > 30
    assert {is_mql for _, is_mql, *_ in expected.values()} == {True, False}
    assert {at is None for _, _, at, *_ in expected.values()} == {True, False}
    funnel = {row["stage_id"]: row["is_mql_stage"] for row in warehouse.mart("lifecycle_funnel")}
    right = set().union(*(stages_of(rule, stages) for rule in rules if rule[1]))
    assert funnel == {stage: stage in right for stage in funnel}


def test_every_formula_of_the_metric_dictionary_gives_its_column(chaos: Any) -> None:
    insist_on_formulas(chaos[0], "qualified_prospects")


def test_these_rules_are_those_that_are_delivered() -> None:
    (ours,) = [model for model in load_project().models.values() if model.name == "mql_rules"]
    with duckdb.connect(":memory:") as connection:
        assert connection.execute(ours.sql).fetchall() == [(n, *rule) for n, rule in enumerate(OURS, 1)]
