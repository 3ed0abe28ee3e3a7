"""Tables that are brought up to date are, row by row, what making them anew gives: whatever came meanwhile."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Mapping
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
from pardot_transforms.result import BuildResult

ACTIVITIES: Final = 400
PEOPLE: Final = 40
TYPES: Final = (1, 2, 4, 6, 11, 12, 13, 20, 999)
NAMED: Final = ("campaigns", "custom_redirects", "email_templates", "files", "form_handlers", "forms", "landing_pages")
"""Objects of which an activity shows the name."""


def activity(chance: random.Random, number: int) -> Row:
    """Return an activity with some of the ids that it may have; the same id, drawn again, is a change of it."""
    may: Callable[[int], int | None] = lambda count: chance.randint(1, count) if chance.random() < 0.4 else None  # noqa: E731
    created_at = None if chance.random() < 0.01 else utc(2026, 1, 1) + timedelta(hours=chance.randint(0, 24 * 60))
    return {
        "id": number,
        "type": chance.choice(TYPES),
        "created_at": created_at,
        "prospect_id": may(PEOPLE + 3),
        "visitor_id": number % PEOPLE,
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
    return {
        "id": number,
        "first_name": name,
        "email": f"{number}@{name}.example",
        "is_email_hard_bounced": account == 1,
        "prospect_account_id": account,
        "score": chance.randint(0, 99),
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
    "opportunities": (6, lambda chance, number: {**named(chance, number), "value": float(chance.randint(1, 9))}),
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


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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


def test_new_activities_touch_their_days_only(history: History) -> None:
    row = {"id": ACTIVITIES + 1, "type": 6, "created_at": utc(2026, 3, 9, 12), "prospect_id": 1}
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
    """No day names it, so all days are made anew."""
    history.warehouse.load("visitor_activities", [{"id": 9_999, "type": 6}], load_id="5000.1")
    result = remade(history.warehouse.build())
    assert (result["visitor_activities_enriched"], result["daily_activity"]) == (1, None)
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
