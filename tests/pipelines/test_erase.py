"""A person who was erased: in no row and no byte of ours, and kept out whatever a later run reads."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import pytest
from command_line import files_below, invoke
from kit import END, HISTORY_START, Account, fill, open_account, table_differences, without_several_values
from prepared import STORE, copied, prepare
from sampling import sampled
from security.canaries import iter_files

from pardot.backfills import Backfill
from pardot.errors import RunLockedError
from pardot_emulator.store import Store
from pardot_etl.configuration import Places
from pardot_etl.erasure.erase import Erasure, Person, erase
from pardot_etl.runs.lock import RunLock
from pardot_etl.runs.run import RunOptions
from pardot_etl.runs.summary import RunSummary

TABLES = ("visitor_activities", "visitors", "visits", "visitor_page_views", "prospects", "list_memberships")
LOAD = RunOptions(objects=TABLES, transform=False, destination="filesystem")
ADDRESS = "Zora.Quimby+7@forget-me.example.com"
SAID = (ADDRESS, "Quimbyesque", "a remark of nobody else")
"""What stands in this person's rows and in nobody else's."""
A_DAY = timedelta(days=1)


def introduce(store: Store) -> None:
    """Give a prospect words of its own, and have them said by others, too."""
    first, second = people(store)
    store.update("prospects", first, email=ADDRESS, lastName=SAID[1], Remarks__c=SAID[2])
    store.update("prospects", second, email=f" {ADDRESS.upper()} ", lastName=SAID[1])
    others = [row for row in store.rows("visitor-page-views") if row["visitorId"] not in visitors(store, first, second)]
    url = f"https://a.example/?mail={ADDRESS.replace('@', '%40')}&x=1"
    store.update("visitor-page-views", int(str(others[0]["id"])), url=url)


def people(store: Store) -> tuple[int, int]:
    """Return the two prospects that are one person: those with a visitor and the most activities."""
    known = {row["prospectId"] for row in store.rows("visitors")} - {None}
    owners = [int(str(row["prospectId"])) for row in store.rows("visitor-activities") if row["prospectId"] in known]
    counts = Counter(sorted(owners))
    (first, _), (second, _) = counts.most_common(2)
    return first, second


def visitors(store: Store, *prospects: int) -> set[int]:
    return {int(str(row["id"])) for row in store.rows("visitors") if row["prospectId"] in prospects}


def forget(store: Store, *prospects: int) -> dict[str, int]:
    """Remove a person from the account itself, for good: what an account is that never had them. Returns the rows."""
    theirs, removed = visitors(store, *prospects), {}
    for table in (*TABLES, "emails", "lifecycle_histories"):
        collection = table.replace("_", "-")
        gone = [int(str(row["id"])) for row in store.rows(collection) if is_of(table, row, prospects, theirs)]
        for number in gone:
            store.purge(collection, number)
        removed[table] = len(gone)
    for row in list(store.rows("visitor-page-views")):
        if "forget-me" in str(row["url"]):
            store.update("visitor-page-views", int(str(row["id"])), url="https://a.example/?mail=***&x=1")
    return {table: count for table, count in removed.items() if count}


def is_of(table: str, row: Any, prospects: tuple[int, ...], theirs: set[int]) -> bool:
    if table == "prospects":
        return row["id"] in prospects
    if table == "visitor_page_views":
        return row["visitorId"] in theirs
    return row.get("prospectId") in prospects or (row.get("prospectId") is None and row.get("visitorId") in theirs)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an account of which one person can be told from everybody else, loaded with that person."""

    def begin(store: Store) -> None:
        fill(store, 150)
        introduce(without_several_values(store))

    return prepare(tmp_path_factory.mktemp("loaded"), begin, run)


@pytest.fixture
def account(loaded: Path, tmp_path: Path) -> Iterator[Account]:
    """A copy of all that: what was loaded, and an account that goes on."""
    with copied(loaded, tmp_path) as account:
        yield account


def left(account: Account) -> list[str]:
    """Return where anything stands that only this person's rows say: in bytes as they are, and in rows."""
    store = account.folder / STORE
    return [
        f"{word} in {place}"
        for place, content in iter_files(account.folder, besides=list(account.folder.glob(f"{STORE}*")))
        for word in SAID
        if word.lower().encode() in content.lower() and place != str(store)
    ]


