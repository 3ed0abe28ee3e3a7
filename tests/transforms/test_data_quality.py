"""What is wrong with the data: small examples made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from transforms_runs import ACTIVITIES, DAY, HOUR, KEYS, MINUTE, RUN, happened, line
from transforms_warehouse import Warehouse

from pardot_transforms import DataTestError

COUNTED = (
    *("read_failed", "rows_loaded", "rows_set_aside", "rows_seen_before", "rows_erased"),
    *("rows_unaccounted_for", "rows_missing"),
)


def quality(warehouse: Warehouse) -> dict[tuple[str, str, int], dict[str, Any]]:
    """Return all rows by table, check and number of the run."""
    warehouse.build(select=["data_quality"])
    rows = warehouse.mart("data_quality")
    return {(row["table_name"], row["check_name"], row["run_number"]): row for row in rows}


def check(warehouse: Warehouse, name: str, *, table: str = ACTIVITIES, run: int = 1) -> tuple[Any, ...]:
    row = quality(warehouse)[table, name, run]
    return tuple(row[column] for column in ("value", "expected_low", "expected_high", "out_of", "status"))


# -- what a run counted


def test_run_with_rejected_rows_says_so_in_every_count(warehouse: Warehouse) -> None:
    counts = {"parsed_rows": 98, "set_aside_rows": 2, "loaded_rows": 90, "new_rows": 80, "table_rows": 80}
    warehouse.load("_runs", [line(counts=counts)])
    rows = [row for row in quality(warehouse).values() if row["check_name"] in COUNTED]
    assert {(row["table_name"], row["run_number"], row["run_at"]) for row in rows} == {(ACTIVITIES, 1, RUN)}
    told = {row["check_name"]: (row["value"], row["expected_high"], row["out_of"], row["status"]) for row in rows}
    assert told == {
        "read_failed": (0, 0, None, "ok"),
        "rows_loaded": (90, None, 100, "not judged"),
        "rows_set_aside": (2, 0, 100, "warn"),
        "rows_seen_before": (8, None, 100, "not judged"),
        "rows_erased": (0, None, 100, "not judged"),
        "rows_unaccounted_for": (0, 0, 100, "ok"),
        "rows_missing": (0, None, None, "not enough rows"),
    }
    assert all("rejected_rows" in row["explanation"] for row in rows if row["check_name"] == "rows_set_aside")


@pytest.mark.parametrize(
    ("counts", "value"),
    [
        ({"parsed_rows": 10, "loaded_rows": 10, "new_rows": 10, "table_rows": 10}, 0),
        ({"parsed_rows": 10, "purged_rows": 1, "loaded_rows": 11, "new_rows": 4, "table_rows": 20}, 0),
        ({"parsed_rows": 10, "loaded_rows": 13, "new_rows": 10, "table_rows": 10}, 3),
        ({"parsed_rows": 10, "set_aside_rows": 3, "loaded_rows": 13, "new_rows": 10, "table_rows": 10}, 3),
        ({"parsed_rows": 10, "loaded_rows": 4, "new_rows": 9, "table_rows": 9}, 5),
        ({"parsed_rows": 10, "loaded_rows": 4, "new_rows": -2, "table_rows": 9}, 2),
    ],
    ids=["all new", "marked as purged", "not delivered", "set aside and yet loaded", "new and not loaded", "gone"],
)
def test_counts_of_files_and_table_that_contradict_each_other_are_told(
    counts: Mapping[str, int], value: int, warehouse: Warehouse
) -> None:
    warehouse.load("_runs", [line(counts=counts)])
    assert check(warehouse, "rows_unaccounted_for")[::4] == (value, "warn" if value else "ok")


def test_rows_that_left_between_two_runs_are_missing_and_those_that_came_are_not(warehouse: Warehouse) -> None:
    runs = [
        line(1, RUN - 4 * DAY, table_rows=100, new_rows=100, loaded_rows=100, parsed_rows=100),
        line(2, RUN - 3 * DAY, table_rows=105, new_rows=5, loaded_rows=5, parsed_rows=5),
        line(3, RUN - 2 * DAY, table_rows=103, new_rows=1, loaded_rows=1, parsed_rows=1),
        line(4, RUN - DAY, table_rows=150, new_rows=7, loaded_rows=7, parsed_rows=7),
        line(5, RUN, table="prospects", table_rows=3),
        line(6, RUN, table_rows=149),
    ]
    warehouse.load("_runs", runs)
    found = quality(warehouse)
    told = {run: found[ACTIVITIES, "rows_missing", run] for run in (1, 2, 3, 4, 6)}
    assert {run: (row["value"], row["out_of"], row["status"]) for run, row in told.items()} == {
        1: (0, None, "not enough rows"),
        2: (0, 100, "ok"),
        3: (3, 105, "warn"),
        4: (0, 103, "ok"),
        6: (1, 150, "warn"),
    }
    assert found["prospects", "rows_missing", 5]["status"] == "not enough rows"


def test_rows_of_erased_people_belong_to_the_rows_in_and_are_not_missed(warehouse: Warehouse) -> None:
    counts = {"parsed_rows": 90, "set_aside_rows": 2, "loaded_rows": 85, "new_rows": 80, "table_rows": 100}
    warehouse.load(
        "_runs",
        [
            line(1, RUN - DAY, counts={**counts, "erased_rows": 8, "removed_rows": 15}),
            line(2, RUN, counts={"table_rows": 84}),
        ],
    )
    told = {name: check(warehouse, name) for name in COUNTED}
    assert told["rows_erased"] == (8, None, None, 100, "not judged")
    assert told["rows_unaccounted_for"][::4] == (0, "ok")
    parts = ("rows_loaded", "rows_set_aside", "rows_seen_before", "rows_erased")
    assert sum(told[name][0] for name in parts) == told["rows_loaded"][3]
    assert check(warehouse, "rows_missing", run=2) == (1, 0, 0, 85, "warn"), "15 were erased, one is missing"


# -- how long ago


def test_table_that_fails_is_told_at_once_and_once_it_is_a_day_old(warehouse: Warehouse) -> None:
    runs = [line(1, RUN - 26 * HOUR), line(2, RUN, is_complete=False)]
    warehouse.load("_runs", [*runs, line(3, RUN, table="prospects")])
    assert check(warehouse, "read_failed", run=2) == (1, 0, 0, None, "warn")
    assert check(warehouse, "hours_since_read", run=3) == (26, None, 26, None, "ok")
    warehouse.load("_runs", [line(4, RUN + MINUTE, table="prospects"), line(4, RUN + MINUTE, is_backfill=True)])
    value, *_, status = check(warehouse, "hours_since_read", run=4)
    assert (round(value * 60), status) == (26 * 60 + 1, "warn")
    assert check(warehouse, "hours_since_read", table="prospects", run=4) == (0, None, 26, None, "ok")


def test_table_that_was_never_read_to_its_end_counts_from_its_first_run(warehouse: Warehouse) -> None:
    warehouse.load("_runs", [line(1, RUN - 30 * HOUR, is_complete=False), line(2, RUN, is_complete=False)])
    assert check(warehouse, "hours_since_read", run=2) == (30, None, 26, None, "warn")


def test_state_is_that_of_the_newest_run_and_a_clock_that_was_set_back_does_not_matter(warehouse: Warehouse) -> None:
    warehouse.load("campaigns", [{"id": 1, "updated_at": RUN - 3 * HOUR - 15 * MINUTE}])
    runs = [line(1, RUN + DAY, table="campaigns", table_rows=5), line(2, RUN, table="campaigns", table_rows=1)]
    warehouse.load("_runs", runs)
    rows = quality(warehouse)
    assert rows["campaigns", "rows_missing", 2]["value"] == 4
    assert {name for _, name, run in rows if run == 1} == set(COUNTED)
    fresh = rows["campaigns", "freshness_hours", 2]
    assert (fresh["value"], fresh["run_at"], fresh["status"]) == (3.25, RUN, "not judged")
    assert rows["campaigns", "hours_since_read", 2]["value"] == 0


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        (RUN - 72 * HOUR, (72, "ok")),
        (RUN - 72 * HOUR - 30 * MINUTE, (72.5, "warn")),
        (RUN + 5 * MINUTE, (0, "ok")),
    ],
    ids=["just in time", "too late", "while it ran"],
)
def test_activities_that_cease_are_told(newest: datetime, expected: tuple[float, str], warehouse: Warehouse) -> None:
    warehouse.load(ACTIVITIES, [{"id": id, "created_at": newest - id * HOUR / 2} for id in range(500)])
    warehouse.load("_runs", [line()])
    assert check(warehouse, "freshness_hours")[::4] == expected


def test_account_with_few_activities_is_not_judged_by_a_quiet_day(warehouse: Warehouse) -> None:
    warehouse.load(ACTIVITIES, happened({90: 1000, 5: 100}))
    warehouse.load("_runs", [line(), line(table="files")])
    assert check(warehouse, "freshness_hours") == (5 * 24 + 14.5, None, None, None, "not enough rows")
    assert check(warehouse, "freshness_hours", table="files") == (None, None, None, None, "not enough rows")


def test_first_day_of_an_account_tells_nothing_of_the_usual(warehouse: Warehouse) -> None:
    warehouse.load(ACTIVITIES, [{"id": id, "created_at": RUN - HOUR} for id in range(100)])
    warehouse.load("_runs", [line()])
    assert check(warehouse, "freshness_hours") == (1, None, None, None, "not enough rows")


def test_table_that_no_run_was_to_read_is_not_there(warehouse: Warehouse) -> None:
    warehouse.load("campaigns", [{"id": 1, "updated_at": RUN}])
    warehouse.load("prospects", [{"id": 1, "campaign_id": 2}])
    warehouse.load("_runs", [line(table="campaigns")])
    assert {table for table, _, _ in quality(warehouse)} == {"campaigns"}


# -- how many on which day

WEEKS = {7 * week: count for week, count in enumerate((100, 90, 110, 5, 100, 120, 900, 95), 1)}
"""The same weekday of the eight weeks before: without the smallest and the greatest, 90 to 120."""


@pytest.mark.parametrize(("count", "status"), [(45, "ok"), (44, "warn"), (240, "ok"), (241, "warn"), (0, "warn")])
def test_last_day_is_compared_with_its_own_weekday(count: int, status: str, warehouse: Warehouse) -> None:
    warehouse.load(ACTIVITIES, happened({0: count, 1: 5000, **WEEKS}))
    warehouse.load("_runs", [line()])
    assert check(warehouse, "volume_of_last_day") == (count, 45, 240, None, status)


def test_day_without_activities_is_one_of_the_eight(warehouse: Warehouse) -> None:
    warehouse.load(ACTIVITIES, happened({0: 100, **WEEKS, 7: 0, 28: 0}))
    warehouse.load("_runs", [line()])
    assert check(warehouse, "volume_of_last_day") == (100, 0, 240, None, "ok")


@pytest.mark.parametrize(
    "per_day",
    [{0: 100, **WEEKS, 56: 0, 55: 90}, {0: 100, **dict.fromkeys(WEEKS, 100), 7: 19, 28: 9, 42: 8, 56: 1}, {}],
    ids=["less than eight weeks", "four days with few", "none"],
)
def test_last_day_is_not_judged_without_enough_to_compare(per_day: Mapping[int, int], warehouse: Warehouse) -> None:
    warehouse.load(ACTIVITIES, happened(per_day))
    warehouse.load("_runs", [line()])
    assert check(warehouse, "volume_of_last_day") == (per_day.get(0, 0), None, None, None, "not enough rows")


def test_day_of_a_run_that_failed_or_read_the_past_is_not_complete(warehouse: Warehouse) -> None:
    warehouse.load(ACTIVITIES, happened({-1: 3, 0: 100, **WEEKS}))
    later = [line(2, RUN + 2 * DAY, is_complete=False), line(3, RUN + 3 * DAY, is_backfill=True)]
    warehouse.load("_runs", [line(), *later])
    assert check(warehouse, "volume_of_last_day", run=3)[0] == 100


def test_days_without_activities_are_gaps_on_busy_weekdays_only(warehouse: Warehouse) -> None:
    busy = {ago: 20 for ago in range(13 * 7) if ago % 7 not in (1, 2)}
    quiet = {ago: 19 for ago in range(13 * 7) if ago % 7 == 1}
    large_send = {15: 9000, 16: 9000}
    warehouse.load(ACTIVITIES, happened({**busy, **quiet, **large_send, 3: 0, 10: 0, 8: 0, 92: 50}))
    warehouse.load("_runs", [line()])
    assert check(warehouse, "gap_days") == (2, 0, 0, 5 * 13, "warn")


@pytest.mark.parametrize(
    ("weeks", "gaps", "expected"),
    [(13, 6, (6, 7 * 13, "warn")), (13, 7, (0, 6 * 13, "ok")), (4, 2, (0, 6 * 4, "ok")), (4, 1, (1, 7 * 4, "warn"))],
)
def test_weekday_is_busy_while_more_than_half_of_its_days_are(
    weeks: int, gaps: int, expected: tuple[int, int, str], warehouse: Warehouse
) -> None:
    per_day = {**dict.fromkeys(range(weeks * 7), 20), **{7 * week: 0 for week in range(gaps)}}
    warehouse.load(ACTIVITIES, happened(per_day))
    warehouse.load("_runs", [line()])
    value, _, _, days, status = check(warehouse, "gap_days")
    assert (value, days, status) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [(28, (0, 0, 0, 28, "ok")), (27, (0, None, None, 21, "not enough rows")), (34, (0, 0, 0, 28, "ok"))],
)
def test_gaps_are_looked_for_in_whole_weeks_since_the_first_day(
    days: int, expected: tuple[Any, ...], warehouse: Warehouse
) -> None:
    warehouse.load(ACTIVITIES, happened(dict.fromkeys(range(days), 20)))
    warehouse.load("_runs", [line()])
    assert check(warehouse, "gap_days") == expected


# -- keys


def test_keys_that_name_nothing_are_counted_by_row_and_one_per_cent_is_forgiven(warehouse: Warehouse) -> None:
    warehouse.load(ACTIVITIES, [{"id": id, "prospect_id": 1 + id % 2} for id in range(98)])
    warehouse.load(ACTIVITIES, [{"id": id, "prospect_id": 7} for id in (98, 99)])
    warehouse.load(ACTIVITIES, [{"id": id} for id in range(100, 150)])  # anonymous ones
    warehouse.load("prospects", [{"id": 1, "is_deleted": True}, {"id": 2}])
    warehouse.load("_runs", [line()])
    assert check(warehouse, "unmatched_prospect_id") == (2, 0, 1, 100, "warn")
    warehouse.load(ACTIVITIES, [{"id": id, "prospect_id": 2} for id in range(200, 300)])
    assert check(warehouse, "unmatched_prospect_id") == (2, 0, 2, 200, "ok")


def test_every_key_is_looked_for_in_its_own_table(warehouse: Warehouse) -> None:
    """Each table has three rows and ids of its own: one key names a row, one a row of another table, one is empty."""
    names = sorted(KEYS.keys() | {named for keys in KEYS.values() for named in keys.values()})
    first = {name: 100 * number for number, name in enumerate(names, 1)}
    for table in names:
        filled = [
            {key: first[named] for key, named in KEYS.get(table, {}).items()},
            dict.fromkeys(KEYS.get(table, {}), first[table]),
        ]
        warehouse.load(table, [{"id": first[table] + n, **keys} for n, keys in enumerate([*filled, {}])])
    warehouse.load("_runs", [line(table=table) for table in names])
    found = {(row["table_name"], row["check_name"]): row for row in quality(warehouse).values()}
    told = {key: row for key, row in found.items() if key[1].startswith("unmatched_")}
    assert told.keys() == {(table, f"unmatched_{key}") for table, keys in KEYS.items() for key in keys}
    assert {(row["value"], row["out_of"], row["status"]) for row in told.values()} == {(1, 2, "warn")}


def test_key_of_a_table_that_is_not_loaded_is_not_judged(warehouse: Warehouse) -> None:
    warehouse.load(ACTIVITIES, [{"id": 1, "campaign_id": 5}])
    warehouse.load("_runs", [line()])
    assert check(warehouse, "unmatched_campaign_id") == (1, None, None, 1, "not enough rows")


# -- when it is made


def test_run_that_brought_nothing_is_told_and_nothing_else_is_made(warehouse: Warehouse) -> None:
    warehouse.load("_runs", [line()])
    warehouse.load(ACTIVITIES, happened(dict.fromkeys(range(40), 20)))
    warehouse.build()
    days, described = warehouse.mart("daily_activity"), comments(warehouse)
    warehouse.load("_runs", [line(2, RUN + DAY, is_complete=False)])
    result = warehouse.build()
    assert (result.skipped, [(model.name, model.rows) for model in result.models]) == (True, [("data_quality", 18)])
    assert ("data_quality", "not_null(status)") in {(test.model, test.test) for test in result.tests}
    found = warehouse.mart("data_quality")
    assert {row["run_number"] for row in found if row["check_name"] in COUNTED} == {1, 2}
    assert {row["run_number"] for row in found if row["check_name"] not in COUNTED} == {2}
    assert [row["status"] for row in found if row["check_name"] == "read_failed"] == ["ok", "warn"]
    assert (warehouse.mart("daily_activity"), comments(warehouse)) == (days, described)
    again = warehouse.build()
    assert (again.skipped, again.models, again.tests) == (True, (), ())
    warehouse.build(full_refresh=True)
    assert warehouse.mart("data_quality") == found


def comments(warehouse: Warehouse) -> list[dict[str, Any]]:
    return warehouse.query(
        "select column_name, comment from duckdb_columns() where table_name = 'data_quality' and comment <> '' "
        "order by all"
    )


def test_run_is_told_with_the_rows_that_it_brought(warehouse: Warehouse) -> None:
    warehouse.load("_runs", [line()])
    warehouse.load(ACTIVITIES, happened(dict.fromkeys(range(40), 20)))
    warehouse.build()
    warehouse.load("_runs", [line(2)])
    warehouse.load(ACTIVITIES, [{"id": 9_000, "prospect_id": 5, "created_at": RUN}], load_id="1700000001.1")
    result = warehouse.build()
    assert {model.name: model.remade for model in result.models}["visitor_activities_enriched"] == 1
    assert check(warehouse, "unmatched_prospect_id", run=2)[0] == 1


def test_lines_that_break_a_data_test_leave_the_table_as_it_was(warehouse: Warehouse) -> None:
    warehouse.load("_runs", [line()])
    warehouse.build()
    before = warehouse.mart("data_quality")
    warehouse.load("_runs", [line(2), line(2)])
    with pytest.raises(DataTestError, match="data_quality"):
        warehouse.build()
    assert warehouse.mart("data_quality") == before
    with pytest.raises(DataTestError, match="data_quality"):
        warehouse.build()
