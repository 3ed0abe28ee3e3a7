"""`pardot-etl check`: is everything in order, and if not, whose side is it on and what mends it.

Local things first, then Pardot with the fewest calls: one login, then one call per ability, whose answers
also tell the allowance, the clock and the offset. Nothing is written, here or there, but a refresh token that the login
replaced: the old one may be good for nothing.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ..terminal import duration, size

if TYPE_CHECKING:
    from pardot.settings import Settings

    from ..configuration import Places

Answer = TypeVar("Answer")

SMALLEST_FREE_BYTES: Final = 200_000_000
"""Below this a run is not begun in good faith: a result file alone may be 200 MB (Export API v5 guide)."""
COMFORTABLE_FREE_BYTES: Final = 2_000_000_000
LARGEST_SKEW_SECONDS: Final = 120.0
"""Salesforce refuses JWT assertions whose expiry is more than some minutes away from its own clock."""
SEVERITY: Final = (2, 1, 75, 0)
"""Which exit code wins when several checks fail: what a person must mend comes before what time mends."""

_ABILITY: Final = "In Salesforce, give the API user's role this permission, or use another user"


@dataclass(frozen=True)
class Finding:
    """The outcome of one check."""

    name: str
    detail: str
    exit_code: int = 0
    """0 when all is well, else what `check` should end with for this alone."""
    fix: str = ""
    """What to do; also given with a warning, which does not fail."""
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_ok(self) -> bool:
        return self.exit_code == 0

    def lines(self) -> list[str]:
        """Return the finding as text: one line, then indented notes."""
        fix = f" → {self.fix}" if self.fix else ""
        head = f"{'✓' if self.is_ok else '✗'} {self.name:<14} {self.detail}{fix}"
        width = max(map(len, self.notes), default=0)
        return [head, *(f"    {name:<{width}}  {place}" for name, place in self.notes.items())]

    def to_json(self) -> dict[str, Any]:
        """Return the finding as plain JSON values."""
        return {
            "name": self.name,
            "ok": self.is_ok,
            "detail": self.detail,
            "fix": self.fix,
            "exit_code": self.exit_code,
            "notes": dict(self.notes),
        }


def worst(findings: Sequence[Finding]) -> int:
    """Return the exit code for all findings together."""
    codes = {finding.exit_code for finding in findings}
    return next((code for code in SEVERITY if code in codes), 1 if codes else 0)


def iter_findings() -> Iterator[Finding]:
    """Yield each finding as soon as it is known; at most four calls leave this machine."""
    from pardot.errors import SettingsError
    from pardot.settings import load_settings

    from ..configuration import load_places

    try:
        yield check_folder()
    except SettingsError as error:  # nothing can be looked up
        yield from (Finding("folder", problem, error.exit_code) for problem in error.problems)
        return
    settings: Settings | None = None
    places: Places | None = None
    try:
        settings = load_settings()
        yield _settings_found(settings)
    except SettingsError as error:
        yield from (Finding("settings", problem, error.exit_code) for problem in error.problems)
    try:
        places = load_places()
    except SettingsError as error:
        yield from (Finding("places", problem, error.exit_code) for problem in error.problems)
    if places:
        yield Finding("places", _where(places), notes=places.provenance)
        yield from check_disk(places)
        yield check_lock(places)
        yield check_database("working file", places.working_database, is_written=True)
        yield check_database("published file", places.published_database, is_written=False)
    if settings:
        yield from check_pardot(settings, places)


# What is on this machine.


def check_folder() -> Finding:
    """Say which settings folder counts, and whether others can read the secrets in it or in dlt's own folder.

    Raises:
        SettingsError: a settings file cannot be read.
    """
    from pardot.settings_lookup import run_context

    context = run_context().context
    folder = Path(context.settings_dir).absolute()
    for secrets in (folder / "secrets.toml", Path(context.global_dir).absolute() / "secrets.toml"):
        mode = secrets.stat().st_mode if secrets.is_file() else 0
        if mode & 0o077:
            return Finding(
                "folder",
                f"{folder}; others can read {secrets} (mode {mode & 0o777:03o})",
                fix=f"chmod 600 {secrets}",
            )
    if not folder.is_dir():
        return Finding("folder", f"{folder} does not exist; settings can still come from the environment")
    return Finding("folder", f"{folder}")


def _settings_found(settings: Settings) -> Finding:
    return Finding(
        "settings",
        f"{len(settings.provenance)} found; {settings.environment}, version {settings.api_version}",
        notes={f"sources.pardot.{name}": place for name, place in settings.provenance.items()},
    )


def _where(places: Places) -> str:
    parquet = f", Parquet in {places.published_parquet}" if places.published_parquet else ""
    return f"work in {places.working_database}, publish to {places.published_database}{parquet}"


def check_disk(places: Places) -> Iterator[Finding]:
    """Yield one finding per folder that a run writes to; tries each by a file without a name."""
    wanted = [places.own_folder, places.working_database.parent, places.published_database.parent]
    if places.published_parquet:
        wanted.append(places.published_parquet.parent)
    for folder in dict.fromkeys(wanted):
        yield _check_writable(folder, is_private=folder == places.own_folder)


def _check_writable(folder: Path, *, is_private: bool) -> Finding:
    existing = next(place for place in (folder, *folder.parents) if place.is_dir())
    try:
        with tempfile.TemporaryFile(dir=existing):
            free = shutil.disk_usage(existing).free
    except OSError as problem:
        return Finding(
            "disk",
            f"{existing} cannot be written: {problem.strerror}",
            1,
            "mend its owner, mode or mount, or move the files",
        )
    space = f"{folder}: {size(free)} free"
    if free < SMALLEST_FREE_BYTES:
        return Finding("disk", space, 1, "free some space before the next run")
    if free < COMFORTABLE_FREE_BYTES:
        return Finding("disk", space, fix="this is little; a copy of the database is written at each run")
    if is_private and existing == folder and folder.stat().st_mode & 0o077:
        return Finding("disk", f"{space}; others can read it", fix=f"chmod 700 {folder}")
    return Finding("disk", f"{space}, writable")


def check_lock(places: Places) -> Finding:
    """Say whether a run is active, without getting in its way."""
    for path in places.lock_files():
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            continue
        except OSError:
            return Finding("lock", f"another run is active ({_holder(path)})", 75, "wait for it to end")
    return Finding("lock", "free")


def _holder(path: Path) -> str:
    """Return who holds a lock, as the holder wrote it down."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        return f"process {facts['pid']} on {facts['host']} since {facts['started_at']}"
    except (OSError, ValueError, KeyError, TypeError):
        return str(path)