def differences(account: Account) -> dict[str, list[str]]:
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        return table_differences(account.store, db, TABLES)


def query(account: Account, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        return db.execute(sql).fetchall()


def rows_in(folder: Path) -> int:
    with duckdb.connect() as db:
        return int(db.execute("SELECT count(*) FROM read_parquet(?)", [f"{folder}/*.parquet"]).fetchall()[0][0])


def erase_person(account: Account, *, dry_run: bool = False) -> Erasure:
    return erase(account.places, Person(address=ADDRESS.lower()), dry_run=dry_run)


def run(account: Account, options: RunOptions = LOAD) -> RunSummary:
    summary = account.run(options)
    assert summary.exit_code == 0, summary.failures
    return summary


# -- what is gone


def test_person_is_in_no_byte_and_no_row(account: Account) -> None:
    assert {place.split(" in ")[1].partition(" ")[0] for place in left(account)} >= {
        *("working.duckdb", "published.duckdb", "lake/pardot/prospects/all.parquet")
    }, "the search finds the person while there is one"
    prospects = people(account.store)
    calls = len(account.emulator.calls)
    erasure = erase_person(account)
    assert left(account) == []
    assert erasure.prospects == 2
    assert len(account.emulator.calls) == calls, "Pardot is asked nothing"
    removed = {name: rows for name, rows in erasure.cleaned.removed.rows.items() if "." not in name}
    gone = forget(account.store, *prospects)
    assert removed == {table: rows for table, rows in gone.items() if table in TABLES}
    assert erasure.cleaned.removed.cells == {"visitor_page_views": 1}
    assert differences(account) == {}, "nobody else has lost a row"
    lake = account.folder / "lake" / "pardot"
    assert rows_in(lake / "visitor_activities") == account.store.count("visitor-activities")


def test_reports_and_versions_equal_those_of_an_account_that_never_had_the_person(
    account: Account, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = replace(LOAD, transform=True)
    parquet = account.folder / "marts"
    monkeypatch.setattr(type(account), "places", property(lambda self: _with_all_that_is_published(self)))
    run(account, options)
    assert any("marts/" in place for place in left(account))
    erase_person(account)
    assert left(account) == []
    assert (parquet / "prospect_engagement" / "all.parquet").exists()
    folder = tmp_path_factory.mktemp("never")
    monkeypatch.setenv("DLT_DATA_DIR", str(folder / "dlt"))
    forget(account.store, *people(account.store))
    never = open_account(folder, account.store)
    with never.emulator:
        run(never, options)
    assert reports(account) == reports(never)
    assert len(reports(never)) > 25


def _with_all_that_is_published(account: Account) -> Places:
    return Places(
        working_database=account.folder / "working.duckdb",
        published_database=account.folder / "published.duckdb",
        published_parquet=account.folder / "marts",
        lake=str(account.folder / "lake"),
        data_folder=account.folder / "dlt",
        fivetran=True,
    )


def reports(account: Account) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of the reporting tables and of the versions, without what tells of loads and runs."""
    found = {}
    with duckdb.connect(str(account.places.published_database), read_only=True) as db:
        tables = db.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() "
            "WHERE schema_name IN ('pardot_marts', 'pardot_history') AND NOT starts_with(table_name, '_')"
        ).fetchall()
        for schema, table in tables:
            if table != "data_quality":
                columns = db.execute(f"SELECT * FROM {schema}.{table} LIMIT 0").description
                kept = [f'"{name}"' for name, *_ in columns if name not in ("_dlt_load_id", "loaded_at", "_loaded_at")]
                found[table] = db.execute(f"SELECT {', '.join(kept)} FROM {schema}.{table} ORDER BY ALL").fetchall()
    return found


def test_what_was_fetched_or_set_aside_and_is_not_loaded_goes_as_well(account: Account) -> None:
    (ledger,) = account.places.own_folder.glob("*/ledger.sqlite")
    before = ledger.read_bytes()
    for name in ("exports/7/0.csv", "outgoing/rows.parquet", "pages/rows.parquet"):
        (ledger.parent / name).parent.mkdir(parents=True, exist_ok=True)
        (ledger.parent / name).write_text(f"1,{ADDRESS}", encoding="utf-8")
    (ledger.parent / "rejected").mkdir(exist_ok=True)
    texts = (f"x,{ADDRESS}", f"{people(account.store)[0]},", "7,bob@example.com")
    lines = [json.dumps({"id": str(number), "raw_text": text}) for number, text in enumerate(texts)]
    rejected = ledger.parent / "rejected" / "prospects-x.jsonl"
    rejected.write_text("\n".join(lines), encoding="utf-8")
    pending = account.places.data_folder / "pipelines" / "pardot" / "load" / "normalized" / "1" / "rows.jsonl"
    pending.parent.mkdir(parents=True, exist_ok=True)
    pending.write_text(ADDRESS, encoding="utf-8")
    runs = account.places.own_folder / "runs.jsonl"
    runs.write_text(json.dumps({"exit_code": 1, "error": f"they said {ADDRESS}"}) + "\n", encoding="utf-8")
    with duckdb.connect(str(account.places.working_database)) as db:
        db.execute("CREATE TABLE pardot.rejected_rows (id VARCHAR, raw_text VARCHAR, _dlt_load_id VARCHAR)")
        db.execute(
            "INSERT INTO pardot.rejected_rows SELECT i, t, '1' FROM (VALUES ('a', ?), ('b', 'x,2')) AS v(i, t)",
            [ADDRESS],
        )
        db.execute("CREATE SCHEMA IF NOT EXISTS pardot_staging")
        db.execute("CREATE OR REPLACE TABLE pardot_staging.prospects AS SELECT ? AS email", [ADDRESS])
    erase_person(account)
    assert left(account) == []
    kept = [json.loads(line)["raw_text"] for line in rejected.read_text(encoding="utf-8").splitlines()]
    assert kept == [None, None, "7,bob@example.com"]
    assert query(account, "SELECT id, raw_text FROM pardot.rejected_rows ORDER BY 1") == [("a", None), ("b", "x,2")]
    assert ledger.read_bytes() == before
    with duckdb.connect(str(account.places.working_database)) as db:
        db.execute("DROP TABLE pardot.rejected_rows")  # dlt did not make it, and would add its columns to its rows
    run(account)
    assert left(account) == []


def test_dry_run_counts_the_same_and_changes_nothing(account: Account) -> None:
    before = {name: size for name, size in files_below(account.folder).items() if ".lock" not in name}
    planned = erase_person(account, dry_run=True)
    after = {name: size for name, size in files_below(account.folder).items() if ".lock" not in name}
    assert after == before
    done = erase_person(account)
    assert planned.cleaned.removed == done.cleaned.removed
    assert planned.prospects == done.prospects == 2
    assert not erase_person(account).cleaned.removed, "the second time there is nothing"


def test_prospect_by_id_leaves_another_one_with_the_same_address(account: Account) -> None:
    first, second = people(account.store)
    erasure = erase(account.places, Person(prospect_id=first))
    assert (erasure.prospects, erasure.same_address) == (1, 1)
    assert any("--email" in line for line in erasure.lines())
    forget(account.store, first)
    ids = query(account, "SELECT id FROM pardot.prospects ORDER BY id")
    assert [number for (number,) in ids] == [row["id"] for row in account.store.rows("prospects")]
    assert query(account, f"SELECT trim(email) FROM pardot.prospects WHERE id = {second}") == [(ADDRESS.upper(),)]


# -- what is kept out


@pytest.mark.parametrize(
    "again", ["changed", "reviewed", "backfilled", "all lost", "folder lost", "only snapshot left"]
)
def test_no_later_run_brings_the_person_back(again: str, account: Account) -> None:
    erase_person(account)
    prospects = people(account.store)
    options = LOAD
    if again == "changed":
        for collection in ("prospects", "visitors", "visitor-activities"):
            for row in list(account.store.rows(collection)):
                account.store.update(collection, int(str(row["id"])), updatedAt=END + timedelta(minutes=1))
        account.clock.advance(timedelta(hours=1))
    elif again == "reviewed":
        account.clock.advance(A_DAY)
    elif again == "backfilled":
        options = replace(LOAD, backfill=Backfill(HISTORY_START, END))
    elif again == "all lost":
        for name in ("working.duckdb", "published.duckdb"):
            (account.folder / name).unlink()
    elif again == "folder lost":
        shutil.rmtree(account.places.data_folder)
        account.clock.advance(A_DAY)
    else:
        shutil.rmtree(account.places.data_folder)
        for path in account.folder.glob(".working.duckdb.*"):
            path.unlink()
        shutil.copyfile(account.places.published_database, account.places.working_database)
        account.places.working_database.chmod(0o600)
        account.clock.advance(A_DAY)
    summary = run(account, options)
    assert summary.objects["visitor_activities"].erased > 0
    assert any(line.startswith("erased ") and "visitor_activities" in line for line in summary.lines())
    key_lost = [notice for notice in summary.notices if "erasure.key_lost" in notice]
    assert bool(key_lost) == (again == "only snapshot left")
    forget(account.store, *prospects)
    if again != "only snapshot left":  # without the key nobody can tell the address in another one's row
        assert left(account) == []
        assert differences(account) == {}
    else:
        found = query(account, "SELECT id FROM pardot.prospects ORDER BY id")
        assert [number for (number,) in found] == [row["id"] for row in account.store.rows("prospects")]


def test_counts_reconcile_and_nothing_is_missed(account: Account) -> None:
    erase_person(account)
    account.clock.advance(A_DAY)
    summary = run(account, replace(LOAD, transform=True))
    counts = summary.objects["prospects"]
    assert counts.erased == 2
    assert counts.parsed >= account.store.count("prospects") - 2  # the day's review reads every row, the update some
    warn = "SELECT table_name, check_name FROM pardot_marts.data_quality WHERE status = 'warn' AND check_name IN "
    assert query(account, warn + "('rows_missing', 'rows_unaccounted_for', 'rows_set_aside')") == []
    value = "SELECT value FROM pardot_marts.data_quality WHERE table_name = 'prospects' AND check_name = 'rows_erased'"
    assert query(account, value + " ORDER BY run_number") == [(0,), (2,)]


def test_person_who_is_not_known_yet_is_kept_out_when_they_come(account: Account) -> None:
    later = "someone.later@example.org"
    erasure = erase(account.places, Person(address=later))
    assert not erasure.cleaned.removed
    assert any(line.startswith("nothing ") for line in erasure.lines())
    assert later not in "".join(path.read_text() for path in account.places.erased_lists)
    # What an anonymous visitor did is loaded already; then the visitor turns out to be that person.
    anonymous = next(row for row in account.store.rows("visitors") if row["prospectId"] is None)
    other = next(row for row in account.store.rows("prospects") if row["id"] not in people(account.store))
    visitor, prospect = int(str(anonymous["id"])), account.store.next_id("prospects")
    account.clock.advance(A_DAY)
    now = account.clock.now() - timedelta(hours=1)
    stamps = {"createdAt": now, "updatedAt": now}
    account.store.insert(
        "prospects", [{**other, "id": prospect, "email": later.title(), "salesforceId": None, **stamps}]
    )
    account.store.update("visitors", visitor, prospectId=prospect, updatedAt=now)
    activity = next(row for row in account.store.rows("visitor-activities") if row["prospectId"] == other["id"])
    number = account.store.next_id("visitor-activities")
    account.store.insert(
        "visitor-activities", [{**activity, "id": number, "prospectId": prospect, "visitorId": None, **stamps}]
    )
    run(account)
    anonymously = f"visitor_id = {visitor} AND prospect_id IS NULL"  # others have used that browser, too
    for table, where in (
        ("prospects", f"id = {prospect}"),
        ("visitors", f"id = {visitor}"),
        ("visitor_activities", f"prospect_id = {prospect} OR ({anonymously})"),
        ("visitor_page_views", f"visitor_id = {visitor}"),
        ("visits", anonymously),
    ):
        assert query(account, f"SELECT count(*) FROM pardot.{table} WHERE {where}") == [(0,)], table
    assert [place for place, content in iter_files(account.folder / "dlt") if later.encode() in content.lower()] == []
    assert later.encode() not in account.places.working_database.read_bytes().lower()


# -- killed in between


class Died(KeyboardInterrupt):
    """The process was ended here."""


STEPS = (
    "erasure.cleaning.clean_work_files",
    "erasure.cleaning.remove_rows",
    "erasure.erasing.Tables.note_removed",
    "erasure.cleaning.rebuild_reports",
    "erasure.cleaning.rewrite_database",
    "erasure.cleaning.publish_again",
    "files.publish.publish_folder",
)


KILLS = [(step, when) for number, step in enumerate(STEPS) for when in ("before", "after")[:: (-1) ** number]]
"""Every step, and by turns the moment before it and the one after it first."""


@pytest.mark.parametrize("kill", sampled(KILLS, 3, "-".join))
def test_killed_erasure_is_finished(kill: tuple[str, str], account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the same command where the kill came before a step, by the next run where it came after it."""
    step, when = kill
    with monkeypatch.context() as patch:
        module, _, name = f"pardot_etl.{step}".rpartition(".")
        holder: Any = import_module(module) if "Tables" not in module else _tables()
        patch.setattr(holder, name, dying(getattr(holder, name), when))
        with pytest.raises(Died):
            erase_person(account)
    if when == "before":
        erase_person(account)
    else:
        assert "finished removing people who were erased" in run(account).healed
    assert left(account) == []
    forget(account.store, *people(account.store))
    assert differences(account) == {}
    assert run(account).healed == ()


def _tables() -> Any:
    from pardot_etl.erasure.erasing import Tables

    return Tables


def dying(step: Callable[..., Any], when: str) -> Callable[..., Any]:
    """Return a step that ends the process before or after it."""

    def die(*arguments: Any, **options: Any) -> Any:
        if when == "after":
            result = step(*arguments, **options)
            if hasattr(result, "__next__"):
                list(result)
        raise Died

    return die


# -- the command


@pytest.fixture
def settings(account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """Let the command line find the files of the account; it needs no login."""
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(account.places.working_database))
    monkeypatch.setenv("PUBLISH__DUCKDB", str(account.places.published_database))
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", str(account.places.lake))
    return account


def test_command_tells_what_it_did_and_names_nobody(settings: Account) -> None:
    outcome = invoke("erase", "--email", ADDRESS, "--json")
    assert outcome.code == 0, outcome.err
    told = json.loads(outcome.out)
    assert told["found"] is True
    assert told["prospects"] == 2
    assert told["rows_removed"]["prospects"] == 2
    assert left(settings) == []
    again = invoke("erase", "--email", ADDRESS)
    assert again.code == 0
    assert "no row of this person" in again.out
    assert not [word for word in SAID if word.lower() in (outcome.out + outcome.err + again.out + again.err).lower()]


@pytest.mark.parametrize(
    "arguments",
    [(), ("--prospect-id", "1", "--email", "a@b.example"), ("--email", "nobody"), ("--prospect-id", "x")],
    ids=["nobody", "twice", "no address", "no number"],
)
def test_exactly_one_person_must_be_named(arguments: tuple[str, ...], settings: Account) -> None:
    before = files_below(settings.folder)
    outcome = invoke("erase", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert files_below(settings.folder) == before


def test_erasure_waits_for_no_run(settings: Account) -> None:
    with RunLock(*settings.places.lock_files()):
        before = files_below(settings.folder)
        with pytest.raises(RunLockedError):
            erase_person(settings)
        outcome = invoke("erase", "--email", ADDRESS)
        assert outcome.code == 75
        assert files_below(settings.folder) == before


def test_terminal_is_asked_first(settings: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    asked = []
    monkeypatch.setattr("click.confirm", lambda text, **_: asked.append(text))
    before = files_below(settings.folder)
    outcome = invoke("erase", "--email", ADDRESS)
    assert (outcome.code, outcome.out, outcome.err) == (1, "", "Nothing was changed.\n")
    assert files_below(settings.folder) == before
    assert invoke("erase", "--email", ADDRESS, "--yes").code == 0
    assert len(asked) == 1
