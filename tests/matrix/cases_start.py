"""Before the first call: settings, folders, locks, what an earlier run left behind, clocks and zones."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import textwrap
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

from command_line import COMMAND, environment, files_below, invoke
from kit import HISTORY_START, Account
from matrix.case import Case, Left, Provoke, section
from matrix.disks import small_disk
from matrix.world import Facts, World, patched, query, rows, runs, surroundings

from pardot_etl.runs.lock import RunLock

case = section("start")

SETTINGS = {
    "SOURCES__PARDOT__BUSINESS_UNIT_ID": "0Uv000000000001CAA",
    "SOURCES__PARDOT__CREDENTIALS__CLIENT_ID": "client-id",
    "SOURCES__PARDOT__CREDENTIALS__CLIENT_SECRET": "hidden-client-secret",
    "SOURCES__PARDOT__CREDENTIALS__REFRESH_TOKEN": "hidden-refresh-token",
}
NOBODY = 65534


def command(
    *arguments: str, variables: Mapping[str, str] = SETTINGS, files: Mapping[str, str] | None = None
) -> Provoke:
    """Run a command in an empty folder with these settings, and see what it says and what it touches."""

    def provoke(world: World) -> Facts:
        folder = world.folder("settings")
        for name, text in (files or {}).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        before = files_below(folder)
        with surroundings(folder, **variables), settings_of(folder):
            outcome = invoke(*arguments)
        said = outcome.err + outcome.out
        touched = sorted(files_below(folder).keys() - before.keys())
        return {"codes": (outcome.code,), "says": said, "touched": touched, "secret_shown": "hidden" in said}

    return provoke


@contextmanager
def settings_of(folder: Path) -> Iterator[None]:
    """Let dlt read the settings files of a folder for a while; it reads them once a process otherwise."""
    from dlt.common.configuration.container import Container
    from dlt.common.configuration.specs import PluggableRunContext

    context = Container()[PluggableRunContext]
    cookie = context.push_context()
    context.reload(str(folder))
    try:
        yield
    finally:
        context.pop_context(cookie)


def setting(fault: str, says: str, *arguments: str, **options: Mapping[str, str]) -> Case:
    return case(
        fault, "2, naming the key; nothing is touched, no secret shown", command(*(arguments or ("run",)), **options),
        codes=(2,), says=says, touched=[], secret_shown=False,
    )  # fmt: skip


def readable_secrets(world: World) -> Facts:
    """`check` against the emulator, whose clock agrees with ours for once."""
    account = world.fresh()
    account.clock.set(datetime.now(timezone.utc))
    secrets = account.folder / ".dlt" / "secrets.toml"
    secrets.parent.mkdir()
    secrets.write_text("", encoding="utf-8")
    secrets.chmod(0o644)
    with surroundings(account.folder, **account.emulator.environment()):
        outcome = invoke("check")
    return {"codes": (outcome.code,), "says": outcome.out}


@contextmanager
def somebody_else() -> Iterator[None]:
    """Act as another user, who owns nothing here; only the administrator can."""
    if os.geteuid() != 0:
        raise Left("only root can act as another user")
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def not_owned(world: World) -> Facts:
    account = world.a_day_later()
    first = _attempt(world, account, within=somebody_else())
    return _then_in_order(world, account, first)


def file_in_the_way(world: World) -> Facts:
    account = world.fresh()
    (account.folder / "dlt").write_text("in the way", encoding="utf-8")
    first = _attempt(world, account)
    (account.folder / "dlt").unlink()
    return _then_in_order(world, account, first)


def no_space_at_all(world: World) -> Facts:
    with small_disk(world.folder("disk"), free_bytes=8_000_000) as disk:
        account = world.fresh()
        (account.folder / "dlt").symlink_to(disk.folder)
        disk.fill(leaving=0)
        first = _attempt(world, account)
        disk.free()
        return _then_in_order(world, account, first)


def _attempt(world: World, account: Account, within: AbstractContextManager[None] | None = None) -> Facts:
    """Run once without looking at the rows: they may not be readable at the moment."""
    with patched("matrix.world.rows", lambda *_: "not looked at"):
        return runs(world, account, at_most=1, within=within)


def _then_in_order(world: World, account: Account, first: Facts) -> Facts:
    later = runs(world, account)
    calls = sum(first["calls"].values())
    return {**later, "codes": first["codes"] + later["codes"], "says": first["says"], "calls_before": calls}


def another_run(world: World) -> Facts:
    account = world.a_day_later()
    with RunLock(*account.places.lock_files()):
        first = runs(world, account, at_most=1)
    return _then_in_order(world, account, first)


def stale_lock(world: World) -> Facts:
    """Another process takes the locks and is killed with them."""
    account = world.a_day_later()
    locks = [str(path) for path in account.places.lock_files()]
    program = textwrap.dedent(
        f"""
        import pathlib, sys
        from pardot_etl.runs.lock import RunLock
        with RunLock(*map(pathlib.Path, {locks!r})):
            print("locked", flush=True)
            sys.stdin.read()
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment({})
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        first = runs(world, account, at_most=1)
        holder.send_signal(signal.SIGKILL)
    later = _then_in_order(world, account, first)
    return {**later, "names_holder": str(holder.pid) in first["says"]}