def check_database(name: str, path: Path, *, is_written: bool) -> Finding:
    """Say whether a DuckDB file can be opened, and by which versions.

    Args:
        is_written: whether a run writes to it; then nobody else may have it open, not even to read.
    """
    import duckdb

    if not path.exists():
        return Finding(name, f"{path.name} does not exist yet; the first run makes it")
    try:
        with duckdb.connect(str(path), read_only=True) as db:
            tags = db.execute("SELECT tags['storage_version'] FROM duckdb_databases() WHERE NOT internal").fetchone()
    except duckdb.Error as error:
        reason = str(error).strip().splitlines()[0]
        if "lock on file" in reason:
            return _held(name, path)
        return Finding(
            name,
            f"{path.name} cannot be opened by DuckDB {duckdb.__version__}: {reason}",
            1,
            "update duckdb if a newer one wrote it; else move it away, and the next run reads all again",
        )
    if is_written and _is_open_elsewhere(path):
        return _held(name, path)
    storage = tags[0] if tags and tags[0] else "unknown"
    return Finding(
        name,
        f"{path.name}, {size(path.stat().st_size)}, storage {storage}, opened by DuckDB {duckdb.__version__}",
    )


def _held(name: str, path: Path) -> Finding:
    return Finding(name, f"{path.name} is held by another program", 75, "close it, or wait for the run to end")


def _is_open_elsewhere(path: Path) -> bool:
    """Whether DuckDB could not open a file for writing now; asks for its lock and leaves the file alone."""
    try:
        with path.open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # who may not write it is told by a run
        return False
    return False


# What is at Pardot's.


def check_pardot(settings: Settings, places: Places | None) -> Iterator[Finding]:
    """Yield what Pardot says: login, business unit, abilities, allowance, clock, offset."""
    from pardot.api.allowance import Allowance
    from pardot.api.credentials import TokenProvider
    from pardot.api.retry import RetryPolicy
    from pardot.api.token_store import TokenStore
    from pardot.api.transport import Transport
    from pardot.dialects.choose import dialect_of
    from pardot.errors import PardotError
    from pardot.events import log_event

    # Someone is waiting for the answer, so an unreachable host is tried twice and not for minutes.
    policy = RetryPolicy(max_attempts=2)
    kept = TokenStore(places.logins(settings.business_unit_id)) if places else None
    tokens = TokenProvider(settings, refresh_tokens=kept, policy=policy)
    method = _METHODS[tokens.method]
    allowance = Allowance()
    with closing(Transport(settings, tokens, allowance, policy=policy)) as transport:
        try:
            tokens.token()
        except PardotError as error:
            failed = _failed("login", error)
            yield Finding("login", f"by {method}: {failed.detail}", failed.exit_code)
            return
        yield Finding("login", f"{settings.login_url} gave a token, by {method}")
        abilities = _Abilities()
        dialect = dialect_of(settings, transport, log_event)
        allowance.learn_account(abilities.read("account", dialect.account) or {})
        if abilities.is_unit_refused:
            yield _failed("business unit", abilities.problems["account"])
            return
        yield Finding("business unit", f"{settings.api_url} knows {settings.business_unit_id}")
        stamp = abilities.read("visitor activities", dialect.activity_time)
        abilities.read("exports", dialect.exports.recent)
        yield from abilities.findings()
        yield check_allowance(settings, allowance.used, allowance.maximum)
        yield check_clock(transport.clock_skew_seconds)
        yield check_offset(settings, stamp)


