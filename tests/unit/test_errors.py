"""Every error: its exit code, its text, its survival of pickling and copying."""

from __future__ import annotations

import ast
import copy
import inspect
import pickle
import re
from typing import Any

import pytest

from pardot import errors
from pardot.errors import (
    AuthenticationError,
    DataError,
    ExportError,
    ExportFailedError,
    ExportTimedOutError,
    LimitReachedError,
    PardotError,
    RejectedRequestError,
    RequestError,
    RunLockedError,
    SettingsError,
    StoppedError,
    StorageError,
    TransientRequestError,
    one_line,
    path_only,
)

WINDOW = "2026-01-01 to 2026-02-01 (UTC)"
REQUEST: dict[str, Any] = {"method": "GET", "path": "/api/v5/exports/4711", "window": WINDOW}
EXPORT: dict[str, Any] = {"export_id": 4711, "object_name": "visitor_activities", "window": WINDOW}

SAMPLES: list[tuple[PardotError, int, str]] = [
    (
        SettingsError("sources.pardot.environment: expected one of production, sandbox; found 'prod'"),
        2,
        "sources.pardot.environment: expected one of production, sandbox; found 'prod'. Nothing was "
        "started; correct the setting and run `pardot-etl check`.",
    ),
    (
        RequestError("export.read", status=418, **REQUEST),
        1,
        'Request "export.read" (GET /api/v5/exports/4711) did not succeed for 2026-01-01 to '
        "2026-02-01 (UTC). Evidence: HTTP status 418. What was loaded before is safe; run `pardot-etl"
        " run` again and keep this text if it happens twice.",
    ),
    (
        TransientRequestError("export.read", status=503, attempts=6, request_id="abc", **REQUEST),
        75,
        'Request "export.read" (GET /api/v5/exports/4711) did not succeed for 2026-01-01 to '
        "2026-02-01 (UTC). Evidence: HTTP status 503, request id abc, 6 attempts. Nothing is lost; "
        "run `pardot-etl run` again later.",
    ),
    (
        TransientRequestError("export.create", reason="the server went silent", outcome_unknown=True),
        75,
        'Request "export.create" did not succeed. Evidence: “the server went silent”. Pardot may have'
        " carried it out all the same; run `pardot-etl run` again, it looks before it repeats.",
    ),
    (
        TransientRequestError("export.read", status=429, retry_after_seconds=86400.0),
        75,
        'Request "export.read" did not succeed. Evidence: HTTP status 429, the server asks for a wait'
        " of 86400 seconds. Nothing is lost; run `pardot-etl run` again later.",
    ),
    (
        LimitReachedError("export.read", used=90, allowed=90, maximum=100),
        75,
        'Request "export.read" did not succeed. Evidence: 90 calls used today, we stop at 90, the '
        "account has 100 a day. Nothing is lost; run `pardot-etl run` again after midnight of the "
        "account's time zone, or change `sources.pardot.max_daily_calls` or `reserve_percent`.",
    ),
    (
        RejectedRequestError("export.read", status=400, code=109, reason="not\nfound.", **REQUEST),
        1,
        'Request "export.read" (GET /api/v5/exports/4711) did not succeed for 2026-01-01 to '
        "2026-02-01 (UTC). Evidence: HTTP status 400, Pardot code 109, “not found”. What was loaded "
        "before is safe; repeating this will not help, the codes are explained in docs/errors.md.",
    ),
    (
        AuthenticationError("login", status=400, reason="invalid_client", hints=("check `client_secret`",)),
        2,
        'Request "login" did not succeed. Evidence: HTTP status 400, “invalid_client”. Nothing was '
        "changed; check `client_secret`; then run `pardot-etl check`.",
    ),
    (
        ExportError(**EXPORT),
        1,
        "Export 4711 of visitor activities for 2026-01-01 to 2026-02-01 (UTC) could not be used. "
        "Nothing from this window was loaded; run `pardot-etl run` again.",
    ),
    (
        ExportFailedError(status="Failed", **EXPORT),
        1,
        "Export 4711 of visitor activities for 2026-01-01 to 2026-02-01 (UTC) was ended by Pardot "
        "without a result. Last status: Failed. Nothing from this window was loaded, other windows "
        "are not affected; run `pardot-etl run` again to create a new export.",
    ),
    (
        ExportTimedOutError(waited_seconds=1800, status="Processing", request_id="abc123", **EXPORT),
        75,
        "Export 4711 of visitor activities for 2026-01-01 to 2026-02-01 (UTC) was still processing "
        "after 1800 seconds. Last status: Processing, request id abc123. Nothing from this window was"
        " loaded; run `pardot-etl run` again to keep waiting for the same export.",
    ),
    (
        DataError("a result file", expected="2 fields", found="3 fields", object_name="visits", file="1.csv", line=7),
        1,
        "A result file of visits in file 1.csv at line 7 could not be read. Expected 2 fields; found "
        "3 fields. Nothing of it was loaded; run `pardot-etl run` again, and report this text if it "
        "happens twice.",
    ),
    (
        StorageError("write a result file", path="/data/1.csv", reason="No space left on device"),
        1,
        "Could not write a result file (/data/1.csv). Evidence: “No space left on device”. What was "
        "finished before is safe; free the space or mend the permissions, then run `pardot-etl run` "
        "again.",
    ),
    (
        RunLockedError("/data/lock", pid=4, host="box", started_at="2026-01-01 00:00"),
        75,
        "This run did not start because another one is active. Evidence: process 4 on box since "
        "2026-01-01 00:00 holds /data/lock. Nothing was touched; wait for it to end, the next "
        "scheduled run goes on by itself.",
    ),
    (
        StoppedError(),
        130,
        "The run was stopped before it was finished. Nothing is lost; run `pardot-etl run` again and it goes on from "
        "here.",
    ),
]
IDS = [f"{type(error).__name__}-{position}" for position, (error, _, _) in enumerate(SAMPLES)]


