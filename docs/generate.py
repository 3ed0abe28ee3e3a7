"""The pages that are made from the code: settings, objects, errors, what the API's documentation leaves open; and the
table of notices in the page about operating.

    python docs/generate.py            write the pages anew
    python docs/generate.py switches   print the one about the API's open questions

A test compares the pages with what this makes, so none can fall behind the code.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields
from itertools import pairwise
from pathlib import Path

from pardot.api.codes import CODES, Verdict
from pardot.catalogue import CATALOGUE, Entry, Route
from pardot.errors import (
    AuthenticationError,
    LimitReachedError,
    PardotError,
    RejectedRequestError,
    TransientRequestError,
)
from pardot.settings import SETTINGS_KEYS
from pardot_emulator import Behaviour
from pardot_etl.runs.notices import NOTICES

HERE = Path(__file__).parent

PLACES = {
    "destination.duckdb.credentials": (
        "pardot_working.duckdb",
        "The DuckDB file that the job writes and nobody else opens.",
    ),
    "destination.filesystem.bucket_url": (
        "",
        "Where `--destination filesystem` leaves Parquet files: the folder of the dataset, `pardot`, in this one; on "
        "this machine.",
    ),
    "publish.dataset": (
        "pardot",
        "The schema of the raw tables; the reporting tables are in `<dataset>_marts`, versions in `<dataset>_history`. "
        "Business units that share files have one each: small letters, digits and single underscores, at most 41, "
        "beginning with a letter.",
    ),
    "publish.duckdb": ("pardot.duckdb", "The snapshot that people open, swapped in by rename."),
    "publish.parquet": (
        "",
        "Folder for a Parquet copy of the reporting tables, replaced as a whole; off by default.",
    ),
    "transforms.rules": (
        "",
        "Folder with rules of your own for the reporting tables, such as `attribution_weights.sql`; see operating.md.",
    ),
    "transforms.fivetran": (
        False,
        "Whether tables in the columns of Fivetran's are made as well, in `<dataset>_fivetran`; see fivetran.md.",
    ),
}
"""The keys of `pardot_etl.configuration`, with default and meaning."""

SETTINGS_HEAD = """\
# Settings

<!-- Made by docs/generate.py from the code; change the texts there. -->

Settings are dlt's: `.dlt/config.toml`, `.dlt/secrets.toml`, environment variables, and the vaults that dlt knows.
The environment wins over files. `.dlt` is looked for in the working directory, or in the folder that
`DLT_PROJECT_DIR` names; `DLT_DATA_DIR` moves the working folder. `pardot-etl check` prints which folder counts and
where each setting was found, never a secret value.

Only full names count: a bare `CLIENT_SECRET` of another program is not ours. A key below `sources.pardot`, `publish`
or `transforms` that is not in these tables is an error that names the nearest known one; below `destination` and
elsewhere are dlt's own settings, which are not judged. In the environment a key is written in upper case with two
underscores between its parts. An empty text counts as not set.

A key marked *secret* is refused when it stands in `config.toml`.
"""

LOGINS = """\
## The logins

`client_id` is always needed. Which other keys are set decides the way to log in; a mixture is refused. How to choose,
and what is kept where: [logging-in.md](logging-in.md).

| login | keys beside `client_id` |
|---|---|
| `pardot-etl login` | none, or `client_secret` where the app asks for it |
| refresh token | `refresh_token`, and `client_secret` where the app asks for it |
| JWT bearer | `username`, and `private_key` or `private_key_file` |
| client credentials | `client_secret` alone; `login_url` is your My Domain host |
| user name and password | `client_secret`, `username`, `password`, and `security_token` where the org asks for it |
"""

ERRORS_HEAD = """\
# Errors

<!-- Made by docs/generate.py from the code; change the texts there. -->

Every error is at most three sentences: what did not happen, to which thing and window; the evidence; what is safe and
the next step. Secrets are taken out of whatever a server said. `--debug` adds the traceback.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | failed |
| 2 | settings or credentials |
| 75 | nothing is lost, run it again later |
| 130 | interrupted |

When several objects of one run fail, the run ends with 1 if any of them did, else with 2, else with 75. `check` ends
with 2 first: what a person must mend comes before what time mends.

## The tree

In a pipeline of your own, dlt wraps them: look for a `PardotError` among the causes.
"""

CODES_HEAD = """\
## Pardot's error codes

Pardot's code decides first and the HTTP status second, because statuses are hardly documented; so versions 3 and 4,
which refuse under HTTP 200, come to the same. A code that is not listed is final, unless the status is 408, 425, 429 or
5xx. A call is tried at most six times, with growing waits.

