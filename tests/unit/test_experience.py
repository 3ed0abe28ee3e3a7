from __future__ import annotations

from typing import Any

import pytest

from pardot_etl.runs.experience import RUNS_REMEMBERED, Experience, kind_of_run, learn


def a_run(calls: int, minutes: int = 2, **facts: Any) -> dict[str, Any]:
    run = {"kind": "daily", "exit_code": 0, "api_calls": calls, "estimated_calls": 20}
    return {
        **run,
        "started_at": "2026-03-01T06:00:00+00:00",
        "finished_at": f"2026-03-01T06:{minutes:02}:00+00:00",
        **facts,
    }


def test_estimates_are_corrected_by_the_middle_of_what_such_runs_took() -> None:
    learnt = learn([a_run(30, 2), a_run(20, 4), a_run(90, 50)], "daily")
    assert learnt == Experience(3, 1.5, 240.0)
    assert learnt.correct(40) == 60
    assert str(learnt) == "the last 3 such runs took 1.50 times the estimate and 4 minutes"


def test_old_runs_are_forgotten() -> None:
    runs = [a_run(400)] * 9 + [a_run(20, 1)] * RUNS_REMEMBERED
    assert learn(runs, "daily") == Experience(RUNS_REMEMBERED, 1.0, 60.0)


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": "first"},
        {"exit_code": 75},
        {"estimated_calls": None},
        {"estimated_calls": 0},
        {"api_calls": "many"},
        {"started_at": "yesterday"},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_run_of_another_kind_or_without_its_facts_teaches_nothing(facts: dict[str, Any]) -> None:
    assert learn([a_run(30, **facts)], "daily") is None
    nameless = {name: value for name, value in a_run(30).items() if name != next(iter(facts))}
    assert learn([nameless], "daily") is None


def test_runs_are_alike_when_they_ask_for_the_same() -> None:
    daily: dict[str, Any] = {"task": "update", "destination": "duckdb", "is_first": False, "has_reviews": False}
    one = kind_of_run(objects=["visits", "emails"], **daily)
    assert one == kind_of_run(objects=["emails", "visits"], **daily)
    others: list[dict[str, Any]] = [
        {"task": "backfill"},
        {"destination": "filesystem"},
        {"is_first": True},
        {"has_reviews": True},
    ]
    kinds = {kind_of_run(objects=["visits", "emails"], **{**daily, **other}) for other in others}
    assert len(kinds | {one, kind_of_run(objects=["visits"], **daily)}) == 6
