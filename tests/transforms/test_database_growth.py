"""The database day by day: small examples made by hand, and every cell once more in plain Python."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from shutil import copytree
from typing import Any

import duckdb
import pytest
from transforms_formulas import insist_on_formulas
from transforms_warehouse import Row, Warehouse, utc

from pardot_transforms import DataTestError, models_path

BORN_AT = utc(2026, 3, 1, 9)
DAY = timedelta(days=1)
NEVER, EVER = utc(9999, 1, 1), utc(1, 1, 1)
FLOWS = ("created", "deleted", "opted_out", "hard_bounced", "mailable_added", "mailable_removed")


def prospect(id: int, created_at: datetime | None = BORN_AT, **fields: Any) -> dict[str, Any]:
    return {"id": id, "email": f"p{id}@example.com", "created_at": created_at, **fields}


def activity(id: int, type: int, at: datetime | None, prospect: int | None = 1) -> dict[str, Any]:
    return {"id": id, "type": type, "created_at": at, "prospect_id": prospect}


def growth(warehouse: Warehouse, *columns: str) -> dict[date | None, tuple[int, ...]]:
    warehouse.build(select=["int_database_today"])
    return {row["counted_on"]: tuple(row[name] for name in columns) for row in warehouse.mart("database_growth")}


def march(day: int) -> date:
    return date(2026, 3, day)


def test_every_day_has_a_row_from_the_first_prospect_to_the_latest_activity(warehouse: Warehouse) -> None:
    warehouse.load("prospects", [prospect(1), prospect(2, utc(2026, 3, 3, 23, 59, 59))])
    warehouse.load("visitor_activities", [activity(1, 20, utc(2026, 2, 1)), activity(2, 20, utc(2026, 3, 5), None)])
    found = growth(warehouse, "created", "existing", "mailable")
    assert found == {
        march(1): (1, 1, 1),
        march(2): (0, 1, 1),
        march(3): (1, 2, 2),
        march(4): (0, 2, 2),
        march(5): (0, 2, 2),
    }


def test_days_go_on_to_the_change_that_is_later_than_all_activities(warehouse: Warehouse) -> None:
    later = prospect(1, is_deleted=True, updated_at=utc(2026, 3, 4))
    warehouse.load("prospects", [later])
    warehouse.load("visitor_activities", [activity(1, 20, utc(2026, 3, 2))])
    assert list(growth(warehouse)) == [march(day) for day in (1, 2, 3, 4)]


def test_years_without_any_change_have_all_their_days(warehouse: Warehouse) -> None:
    warehouse.load("prospects", [prospect(1, utc(2004, 2, 28))])
    warehouse.load("visitor_activities", [activity(1, 20, utc(2026, 3, 1))])
    days = list(growth(warehouse))
    assert days == [date(2004, 2, 28) + n * DAY for n in range((march(1) - date(2004, 2, 28)).days + 1)]


def test_deleted_prospect_goes_by_its_last_update_and_a_purged_one_when_that_was_found(warehouse: Warehouse) -> None:
    updated: dict[str, Any] = {"updated_at": utc(2026, 3, 2)}
    warehouse.load(
        "prospects",
        [
            prospect(1, is_deleted=True, **updated),
            prospect(2, is_deleted=True, purged_at=utc(2026, 3, 3), **updated),
            prospect(3, is_deleted=True),
            prospect(4, is_deleted=True, updated_at=utc(2026, 2, 1)),
            prospect(5, **updated),
        ],
    )
    assert growth(warehouse, "created", "deleted", "net", "existing", "mailable") == {
        march(1): (5, 2, 3, 3, 3),
        march(2): (0, 1, -1, 2, 2),
        march(3): (0, 1, -1, 1, 1),
    }


def test_opt_out_has_the_day_of_the_last_sign_of_it_unless_a_resubscription_came_after(warehouse: Warehouse) -> None:
    second, third, fourth = (utc(2026, 3, day) for day in (2, 3, 4))
    stories: list[list[tuple[int, datetime | None]]] = [
        [(12, second), (35, third)],
        [(14, second), (11, fourth)],
        [(12, second), (16, third)],
        [(12, second), (37, second)],
        [(37, second), (12, fourth)],
        [(15, third)],
        [(12, None)],
        [(12, utc(2026, 2, 1))],
    ]
    warehouse.load("prospects", [prospect(n, opted_out=True) for n in range(1, len(stories) + 1)])
    warehouse.load("prospects", [prospect(20)])
    rows = [(type, at, n) for n, story in enumerate(stories, 1) for type, at in story] + [(12, second, 20)]
    warehouse.load("visitor_activities", [activity(id, *row) for id, row in enumerate(rows)])
    assert growth(warehouse, "opted_out", "mailable_added", "mailable_removed", "mailable") == {
        None: (3, 0, 0, 0),
        march(1): (1, 5, 0, 5),
        march(2): (2, 0, 2, 3),
        march(3): (1, 0, 1, 2),
        march(4): (1, 0, 1, 1),
    }


def test_hard_bounce_has_the_day_of_the_last_bounce_or_the_one_that_is_told(warehouse: Warehouse) -> None:
    told: dict[str, Any] = {"is_email_hard_bounced": True, "email_bounced_at": utc(2026, 3, 4)}
    warehouse.load("prospects", [prospect(1, **told), prospect(2, **told), prospect(3, is_email_hard_bounced=True)])
    warehouse.load("prospects", [prospect(4), prospect(5, is_email_hard_bounced=None, email_bounced_at=EVER)])
    bounces = [(13, utc(2026, 3, 2), 1), (36, utc(2026, 3, 3), 1), (13, utc(2026, 3, 2), 4)]
    warehouse.load("visitor_activities", [activity(id, *row) for id, row in enumerate(bounces)])
    assert growth(warehouse, "hard_bounced", "mailable") == {
        None: (1, 0),
        march(1): (0, 4),
        march(2): (0, 4),
        march(3): (1, 3),
        march(4): (1, 2),
    }


def test_without_address_or_with_do_not_email_nobody_was_ever_mailable(warehouse: Warehouse) -> None:
    bounced: dict[str, Any] = {"is_email_hard_bounced": True, "email_bounced_at": utc(2026, 3, 2)}
    warehouse.load(
        "prospects",
        [
            prospect(1, is_do_not_email=True),
            {**prospect(2), "email": None},
            {**prospect(3), "email": ""},
            prospect(4, is_do_not_email=False),
            prospect(5, is_do_not_email=True, **bounced),
        ],
    )
    found = growth(warehouse, "existing", "mailable_added", "mailable_removed", "mailable")
    assert found == {march(1): (5, 2, 0, 2), march(2): (5, 0, 1, 1)}


def test_who_ceases_to_be_mailable_for_several_reasons_ceases_once_at_the_first(warehouse: Warehouse) -> None:
    gone: dict[str, Any] = {
        "is_deleted": True,
        "updated_at": utc(2026, 3, 4),
        "opted_out": True,
        "is_email_hard_bounced": True,
    }
    warehouse.load("prospects", [prospect(1, **gone)])
    warehouse.load("visitor_activities", [activity(1, 12, utc(2026, 3, 2)), activity(2, 13, utc(2026, 3, 3))])
    assert growth(warehouse, *FLOWS) == {
        march(1): (1, 0, 0, 0, 1, 0),
        march(2): (0, 0, 1, 0, 0, 1),
        march(3): (0, 0, 0, 1, 0, 0),
        march(4): (0, 1, 0, 0, 0, 0),
    }


def test_prospect_of_an_unknown_day_was_there_before_all_days(warehouse: Warehouse) -> None:
    gone: dict[str, Any] = {"is_deleted": True, "updated_at": utc(2026, 3, 2)}
    warehouse.load("prospects", [prospect(1), prospect(2, None, **gone), prospect(3, None, is_deleted=True)])
    assert growth(warehouse, "created", "deleted", "existing", "mailable_removed", "mailable") == {
        None: (2, 1, 1, 0, 1),
        march(1): (1, 0, 2, 0, 2),
        march(2): (0, 1, 1, 1, 1),
    }


def test_only_prospects_of_unknown_days_have_one_row(warehouse: Warehouse) -> None:
    warehouse.load("prospects", [prospect(1, None)])
    warehouse.load("visitor_activities", [activity(1, 20, utc(2026, 3, 2))])
    assert growth(warehouse, "existing", "mailable") == {None: (1, 1)}


@pytest.mark.parametrize("column", ["created", "existing", "mailable"])
def test_build_stops_when_the_days_do_not_come_to_the_prospects_of_today(
    warehouse: Warehouse, tmp_path: Path, column: str
) -> None:
    models = copytree(models_path(), tmp_path / "models")
    file = models / "intermediate" / "int_database_today.sql"
    text = file.read_text(encoding="utf-8")
    wrong = text.replace("from database_growth", f"from (select * replace (9 as {column}) from database_growth)")
    assert wrong != text
    file.write_text(wrong, encoding="utf-8")
    warehouse.load("prospects", [prospect(1)])
    with pytest.raises(DataTestError, match="int_database_today"):
        warehouse.build(models=models, select=["int_database_today"])


# -- the same in plain Python


@pytest.fixture(scope="module")
def chaos() -> Iterator[Warehouse]:
    """Marks of all kinds, few instants, so that much falls together; some without a time."""
    chance = random.Random(23)  # noqa: S311 - rows, not secrets

    def at(share: float = 0.05) -> datetime | None:
        return None if chance.random() < share else utc(2026, 3, 1) + timedelta(hours=6 * chance.randrange(160))

    def mark(share: float) -> bool | None:
        return chance.choices([True, False, None], [share, 0.9 - share, 0.1])[0]

    prospects = [
        {
            **prospect(id, at(0.02)),
            "email": chance.choice([f"p{id}@example.com"] * 12 + ["", None]),
            "opted_out": mark(0.3),
            "is_email_hard_bounced": mark(0.2),
            "is_do_not_email": mark(0.1),
            "is_deleted": mark(0.2),
            "email_bounced_at": at(0.5),
            "updated_at": at(),
            "purged_at": at(0.9),
        }
        for id in range(1, 400)
    ]
    types = [6, 11, 12, 12, 13, 14, 15, 16, 20, 35, 36, 37]
    activities = [activity(id, chance.choice(types), at(), chance.choice([None, *range(1, 420)])) for id in range(900)]
    with duckdb.connect(":memory:") as connection:
        warehouse = Warehouse(connection)
        warehouse.load("prospects", prospects)
        warehouse.load("visitor_activities", activities)
        warehouse.build()
        yield warehouse


class Life:
    """When a prospect came and what ended it, with the ends of time for what is not known."""

    def __init__(self, row: Row, activities: list[Row]) -> None:
        def last(*types: int) -> datetime:
            return max((a["created_at"] for a in activities if a["type"] in types and a["created_at"]), default=EVER)

        self.row = row
        self.created = row["created_at"] or EVER
        self.deleted = self.opted_out = self.bounced = NEVER
        if row["is_deleted"]:
            self.deleted = self._after(row["purged_at"] or row["updated_at"] or EVER)
        if row["opted_out"]:
            opened, again = last(12, 14, 35), last(16, 37)
            self.opted_out = EVER if opened < again or opened == EVER else self._after(opened)
        if row["is_email_hard_bounced"]:
            bounced = max(last(13, 36), EVER)
            bounced = row["email_bounced_at"] or EVER if bounced == EVER else bounced
            self.bounced = EVER if bounced == EVER else self._after(bounced)

    def _after(self, at: datetime) -> datetime:
        return max(at, self.created)

    def is_mailable(self, at: datetime) -> bool:
        is_marked = self.row["is_do_not_email"] and not self.row["is_email_hard_bounced"]
        ends = (self.deleted, self.opted_out, self.bounced)
        return bool(self.row["email"]) and not is_marked and self.created <= at and all(at < end for end in ends)


def lives(warehouse: Warehouse) -> list[Life]:
    done: dict[int, list[Row]] = {}
    for row in warehouse.query("from pardot.visitor_activities where prospect_id is not null"):
        done.setdefault(row["prospect_id"], []).append(row)
    return [Life(row, done.get(row["id"], [])) for row in warehouse.query("from pardot.prospects")]


@pytest.mark.parametrize("world", ["chaos", "company_warehouse"])
def test_growth_equals_plain_python(world: str, request: pytest.FixtureRequest) -> None:
    """Who is there and mailable is asked of every prospect at the end of every day."""
    warehouse: Warehouse = request.getfixturevalue(world)
    people = lives(warehouse)
    rows = warehouse.mart("database_growth")
    days = [row["counted_on"] for row in rows if row["counted_on"]]
    as_of = warehouse.query("select max(created_at) as at from pardot.visitor_activities")[0]["at"]
    times = [at for one in people for at in (one.created, one.deleted, one.opted_out, one.bounced)]
    known = [at for at in times if EVER < at < NEVER]
    assert days == [
        min(known).date() + n * DAY for n in range((max(*known, as_of).date() - min(known).date()).days + 1)
    ]
    for row in rows:
        day = row["counted_on"]
        end = (
            datetime(day.year, day.month, day.day, tzinfo=timezone.utc) + DAY - timedelta(microseconds=1)
            if day
            else EVER
        )
        on = (day or EVER.date()).__eq__
        ends = [min(one.deleted, one.opted_out, one.bounced) for one in people if one.is_mailable(one.created)]
        expected = {
            "created": sum(on(one.created.date()) for one in people),
            "deleted": sum(on(one.deleted.date()) for one in people),
            "opted_out": sum(on(one.opted_out.date()) for one in people),
            "hard_bounced": sum(on(one.bounced.date()) for one in people),
            "existing": sum(one.created <= end < one.deleted for one in people),
            "mailable": sum(one.is_mailable(end) for one in people),
            "mailable_removed": sum(on(at.date()) for at in ends),
        }
        assert {name: row[name] for name in expected} == expected, day
    assert any(row["mailable_removed"] for row in rows)


@pytest.mark.parametrize("world", ["chaos", "company_warehouse"])
def test_days_come_to_the_prospects_of_today(world: str, request: pytest.FixtureRequest) -> None:
    warehouse: Warehouse = request.getfixturevalue(world)
    prospects = warehouse.query("from pardot.prospects")
    rows = warehouse.mart("database_growth")
    latest = max((row for row in rows if row["counted_on"]), key=lambda row: row["counted_on"])
    assert sum(row["created"] for row in rows) == len(prospects) > 100
    assert sum(row["deleted"] for row in rows) == sum(row["is_deleted"] is True for row in prospects) > 0
    assert sum(row["opted_out"] for row in rows) == sum(row["opted_out"] is True for row in prospects) > 0
    assert (
        sum(row["hard_bounced"] for row in rows) == sum(row["is_email_hard_bounced"] is True for row in prospects) > 0
    )
    assert latest["existing"] == sum(row["is_deleted"] is not True for row in prospects)
    against = ("is_deleted", "opted_out", "is_email_hard_bounced", "is_do_not_email")
    assert latest["mailable"] == sum(bool(row["email"]) and not any(row[mark] for mark in against) for row in prospects)


def test_hard_bounces_are_those_of_deliverability(company_warehouse: Warehouse) -> None:
    """Where every bounce is loaded, both tables count the same prospects."""
    named = company_warehouse.query(
        "select count(*) as prospects from pardot.prospects where is_email_hard_bounced and exists "
        "(from pardot.visitor_activities a where a.type in (13, 36) and a.prospect_id = prospects.id)"
    )
    elsewhere = sum(row["hard_bounced"] for row in company_warehouse.mart("deliverability"))
    assert elsewhere == named[0]["prospects"] > 0
    assert sum(row["hard_bounced"] for row in company_warehouse.mart("database_growth")) >= elsewhere


def test_every_formula_gives_its_column(chaos: Warehouse) -> None:
    insist_on_formulas(chaos, "database_growth")
