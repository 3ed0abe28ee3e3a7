"""The account that the benchmarks read: the emulator in a process of its own, over a store that is built once.

The store is kept in the machine's temporary folder, so that only the first run of a size pays for it. The server's
clock stands still, which makes every run see the same rows.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from many_prospects import add_prospects, give_fields

END = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
START = END - timedelta(days=400)
"""The emulated company tells thirteen months; this lies before all of them."""
DAY = timedelta(days=1)
ACTIVITIES = "visitor-activities"
STORE_CACHE_KB = 3_000_000
"""The largest account whole: rows are exported by time, and read from all over the file."""
RECENT = 7 * DAY
RARELY_OLD = 20
"""Of so many changed activities of an ordinary day one is older than `RECENT`."""


@dataclass(frozen=True)
class Account:
    """How to reach the served account."""

    url: str
    business_unit_id: str
    client_id: str
    client_secret: str
    refresh_token: str

    def settings(self, **more: object) -> dict[str, object]:
        """Return the settings of a run as plain JSON values."""
        return {
            "business_unit_id": self.business_unit_id,
            "api_url": self.url,
            "login_url": self.url,
            "poll_seconds": 0.5,
            "start_date": START.isoformat(),
            "credentials": {
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "refresh_token": self.refresh_token,
            },
            **more,
        }


@contextmanager
def emulated_account(
    activities: int,
    *,
    seed: int,
    later_changes: int = 0,
    recent: bool = False,
    prospects: int = 0,
    several_values: bool = False,
) -> Iterator[Account]:
    """Serve an account in another process while the block runs.

    Args:
        later_changes: 0 for the account at `END`; else the account a day later, with about so many new and changed
            activities, half of each.
        recent: whether nearly all of the changed ones are of the last days; else they are spread over the whole table.
        prospects: so many more, with sixty custom fields.
        several_values: whether one more field holds several values.
    """
    numbers = {"activities": activities, "seed": seed, "changes": later_changes, "prospects": prospects}
    options = (
        [f"--{name}={number}" for name, number in numbers.items()]
        + ["--several-values"] * several_values
        + ["--recent"] * recent
    )
    with served_by(Path(__file__), options) as account:
        yield account


@contextmanager
def served_by(script: Path, options: Sequence[str]) -> Iterator[Account]:
    """Run a script that serves an account, until the block ends; its first line says how to reach it."""
    command = [sys.executable, str(script), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            first_line = process.stdout.readline()
            if not first_line:
                raise RuntimeError("the account is not served; the server's own message stands above")
            facts: Mapping[str, str] = json.loads(first_line)
            yield Account(**facts)
        finally:
            process.stdin.close()


def _in_folder(activities: int, seed: int, name: str) -> Path:
    return Path(tempfile.gettempdir()) / f"pardot-bench-{activities}-{seed}" / f"{name}.sqlite"


def build_store(activities: int, seed: int) -> Path:
    """Return the file of an account at `END`, built when it is not there yet."""
    from pardot_emulator.company import build_company

    target = _in_folder(activities, seed, "account")
    print(f"an account of {activities:,} activities in {target.parent}", file=sys.stderr)
    return _built(target, lambda store: build_company(store, activities=activities, seed=seed, end_at=END))


def build_store_a_day_later(activities: int, seed: int, changes: int, *, recent: bool) -> Path:
    return _built(
        _in_folder(activities, seed, f"account-and-{changes}{'-recent' if recent else ''}"),
        lambda store: _let_a_day_pass(store, seed, changes, recent=recent),
        build_store(activities, seed),
    )


def build_store_of_people(activities: int, seed: int, prospects: int, *, several_values: bool) -> Path:
    def add(store: Any) -> None:
        give_fields(store, several_values=several_values)
        add_prospects(store, prospects, END)

    name = f"people-{prospects}{'-several' if several_values else ''}"
    return _built(_in_folder(activities, seed, name), add, build_store(activities, seed))


def _built(target: Path, change: Callable[[Any], None], base: Path | None = None) -> Path:
    """Return a store's file; if it is not there yet, made of a copy of another one, or of nothing."""
    from pardot_emulator import Store

    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    if base is not None:
        shutil.copyfile(base, draft)
    with Store(str(draft)) as store:
        change(store)
    return draft.replace(target)


def _let_a_day_pass(store: Any, seed: int, changes: int, *, recent: bool) -> None:
    """Add half of the changes as new rows, and touch as many old rows.

    They are spread evenly over the whole table or, as the identified visitors of an ordinary day have them, over the
    last days but for one in twenty.
    """
    from pardot_emulator.days import play_day

    old_rows, wanted = store.count(ACTIVITIES), changes // 2
    touched = _spread_evenly(store, wanted // RARELY_OLD if recent else wanted)
    if recent:
        touched = sorted({*touched, *_spread_evenly(store, wanted - len(touched), END - RECENT)})
    ordinary_day = max(1, old_rows // 400)
    play_day(store, seed=seed, at=END + DAY, scale=changes / 2 / ordinary_day, purge=False)
    for number in touched:
        store.update(ACTIVITIES, number, details=f"changed {number}", updatedAt=END + DAY / 2)


def _spread_evenly(store: Any, rows: int, since: datetime = START) -> list[int]:
    """Return the ids of about so many activities, every so many-th of those since a moment."""
    condition = f"""FROM "{ACTIVITIES}" WHERE "createdAt" >= {int(since.timestamp())}"""
    ((found,),) = store.iter_tuples(f"SELECT count(*) {condition}")
    every = max(1, found // max(1, rows))
    return [int(number) for (number,) in store.iter_tuples(f"SELECT id {condition} AND id % {every} = 0")]


def serve(path: Path, now: datetime) -> None:
    """Serve the account, print how to reach it, and stop when the other side closes our input."""
    from pardot_emulator import Emulator, ManualClock, Store

    with Store(str(path)) as store, Emulator(store, clock=ManualClock(now)) as emulator:
        list(store.iter_tuples(f"PRAGMA cache_size = -{STORE_CACHE_KB}"))
        login = emulator.credentials
        facts = Account(
            emulator.url, emulator.business_unit_id, login.client_id, login.client_secret, login.refresh_token
        )
        print(json.dumps(asdict(facts)), flush=True)
        sys.stdin.read()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--activities", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--changes", type=int, default=0)
    parser.add_argument("--recent", action="store_true")
    parser.add_argument("--prospects", type=int, default=0)
    parser.add_argument("--several-values", action="store_true")
    given = parser.parse_args()
    if given.changes:
        later = build_store_a_day_later(given.activities, given.seed, given.changes, recent=given.recent)
        serve(later, END + DAY)
    elif given.prospects:
        several = given.several_values
        serve(build_store_of_people(given.activities, given.seed, given.prospects, several_values=several), END)
    else:
        serve(build_store(given.activities, given.seed), END)


if __name__ == "__main__":
    main()
