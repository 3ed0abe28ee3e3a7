from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone

import pytest

from pardot_emulator.activity import ActivityType
from pardot_emulator.changes import Changes
from pardot_emulator.company import build_company
from pardot_emulator.days import DayChanges, play_day
from pardot_emulator.schema import COLLECTIONS, RECYCLED
from pardot_emulator.store import Store, Value

END_AT = datetime(2026, 1, 15, 10, 0, tzinfo=timezone.utc)
NEXT = END_AT + timedelta(days=1)
Row = dict[str, Value]
Snapshot = Mapping[str, Mapping[Value, Row]]


def build(activities: int = 1_500) -> Store:
    store = Store()
    build_company(store, activities=activities, seed=3, end_at=END_AT)
    return store


def snapshot(store: Store) -> Snapshot:
    return {name: {row["id"]: without_nulls(row) for row in store.rows(name)} for name in COLLECTIONS}


def without_nulls(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}


def compare(before: Snapshot, after: Snapshot) -> DayChanges:
    new, changed, purged = {}, {}, {}
    for name in COLLECTIONS:
        new[name] = len(after[name].keys() - before[name].keys())
        purged[name] = len(before[name].keys() - after[name].keys())
        changed[name] = sum(
            before[name][each] != after[name][each] for each in before[name].keys() & after[name].keys()
        )
    return DayChanges(*({name: count for name, count in each.items() if count} for each in (new, changed, purged)))


class PlayedDay:
    """One day on an account, with what was there before and after."""

    def __init__(self) -> None:
        self.store = build()
        self.before = snapshot(self.store)
        self.changes = play_day(self.store, seed=5, at=NEXT)
        self.after = snapshot(self.store)

    def new(self, collection: str) -> list[Row]:
        return [row for row_id, row in self.after[collection].items() if row_id not in self.before[collection]]

    def changed(self, collection: str) -> list[tuple[Row, Row]]:
        pairs = ((row, self.after[collection].get(row_id)) for row_id, row in self.before[collection].items())
        return [(old, new) for old, new in pairs if new is not None and new != old]

    def purged(self, collection: str) -> set[Value]:
        return set(self.before[collection]) - set(self.after[collection])


@pytest.fixture(scope="module")
def day() -> Iterator[PlayedDay]:
    played = PlayedDay()
    with played.store:
        yield played


@pytest.mark.parametrize("activities", [200, 1_500, 8_000])
def test_counts_equal_an_independent_comparison_on_every_day(activities: int) -> None:
    with build(activities) as store:
        for number in range(1, 5):
            before = snapshot(store)
            changes = play_day(store, seed=5, at=END_AT + timedelta(days=number))
            assert changes == compare(before, snapshot(store))


def test_same_seed_plays_the_same_day() -> None:
    with build(400) as first, build(400) as second:
        assert play_day(first, seed=9, at=NEXT) == play_day(second, seed=9, at=NEXT)
        assert snapshot(first) == snapshot(second)


def test_one_seed_plays_different_days() -> None:
    with build(400) as store:
        play_day(store, seed=9, at=NEXT)
        first = {row["id"] for row in store.rows("visitor-activities")}
        play_day(store, seed=9, at=NEXT + timedelta(days=1))
        details = [
            (row["type"], row["createdAt"].time())  # type: ignore[union-attr]
            for row in store.rows("visitor-activities")
            if row["id"] not in first
        ]
        assert len(set(details)) > 20


def test_new_rows_are_stamped_within_the_day_but_for_one_late_activity(day: PlayedDay) -> None:
    late = [
        row
        for name in COLLECTIONS
        for row in day.new(name)
        if isinstance(row.get("createdAt"), datetime) and not END_AT < row["createdAt"] <= NEXT  # type: ignore[operator]
    ]
    assert len(late) == 1
    assert late[0]["type"] == ActivityType.EVENT_CHECKED_IN
    assert late[0]["createdAt"] < NEXT - timedelta(days=14)  # type: ignore[operator]
    assert END_AT < late[0]["updatedAt"] <= NEXT  # type: ignore[operator]


def test_every_change_can_be_found_by_its_update_within_the_day(day: PlayedDay) -> None:
    changed = [new for name in COLLECTIONS for _, new in day.changed(name)]
    assert len(changed) > 50
    assert all(END_AT < row["updatedAt"] <= NEXT for row in changed)  # type: ignore[operator]


def test_what_has_no_update_filter_is_only_added(day: PlayedDay) -> None:
    for name in (
        "visitor-page-views",
        "lifecycle-histories",
        "emails",
        "tagged-objects",
        "external-activities",
    ):
        assert day.new(name)
        assert not day.changed(name)


def test_a_change_without_update_is_refused() -> None:
    with build(200) as store:
        campaign = next(store.rows("campaigns"))["id"]
        assert isinstance(campaign, int)
        with pytest.raises(ValueError, match="updatedAt"):
            Changes(store).update("campaigns", campaign, name="Unseen")


