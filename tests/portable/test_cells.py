"""The comparison forgives how a value is represented, and nothing else."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from portable.cells import Table, compare, counted, is_same

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
LONDON_TO_INDIA = timezone(timedelta(hours=5, minutes=30))

SAME: list[tuple[Any, Any]] = [
    (None, None),
    (2, Decimal("2.00")),
    (Decimal("2.5"), 2.5),
    (0.1 + 0.2, 0.3),
    (1e300, 1e300 * (1 + 1e-10)),
    (float("nan"), float("nan")),
    (NOON, NOON.astimezone(LONDON_TO_INDIA)),
    ("😀", "😀"),
    (True, True),
]
DIFFERENT: list[tuple[Any, Any]] = [
    (None, 0),
    (None, ""),
    (0, None),
    (1, True),
    ("1", 1),
    (2, 3),
    (Decimal("0.01"), Decimal("0.02")),
    (10**18, 10**18 + 1),
    (1.0, 1.0 + 2e-9),
    (0.0, 1e-12),
    (NOON, NOON.replace(tzinfo=None)),
    (NOON, NOON + timedelta(microseconds=1)),
    (date(2026, 3, 1), datetime(2026, 3, 1)),  # noqa: DTZ001 - a clock time
    ("a", "A"),
    ("a", "a "),
    ("Å", "A\u030a"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_value_in_another_guise_is_the_same(one: Any, other: Any) -> None:
    assert is_same(one, other)
    assert is_same(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_another_value_is_different(one: Any, other: Any) -> None:
    assert not is_same(one, other)
    assert not is_same(other, one)


def test_rows_are_compared_whatever_their_order() -> None:
    rows = [(1, "a", 0.3), (2, None, None), (None, "b", 1.0)]
    shuffled = [(Decimal(2), None, None), (None, "b", 1.0), (Decimal(1), "a", 0.1 + 0.2)]
    found = compare("t", Table(("x", "y", "z"), rows), Table(("x", "y", "z"), shuffled))
    assert (found.rows, found.cells, found.differences) == (3, 9, [])


def test_one_changed_cell_is_one_difference_and_is_named() -> None:
    ours = Table(("id", "y"), [(number, f"text {number}") for number in range(20)])
    theirs = Table(("id", "y"), [(number, "other" if number == 7 else f"text {number}") for number in range(20)])
    assert compare("t", ours, theirs, ("id",)).differences == ["y of {'id': 7}: 'text 7', there 'other'"]


@pytest.mark.parametrize("rows", [[(1,)], [(1,), (1,), (1,)], []])
def test_a_row_too_few_or_too_many_is_a_difference(rows: list[tuple[int]]) -> None:
    found = compare("t", Table(("id",), [(1,), (1,)]), Table(("id",), rows))
    assert len(found.differences) == abs(len(rows) - 2)
    assert counted([found, found])["differences"] == 2 * abs(len(rows) - 2)


def test_other_columns_are_a_difference() -> None:
    assert compare("t", Table(("a", "b"), []), Table(("b", "a"), [])).differences
