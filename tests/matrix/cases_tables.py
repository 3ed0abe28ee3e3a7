"""Loading, building and publishing: what the account's shape, the disk, other programs and a kill can do to tables."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import duckdb
from command_line import COMMAND, environment
from kit import HISTORY_START, Account
from matrix.case import Case, Provoke, section
from matrix.disks import small_disk
from matrix.world import ACTIVITIES, BOTH, Facts, World, patched, query, rows, runs, surroundings

from pardot_emulator import Fault, Value
from pardot_etl.runs.run import RunOptions
from pardot_transforms import models_path

case = section("load and publish")

MARTS = RunOptions(objects=("visitor_activities", "prospects", "campaigns"))


# -- the account's shape


def add_custom_field(account: Account, field_id: str) -> None:
    """Give every prospect a value in a new field, without touching its update time."""
    store, now = account.store, account.clock.now()
    number = store.next_id("custom-fields")
    plain: dict[str, Value] = {"type": "text", "isRecordMultipleResponses": False, "createdAt": now, "updatedAt": now}
    pattern = next(store.rows("custom-fields"))
    store.insert("custom-fields", [{**pattern, "id": number, "name": field_id, "fieldId": field_id, **plain}])
    store.add_column("prospects", f"{field_id}__c")
    for row in list(store.rows("prospects")):
        store.update("prospects", int(str(row["id"])), **{f"{field_id}__c": f"{field_id} of {row['id']}"})


def new_fields(*names: str) -> Provoke:
    def provoke(world: World) -> Facts:
        account = world.fresh()
        runs(world, account, options=BOTH)
        account.clock.advance(timedelta(days=1))
        for name in names:
            add_custom_field(account, name)
        return runs(world, account, options=BOTH)

    return provoke


def strange_fields(world: World) -> Facts:
    """Names that no column has as they are; what is in the columns tells that they are there."""
    account = world.fresh()
    add_custom_field(account, "Größe_名字")
    add_custom_field(account, "Old____A")
    add_custom_field(account, "OldLead")
    add_custom_field(account, "Old_Lead")
    facts = runs(world, account, options=BOTH)
    prospects = query(account, "SELECT COLUMNS('^(gr|old).*__c$') FROM pardot.prospects WHERE id = 1000001")
    return {**facts, "filled": sum(str(text).endswith("of 1000001") for text in prospects[0])}


def field_gone(world: World) -> Facts:
    """A custom field is deleted in the account, and a prospect that had a value in it changes."""
    account = world.fresh()
    add_custom_field(account, "Doomed")
    runs(world, account, options=BOTH)
    doomed = next(row for row in account.store.rows("custom-fields") if row["fieldId"] == "Doomed")
    account.store.purge("custom-fields", int(str(doomed["id"])))
    number = next(int(str(row["id"])) for row in account.store.rows("prospects"))
    now = account.clock.advance(timedelta(days=1))
    account.store.update("prospects", number, company="Moved Ltd", updatedAt=now)
    facts = runs(world, account, options=BOTH)
    kept = query(account, f"SELECT company, doomed__c FROM pardot.prospects WHERE id = {number}")
    return {**facts, "kept": kept == [("Moved Ltd", f"Doomed of {number}")]}


def older_copy(world: World) -> Facts:
    """A row is read at its newest, and delivered once more as it was before."""
    account = world.fresh()
    runs(world, account)
    store, number = account.store, next(int(str(row["id"])) for row in account.store.rows("visitor-activities"))
    newest = account.clock.advance(timedelta(hours=1)).replace(microsecond=0)
    store.update("visitor-activities", number, details="newer", updatedAt=newest)
    runs(world, account)
    store.update("visitor-activities", number, details="older", updatedAt=newest - timedelta(minutes=1))
    facts = runs(world, account)
    store.update("visitor-activities", number, details="newer", updatedAt=newest)
    return {**facts, "rows": rows(account)}


def purged(world: World) -> Facts:
    """A row vanishes at Pardot without a trace; it stays here, marked."""
    account = world.fresh()
    runs(world, account, review_days=7)
    account.clock.advance(timedelta(days=1))
    gone = max(int(str(row["id"])) for row in account.store.rows("visitor-activities"))
    account.store.purge("visitor-activities", gone)
    facts = runs(world, account, review_days=7)
    marked = query(account, f"SELECT purged_at IS NOT NULL FROM pardot.visitor_activities WHERE id = {gone}")
    return {**facts, "marked": marked == [(True,)]}


def nothing_delivered(world: World) -> Facts:
    """An export says Complete and brings nothing, although rows are there; a day later they are looked for again."""
    account = world.a_day_later()
    empty = Fault("export.read", "patch", skip=2, status="Complete", resultRefs=None)
    first = runs(world, account, empty, at_most=1)
    account.clock.advance(timedelta(days=1))
    later = runs(world, account, review_days=7)
    return {**later, "codes": first["codes"] + later["codes"], "at_first": first["rows"] != "equal"}


# -- disk, memory, other programs


def held_by_another(world: World) -> Facts:
    """Somebody opens the job's own file and keeps it open."""
    account = world.a_day_later()
    program = "import duckdb, sys; db = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [COMMAND[0], "-c", program, str(account.places.working_database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        first = runs(world, account, at_most=1)
        holder.kill()
    later = runs(world, account)
    return {
        **later,
        "codes": first["codes"] + later["codes"],
        "says": first["says"],
        "names_holder": str(holder.pid) in first["says"],
    }


