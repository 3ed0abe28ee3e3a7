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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

END = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
START = END - timedelta(days=400)
"""The emulated company tells thirteen months; this lies before all of them."""
DAY = timedelta(days=1)
ACTIVITIES = "visitor-activities"


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
def emulated_account(activities: int, *, seed: int, later_changes: int = 0) -> Iterator[Account]:
    """Serve an account in another process while the block runs.

    Args:
        later_changes: 0 for the account at `END`; else the account a day later, with about so many new and changed
            activities, half of each.
    """
    command = [sys.executable, __file__, f"--activities={activities}", f"--seed={seed}", f"--changes={later_changes}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            first_line = process.stdout.readline()
            if not first_line:
                raise RuntimeError("the emulator did not start; its own message stands above")
            facts: Mapping[str, str] = json.loads(first_line)
            yield Account(**facts)
        finally:
            process.stdin.close()


def store_file(activities: int, seed: int, changes: int) -> Path:
    folder = Path(tempfile.gettempdir()) / f"pardot-bench-{activities}-{seed}"
    return folder / (f"account-and-{changes}.sqlite" if changes else "account.sqlite")


def build_store(activities: int, seed: int, changes: int) -> Path:
    """Return the file of an account, built when it is not there yet."""
    from pardot_emulator import Store
    from pardot_emulator.company import build_company

    target = store_file(activities, seed, changes)
    if target.exists():
        return target
    print(f"building an account of {activities:,} activities in {target.parent}", file=sys.stderr)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    if changes:
        shutil.copyfile(build_store(activities, seed, 0), draft)
    with Store(str(draft)) as store:
        if changes:
            _let_a_day_pass(store, seed, changes)
        else:
            build_company(store, activities=activities, seed=seed, end_at=END)
    return draft.replace(target)


def _let_a_day_pass(store: Any, seed: int, changes: int) -> None:
    """Add half of the changes as new rows, and touch as many old rows, spread evenly over the whole table."""
    from pardot_emulator.days import play_day

    old_rows = store.count(ACTIVITIES)
    every = max(1, old_rows // (changes // 2))
    touched = [int(number) for (number,) in store.iter_tuples(f'SELECT id FROM "{ACTIVITIES}" WHERE id % {every} = 0')]
    ordinary_day = max(1, old_rows // 400)
    play_day(store, seed=seed, at=END + DAY, scale=changes / 2 / ordinary_day, purge=False)
    for number in touched:
        store.update(ACTIVITIES, number, details=f"changed {number}", updatedAt=END + DAY / 2)


def serve(path: Path, now: datetime) -> None:
    """Serve the account, print how to reach it, and stop when the other side closes our input."""
    from pardot_emulator import Emulator, ManualClock, Store

    with Store(str(path)) as store, Emulator(store, clock=ManualClock(now)) as emulator:
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
    options = parser.parse_args()
    path = build_store(options.activities, options.seed, options.changes)
    serve(path, END + DAY if options.changes else END)


if __name__ == "__main__":
    main()
