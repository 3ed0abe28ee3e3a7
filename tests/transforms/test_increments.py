"""Tables that are brought up to date are, row by row, what making them anew gives: whatever came meanwhile."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sampling import sampled
from transforms_warehouse import Row, Warehouse, utc, write_models

from pardot_transforms import DataTestError, ModelError, ProjectError, build, load_project
from pardot_transforms.graph import build_graph
from pardot_transforms.project import models_path
from pardot_transforms.result import BuildResult

ACTIVITIES: Final = 400
PEOPLE: Final = 40
TYPES: Final = (1, 1, 2, 4, 6, 6, 8, 11, 12, 13, 14, 16, 19, 20, 36, 38, 999)
DAYS: Final = 120
LINKS: Final = ("https://x.example/1", "https://x.example/2", "https://x.example/3", None)
NAMED: Final = ("campaigns", "custom_redirects", "email_templates", "files", "form_handlers", "forms", "landing_pages")
"""Objects of which an activity shows the name."""


def activity(chance: random.Random, number: int) -> Row:
    """Return an activity with some of the ids that it may have; the same id, drawn again, is a change of it."""
    may: Callable[[int], int | None] = lambda count: chance.randint(1, count) if chance.random() < 0.4 else None  # noqa: E731
    hours = chance.randint(0, 24 * DAYS) + (24 * chance.randint(0, 90) if chance.random() < 0.01 else 0)
    created_at = None if chance.random() < 0.01 else utc(2026, 1, 1) + timedelta(hours=hours)
    return {
        "id": number,
        "type": chance.choice(TYPES),
        "details": chance.choice(LINKS),
        "created_at": created_at,
        "prospect_id": may(PEOPLE + 3),
        "visitor_id": may(PEOPLE),
        "campaign_id": may(5),
        "list_email_id": may(5),
        "email_template_id": may(3),
        "email_id": may(30),
        "form_id": may(3),
        "form_handler_id": may(3),
        "landing_page_id": may(3),
        "file_id": may(3),
        "custom_redirect_id": may(3),
        "opportunity_id": may(6),
        "visit_id": may(40),
    }


def named(chance: random.Random, number: int) -> Row:
    return {"id": number, "name": f"name {chance.randint(1, 9)}"}


def person(chance: random.Random, number: int) -> Row:
    name = chance.choice(("Ada", "Grace", None))
    account = chance.choice((1, 2, 3, 9, None))
    is_purged = chance.random() < 0.05
    return {
        "id": number,
        "first_name": name,
        "email": chance.choice((None, f"{number}@{name}.example")),
        "is_email_hard_bounced": chance.choice((True, False, None)),
        "opted_out": chance.choice((True, False, None)),
        "is_deleted": chance.random() < 0.1 or is_purged,
        "prospect_account_id": account,
        "campaign_id": chance.choice((1, 2, 9, None)),
        "score": chance.randint(0, 99),
        "created_at": utc(2026, 1, 1) + timedelta(hours=chance.randint(0, 24 * DAYS)),
        "updated_at": utc(2026, 5, 1) + timedelta(hours=chance.randint(0, 24 * DAYS)),
        "purged_at": utc(2026, 9, 1) if is_purged else None,
    }


def opportunity(chance: random.Random, number: int) -> Row:
    created_at = utc(2026, 1, 1) + timedelta(hours=chance.randint(0, 24 * DAYS))
    return {
        **named(chance, number),
        "value": float(chance.randint(1, 9)),
        "status": chance.choice(("Open", "Won", "Lost")),
        "is_deleted": chance.random() < 0.2,
        "campaign_id": chance.choice((1, 2, None)),
        "created_at": chance.choice((created_at, created_at, None)),
        "closed_at": created_at + timedelta(days=chance.randint(0, 40)),
    }


def move(chance: random.Random, number: int) -> Row:
    return {
        "id": number,
        "prospect_id": chance.choice((None, chance.randint(1, PEOPLE))),
        "previous_stage_id": chance.choice((None, 1, 2, 3)),
        "next_stage_id": chance.choice((None, 1, 2, 3)),
        "seconds_elapsed": chance.randint(0, 99),
        "created_at": utc(2026, 1, 1) + timedelta(hours=chance.randint(0, 24 * DAYS)),
    }


def membership(chance: random.Random, number: int) -> Row:
    """A prospect is drawn anew with each change, as in a merge."""
    began = utc(2026, 1, 1) + timedelta(hours=chance.randint(0, 24 * 60))
    return {
        "id": number,
        "list_id": chance.randint(1, 4),
        "prospect_id": chance.randint(1, PEOPLE),
        "is_deleted": chance.random() < 0.3,
        "opted_out": chance.random() < 0.2,
        "created_at": began,
        "updated_at": began + timedelta(hours=chance.randint(0, 24 * 20)),
    }


def visit(chance: random.Random, number: int) -> Row:
    return {
        "id": number,
        "visitor_id": chance.randint(1, PEOPLE),
        "prospect_id": chance.choice((None, chance.randint(1, PEOPLE))),
        "visitor_page_view_count": chance.randint(1, 5),
        "created_at": utc(2026, 1, 1) + timedelta(hours=chance.randint(0, 24 * 60)),
    }


def page_view(chance: random.Random, number: int) -> Row:
    """A page view that is drawn anew belongs to another visit, or to none."""
    created_at = None if chance.random() < 0.02 else utc(2026, 1, 1) + timedelta(hours=chance.randint(0, 24 * 60))
    return {
        "id": number,
        "visitor_id": chance.randint(1, PEOPLE),
        "visit_id": chance.choice((None, chance.randint(1, 50))),
        "url": chance.choice((None, "https://x.example/a", "https://x.example/b?c=1", "https://x.example/b#d")),
        "duration_in_seconds": chance.choice((None, 0, 7)),
        "created_at": created_at,
    }


def visitor(chance: random.Random, number: int) -> Row:
    return {"id": number, "prospect_id": chance.choice((None, chance.randint(1, PEOPLE)))}


MAKERS: Final[Mapping[str, tuple[int, Callable[[random.Random, int], Row]]]] = {
    "visitor_activities": (ACTIVITIES, activity),
    "prospects": (PEOPLE, person),
    "prospect_accounts": (4, named),
    "list_emails": (5, named),
    "emails": (30, lambda chance, number: {**named(chance, number), "list_email_id": chance.choice((1, 2, None))}),
    "opportunities": (6, opportunity),
    "lifecycle_histories": (60, move),
    "lifecycle_stages": (3, lambda chance, number: {**named(chance, number), "position": chance.randint(1, 3)}),
    **dict.fromkeys(NAMED, (5, named)),
    "lists": (3, named),
    "list_memberships": (60, membership),
    "visits": (40, visit),
    "visitor_page_views": (150, page_view),
    "visitors": (PEOPLE, visitor),
}


class History:
    """An account that goes on, and the loads that bring it."""

    def __init__(self, warehouse: Warehouse, seed: int, *, is_begun: bool = False) -> None:
        self.warehouse = warehouse
        self._chance = random.Random(seed)  # noqa: S311 - invented rows, no secrets
        self._loads = len(MAKERS) if is_begun else 0
        if not is_begun:
            for table, (rows, _) in MAKERS.items():
                self.load(table, range(1, rows + 1))

    def load(self, table: str, ids: range | list[int]) -> None:
        """Load rows as a merge does: those of the same id go, the new ones carry the load's stamp."""
        self._loads += 1
        # A clock that was set back gives a smaller stamp to a later load.
        load_id = f"{(self._loads * 7919) % 1000}.{self._loads}"
        _, make = MAKERS[table]
        if self._loads > len(MAKERS):
            self.warehouse.connection.execute(f"delete from pardot.{table} where list_contains(?, id)", [list(ids)])
        self.warehouse.load(table, [make(self._chance, number) for number in ids], load_id=load_id)

    def change(self, table: str, count: int) -> None:
        rows, _ = MAKERS[table]
        self.load(table, sorted({self._chance.randint(1, rows + 3) for _ in range(count)}))