Every documented code is listed, also those about creating, changing, sending and importing, which are never asked for
here. What Pardot itself says about a code comes with the message. Where no next step is given, that of the class holds.
"""

DONE = {
    Verdict.RETRY: ("try again, growing waits", TransientRequestError),
    Verdict.WAIT_MINUTE: ("wait a minute, try again", TransientRequestError),
    Verdict.RENEW_TOKEN: ("log in again, repeat once", AuthenticationError),
    Verdict.SPLIT: ("ask for less at once", TransientRequestError),
    Verdict.LIMIT_REACHED: ("stop for today", LimitReachedError),
    Verdict.AUTH: ("stop", AuthenticationError),
    Verdict.REJECTED: ("do not repeat", RejectedRequestError),
    None: ("as the HTTP status says", RejectedRequestError),
}
"""Verdict -> what is done, and the class of the error that is left when it does not help."""

OPEN_HEAD = """\
# What the API's documentation leaves open

<!-- Made by docs/generate.py from sources/pardot_emulator/behaviour.py; change the texts there. -->

Where Salesforce's pages are silent about version 5 or contradict each other, the emulator has a switch. Its default is
the likelier reading, not an observed one. `tests/pipelines/test_switches.py` turns each switch each other way, loads an
account and a second day of it, and compares every row: a run must not depend on any of them. One needs a setting to be
right: dates without an offset (`csv_dates` = `legacy`) are read in `sources.pardot.time_zone`, and without it such rows
are set aside.
"""


NOTICES_BEGIN = "<!-- The table is made by docs/generate.py from the code; change the texts there. -->"
NOTICES_END = "<!-- End of the table. -->"

OBJECTS_HEAD = """\
# Objects

<!-- Made by docs/generate.py from sources/pardot/objects; change the texts there. -->

One raw table for each object of version 5 of the API, named like its collection. `sources.pardot.objects` says which
are loaded: `standard` (the default) the first list, `all` both, or table names.

How rows come, always the cheapest way that loses none:

- **exports**: history by creation time from `start_date` on, then what was created or updated since the last window.
  Where few rows are expected by what the last stretches brought (`few_rows`), and a query delivers the same, a query
  asks for them: a call per 1,000 rows, and nothing to wait for. A query that is refused, lacks a field, hides rows or
  finds many more is given up for the export; after a refusal exports are asked for at once for a week. Prospect
  accounts that are few in all are read whole instead; and where prospects come by export only, one query looks first
  whether any has changed.
- **query by a date**: all rows once, then those whose date lies behind the last run's. Where Pardot refuses the
  filter, all rows are read.
- **all rows at every run**: no query can filter by the date of a change. What is stored already loads nothing, and a
  row that is missing is marked as purged. This costs a call per 1,000 rows at every run.

The calls are those of a run in which nothing changed. Where no field tells which rows are in the recycle bin, they are
asked for apart from those in use, and a query counts twice.
"""

OBJECTS_TAIL = """\
Left out are texts and lists that a query does not deliver, `email` of external activities, which is told when one is
created and never again, and the account's counter of calls, which no two readings share; `pardot-etl status` tells it.
Lists and objects that a query delivers are kept as JSON text. The API also lists exports and imports: they tell what
was asked of the API, not what happened in marketing, and have no table.

