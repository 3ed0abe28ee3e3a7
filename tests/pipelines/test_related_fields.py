"""Fields of related objects: one export brings what would be whole tables of calls."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from kit import build_store, open_account

from pardot_emulator import Behaviour, Fault
from pardot_etl.runs.run import RunOptions

ACTIVITIES = RunOptions(objects=("visitor_activities",), transform=False)
RELATED = ("campaign.name", "prospect.email")


@pytest.mark.parametrize("header", ["campaign.name", "campaign_name", "campaignName"])
def test_related_fields_arrive_however_the_header_spells_them(header: str, tmp_path: Path) -> None:
    account = open_account(tmp_path, build_store(80), Behaviour(csv_relationship_header=header))  # type: ignore[arg-type]
    with account.emulator:
        assert account.run(ACTIVITIES, related_fields=RELATED).exit_code == 0
    names = {int(row["id"]): row["name"] for row in account.store.rows("campaigns")}  # type: ignore[arg-type]
    emails = {int(row["id"]): row["email"] for row in account.store.rows("prospects")}  # type: ignore[arg-type]
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        found = db.execute(
            "SELECT campaign_id, campaign_name, prospect_id, prospect_email FROM pardot.visitor_activities"
        ).fetchall()
    assert len(found) == 80
    assert any(name for _, name, _, _ in found)
    assert any(email for _, _, _, email in found)
    for campaign, name, prospect, email in found:
        assert (name, email) == (names.get(campaign), emails.get(prospect))


def test_refused_relations_are_left_out_and_told(tmp_path: Path) -> None:
    account = open_account(tmp_path, build_store(40))
    account.emulator.faults.add(Fault("query:visitor-activities", "error", code=193))
    account.emulator.faults.add(Fault("query:visitor-activities", "error", code=193))
    account.emulator.faults.add(Fault("query:visitor-activities", "error", code=193))
    with account.emulator:
        summary = account.run(ACTIVITIES, related_fields=RELATED)
        account.emulator.faults.assert_all_consumed()
    assert summary.exit_code == 0
    assert sum("related_field.refused" in notice for notice in summary.notices) == 2
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        assert db.execute("SELECT count(*) FROM pardot.visitor_activities").fetchall() == [(40,)]


def test_field_that_is_new_is_read_for_rows_older_than_a_first_load_would_be(tmp_path: Path) -> None:
    account = open_account(tmp_path, build_store(200))
    with account.emulator:
        assert account.run(ACTIVITIES, review_days=0, start_date=None).exit_code == 0
        now = account.clock.advance(timedelta(days=200))
        newest = max(account.store.rows("visitor-activities"), key=lambda row: int(str(row["id"])))
        new = {**newest, "id": account.store.next_id("visitor-activities"), "createdAt": now, "updatedAt": now}
        account.store.insert("visitor-activities", [new])
        account.clock.advance(timedelta(hours=1))
        assert account.run(ACTIVITIES, review_days=0, start_date=None, related_fields=RELATED[:1]).exit_code == 0
    line = now - timedelta(days=366)
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        lacking, old = db.execute(
            "SELECT count(*) FILTER (campaign_name IS NULL), count(*) FILTER (created_at < ?) "
            "FROM pardot.visitor_activities WHERE campaign_id IS NOT NULL",
            [line],
        ).fetchall()[0]
    assert old > 0, "no row is old enough to show anything"
    assert lacking == 0
