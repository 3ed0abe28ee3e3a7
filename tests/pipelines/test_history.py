"""What was at any date: asked of the published snapshot, compared with what the emulated account held then."""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from kit import END, Account, build_store, open_account
from project_code import ROOT

from pardot_emulator.store import Store
from pardot_etl.files.snapshot import open_snapshot
from pardot_etl.runs.rebuild import rebuild
from pardot_etl.runs.run import RunOptions

OBJECTS = RunOptions(objects=("prospects", "prospect_accounts", "list_memberships", "opportunities"))
(AS_OF,) = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "history.md").read_text(encoding="utf-8"), re.DOTALL)
"""The query of the documentation."""


def asked(account: Account, at: datetime) -> dict[int, tuple[object, ...]]:
    """Return the rows of the documented query for an instant, by id and without the address."""
    query = AS_OF.replace("2026-11-20 12:00:00+00", at.isoformat(sep=" "))
    named = account.folder / "pardot.duckdb"  # as users have it: the query names the file
    shutil.copyfile(account.places.published_database, named)
    with duckdb.connect(str(named), read_only=True) as db:
        rows = db.execute(query).fetchall()
    assert len({row[0] for row in rows}) == len(rows)
    return {row[0]: row[2:] for row in rows}


def held(store: Store) -> dict[int, tuple[object, ...]]:
    """Return what the account holds now of the prospects that are not in the recycle bin."""
    rows = store.rows("prospects")
    return {
        int(row["id"]): (row["score"], row["grade"], row["assignedToId"])  # type: ignore[arg-type]
        for row in rows
        if not row["isDeleted"]
    }


def everything(account: Account) -> dict[str, list[tuple[Any, ...]]]:
    with open_snapshot(account.places.published_database) as db:
        names = db.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'pardot_history'").fetchall()
        found = {name: db.execute(f"SELECT * FROM pardot_history.{name} ORDER BY ALL").fetchall() for (name,) in names}
        return found | {"score_history": db.execute("SELECT * FROM pardot_marts.score_history ORDER BY ALL").fetchall()}


def test_documented_query_tells_what_the_account_held_and_survives_rebuilds_and_a_lost_file(tmp_path: Path) -> None:
    account = open_account(tmp_path, build_store(300))
    with account.emulator:
        account.run(OBJECTS)
        first = held(account.store)
        assert asked(account, END) == first
        account.next_day(seed=3, purge=True)
        account.run(OBJECTS)
        second = held(account.store)
        assert first != second
        assert asked(account, END) == first
        assert asked(account, account.clock.now()) == second
        before = everything(account)
        assert all(before.values())
        rebuild(account.places, full_refresh=True)
        account.run(OBJECTS)
        assert everything(account) == before
        account.places.working_database.unlink()
        shutil.copyfile(account.places.published_database, account.places.working_database)
        account.next_day(seed=4)
        account.run(OBJECTS)
    assert asked(account, END) == first
    assert asked(account, account.clock.now()) == held(account.store)
    after = everything(account)
    assert len(after["prospect_versions"]) > len(before["prospect_versions"])
