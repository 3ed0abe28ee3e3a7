"""The judge of the state machine complains of everything that it must, and of nothing that a reader cannot know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from kit import expected_rows
from truth import TableTruth

from pardot_emulator import Store

DAY = timedelta(days=1)
BORN = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
RUN = BORN + timedelta(hours=1)
NO_CACHE = timedelta()
Found = dict[int, dict[str, Any]]


class Judge:
    """An account of two activities, and what the judge says about tables."""

    def __init__(self) -> None:
        self.store = Store()
        self.truth = TableTruth("visitor_activities")
        for number in (1, 2):
            self.store.insert("visitor-activities", [{"id": number, "type": 1, "createdAt": BORN, "updatedAt": BORN}])
        self.observe(BORN)

    def observe(self, at: datetime) -> None:
        self.truth.observe(self.store, at)

    def found(self) -> Found:
        return {
            number: {**row, "purged_at": None}
            for number, row in expected_rows(self.store, "visitor-activities").items()
        }

    def says(
        self, found: Found, run_at: datetime = RUN, *, cached: timedelta = NO_CACHE, review_days: int = 1
    ) -> list[str]:
        self.truth.read_on.add(run_at.date())
        return list(self.truth.complaints(found, run_at, cached=cached, review_days=review_days))


@pytest.fixture
def judge() -> Iterator[Judge]:
    judge = Judge()
    with judge.store:
        yield judge


def test_equal_table_is_right(judge: Judge) -> None:
    assert judge.says(judge.found()) == []


def test_missing_row_unknown_row_and_wrong_value_are_told(judge: Judge) -> None:
    found = judge.found()
    wrong = {**found[2], "type": 2}
    assert "row 1 is missing" in judge.says({2: found[2]})[0]
    assert judge.says({**found, 3: found[1]}) == ["row 3 has never existed"]
    assert "row 2 type: expected 1, found 2" in judge.says({1: found[1], 2: wrong})


def test_row_of_the_run_s_own_second_may_be_missing_and_no_other(judge: Judge) -> None:
    found = judge.found()
    judge.store.insert("visitor-activities", [{"id": 3, "type": 1, "createdAt": RUN, "updatedAt": RUN}])
    judge.observe(RUN)
    assert judge.says(found) == []
    assert len(judge.says(found, RUN + timedelta(seconds=1))) == 1


def test_row_that_a_cache_may_hide_may_be_missing_until_the_cache_has_ended(judge: Judge) -> None:
    found = judge.found()
    judge.store.insert("visitor-activities", [{"id": 3, "type": 1, "createdAt": BORN, "updatedAt": BORN}])
    judge.observe(RUN)
    minute = timedelta(minutes=1)
    assert judge.says(found, RUN + timedelta(seconds=59), cached=minute) == []
    assert len(judge.says(found, RUN + minute, cached=minute)) == 1


def test_older_version_is_wrong_when_its_stamp_is_older(judge: Judge) -> None:
    found = judge.found()
    judge.store.update("visitor-activities", 1, type=4, updatedAt=BORN + timedelta(minutes=1))
    judge.observe(RUN - timedelta(seconds=1))
    assert any(line.startswith("row 1 type") for line in judge.says(found))


def test_change_without_a_stamp_is_expected_only_after_reviews_of_enough_days(judge: Judge) -> None:
    found = judge.found()
    judge.store.update("visitor-activities", 1, type=4)
    judge.observe(BORN)
    assert judge.says(found, RUN, review_days=2) == []
    assert judge.says(found, RUN + DAY, review_days=2) == []
    assert judge.says(found, RUN + 2 * DAY, review_days=2) == ["row 1 type: expected 4, found 1"]
    assert judge.says(found, RUN + 3 * DAY, review_days=0) == []
    assert judge.says(judge.found(), RUN + 3 * DAY) == []


def test_purged_row_may_stand_and_must_be_marked_after_reviews_of_enough_days(judge: Judge) -> None:
    found = judge.found()
    judge.store.purge("visitor-activities", 1)
    judge.observe(BORN)
    marked = {**found, 1: {**found[1], "purged_at": RUN}}
    assert judge.says(found) == []
    assert judge.says(found, RUN + DAY) == ["row 1 was purged long ago and is not marked"]
    assert judge.says(marked, RUN + DAY) == []
    assert judge.says({2: found[2]}, RUN + DAY) == []


def test_living_row_must_not_be_marked(judge: Judge) -> None:
    found = judge.found()
    assert len(judge.says({**found, 1: {**found[1], "purged_at": RUN}})) == 1


def test_purged_row_keeps_what_it_held_but_for_the_mark(judge: Judge) -> None:
    found = judge.found()
    judge.store.purge("visitor-activities", 1)
    judge.observe(BORN)
    half = {**found[1], "purged_at": RUN, "is_deleted": False}
    assert judge.says({**found, 1: half}) == ["row 1 is marked as purged and not as deleted"]
    assert judge.says({**found, 1: {**half, "is_deleted": True}}) == []
    assert judge.says({**found, 1: {**half, "is_deleted": True, "type": 2}}) == ["row 1 type: expected 1, found 2"]


def test_column_of_a_deleted_custom_field_is_not_missed() -> None:
    truth = TableTruth("prospects")
    with Store() as store:
        store.insert("custom-fields", [{"id": 1, "fieldId": "Size", "type": "text"}])
        store.add_column("prospects", "Size__c")
        store.insert("prospects", [{"id": 7, "Size__c": "XL", "createdAt": BORN, "updatedAt": BORN}])
        truth.observe(store, BORN)
        found = {7: {name: value for name, value in truth.versions[7][-1].row.items() if name != "size__c"}}
        assert list(truth.complaints(found, RUN, cached=NO_CACHE, review_days=0)) == ["row 7 has no column size__c"]
        store.purge("custom-fields", 1)
        truth.observe(store, RUN)
        assert list(truth.complaints(found, RUN, cached=NO_CACHE, review_days=0)) == []


def test_column_of_a_new_custom_field_may_be_missing_until_the_cache_has_ended() -> None:
    truth = TableTruth("prospects")
    with Store() as store:
        store.insert("prospects", [{"id": 7, "createdAt": BORN, "updatedAt": BORN}])
        truth.observe(store, BORN)
        found = {7: dict(truth.versions[7][-1].row)}
        store.insert("custom-fields", [{"id": 1, "fieldId": "Size", "type": "text"}])
        store.add_column("prospects", "Size__c")
        truth.observe(store, RUN)
        minute = timedelta(minutes=1)
        assert list(truth.complaints(found, RUN, cached=minute, review_days=0)) == []
        late = list(truth.complaints(found, RUN + minute, cached=minute, review_days=0))
        assert late == ["row 7 has no column size__c"]
        assert list(truth.complaints(found, RUN, cached=NO_CACHE, review_days=0)) == late


def test_rows_of_a_backfilled_stretch_must_be_the_newest(judge: Judge) -> None:
    found = judge.found()
    judge.store.update("visitor-activities", 1, type=4)
    judge.observe(BORN)
    within = (BORN, BORN + DAY, RUN)
    assert list(judge.truth.complaints_within(found, *within)) == ["row 1 type: expected 4, found 1"]
    assert list(judge.truth.complaints_within({1: judge.found()[1]}, *within)) == ["row 2 is missing"]
    assert list(judge.truth.complaints_within(found, BORN - DAY, BORN, RUN)) == []
