"""The promises of a build: all or nothing, nothing when nothing changed, and the same in every session."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import duckdb
import pytest
from sampling import sampled
from transforms_warehouse import Warehouse, utc, write_models

from pardot_transforms import DataTestError, ModelError, ProjectError, build, load_project, models_path

MARTS = {
    "account_engagement",
    "asset_performance",
    "attribution",
    "calendar",
    "campaign_performance",
    "daily_activity",
    "data_quality",
    "database_growth",
    "deliverability",
    "email_link_performance",
    "email_performance",
    "email_statistics",
    "follow_up_queue",
    "form_performance",
    "landing_page_performance",
    "lifecycle_funnel",
    "list_growth",
    "metric_dictionary",
    "opportunity_influence",
    "prospect_cohorts",
    "prospect_engagement",
    "qualified_prospects",
    "score_history",
    "top_pages",
    "visitor_activities_enriched",
    "visitor_sessions",
}
COUNTED = {
    "marts/things_counted.sql": "-- One row.\nselect\n    count(*) as things\nfrom pardot.things\n",
}


def load_things(warehouse: Warehouse, *labels: str, load_id: str = "1") -> None:
    connection = warehouse.connection
    connection.execute("create schema if not exists pardot")
    connection.execute("create table if not exists pardot.things (id bigint, label varchar, _dlt_load_id varchar)")
    for label in labels:
        connection.execute(
            "insert into pardot.things select (select count(*) from pardot.things), ?, ?", [label, load_id]
        )


@pytest.fixture(scope="module")
def empty() -> Iterator[Warehouse]:
    """Every reporting table without a row, for reading only."""
    with duckdb.connect(":memory:") as connection:
        warehouse = Warehouse(connection)
        warehouse.build()
        yield warehouse


def test_build_without_any_raw_table_makes_empty_tables_and_says_so(warehouse: Warehouse) -> None:
    result = warehouse.build()
    assert warehouse.names("pardot_marts") == MARTS | {"_build"}
    assert "visitor_activities" in result.missing_tables
    assert len(result.missing_tables) == len(load_project().sources) > 13
    assert result.missing_columns == ()
    assert all(warehouse.mart(mart) == [] for mart in MARTS - {"metric_dictionary"})


def test_missing_column_counts_as_null_of_its_type(warehouse: Warehouse) -> None:
    warehouse.load("prospects", [{"id": 1, "first_name": "Ada"}], without=["score", "last_name"])
    result = warehouse.build(select=["prospect_engagement"])
    assert result.missing_columns == ("prospects.last_name", "prospects.score")
    (row,) = warehouse.mart("prospect_engagement")
    assert (row["prospect_name"], row["score"]) == ("Ada", None)
    assert warehouse.query("select distinct typeof(score) as kind from pardot_marts.prospect_engagement") == [
        {"kind": "BIGINT"}
    ]


def test_column_that_arrives_later_is_used(warehouse: Warehouse) -> None:
    warehouse.load("prospects", [{"id": 1}], without=["score"])
    warehouse.build()
    warehouse.connection.execute("alter table pardot.prospects add column score bigint default 7")
    result = warehouse.build()
    assert (result.skipped, result.missing_columns) == (False, ())
    assert warehouse.mart("prospect_engagement")[0]["score"] == 7
    assert "prospects" not in warehouse.names("pardot_marts_views"), "the stand-in is gone"


def test_column_of_another_type_is_cast_to_the_declared_one(warehouse: Warehouse) -> None:
    warehouse.load("prospects", [{"id": 1, "score": 12}])
    warehouse.connection.execute("alter table pardot.prospects alter score type varchar")
    warehouse.build(select=["prospect_engagement"])
    assert warehouse.mart("prospect_engagement")[0]["score"] == 12


def test_reporting_columns_have_types_that_every_reader_knows(empty: Warehouse) -> None:
    kinds = empty.query("select distinct data_type from information_schema.columns where table_schema = 'pardot_marts'")
    known = {"BIGINT", "VARCHAR", "BOOLEAN", "DOUBLE", "DECIMAL(18,2)", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}
    assert {kind["data_type"] for kind in kinds} <= known


def test_every_reporting_column_is_described_in_the_database(empty: Warehouse) -> None:
    silent = empty.query(
        "select table_name, column_name from duckdb_columns() "
        "where schema_name = 'pardot_marts' and table_name <> '_build' and coalesce(comment, '') = ''"
    )
    assert silent == []
    tables = empty.query("select comment from duckdb_tables() where table_name = 'daily_activity'")
    assert tables[0]["comment"].startswith("One row per UTC day, type and asset kind")


def test_second_build_is_skipped_until_rows_models_or_settings_change(warehouse: Warehouse, tmp_path: Path) -> None:
    models = write_models(tmp_path, COUNTED)
    load_things(warehouse, "a")
    assert warehouse.build(models=models).skipped is False
    assert warehouse.build(models=models).skipped is True

    load_things(warehouse, "b")
    assert warehouse.build(models=models).skipped is False, "a new row"
    warehouse.connection.execute("update pardot.things set label = 'c', _dlt_load_id = '2' where id = 0")
    assert warehouse.build(models=models).skipped is False, "a newer load"
    warehouse.connection.execute("delete from pardot.things where id = 0")
    assert warehouse.build(models=models).skipped is False, "a row gone"

    path = models / "marts/things_counted.sql"
    path.write_text(path.read_text().replace("count(*)", "count(*) + 10"))
    assert warehouse.build(models=models).skipped is False, "a new model text"
    assert warehouse.mart("things_counted") == [{"things": 11}]

    assert warehouse.build(models=models, time_zone="Asia/Tokyo").skipped is False, "another time zone"
    assert warehouse.build(models=models, time_zone="Asia/Tokyo").skipped is True
    warehouse.connection.execute("drop table pardot_marts.things_counted")
    assert warehouse.build(models=models, time_zone="Asia/Tokyo").skipped is False, "a table was dropped"


def test_full_refresh_builds_although_nothing_changed(warehouse: Warehouse, tmp_path: Path) -> None:
    models = write_models(tmp_path, COUNTED)
    warehouse.build(models=models)
    assert warehouse.build(models=models, full_refresh=True).skipped is False


def test_failing_data_test_leaves_the_last_good_tables(warehouse: Warehouse) -> None:
    warehouse.load("visitor_activities", [{"id": 1, "created_at": utc(2026, 3, 1)}])
    warehouse.build(select=["daily_activity"])
    before = warehouse.mart("visitor_activities_enriched")
    warehouse.load("visitor_activities", [{"id": n, "details": "a@example.com"} for n in (4, 3, 2, 5) for _ in "ab"])
    with pytest.raises(DataTestError) as caught:
        warehouse.build(select=["daily_activity"])
    error = caught.value
    assert (error.model, error.test, error.failing_rows) == ("visitor_activities_enriched", "unique(id)", 4)
    assert error.keys == ("2", "3", "4")
    assert str(error) == (
        "Model visitor_activities_enriched was not published. "
        "4 rows break its data test unique(id), for instance 2, 3, 4. "
        "The reporting tables of the last good build are unchanged; "
        "look at those rows in the raw tables and build again."
    )
    assert warehouse.mart("visitor_activities_enriched") == before
    assert warehouse.mart("daily_activity")[0]["activities"] == 1


@pytest.mark.parametrize(
    "table", sampled(["prospects", "prospect_accounts", "campaigns", "emails", "list_emails", "forms"], 3)
)
def test_doubled_raw_row_stops_the_build_before_it_doubles_a_number(warehouse: Warehouse, table: str) -> None:
    warehouse.load("visitor_activities", [{"id": 1, "prospect_id": 3, "email_id": 3, "campaign_id": 3}])
    warehouse.load(table, [{"id": 3}, {"id": 3}])
    with pytest.raises(DataTestError) as caught:
        warehouse.build(select=["visitor_activities_enriched"])
    assert (caught.value.model, caught.value.test, caught.value.keys) == (
        f"stg_{table}",
        "unique(id)",
        ("3",),
    )


def test_sql_error_leaves_the_last_good_tables_and_names_file_and_line(warehouse: Warehouse, tmp_path: Path) -> None:
    models = write_models(tmp_path, COUNTED)
    load_things(warehouse, "a")
    warehouse.build(models=models)
    broken = "-- One row.\nselect\n    1 as one,\n    t.nothing as gone -- 🎉\nfrom pardot.things as t\n"
    (models / "marts/zzz.sql").write_text(broken, encoding="utf-8")
    load_things(warehouse, "b")
    with pytest.raises(ModelError) as caught:
        warehouse.build(models=models)
    assert (caught.value.model, caught.value.file, caught.value.line) == ("zzz", "marts/zzz.sql", 4)
    assert "nothing" in caught.value.reason
    assert warehouse.mart("things_counted") == [{"things": 1}]
    assert warehouse.names("pardot_marts") == {"things_counted", "_build"}


def test_error_about_a_value_does_not_quote_it(warehouse: Warehouse, tmp_path: Path) -> None:
    text = "-- One row per thing.\nselect\n    cast(label as bigint) as number\nfrom pardot.things\n"
    models = write_models(tmp_path, {"marts/numbers.sql": text})
    load_things(warehouse, "ada@example.com")
    with pytest.raises(ModelError) as caught:
        warehouse.build(models=models)
    assert "Conversion Error" in str(caught.value)
    assert "ada@example.com" not in str(caught.value)


def test_selection_builds_the_model_and_what_it_reads_and_nothing_else(warehouse: Warehouse) -> None:
    warehouse.load("visitor_activities", [{"id": 1, "type": 1}])
    built = {model.name for model in warehouse.build(select=["daily_activity"]).models}
    assert {"daily_activity", "visitor_activities_enriched", "stg_visitor_activities"} <= built
    assert "email_performance" not in built
    assert warehouse.names("pardot_marts") == {"daily_activity", "visitor_activities_enriched", "_build"}


def test_full_build_after_a_selection_of_newer_data_is_not_skipped(warehouse: Warehouse) -> None:
    warehouse.load("visitor_activities", [{"id": 1, "prospect_id": 1}])
    warehouse.build()
    warehouse.load("visitor_activities", [{"id": 2, "prospect_id": 1}])
    warehouse.build(select=["daily_activity"])
    assert warehouse.mart("prospect_engagement")[0]["activities_ever"] == 1
    assert warehouse.build().skipped is False
    assert warehouse.mart("prospect_engagement")[0]["activities_ever"] == 2


def test_unknown_selection_names_the_nearest_model(warehouse: Warehouse) -> None:
    with pytest.raises(ProjectError, match="no model daily_activty; the nearest name is daily_activity"):
        warehouse.build(select=["daily_activty"])


def test_unknown_time_zone_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(ProjectError, match="'Mars/Olympus' is no IANA name"):
        warehouse.build(time_zone="Mars/Olympus")
    assert warehouse.names("pardot_marts") == set()


def test_model_that_becomes_a_view_or_disappears_leaves_nothing_behind(warehouse: Warehouse, tmp_path: Path) -> None:
    models = write_models(tmp_path, {**COUNTED, "marts/other.sql": "-- One row.\nselect 1 as one\n"})
    warehouse.build(models=models)
    (models / "marts/other.sql").unlink()
    (models / "marts/schema.yml").write_text("models:\n  - name: things_counted\n    config: {materialized: view}\n")
    warehouse.build(models=models)
    assert warehouse.names("pardot_marts") == {"_build"}
    assert "things_counted" in warehouse.names("pardot_marts_views")


def test_tables_that_the_build_did_not_make_are_left_alone(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.connection.execute("create schema pardot_marts; create table pardot_marts.mine as select 1 as one")
    models = write_models(tmp_path, COUNTED)
    warehouse.build(models=models)
    warehouse.build(models=models, full_refresh=True)
    assert "mine" in warehouse.names("pardot_marts")


def test_schema_names_with_quotes_and_keywords_work() -> None:
    with duckdb.connect(":memory:") as connection:
        warehouse = Warehouse(connection, raw_schema='we"ird; raw', marts_schema="select 'x\"")
        warehouse.load("visitor_activities", [{"id": 1, "type": 6, "list_email_id": 2}])
        warehouse.load("prospects", [{"id": 1}], without=["score"])
        warehouse.build()
        assert warehouse.build().skipped is True
        assert warehouse.mart("email_performance")[0]["sent"] == 1
        assert warehouse.names("select 'x\"_views") >= {"prospects", "settings", "stg_prospects"}


@pytest.mark.parametrize("session", sampled(["America/New_York", "Pacific/Kiritimati", "Asia/Kathmandu"], 3))
def test_result_is_the_same_whatever_the_time_zone_of_the_session(session: str) -> None:
    results = []
    for zone in ("UTC", session):
        with duckdb.connect(":memory:") as connection:
            connection.execute("set TimeZone = ?", [zone])
            warehouse = Warehouse(connection)
            # Both changes of the clocks in New York lie within the look-back windows of some row.
            times = [utc(2026, 3, day, hour, 30) for day in range(1, 15) for hour in (0, 4, 5, 6, 7, 23)]
            warehouse.load(
                "visitor_activities",
                [{"id": n, "type": 1, "prospect_id": n % 9, "created_at": at} for n, at in enumerate(times)],
            )
            warehouse.load("prospects", [{"id": n, "prospect_account_id": n % 2} for n in range(9)])
            warehouse.build(time_zone="Europe/Berlin")
            results.append({mart: warehouse.mart(mart) for mart in MARTS})
    assert results[0] == results[1]


def test_prospects_merged_away_keep_no_activity_and_the_master_has_all(warehouse: Warehouse) -> None:
    warehouse.load(
        "visitor_activities",
        [{"id": 1, "prospect_id": 1, "type": 11}, {"id": 2, "prospect_id": 2, "type": 11}],
    )
    warehouse.load("prospects", [{"id": 1}, {"id": 2}])
    warehouse.build(select=["prospect_engagement"])
    warehouse.connection.execute("update pardot.visitor_activities set prospect_id = 1, _dlt_load_id = '1700000001.1'")
    warehouse.connection.execute("delete from pardot.prospects where id = 2")
    warehouse.build(select=["prospect_engagement"])
    rows = warehouse.mart("prospect_engagement")
    assert [(row["prospect_id"], row["opens_ever"]) for row in rows] == [(1, 2)]


def test_result_tells_models_tests_and_rows_as_json(warehouse: Warehouse) -> None:
    warehouse.load("visitor_activities", [{"id": 1}])
    told = json.loads(warehouse.build().to_json())
    models = {model["name"]: (model["kind"], model["rows"]) for model in told["models"]}
    assert models["visitor_activities_enriched"] == ("table", 1)
    assert models["stg_visitor_activities"] == ("view", None)
    assert ("visitor_activities_enriched", "unique(id)") in {(t["model"], t["test"]) for t in told["tests"]}
    assert (told["skipped"], told["missing_columns"]) == (False, [])
    assert "prospects" in told["missing_tables"]


def test_database_that_cannot_be_written_gives_our_error(tmp_path: Path) -> None:
    path = tmp_path / "read_only.duckdb"
    duckdb.connect(path).close()
    with (
        duckdb.connect(path, read_only=True) as connection,
        pytest.raises(ProjectError, match="an answer of the database"),
    ):
        build(connection)


def test_transaction_of_the_caller_is_refused_and_not_rolled_back(warehouse: Warehouse) -> None:
    warehouse.connection.execute("begin; create table mine as select 1 as one")
    with pytest.raises(ProjectError, match="A transaction is in progress"):
        warehouse.build()
    warehouse.connection.execute("commit")
    assert warehouse.query("select one from mine") == [{"one": 1}]


def test_models_in_a_copied_folder_build_the_same(warehouse: Warehouse, tmp_path: Path) -> None:
    copied = copytree(models_path(), tmp_path / "models")
    wanted = [path for path in copied.rglob("*.sql") if path.parent.name != "fivetran"]  # those are made on request
    assert len(warehouse.build(models=copied).models) == len(wanted)


def test_import_loads_neither_the_database_nor_the_parser() -> None:
    heavy = {"duckdb", "sqlglot", "yaml", "dlt"}
    code = f"import sys, pardot_transforms; print(sorted({heavy} & set(sys.modules)))"
    path = {"PYTHONPATH": str(Path(models_path()).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=path)
    assert done.stdout == "[]\n"
