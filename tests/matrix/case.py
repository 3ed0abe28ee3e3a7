"""One line of the matrix: a fault, what is expected in words and in values, and the way to provoke it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from matrix.world import ACTIVITIES, Facts, World, runs

from pardot_emulator import Behaviour, Fault
from pardot_etl.runs.run import RunOptions

Provoke = Callable[[World], Facts]


class Left(Exception):
    """The case cannot be provoked on this machine; the text says why."""


@dataclass(frozen=True)
class Verdict:
    """What became of a case."""

    seen: str
    is_ok: bool
    is_left_out: bool = False


@dataclass(frozen=True)
class Case:
    """A fault and its consequences.

    Args:
        section: where in the course of a run it strikes.
        fault: what goes wrong, in words.
        expected: what is to follow, in words.
        provoke: makes it happen and returns what was seen.
        outcome: the values that must be seen, by their names in the facts. A text need only occur in what was said; a
            function decides for itself.
    """

    section: str
    fault: str
    expected: str
    provoke: Provoke
    outcome: Mapping[str, Any] = field(default_factory=dict)

    def judge(self, world: World) -> Verdict:
        """Provoke the fault and compare."""
        try:
            facts = self.provoke(world)
        except Left as reason:
            return Verdict(f"left out: {reason}", True, is_left_out=True)
        except Exception as error:
            return Verdict(f"{type(error).__name__}: {error}", False)
        finally:
            world.tidy()
        wrong = [name for name, wanted in self.outcome.items() if not _agrees(name, wanted, facts.get(name))]
        shown = [_show(name, self.outcome[name], facts.get(name)) for name in self.outcome]
        if "unmet" in facts:
            shown.append(f"never met: {facts['unmet']}")
        if wrong and "says" in facts and "says" not in self.outcome:
            shown.append(f"said “{facts['says']}”")
        return Verdict("; ".join(shown), not wrong and "unmet" not in facts)


def _agrees(name: str, wanted: Any, found: Any) -> bool:
    if callable(wanted):
        return bool(wanted(found))
    if isinstance(wanted, str) and isinstance(found, str) and name in ("says", "healed", "notices"):
        return wanted in found
    return bool(wanted == found)


def _show(name: str, wanted: Any, found: Any) -> str:
    if name == "codes":
        return f"exit {', then '.join(map(str, found))}"
    if name in ("says", "healed", "notices"):
        is_there = isinstance(wanted, str) and isinstance(found, str) and wanted in found
        return f"{name} “{wanted if is_there else found}”"
    return f"{name.replace('_', ' ')} {found}"


def section(name: str) -> Callable[..., Case]:
    """Return a maker of cases of one section; further arguments by name are the outcome."""

    def case(fault: str, expected: str, provoke: Provoke, **outcome: Any) -> Case:
        return Case(name, fault, expected, provoke, outcome)

    return case


def planned(*faults: Callable[[], Fault] | Fault, **arguments: Any) -> Provoke:
    """Provoke planned faults in the shared account, a day after its last run; arguments are those of `runs`."""

    def provoke(world: World) -> Facts:
        return runs(world, world.a_day_later(), *map(_made, faults), **arguments)

    return provoke


def quiet(*faults: Callable[[], Fault] | Fault, **arguments: Any) -> Provoke:
    """Provoke planned faults in the shared account, in which nothing has happened since its last run."""

    def provoke(world: World) -> Facts:
        return runs(world, world.shared(), *map(_made, faults), **arguments)

    return provoke


def anew(
    *faults: Callable[[], Fault] | Fault,
    behaviour: Behaviour | None = None,
    emulator: Mapping[str, Any] | None = None,
    options: RunOptions = ACTIVITIES,
    **arguments: Any,
) -> Provoke:
    """Provoke planned faults in the first run over an account of its own."""

    def provoke(world: World) -> Facts:
        account = world.fresh(behaviour, **(emulator or {}))
        return runs(world, account, *map(_made, faults), options=options, **arguments)

    return provoke


# -- faults, made anew each time a case is provoked


def error(operation: str, code: int, times: int = 1, **detail: Any) -> Callable[[], Fault]:
    return lambda: Fault(operation, "error", times, code=code, **detail)


def http(operation: str, status: int, times: int = 1, **detail: Any) -> Callable[[], Fault]:
    return lambda: Fault(operation, "http", times, status=status, **detail)


def fault(operation: str, kind: str, times: int = 1, **detail: Any) -> Callable[[], Fault]:
    return lambda: Fault(operation, kind, times, **detail)


def answer(operation: str, change: Callable[[Any], Any], times: int = 1, **options: Any) -> Callable[[], Fault]:
    """Change the JSON of the real answer."""

    def edit(raw: bytes) -> bytes:
        return json.dumps(change(json.loads(raw))).encode()

    return lambda: Fault(operation, "edit", times, change=edit, **options)


def _made(fault: Callable[[], Fault] | Fault) -> Fault:
    return fault if isinstance(fault, Fault) else fault()