# -- what an earlier run left behind


def damaged_folder(world: World) -> Facts:
    """The files of dlt's working folder are emptied, or full of noise."""
    account = world.a_day_later()
    files = sorted((account.folder / "dlt" / "pipelines").rglob("*.json"))
    for number, path in enumerate(files):
        path.write_bytes(b"" if number % 2 else b"\x00{]" * 50)
    return {**runs(world, account), "files": len(files)}


def half_moved_package(world: World) -> Facts:
    """What a kill between two renames leaves: a package that is both extracted and normalised, and empty."""
    account = world.a_day_later()
    pipeline = account.folder / "dlt" / "pipelines" / "pardot"
    for place in ("normalize/extracted", "load/normalized"):
        (pipeline / place / "1700000000.0000000").mkdir(parents=True)
    return runs(world, account, at_most=2)


def other_version(world: World) -> Facts:
    """The working folder says that a dlt of the far future wrote it."""
    account = world.a_day_later()
    for path in (account.folder / "dlt" / "pipelines" / "pardot").rglob("*.json"):
        text = path.read_text(encoding="utf-8")
        path.write_text(_newer(text), encoding="utf-8")
    return runs(world, account)


def _newer(text: str) -> str:
    return re.sub(r'("(?:_state_)?engine_version": ?)\d+', r"\g<1>999", text)


def newer_database(world: World) -> Facts:
    """The header of the working file names a storage version that no DuckDB of today knows."""
    account = world.fresh()
    first = runs(world, account)
    working = account.places.working_database
    saved = working.read_bytes()
    working.write_bytes(of_the_future(saved[:4096]) + saved[4096:])
    second = runs(world, account, at_most=1)
    working.write_bytes(saved)
    third = runs(world, world.a_day_later(account))
    return {**third, "codes": first["codes"] + second["codes"] + third["codes"], "says": second["says"]}


def of_the_future(header: bytes) -> bytes:
    """Return the first block of a DuckDB file with a version far above all known ones, and the checksum to match."""
    rest = header[8:12] + (123_456).to_bytes(8, "little") + header[20:]
    checksum = 5381
    for (word,) in struct.iter_unpack("<Q", rest):
        checksum ^= word * 0xBF58476D1CE4E5B9 % (1 << 64)
    return checksum.to_bytes(8, "little") + rest


def no_database(world: World) -> Facts:
    """Somebody deletes the working file; the state in dlt's folder still says that everything is loaded."""
    account = world.fresh()
    runs(world, account)
    account.places.working_database.unlink()
    return runs(world, world.a_day_later(account))


def no_data_folder(world: World) -> Facts:
    account = world.fresh()
    runs(world, account)
    shutil.rmtree(account.folder / "dlt")
    return runs(world, world.a_day_later(account))


# -- clocks and zones


def clocks(*, server: timedelta = timedelta(), ours: timedelta = timedelta()) -> Provoke:
    """Move the server's clock, or ours, between two runs, and back before a third; a row is new each time."""

    def provoke(world: World) -> Facts:
        account = world.fresh()
        first = runs(world, account)
        through = _position(account)
        account.clock.set(account.clock.now() + server)
        new_row(account)
        with patched("time.time", _shifted(ours)):
            second = runs(world, account)
        back = min(_position(account), through)
        account.clock.set(account.clock.now() - server + timedelta(hours=2))
        new_row(account)
        third = runs(world, account)
        return {
            **third,
            "codes": first["codes"] + second["codes"] + third["codes"],
            "position_moved_back": back < through,
        }

    return provoke


def _shifted(by: timedelta) -> Callable[[], float]:
    now = time.time
    return lambda: now() + by.total_seconds()


def _position(account: Account) -> str:
    """Return how far activities are read, from the state in the working database."""
    newest = "SELECT state FROM pardot._dlt_pipeline_state ORDER BY version DESC LIMIT 1"
    (text,) = query(account, newest, working=True)[0]
    state = json.loads(zlib.decompress(base64.b64decode(text)))
    return str(state["sources"]["pardot"]["resources"]["visitor_activities"]["through"])


def new_row(account: Account, at: datetime | None = None) -> None:
    """Let something happen at a moment, now by default."""
    at = at or account.clock.now()
    pattern = next(account.store.rows("visitor-activities"))
    number = account.store.next_id("visitor-activities")
    account.store.insert("visitor-activities", [{**pattern, "id": number, "createdAt": at, "updatedAt": at}])


def hour_that_comes_twice(world: World) -> Facts:
    """The API user's clocks are set back and forth in the window; each hour has rows."""
    account = world.fresh()
    for text in ("2026-11-01T05:30:00", "2026-11-01T06:30:00", "2026-03-08T06:59:59", "2026-03-08T07:00:00"):
        new_row(account, datetime.fromisoformat(text).replace(tzinfo=timezone.utc))
    return runs(world, account)


