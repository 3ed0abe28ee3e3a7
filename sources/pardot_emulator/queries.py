"""Version 5 queries and reads: filters, order, pages, page tokens.

Source: "Version 5 Overview" and the request collection of version 5 (read 2026-01).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from pardot_emulator.behaviour import Behaviour
from pardot_emulator.clock import Clock
from pardot_emulator.dates import parse_date
from pardot_emulator.errors import ApiError
from pardot_emulator.records import Json, RecordWriter
from pardot_emulator.schema import COLLECTIONS, Collection, Field
from pardot_emulator.selection import Selector
from pardot_emulator.store import Store

PAGE_TOKEN_LIFE = timedelta(hours=4)
MAX_FILTERED_FIELDS = 3
MAX_OFFSET = 2_000
_LIMITS = range(1, 1001)
_DEFAULT_LIMIT = 200
_END_OF_CHAIN = "203;Record count for nextPageToken sequence has been exceeded. No page token returned."

_COMPARISONS: Mapping[str, Mapping[str, str]] = {
    "int": {"GreaterThan": ">", "GreaterThanOrEqualTo": ">=", "LessThan": "<", "LessThanOrEqualTo": "<="},
    "datetime": {"After": ">", "AfterOrEqualTo": ">=", "Before": "<", "BeforeOrEqualTo": "<="},
}


@dataclass(frozen=True)
class Plan:
    """A query as it is carried on from page to page; all of it travels in the page token."""

    filters: tuple[tuple[str, str], ...] = ()
    order_field: str = "id"
    is_descending: bool = False
    limit: int = _DEFAULT_LIMIT
    offset: int = 0
    deleted: str = "false"
    page: int = 1
    records_before: int = 0
    resume: tuple[Any, int] | None = None
    """Order value and id of the last record of the page before."""


@dataclass(frozen=True)
class Page:
    """One page of results and, when it is the last that the API is willing to give, the warning."""

    body: dict[str, Json]
    warning: str | None = None


@dataclass(frozen=True)
class Queries:
    """Answers queries over the store.

    Args:
        store: the account.
        behaviour: the open questions.
        clock: life of page tokens.
        records: writes the JSON.
        page_ceiling: records after which a chain of pages ends although there are more.
    """

    store: Store
    behaviour: Behaviour
    clock: Clock
    records: RecordWriter
    page_ceiling: int

    @property
    def _selector(self) -> Selector:
        return Selector(self.store, self.behaviour)

    def query(self, collection: Collection, parameters: Mapping[str, str], base_url: str) -> Page:
        """Answer one page of a query.

        Raises:
            ApiError: a parameter is missing, unknown or wrong; the page token expired (210) or is none (211).
        """
        paths = split_fields(parameters)
        selection = self._selector.select(collection, paths, "query")
        token = parameters.get("nextPageToken")
        plan = self._parse_plan(collection, parameters) if token is None else self._resume(parameters, token)
        if plan.order_field not in collection.order_by:
            raise ApiError(211)
        try:
            where, values = self._conditions(collection, plan)
        except (ApiError, KeyError) as error:
            raise error if token is None else ApiError(211) from error

        wanted = min(plan.limit, self.page_ceiling - plan.records_before)
        direction = "DESC" if plan.is_descending else "ASC"
        order = f't."{plan.order_field}" {direction}, t.id {direction}'
        statement = (
            f't."{plan.order_field}", t.id, {self.records.expressions(selection)} FROM {selection.source}'
            f" WHERE {where} ORDER BY {order} LIMIT {wanted + 1} OFFSET {plan.offset}"
        )
        rows = list(self.store.iter_tuples(f"SELECT {statement}", values))
        has_more, rows = len(rows) > wanted, rows[:wanted]
        values_json: list[Json] = [self.records.record(selection, row[2:]) for row in rows]
        body: dict[str, Json] = {"nextPageToken": None, "nextPageUrl": None, "values": values_json}
        if not has_more:
            return Page(body)
        if plan.records_before + len(rows) >= self.page_ceiling:
            return Page(body, _END_OF_CHAIN)
        last = rows[-1]
        following = replace(
            plan,
            page=plan.page + 1,
            records_before=plan.records_before + len(rows),
            resume=(last[0], last[1]),
            offset=0,
        )
        token = self._write_token(following)
        query = f"fields={quote(','.join(paths), safe=',.')}&{urlencode({'nextPageToken': token})}"
        if self.behaviour.next_page != "url":
            body["nextPageToken"] = token
        if self.behaviour.next_page != "token":
            body["nextPageUrl"] = f"{base_url}{collection.path}?{query}"
        return Page(body)

    def read(
        self, collection: Collection, id: int | None, parameters: Mapping[str, str]
    ) -> tuple[dict[str, Json], int | None]:
        """Answer a read by id, or of the account, with the epoch second of its last update.

        Raises:
            ApiError: 109 there is no such record, or it is in the recycle bin.
        """
        paths = split_fields(parameters)
        _refuse_unknown(parameters, {"fields"})
        selection = self._selector.select(collection, paths, "read")
        stamp = 't."updatedAt"' if "updatedAt" in collection.fields else "NULL"
        conditions = ["1" if id is None else "t.id = ?"]
        if collection.recycled_column:
            conditions.append(f't."{collection.recycled_column}" IS NOT 1')
        statement = (
            f"SELECT {stamp}, {self.records.expressions(selection)} FROM {selection.source}"
            f" WHERE {' AND '.join(conditions)} ORDER BY t.id LIMIT 1"
        )
        row = next(self.store.iter_tuples(statement, () if id is None else (id,)), None)
        if row is None:
            raise ApiError(109)
        return self.records.record(selection, row[1:]), row[0]

    # -- the plan

    def _parse_plan(self, collection: Collection, parameters: Mapping[str, str]) -> Plan:
        known = {"fields", "limit", "orderBy", "offset", *filter_parameters(collection.name)}
        if collection.has_recycle_bin:
            known.add("deleted")
        _refuse_unknown(parameters, known)
        order_field, _, direction = parameters.get("orderBy", "id").strip().partition(" ")
        if order_field not in collection.order_by or direction.strip().upper() not in ("", "ASC", "DESC"):
            raise ApiError(51, "orderBy")
        limit = _parse_int(parameters.get("limit", str(_DEFAULT_LIMIT)), "limit")
        if limit not in _LIMITS:
            raise ApiError(52, "limit")
        offset = _parse_int(parameters.get("offset", "0"), "offset")
        if not 0 <= offset <= MAX_OFFSET:
            raise ApiError(52, "offset")
        deleted = parameters.get("deleted", "false").lower()
        if deleted not in (("true", "false", "all") if self.behaviour.deleted_all_in_queries else ("true", "false")):
            raise ApiError(27)
        filters = tuple((name, text) for name, text in parameters.items() if name in filter_parameters(collection.name))
        if len({filter_parameters(collection.name)[name][0].name for name, _ in filters}) > MAX_FILTERED_FIELDS:
            raise ApiError(209)
        return Plan(filters, order_field, direction.strip().upper() == "DESC", limit, offset, deleted)

    def _conditions(self, collection: Collection, plan: Plan) -> tuple[str, list[Any]]:
        """Compile filters, recycle bin and position to SQL."""
        conditions, values = ["1"], []
        for name, text in plan.filters:
            known, operator = filter_parameters(collection.name)[name]
            if operator in ("IS NULL", "IS NOT NULL"):
                negated = "" if _parse_bool(text, name) else "NOT "
                conditions.append(f'{negated}t."{known.name}" {operator}')
                continue
            conditions.append(f't."{known.name}" {operator} ?')
            values.append(self._parse_value(known, text, name))
            self.store.ensure_index(collection.name, known.name)
        if collection.recycled_column and plan.deleted != "all":
            comparison = "IS 1" if plan.deleted == "true" else "IS NOT 1"
            conditions.append(f't."{collection.recycled_column}" {comparison}')
        if plan.resume is not None:
            condition, resumed = _after(plan.order_field, plan.is_descending, *plan.resume)
            conditions.append(condition)
            values.extend(resumed)
        return " AND ".join(conditions), values

    def _parse_value(self, known: Field, text: str, name: str) -> Any:
        if known.kind == "int":
            return _parse_int(text, name)
        if known.kind == "bool":
            return int(_parse_bool(text, name))
        if known.kind != "datetime":
            return text
        zone = {"user zone": ZoneInfo(self.behaviour.user_zone), "UTC": ZoneInfo("UTC")}
        try:
            return parse_date(text, zone.get(self.behaviour.naive_dates)).timestamp()
        except ValueError as error:
            raise ApiError(self.behaviour.bad_query_date_code, name) from error

    # -- page tokens

    def _write_token(self, plan: Plan) -> str:
        """Write a token with the keys seen in real ones; clients have to treat it as opaque."""
        assert plan.resume is not None  # noqa: S101  tokens are written for a following page only
        order = f"{plan.order_field} {'DESC' if plan.is_descending else 'ASC'}"
        content = {
            "orderBy": order,
            "filters": [list(each) for each in plan.filters],
            "limit": plan.limit,
            "resumeValue": {plan.order_field: plan.resume[0], "id": plan.resume[1]},
            "page": plan.page,
            "recCount": plan.records_before,
            "expireTime": (self.clock.now() + PAGE_TOKEN_LIFE).isoformat(timespec="seconds"),
            "deleted": plan.deleted,
        }
        return base64.b64encode(json.dumps(content).encode()).decode()

    def _resume(self, parameters: Mapping[str, str], token: str) -> Plan:
        _refuse_unknown(parameters, {"fields", "nextPageToken"})
        try:
            content = json.loads(base64.b64decode(token, validate=True))
            order_field, _, direction = content["orderBy"].partition(" ")
            plan = Plan(
                filters=tuple((str(name), str(text)) for name, text in content["filters"]),
                order_field=order_field,
                is_descending=direction == "DESC",
                limit=int(content["limit"]),
                deleted=str(content["deleted"]),
                page=int(content["page"]),
                records_before=int(content["recCount"]),
                resume=(content["resumeValue"][order_field], int(content["resumeValue"]["id"])),
            )
            expires_at = parse_date(content["expireTime"], None)
        except (binascii.Error, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ApiError(211) from error
        if expires_at <= self.clock.now():
            raise ApiError(210)
        return plan


@cache
def filter_parameters(collection_name: str) -> Mapping[str, tuple[Field, str]]:
    """Every filter parameter of a collection with its field and SQL operator."""
    parameters = {}
    for name, known in COLLECTIONS[collection_name].filters.items():
        parameters[name] = (known.field, "=")
        if known.ranged:
            for suffix, operator in _COMPARISONS.get(known.field.kind, {}).items():
                parameters[name + suffix] = (known.field, operator)
        if known.nullable:
            parameters[f"{name}IsNull"] = (known.field, "IS NULL")
            parameters[f"{name}IsNotNull"] = (known.field, "IS NOT NULL")
    return parameters


def split_fields(parameters: Mapping[str, str]) -> Sequence[str]:
    """Return the requested fields, each once, in the order asked for.

    Raises:
        ApiError: 13 there are none; a forgotten ``fields`` is the commonest mistake with version 5.
    """
    paths = [path.strip() for path in parameters.get("fields", "").split(",")]
    if not any(paths):
        raise ApiError(13, "fields")
    return tuple(dict.fromkeys(path for path in paths if path))


def _refuse_unknown(parameters: Mapping[str, str], known: set[str]) -> None:
    unknown = sorted(set(parameters) - known)
    if unknown:
        raise ApiError(51, ", ".join(unknown))


def _after(order_field: str, is_descending: bool, value: Any, id: int) -> tuple[str, list[Any]]:
    """The condition for records after a position; SQLite puts nulls before everything else."""
    column, sign = f't."{order_field}"', "<" if is_descending else ">"
    if order_field == "id":
        return f"t.id {sign} ?", [id]
    if value is None:
        rest = "" if is_descending else f" OR {column} IS NOT NULL"
        return f"(({column} IS NULL AND t.id {sign} ?){rest})", [id]
    nulls = f" OR {column} IS NULL" if is_descending else ""
    return f"({column} {sign} ? OR ({column} = ? AND t.id {sign} ?){nulls})", [value, value, id]


def _parse_int(text: str, name: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise ApiError(51, name)
    return int(text)


def _parse_bool(text: str, name: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ApiError(50, name)
    return text.lower() == "true"
