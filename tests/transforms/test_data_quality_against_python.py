"""Every check of data_quality in plain Python, over random runs, days and keys."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from transforms_formulas import insist_on_formulas
from transforms_runs import ACTIVITIES, DAY, HOUR, KEYS, MINUTE, RUN, happened, line
from transforms_warehouse import Row, Warehouse

OBJECTS = (ACTIVITIES, "prospects", "campaigns", "list_emails")


def random_runs(chance: random.Random) -> list[Row]:
    """Return the lines of a month of runs, some of which fail, fill the past, read less or were killed."""
    runs: list[Row] = []
    rows = dict.fromkeys(OBJECTS, 0)
    for number in range(1, 40):
        at = RUN - (40 - number) * DAY + chance.randrange(600) * MINUTE
        is_backfill = chance.random() < 0.1
        for table in OBJECTS:
            parsed, purged = chance.randrange(50), chance.choice([0, 0, 0, 2])
            loaded = chance.randrange(parsed + purged + 1) + chance.choice([0] * 9 + [3])
            new = chance.randrange(loaded + 1) + chance.choice([0] * 9 + [2, -60])
            erased, removed = chance.choice([0, 0, 0, 5]), chance.choice([0] * 5 + [3])
            rows[table] = max(0, rows[table] + new + chance.choice([0] * 8 + [9, -4]))
            if chance.random() < 0.9:
                counts = {"parsed_rows": parsed, "purged_rows": purged, "loaded_rows": loaded, "new_rows": new}
                set_aside = chance.choice([0] * 9 + [4])
                counts |= {"set_aside_rows": set_aside, "table_rows": rows[table]}
                counts |= {"erased_rows": erased, "removed_rows": removed}
                is_complete = chance.random() < 0.9
                runs.append(
                    line(number, at, table=table, is_backfill=is_backfill, is_complete=is_complete, counts=counts)
                )
                rows[table] = max(0, rows[table] - removed)
    return runs


@pytest.fixture(scope="module", params=range(6))
def world(request: pytest.FixtureRequest) -> Iterator[Warehouse]:
    chance = random.Random(request.param)  # noqa: S311 - rows, not secrets
    days, busy = chance.choice([25, 60, 100]), chance.choice([15, 40])
    per_day = {
        ago: 0 if chance.random() < 0.05 else chance.randrange(busy // 2, busy * 2) // (8 if ago % 7 > 4 else 1)
        for ago in range(-1, days)
    }
    activities = happened(per_day)
    ids = {"prospect_id": 30, "campaign_id": 4, "list_email_id": 9, "email_template_id": 3}
    for row in activities:
        row.update({key: chance.choice([None, chance.randint(1, count)]) for key, count in ids.items()})
    with duckdb.connect(":memory:") as connection:
        warehouse = Warehouse(connection)
        warehouse.load("_runs", random_runs(chance))
        warehouse.load(ACTIVITIES, [*activities, {"id": 0}])
        warehouse.load("prospects", [{"id": id, "updated_at": RUN - id * HOUR} for id in range(1, 30)])
        warehouse.load("campaigns", [{"id": id, "created_at": RUN - 50 * id * MINUTE} for id in range(1, 5)])
        warehouse.load("list_emails", [{"id": id, "campaign_id": 5, "created_at": RUN} for id in range(2, 9)])
        warehouse.build(select=["data_quality", "metric_dictionary"])
        yield warehouse


def hours(later: datetime, earlier: datetime) -> float:
    return max(0.0, (later - earlier) / HOUR)


Told = tuple[float | None, float | None, float | None, int | None, str]


def judged(value: float, low: float | None, high: float | None, out_of: int | None, *, has_enough: bool = True) -> Told:
    """Return value, what is expected, what it is a part of, and the status."""
    if not has_enough:
        return value, None, None, out_of, "not enough rows"
    if low is None and high is None:
        return value, low, high, out_of, "not judged"
    is_ok = (low is None or low <= value) and (high is None or value <= high)
    return value, low, high, out_of, "ok" if is_ok else "warn"


def expected_counts(runs: Sequence[Row]) -> Iterator[tuple[tuple[str, str, int], Told]]:
    left: dict[str, int] = {}
    for run in runs:
        table, number = run["object"], run["run_number"]
        erased, removed = run["erased_rows"] or 0, run["removed_rows"] or 0
        came = run["parsed_rows"] + run["set_aside_rows"] + run["purged_rows"] + erased
        too_many = run["loaded_rows"] - run["parsed_rows"] - run["purged_rows"]
        unaccounted = max(0, too_many, run["new_rows"] - run["loaded_rows"], -run["new_rows"])
        at_start, before = run["table_rows"] - run["new_rows"], left.get(table)
        missing = max(0, before - at_start) if before is not None else 0
        yield (table, "read_failed", number), judged(0 if run["is_complete"] else 1, 0, 0, None)
        yield (table, "rows_loaded", number), judged(run["loaded_rows"], None, None, came)
        yield (table, "rows_set_aside", number), judged(run["set_aside_rows"], 0, 0, came)
        yield (table, "rows_seen_before", number), judged(max(0, -too_many), None, None, came)
        yield (table, "rows_erased", number), judged(erased, None, None, came)
        yield (table, "rows_unaccounted_for", number), judged(unaccounted, 0, 0, came)
        yield (table, "rows_missing", number), judged(missing, 0, 0, before, has_enough=before is not None)
        left[table] = run["table_rows"] - removed


def expected_states(warehouse: Warehouse, runs: Sequence[Row]) -> Iterator[tuple[tuple[str, str], Told]]:
    now = runs[-1]["run_at"]
    complete = [run for run in runs if run["is_complete"] and not run["is_backfill"]]
    read = {table: max(run["run_at"] for run in complete if run["object"] == table) for table in OBJECTS}
    activities = warehouse.query("from pardot.visitor_activities")
    today = read[ACTIVITIES].date()
    on = Counter(row["created_at"].date() for row in activities if row["created_at"])
    first = min(on)
    covered = (today - first).days
    past = {day: count for day, count in on.items() if day < today}
    is_busy = 2 * sum(count >= 20 for count in past.values()) > (max(past) - first).days + 1
    newest = {ACTIVITIES: max(row["created_at"] for row in activities if row["created_at"])}
    for table in OBJECTS[1:]:
        stamps = [row["updated_at"] or row["created_at"] for row in warehouse.query(f"from pardot.{table}")]
        newest[table] = max(stamps)
    for table in OBJECTS:
        yield (table, "hours_since_read"), judged(hours(now, read[table]), None, 26, None)
        high, enough = (72, is_busy) if table == ACTIVITIES else (None, True)
        yield (table, "freshness_hours"), judged(hours(now, newest[table]), None, high, None, has_enough=enough)
    yield (ACTIVITIES, "volume_of_last_day"), expected_volume(on, today, covered)
    yield (ACTIVITIES, "gap_days"), expected_gaps(on, today, covered)
    for table, keys in KEYS.items():
        for key, named in keys.items():
            filled = [row[key] for row in rows_of(warehouse, table) if row[key] is not None]
            known = {row["id"] for row in rows_of(warehouse, named)}
            if filled and table in OBJECTS:
                unmatched = sum(id not in known for id in filled)
                told = judged(unmatched, 0, len(filled) / 100, len(filled), has_enough=bool(known))
                yield (table, f"unmatched_{key}"), told


def rows_of(warehouse: Warehouse, table: str) -> list[dict[str, Any]]:
    return warehouse.query(f"from pardot.{table}") if table in warehouse.names("pardot") else []


def expected_volume(on: Counter[date], today: date, covered: int) -> Told:
    weeks = sorted(on[today - timedelta(days=1 + 7 * week)] for week in range(1, 9))
    enough = covered >= 57 and sum(week >= 20 for week in weeks) > 4
    return judged(on[today - DAY], weeks[1] / 2, weeks[-2] * 2, None, has_enough=enough)


def expected_gaps(on: Counter[date], today: date, covered: int) -> Told:
    weeks = min(13, covered // 7)
    days = [today - timedelta(days=ago) for ago in range(1, 7 * weeks + 1)]
    busy = [2 * sum(on[day] >= 20 for day in days if day.weekday() == weekday) > weeks for weekday in range(7)]
    looked_at = [day for day in days if busy[day.weekday()]]
    gaps = sum(not on[day] for day in looked_at)
    return judged(gaps, 0, 0, len(looked_at), has_enough=weeks >= 4 and bool(looked_at))


def test_every_check_equals_plain_python(world: Warehouse) -> None:
    runs = world.query("from pardot._runs order by run_number")
    number = runs[-1]["run_number"]
    expected = dict(expected_counts(runs))
    expected |= {(table, name, number): told for (table, name), told in expected_states(world, runs)}
    columns = ("value", "expected_low", "expected_high", "out_of", "status")
    found = {
        (row["table_name"], row["check_name"], row["run_number"]): tuple(row[name] for name in columns)
        for row in world.mart("data_quality")
    }
    assert found.keys() == expected.keys()
    for key, told in expected.items():
        assert found[key] == pytest.approx(told), key


def test_every_formula_gives_its_column(world: Warehouse) -> None:
    insist_on_formulas(world, "data_quality")