def full_while_loading(world: World) -> Facts:
    """The disk of the working file has room for what is there, and for little more."""
    with small_disk(world.folder("disk"), free_bytes=12_000_000) as disk:
        account = world.fresh()
        account.moved["working_database"] = disk.folder / "working.duckdb"
        first = runs(world, account)
        disk.fill(leaving=40_000)
        second = runs(world, world.a_day_later(account), at_most=1)
        kept = second["rows"]
        disk.free()
        third = runs(world, account)
    codes = first["codes"] + second["codes"] + third["codes"]
    return {**third, "codes": codes, "says": second["says"], "was_complete": kept == "equal"}


def full_while_created(world: World) -> Facts:
    """There is no room even for an empty database."""
    with small_disk(world.folder("disk"), free_bytes=1_000_000) as disk:
        account = world.fresh()
        account.moved["working_database"] = disk.folder / "working.duckdb"
        disk.fill(leaving=4096)
        first = runs(world, account, at_most=1)
        disk.free()
        later = runs(world, account)
        left = sorted(path.name for path in disk.folder.glob(".*.new*"))
    return {**later, "codes": first["codes"] + later["codes"], "says": first["says"], "left": left}


def full_while_published(world: World) -> Facts:
    """The disk of the published file, which is another than the job's, is full."""
    with small_disk(world.folder("disk"), free_bytes=12_000_000) as disk:
        account = world.fresh()
        account.moved["published_database"] = disk.folder / "published.duckdb"
        first = runs(world, account)
        before = account.places.published_database.read_bytes()
        disk.fill(leaving=40_000)
        second = runs(world, world.a_day_later(account), at_most=1)
        is_kept = account.places.published_database.read_bytes() == before
        disk.free()
        third = runs(world, account)
    codes = first["codes"] + second["codes"] + third["codes"]
    return {**third, "codes": codes, "says": second["says"], "previous_kept": is_kept}


def little_memory(world: World) -> Facts:
    """DuckDB may use next to nothing."""
    account = world.a_day_later()
    real = duckdb.connect

    def connect(*arguments: object, **options: object) -> duckdb.DuckDBPyConnection:
        db: duckdb.DuckDBPyConnection = real(*arguments, **options)  # type: ignore[arg-type]
        db.execute("SET memory_limit = '3MB'")
        return db

    first = runs(world, account, at_most=1, within=patched("duckdb.connect", connect))
    later = runs(world, account)
    return {**later, "ended": first["codes"][0] in (0, 1), "codes": later["codes"]}


# -- reporting tables


@contextmanager
def broken_models(world: World, file: str, change: Callable[[str], str]) -> Iterator[None]:
    """Work with a copy of the models, one of them changed."""
    folder = world.folder("models") / "models"
    shutil.copytree(models_path(), folder)
    (path,) = folder.rglob(file)
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with patched("pardot_transforms.project.models_path", lambda: folder):
        yield


def sql_broken(world: World) -> Facts:
    account = world.fresh()
    runs(world, account, options=MARTS)
    before = marts(account)
    with broken_models(world, "daily_activity.sql", lambda sql: sql.replace("select", "select nothing_like_this,", 1)):
        first = runs(world, world.a_day_later(account), options=MARTS, at_most=1)
    kept = marts(account) == before
    later = runs(world, account, options=MARTS)
    codes = first["codes"] + later["codes"]
    return {**later, "codes": codes, "says": first["says"], "marts_kept": kept, "newer": marts(account) != before}


