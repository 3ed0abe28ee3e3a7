"""`pardot-etl discover`: what there is to read, what this login gets of it, and what of that is stored here.

Every object that the version of the API has is asked for one row with all its fields: one call, and about two more for
each field that is refused, to find out which. Nothing is written, here or there, but a refresh token that the login
replaced.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from .check import SEVERITY

if TYPE_CHECKING:
    import duckdb

    from pardot.api.allowance import Allowance
    from pardot.catalogue import Entry, Field
    from pardot.dialects.dialect import Dialect
    from pardot.errors import PardotError
    from pardot.settings import Settings

    from ..configuration import Places

ABILITIES: Final[Mapping[str, str]] = {"visitor_activities": "Prospects > Visitors > View"}
"""Table -> the ability that the API's pages name for it; for the other objects they name none.

Source: Account Engagement API v5, VisitorActivity object page; Export API versions 3 and 4, "Abilities".
"""

_ABOVE_ALL_IDS: Final = 2**31 - 1
_LINE_WIDTH: Final = 110


@dataclass(frozen=True)
class Stored:
    """One raw table of the local database."""

    rows: int
    columns: tuple[str, ...]
    """Those that hold fields: without dlt's own, marks and texts of cells that did not fit."""


@dataclass(frozen=True)
class ObjectFound:
    """What was found out about one object."""

    entry: Entry
    is_selected: bool
    """Whether the settings say that runs load it."""
    stored: Stored | None
    custom: tuple[Field, ...] | None = ()
    """The account's own fields of this object; None when this login may not list them."""
    refused: tuple[str, ...] = ()
    """Fields that the query does not take from this login."""
    was_asked: bool = False
    """Whether a query was sent: some objects come by export only, or with the rows of others."""
    problem: PardotError | None = None
    """Why the object was not read."""

    @property
    def is_refused(self) -> bool:
        """Whether that was Pardot's answer; else it is not known what the login may see."""
        from pardot.errors import RejectedRequestError

        return isinstance(self.problem, RejectedRequestError)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The object's fields, the account's own included."""
        return (*self.entry.fields, *(self.custom or ()))

    @property
    def access(self) -> str:
        """What this login may do: `read` it, or `refused`; `not tried` where no query can tell, else `unknown`."""
        if self.problem is not None:
            return "refused" if self.is_refused else "unknown"
        return "read" if self.was_asked else "not tried"

    @property
    def missing(self) -> str | None:
        """The ability that the login lacks, as far as it is documented."""
        if not self.is_refused:
            return None
        return ABILITIES.get(self.entry.table, f"the ability to view {self.entry.table.replace('_', ' ')}")

    @property
    def new_fields(self) -> list[str]:
        """Fields that this login gets and the stored table has no column for."""
        if self.stored is None or self.problem is not None:
            return []
        usable = (each for each in self.fields if each.name not in self.refused)
        return [each.name for each in usable if each.column not in self.stored.columns]

    @property
    def lost_columns(self) -> list[str]:
        """Stored columns that no field of the object or of the account belongs to any more."""
        if self.stored is None or self.problem is not None or self.custom is None:
            return []
        known = {each.column for each in self.fields}
        return [column for column in self.stored.columns if column not in known]

    @property
    def unfilled(self) -> list[str]:
        """Refused fields whose column gets nothing new; a custom field that was never taken has no column."""
        columns = () if self.stored is None else self.stored.columns
        return [each.name for each in self.fields if each.name in self.refused and each.column in columns]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "object": self.entry.table,
            "route": self.entry.route.value,
            "is_selected": self.is_selected,
            "access": self.access,
            "code": getattr(self.problem, "code", None),
            "missing": self.missing,
            "problem": None if self.problem is None else str(self.problem),
            "fields": [each.name for each in self.entry.fields if each.is_asked],
            "custom_fields": None if self.custom is None else [each.name for each in self.custom],
            "refused_fields": list(self.refused),
            "left_out": list(self.entry.left_out),
            "rows_stored": None if self.stored is None else self.stored.rows,
            "columns_stored": None if self.stored is None else len(self.stored.columns),
            "new_fields": self.new_fields,
            "columns_without_field": self.lost_columns,
            "columns_not_filled": self.unfilled,
        }

    def lines(self) -> Iterator[str]:
        """Yield it as text: one line, then its fields."""
        here = "not stored"
        if self.stored is not None:
            here = f"{self.stored.rows:,} rows and {len(self.stored.columns)} columns stored"
        yield f"{self.entry.table}  ({self.entry.route.value})  {self._access_line()}, {here}"
        yield from _listed("fields", [each.name for each in self.entry.fields if each.is_asked])
        if self.custom is None:
            yield from _listed("custom fields", ["not known; this login may not list them"])
        yield from _listed("custom fields", [each.name for each in self.custom or ()])
        yield from _listed("refused", self.refused)

    def difference_lines(self) -> Sequence[str]:
        """Return as text what of a stored or refused object differs from what is stored; nothing when all is alike."""
        found = [
            *_listed("no column yet", self.new_fields),
            *_listed("no field any more", self.lost_columns),
            *_listed("nothing new", self.unfilled),
        ]
        access = f"  {self._access_line()}" if self.problem is not None else ""
        return [f"{self.entry.table}{access}", *found] if found or access else ()

    def _access_line(self) -> str:
        code = getattr(self.problem, "code", None)
        told = {
            "read": "may be read",
            "not tried": "not tried, for no query of its own can tell",
            "refused": f"refused{f' (Pardot code {code})' if code else ''}, missing: {self.missing}",
            "unknown": "could not be asked for",
        }
        return told[self.access]


@dataclass(frozen=True)
class Discovery:
    """What was found out about all objects that were asked for, and what that cost."""

    version: int
    objects: tuple[ObjectFound, ...]
    calls: int
    used: int | None
    """API calls that everyone has used today, as far as known."""
    maximum: int | None
    allowed: int | None
    """The number of calls at which we stop."""
    only_differences: bool = False
    failures: tuple[PardotError, ...] = field(default=())
    """Why objects could not be asked for; a refusal is no failure."""

    @property
    def shown(self) -> list[ObjectFound]:
        """The objects to tell about."""
        if not self.only_differences:
            return list(self.objects)
        return [one for one in self.objects if one.stored is None or one.difference_lines()]

    @property
    def exit_code(self) -> int:
        """0 when every object was asked for, whatever the answers and differences."""
        codes = {failure.exit_code for failure in self.failures}
        return next((code for code in SEVERITY if code in codes), 0)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "api_version": self.version,
            "exit_code": self.exit_code,
            "objects": [one.to_json() for one in self.shown],
            "api_calls": self.calls,
            "calls_used_today": self.used,
            "calls_maximum": self.maximum,
        }

    def lines(self) -> Iterator[str]:
        """Yield it as text, the costs last."""
        yield from (
            self._differences() if self.only_differences else (line for one in self.objects for line in one.lines())
        )
        refused = sum(one.is_refused for one in self.objects)
        known = "" if self.used is None else f"; {self.used:,} used today, by everyone"
        stop = "" if self.allowed is None else f", we stop at {self.allowed:,}"
        yield ""
        yield f"{len(self.objects)} objects, {refused} refused; {self.calls:,} API calls{known}{stop}"

    def _differences(self) -> Iterator[str]:
        """Yield what differs, object by object, then the objects that are not stored."""
        for one in self.shown:
            yield from one.difference_lines()
        missing = [one for one in self.objects if one.stored is None]
        yield from _listed("not stored yet", [one.entry.table for one in missing if one.is_selected])
        yield from _listed("not selected", [one.entry.table for one in missing if not one.is_selected])
        if not self.shown:
            yield "nothing differs: every field that this login gets has its column, and every column its field"


def discover(
    settings: Settings, places: Places, objects: Sequence[str] | None = None, *, only_differences: bool = False
) -> Discovery:
    """Ask for one row of every object and compare the answers with what is stored.

    Args:
        objects: tables; default all that the version of the API has.
        only_differences: tell only about objects that differ from what is stored.

    Raises:
        SettingsError: an object is not known.
        AuthenticationError: the login or the business unit was refused, so nothing else can be asked.
        StorageError: the local database cannot be read.
    """
    from pardot.api.allowance import Allowance
    from pardot.api.credentials import TokenProvider
    from pardot.api.token_store import TokenStore
    from pardot.api.transport import Transport
    from pardot.dialects.choose import dialect_of, entries_of

    entries = entries_of(settings, "all" if objects is None else objects)
    selected = {entry.table for entry in entries_of(settings)}
    stored = read_stored(places)
    allowance = Allowance(settings.max_daily_calls, settings.reserve_percent)
    tokens = TokenProvider(settings, refresh_tokens=TokenStore(places.logins(settings.business_unit_id)))
    with closing(Transport(settings, tokens, allowance)) as transport:
        dialect = dialect_of(settings, transport, lambda _event: None)
        _learn_account(dialect, allowance)
        known = [ObjectFound(entry, entry.table in selected, stored.get(entry.table)) for entry in entries]
        found = tuple(_ask_all(dialect, allowance, known))
    unanswered = {str(one.problem): one.problem for one in found if one.problem is not None and not one.is_refused}
    return Discovery(
        settings.api_version,
        found,
        calls=allowance.calls_made,
        used=allowance.used,
        maximum=allowance.maximum,
        allowed=allowance.allowed,
        only_differences=only_differences,
        failures=tuple(unanswered.values()),
    )


def _learn_account(dialect: Dialect, allowance: Allowance) -> None:
    """Learn the day's calls; a login that may not see them goes on without, any other refusal ends it."""
    from pardot.errors import RejectedRequestError

    try:
        allowance.learn_account(dialect.account())
    except RejectedRequestError as error:
        if error.refuses_login:
            raise


