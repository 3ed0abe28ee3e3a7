"""One object at a time from an emulated account to files and rows, without a pipeline: what the fault tests drive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Any

from kit import Account

from pardot.catalogue import CATALOGUE
from pardot.fields import FieldChoice
from pardot.harvest import Harvest
from pardot.position import Position
from pardot.reading.columns import check
from pardot.session import Session, open_session

WINDOWS = 2
"""Exports that the history of the emulated accounts takes: it is longer than a year."""

OpenAccount = Callable[..., Account]
"""Opens a small account: behaviour, number of activities, options of the emulator."""


class Fetcher:
    """A session of its own on the account's working folder; as often opened as a job is started."""

    def __init__(self, account: Account, **overrides: Any) -> None:
        self.account = account
        self.session: Session = open_session(
            account.settings(**overrides),
            folder=account.folder / "work",
            on_event=account.events.append,
            sleep=account.sleep,
        )
        self.state: dict[str, Any] = {}

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()

    def gather(self, table: str = "visitor_activities", position: Position | None = None) -> Harvest:
        """Fetch everything of one object since a position, the beginning by default."""
        entry = CATALOGUE[table]
        choice = FieldChoice(
            self.session.dialect, self.session.transport.server_now, entry, self.state, self.account.events.append
        )
        custom = self.session.further_fields(entry)
        return self.session.harvester.gather(entry, position or Position(), choice, custom, name=table)

    def ids(self, table: str = "visitor_activities", position: Position | None = None) -> list[int]:
        """Fetch and read, and return the sorted ids; every row must have been readable."""
        import pyarrow.parquet as pq

        harvest = self.gather(table, position)
        target = self.account.folder / f"{table}.parquet"
        checked = check(harvest.files, harvest.fields, target, table=table, time_zone=None)
        assert checked.rejected == ()
        return sorted(pq.read_table(target, columns=["id"])["id"].to_pylist())

    def expected_ids(self, table: str = "visitor_activities") -> list[int]:
        """Return the ids that the account has."""
        return sorted(int(str(row["id"])) for row in self.account.store.rows(CATALOGUE[table].collection))


def calls(account: Account) -> Counter[str]:
    """Return how often each operation has been called."""
    return Counter(call.operation for call in account.emulator.calls)


def event_names(account: Account) -> list[str]:
    return [event.name for event in account.events]
