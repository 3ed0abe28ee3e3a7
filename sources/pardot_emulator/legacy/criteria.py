"""Search criteria: what a parameter of a query selects, as SQL over the object's table ``t``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pardot_emulator.errors import ApiError
from pardot_emulator.legacy.dates import UnknownTimeframeError

Reading = Literal["date", "id", "number", "text", "flag", "ids", "types"]
DateReader = Callable[[str], datetime]

_MOST_IDS = 1_000
"""There is a limit (code 63), but its number is not published."""

_GRADES = "|F|D-|D|D+|C-|C|C+|B-|B|B+|A-|A|A+|"


@dataclass(frozen=True)
class Criterion:
    """One search parameter."""

    reading: Reading
    sql: str
    """Condition with a ``?`` for the value, or ``{}`` for a list of numbers."""
    opposite: str = "1"
    """Condition of a flag that is false."""

    def compile(self, name: str, text: str, read_date: DateReader) -> tuple[str, list[Any]]:
        """Return condition and values for the text of a parameter.

        Raises:
            ApiError: the text is not what the parameter takes.
        """
        if self.reading == "flag":
            return (self.sql if parse_flag(text, name) else self.opposite), []
        if self.reading in ("ids", "types"):
            return self.sql.format(", ".join(map(str, self._numbers(text, name)))), []
        return self.sql, [self._value(name, text, read_date)]

    def _value(self, name: str, text: str, read_date: DateReader) -> Any:
        if self.reading == "date":
            return parse_date(text, name, read_date)
        if self.reading == "id":
            return parse_id(text, name)
        if self.reading == "number":
            return _parse_number(text, name)
        return text

    def _numbers(self, text: str, name: str) -> list[int]:
        code = 16 if self.reading == "ids" else 51
        numbers = [_parse_whole(part.strip(), code, name) for part in text.split(",")]
        if len(numbers) > _MOST_IDS:
            raise ApiError(63, name)
        return numbers


def parse_date(text: str, name: str, read_date: DateReader) -> float:
    """Read a date as an epoch second; code 6 for what looks like a keyword, else 7."""
    try:
        return read_date(text).timestamp()
    except UnknownTimeframeError as error:
        raise ApiError(6, name) from error
    except (ValueError, OverflowError) as error:
        raise ApiError(7, name) from error


def parse_id(text: str, name: str) -> int:
    """Read an id, or refuse it with code 16."""
    return _parse_whole(text, 16, name)


def parse_flag(text: str, name: str) -> bool:
    """Read a boolean, or refuse it with code 50, that of ``deleted`` with 27."""
    known = {"true": True, "1": True, "false": False, "0": False}
    if text.lower() not in known:
        raise ApiError(27) if name == "deleted" else ApiError(50, name)
    return known[text.lower()]


def _parse_whole(text: str, code: int, name: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ApiError(code, name)
    return int(text)


def _parse_number(text: str, name: str) -> float:
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", text):
        raise ApiError(51, name)
    return float(text)


# -- the usual ones


def ids() -> dict[str, Criterion]:
    """``id_greater_than`` and ``id_less_than``."""
    return {"id_greater_than": Criterion("id", "t.id > ?"), "id_less_than": Criterion("id", "t.id < ?")}


def dates(**fields: str) -> dict[str, Criterion]:
    """``<name>_after`` and ``<name>_before``, both exclusive, for each field."""
    criteria = {}
    for name, field in fields.items():
        criteria[f"{name}_after"] = Criterion("date", f't."{field}" > ?')
        criteria[f"{name}_before"] = Criterion("date", f't."{field}" < ?')
    return criteria


def created() -> dict[str, Criterion]:
    """The criteria of objects that are only ever created."""
    return {**ids(), **dates(created="createdAt")}


def changed() -> dict[str, Criterion]:
    """The criteria of objects that can change."""
    return {**created(), **dates(updated="updatedAt")}


def equal(**fields: str) -> dict[str, Criterion]:
    """Ids that have to match."""
    return {name: Criterion("id", f't."{field}" = ?') for name, field in fields.items()}


def exact(**fields: str) -> dict[str, Criterion]:
    """Texts that have to match."""
    return {name: Criterion("text", f't."{field}" = ?') for name, field in fields.items()}


def numbers(*names: str) -> dict[str, Criterion]:
    """``<name>_greater_than``, ``_less_than`` and ``_equal_to``."""
    operators = {"greater_than": ">", "less_than": "<", "equal_to": "="}
    return {
        f"{name}_{suffix}": Criterion("number", f't."{name}" {operator} ?')
        for name in names
        for suffix, operator in operators.items()
    }


def grades() -> dict[str, Criterion]:
    """The same for letter grades, of which A+ is the greatest."""
    rank, other = (f"instr('{_GRADES}', '|' || {grade} || '|')" for grade in ("t.grade", "?"))
    return {
        "grade_equal_to": Criterion("text", "t.grade = ?"),
        "grade_greater_than": Criterion("text", f"{rank} > {other}"),
        "grade_less_than": Criterion("text", f"{rank} < {other}"),
    }


def filled(**fields: str) -> dict[str, Criterion]:
    """Flags that ask for rows with a value in a field."""
    return {name: Criterion("flag", f't."{field}" IS NOT NULL') for name, field in fields.items()}


def compile_all(
    criteria: Mapping[str, Criterion], parameters: Mapping[str, str], read_date: DateReader
) -> tuple[list[str], list[Any], dict[str, ApiError]]:
    """Return conditions, values, and what is wrong, by parameter."""
    conditions: list[str] = []
    values: list[Any] = []
    errors: dict[str, ApiError] = {}
    for name, criterion in criteria.items():
        if name in parameters:
            try:
                condition, found = criterion.compile(name, parameters[name], read_date)
            except ApiError as error:
                errors[name] = error
            else:
                conditions.append(condition)
                values.extend(found)
    return conditions, values, errors