def marts(warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    names = sorted(warehouse.names("pardot_marts") - {"_build"})
    return {name: warehouse.mart(name) for name in names}


def remade(result: BuildResult) -> dict[str, int | None]:
    return {model.name: model.remade for model in result.models if model.kind == "table"}


def assert_same_as_anew(warehouse: Warehouse) -> None:
    found = marts(warehouse)
    anew = warehouse.build(full_refresh=True)
    assert set(remade(anew).values()) == {None}
    for name, rows in marts(warehouse).items():
        assert found[name] == rows, name


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its first build."""
    path = tmp_path_factory.mktemp("built") / "working.duckdb"
    with duckdb.connect(str(path)) as connection:
        warehouse = Warehouse(connection)
        History(warehouse, seed=1)
        warehouse.build()
    return path


@pytest.fixture
def history(built: Path, tmp_path: Path) -> Iterator[History]:
    copy = shutil.copyfile(built, tmp_path / "working.duckdb")
    with duckdb.connect(str(copy)) as connection:
        yield History(Warehouse(connection), seed=2, is_begun=True)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10**6),
    days=st.lists(st.lists(st.tuples(st.sampled_from(sorted(MAKERS)), st.integers(1, 12)), max_size=4), max_size=4),
)
def test_random_days_give_what_making_all_anew_gives(built: Path, seed: int, days: list[list[tuple[str, int]]]) -> None:
    with TemporaryDirectory() as folder, duckdb.connect(shutil.copy(built, folder)) as connection:
        warehouse = Warehouse(connection)
        history = History(warehouse, seed, is_begun=True)
        for day in days:
            for table, count in day:
                history.change(table, count)
            warehouse.build()
        assert_same_as_anew(warehouse)


@pytest.mark.parametrize("table", sampled(sorted(MAKERS), 4))
def test_change_of_any_object_is_followed(table: str, history: History) -> None:
    history.load(table, [1])
    result = remade(history.warehouse.build())
    assert result["visitor_activities_enriched"] is not None
    assert result["visitor_activities_enriched"] < ACTIVITIES / 5
    assert_same_as_anew(history.warehouse)


def test_changes_are_followed_where_raw_tables_lack_columns(history: History) -> None:
    """Version 4 of the API has fewer fields, so their tables have fewer columns."""
    warehouse, chance = history.warehouse, random.Random(1)  # noqa: S311
    lacking = {}
    for table, (_, make) in MAKERS.items():
        given = {"_dlt_load_id"}.union(*(make(chance, number) for number in range(1, 300)))
        lacking[table] = [name for name in warehouse.columns(table) if name not in given]
        for name in lacking[table]:
            warehouse.connection.execute(f'alter table pardot.{table} drop column "{name}"')
    assert sum(map(len, lacking.values())) > 20
    warehouse.build()
    for table, (_, make) in MAKERS.items():
        warehouse.connection.execute(f"delete from pardot.{table} where id = 1")
        warehouse.load(table, [make(chance, 1)], load_id="6000.1", without=lacking[table])
    assert sum(rows is not None for rows in remade(warehouse.build()).values()) > 5
    assert_same_as_anew(warehouse)


def test_new_activities_touch_their_days_only(history: History) -> None:
    row = {"id": ACTIVITIES + 1, "type": 6, "created_at": utc(2027, 3, 9, 12), "prospect_id": 1}
    history.warehouse.load("visitor_activities", [row], load_id="5000.1")
    result = remade(history.warehouse.build())
    assert result["visitor_activities_enriched"] == 1
    assert result["daily_activity"] == 1
    assert_same_as_anew(history.warehouse)


def test_new_page_view_touches_its_session_and_its_month_only(history: History) -> None:
    seen = {"visitor_id": 1, "visit_id": 999, "url": "https://x.example/new", "created_at": utc(2026, 4, 9, 12)}
    history.warehouse.load("visitor_page_views", [{"id": 5_000, **seen}], load_id="5000.1")
    result = remade(history.warehouse.build())
    assert result["int_visit_pages"] == result["visitor_sessions"] == result["top_pages"] == 1
    assert_same_as_anew(history.warehouse)


def test_page_view_that_moves_to_another_visit_leaves_the_first_one(history: History) -> None:
    """Its new row names the new visit only; that the old one has one too many is seen by the sum."""
    connection = history.warehouse.connection
    connection.execute("update pardot.visitor_page_views set visit_id = 8, _dlt_load_id = '6000.1' where visit_id = 7")
    result = remade(history.warehouse.build())
    assert result["int_visit_pages"] is None
    assert_same_as_anew(history.warehouse)


def test_score_that_changes_touches_no_activity(history: History) -> None:
    connection = history.warehouse.connection
    connection.execute("update pardot.prospects set score = score + 1, _dlt_load_id = '6000.1'")
    result = remade(history.warehouse.build())
    assert result["visitor_activities_enriched"] == 0
    assert result["prospect_engagement"] is None
    assert_same_as_anew(history.warehouse)


def test_too_many_changes_make_all_anew(history: History) -> None:
    history.load("visitor_activities", range(1, ACTIVITIES // 2))
    result = remade(history.warehouse.build())
    assert result["visitor_activities_enriched"] is None
    assert result["daily_activity"] is None


@pytest.mark.parametrize("is_noted", [True, False], ids=["beside a load", "alone"])
def test_rows_that_were_deleted_by_hand_are_noticed(is_noted: bool, history: History) -> None:
    history.warehouse.connection.execute("delete from pardot.visitor_activities where id = 7")
    if is_noted:
        history.change("visitor_activities", 3)
    result = history.warehouse.build()
    assert not result.skipped
    assert 7 not in {row["id"] for row in history.warehouse.mart("visitor_activities_enriched")}
    assert_same_as_anew(history.warehouse)


def test_row_that_others_show_and_that_was_deleted_by_hand_makes_all_anew(history: History) -> None:
    history.warehouse.connection.execute("delete from pardot.campaigns where id = 1")
    assert remade(history.warehouse.build())["visitor_activities_enriched"] is None
    assert_same_as_anew(history.warehouse)


def test_activity_without_a_time_is_counted_too(history: History) -> None:
    """The days that are brought up to date are the one that has no date."""
    history.warehouse.load("visitor_activities", [{"id": 9_999, "type": 6}], load_id="5000.1")
    result = remade(history.warehouse.build())
    without_date = [row for row in history.warehouse.mart("daily_activity") if row["created_on"] is None]
    assert (result["visitor_activities_enriched"], result["daily_activity"]) == (1, len(without_date))
    assert_same_as_anew(history.warehouse)


def test_rows_without_a_stamp_make_all_anew(history: History) -> None:
    history.warehouse.connection.execute("insert into pardot.forms (id, name) values (77, 'by hand')")
    assert remade(history.warehouse.build())["visitor_activities_enriched"] is None


def test_other_time_zone_makes_all_anew(history: History) -> None:
    history.change("visitor_activities", 2)
    result = history.warehouse.build(time_zone="Europe/Berlin")
    assert remade(result)["visitor_activities_enriched"] is None


def test_record_of_an_older_version_makes_all_anew(history: History) -> None:
    history.warehouse.connection.execute(
        "create or replace table pardot_marts._build as "
        "select 'ab12' as fingerprint, now() as built_at, relations from pardot_marts._build"
    )
    assert remade(history.warehouse.build())["visitor_activities_enriched"] is None


def test_failed_build_leaves_nothing_on_the_way(history: History) -> None:
    history.change("visitor_activities", 2)
    history.warehouse.connection.execute("insert into pardot.visitor_activities (id, _dlt_load_id) values (3, '8.8')")
    before = marts(history.warehouse)
    with pytest.raises(DataTestError, match="unique"):
        history.warehouse.build()
    assert marts(history.warehouse) == before
    temporary = history.warehouse.query("select table_name from duckdb_tables() where temporary")
    assert temporary == []


NASTY: Final[Mapping[str, Sequence[str]]] = {
    "prospect merged into another": (
        "update {activities} set prospect_id = 2, {stamp} where prospect_id = 1",
        "update pardot.prospects set is_deleted = true, {stamp} where id = 1",
        "update pardot.lifecycle_histories set prospect_id = 2, {stamp} where prospect_id = 1",
    ),
    "visitor identified": (
        "update {activities} set prospect_id = 5, {stamp} where visitor_id = 5 and prospect_id is null",
    ),
    "prospect known no longer": ("update {activities} set prospect_id = null, {stamp} where prospect_id = 4",),
    "prospect purged": (
        "update pardot.prospects set is_deleted = true, purged_at = '2026-09-01', {stamp} where id = 3",
    ),
    "address changed": ("update pardot.prospects set email = 'a@other.example', {stamp} where id in (1, 2)",),
    "bounce no longer hard": ("update pardot.prospects set is_email_hard_bounced = false, {stamp} where id < 9",),
    "account renamed": ("update pardot.prospect_accounts set name = 'other', {stamp} where id = 1",),
    "value of an opportunity changed": ("update pardot.opportunities set value = 77, {stamp} where id = 2",),
    "opportunity deleted": ("update pardot.opportunities set is_deleted = not is_deleted, {stamp} where id = 1",),
    "prospect of an opportunity unlinked": (
        "update {activities} set type = 38, created_at = '2026-08-01', {stamp} where type = 8 and prospect_id < 20",
    ),
    "prospect created earlier": ("update pardot.prospects set created_at = '2025-01-01', {stamp} where id < 9",),
    "row 200 days old": (
        "insert into {activities} by name select 9001 as id, 11 as type, 3 as prospect_id, 1 as list_email_id, "
        "timestamptz '2025-07-01 00:00:00Z' as created_at, '6000.1' as _dlt_load_id",
    ),
    "newest day moves by an hour": (
        "insert into {activities} by name select 9001 as id, 2 as type, 3 as prospect_id, "
        "max(created_at) + interval 1 hour as created_at, '6000.1' as _dlt_load_id from {activities}",
    ),
    "newest day moves by months, with nobody there": (
        "insert into {activities} by name select 9001 as id, 2 as type, "
        "max(created_at) + interval 100 day as created_at, '6000.1' as _dlt_load_id from {activities}",
    ),
    "newest day moves back": (
        "update {activities} set created_at = created_at - interval 50 day, {stamp} "
        "where created_at >= (select max(created_at) - interval 1 day from {activities})",
    ),
    "clicks of a machine": (
        "update {activities} set created_at = '2026-02-02', type = 1, details = 'https://x.example/' || id, {stamp} "
        "where prospect_id = 6",
    ),
    "clicks of a machine no more": (
        "update {activities} set created_at = created_at + interval 1 minute * id, {stamp} "
        "where type = 1 and id % 9 = 0",
    ),
    "email moved to another list email": ("update pardot.emails set list_email_id = 2, {stamp} where id = 3",),
    "named row loaded at last": (
        "insert into pardot.campaigns by name select 5000 as id, 'new' as name, '6000.1' as _dlt_load_id",
        "update {activities} set campaign_id = 5000, {stamp} where id = 7",
    ),
    "stage moved": ("update pardot.lifecycle_stages set position = 9 - position, {stamp} where id = 2",),
    "move of a stage is another prospect's": (
        "update pardot.lifecycle_histories set prospect_id = 1, {stamp} where id % 20 = 0",
    ),
    "score changed": ("update pardot.prospects set score = score + 1, {stamp} where id = 1",),
    "nothing but a load": ("update pardot.forms set {stamp} where id = 1",),
}
"""What may happen to an account from one load to the next."""
FOLLOWED: Final = {name for name, model in load_project().models.items() if model.increment is not None}


@pytest.mark.parametrize("case", sampled(sorted(NASTY), 8))
def test_whatever_happens_is_followed(case: str, history: History) -> None:
    for statement in NASTY[case]:
        text = statement.format(activities="pardot.visitor_activities", stamp="_dlt_load_id = '6000.1'")
        history.warehouse.connection.execute(text)
    history.warehouse.build()
    assert_same_as_anew(history.warehouse)
    again = history.warehouse.build()
    assert again.skipped


@pytest.mark.parametrize("one_in", sampled([5, 1], 2))
def test_two_days_one_after_the_other_give_the_same(one_in: int, history: History) -> None:
    for number, case in enumerate(sorted(NASTY)[::one_in]):
        for statement in NASTY[case]:
            load = f"{7000 + number}.1"
            text = statement.format(activities="pardot.visitor_activities", stamp=f"_dlt_load_id = '{load}'")
            text = text.replace("6000.1", load).replace("9001", str(9001 + number))
            history.warehouse.connection.execute(text)
        history.warehouse.build()
    assert_same_as_anew(history.warehouse)


def test_small_change_makes_no_declared_table_anew(history: History) -> None:
    """Also where nothing in it is touched yet, as in a table without rows."""
    row = {"id": 9_001, "type": 11, "prospect_id": 1, "list_email_id": 1, "created_at": utc(2026, 2, 2)}
    history.warehouse.load("visitor_activities", [row], load_id="6000.1")
    result = remade(history.warehouse.build())
    assert {name for name in FOLLOWED & result.keys() if result[name] is None} == set()
    assert_same_as_anew(history.warehouse)


def test_table_of_which_nothing_has_changed_is_left_alone(history: History) -> None:
    history.load("forms", [1])
    result = remade(history.warehouse.build())
    assert (result["prospect_engagement"], result["list_growth"], result["metric_dictionary"]) == (0, 0, 0)
    assert result["form_performance"] is None


def test_own_weights_make_all_anew(history: History, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    model = (models_path() / "staging/attribution_weights.sql").read_text(encoding="utf-8")
    (rules / "attribution_weights.sql").write_text(model.replace("'u_shaped', 40", "'u_shaped', 60"), encoding="utf-8")
    history.change("visitor_activities", 2)
    assert remade(history.warehouse.build(rules=rules))["attribution"] is None
    found = marts(history.warehouse)
    history.warehouse.build(rules=rules, full_refresh=True)
    assert marts(history.warehouse) == found


THINGS: Final = {
    "marts/a.sql": "-- One row per thing.\nselect id, label from stg_things\n",
    "staging/stg_things.sql": "-- One row per thing.\nselect id, label from pardot.things\n",
}


def increment(text: str) -> str:
    return f"models:\n  - name: a\n    config:\n      meta:\n        increment: {text}\n"


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (
            "{key: id, of: [stg_things], touched_by: {}, counts: {}}",
            "Its increment and what it reads differ in pardot.things",
        ),
        (
            "{key: id, of: [stg_other], touched_by: {pardot.things: id}, counts: {}}",
            "is of stg_other, which it does not read",
        ),
        (
            "{key: id, of: [stg_things], touched_by: {pardot.things: id}, counts: {stg_other: 1}}",
            "counts stg_other, which is no model",
        ),
        (
            "{key: id, of: [stg_things], touched_by: {pardot.things: everywhere size}, counts: {}}",
            "has the same size everywhere, with which it does more than show it",
        ),
        (
            "{key: id, of: [stg_things], touched_by: {pardot.things: label > id}, counts: {}}",
            "looks back from id, with which it does other things than label > id",
        ),
        ("{key: id, of: [stg_things], touched_by: {}}", "needs a table, and key, of, touched_by and counts"),
    ],
)
def test_increment_that_would_overlook_something_is_refused(declared: str, message: str, tmp_path: Path) -> None:
    files = {**THINGS, "marts/schema.yml": increment(declared)}
    with pytest.raises((ModelError, ProjectError), match=message):
        build_graph(load_project(write_models(tmp_path, files)))


@pytest.fixture
def things() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        connection.execute("create schema pardot")
        connection.execute(
            "create table pardot.things as select i as id, 'old' as label, '1' as _dlt_load_id from range(100) as t(i)"
        )
        yield connection


def test_table_that_nobody_follows_is_made_whole_when_rows_have_left(
    things: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text = "{key: id, of: [stg_things], touched_by: {pardot.things: id}, counts: {stg_things: 1}}"
    models = write_models(tmp_path, {**THINGS, "marts/schema.yml": increment(text)})
    build(things, models=models)
    things.execute("delete from pardot.things where id = 7")
    things.execute("insert into pardot.things values (100, 'new', '2'), (101, 'new', '2')")
    (result,) = [each for each in build(things, models=models).models if each.kind == "table"]
    assert (result.rows, result.remade) == (101, None)


def test_table_without_an_increment_is_made_whole(things: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    models = write_models(tmp_path, THINGS)
    build(things, models=models)
    things.execute("insert into pardot.things values (100, 'new', '2')")
    (result,) = [each for each in build(things, models=models).models if each.kind == "table"]
    assert (result.rows, result.remade) == (101, None)
