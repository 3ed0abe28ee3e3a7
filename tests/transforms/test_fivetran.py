"""The tables in the columns of Fivetran's: all that dbt_pardot reads, and the rows that plain Python makes of ours."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fivetran import READ, SCHEMA
from transforms_warehouse import Row, Warehouse, utc, write_models

from pardot_transforms import load_project
from pardot_transforms.graph import build_graph
from pardot_transforms.lint import lint

START = utc(2026, 1, 1)
LOAD_ID = "1768471200.25"
SYNCED = datetime(2026, 1, 15, 10, 0, 0, 250_000, tzinfo=timezone.utc)
SIZES = {
    "campaigns": 12,
    "lists": 12,
    "list_memberships": 60,
    "opportunities": 25,
    "prospects": 60,
    "visitors": 60,
    "visitor_activities": 600,
}
OF_OPPORTUNITIES = (8, 9, 10, 18, 19, 38)
SMALL = {
    "staging/sources.yml": (
        "sources:\n  - name: pardot\n    tables:\n      - name: prospects\n        columns:\n"
        "          - {name: id, data_type: bigint}\n"
    ),
    "marts/people.sql": "-- One row.\nselect\n    count(*) as people\nfrom pardot.prospects\n",
    "fivetran/prospect.sql": "-- One row per prospect.\nselect\n    id\nfrom pardot.prospects\n",
}
Table = Callable[[Mapping[str, list[Row]]], list[Row]]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """One reporting table and one in the columns of Fivetran's: where they go does not depend on what they hold."""
    return write_models(tmp_path, SMALL)


def random_rows(pick: random.Random, table: str, count: int) -> list[Row]:
    """Rows in which every declared column is filled and is NULL somewhere; few ids, so that they meet."""
    columns = load_project().sources[f"pardot.{table}"].columns
    value: dict[str, Callable[[str], Any]] = {
        "bigint": lambda name: pick.choice(OF_OPPORTUNITIES) if name == "type" else pick.randrange(1, 30),
        "varchar": lambda name: f"{name} {pick.randrange(1_000)}",
        "boolean": lambda _: pick.random() < 0.5,
        "double": lambda _: pick.randrange(10_000) / 4,
        "timestamptz": lambda _: START + timedelta(hours=pick.randrange(200)),
    }
    names = {name: kind for name, kind in columns.items() if name not in ("id", "_dlt_load_id")}
    return [
        {"id": id} | {name: value[kind](name) if pick.random() < 0.8 else None for name, kind in names.items()}
        for id in range(1, count + 1)
    ]


@pytest.fixture(scope="module", params=[1, 2])
def world(request: pytest.FixtureRequest) -> Iterator[tuple[Warehouse, dict[str, list[Row]]]]:
    pick = random.Random(request.param)  # noqa: S311 - rows, not secrets
    raw = {table: random_rows(pick, table, count) for table, count in SIZES.items()}
    with duckdb.connect(":memory:") as connection:
        warehouse = Warehouse(connection)
        for table, rows in raw.items():
            warehouse.load(table, rows, load_id=LOAD_ID)
        warehouse.build(fivetran_schema=SCHEMA, select=list(READ))
        yield warehouse, raw


def renamed(row: Row, table: str, **others: str) -> dict[str, Any]:
    """Return the columns of Fivetran's table that ours have, too, or have under another name."""
    names = {name: others.get(name, name) for name in READ[table]}
    return {name: row[other] for name, other in names.items() if other in row} | {"_fivetran_synced": SYNCED}


def standing(rows: list[Row]) -> list[Row]:
    return [row for row in rows if not row["is_deleted"]]


def text(value: object) -> str | None:
    return None if value is None else str(value)


def campaign(raw: Mapping[str, list[Row]]) -> list[Row]:
    return [renamed(r, "campaign") | {"_fivetran_deleted": bool(r["is_deleted"])} for r in raw["campaigns"]]


def lists(raw: Mapping[str, list[Row]]) -> list[Row]:
    return [renamed(r, "list", is_crm_visible="is_salesforce_visible") for r in standing(raw["lists"])]