def data_test_broken(world: World) -> Facts:
    """A campaign stands twice in the raw table, which no load would do."""
    account = world.fresh()
    runs(world, account, options=MARTS)
    before = marts(account)
    options = RunOptions(objects=("visitor_activities",))
    working = str(account.places.working_database)
    with duckdb.connect(working) as db:
        db.execute("INSERT INTO pardot.campaigns SELECT * FROM pardot.campaigns LIMIT 1")
    first = runs(world, world.a_day_later(account), options=options, at_most=1)
    kept = marts(account) == before
    with duckdb.connect(working) as db:
        db.execute("DELETE FROM pardot.campaigns WHERE rowid = (SELECT max(rowid) FROM pardot.campaigns)")
    later = runs(world, account, options=options)
    codes = first["codes"] + later["codes"]
    return {**later, "codes": codes, "says": first["says"], "marts_kept": kept, "newer": marts(account) != before}


def marts(account: Account) -> list[tuple[object, ...]]:
    return query(account, "SELECT count(*), max(created_on) FROM pardot_marts.daily_activity")


# -- publishing


def unwritable(world: World) -> Facts:
    """A folder stands where the published file belongs."""
    account = world.fresh()
    published = account.places.published_database
    (published / "in the way").mkdir(parents=True)
    with patched("matrix.world.rows", lambda *_: "none"):
        first = runs(world, account, at_most=1)
    shutil.rmtree(published)
    later = runs(world, account)
    return {**later, "codes": first["codes"] + later["codes"], "says": first["says"]}


def stray_log(world: World) -> Facts:
    """Somebody who opened the published file for writing left a log beside it."""
    account = world.a_day_later()
    stray = account.places.published_database.with_name("published.duckdb.wal")
    stray.write_bytes(b"left by somebody")
    facts = runs(world, account)
    return {**facts, "left": stray.exists()}