class _Abilities:
    """Tries what a run needs, one small call each, and remembers what was refused."""

    def __init__(self) -> None:
        self.problems: dict[str, Exception] = {}
        self._tried: list[str] = []

    def read(self, name: str, ask: Callable[[], Answer]) -> Answer | None:
        """Return what one call brought, None when it was refused."""
        from pardot.errors import PardotError

        self._tried.append(name)
        try:
            return ask()
        except PardotError as error:
            self.problems[name] = error
            return None

    @property
    def is_unit_refused(self) -> bool:
        """Whether the first answer was about the unit, the token or the host, not about a permission."""
        problem = self.problems.get("account")
        return problem is not None and getattr(problem, "code", None) not in _PERMISSION_CODES

    def findings(self) -> Iterator[Finding]:
        """Yield one finding per ability."""
        for name in self._tried:
            problem = self.problems.get(name)
            if problem is None:
                yield Finding("ability", f"may read {name}")
            elif name == "account":
                # A run goes on without it; only the allowance stays unknown.
                yield Finding(
                    "ability",
                    "may not read the account, so the allowance is not known before a run",
                    fix=_ABILITY,
                )
            elif getattr(problem, "code", None) in _PERMISSION_CODES:
                yield Finding(
                    "ability",
                    f"may not read {name} (Pardot code {getattr(problem, 'code', None)})",
                    2,
                    _ABILITY,
                )
            else:
                yield _failed("ability", problem)


_METHODS: Final = {
    "refresh_token": "refresh token",
    "password": "user name and password",
    "jwt_bearer": "JWT bearer (private key)",
    "client_credentials": "client credentials",
    "stored": "the login that `pardot-etl login` stored",
}
"""Login method -> its name for people."""

_PERMISSION_CODES: Final = (46, 49, 76)
"""Lacks the ability; access denied; the API is off. Source: Pardot API guide, error codes."""


def check_allowance(settings: Settings, used: int | None, maximum: int | None) -> Finding:
    """Say what is left of today's calls, and of our share of them."""
    from pardot.api.allowance import Allowance

    share = Allowance(settings.max_daily_calls, settings.reserve_percent)
    if used is not None:
        share.learn(used, maximum)
    allowed = share.allowed
    if used is None or allowed is None:
        return Finding("allowance", "unknown; Pardot tells it with the first answers of a run")
    of = f" of {maximum:,}" if maximum is not None else ""
    detail = f"{used:,}{of} calls used today, we stop at {allowed:,}"
    if used >= allowed:
        fix = "wait for midnight in the account's time zone, or change max_daily_calls or reserve_percent"
        return Finding("allowance", detail, 75, fix)
    return Finding("allowance", f"{detail}; {allowed - used:,} left for us")


def check_clock(skew_seconds: float | None) -> Finding:
    """Compare this machine's clock with the `Date` of Pardot's answers."""
    if skew_seconds is None:
        return Finding("clock", "unknown, no answer carried a date")
    way = "ahead of" if skew_seconds > 0 else "behind"
    detail = f"{duration(abs(skew_seconds))} {way} Pardot's"
    if abs(skew_seconds) > LARGEST_SKEW_SECONDS:
        return Finding(
            "clock", detail, 1, "set this machine's clock (NTP); logins by private key fail with a wrong one"
        )
    return Finding("clock", detail)


def check_offset(settings: Settings, stamp: str | None) -> Finding:
    """Say how times are read; an offset in an answer is compared with the configured time zone at that very moment."""
    if settings.api_version != 5:
        return Finding("time zone", f"times carry no offset, so they are read on the clock of {settings.time_zone}")
    moment = _parse(stamp)
    offset = None if moment is None else moment.utcoffset()
    if moment is None or offset is None:
        return Finding("time zone", "no visitor activity to read an offset from")
    shown = f"{moment:%z}"[:3] + ":" + f"{moment:%z}"[3:5]
    if settings.time_zone is None:
        return Finding("time zone", f"answers carry {shown}; none is configured, and version 5 needs none")
    if _offset_of(settings.time_zone, moment) != offset:
        return Finding(
            "time zone",
            f"answers carry {shown}, which {settings.time_zone} does not have at that moment",
            0,
            "set sources.pardot.time_zone to the API user's zone, or remove it",
        )
    return Finding("time zone", f"answers carry {shown}, as {settings.time_zone} should")


def _offset_of(zone: str, moment: datetime) -> timedelta | None:
    from zoneinfo import ZoneInfo

    return moment.astimezone(ZoneInfo(zone)).utcoffset()


def _parse(stamp: str | None) -> datetime | None:
    text = (stamp or "").strip().replace("Z", "+00:00")
    if len(text) > 5 and text[-5] in "+-" and text[-4:].isdigit():
        text = f"{text[:-2]}:{text[-2:]}"  # Python 3.10 reads no offset without a colon
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _failed(name: str, error: Exception) -> Finding:
    """Return a finding for an error of ours, whose text says what to do itself."""
    return Finding(name, str(error), int(getattr(error, "exit_code", 1)))
