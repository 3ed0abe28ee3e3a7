"""Reading records: what stands in a file that arrived whole, and is yet not what was asked for.

Bad records are added to the real ones, and bad cells put where the account has none: so the rows that are loaded must
still equal the account's, value by value.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone

from kit import Account
from matrix.case import Case, Provoke, anew, planned, section
from matrix.world import BOTH, Facts, World, query, runs

from pardot_emulator import Behaviour, Fault, Value
from pardot_emulator.hostile import HOSTILE_TEXTS

case = section("read")

Row = dict[str, str]
LONG_AGO = datetime(2020, 1, 1, tzinfo=timezone.utc)
OTHERS_ID = 900_000_000_000
"""Ids that the account does not have."""


def edited(change: Callable[[bytes], bytes], times: int = 1) -> Fault:
    return Fault("export.download", "edit", times, change=change)


def raw(change: Callable[[bytes], bytes]) -> Provoke:
    """Change the bytes of the day's file."""
    return planned(lambda: edited(change))


def columns(change: Callable[[list[str]], list[str]], *, values: bool = True) -> Callable[[bytes], bytes]:
    """Change the names in the header, and with `values` the cells below them as well."""

    def edit(content: bytes) -> bytes:
        header, *rows = _cells(content)
        names = change(header)
        if not values:
            return _file([names, *rows])
        known = [dict(zip(header, row, strict=True)) for row in rows]
        return _file([names, *([row.get(name, "") for name in names] for row in known)])

    return edit


def more(*records: Callable[[Row], Row | bytes]) -> Callable[[bytes], bytes]:
    """Add records, each made of the first one there is: other cells, or the bytes of a line."""

    def edit(content: bytes) -> bytes:
        header, first, *_ = _cells(content)
        lines = [content]
        for number, make in enumerate(records):
            made = make({**dict(zip(header, first, strict=True)), "id": str(OTHERS_ID + number)})
            lines.append(_file([[made[name] for name in header]]) if isinstance(made, dict) else made + b"\n")
        return b"".join(lines)

    return edit


def line(row: Row) -> bytes:
    return _file([list(row.values())]).rstrip(b"\n")


def _cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def _file(rows: list[list[str]], line_end: str = "\n") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=line_end).writerows(rows)
    return text.getvalue().encode()


def aside(*records: Callable[[Row], Row | bytes]) -> Provoke:
    """Add records that cannot be read; see them kept aside, each with file and line."""

    def provoke(world: World) -> Facts:
        account = world.a_day_later()
        before = _kept(account)
        facts = runs(world, account, edited(more(*records)))
        kept = [one for one in _kept(account) if one not in before]
        return {
            **facts,
            "kept": len(kept),
            "placed": all(file and number for file, number, _ in kept),
            "reasons": sorted({reason for _, _, reason in kept}),
        }

    return provoke


def _kept(account: Account) -> list[tuple[object, ...]]:
    exists = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'rejected_rows' AND schema_name = 'pardot'"
    if not query(account, exists):
        return []
    return query(account, "SELECT file, line, reason FROM pardot.rejected_rows")


def cell(**texts: str) -> Provoke:
    """Write texts into cells of the newest record that are empty in the account; see them beside their columns."""

    def provoke(world: World) -> Facts:
        account = world.a_day_later()
        number = account.store.next_id("visitor-activities") - 1
        account.store.update("visitor-activities", number, **dict.fromkeys(texts))

        def edit(content: bytes) -> bytes:
            header, *rows = _cells(content)
            place = header.index("id")
            for row in rows:
                for name, text in texts.items():
                    if row[place] == str(number):
                        row[header.index(name)] = text
            return _file([header, *rows])

        facts = runs(world, account, edited(edit))
        wanted = ", ".join(f"{_snake(name)}__v_text" for name in texts)
        beside = query(account, f"SELECT {wanted} FROM pardot.visitor_activities WHERE id = {number}")
        lines = f"SELECT count(*) FROM pardot.rejected_rows WHERE is_loaded AND contains(raw_text, '{number}')"
        ((told,),) = query(account, lines)
        return {**facts, "beside": beside == [tuple(texts.values())], "told": told}

    return provoke


def _snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


def texts(world: World) -> Facts:
    """Every text that breaks careless readers, one activity each."""
    account = world.a_day_later()
    add_details(account, HOSTILE_TEXTS)
    return runs(world, account)


def add_details(account: Account, found: Mapping[str, str]) -> None:
    store, at = account.store, account.clock.now() - timedelta(hours=1)
    first, pattern = store.next_id("visitor-activities"), next(store.rows("visitor-activities"))
    for number, text in enumerate(found.values()):
        new: dict[str, Value] = {"id": first + number, "details": text, "createdAt": at, "updatedAt": at}
        store.insert("visitor-activities", [{**pattern, **new}])


def long_texts(world: World) -> Facts:
    account = world.a_day_later()
    add_details(account, {"200 kB": "long " * 40_000, "3 MB": "longer " * 430_000})
    return runs(world, account)


def nul_byte(world: World) -> Facts:
    """SQLite's own printing ends at a NUL, so it is put into the file on its way."""
    account = world.a_day_later()
    add_details(account, {"nul": "a?b"})
    number = account.store.next_id("visitor-activities") - 1
    account.store.update("visitor-activities", number, details="a\0b")
    facts = runs(world, account, edited(lambda content: content.replace(b",a,", b",a\0b,")))
    account.store.update("visitor-activities", number, details="ab", updatedAt=account.clock.now())
    return facts


