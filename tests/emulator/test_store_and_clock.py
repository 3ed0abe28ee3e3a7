"""The account on disk, the clock, and date text."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_emulator import ManualClock, Store, SystemClock
from pardot_emulator.dates import DateStyle, DateWriter, parse_date
from pardot_emulator.schema import COLLECTIONS

_AT = datetime(2026, 3, 1, 5, 30, tzinfo=timezone.utc)


def test_row_comes_back_with_its_types() -> None:
    with Store() as store:
        store.insert("prospects", [{"id": 3, "email": "007", "optedOut": False, "createdAt": _AT, "score": 5}])

        row = store.get("prospects", 3)

    assert row is not None
    assert (row["email"], row["optedOut"], row["createdAt"], row["score"]) == ("007", False, _AT, 5)
    assert row["isDeleted"] is None


def test_rows_can_be_changed_purged_and_counted() -> None:
    with Store() as store:
        assert store.insert("lists", ({"id": n, "name": f"L{n}"} for n in range(1, 4))) == 3
        store.update("lists", 2, name="Other", isDeleted=True)
        store.purge("lists", 1)

        assert [(row["id"], row["name"], row["isDeleted"]) for row in store.rows("lists")] == [
            (2, "Other", True),
            (3, "L3", None),
        ]
        assert (store.count("lists"), store.next_id("lists"), store.get("lists", 1)) == (2, 4, None)
        with pytest.raises(KeyError, match="lists has no row 1"):
            store.update("lists", 1, name="x")


def test_failed_batch_leaves_nothing_behind() -> None:
    with Store() as store:
        with pytest.raises(Exception, match="bindings"):
            store.insert_tuples("lists", ["id", "name"], [(1, "a"), (2,)])
        assert store.count("lists") == 0


def test_account_on_disk_is_opened_again_with_its_custom_fields(tmp_path: Path) -> None:
    path = str(tmp_path / "account.db")
    with Store(path) as store:
        store.add_column("prospects", "Region__c")
        store.insert("prospects", [{"id": 1, "Region__c": "North"}])

    with Store(path) as store:
        store.add_column("prospects", "Region__c")
        row = store.get("prospects", 1)
    assert row is not None
    assert row["Region__c"] == "North"


def test_every_collection_has_an_id_and_known_filters() -> None:
    for collection in COLLECTIONS.values():
        assert next(iter(collection.fields)) == "id"
        assert set(collection.order_by) <= set(collection.fields)
        assert {each.field for each in collection.procedures.values()} <= {*collection.fields, "updatedAt"}


def test_every_published_export_procedure_is_there() -> None:
    assert sum(len(each.procedures) for each in COLLECTIONS.values()) == 65


def test_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(_AT)
    assert clock.now() == clock.now() == _AT
    assert clock.advance(timedelta(minutes=1), seconds=1) == _AT + timedelta(seconds=61)
    clock.set(_AT)
    assert clock.now() == _AT
    with pytest.raises(ValueError, match="aware"):
        clock.set(datetime(2026, 1, 1))  # noqa: DTZ001  the mistake under test


def test_system_clock_is_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta()


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("offset", ["2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"]),
        ("utc", ["2026-11-01T05:30:00+00:00", "2026-11-01T06:30:00+00:00"]),
        ("Z", ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"]),
        ("legacy", ["2026-11-01 01:30:00", "2026-11-01 01:30:00"]),
    ],
)
def test_both_passes_of_the_repeated_hour_are_written(style: DateStyle, expected: list[str]) -> None:
    first = int(datetime(2026, 11, 1, 5, 30, tzinfo=timezone.utc).timestamp())

    assert DateWriter(ZoneInfo("America/New_York"), style).column([first, first + 3600]) == expected


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)),  # noqa: DTZ001  the zone is added below
    st.sampled_from(["America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]),
)
def test_written_date_reads_as_the_same_instant(naive: datetime, zone: str) -> None:
    instant = naive.replace(microsecond=0, tzinfo=timezone.utc)
    text = DateWriter(ZoneInfo(zone)).text(int(instant.timestamp()))

    assert text == instant.astimezone(ZoneInfo(zone)).isoformat()
    assert parse_date(text, None) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-13-01",
        "2026-01-01T00:00:00 00:00",
        "2026-01-01T25:00:00Z",
        "1767225600",
        "2026-01-01T00:00Zx",
    ],
)
def test_text_that_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_date(text, timezone.utc)