def _ask_all(dialect: Dialect, allowance: Allowance, objects: Sequence[ObjectFound]) -> Iterator[ObjectFound]:
    """Yield each object with Pardot's answers; once the allowance is used up, the others are not asked for."""
    from pardot.errors import LimitReachedError

    end: PardotError | None = None
    for one in objects:
        found = _ask(dialect, allowance, one) if end is None else replace(one, problem=end)
        end = found.problem if isinstance(found.problem, LimitReachedError) else None
        yield found


def _ask(dialect: Dialect, allowance: Allowance, found: ObjectFound) -> ObjectFound:
    """Return an object with Pardot's answers."""
    from pardot.errors import DataError, RejectedRequestError, RequestError

    entry = found.entry
    try:
        if entry.has_custom_fields:
            try:
                found = replace(found, custom=dialect.custom_fields(entry))
            except RejectedRequestError:
                found = replace(found, custom=None)
        calls = allowance.calls_made
        if entry.has_query:
            found = replace(found, refused=_read_one_row(dialect, allowance, entry, found.custom or ()))
        found = replace(found, was_asked=allowance.calls_made > calls)
    except (RequestError, DataError) as error:
        found = replace(found, problem=error)
    return found


def _read_one_row(dialect: Dialect, allowance: Allowance, entry: Entry, custom: Sequence[Field]) -> tuple[str, ...]:
    """Ask for one row with every field and return the names of those that are refused."""
    from pardot.fields import judged

    fields = [each for each in (*entry.fields, *custom) if each.is_asked and not each.needs_export]
    names = [each.name for each in fields if each.name != "id"]
    calls = allowance.calls_made
    refused = tuple(name for name, is_taken in judged(dialect, entry, names) if not is_taken)
    if allowance.calls_made == calls:  # this version refuses no field, so nothing was asked yet
        next(iter(dialect.query(entry, ["id", *names]).iter_pages(above_id=_ABOVE_ALL_IDS)), None)
    return refused


