"""The same account comes out of every version: an invented company, read through 3, 4 and 5 and compared."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from emulator.http_client import Client

from pardot_emulator import Emulator, ManualClock, Store
from pardot_emulator.company import build_company
from pardot_emulator.legacy.objects import OBJECTS, LegacyObject

_END = datetime(2026, 2, 1, 12, tzinfo=timezone.utc)
_QUERIED = [each for each in OBJECTS.values() if "query" in each.operations]
_EXPORTED = {
    "visitorActivity": "VisitorActivity",
    "listMembership": "ListMembership",
    "prospect": "Prospect",
    "visitor": "Visitor",
}
_ALL_VISITORS = {"visitor": {"only_identified": "false"}}

Row = dict[str, Any]


@pytest.fixture(scope="module")
def company() -> Iterator[Client]:
    with Store() as store:
        build_company(store, activities=600, seed=11, end_at=_END)
        with Emulator(store, clock=ManualClock(_END)) as emulator, Client(emulator) as client:
            yield client


def _plain(value: Any) -> Any:
    """Return a value of version 3 or 4 as version 5 has it, but for dates."""
    if isinstance(value, dict):
        parts = value["value"]
        return html.unescape(";".join(parts) if isinstance(parts, list) else parts)
    return html.unescape(value) if isinstance(value, str) else value


def _walk(client: Client, found: LegacyObject, version: int) -> dict[int, Row]:
    """Read an object the recommended way: in bulk, by id."""
    parameters: dict[str, object] = dict(_ALL_VISITORS.get(found.name, {}))
    if found.name == "visit":
        visitors = client.emulator.store.rows("visitors")
        parameters["visitor_ids"] = ",".join(str(row["id"]) for row in visitors)
    rows: dict[int, Row] = {}
    while True:
        if found.name == "visit":
            parameters["offset"] = len(rows)
        else:
            parameters["id_greater_than"] = max(rows, default=0)
        result = client.legacy(found.name, version=version, output="bulk", **parameters).json["result"]
        page = result.get(found.key, [])
        page = page if isinstance(page, list) else [page]
        rows.update({row["id"]: row for row in page})
        if len(page) < 200:
            return rows


def _read_5(client: Client, found: LegacyObject) -> dict[int, Row]:
    """Read the same fields through version 5, dates without their offset."""
    fields = {each.source: each.kind for each in found.fields.values() if each.source in found.collection.fields}
    asked = [name for name in fields if name not in found.collection.read_only_fields]
    rows: dict[int, Row] = {}
    while True:
        page = client.query(
            found.collection.name, fields=",".join(asked), limit=1000, idGreaterThan=max(rows, default=0)
        ).json["values"]
        for row in page:
            rows[row["id"]] = {
                name: value[:19].replace("T", " ") if value and fields[name] == "datetime" else value
                for name, value in row.items()
            }
        if len(page) < 1000:
            return rows


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("found", _QUERIED, ids=lambda found: found.name)
def test_query_and_version_5_tell_the_same(company: Client, found: LegacyObject, version: int) -> None:
    legacy, modern = _walk(company, found, version), _read_5(company, found)
    if found.name == "emailClick":
        clicks = company.query("visitor-activities", fields="id,emailId", type=1, limit=1000).json["values"]
        modern = {row["id"]: modern[row["id"]] for row in clicks if row["emailId"]}

    assert legacy.keys() == modern.keys()
    assert legacy
    for id, row in legacy.items():
        expected = {
            name: modern[id][each.source]
            for name, each in found.fields.items()
            if modern[id].get(each.source) is not None and (version == 4 or name not in found.since_version_4)
        }
        assert {name: _plain(value) for name, value in row.items() if name in expected} == expected
        hidden = found.collection.read_only_fields
        rest = {name for name in row if name not in expected and name in found.fields}
        assert all(found.fields[name].source in hidden or name in ("type_id", "account") for name in rest)


@pytest.mark.parametrize("name", _EXPORTED)
def test_export_and_version_5_write_the_same_rows(company: Client, name: str) -> None:
    found = OBJECTS[name.lower()]
    has_bin = found.collection.has_recycle_bin
    deleted = {"deleted": "all"} if has_bin else {}
    fields = [each for each in found.fields if each not in ("grade", "notes")]
    body = {
        "object": name,
        "fields": fields,
        "procedure": {"name": "filter_by_created_at", "arguments": {"created_after": "2025-03-01", **deleted}},
    }
    sent = json.dumps(body).encode()
    path = "/api/export/version/4/do/create?format=json"
    created = company.send("POST", path, sent, {"Content-Type": "application/json"}).json["export"]
    refs = _finish(company, created["id"])
    legacy = _sorted(company.download(ref).body for ref in refs)

    modern = _sorted(
        company.export_files(
            f"{_EXPORTED[name]}/FilterByCreatedAt",
            fields=[found.fields[each].source for each in fields],
            arguments={"createdAfter": "2025-03-01T00:00:00-05:00", **deleted},
            legacyDateFormat=True,
        )
    )

    assert legacy[0] == fields
    assert legacy[1:] == modern[1:]
    assert len(legacy) > 10


def _finish(client: Client, id: int) -> list[str]:
    for _ in range(9):
        record = client.legacy("export", f"read/id/{id}").json["export"]
        if record["state"] == "Complete":
            refs = record["resultRefs"]
            return refs if isinstance(refs, list) else [refs]
    raise AssertionError(record)


def _sorted(files: Any) -> list[list[str]]:
    header, *rows = [row for file in files for row in csv.reader(io.StringIO(file.decode(), newline=""))]
    return [header, *sorted(rows)]


def test_custom_fields_tell_the_same_as_version_5(company: Client) -> None:
    legacy = _walk(company, OBJECTS["prospect"], 4)
    names = [str(row["fieldId"]) for row in company.emulator.store.rows("custom-fields", "coalesce(_deleted, 0) = 0")]
    modern = company.emulator.store.rows("prospects", '"isDeleted" IS NOT 1')

    seen = 0
    for row in modern:
        expected = {name: row[f"{name}__c"] for name in names if row.get(f"{name}__c") is not None}
        found = legacy[int(str(row["id"]))]
        assert {name: _plain(found[name]) for name in names if name in found} == expected
        seen += len(expected)
    assert seen > 20


def test_opportunities_name_their_prospects(company: Client) -> None:
    page = company.legacy("opportunity").json["result"]["opportunity"]

    assert any("prospects" in each for each in page)
    for each in page:
        linked = company.legacy("opportunity", prospect_id=_first(each)).json["result"]["opportunity"]
        assert each["id"] in {row["id"] for row in (linked if isinstance(linked, list) else [linked])}


def _first(opportunity: Row) -> int:
    prospects = opportunity["prospects"]["prospect"]
    return int((prospects[0] if isinstance(prospects, list) else prospects)["id"])