def list_membership(raw: Mapping[str, list[Row]]) -> list[Row]:
    rows = standing(raw["list_memberships"])
    return [renamed(r, "list_membership") | {"opted_out": bool(r["opted_out"])} for r in rows]


def opportunity(raw: Mapping[str, list[Row]]) -> list[Row]:
    return [renamed(r, "opportunity") for r in standing(raw["opportunities"])]


def opportunity_prospect(raw: Mapping[str, list[Row]]) -> list[Row]:
    """The newest activity of a pair decides whether the prospect belongs to the opportunity."""
    newest: dict[tuple[int, int], Row] = {}
    long_ago = START - timedelta(days=1)
    for row in sorted(raw["visitor_activities"], key=lambda r: (r["created_at"] or long_ago, r["id"])):
        if row["type"] in OF_OPPORTUNITIES and row["opportunity_id"] and row["prospect_id"]:
            newest[row["opportunity_id"], row["prospect_id"]] = row
    changed = {r["id"]: r["updated_at"] for r in standing(raw["opportunities"])}
    return [
        {"opportunity_id": o, "prospect_id": p, "updated_at": changed[o], "_fivetran_synced": SYNCED}
        for (o, p), row in newest.items()
        if row["type"] != 38 and o in changed
    ]


def prospect(raw: Mapping[str, list[Row]]) -> list[Row]:
    crm = {f"crm_{name}_fid": f"salesforce_{name}_id" for name in ("lead", "contact", "owner", "account")}
    crm |= {"crm_url": "salesforce_url", "crm_last_sync": "salesforce_last_sync"}
    rows: list[Row] = []
    for r in raw["prospects"]:
        gone = bool(r["is_deleted"])
        rows.append(renamed(r, "prospect", **crm) | {"password": None, "is_archived": gone, "_fivetran_deleted": gone})
    return rows


def visitor(raw: Mapping[str, list[Row]]) -> list[Row]:
    return [renamed(r, "visitor") for r in standing(raw["visitors"])]


def visitor_activity(raw: Mapping[str, list[Row]]) -> list[Row]:
    return [
        renamed(r, "visitor_activity") | {"visit_id": text(r["visit_id"]), "opportunity_id": text(r["opportunity_id"])}
        for r in raw["visitor_activities"]
    ]


TABLES: dict[str, Table] = {
    "campaign": campaign,
    "list": lists,
    "list_membership": list_membership,
    "opportunity": opportunity,
    "opportunity_prospect": opportunity_prospect,
    "prospect": prospect,
    "visitor": visitor,
    "visitor_activity": visitor_activity,
}


def read(warehouse: Warehouse, table: str) -> list[dict[str, Any]]:
    return warehouse.query(f'select * from {SCHEMA}."{table}"')


def test_every_column_that_dbt_pardot_reads_is_there_without_any_raw_table(warehouse: Warehouse) -> None:
    warehouse.build(fivetran_schema=SCHEMA)
    assert warehouse.names(SCHEMA) == set(READ)
    for table, columns in READ.items():
        found = warehouse.query(
            "select column_name, data_type from information_schema.columns "
            f"where table_schema = '{SCHEMA}' and table_name = '{table}'"
        )
        assert {row["column_name"]: row["data_type"] for row in found} == columns, table
        assert read(warehouse, table) == []


@pytest.mark.parametrize("table", TABLES)
def test_rows_are_those_of_plain_python(table: str, world: tuple[Warehouse, dict[str, list[Row]]]) -> None:
    warehouse, raw = world
    key = "id" if "id" in READ[table] else "opportunity_id"
    expected = TABLES[table](raw)
    found = read(warehouse, table)
    order: Callable[[Row], Any] = lambda row: (row[key], row.get("prospect_id") or 0)  # noqa: E731
    assert len(expected) > 5
    assert all(set(row) == set(READ[table]) for row in expected)
    assert sorted(found, key=order) == sorted(expected, key=order)


