"""Another destination of dlt's, for real: a PostgreSQL server of our own on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit import build_store, differences, expected_rows, open_account, without_several_values
from portable.postgres import LEFT_OUT, SERVER, server

from pardot_etl.erasure.erase import Person, erase
from pardot_etl.runs.run import RunOptions

OBJECTS = ("visitor_activities", "prospects", "prospect_accounts", "forms")

pytestmark = pytest.mark.skipif(SERVER is None, reason=LEFT_OUT)


@pytest.fixture
def postgres() -> Iterator[str]:
    with server() as address:
        yield address


def test_rows_in_postgres_equal_the_account_after_two_days(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    psycopg2 = pytest.importorskip("psycopg2", reason="LEFT OUT: no psycopg2")
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres)
    store = build_store(300)
    account = open_account(tmp_path, store)
    options = RunOptions(destination="postgres", objects=OBJECTS)
    with account.emulator:
        account.run(options)
        account.next_day(seed=3)
        account.run(options)
    connection = psycopg2.connect(postgres)
    with connection.cursor() as cursor:
        for table in OBJECTS:
            cursor.execute(f"SELECT * FROM pardot.{table}")
            names = [column.name for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            assert len(rows) == len({row["id"] for row in rows})
            found = {row["id"]: row for row in rows}
            assert differences(expected_rows(store, table.replace("_", "-")), found, set()) == [], table
    connection.close()
    store.close()


def test_person_is_erased_in_postgres_and_kept_out(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    psycopg2 = pytest.importorskip("psycopg2", reason="LEFT OUT: no psycopg2")
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres)
    connection = psycopg2.connect(postgres)
    connection.autocommit = True

    def ids(table: str, column: str) -> set[int]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT DISTINCT {column} FROM pardot.{table} WHERE {column} IS NOT NULL")
            return {int(number) for (number,) in cursor.fetchall()}

    with without_several_values(build_store(100)) as store:
        account = open_account(tmp_path, store)
        options = RunOptions(destination="postgres", objects=("prospects", "list_memberships"))
        with account.emulator:
            account.run(options)
            person, other = sorted(ids("list_memberships", "prospect_id"))[:2]
            address = str((store.get("prospects", person) or {})["email"])
            erasure = erase(account.places, Person(address=address.upper()), destination="postgres")
            assert erasure.prospects == 1
            assert set(erasure.cleaned.removed.rows) == {"prospects", "list_memberships"}
            for _ in range(2):
                assert person not in ids("prospects", "id") | ids("list_memberships", "prospect_id")
                assert other in ids("prospects", "id") & ids("list_memberships", "prospect_id")
                store.update("prospects", person, firstName="Again", updatedAt=account.clock.now())
                assert account.run(options).exit_code == 0
    connection.close()