def test_changes_that_cancel_out_are_not_counted() -> None:
    with build(200) as store:
        changes = Changes(store)
        campaign = next(store.rows("campaigns"))
        assert isinstance(campaign["id"], int)
        changes.update("campaigns", campaign["id"], name="Other", updatedAt=NEXT)
        changes.update("campaigns", campaign["id"], name=campaign["name"], updatedAt=campaign["updatedAt"])
        assert changes.result() == DayChanges({}, {}, {})


def test_new_things_of_many_kinds_appear(day: PlayedDay) -> None:
    expected = {
        "visitor-activities", "prospects", "prospect-accounts", "visitors", "visits", "visitor-page-views",
        "list-memberships", "emails", "list-emails", "opportunities", "lifecycle-histories", "custom-fields",
        "tags", "tagged-objects", "external-activities",
    }  # fmt: skip
    assert set(day.changes.new) == expected
    assert len({row["type"] for row in day.new("visitor-activities")}) >= 12


def test_an_anonymous_visitor_is_identified_with_its_past(day: PlayedDay) -> None:
    named = [(old, new) for old, new in day.changed("visitors") if "prospectId" not in old and "prospectId" in new]
    assert len(named) == 1
    visitor = named[0][1]
    for collection in ("visits", "visitor-activities"):
        inherited = [new for old, new in day.changed(collection) if "prospectId" not in old]
        assert inherited
        assert {row["visitorId"] for row in inherited} == {visitor["id"]}
        # The visitor's prospect may itself have been merged or purged later that day.
        assert {row.get("prospectId") for row in inherited} == {visitor["prospectId"]}


def test_a_merge_moves_activities_to_the_master(day: PlayedDay) -> None:
    moved = [
        (old, new) for old, new in day.changed("visitor-activities") if old.get("prospectId") in day.purged("prospects")
    ]
    assert moved
    assert len({new["prospectId"] for _, new in moved}) == 1
    masters = [new for _, new in day.changed("prospects") if new.get("notes") == "Merged"]
    assert [row["id"] for row in masters] == [moved[0][1]["prospectId"]]


def test_a_purged_prospect_takes_its_activities_along(day: PlayedDay) -> None:
    assert len(day.purged("prospects")) == 2
    assert day.purged("visitor-activities")
    for name in ("visitor-activities", "list-memberships", "visitors", "visits", "lifecycle-histories"):
        owners = {row.get("prospectId") for row in day.after[name].values()}
        assert not owners & day.purged("prospects")


def test_the_recycle_bin_is_filled_and_emptied(day: PlayedDay) -> None:
    for name in ("prospects", "campaigns", "lists"):
        turned = {(old["isDeleted"], new["isDeleted"]) for old, new in day.changed(name)}
        assert {(False, True), (True, False)} <= turned
    assert any(not old[RECYCLED] and new[RECYCLED] for old, new in day.changed("opportunities"))


def test_a_custom_field_appears_with_values(day: PlayedDay) -> None:
    (field,) = day.new("custom-fields")
    column = f"{field['fieldId']}__c"
    assert column in day.store.custom_columns("prospects")
    assert any(column in new and column not in old for old, new in day.changed("prospects"))


def test_a_new_list_email_keeps_its_funnel(day: PlayedDay) -> None:
    (mailing,) = day.new("list-emails")
    people: dict[Value, set[Value]] = {}
    for row in day.new("visitor-activities"):
        if row.get("listEmailId") == mailing["id"]:
            people.setdefault(row["type"], set()).add(row["prospectId"])
    sent, opened = people[ActivityType.SENT], people.get(ActivityType.OPEN, set())
    assert opened <= sent - people.get(ActivityType.BOUNCED, set())
    assert people.get(ActivityType.CLICK, set()) <= opened


@pytest.mark.parametrize("activities", [200, 3_000])
def test_without_purges_nothing_vanishes(activities: int) -> None:
    with build(activities) as store:
        before = snapshot(store)
        changes = play_day(store, seed=5, at=NEXT, purge=False)
        assert changes.purged == {}
        assert changes == compare(before, snapshot(store))


def test_ids_are_never_given_twice() -> None:
    with build(300) as store:
        ever: dict[str, set[Value]] = {name: set(rows) for name, rows in snapshot(store).items()}
        for number in range(1, 8):
            present = snapshot(store)
            play_day(store, seed=2, at=END_AT + timedelta(days=number))
            for name, rows in snapshot(store).items():
                new = rows.keys() - present[name].keys()
                assert not new & ever[name], name
                ever[name] |= new


def test_scale_makes_a_day_busier() -> None:
    with build(300) as quiet, build(300) as busy:
        few = play_day(quiet, seed=5, at=NEXT)
        many = play_day(busy, seed=5, at=NEXT, scale=4.0)
        assert many.new["visitor-activities"] > 2.5 * few.new["visitor-activities"]


def test_day_without_offset_is_refused() -> None:
    with Store() as store, pytest.raises(ValueError, match="UTC offset"):
        play_day(store, seed=1, at=datetime(2026, 1, 1))  # noqa: DTZ001
