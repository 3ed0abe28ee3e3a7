"""Databases to compare: an emulated account, one of odd rows, and one that has nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from kit import build_store, open_account
from transforms_warehouse import Row, Warehouse, utc

from pardot_transforms import load_project

TIME_ZONE = "Europe/Berlin"

BUSY = 8
GIVEN = ("id", "_dlt_load_id")
"""Columns whose values nobody makes up."""
DEEDS = ((6, None, 0), (1, "a", 10), (1, "é", 10), (1, "😀", 10), (4, None, 20), (4, None, 20))
"""Type, details, seconds: an email is sent, three links of it are followed at once, a form is filled in twice."""
CALLABLE = {"is_deleted": False, "is_do_not_call": False, "grade": " a+ "}

TEXTS = (
    None, "", " ", "Ada", " Ada ", "\u00a0Ada\u3000", "\u00a0", "O'Brien", 'a "quoted" one', "😀 grin",
    "👩‍👩‍👧 family", "Å", "A\u030a",
    "ß", "É", "zebra", "Zebra", "_under", "été", "{{ x }}", "back\\slash", "new\nline", "tab\there", "--", "NA", "null",
)  # fmt: skip
EMAILS = (
    None,
    "",
    "a@b.example",
    "A@B.Example ",
    "x@ÜNÏ.example",
    "none",
    "two@@at.example",
    "@",
    "a@",
    "😀@emoji.example",
)
URLS = (
    None, "", "https://a.example/", "https://a.example/?q=1#x", "https://a.example/#x?q", "?", "#",
    " https://a.example/ ",
    "https://a.example/é😀?😀", "a?b?c#d#e", "\u00a0https://a.example/\u00a0",
)  # fmt: skip
STAGES = (*TEXTS, "MQL", "mql 2", " Marketing Qualified\u3000", "marketing qualified", "Sales qualified")
STATUSES = (None, "", "Won", "won", "WON", "Lost", "lost", "Open")
GRADES = (None, "", " ", "A", "a+", " B-", "\u00a0c", "D", "F", "Z", "Å")
AMOUNTS = (None, 0.0, 0.005, 0.015, 0.285, 1.005, 2.675, 33.333333, 1234.565, 99.99, 1e6, 1e13, -5.5, 0.1 + 0.2)
MOMENTS = (
    None, utc(2026, 3, 1), utc(2026, 2, 28, 23, 59, 59), utc(2026, 3, 8, 6, 30), utc(2026, 3, 8, 7, 30),
    utc(2026, 3, 29, 0, 59, 59), utc(2026, 3, 29, 1), utc(2025, 10, 26, 0, 30), utc(2025, 10, 26, 1, 30),
    utc(2025, 11, 2, 5, 30), utc(2025, 11, 2, 6, 30), utc(2025, 12, 31, 23, 30), utc(2024, 2, 29, 12),
    utc(1999, 12, 31),
)  # fmt: skip
"""Ends of days, months and years, and hours that New York or Berlin have twice or not at all."""


def empty(path: Path) -> None:
    """An account of which nothing is loaded, not even a table."""
    with duckdb.connect(str(path)) as connection:
        Warehouse(connection).build(time_zone=TIME_ZONE)


def emulated(path: Path, activities: int, seed: int) -> None:
    """An emulated account as two days of runs leave it: histories, deleted and purged rows, custom fields."""
    with build_store(activities, seed=seed) as store:
        account = open_account(path.parent / f"{path.stem}_work", store)
        with account.emulator:
            assert account.run(time_zone=TIME_ZONE).exit_code == 0
            account.next_day(seed=seed, purge=True)
            assert account.run(time_zone=TIME_ZONE).exit_code == 0
    account.places.working_database.rename(path)  # it has the views behind the reporting tables, too


def odd(path: Path, rows: int, seed: int) -> None:
    """Rows as no account has them together: NULLs, ties, odd texts and amounts, ids of nothing."""
    chance = random.Random(seed)  # noqa: S311 - nothing is secret here
    project = load_project()
    with duckdb.connect(str(path)) as connection:
        warehouse = Warehouse(connection)
        for source in project.sources.values():
            wanted = rows if source.name in ("visitor_activities", "visitor_page_views") else max(rows // 8, 20)
            warehouse.load(source.name, _rows(source.name, source.columns, wanted, chance))
        warehouse.build(time_zone=TIME_ZONE)
        connection.execute(
            "UPDATE pardot.prospects SET score = score + 1, grade = 'A', is_deleted = NOT is_deleted, "
            "updated_at = TIMESTAMPTZ '2026-05-01 00:00:00+00', _dlt_load_id = '1700000001.1' WHERE id % 3 = 0"
        )
        warehouse.build(time_zone=TIME_ZONE)


def _rows(table: str, columns: Mapping[str, str], count: int, chance: random.Random) -> list[Row]:
    if table == "_runs":
        return _runs(chance)
    makers = {name: _maker(table, name, kind, chance) for name, kind in columns.items() if name not in GIVEN}
    rows: list[Row] = [
        {"id": number, **{name: make() for name, make in makers.items()}} for number in range(1, count + 1)
    ]
    if table == "prospects":
        return [{**row, **CALLABLE} if index < BUSY else row for index, row in enumerate(rows)]
    return [*rows, *_busy_people(count)] if table == "visitor_activities" else rows


def _busy_people(before: int) -> list[Row]:
    """The first prospects do at last what calls for a call, and click on three links in a second, as machines do."""
    at = utc(2026, 8, 1, 23, 59, 50)
    made: list[Row] = []
    for person in range(1, BUSY + 1):
        for type_, details, seconds in DEEDS:
            moment = at + timedelta(seconds=seconds)
            made.append(
                {
                    "id": before + len(made) + 1,
                    "type": type_,
                    "details": details,
                    "prospect_id": person,
                    "list_email_id": None if type_ == 4 else 3,
                    "form_id": 5 if type_ == 4 else None,
                    "created_at": moment,
                    "updated_at": moment,
                }
            )
    return made


def _maker(table: str, name: str, kind: str, chance: random.Random) -> Callable[[], Any]:
    pools: dict[str, tuple[Any, ...]] = {"email": EMAILS, "url": URLS, "destination_url": URLS, "status": STATUSES}
    pools |= {"grade": GRADES} | ({"name": STAGES} if table == "lifecycle_stages" else {})
    if name in pools:
        return lambda: chance.choice(pools[name])
    if kind == "boolean":
        return lambda: chance.choice((None, False, True))
    if kind == "double":
        return lambda: chance.choice(AMOUNTS)
    if kind == "varchar":
        return lambda: chance.choice(TEXTS)
    if kind == "timestamptz":
        return lambda: _moment(table, name, chance)
    if name == "type":
        return lambda: chance.randint(1, 40)
    if name.endswith("_id"):
        return lambda: chance.choice((None, None, chance.randint(1, 25), 999))
    return lambda: chance.choice((None, 0, chance.randint(0, 400)))


def _moment(table: str, name: str, chance: random.Random) -> datetime | None:
    found = chance.choice(MOMENTS)
    if found is None and (table, name) == ("visitor_activities", "created_at"):
        found = utc(2026, 3, 2)
    if found is None or chance.random() < 0.3:
        return found
    near = timedelta(hours=chance.randint(0, 24 * 90), seconds=chance.choice((0, 0, 1, 59)))
    return found + near + timedelta(microseconds=chance.choice((0, 0, 1, 999_999)))


def _runs(chance: random.Random) -> list[Row]:
    """What runs counted, some of it at odds with itself."""
    made: list[Row] = []
    for number in range(1, 9):
        for table in ("visitor_activities", "prospects", "campaigns"):
            read, new = chance.randint(0, 50), chance.randint(0, 20)
            made.append(
                {
                    "run_number": number,
                    "run_at": utc(2026, 5, number, 4, 0, number),
                    "is_backfill": number == 3,
                    "object": table,
                    "is_complete": chance.random() < 0.8,
                    "files": 1,
                    "bytes": 1000 * read,
                    "parsed_rows": read,
                    "set_aside_rows": chance.choice((0, 0, 2)),
                    "purged_rows": chance.choice((0, 0, 1)),
                    "loaded_rows": new,
                    "new_rows": min(new, chance.randint(0, 20)),
                    "table_rows": chance.randint(0, 500),
                }
            )
    return made