An object whose history comes by exports starts at `start_date`. Prospects that entered their stage before and stayed
are missing from `lifecycle_stage_prospects` until `pardot-etl backfill` has read that time.
"""


def settings_page() -> str:
    """Return docs/settings.md."""
    lines = [SETTINGS_HEAD, "## The source", "", "| key | default | meaning |", "|---|---|---|"]
    for key in SETTINGS_KEYS:
        mark = " *secret*" if key.is_secret else ""
        lines.append(f"| `{key.key}`{mark} | {_shown(key.default)} | {_cell(key.description)} |")
    lines += ["", LOGINS, "## Files and folders", "", "| key | default | meaning |", "|---|---|---|"]
    lines += [f"| `{name}` | {_shown(default)} | {meaning} |" for name, (default, meaning) in PLACES.items()]
    return "\n".join(lines) + "\n"


def errors_page() -> str:
    """Return docs/errors.md."""
    lines = [ERRORS_HEAD, "| class | exit code | what it says |", "|---|---|---|"]
    for depth, kind in _tree(PardotError):
        promise = (kind.__doc__ or "").partition("\n")[0]
        lines.append(f"| {'· ' * depth}`{kind.__name__}` | {kind.exit_code} | {_cell(promise)} |")
    lines += [
        "",
        CODES_HEAD,
        "| code | what it means | what is done | exit code | next step |",
        "|---|---|---|---|---|",
    ]
    for number, code in CODES.items():
        done, kind = DONE[code.verdict]
        lines.append(
            f"| {number} | {_cell(code.meaning)} | {done} | {kind.exit_code} | {_cell(code.next_step) or '–'} |"
        )
    return "\n".join(lines) + "\n"


def open_page() -> str:
    """Return docs/open-questions.md."""
    lines = [OPEN_HEAD, "| switch | default | other readings | question |", "|---|---|---|---|"]
    texts = dict(_described(Behaviour))
    default = Behaviour()
    for each in fields(Behaviour):
        # `http_status` overrides a table by error code; none is overridden by default.
        value = getattr(default, each.name) if each.default is not MISSING else "documented or likely"
        others = ", ".join(f"`{_plain(other)}`" for other in each.metadata["others"])
        lines.append(f"| `{each.name}` | `{_plain(value)}` | {_pipes(others)} | {_cell(texts[each.name])} |")
    return "\n".join(lines) + "\n"


def operating_page() -> str:
    """Return docs/operating.md, which is written by hand, with the table of notices as it is now."""
    page = (HERE / "operating.md").read_text(encoding="utf-8")
    before, begin, rest = page.partition(NOTICES_BEGIN)
    _, end, after = rest.partition(NOTICES_END)
    lines = ["| notice | what it means | what to do |", "|---|---|---|"]
    lines += [f"| `{name}` | {_cell(notice.means)} | {_cell(notice.to_do)} |" for name, notice in NOTICES.items()]
    return "".join([before, begin, "\n\n", "\n".join(lines), "\n\n", end, after])


def objects_page() -> str:
    """Return docs/objects.md."""
    lines = [OBJECTS_HEAD.rstrip()]
    kinds = {"Standard: what the reporting tables need": True, "On demand": False}
    for title, standard in kinds.items():
        lines += ["", f"## {title}", "", "| table | how rows come | calls | recycle bin | columns | left out |"]
        lines.append("|---|---|---|---|---|---|")
        lines += [_object_line(entry) for entry in CATALOGUE.values() if entry.standard is standard]
    return "\n".join([*lines, "", "## What is left out", "", OBJECTS_TAIL])


def _object_line(entry: Entry) -> str:
    columns = f"{len(entry.fields)}{' and custom fields' if entry.has_custom_fields else ''}"
    left_out = ", ".join(f"`{name}`" for name in entry.left_out) or "–"
    in_bin = "asked apart" if entry.tells_bin_apart else "yes" if entry.has_recycle_bin else "–"
    return f"| `{entry.table}` | {_how(entry)} | {_calls(entry)} | {in_bin} | {columns} | {left_out} |"


def _how(entry: Entry) -> str:
    """Return how the rows of an object come, in words."""
    dates = "creation and update" if entry.exports_changes else "creation"
    by_id = ", and the ids above the greatest" if entry.finds_new_by_id else ""
    words = {
        Route.EXPORT: f"exports by {dates}{'; few new rows by query' if entry.few_by_query else ''}",
        Route.QUERY: f"query by `{entry.changed_by}`{by_id}",
        Route.WALK: "one record at every run" if entry.is_single else "all rows at every run",
        Route.WALK_THEN_EXPORT: f"all rows once, then exports by {dates}",
    }
    return words[entry.route]


def _calls(entry: Entry) -> str:
    """Return the calls of a quiet run."""
    if entry.route in (Route.EXPORT, Route.WALK_THEN_EXPORT):
        return "1, or 2 and more by export" if entry.few_by_query else "2 or more"
    calls = (1 + entry.finds_new_by_id) * (1 + entry.tells_bin_apart)
    return f"{calls}{' for 1,000 rows' if entry.route is Route.WALK and not entry.is_single else ''}"


PAGES = {
    "settings.md": settings_page,
    "objects.md": objects_page,
    "errors.md": errors_page,
    "open-questions.md": open_page,
    "operating.md": operating_page,
}


def _tree(kind: type[PardotError], depth: int = 0) -> Iterator[tuple[int, type[PardotError]]]:
    yield depth, kind
    for below in kind.__subclasses__():
        if below.__module__ == kind.__module__:
            yield from _tree(below, depth + 1)


def _described(kind: type) -> Iterator[tuple[str, str]]:
    """Yield each field of a dataclass with the text under it."""
    tree = ast.parse(inspect.getsource(kind))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef))
    for statement, below in pairwise(body):
        if isinstance(statement, ast.AnnAssign) and isinstance(below, ast.Expr):
            yield ast.unparse(statement.target), str(ast.literal_eval(below.value))


def _shown(default: object) -> str:
    return f"`{_plain(default)}`" if default not in (None, "") else "–"


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{code} under {status}" for code, status in value.items())
    text = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool | None) else str(value)
    return {"\n": "LF", "\r\n": "CRLF", "": "nothing"}.get(text, text)


def _cell(text: str) -> str:
    return _pipes(" ".join(text.split()).replace(":mod:", "").replace("``", "`"))


def _pipes(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    if sys.argv[1:] == ["switches"]:
        print(open_page(), end="")
    else:
        for name, make in PAGES.items():
            (HERE / name).write_text(make(), encoding="utf-8")
