"""Creating exports and waiting for them: what Pardot refuses, forgets, delays or answers in a shape of its own."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from matrix.case import Case, anew, answer, error, fault, http, planned, quiet, section
from matrix.world import BOTH, Facts, World, runs

from pardot_emulator import Behaviour, Fault
from pardot_etl.runs.run import RunOptions

case = section("create and poll")

CAMPAIGNS = RunOptions(objects=("campaigns",), transform=False)
WAITING = {"poll_seconds": 1, "export_patience_seconds": 10}
"""Patience for eight looks, none of which takes any time."""


def links(change: Callable[[list[str]], Any]) -> Callable[[], Fault]:
    """Change the result links of the first finished export; the default emulator finishes at the third look."""

    def edit(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "resultRefs": change(data["resultRefs"])}

    return answer("export.read", edit, skip=2)


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


# -- faults that need more than a plan


def down(world: World) -> Facts:
    """Nobody listens at the API's port; a free one is reserved and closed again."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    account = world.a_day_later()
    first = runs(world, account, at_most=1, api_url=url)
    later = runs(world, account)
    return {**later, "says": first["says"], "codes": first["codes"] + later["codes"]}


def unknown_host(world: World) -> Facts:
    """The name of the API's host cannot be resolved; the resolver itself is told so, as no test may ask a real one."""
    account, resolve = world.a_day_later(), socket.getaddrinfo

    def refuse(host: Any, *arguments: Any, **options: Any) -> Any:
        if host == "pi.pardot.com":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *arguments, **options)

    socket.getaddrinfo = refuse
    try:
        first = runs(world, account, at_most=1, api_url="https://pi.pardot.com")
    finally:
        socket.getaddrinfo = resolve
    later = runs(world, account)
    return {**later, "says": first["says"], "codes": first["codes"] + later["codes"]}


def day_limit(world: World) -> Facts:
    """The allowance is used up by others; the account's midnight comes before the second run."""
    account = world.a_day_later()
    limits = account.emulator.limits
    limits.used_today = limits.daily - 10_000 - 3
    facts = runs(world, account, between=lambda: account.clock.advance(timedelta(days=1)))
    return {**facts, "past_our_share": limits.used_today > limits.daily * 0.9}


def minute_guard(world: World) -> Facts:
    """Ten calls a minute: waiting lets the account's clock go on."""
    account = world.fresh(minute_limit=10)

    def sleep(seconds: float) -> None:
        world.slept.append(seconds)
        account.clock.advance(seconds=seconds)

    account.sleep = sleep
    return runs(world, account, options=BOTH)


def crowd(world: World) -> Facts:
    """Everything that can be read is read at once."""
    account = world.fresh()
    facts = runs(world, account, options=RunOptions(transform=False), objects="all")
    return {**facts, "in_flight": account.emulator.max_in_flight_seen, "refused": _refused(account, 66)}


def _refused(account: Any, code: int) -> int:
    return sum(call.code == code for call in account.emulator.calls)


def unknown_codes(world: World) -> Facts:
    """Codes that nobody has documented, one for each of three objects: each is final at the first call."""
    operations = ("export.create", "query:campaigns", "query:lists")
    codes = random.Random(5).sample(range(300, 900), len(operations))  # noqa: S311  any codes will do
    refusals = [
        error(operation, code, status=400, message="Odd")() for operation, code in zip(operations, codes, strict=True)
    ]
    account = world.fresh()  # a dated query that is refused is asked without the date: here none has a date yet
    options = RunOptions(objects=("visitor_activities", "campaigns", "lists"), transform=False)
    first = runs(world, account, *refusals, options=options, at_most=1)
    later = runs(world, account, options=options)
    return {
        **later,
        "codes": first["codes"] + later["codes"],
        "named": all(f"Pardot code {code}" in first["says"] for code in codes),
        "calls_each": {first["calls"][operation] for operation in operations},
    }


