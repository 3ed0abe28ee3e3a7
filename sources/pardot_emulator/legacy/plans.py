"""What a query of versions 3 and 4 asks for, checked: searches, order, limit and offset.

Source: the pages "Querying …", archived in pardot/api-docs, and "Error Codes and Messages" of the developer guide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pardot_emulator.behaviour import Behaviour
from pardot_emulator.clock import Clock
from pardot_emulator.errors import ApiError
from pardot_emulator.legacy.bodies import SeveralErrors
from pardot_emulator.legacy.criteria import compile_all, parse_flag
from pardot_emulator.legacy.dates import parse_search_date
from pardot_emulator.legacy.objects import LegacyObject, camel

MOST_RECORDS = 200
_RESULT_PARAMETERS = frozenset(
    {
        "fields",
        "format",
        "include_message",
        "limit",
        "limit_related_records",
        "offset",
        "output",
        "sort_by",
        "sort_order",
    }
)
_DIRECTIONS = {"ascending": "ASC", "descending": "DESC"}
_RANGES = (
    ("id_greater_than", "id_less_than", 17),
    ("created_after", "created_before", 8),
    ("updated_after", "updated_before", 8),
    ("last_activity_after", "last_activity_before", 8),
)
"""Bounds, and the code that says they are the wrong way round."""


@dataclass
class Plan:
    """A query as far as it is understood, and what is wrong with it by parameter."""

    conditions: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    order: str = "t.id ASC"
    limit: int = MOST_RECORDS
    offset: int = 0
    errors: dict[str, ApiError] = field(default_factory=dict)


@dataclass(frozen=True)
class Planner:
    """Reads the parameters of queries."""

    behaviour: Behaviour
    clock: Clock

    def plan(self, found: LegacyObject, output: str, parameters: Mapping[str, str]) -> Plan:
        """Understand the parameters of a query.

        Raises:
            ApiError: a parameter is missing or wrong; 10000 when several are.
        """
        given = {**found.defaults, **parameters}
        if found.required and not any(parameters.get(name) for name in found.required):
            raise ApiError(13, " or ".join(found.required))
        criteria = found.criteria
        searched = set(parameters) - _RESULT_PARAMETERS
        if searched and not searched & {*criteria, *(("deleted",) if found.takes_deleted else ())}:
            raise ApiError(5)
        conditions, values, errors = compile_all(criteria, given, self._read_date)
        plan = Plan([found.where, *conditions], values, errors=errors)
        self._check_ranges(plan, found, parameters)
        for name, parse in (("deleted", self._recycled), ("sort_by", self._order), ("limit", self._limit)):
            try:
                parse(plan, found, output, parameters)
            except ApiError as error:
                plan.errors[_blamed(error, name)] = error
        if plan.errors:
            raise self._refusal(plan.errors)
        return plan

    def _check_ranges(self, plan: Plan, found: LegacyObject, parameters: Mapping[str, str]) -> None:
        understood = (found.criteria.keys() & parameters.keys()) - plan.errors.keys()
        for low, high, code in _RANGES:
            if not {low, high} <= understood:
                continue
            first, last = parameters[low], parameters[high]
            if int(first) > int(last) if code == 17 else self._read_date(first) > self._read_date(last):
                plan.errors[low] = ApiError(code)

    def _recycled(self, plan: Plan, found: LegacyObject, _: str, parameters: Mapping[str, str]) -> None:
        column = found.collection.recycled_column
        if column is None:
            return
        deleted = found.takes_deleted and parse_flag(parameters.get("deleted", "false"), "deleted")
        plan.conditions.append(f't."{column}" {"IS 1" if deleted else "IS NOT 1"}')

    def _order(self, plan: Plan, found: LegacyObject, _: str, parameters: Mapping[str, str]) -> None:
        columns = [each.strip() for each in parameters.get("sort_by", "id").split(",")]
        orders = [each.strip().lower() for each in parameters.get("sort_order", "").split(",") if each.strip()]
        if len(columns) > 2:
            raise ApiError(133)
        if len(orders) > 2:
            raise ApiError(134)
        if any(name not in found.sorts for name in columns):
            raise ApiError(19)
        if any(each not in _DIRECTIONS for each in orders):
            raise ApiError(20)
        if len(columns) == 2 and "id" not in columns:
            raise ApiError(135)
        usual = [found.sorts[name] for name in columns]
        directions = [_DIRECTIONS[each] for each in orders] + usual[len(orders) :]
        keys = [(found.fields.get(name), name, way) for name, way in zip(columns, directions, strict=False)]
        # Some objects are sorted by what they do not show, campaigns for instance by created_at.
        ordered = [f"{key.sql if key else f't.{camel(name)}'} {way}" for key, name, way in keys]
        plan.order = ", ".join([*ordered, *([] if "id" in columns else [f"t.id {directions[0]}"])])

    def _limit(self, plan: Plan, found: LegacyObject, output: str, parameters: Mapping[str, str]) -> None:
        is_unlimited = output == "mobile" and found.is_mobile_unlimited
        plan.limit = -1 if is_unlimited else MOST_RECORDS
        if "limit" in parameters:
            plan.limit = _parse_whole(parameters["limit"], 23)
            if plan.limit < 1 or (plan.limit > MOST_RECORDS and not is_unlimited):
                if plan.limit < 1 or self.behaviour.v4_limit_over_200 == "refused":
                    raise ApiError(23)
                plan.limit = MOST_RECORDS
        plan.offset = _parse_whole(parameters.get("offset", "0"), 21)

    def _refusal(self, errors: dict[str, ApiError]) -> ApiError:
        if len(errors) == 1 or self.behaviour.v4_several_errors == "first":
            return next(iter(errors.values()))
        return SeveralErrors(errors)

    def _read_date(self, text: str) -> datetime:
        return parse_search_date(text, ZoneInfo(self.behaviour.user_zone), self.clock.now())


def _blamed(error: ApiError, name: str) -> str:
    """Name the parameter that an error is about."""
    return {20: "sort_order", 134: "sort_order", 21: "offset"}.get(error.code, name)


def _parse_whole(text: str, code: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ApiError(code)
    return int(text)