def reader_open(world: World) -> Facts:
    """A reader has the published file open while the next one takes its place."""
    account = world.a_day_later()
    path, count = str(account.places.published_database), "SELECT count(*) FROM pardot.visitor_activities"
    program = (
        "import duckdb, sys; db = duckdb.connect(sys.argv[1], read_only=True);"
        f"print(db.execute('{count}').fetchone()[0], flush=True); sys.stdin.readline();"
        f"print(db.execute('{count}').fetchone()[0], flush=True)"
    )
    command = [COMMAND[0], "-c", program, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        old = int(reader.stdout.readline())
        facts = runs(world, account)
        reader.stdin.write(b"\n")
        reader.stdin.flush()
        same = int(reader.stdout.readline())
    ((new,),) = query(account, count)
    return {**facts, "reader_keeps": old == same, "next_gets_more": new > old}


def half_written_parquet(world: World) -> Facts:
    """A folder that a killed run had begun to write stands beside the published one."""
    account = world.fresh()
    lake = RunOptions(objects=ACTIVITIES.objects, destination="filesystem", transform=False)
    runs(world, account, options=lake)
    folder = account.folder / "lake" / "pardot"
    half = folder.with_name(f".{folder.name}.next") / "visitor_activities"
    half.mkdir(parents=True)
    (half / "2026-01.parquet").write_bytes(b"PAR1 half")
    facts = runs(world, world.a_day_later(account), options=lake)
    files = f"SELECT count(*), count(DISTINCT id) FROM '{folder}/visitor_activities/*.parquet'"
    with duckdb.connect() as db:
        found = db.execute(files).fetchall()
    wanted = account.store.count("visitor-activities")
    hidden = [path.name for path in folder.parent.iterdir() if path.name.startswith(".")]
    return {**facts, "in_parquet": "equal" if found == [(wanted, wanted)] else found, "left": hidden}


def modes(world: World) -> Facts:
    account = world.a_day_later()
    facts = runs(world, account)
    places = account.places
    data = account.folder / "dlt" / "pardot"
    shown = {path: oct(path.stat().st_mode & 0o777) for path in (places.published_database, data)}
    return {**facts, "published": shown[places.published_database], "data_folder": shown[data]}


# -- kills


def killed_at(world: World) -> Facts:
    """A process of its own is killed as each stage of its run begins; the next run has to go on from there."""
    account = world.fresh()
    variables = {
        **account.emulator.environment(),
        "SOURCES__PARDOT__START_DATE": HISTORY_START.isoformat(),
        "DESTINATION__DUCKDB__CREDENTIALS": str(account.places.working_database),
        "PUBLISH__DUCKDB": str(account.places.published_database),
    }
    seen = []
    for stage in ("load", "transform", "publish"):
        world.a_day_later(account)
        with surroundings(account.folder, **variables):
            was_killed = _kill_at(stage)
        facts = runs(world, account, options=MARTS)
        seen.append((was_killed, facts["codes"], facts["rows"]))
    return {"each": seen[0] if len(set(seen)) == 1 else seen, "healed": facts["healed"]}


def _kill_at(stage: str) -> bool:
    """Start a run that tells its events as JSON, and kill it when a stage begins."""
    command = [*COMMAND, "run", "--log-format", "json", "--objects", ",".join(MARTS.objects or ())]
    with subprocess.Popen(command, env=environment({}), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        for line in process.stderr:
            fields = json.loads(line) if line.startswith(b"{") else {}
            if fields.get("event") == "stage.started" and fields.get("stage") == stage:
                process.send_signal(signal.SIGKILL)
    return process.returncode == -signal.SIGKILL


CASES: tuple[Case, ...] = (
    case(
        "a new custom field",
        "a column of its own, filled for all rows; the summary says so",
        new_fields("Late"),
        codes=(0,), rows="equal", notices="Late__c",
    ),
    case(
        "custom fields named like SQL words, long, with an underscore last",
        "columns like any other",
        new_fields("Select", "Order", "x" * 60, "Gone_"),
        codes=(0,), rows="equal",
    ),
    case(
        "custom fields in other alphabets, with many underscores, two that would share a column",
        "columns with what can be spelled of their names, one each; the summary says so",
        strange_fields,
        codes=(0,), filled=4, notices="column.renamed",
    ),
    case(
        "a custom field is deleted in the account",
        "what it held stays, also in rows that change",
        field_gone,
        codes=(0,), kept=True,
    ),
    case(
        "an older copy of a row arrives later",
        "the newest wins",
        older_copy,
        codes=(0,), rows="equal",
    ),
    case(
        "a row is purged at Pardot",
        "it stays, marked as purged, once its day is read again",
        purged,
        codes=(0,), marked=True,
    ),
    case(
        "an export brings no rows although there are some",
        "0; the next review of recent days brings them",
        nothing_delivered,
        codes=(0, 0), rows="equal", at_first=True,
    ),
    case(
        "another program holds the working file open",
        "75, naming its process; the next run goes on",
        held_by_another,
        codes=(75, 0), rows="equal", names_holder=True,
    ),
    case(
        "the disk is full while rows are loaded",
        "1; readers keep the previous snapshot; with space, all is loaded",
        full_while_loading,
        codes=(0, 1, 0), rows="equal", was_complete=False,
    ),
    case(
        "the disk is full while the database is created",
        "1, and no stub that nobody can open",
        full_while_created,
        codes=(1, 0), rows="equal", left=[],
    ),
    case(
        "the disk is full while the snapshot is published",
        "1; the previous snapshot stays, byte for byte",
        full_while_published,
        codes=(0, 1, 0), rows="equal", previous_kept=True, says="No space left on device",
    ),
    case(
        "DuckDB may use three megabytes",
        "spills or ends with 1; with memory, the next run is right",
        little_memory,
        ended=True, codes=(0,), rows="equal",
    ),
    case(
        "a reporting table's SQL fails",
        "1; the last good reporting tables stay published",
        sql_broken,
        codes=(1, 0), rows="equal", marts_kept=True, newer=True, says="nothing_like_this",
    ),
    case(
        "a data test fails",
        "1; the last good reporting tables stay published",
        data_test_broken,
        codes=(1, 0), rows="equal", marts_kept=True, newer=True, says="unique",
    ),
    case(
        "kill -9 as loading, transforming, publishing begin",
        "the next run goes on; no row lost or doubled",
        killed_at,
        each=(True, (0,), "equal"),
    ),
    case(
        "a folder stands where the published file belongs",
        "1; the rows are safe in the working file",
        unwritable,
        codes=(1, 0), rows="equal", says="publish the database",
    ),
    case(
        "a stray log beside the published file",
        "removed: it would make the file unreadable",
        stray_log,
        codes=(0,), rows="equal", left=False,
    ),
    case(
        "a reader has the published file open during the swap",
        "keeps the old snapshot; whoever opens next gets the new one",
        reader_open,
        codes=(0,), rows="equal", reader_keeps=True, next_gets_more=True,
    ),
    case(
        "a Parquet folder half written by a killed run",
        "replaced; one row per id",
        half_written_parquet,
        codes=(0,), in_parquet="equal", left=[],
    ),
    case(
        "who may read what",
        "the snapshot everyone, the data folder the job alone",
        modes,
        codes=(0,), published="0o444", data_folder="0o700",
    ),
)  # fmt: skip