CASES: tuple[Case, ...] = (
    case(
        "the create call is taken, its answer is lost",
        "the export is looked for and adopted; never a second one",
        planned(fault("export.create", "accept_then_drop")),
        codes=(0,), rows="equal", creates=1,
    ),
    case(
        "the create call is taken, a gateway answers 504",
        "adopted, as above",
        planned(fault("export.create", "gateway")),
        codes=(0,), rows="equal", creates=1,
    ),
    case(
        "the create call is taken, and silence follows",
        "adopted once the time for one request is over",
        planned(fault("export.create", "stall", after_bytes=1, seconds=1.0), request_timeout_seconds=0.3),
        codes=(0,), rows="equal", creates=1,
    ),
    case(
        "create answers are lost three times, nothing was made",
        "75 after three look-ups; the next run looks and creates it",
        planned(fault("export.create", "reset", 3)),
        codes=(75, 0), rows="equal", creates=1,
    ),
    case(
        "66, too many requests at once",
        "waits and repeats",
        planned(error("export.create", 66, 2), error("export.read", 66, 2), error("export.download", 66, 2)),
        codes=(0,), rows="equal", creates=1,
    ),
    case(
        "every object at once, five connections allowed",
        "never more than five in flight, so code 66 never comes",
        crowd,
        codes=(0,), in_flight=lambda most: 1 < most <= 5, refused=0,
    ),
    case(
        "exports are refused while another runs (66 or 178)",
        "created one after the other",
        anew(behaviour=Behaviour(create_refused_while_running=178)),
        codes=(0,), rows="equal", creates=2,
    ),
    case(
        "122, the day's calls are used up",
        "75 at once; after midnight of the account's zone the next run goes on",
        planned(error("export.read", 122)),
        codes=(75, 0), rows="equal", creates=2, says="after midnight of the account's time zone",
    ),
    case(
        "others use the account's calls up to our share",
        "75 before our share is passed, so that theirs is left",
        day_limit,
        codes=(75, 0), rows="equal", past_our_share=False,
    ),
    case(
        "183, internal error, passing",
        "repeated",
        planned(error("export.create", 183), error("export.read", 183, 3)),
        codes=(0,), rows="equal", creates=1,
    ),
    case(
        "183, internal error, lasting",
        "75 after six tries; the next run goes on with the same export",
        planned(error("export.read", 183, 6)),
        codes=(75, 0), rows="equal", creates=2,
    ),
    case(
        "214, a query took too long",
        "asked for fewer rows, down to a floor; all of them arrive once",
        planned(error("query:campaigns", 214, 2), options=CAMPAIGNS),
        codes=(0,), rows="equal",
    ),
    case(
        "214 whatever the page size",
        "75 at the floor of the page size; the next run reads them",
        planned(error("query:campaigns", 214, 6), options=CAMPAIGNS),
        codes=(75, 0), rows="equal",
    ),
    case(
        "214 on a create call",
        "75; the next run creates it",
        planned(error("export.create", 214)),
        codes=(75, 0), rows="equal", creates=1,
    ),
    case(
        "202, the guard of calls a minute",
        "waits for the next minute, not longer than two, and goes on",
        minute_guard,
        codes=(0,), rows="equal", slept=lambda seconds: 60 <= seconds <= 120,
    ),
    case(
        "warning 202: records were left out of an answer",
        "loaded, and the summary says so",
        planned(fault("query:campaigns", "redact", rows=1), options=CAMPAIGNS, at_most=1),
        codes=(0,), notices="202;Record(s) have been redacted",
    ),
    case(
        "codes that nobody knows",
        "final: 1 at the first call, with code and text; the next run works",
        unknown_codes,
        codes=(1, 0), rows="equal", named=True, calls_each={1},
    ),
    case(
        "a refusal for good (71)",
        "1 with the code, not repeated; the other objects are loaded",
        planned(error("export.create", 71, message="Input needs to be valid"), options=BOTH),
        codes=(1, 0), rows="equal", says="Input needs to be valid",
    ),
    case(
        "errors under HTTP 200, of every passing kind",
        "the body decides, not the status",
        anew(
            error("export.create", 66), error("export.read", 183), error("export.download", 184),
            error("query:prospects", 66), behaviour=Behaviour(errors_under_http_200=True), options=BOTH,
        ),
        codes=(0,), rows="equal", creates=2, logins=2,
    ),
    case(
        "500, 502, 503 and 504, passing",
        "repeated where that cannot do harm, else looked for",
        planned(
            http("export.create", 503), http("export.read", 500), http("export.read", 502), http("export.read", 504),
            http("export.download", 503), http("query:prospects", 502), options=BOTH,
        ),
        codes=(0,), rows="equal", creates=1,
    ),
    case(
        "503, lasting",
        "75 after six tries",
        planned(http("export.read", 503, 6)),
        codes=(75, 0), rows="equal", creates=2,
    ),
    case(
        "429 with Retry-After: 7",
        "waits at least that long, then repeats",
        planned(http("export.read", 429, headers={"Retry-After": "7"})),
        codes=(0,), rows="equal", slept=lambda seconds: 7 <= seconds < 60,
    ),
    case(
        "429 with Retry-After: a day",
        "75 at once, saying so; nobody sleeps a day",
        planned(http("export.read", 429, headers={"Retry-After": "86400"})),
        codes=(75, 0), rows="equal", slept=lambda seconds: seconds < 60, says="86400",
    ),
    case(
        "the connection is reset before the answer",
        "repeated",
        planned(fault("export.read", "reset", 3), fault("export.download", "reset", 2)),
        codes=(0,), rows="equal", creates=1,
    ),
    case(
        "silence instead of an answer",
        "given up after the time for one request, repeated",
        planned(fault("export.read", "stall", seconds=1.0), request_timeout_seconds=0.3),
        codes=(0,), rows="equal", creates=1,
    ),
    case(
        "nobody listens (connection refused)",
        "75 after six tries; the next run loads everything",
        down,
        codes=(75, 0), rows="equal", says="the connection was refused",
    ),
    case(
        "the host's name is not known (DNS)",
        "75 after six tries; the next run loads everything",
        unknown_host,
        codes=(75, 0), rows="equal", says="the host name was not found",
    ),
    case(
        "an export stays Processing beyond our patience",
        "75; the next run waits for the same export, then reads the time since",
        planned(fault("export.create", "slow_export", reads=10), **WAITING),
        codes=(75, 0), rows="equal", creates=2, says="was still processing",
    ),
    case(
        "an export fails",
        "created anew for the same window",
        planned(fault("export.create", "fail_export")),
        codes=(0,), rows="equal", creates=2, notices="export.lost",
    ),
    case(
        "an export fails three times",
        "1, not 75: somebody should look; the next run tries three times again",
        planned(fault("export.create", "fail_export", 3)),
        codes=(1, 0), rows="equal", says="was ended by Pardot without a result",
    ),
    case(
        "somebody cancels the export",
        "created anew for the same window",
        planned(fault("export.read", "cancel_export")),
        codes=(0,), rows="equal", creates=2,
    ),
    case(
        "the export expires while we look",
        "created anew for the same window",
        planned(fault("export.read", "expire_export")),
        codes=(0,), rows="equal", creates=2,
    ),
    case(
        "the export vanishes while we look (109)",
        "created anew for the same window",
        planned(fault("export.read", "vanish_export")),
        codes=(0,), rows="equal", creates=2,
    ),
    case(
        "it expires between the last look and the download",
        "created anew for the same window",
        planned(fault("export.download", "expire_export")),
        codes=(0,), rows="equal", creates=2,
    ),
    case(
        "it vanishes between the last look and the download",
        "created anew for the same window",
        planned(fault("export.download", "vanish_export")),
        codes=(0,), rows="equal", creates=2,
    ),
    case(
        "a status word that nobody knows, passing",
        "counts as unfinished",
        planned(fault("export.read", "unknown_status", 2, word="Reticulating")),
        codes=(0,), rows="equal", creates=1,
    ),
    case(
        "a status word that nobody knows, lasting",
        "75 when patience ends, never a hang; the word is in the message",
        planned(fault("export.read", "unknown_status", 10, word="Reticulating"), **WAITING),
        codes=(75, 0), rows="equal", says="Reticulating",
    ),
    case(
        "a login page instead of an export's status, passing",
        "asked again",
        planned(fault("export.read", "wrong_body", 2)),
        codes=(0,), rows="equal", creates=1,
    ),
    case(
        "HTML, nothing, a list and broken JSON as the status",
        "1 after three answers that cannot be read, saying what came",
        planned(
            fault("export.read", "wrong_body"), fault("export.read", "wrong_body", body=""),
            fault("export.read", "wrong_body", body='{"id": 1', content_type="application/json"),
        ),
        codes=(1, 0), rows="equal", says="something that is not JSON", creates=2,
    ),
    case(
        "the create call is answered with a login page",
        "looked for before it is repeated",
        planned(fault("export.create", "wrong_body")),
        codes=(0,), rows="equal", creates=1,
    ),
    case(
        "the create answer has no id",
        "1, saying what was expected; the next run goes on",
        planned(answer("export.create", lambda data: {**data, "id": None})),
        codes=(1, 0), rows="equal", says="a numeric `id`",
    ),
    case(
        "ids as text, booleans as 0 and 1, status in capitals",
        "read as what they are",
        anew(behaviour=Behaviour(ids_as_text=True, booleans_as_integers=True, status_case="UPPER")),
        codes=(0,), rows="equal", creates=2,
    ),
    case(
        "a finished export without result links",
        "zero rows, and no error",
        quiet(links(lambda _: None)),
        codes=(0,), rows="equal", downloads=0,
    ),
    case(
        "result links as one text",
        "the same file",
        planned(links(lambda urls: urls[0])),
        codes=(0,), rows="equal", downloads=1,
    ),
    case(
        "result links as objects",
        "the same file",
        planned(links(lambda urls: [{"id": 1, "url": url} for url in urls])),
        codes=(0,), rows="equal", downloads=1,
    ),
    case(
        "result links that stand twice",
        "fetched once",
        planned(links(lambda urls: urls + urls)),
        codes=(0,), rows="equal", downloads=1,
    ),
    case(
        "result links without a host, or as numbers",
        "taken from the API's own host",
        planned(links(lambda urls: [path_of(urls[0]), int(urls[0].rpartition("/")[2])])),
        codes=(0,), rows="equal", downloads=1,
    ),
)  # fmt: skip