@pytest.mark.parametrize(("error", "exit_code", "text"), SAMPLES, ids=IDS)
def test_text_and_exit_code(error: PardotError, exit_code: int, text: str) -> None:
    assert (error.exit_code, str(error)) == (exit_code, text)


@pytest.mark.parametrize("error", [error for error, _, _ in SAMPLES], ids=IDS)
def test_at_most_three_sentences(error: PardotError) -> None:
    assert len(re.findall(r"[.!?](?= |$)", str(error))) <= 3


@pytest.mark.parametrize("error", [error for error, _, _ in SAMPLES], ids=IDS)
def test_facts_survive_pickle_and_copy(error: PardotError) -> None:
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):  # noqa: S301
        assert type(twin) is type(error)
        assert vars(twin) == vars(error)
        assert (str(twin), repr(twin)) == (str(error), repr(error))


def test_every_class_has_a_sample() -> None:
    classes = {kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, PardotError)}
    assert classes - {PardotError} == {type(error) for error, _, _ in SAMPLES}


def test_window_can_be_added_by_who_knows_it() -> None:
    error = TransientRequestError("export.read", status=503)
    error.name_window("visits", WINDOW)
    assert f"for visits, {WINDOW}" in str(error)
    assert WINDOW in str(pickle.loads(pickle.dumps(error)))  # noqa: S301


@pytest.mark.parametrize(
    "error",
    [RequestError("query"), ExportError(), DataError("a page", expected="rows", found="none")],
    ids=["request", "export", "data"],
)
def test_object_and_window_are_taken_over_once(error: PardotError) -> None:
    error.name_window("visits", WINDOW)
    named = str(error)
    error.name_window("lists", "another window")
    assert "visits" in named
    assert WINDOW in named
    assert str(error) == named


def test_call_is_named_by_its_object_where_no_window_is_known() -> None:
    call, page = RequestError("query"), DataError("a page", expected="rows", found="none")
    before = str(page)
    call.name_window("visits")
    page.name_window("visits")
    assert (call.window, str(page)) == ("visits", before)


def test_several_settings_problems_are_listed_one_per_line() -> None:
    text = str(SettingsError(["first is wrong", "second is wrong"]))
    assert text.splitlines()[:3] == [
        "2 settings cannot be used:",
        "  - first is wrong",
        "  - second is wrong",
    ]


def test_query_strings_never_reach_the_text() -> None:
    error = RejectedRequestError("query", method="GET", path="https://pi.pardot.com/api?email=a@b.example#x")
    assert error.path == "/api"
    assert "example" not in str(error)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\r\nb\tc\x00d", "a b c d"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("left‮right", "left right"),
        ("x" * 500, "x" * 199 + "…"),
        ("lone \ud800 surrogate", "lone surrogate"),
    ],
)
def test_server_text_is_one_visible_line(text: str, line: str) -> None:
    assert one_line(text) == line


def test_unreadable_address_is_said_to_be_so() -> None:
    assert path_only("http://[") == "(unreadable address)"


def test_module_imports_nothing_of_ours() -> None:
    imports = [node for node in ast.walk(ast.parse(inspect.getsource(errors))) if isinstance(node, ast.ImportFrom)]
    assert not [node for node in imports if node.level or (node.module or "").startswith("pardot")]