def far_dates(world: World) -> Facts:
    """Dates that no clock shows, where any date may stand."""
    account = world.a_day_later()
    far = [datetime(year, 6, 1, tzinfo=timezone.utc) for year in (9999, 1900)]
    for row, at in zip(list(account.store.rows("prospects")), far, strict=False):
        account.store.update(
            "prospects", int(str(row["id"])), lastActivityAt=at, updatedAt=account.clock.now().replace(microsecond=0)
        )
    return runs(world, account, options=BOTH)


def old_rows(world: World) -> Facts:
    """A file holds each record twice, and one of long ago that was never asked for."""
    account = world.a_day_later()

    def edit(content: bytes) -> bytes:
        header, *rows = _cells(content)
        return _file([header, *rows, *rows])

    return runs(world, account, edited(edit))


def no_offsets(world: World) -> Facts:
    """Dates come without an offset although we ask for one; the user then sets the zone."""
    account = world.fresh(Behaviour(csv_dates="legacy", user_zone="Asia/Kolkata"))
    first = runs(world, account, at_most=1)
    later = runs(world, account, time_zone="Asia/Kolkata")
    return {**later, "codes": first["codes"] + later["codes"], "says": first["says"]}


CASES: tuple[Case, ...] = (
    case(
        "columns in another order",
        "read by their names",
        raw(columns(lambda names: names[::-1])),
        codes=(0,), rows="equal", downloads=1,
    ),
    case(
        "a column missing, added, renamed, doubled",
        "none is believed; 1 after four tries, naming the difference",
        planned(
            lambda: edited(columns(lambda names: names[:-1])),
            lambda: edited(columns(lambda names: [*names, "extra"])),
            lambda: edited(columns(lambda names: ["kind", *names[1:]], values=False)),
            lambda: edited(columns(lambda names: [*names[:-1], names[0]])),
        ),
        codes=(1, 0), rows="equal", says="doubled",
    ),
    case(
        "a record too short, too long, with text after a quote",
        "0; each is kept aside with file, line and reason, the others are loaded",
        aside(lambda _: b"1,2", lambda row: line(row) + b",3", lambda row: b'"a"b' + line(row)),
        codes=(0,), rows="equal", aside=3, kept=3, placed=True,
        reasons=["missing columns", "text beside quotes", "too many columns"],
    ),
    case(
        "a quote that is never closed",
        "the file ends inside quotes: fetched again",
        raw(lambda content: content + b'1,"open\n'),
        codes=(0,), rows="equal", downloads=2,
    ),
    case(
        "two quotes lost, which may hide rows between them",
        "1, naming file and line: rows that nobody can tell apart are not guessed at",
        planned(lambda: edited(more(lambda _: b'900,"lost', lambda _: b'901,lost"')), at_most=1),
        codes=(1,), says="because a quote is missing or one too many",
    ),
    case(
        "bytes that are no UTF-8; half a surrogate pair",
        "0; kept aside, spelled out",
        aside(
            lambda row: line(row).replace(b",", b"\xff\xfe,", 1),
            lambda row: line(row).replace(b",", b"\xed\xa0\x80,", 1),
        ),
        codes=(0,), rows="equal", aside=2, kept=2, placed=True, reasons=["invalid encoding"],
    ),
    case(
        "a record without an id, or with one that is no number",
        "0; kept aside, the others are loaded",
        aside(lambda row: {**row, "id": ""}, lambda row: {**row, "id": "x1"}),
        codes=(0,), rows="equal", aside=2, kept=2, placed=True,
    ),
    case(
        "creation and update at times that do not exist",
        "0; kept aside: a row is found and compared by them",
        aside(lambda row: {**row, "createdAt": "2026-02-30T10:00:00Z"}, lambda row: {**row, "updatedAt": "yesterday"}),
        codes=(0,), rows="equal", aside=2, kept=2, placed=True,
    ),
    case(
        "a word, a fraction and 20 digits where whole numbers belong",
        "the row is loaded, the cells empty, their texts in columns beside",
        cell(prospectId="somebody", type="1.5", campaignId="12345678901234567890"),
        codes=(0,), rows="equal", beside=True, told=3,
    ),
    case(
        "every text that breaks careless readers, CSV syntax to formulas",
        "kept exactly; NA, null and 007 stay words",
        texts,
        codes=(0,), rows="equal", aside=0,
    ),
    case(
        "a NUL byte in a text",
        "kept",
        nul_byte,
        codes=(0,), rows="equal", aside=0,
    ),
    case(
        "texts of 200 kB and 3 MB",
        "kept exactly",
        long_texts,
        codes=(0,), rows="equal", aside=0,
    ),
    case(
        "a byte order mark that nobody asked for",
        "taken off",
        raw(lambda content: b"\xef\xbb\xbf" + content),
        codes=(0,), rows="equal", downloads=1, aside=0,
    ),
    case(
        "lines that end in CR LF",
        "read alike",
        raw(lambda content: _file(_cells(content), "\r\n")),
        codes=(0,), rows="equal", downloads=1, aside=0,
    ),
    case(
        "a header and nothing else",
        "zero rows",
        anew(behaviour=Behaviour(empty_export="header-only file"), start_date=LONG_AGO),
        codes=(0,), rows="equal", aside=0, downloads=lambda files: files > 4,
    ),
    case(
        "every record twice in one file",
        "one row per id",
        old_rows,
        codes=(0,), rows="equal", aside=0,
    ),
    case(
        "the years 1900 and 9999",
        "kept",
        far_dates,
        codes=(0,), rows="equal", aside=0,
    ),
    case(
        "times without an offset, and no zone is set",
        "1, naming the setting; with it, every instant is right",
        no_offsets,
        codes=(1, 0), rows="equal", says="sources.pardot.time_zone",
    ),
)  # fmt: skip