def odd_surroundings(world: World) -> Facts:
    """A process of its own with a zone and a locale that neither we nor the account use."""
    account = world.fresh()
    odd = {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    variables = {**account.emulator.environment(), "SOURCES__PARDOT__START_DATE": HISTORY_START.isoformat(), **odd}
    variables["DESTINATION__DUCKDB__CREDENTIALS"] = str(account.places.working_database)
    variables["PUBLISH__DUCKDB"] = str(account.places.published_database)
    arguments = ["run", "--no-transform", "--objects", "visitor_activities"]
    with surroundings(account.folder, **variables):
        process = subprocess.run([*COMMAND, *arguments], env=environment({}), capture_output=True, check=False)
    return {"codes": (process.returncode,), "says": process.stderr.decode(), "rows": rows(account)}


NO_CONFIG = {"files": {".dlt/config.toml": '[sources.pardot.credentials]\nclient_secret = "hidden"\n'}}
AHEAD, BEHIND = timedelta(hours=30), timedelta(hours=-30)

CASES: tuple[Case, ...] = (
    setting("a required key is missing", "sources.pardot.business_unit_id is not set; looked for it in", variables={}),
    setting("a malformed value", "expected", variables={**SETTINGS, "SOURCES__PARDOT__BUSINESS_UNIT_ID": "0Uv"}),
    setting(
        "an unknown key", "did you mean SOURCES__PARDOT__BUSINESS_UNIT_ID",
        variables={**SETTINGS, "SOURCES__PARDOT__BUSINES_UNIT_ID": "x"},
    ),
    setting("a secret in config.toml", "move it to secrets.toml", **NO_CONFIG),
    setting("a secret on the command line", "No such option", "run", "--client-secret", "hid"),
    case(
        "secrets.toml can be read by others",
        "`check` warns, with the chmod that mends it; a warning does not fail",
        readable_secrets,
        codes=(0,), says="(mode 644) → chmod 600",
    ),
    case(
        "the data folder belongs to somebody else",
        "1 before any call; in order again, all is loaded",
        not_owned,
        codes=(1, 0), rows="equal", calls_before=0, says="Permission denied",
    ),
    case(
        "a file stands where the data folder should be",
        "1 before any call",
        file_in_the_way,
        codes=(1, 0), rows="equal", calls_before=0,
    ),
    case(
        "the disk of the data folder is full",
        "1 before any call; with space again, all is loaded",
        no_space_at_all,
        codes=(1, 0), rows="equal", calls_before=0, says="No space left on device",
    ),
    case(
        "another run is active",
        "75 at once, with process, host and time; nothing is touched",
        another_run,
        codes=(75, 0), rows="equal", calls_before=0, says=f"process {os.getpid()} on",
    ),
    case(
        "kill -9 of the run that held the lock",
        "75 while it lives; free by itself afterwards",
        stale_lock,
        codes=(75, 0), rows="equal", names_holder=True,
    ),
    case(
        "a package of dlt's, half moved when a run was killed",
        "dropped, and said so; its rows are read again",
        half_moved_package,
        codes=(0,), rows="equal", healed="dropped 1 unfinished load package",
    ),
    case(
        "the files of dlt's folder are emptied or full of noise",
        "no effect: the state comes from the destination",
        damaged_folder,
        codes=(0,), rows="equal", files=lambda files: files >= 2,
    ),
    case(
        "dlt's folder was written by a far newer dlt",
        "no effect: the state comes from the destination",
        other_version,
        codes=(0,), rows="equal",
    ),
    case(
        "the working file was written by a newer DuckDB",
        "1, naming the versions; the file is left alone",
        newer_database,
        codes=(0, 1, 0), rows="equal", says="storage version number 123456",
    ),
    case(
        "the working file was deleted",
        "everything is read again",
        no_database,
        codes=(0,), rows="equal",
    ),
    case(
        "the whole data folder was deleted",
        "nothing is lost: the position is stored with the rows",
        no_data_folder,
        codes=(0,), rows="equal",
    ),
    case(
        "the server's clock jumps 30 hours ahead, then back",
        "rows complete, the position never moves back",
        clocks(server=AHEAD),
        codes=(0, 0, 0), rows="equal", position_moved_back=False,
    ),
    case(
        "the server's clock jumps 30 hours back, then ahead",
        "rows complete, the position never moves back",
        clocks(server=BEHIND),
        codes=(0, 0, 0), rows="equal", position_moved_back=False,
    ),
    case(
        "our clock jumps three days back between runs",
        "no effect: windows are measured by the server's",
        clocks(ours=timedelta(days=-3)),
        codes=(0, 0, 0), rows="equal", position_moved_back=False,
    ),
    case(
        "clocks are set back and forth inside a window",
        "both hours of the night that has one twice are kept apart",
        hour_that_comes_twice,
        codes=(0,), rows="equal",
    ),
    case(
        "TZ=Asia/Kathmandu LC_ALL=C, no UTF-8 mode",
        "no effect",
        odd_surroundings,
        codes=(0,), rows="equal",
    ),
)  # fmt: skip
