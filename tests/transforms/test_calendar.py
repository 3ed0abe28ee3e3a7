"""The calendar: its ends, turns of years made by hand, and every cell once more by Python's own dates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from transforms_warehouse import Warehouse, utc

OWN = """-- One row.
select {first_month} as first_fiscal_month, {by_end} as is_named_by_end, {first_weekday} as first_weekday
"""


def settings(folder: Path, first_month: int = 1, by_end: bool = True, first_weekday: int = 1) -> Path:
    folder.mkdir(exist_ok=True)
    text = OWN.format(first_month=first_month, by_end=str(by_end).lower(), first_weekday=first_weekday)
    (folder / "calendar_settings.sql").write_text(text, encoding="utf-8")
    return folder


def seen(*moments: datetime | None) -> list[dict[str, Any]]:
    return [{"id": id, "type": 20, "created_at": at} for id, at in enumerate(moments)]


def calendar(warehouse: Warehouse, rules: Path | None = None) -> dict[date, dict[str, Any]]:
    warehouse.build(select=["calendar"], rules=rules)
    return {row["day_on"]: row for row in warehouse.mart("calendar")}


def test_whole_fiscal_years_of_the_data_and_no_day_more(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.load("visitor_activities", seen(utc(2024, 2, 29, 12), None, utc(2025, 12, 31, 23, 59, 59)))
    ours = calendar(warehouse)
    assert (min(ours), max(ours), len(ours)) == (date(2024, 1, 1), date(2025, 12, 31), 366 + 365)
    assert {row["fiscal_year_name"] for row in ours.values()} == {"FY2024", "FY2025"}
    assert {row["week_starts_on"].isoweekday() for row in ours.values()} == {1}
    of_february = calendar(warehouse, settings(tmp_path / "rules", 2))
    assert (min(of_february), max(of_february)) == (date(2024, 2, 1), date(2026, 1, 31))
    of_march = calendar(warehouse, settings(tmp_path / "rules", 3))
    assert (min(of_march), max(of_march)) == (date(2023, 3, 1), date(2026, 2, 28))


def test_day_is_over_when_an_activity_came_after_it(warehouse: Warehouse) -> None:
    warehouse.load("visitor_activities", seen(utc(2026, 3, 1)))
    found = calendar(warehouse)
    assert [on for on, row in found.items() if row["is_over"]] == [date(2026, 1, 1) + timedelta(n) for n in range(59)]


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("prospects", {"id": 1, "created_at": utc(2021, 6, 1)}),
        ("prospects", {"id": 1, "updated_at": utc(2021, 6, 1)}),
        ("opportunities", {"id": 1, "created_at": utc(2021, 6, 1)}),
        ("opportunities", {"id": 1, "closed_at": utc(2031, 6, 1)}),
        ("list_memberships", {"id": 1, "list_id": 1, "prospect_id": 1, "created_at": utc(2021, 6, 1)}),
        ("lifecycle_histories", {"id": 1, "prospect_id": 1, "next_stage_id": 1, "created_at": utc(2021, 6, 1)}),
        ("visits", {"id": 1, "created_at": utc(2021, 6, 1)}),
        ("visitor_page_views", {"id": 1, "url": "https://a.example", "visit_id": 1, "created_at": utc(2021, 6, 1)}),
    ],
    ids=["prospect", "version", "opportunity", "close to come", "membership", "stage", "visit", "page view"],
)
def test_every_kind_of_day_is_of_the_data(warehouse: Warehouse, table: str, row: dict[str, Any]) -> None:
    warehouse.load(table, [row])
    warehouse.load("visitor_activities", seen(utc(2026, 3, 1)))
    found = calendar(warehouse)
    (moment,) = (value for value in row.values() if isinstance(value, datetime))
    assert moment.date() in found
    assert len({row["fiscal_year"] for row in found.values()}) == abs(2026 - moment.year) + 1


def test_days_that_are_mistakes_make_no_calendar_of_centuries(warehouse: Warehouse) -> None:
    warehouse.load("visitor_activities", seen(utc(1, 1, 1), utc(1970, 1, 1), utc(2026, 3, 1), utc(9999, 12, 31)))
    assert {row["calendar_year"] for row in calendar(warehouse).values()} == {2026}
    warehouse.load("prospects", [{"id": 1, "created_at": utc(1990, 1, 1), "updated_at": utc(1990, 1, 1)}])
    warehouse.load("opportunities", [{"id": 1, "closed_at": utc(2199, 12, 31)}])
    found = calendar(warehouse)
    assert (min(found), max(found)) == (date(1990, 1, 1), date(2199, 12, 31))


def test_nothing_loaded_is_no_day(warehouse: Warehouse) -> None:
    assert calendar(warehouse) == {}


TURNS = {
    date(2026, 12, 31): (2026, 53, 4),
    date(2027, 1, 3): (2026, 53, 7),
    date(2027, 1, 4): (2027, 1, 1),
    date(2024, 12, 29): (2024, 52, 7),
    date(2024, 12, 30): (2025, 1, 1),
}


def test_iso_weeks_at_turns_of_years(warehouse: Warehouse) -> None:
    warehouse.load("visitor_activities", seen(utc(2024, 1, 1), utc(2027, 1, 4)))
    found = calendar(warehouse)
    told = {on: (found[on]["iso_year"], found[on]["iso_week"], found[on]["iso_weekday"]) for on in TURNS}
    assert told == TURNS


def test_fiscal_year_of_february_is_named_by_its_end_or_its_beginning(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.load("visitor_activities", seen(utc(2026, 1, 31), utc(2026, 2, 1)))
    columns = ("fiscal_quarter_name", "fiscal_month", "fiscal_year_starts_on", "day_of_fiscal_year")
    last, first = date(2026, 1, 31), date(2026, 2, 1)
    found = calendar(warehouse, settings(tmp_path / "rules", 2))
    assert tuple(found[last][name] for name in columns) == ("FY2026 Q4", 12, date(2025, 2, 1), 365)
    assert tuple(found[first][name] for name in columns) == ("FY2027 Q1", 1, date(2026, 2, 1), 1)
    found = calendar(warehouse, settings(tmp_path / "rules", 2, by_end=False))
    assert [found[on]["fiscal_year_name"] for on in (last, first)] == ["FY2025", "FY2026"]
    found = calendar(warehouse, settings(tmp_path / "rules", 1, by_end=False))
    assert {found[on]["fiscal_year_name"] for on in (last, first)} == {"FY2026"}


# -- the same by Python's own dates


def expected(day: date, as_of: date, first_month: int, by_end: bool, first_weekday: int) -> dict[str, Any]:
    iso = day.isocalendar()
    week = day
    while week.isoweekday() != first_weekday:
        week -= timedelta(days=1)
    year_start = date(day.year, first_month, 1)
    if year_start > day:
        year_start = date(day.year - 1, first_month, 1)
    months = (day.year - year_start.year) * 12 + day.month - year_start.month
    begins = [
        date(year_start.year + (first_month - 1 + n) // 12, (first_month - 1 + n) % 12 + 1, 1) for n in (0, 3, 6, 9)
    ]
    quarter_start = max(on for on in begins if on <= day)
    last = date(year_start.year + 1, first_month, 1) - timedelta(days=1)
    year = last.year if by_end else year_start.year
    quarter = begins.index(quarter_start) + 1
    return {
        "day_on": day,
        "iso_weekday": iso.weekday,
        "week_starts_on": week,
        "iso_year": iso.year,
        "iso_week": iso.week,
        "calendar_year": day.year,
        "calendar_quarter": {1: 1, 2: 1, 3: 1, 4: 2, 5: 2, 6: 2, 7: 3, 8: 3, 9: 3}.get(day.month, 4),
        "calendar_month": day.month,
        "month_starts_on": day.replace(day=1),
        "quarter_starts_on": max(date(day.year, month, 1) for month in (1, 4, 7, 10) if month <= day.month),
        "fiscal_year": year,
        "fiscal_quarter": quarter,
        "fiscal_month": months + 1,
        "fiscal_year_name": f"FY{year}",
        "fiscal_quarter_name": f"FY{year} Q{quarter}",
        "fiscal_year_starts_on": year_start,
        "fiscal_quarter_starts_on": quarter_start,
        "day_of_fiscal_year": (day - year_start).days + 1,
        "day_of_fiscal_quarter": (day - quarter_start).days + 1,
        "is_over": day < as_of,
    }


@pytest.fixture(scope="module")
def long_warehouse() -> Iterator[Warehouse]:
    with duckdb.connect(":memory:") as connection:
        warehouse = Warehouse(connection)
        warehouse.load("visitor_activities", seen(utc(1999, 11, 3), utc(2032, 2, 29)))
        yield warehouse


@pytest.mark.parametrize("first_month", [1, 2, 4, 7, 10, 12])
def test_every_cell_equals_plain_python(long_warehouse: Warehouse, tmp_path: Path, first_month: int) -> None:
    by_end, first_weekday = first_month in (1, 4, 12), first_month % 7 + 1
    found = calendar(long_warehouse, settings(tmp_path / "rules", first_month, by_end, first_weekday))
    assert len(found) > 32 * 365
    as_of = date(2032, 2, 29)
    wrong = [on for on, row in found.items() if row != expected(on, as_of, first_month, by_end, first_weekday)]
    assert wrong[:3] == []
    days = sorted(found)
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    assert (found[days[0]]["day_of_fiscal_year"], (days[-1] + timedelta(days=1)).month) == (1, first_month)


def test_every_day_of_every_reporting_table_is_in_it(company_warehouse: Warehouse) -> None:
    columns = company_warehouse.query(
        "select table_name, column_name from duckdb_columns() where schema_name = 'pardot_marts' "
        "and data_type = 'DATE' and table_name <> 'calendar'"
    )
    assert len({row["table_name"] for row in columns}) >= 10
    for row in columns:
        lost = company_warehouse.query(
            f'select "{row["column_name"]}" as day from pardot_marts."{row["table_name"]}" '
            f'where "{row["column_name"]}" not in (select day_on from pardot_marts.calendar)'
        )
        assert lost == [], row
