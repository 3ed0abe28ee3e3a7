"""Fetching result files: every way in which bytes can be lost, added, damaged, or come from somebody else."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable
from typing import Any

from command_line import COMMAND, environment
from kit import HISTORY_START
from matrix.case import Case, answer, error, fault, http, planned, section
from matrix.disks import small_disk
from matrix.world import Facts, World, patched, runs, surroundings

from pardot_emulator import Fault

case = section("download")

BODY_PARTS = tuple(part / 10 for part in range(10))
ELSEWHERE = (
    "http://169.254.169.254/latest/meta-data",
    "file:///etc/passwd",
    "https://pi.pardot.com.elsewhere.example.com/file",
    "http://user@127.0.0.1:{port}/file",
    "http://127.0.0.1:1/file",
    "http://[fe80::1]:{port}/file",
    "//elsewhere.example.com/file",
    "https://127.0.0.1:{port}/file",
    "http://127.0.0.1:{port}\\@elsewhere.example.com/file",
)
"""Addresses that an answer may give and nobody may follow; `{port}` is the API's own."""


def cut_everywhere(world: World) -> Facts:
    """Three broken bodies a run, as the fourth attempt is the last: reset at every tenth."""
    seen = []
    for start in range(0, len(BODY_PARTS), 3):
        faults = [Fault("export.download", "reset", fraction=part) for part in BODY_PARTS[start : start + 3]]
        facts = runs(world, world.a_day_later(), *faults)
        seen.append((facts["codes"], facts["rows"], facts["creates"]))
    return {"each": seen[0] if len(set(seen)) == 1 else seen}


def stalled(world: World) -> Facts:
    released = threading.Event()
    account = world.a_day_later()
    facts = runs(
        world, account, Fault("export.download", "stall", after_bytes=200, event=released), request_timeout_seconds=0.2
    )
    released.set()
    return facts


def dripping_for_ever(world: World) -> Facts:
    """A few bytes at a time, each soon enough for the time-out of a silence; the bound on the whole body ends it."""
    drip = fault("export.download", "drip", piece_bytes=40, pause_seconds=0.03)()
    with patched("pardot.api.transport.DOWNLOAD_SECONDS", 0.2):
        return runs(world, world.a_day_later(), drip)


def cut_with_the_right_length(world: World) -> Facts:
    """Nothing but the content can tell: a header that is cut, quotes that stay open, a last record that is short."""
    account = world.a_day_later()
    return runs(world, account, *(_cut(after_bytes) for after_bytes in (0, 60, 150)))


def _cut(after_bytes: int) -> Fault:
    return Fault("export.download", "cut", after_bytes=after_bytes, right_length=True)


def too_large(**detail: Any) -> Callable[[World], Facts]:
    def provoke(world: World) -> Facts:
        with patched("pardot.exports.driver.MAX_FILE_BYTES", 3_000_000):
            return runs(world, world.a_day_later(), Fault("export.download", "endless", 4, **detail))

    return provoke


def two_hosts(world: World) -> Facts:
    """A redirect leads to a second server, which stands for anybody."""
    other = world.fresh()
    account = world.a_day_later()
    facts = runs(world, account, Fault("export.download", "redirect", location=f"{other.emulator.url}/steal"))
    return {**facts, "requests_there": len(other.emulator.calls)}


def links_elsewhere(world: World) -> Facts:
    """Each link is refused before anything is sent; what is refused names no secret and costs no download."""
    account = world.a_day_later()
    port = account.emulator.url.rpartition(":")[2]
    followed = []
    for link in ELSEWHERE:
        refs = [link.format(port=port)]
        facts = runs(world, account, _finished_with(refs), at_most=1)
        if facts["codes"] != (1,) or facts["downloads"] or "token" in facts["says"]:
            followed.append((link, facts["codes"], facts["downloads"]))
    facts = runs(world, account)
    return {**facts, "tried": len(ELSEWHERE), "followed": followed}


def _finished_with(refs: list[str]) -> Fault:
    return answer("export.read", lambda data: {**data, "status": "Complete", "resultRefs": refs})()


def outside_names(world: World) -> Facts:
    """The server proposes a file name outside of our folders."""
    account = world.a_day_later()
    names = {"Content-Disposition": 'attachment; filename="../../../stolen.csv"'}
    facts = runs(world, account, Fault("export.download", "headers", headers=names))
    return {**facts, "files_named_so": len(list(account.folder.rglob("stolen*")))}