# What is stored.


def read_stored(places: Places) -> Mapping[str, Stored]:
    """Return the raw tables of the working file, or of the published one while a run holds that; empty before any."""
    from ..files.snapshot import read_newest

    return read_newest(places, lambda db: _read_tables(db, places.dataset)) or {}


def _read_tables(db: duckdb.DuckDBPyConnection, dataset: str) -> Mapping[str, Stored]:
    from pardot.catalogue import PURGED_AT
    from pardot.naming import VARIANT_SUFFIX

    from ..files.database import row_counts

    rows = row_counts(db, dataset)
    columns = db.execute(
        "SELECT table_name, column_name FROM duckdb_columns() "
        "WHERE schema_name = ? AND database_name = current_database() ORDER BY column_index",
        [dataset],
    ).fetchall()
    kept: dict[str, list[str]] = {name: [] for name in rows}
    for table, column in columns:
        is_ours = column == PURGED_AT.column or column.startswith("_dlt_") or column.endswith(VARIANT_SUFFIX)
        if table in kept and not is_ours:
            kept[table].append(column)
    return {name: Stored(count, tuple(kept[name])) for name, count in rows.items()}


def _listed(head: str, names: Sequence[str]) -> Iterator[str]:
    """Yield names as indented lines under a head; nothing for no names."""
    import textwrap

    if names:
        indent = f"    {head:<18}"
        yield from textwrap.wrap(
            ", ".join(names),
            _LINE_WIDTH,
            initial_indent=indent,
            subsequent_indent=" " * len(indent),
            break_long_words=False,
            break_on_hyphens=False,
        )
