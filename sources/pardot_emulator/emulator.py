"""The emulator as a thing to start, look into, and stop."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from zoneinfo import ZoneInfo

from pardot_emulator.api import Api
from pardot_emulator.auth import Authority, Credentials
from pardot_emulator.behaviour import Behaviour
from pardot_emulator.clock import Clock, SystemClock
from pardot_emulator.exports import Export, Polls, Seconds
from pardot_emulator.faults import Faults
from pardot_emulator.limits import Limits
from pardot_emulator.server import Call, EmulatorServer
from pardot_emulator.store import Store


class Emulator:
    """Account Engagement (Pardot) on the loopback interface, over an account of your making.

    What it imitates: the token endpoint of the Salesforce login host with six flows, and the two pages that a
    person sees; version 5 queries, reads, the account and the Export API, with their errors, limits, page chains,
    queue, expiry and recycle bin; the same of versions 3 and 4, see ``pardot_emulator.legacy``.

    What it does not imitate: everything that writes (create, update, delete, undelete, tags, merges: change the
    store instead); imports, bulk actions and external activities beyond listing what the store holds; abilities of
    users and access rules (``Pardot-Warning: 202`` comes as a planned fault); the wrong-host form of error 201;
    stale reads other than a cache of whole answers; gateway time-outs of its own accord (plan a fault); HTTPS.

    Args:
        store: the rows of the account; stays open when the emulator closes.
        behaviour: one reading of what the documentation leaves open.
        clock: every date, expiry and reset follows it; the machine's by default.
        port: 0 takes a free one.
        page_ceiling: records after which a chain of pages ends.
        daily_limit: calls per day of the account.
        minute_limit: calls per minute; the real number is not published, none by default.
        max_concurrent: requests at once.
        min_file_bytes: smallest accepted ``maxFileSizeBytes``. The API's own is 10,000,000; a test that wants
            several files from few rows lowers it.
        workdir: where result files are kept; a temporary folder by default.
        processing: how long an export takes, in reads or in seconds of the clock.
        credentials: what logins are accepted.
    """

    def __init__(
        self,
        store: Store,
        *,
        behaviour: Behaviour | None = None,
        clock: Clock | None = None,
        port: int = 0,
        page_ceiling: int = 100_000,
        daily_limit: int = 100_000,
        minute_limit: int | None = None,
        max_concurrent: int = 5,
        min_file_bytes: int = 10_000_000,
        workdir: Path | None = None,
        processing: Polls | Seconds | None = None,
        credentials: Credentials | None = None,
    ) -> None:
        self.store = store
        self.behaviour = behaviour or Behaviour()
        self.clock = clock or SystemClock()
        self.credentials = credentials or Credentials()
        self._server = EmulatorServer(port)  # first, as the port may be taken
        self._own_workdir = tempfile.TemporaryDirectory(prefix="pardot-emulator-") if workdir is None else None
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._server.api = Api(
            store=store,
            behaviour=self.behaviour,
            clock=self.clock,
            authority=Authority(self.credentials, self.behaviour, self.clock, self.url),
            limits=Limits(
                self.clock,
                ZoneInfo(self.behaviour.account_zone),
                daily=daily_limit,
                per_minute=minute_limit,
                at_once=max_concurrent,
            ),
            workdir=Path(self._own_workdir.name) if self._own_workdir else Path(workdir or "."),
            processing=processing or Polls(),
            page_ceiling=page_ceiling,
            min_file_bytes=min_file_bytes,
            base_url=self.url,
        )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Emulator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if error is None:
            self.raise_problems()

    def close(self) -> None:
        """Stop listening, drop every connection, remove the result files. Doing so twice is harmless."""
        if not self._thread.is_alive():
            return
        self._server.shutdown()
        self._thread.join()
        self._server.disconnect()
        self._server.server_close()
        self._server.api.exports.close()
        if self._own_workdir is not None:
            self._own_workdir.cleanup()

    def raise_problems(self) -> None:
        """Raise if the emulator itself has failed: its answer 183 must not pass for Account Engagement's."""
        problems = [*self._server.problems, *(each.problem for each in self.exports if each.problem)]
        if problems:
            raise RuntimeError(f"the emulator itself failed {len(problems)} times") from problems[0]

    def forgive_problems(self) -> None:
        """Forget failures of the emulator itself, where a test has provoked them."""
        self._server.problems.clear()

    # -- how to reach it

    @property
    def business_unit_id(self) -> str:
        """The only business unit there is."""
        return self.credentials.business_unit_id

    def environment(self) -> dict[str, str]:
        """Return the settings of a pipeline that should talk to this emulator, as environment variables."""
        return {
            "SOURCES__PARDOT__BUSINESS_UNIT_ID": self.business_unit_id,
            "SOURCES__PARDOT__API_URL": self.url,
            "SOURCES__PARDOT__LOGIN_URL": self.url,
            "SOURCES__PARDOT__CREDENTIALS__CLIENT_ID": self.credentials.client_id,
            "SOURCES__PARDOT__CREDENTIALS__CLIENT_SECRET": self.credentials.client_secret,
            "SOURCES__PARDOT__CREDENTIALS__REFRESH_TOKEN": self.credentials.refresh_token,
            "SOURCES__PARDOT__POLL_SECONDS": "0.01",
        }

    # -- what has happened

    @property
    def faults(self) -> Faults:
        """The plan of faults."""
        return self._server.faults

    @property
    def calls(self) -> Sequence[Call]:
        """Every request so far, in the order of their answers."""
        return tuple(self._server.calls)

    @property
    def calls_used(self) -> int:
        """Calls charged to the allowance since the start."""
        return self.limits.used_in_all

    @property
    def max_in_flight_seen(self) -> int:
        """The largest number of API requests handled at once."""
        return self.limits.max_in_flight_seen

    @property
    def limits(self) -> Limits:
        """The counters of the account."""
        return self._server.api.limits

    @property
    def exports(self) -> list[Export]:
        """Every export, oldest first."""
        return self._server.api.exports.all()

    @property
    def logins(self) -> int:
        """Access tokens issued so far."""
        return self._server.api.authority.logins

    def expire_tokens(self) -> None:
        """End the life of every access token, as a session time-out would."""
        self._server.api.authority.expire_tokens()

    def revoke_refresh_tokens(self) -> None:
        """Revoke every refresh token issued so far, as an administrator can."""
        self._server.api.authority.revoke_refresh_tokens()

    def secrets(self) -> list[str]:
        """Return every secret accepted or issued so far: none may be found in a log, a file or a table."""
        return self._server.api.authority.secrets()