def full_disk(world: World) -> Facts:
    """The data folder is on a small disk; the file is larger than what is free."""
    with small_disk(world.folder("disk"), free_bytes=3_000_000) as disk:
        account = world.fresh(folder=world.folder("account"))
        (account.folder / "dlt").symlink_to(disk.folder)
        disk.fill(leaving=800_000)
        blow_up = answer_of_size(3_000_000)
        first = runs(world, account, blow_up, at_most=1)
        left = [path.name for path in disk.folder.rglob("*.part")]
        disk.free()
        later = runs(world, account)
    return {**later, "codes": first["codes"] + later["codes"], "says": first["says"], "partial_files": left}


def answer_of_size(size: int) -> Fault:
    """Let a result file be long, by empty lines that nobody would load."""
    return Fault("export.download", "edit", change=lambda raw: raw + b"\n" * size)


def killed(world: World) -> Facts:
    """A process of its own is killed while the body of a file stands still."""
    account = world.fresh()
    released = threading.Event()
    faults = account.emulator.faults
    faults.add(Fault("export.download", "stall", after_bytes=300, event=released))
    variables = {**account.emulator.environment(), "SOURCES__PARDOT__START_DATE": HISTORY_START.isoformat()}
    with surroundings(account.folder, **variables):
        command = [*COMMAND, "run", "--no-transform", "--objects", "visitor_activities"]
        with subprocess.Popen(
            command, env=environment({}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            while faults.unconsumed and process.poll() is None:
                threading.Event().wait(0.01)
            process.send_signal(signal.SIGKILL)
    released.set()
    world.faults_met += len(faults.consumed)
    partial = len(list(account.folder.rglob("*.part")))
    facts = runs(world, account)
    left = len(list(account.folder.rglob("*.part")))
    return {**facts, "killed": process.returncode == -signal.SIGKILL, "partial": partial, "partial_after": left}


def served_otherwise(world: World) -> Facts:
    """The file on disk is damaged between two runs, and Pardot serves another one under the same link."""
    account = world.fresh()
    first = runs(world, account, *[Fault("export.download", "http", 6, skip=1, status=503)], at_most=1)
    (path,) = (account.folder / "dlt").rglob("0.csv")
    path.write_bytes(path.read_bytes()[:-10])
    other = Fault("export.download", "edit", change=lambda raw: b"\n".join(reversed_records(raw)))
    later = runs(world, account, other)
    return {**later, "codes": first["codes"] + later["codes"]}


def reversed_records(raw: bytes) -> list[bytes]:
    """Return the lines of a file with its first record at the end; only if that is one line."""
    header, first, *others = raw.split(b"\n")
    return [header, first, *others] if first.count(b'"') % 2 else [header, *others[:-1], first, b""]


CASES: tuple[Case, ...] = (
    case(
        "the connection is reset at every tenth of a body",
        "the whole file again, from its beginning; no second export",
        cut_everywhere,
        each=((0,), "equal", 1),
    ),
    case(
        "the body stands still",
        "given up after the time for a silence, fetched again",
        stalled,
        codes=(0,), rows="equal", creates=1,
    ),
    case(
        "the body drips slowly",
        "waited for",
        planned(fault("export.download", "drip", piece_bytes=1000, pause_seconds=0.001)),
        codes=(0,), rows="equal", downloads=1,
    ),
    case(
        "the body drips without an end in sight",
        "given up at the bound for a whole body, fetched again",
        dripping_for_ever,
        codes=(0,), rows="equal", downloads=2,
    ),
    case(
        "shorter than announced",
        "fetched again",
        planned(fault("export.download", "cut", 3, fraction=0.9)),
        codes=(0,), rows="equal", creates=1, downloads=4,
    ),
    case(
        "shorter than announced, every time",
        "75; the next run fetches the same export's file",
        planned(fault("export.download", "cut", 4, fraction=0.9)),
        codes=(75, 0), rows="equal", creates=2,
    ),
    case(
        "longer than announced",
        "only what was announced is taken, and it is no whole file: fetched again on another connection",
        planned(fault("export.download", "longer", after_bytes=150)),
        codes=(0,), rows="equal", downloads=2,
    ),
    case(
        "cut, with a length that agrees",
        "the content tells; fetched again",
        cut_with_the_right_length,
        codes=(0,), rows="equal", downloads=4,
    ),
    case(
        "gzip that stops, with a length that agrees",
        "the end mark is missing; fetched again",
        planned(
            fault("export.download", "truncated_gzip", fraction=0.5),
            fault("export.download", "truncated_gzip", fraction=0.99),
        ),
        codes=(0,), rows="equal", downloads=3,
    ),
    case(
        "gzip with a wrong checksum",
        "fetched again",
        planned(fault("export.download", "bad_gzip")),
        codes=(0,), rows="equal", downloads=2,
    ),
    case(
        "neither length nor chunks",
        "refused: nobody could tell its end; fetched again",
        planned(fault("export.download", "no_framing")),
        codes=(0,), rows="equal", downloads=2,
    ),
    case(
        "chunks without the last one; a chunk of size “many”",
        "fetched again",
        planned(fault("export.download", "open_chunks"), fault("export.download", "bad_chunks")),
        codes=(0,), rows="equal", downloads=3,
    ),
    case(
        "headers of 200 kB; two hundred headers",
        "fetched again",
        planned(
            fault("export.download", "headers", headers={"X-Noise": "x" * 200_000}),
            fault("export.download", "headers", headers={f"X-{number}": "y" for number in range(200)}),
        ),
        codes=(0,), rows="equal", creates=1,
    ),
    case(
        "a login page under 200, declared as HTML or as CSV",
        "fetched again",
        planned(
            fault("export.download", "wrong_body"), fault("export.download", "wrong_body", content_type="text/csv"),
        ),
        codes=(0,), rows="equal", creates=1, downloads=3,
    ),
    case(
        "a JSON error under 200 where the file should be",
        "the error decides: here the token is renewed",
        planned(error("export.download", 184, status=200)),
        codes=(0,), rows="equal", logins=2,
    ),
    case(
        "an empty JSON object, an empty file, other columns",
        "fetched again",
        planned(
            fault("export.download", "wrong_body", body="{}", content_type="application/json"),
            fault("export.download", "wrong_body", body="", content_type="text/csv"),
            fault("export.download", "wrong_body", body="id,type\n1,2\n", content_type="text/csv"),
        ),
        codes=(0,), rows="equal", creates=1,
    ),
    case(
        "other columns every time",
        "1, naming what is missing and unexpected; the next run has it exported anew",
        planned(fault("export.download", "wrong_body", 4, body="id,kind\n1,2\n", content_type="text/csv")),
        codes=(1, 0), rows="equal", says="unexpected kind", creates=3,
    ),
    case(
        "404 and 410 for a file",
        "the export is created anew",
        planned(http("export.download", 404), http("export.download", 410)),
        codes=(0,), rows="equal", creates=3,
    ),
    case(
        "a redirect to another host",
        "1; nothing is sent there, no token, no request",
        two_hosts,
        codes=(1, 0), rows="equal", requests_there=0, says="never followed",
    ),
    case(
        "links to other hosts, ports, schemes, addresses",
        "1 for each; refused before anything is sent; the next run looks for better ones",
        links_elsewhere,
        codes=(0,), rows="equal", tried=len(ELSEWHERE), followed=[],
    ),
    case(
        "a file name with ../ proposed by the server",
        "names come from numbers, nothing from outside",
        outside_names,
        codes=(0,), rows="equal", files_named_so=0,
    ),
    case(
        "a body that never ends",
        "1 at the bound of size; memory stays flat",
        too_large(),
        codes=(1, 0), rows="equal", says="the download was broken off",
    ),
    case(
        "a gzip bomb of zeros",
        "1 at the bound of the expanded size",
        too_large(packed=True),
        codes=(1, 0), rows="equal", says="the download was broken off",
    ),
    case(
        "the disk is full while a file arrives",
        "1, no partial file; the next run fetches it",
        full_disk,
        codes=(1, 0), rows="equal", says="No space left on device", partial_files=[],
    ),
    case(
        "kill -9 in the middle of a file",
        "the next run fetches that file and no second export is made of it",
        killed,
        codes=(0,), rows="equal", killed=True, partial=1, partial_after=0,
    ),
    case(
        "another content under the same link, later",
        "the whole file that came last is loaded; the damaged one is never parsed",
        served_otherwise,
        codes=(75, 0), rows="equal",
    ),
)  # fmt: skip
