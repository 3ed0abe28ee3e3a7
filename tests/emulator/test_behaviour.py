"""Every open question can be answered either way, and each answer can be seen from outside."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from emulator.http_client import Answer, Client
from emulator.small_account import at, fill

from pardot_emulator import Behaviour, Emulator, Fault, ManualClock, Store

_ALTERNATIVES = Behaviour.alternatives()
_NOW = datetime(2026, 2, 1, 23, 59, 55, tzinfo=timezone.utc)
_PLAIN = {"createdAfter": at(26).isoformat()}
_BOUNDS = {"createdAfter": "2026-01-01T12:01:00.5Z", "createdBefore": "2026-01-01T12:04:00.5Z"}


def _shown(answer: Answer) -> list[object]:
    """What of an answer a client can see, without what differs from run to run."""
    names = ("content-type", "content-encoding", "content-disposition", "transfer-encoding", "pardot-warning")
    headers = {name: answer.headers.get(name) for name in (*names, "retry-after", "x-api-usage")}
    return [answer.status, headers, answer.body]


def _watch_exports(client: Client, emulator: Emulator, clock: ManualClock) -> list[object]:
    seen: list[object] = []

    def create(**body: Any) -> int:
        answer = client.create(shows="id,status,isExpired,resultRefs,createdAt", **body)
        seen.append(_shown(answer))
        return int(answer.json.get("id", 0))

    def finish(id: int, *, downloads: bool = True) -> list[str]:
        refs = None
        for _ in range(3):
            answer = client.read_export(id)
            seen.append(_shown(answer))
            refs = answer.json.get("resultRefs")
        listed = [refs] if isinstance(refs, str) and refs else list(refs or [])
        if downloads:
            seen.extend(_shown(client.download(ref, {"Accept-Encoding": "gzip"})) for ref in listed)
        return listed

    everything = ["id", "details", "campaign.name", "createdAt"]
    kept = finish(create(arguments=_PLAIN, fields=everything))
    finish(create(arguments=_BOUNDS, fields=["id"]))
    finish(create(arguments={"createdAfter": at(1).isoformat(), "createdBefore": at(3).isoformat()}, fields=["id"]))
    finish(create(arguments=_PLAIN, fields=["visitorId"]))
    prospects = {
        "procedure": "Prospect/FilterByCreatedAt",
        "arguments": {"createdAfter": "2026-01-01T00:00:00Z"},
    }
    finish(create(**prospects, fields=["id", "optedOut", "Interests__c"]))
    finish(create(arguments={"createdAfter": at(999).isoformat()}))
    create(fields=["nope"])
    create(arguments={"createdAfter": "2024-01-01T00:00:00Z"})
    create(arguments={"createdAfter": at(5).isoformat(), "createdBefore": at(5).isoformat()})
    create(arguments={"createdAfter": "last week"})
    finish(create(fields=None, arguments=_PLAIN))
    finish(create(arguments={**_PLAIN, "type": [5]}))
    doomed = create()
    create()
    seen.append(_shown(client.send("POST", f"/api/v5/exports/{doomed}/do/cancel", b"{}")))
    finish(doomed)
    seen.append(_shown(client.send("GET", f"/api/v5/exports/{doomed}/results/1")))

    late = client.create().json.get("id")
    clock.advance(timedelta(hours=1))
    client.log_in()
    if late is not None:
        finish(late, downloads=False)
        finish(late, downloads=False)
        clock.advance(timedelta(days=7, minutes=-30))
        client.log_in()
        finish(late, downloads=False)
    clock.advance(timedelta(days=1))
    client.log_in()
    if late is not None:
        finish(late, downloads=False)
    seen.extend(_shown(client.download(ref)) for ref in kept)
    return [*seen, emulator.calls_used]


def _watch_queries(client: Client, emulator: Emulator, clock: ManualClock) -> list[object]:
    def ask(collection: str, asked: Mapping[str, str] | None = None, **parameters: object) -> list[object]:
        return _shown(client.get(f"/api/v5/objects/{collection}", asked, **parameters))

    emails = ask("emails", fields="id,updatedAt")
    seen: list[object] = [
        ask("visitor-activities", fields="id,type,createdAt,campaign.name", idLessThan=7, limit=5),
        ask("visitor-activities", fields="id", orderBy="id DESC", limit=10),
        ask("visitor-activities", fields="id", createdAtAfter="2026-01-01T07:20:00"),
        ask("visitor-activities", fields="id", createdAtAfter="yesterday"),
        ask("visitor-activities", fields="nope"),
        ask("prospects", {"X-Return-Api-Usage": "1"}, fields="id,score,optedOut", deleted="true"),
        ask("prospects", fields="id", deleted="all"),
        ask("prospects", fields="Interests__c"),
        ask("account", fields="apiCallsUsed"),
        ask("prospects/99", fields="id"),
        emails,
    ]
    emulator.store.update("lists", 1, name="Before")
    seen.append(ask("lists", fields="name"))
    emulator.store.update("lists", 1, name="After")
    seen.append(ask("lists", fields="name"))
    return seen


def _watch_legacy(client: Client, emulator: Emulator, clock: ManualClock) -> list[object]:
    emulator.store.insert("prospect-accounts", [{"id": 1, "name": "Acme"}])
    emulator.store.insert("custom-redirects", [{"id": 1, "destinationUrl": "https://example.com"}])
    emulator.store.insert("email-templates", [{"id": 1, "name": "Hello"}])
    ask = client.legacy
    seen: list[object] = [
        _shown(ask("prospect", limit=2)),
        _shown(ask("visitorActivity", "read/id/1")),
        _shown(ask("visitorActivity", version=3, limit=1)),
        _shown(ask("visitorActivity", id_less_than=1)),
        _shown(ask("prospectAccount")),
        _shown(ask("customRedirect")),
        _shown(ask("emailTemplate")),
        _shown(ask("list", limit=201)),
        _shown(ask("list", limit=201, sort_by="colour")),
        _shown(ask("list", "read/id/9")),
    ]
    for deleted in ("all", "false"):
        arguments = {"created_after": "2026-01-01", "deleted": deleted}
        procedure = {"name": "filter_by_created_at", "arguments": arguments}
        body = json.dumps({"object": "prospect", "procedure": procedure, "fields": ["id"]}).encode()
        path = "/api/export/version/4/do/create"
        seen.append(_shown(client.send("POST", path, body, {"Content-Type": "application/json"})))
    seen.extend(_shown(ask("export", "read/id/88101")) for _ in range(3))
    return seen


def _watch_logins(client: Client, emulator: Emulator, clock: ManualClock) -> list[object]:
    refused = client.token(grant_type="refresh_token", refresh_token="wrong")
    accepted = client.token(grant_type="refresh_token", refresh_token=emulator.credentials.refresh_token)
    device = client.token(response_type="device_code").json
    seen: list[object] = [_shown(refused), sorted(accepted.json)]
    for seconds in (1000, 6300, 80_000):
        clock.advance(seconds=seconds)
        seen.append(client.query("lists", fields="id").status)
    seen.append(_shown(client.query("lists", fields="id")))
    seen.append(_shown(client.token(grant_type="device", code=device.get("device_code", ""))))
    return seen


def _watch_refusals(client: Client, emulator: Emulator, clock: ManualClock) -> list[object]:
    def ask(**headers: str | None) -> list[object]:
        changed = {**client.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        sent = {name: value for name, value in changed.items() if value is not None}
        return _shown(client.send("GET", "/api/v5/objects/lists?fields=id", None, sent, bare=True))

    unit = "Pardot_Business_Unit_Id"
    seen: list[object] = [ask(Authorization=None), ask(Authorization="Bearer x")]
    seen += [ask(**{unit: None}), ask(**{unit: "x"}), ask(**{unit: "0Uv000000000000AAA"})]
    emulator.limits.used_today = emulator.limits.daily
    seen.append(ask())
    clock.advance(seconds=5)  # midnight in UTC
    seen.append(ask())
    return seen


def _watch_limits(client: Client, emulator: Emulator, clock: ManualClock) -> list[object]:
    seen: list[object] = []
    for code in (46, 66, 202):  # no single request leads there by itself
        emulator.faults.add(Fault("query:lists", "error", code=code))
        seen.append(_shown(client.query("lists", fields="id")))
    emulator.limits.used_today = emulator.limits.daily - 9
    for hours in (0, 7, 4, 2):
        clock.advance(timedelta(hours=hours))
        seen.append(emulator.limits.used_today)
    return seen


_Scenario = Callable[[Client, Emulator, ManualClock], list[object]]
_SCENARIOS: tuple[_Scenario, ...] = (
    _watch_exports,
    _watch_queries,
    _watch_legacy,
    _watch_logins,
    _watch_refusals,
    _watch_limits,
)


def _watch(behaviour: Behaviour) -> Iterator[str]:
    """Run each scenario against an emulator of its own and yield what could be seen."""
    for scenario in _SCENARIOS:
        clock = ManualClock(_NOW)
        with (
            Store() as store,
            Emulator(fill(store), behaviour=behaviour, clock=clock, page_ceiling=10) as emulator,
            Client(emulator) as client,
        ):
            seen = repr(scenario(client, emulator, clock))
        yield seen.replace(emulator.url.rpartition(":")[2], "PORT")


@pytest.fixture(scope="module")
def usual() -> list[str]:
    return list(_watch(Behaviour()))


def test_the_usual_behaviour_looks_the_same_every_time(usual: list[str]) -> None:
    assert list(_watch(Behaviour())) == usual


@pytest.mark.parametrize("name", _ALTERNATIVES)
def test_each_alternative_can_be_seen_from_outside(usual: list[str], name: str) -> None:
    differs = any(seen != before for seen, before in zip(_watch(_ALTERNATIVES[name]), usual, strict=True))

    assert differs


def test_every_switch_has_alternatives_and_its_default_is_none_of_them() -> None:
    for each in fields(Behaviour):
        others = each.metadata["others"]
        assert others
        assert getattr(Behaviour(), each.name) not in others
    assert len(_ALTERNATIVES) == sum(len(each.metadata["others"]) for each in fields(Behaviour))


def test_switches_of_versions_3_and_4_can_be_left_out() -> None:
    left_out = _ALTERNATIVES.keys() - Behaviour.alternatives(with_legacy=False).keys()

    assert {name.split("=")[0] for name in left_out} == {
        each.name for each in fields(Behaviour) if each.name.startswith("v4_") or each.name == "account_versions"
    }


_FILE = {"fields": ["id", "optedOut", "createdAt"], "arguments": {"createdAfter": "2026-01-01T00:00:00Z"}}


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (Behaviour(), b"id,optedOut,createdAt\n1,false,2026-01-01T07:00:00-05:00\n"),
        (Behaviour(csv_booleans="1/0"), b"id,optedOut,createdAt\n1,0,2026-01-01T07:00:00-05:00\n"),
        (Behaviour(csv_dates="Z"), b"id,optedOut,createdAt\n1,false,2026-01-01T12:00:00Z\n"),
        (Behaviour(csv_dates="utc"), b"id,optedOut,createdAt\n1,false,2026-01-01T12:00:00+00:00\n"),
        (Behaviour(csv_dates="legacy"), b"id,optedOut,createdAt\n1,false,2026-01-01 07:00:00\n"),
        (
            Behaviour(csv_line_end="\r\n", csv_final_line_end=False),
            b"id,optedOut,createdAt\r\n1,false,2026-01-01T07:00:00-05:00",
        ),
        (
            Behaviour(csv_quoting="all", csv_mark_unasked=True),
            b'\xef\xbb\xbf"id","optedOut","createdAt"\n"1","false","2026-01-01T07:00:00-05:00"\n',
        ),
        (Behaviour(csv_columns="sorted"), b"createdAt,id,optedOut\n2026-01-01T07:00:00-05:00,1,false\n"),
        (Behaviour(user_zone="Asia/Kolkata"), b"id,optedOut,createdAt\n1,false,2026-01-01T17:30:00+05:30\n"),
    ],
    ids=["usual", "booleans", "Z", "utc", "legacy", "line-ends", "quoted", "sorted", "zone"],
)
def test_files_are_written_as_told(behaviour: Behaviour, expected: bytes) -> None:
    with Store() as store:
        fill(store)
        for id in range(2, 7):
            store.purge("prospects", id)
        with (
            Emulator(store, clock=ManualClock(_NOW), behaviour=behaviour) as emulator,
            Client(emulator) as client,
        ):
            assert client.export_files("Prospect/FilterByCreatedAt", **_FILE) == [expected]
