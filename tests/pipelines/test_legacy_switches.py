"""Whatever is left open about versions 3 and 4, the same rows arrive: one account per switch, turned the other way."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from html import unescape
from pathlib import Path

import duckdb
import pytest
from kit import Account, build_store, open_account
from legacy_rows import legacy_differences
from sampling import sampled

from pardot.dialects.legacy import LEGACY_CATALOGUE
from pardot_emulator import Behaviour, Store
from pardot_emulator.legacy.service import LegacyService
from pardot_etl.runs.run import RunOptions

TABLES = (
    "visitor_activities",
    "prospects",
    "prospect_accounts",
    "visitors",
    "campaigns",
    "list_memberships",
    "email_templates",
    "custom_redirects",
    "dynamic_contents",
    "visits",
    "visitor_page_views",
    "email_clicks",
)
"""Every way of reading, every shape of a record."""
ENTRIES = [LEGACY_CATALOGUE[table] for table in TABLES]
IN_COMMON = (
    "cache_seconds",
    "complete_word",
    "csv_",
    "download_",
    "empty_export",
    "errors_under_http_200",
    "export_bounds",
    "http_status=66",
    "ids_as_text",
    "numbers_as_text",
    "status_case",
    "user_zone",
)
"""Switches about all versions that those can meet as well."""
ALL = Behaviour.alternatives()
SWITCHES = {
    name: behaviour
    for name, behaviour in ALL.items()
    if name not in Behaviour.alternatives(with_legacy=False) or name.startswith(IN_COMMON)
}
MATTERS_ON_LATER_DAYS = ("account_versions", "cache_seconds", "export_bounds", "user_zone", "v4_no_rows")


def load(account: Account, version: int = 4) -> None:
    zone = account.emulator.behaviour.user_zone
    summary = account.run(RunOptions(objects=TABLES, transform=False), api_version=version, time_zone=zone)
    assert summary.exit_code == 0, summary.failures


def differing(account: Account, switch: str = "") -> dict[str, list[str]]:
    zone = account.emulator.behaviour.user_zone
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        return legacy_differences(account.store, db, ENTRIES, zone, switch=switch)


@pytest.mark.parametrize("switch", sampled(SWITCHES, 16))
def test_same_rows_arrive_with_switch(switch: str, tmp_path: Path) -> None:
    store = build_store(120)
    if switch == "v4_entities=none":
        decode_texts(store)
    account = open_account(tmp_path, store, SWITCHES[switch], min_file_bytes=5_000)
    with account.emulator:
        load(account)
        if switch.startswith(MATTERS_ON_LATER_DAYS):
            account.next_day(seed=5)
            account.clock.advance(timedelta(minutes=2))
            load(account)
    assert differing(account, switch) == {}
    store.close()


def decode_texts(store: Store) -> None:
    """Take the entities out of names that hold some: where nothing is encoded no client can tell them from encoding."""
    for row in list(store.rows("campaigns")):
        store.update("campaigns", int(str(row["id"])), name=unescape(str(row["name"])))


def test_account_that_answers_xml_whatever_is_asked_for_is_read_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LegacyService, "_format", lambda *_: "xml")
    store = build_store(120)
    for row in list(store.rows("prospects")):  # XML has no place for these characters
        if any(char in str(row["comments"]) for char in "\x0b\x0c"):
            store.update("prospects", int(str(row["id"])), comments="two\nlines  of \ttext ")
    account = open_account(tmp_path, store, min_file_bytes=5_000)
    with account.emulator:
        load(account)
    assert differing(account) == {}
    store.close()


@pytest.mark.parametrize(("asked", "taken", "code"), [(4, 3, 89), (3, 4, 88)])
def test_account_that_takes_the_other_version_only_is_spoken_to_in_it_and_reports_it_once(
    asked: int, taken: int, code: int, tmp_path: Path
) -> None:
    store = build_store(60)
    account = open_account(tmp_path, store, Behaviour(account_versions="only 3" if taken == 3 else "only 4"))
    with account.emulator:
        load(account, asked)
        versions = Counter(call.path.split("/version/")[1][0] for call in account.emulator.calls if "/do/" in call.path)
    switched = [event.fields for event in account.events if event.name == "version.switched"]
    assert switched == [{"version": taken, "code": code}]
    assert versions[str(asked)] == 1
    assert differing(account) == {}
    store.close()


def test_templates_that_cannot_be_queried_are_listed_as_far_as_that_goes_and_none_counts_as_purged(
    tmp_path: Path,
) -> None:
    store = build_store(60)
    account = open_account(tmp_path, store)
    with account.emulator:
        load(account)
    refusing = open_account(tmp_path, store, Behaviour(v4_template_query=False))
    refusing.clock.advance(timedelta(days=1))
    with refusing.emulator:
        load(refusing)
    with duckdb.connect(str(refusing.places.published_database), read_only=True) as db:
        rows = db.execute("SELECT count(*), count(purged_at) FROM pardot.email_templates").fetchone()
    assert rows == (sum(not row["isDeleted"] for row in store.rows("email-templates")), 0)
    assert "query.partial" in {event.name for event in refusing.events}
    store.close()
