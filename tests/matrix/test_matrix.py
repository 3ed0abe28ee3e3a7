"""The fault matrix as tests: each case is provoked, and what is seen is what was expected."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from matrix.case import Case
from matrix.cases import CASES
from matrix.world import World
from sampling import sampled


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("matrix")) as world:
        yield world


@pytest.mark.parametrize("case", sampled(CASES, 12, lambda case: f"{case.section}: {case.fault}"))
def test_fault_has_the_expected_consequences(case: Case, world: World) -> None:
    verdict = case.judge(world)
    if verdict.is_left_out:
        pytest.skip(verdict.seen)
    assert verdict.is_ok, f"expected {case.expected}; {verdict.seen}"


def test_no_fault_is_listed_twice() -> None:
    names = [(case.section, case.fault) for case in CASES]
    assert len(names) == len(set(names))