def test_they_are_made_only_when_asked_for_and_go_when_no_longer(warehouse: Warehouse, models: Path) -> None:
    warehouse.load("prospects", [{"id": 1}])
    warehouse.build(models=models)
    assert warehouse.names(SCHEMA) == set()
    assert {model.name for model in warehouse.build(models=models, fivetran_schema=SCHEMA).models} == {
        "people",
        "prospect",
    }
    assert warehouse.build(models=models, fivetran_schema=SCHEMA).skipped
    assert len(read(warehouse, "prospect")) == 1
    assert warehouse.names("pardot_marts") == {"people", "_build"}
    warehouse.build(models=models)
    assert warehouse.names(SCHEMA) == set()
    assert warehouse.build(models=models).skipped


def test_business_units_side_by_side_have_tables_of_their_own(warehouse: Warehouse, models: Path) -> None:
    other = Warehouse(warehouse.connection, raw_schema="emea", marts_schema="emea_marts")
    warehouse.load("prospects", [{"id": 1}])
    other.load("prospects", [{"id": 2}, {"id": 3}])
    warehouse.build(models=models, fivetran_schema=SCHEMA)
    other.build(models=models, fivetran_schema="emea_fivetran")
    assert [row["id"] for row in read(warehouse, "prospect")] == [1]
    assert len(warehouse.query("from emea_fivetran.prospect")) == 2
    warehouse.build(models=models)
    assert (warehouse.names(SCHEMA), warehouse.names("emea_fivetran")) == (set(), {"prospect"})


def test_new_and_changed_rows_alone_are_made(warehouse: Warehouse) -> None:
    warehouse.load("visitor_activities", [{"id": id, "type": 6} for id in range(100)])
    warehouse.load("prospects", [{"id": id, "score": id} for id in range(100)])
    warehouse.build(fivetran_schema=SCHEMA)
    warehouse.load("visitor_activities", [{"id": 100, "type": 11}], load_id="1768471300.5")
    warehouse.connection.execute(
        "update pardot.prospects set score = 7, is_deleted = true, _dlt_load_id = '1768471300.5' where id = 99"
    )
    result = warehouse.build(fivetran_schema=SCHEMA)
    assert {m.name: m.remade for m in result.models if m.name in ("visitor_activity", "prospect")} == {
        "visitor_activity": 1,
        "prospect": 1,
    }
    assert len(read(warehouse, "visitor_activity")) == 101
    (changed,) = (row for row in read(warehouse, "prospect") if row["id"] == 99)
    assert (changed["score"], changed["_fivetran_deleted"]) == (7, True)
    assert changed["_fivetran_synced"] == datetime.fromtimestamp(1768471300.5, timezone.utc)
    kept = {table: read(warehouse, table) for table in READ}
    warehouse.build(fivetran_schema=SCHEMA, full_refresh=True)
    assert all(sorted(map(str, read(warehouse, table))) == sorted(map(str, kept[table])) for table in READ)


def test_rows_without_a_stamp_and_columns_that_are_missing_are_null(warehouse: Warehouse) -> None:
    warehouse.load("prospects", [{"id": 1}], without=["salutation", "user_id", "is_deleted"])
    warehouse.connection.execute("update pardot.prospects set _dlt_load_id = null")
    warehouse.build(fivetran_schema=SCHEMA)
    (row,) = read(warehouse, "prospect")
    assert (row["_fivetran_deleted"], row["_fivetran_synced"], row["user_id"]) == (False, None, None)


def test_models_break_no_rule_and_each_table_and_key_is_described() -> None:
    project = load_project(fivetran=True)
    models = [model for model in project.models.values() if model.folder == "fivetran"]
    assert {model.name for model in models} == set(READ)
    assert lint(models) == []
    assert all(model.description.startswith("One row per ") and model.key for model in models)
    raw = [name for model in models for name in names_read(model.name) if name.startswith("pardot.")]
    assert raw == [], "they read raw tables through the staging models"


def names_read(model: str) -> list[str]:
    graph = build_graph(load_project(fivetran=True))
    return [reference.name for reference in graph.references[model]]
