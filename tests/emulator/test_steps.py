"""Each step does what its name says to the account, and nothing that its name does not say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone

import pytest

from pardot_emulator.company import build_company
from pardot_emulator.schema import COLLECTIONS, RECYCLED
from pardot_emulator.steps import SHOWN_WITHIN, Steps
from pardot_emulator.store import Store, Value

NOW = datetime(2026, 3, 8, 6, 30, tzinfo=timezone.utc)
Row = Mapping[str, Value]
Snapshot = Mapping[str, Mapping[Value, Row]]


def snapshot(store: Store) -> Snapshot:
    return {
        name: {row["id"]: {key: value for key, value in row.items() if value is not None} for row in store.rows(name)}
        for name in COLLECTIONS
    }


class Stage:
    """An account, and what a step did to it."""

    def __init__(self) -> None:
        self.store = Store()
        build_company(self.store, activities=400, seed=3, end_at=NOW - timedelta(hours=1))
        self.before = self.after = snapshot(self.store)

    def play(self, step: Callable[[Steps], None], *, seed: int = 5) -> None:
        self.before = snapshot(self.store)
        step(Steps(self.store, seed=seed, at=NOW))
        self.after = snapshot(self.store)

    def new(self, name: str) -> list[Row]:
        return [row for number, row in self.after[name].items() if number not in self.before[name]]

    def changed(self, name: str) -> list[tuple[Row, Row]]:
        pairs = ((row, self.after[name].get(number)) for number, row in self.before[name].items())
        return [(old, new) for old, new in pairs if new is not None and new != old]

    def purged(self, name: str) -> set[Value]:
        return set(self.before[name]) - set(self.after[name])

    def names(self, kind: Callable[[str], object]) -> set[str]:
        return {name for name in COLLECTIONS if kind(name)}


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    with stage.store:
        yield stage


@pytest.mark.parametrize(
    ("step", "collections"),
    [
        (lambda steps: steps.add_activities(5), {"visitor-activities"}),
        (lambda steps: steps.add_visits(3), {"visitors", "visits", "visitor-page-views", "visitor-activities"}),
        (
            lambda steps: steps.add_prospects(2),
            {"prospects", "prospect-accounts", "list-memberships", "lifecycle-histories"},
        ),
        (lambda steps: steps.send_emails(4), {"emails", "visitor-activities"}),
        (lambda steps: steps.add_custom_field(2), {"custom-fields"}),
    ],
    ids=["activities", "visits", "prospects", "emails", "custom field"],
)
def test_new_rows_are_stamped_within_the_time_they_may_need_to_be_shown(
    step: Callable[[Steps], None], collections: set[str], stage: Stage
) -> None:
    stage.play(step)
    assert stage.names(stage.new) == collections
    assert stage.names(stage.purged) == set()
    for name in collections:
        for row in stage.new(name):
            stamps = [row[key] for key in ("createdAt", "updatedAt", "sentAt") if key in row]
            assert stamps
            assert all(isinstance(stamp, datetime) and NOW - SHOWN_WITHIN <= stamp <= NOW for stamp in stamps)


def test_late_activity_was_created_weeks_before_it_was_updated(stage: Stage) -> None:
    stage.play(lambda steps: steps.add_late_activity())
    (late,) = stage.new("visitor-activities")
    assert late["createdAt"] < NOW - timedelta(days=14)  # type: ignore[operator]
    assert late["updatedAt"] >= NOW - SHOWN_WITHIN  # type: ignore[operator]


@pytest.mark.parametrize(
    ("step", "collection"),
    [
        (lambda steps: steps.edit_prospects(3), "prospects"),
        (lambda steps: steps.edit_accounts(2), "prospect-accounts"),
        (lambda steps: steps.identify_visitor(), "visitors"),
        (lambda steps: steps.recycle("campaigns"), "campaigns"),
        (lambda steps: steps.restore("prospects"), "prospects"),
        (lambda steps: steps.recycle("opportunities"), "opportunities"),
    ],
    ids=["prospects", "accounts", "visitor", "recycle", "restore", "unseen bin"],
)
def test_changed_rows_are_stamped_with_the_moment(step: Callable[[Steps], None], collection: str, stage: Stage) -> None:
    stage.play(lambda steps: steps.recycle("prospects"))  # so that there is one to restore
    stage.play(step)
    assert stage.changed(collection)
    assert stage.names(stage.new) == stage.names(stage.purged) == set()
    assert {new["updatedAt"] for name in COLLECTIONS for _, new in stage.changed(name)} == {NOW}


@pytest.mark.parametrize("unseen", [False, True])
def test_merge_moves_what_the_loser_had_with_or_without_a_stamp(unseen: bool, stage: Stage) -> None:
    stage.play(lambda steps: steps.merge_prospects(unseen=unseen))
    (loser,) = stage.purged("prospects")
    moved = [pair for pair in stage.changed("visitor-activities") if pair[0].get("prospectId") == loser]
    assert moved
    assert {old["updatedAt"] == new["updatedAt"] for old, new in moved} == {unseen}
    assert loser not in {row.get("prospectId") for row in stage.after["visitor-activities"].values()}


def test_purged_record_is_gone_and_never_the_newest(stage: Stage) -> None:
    for seed in range(30):
        newest = stage.store.next_id("opportunities")
        stage.play(lambda steps: steps.purge("opportunities"), seed=seed)
        assert len(stage.purged("opportunities")) <= 1
        assert stage.names(stage.new) | stage.names(stage.changed) == set()
        assert stage.store.next_id("opportunities") == newest
    assert stage.store.count("opportunities") == 3, "the newest and two others stay"


def test_purged_prospect_takes_its_activities_along(stage: Stage) -> None:
    stage.play(lambda steps: steps.purge_prospect())
    (gone,) = stage.purged("prospects")
    assert {
        stage.before["visitor-activities"][number]["prospectId"] for number in stage.purged("visitor-activities")
    } == {gone}


def test_bin_that_no_field_shows_is_filled(stage: Stage) -> None:
    stage.play(lambda steps: steps.recycle("opportunities"))
    assert [(old[RECYCLED], new[RECYCLED]) for old, new in stage.changed("opportunities")] == [(False, True)]


def test_collection_without_a_bin_is_refused(stage: Stage) -> None:
    with pytest.raises(ValueError, match="no recycle bin"):
        stage.play(lambda steps: steps.recycle("visits"))


def test_moment_without_offset_is_refused(stage: Stage) -> None:
    with pytest.raises(ValueError, match="UTC offset"):
        Steps(stage.store, seed=1, at=datetime(2026, 1, 1))  # noqa: DTZ001
