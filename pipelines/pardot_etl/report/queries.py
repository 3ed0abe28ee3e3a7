"""What the page asks of the published database: read-only, by column name, content with whatever is there.

A table or column that is missing makes its answer empty, never an error: a page about a first, partial load
is still a page. Times leave SQL as whole microseconds since 1970, so that no session zone can bend them and
none is rounded across the edge of a period.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pardot.naming import quote_identifier
from pardot_etl.database import connect
from pardot_etl.report.formats import ratio

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
FACTS = "visitor_activities_enriched"


@dataclass(frozen=True)
class Extent:
    """The earliest and the latest activity; every period of the page ends at the latest."""

    first_at: datetime
    last_at: datetime
    undated: int


@dataclass(frozen=True)
class ActivitySpan:
    """One stretch of days, counted back from the latest activity."""

    activities: int = 0
    active_prospects: int = 0
    engaged_prospects: int = 0
    successes: int = 0


@dataclass(frozen=True)
class EmailTotals:
    """List emails that went out in one stretch of time, and all that has come of them so far."""

    emails: int = 0
    sent: int = 0
    delivered: int = 0
    unique_opens: int = 0
    unique_clicks: int = 0
    opt_outs: int = 0

    def open_rate(self) -> float | None:
        return ratio(self.unique_opens, self.delivered)

    def ctor(self) -> float | None:
        return ratio(self.unique_clicks, self.unique_opens)

    def opt_out_rate(self) -> float | None:
        return ratio(self.opt_outs, self.delivered)


@dataclass(frozen=True)
class DayCount:
    on: date
    type: int | None
    activities: int


@dataclass(frozen=True)
class ListEmail:
    id: int
    name: str | None
    campaign_name: str | None
    sent_at: datetime
    sent: int
    delivered: int
    unique_opens: int
    unique_clicks: int


@dataclass(frozen=True)
class Ranked:
    """A campaign or prospect account by what people did in the period."""

    id: int
    name: str | None
    engagements: int
    prospects: int
    clicks: int
    successes: int


@dataclass(frozen=True)
class TableRows:
    name: str
    rows: int
    newest_at: datetime | None


@dataclass(frozen=True)
class UnmatchedKey:
    """Activities that name a row which is not in its table; `keys` is None when there is no such table."""

    column: str
    table: str
    activities: int
    keys: int | None


@dataclass(frozen=True)
class Load:
    id: str
    finished_at: datetime | None
    status: int | None


@dataclass(frozen=True)
class RejectedRows:
    object: str
    rows: int
    newest_at: datetime | None


@dataclass(frozen=True)
class MetricNote:
    model: str
    name: str
    formula: str
    grain: str
    caveat: str | None


class Published:
    """A DuckDB file with raw and reporting tables, open for reading and cut off from everything else."""

    def __init__(self, connection: DuckDBPyConnection, *, marts_schema: str, raw_schema: str) -> None:
        self._connection = connection
        self._marts = marts_schema
        self._raw = raw_schema
        [(catalog,)] = connection.execute("SELECT current_database()").fetchall()
        # A file called pardot.duckdb is a catalog called pardot: its schema pardot is only found by its full name.
        self._catalog = quote_identifier(catalog)
        self._columns: dict[tuple[str, str], set[str]] = {}
        for schema, table, column in connection.execute(
            "SELECT table_schema, table_name, column_name FROM information_schema.columns "
            "WHERE table_catalog = current_database() AND table_schema IN (?, ?)",
            [marts_schema, raw_schema],
        ).fetchall():
            self._columns.setdefault((schema, table), set()).add(column)

    @property
    def has_marts(self) -> bool:
        """Whether there is any reporting table."""
        return any(schema == self._marts for schema, _ in self._columns)

    def mart(self, table: str, *columns: str) -> str | None:
        """Return the quoted name of a reporting table that has these columns, or None."""
        return self._known(self._marts, table, columns)

    def raw(self, table: str, *columns: str) -> str | None:
        """Return the quoted name of a raw table that has these columns, or None."""
        return self._known(self._raw, table, columns)

    def raw_tables(self) -> dict[str, str]:
        """Return the data tables of the raw schema with their quoted names; dlt's bookkeeping and ours is left out."""
        names = sorted(table for schema, table in self._columns if schema == self._raw)
        return {name: self._quoted(self._raw, name) for name in names if not name.startswith("_")}

    def rows(self, sql: str, parameters: Sequence[Any] = (), **fragments: str) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT whose `{places}` are filled with SQL, such as quoted names."""
        return self._connection.execute(sql.format_map(fragments), list(parameters)).fetchall()

    def _known(self, schema: str, table: str, columns: Sequence[str]) -> str | None:
        known = self._columns.get((schema, table))
        if known is None or not known.issuperset(columns):
            return None
        return self._quoted(schema, table)

    def _quoted(self, schema: str, table: str) -> str:
        return f"{self._catalog}.{quote_identifier(schema)}.{quote_identifier(table)}"


@contextmanager
def open_published(path: Path, *, marts_schema: str, raw_schema: str) -> Iterator[Published]:
    """Open the database for reading only; SQL can reach no other file and no network.

    Raises:
        StorageError: there is no such file, or it is no DuckDB database.
    """
    with connect(path, read_only=True) as connection:
        connection.execute("SET enable_external_access = false")
        yield Published(connection, marts_schema=marts_schema, raw_schema=raw_schema)


def extent(db: Published) -> Extent | None:
    """Return the stretch of time that the activities cover; None without any dated activity."""
    table = db.mart(FACTS, "created_at_utc")
    if table is None:
        return None
    [(first, last, undated)] = db.rows(
        "SELECT epoch_us(min(created_at_utc)), epoch_us(max(created_at_utc)), "
        "count(*) - count(created_at_utc) FROM {t}",
        t=table,
    )
    return None if last is None else Extent(_moment(first), _moment(last), int(undated))


def activity_spans(db: Published, until: datetime, *, days: int, spans: int) -> list[ActivitySpan]:
    """Return what happened in each of the latest stretches of `days` times 24 hours, newest first.

    The older end of a stretch belongs to the one before it, as in the reporting tables.
    """
    table = db.mart(FACTS, "created_at_utc", "type", "prospect_id", "is_engagement")
    if table is None:
        return []
    found = db.rows(
        """
        SELECT
            (? - epoch_us(created_at_utc)) // ? AS span,
            count(*),
            count(DISTINCT prospect_id),
            count(DISTINCT CASE WHEN is_engagement THEN prospect_id END),
            count(CASE WHEN type = 4 THEN 1 END)
        FROM {t}
        WHERE created_at_utc IS NOT NULL AND epoch_us(created_at_utc) > ?
        GROUP BY span
        """,
        [*_span(until, days), _microseconds(until - timedelta(days=days * spans))],
        t=table,
    )
    by_span = {int(span): ActivitySpan(*map(int, counts)) for span, *counts in found}
    return [by_span.get(span, ActivitySpan()) for span in range(spans)]


_FIRST_SENDS = "SELECT list_email_id, min(created_at) AS at FROM {facts} WHERE type = 6 GROUP BY list_email_id"
_MAILINGS = """
    SELECT e.*, epoch_us(coalesce(e.sent_at, f.at)) AS went_out
    FROM {emails} AS e
    LEFT JOIN ({first_sends}) AS f ON f.list_email_id = e.list_email_id
    WHERE e.sent > 0
"""
"""List emails with a send that is loaded; without one, their opens would be a share of nothing."""


def _mailings(db: Published) -> str | None:
    """Return a SELECT of the list emails and when they went out, or None where a table is missing."""
    emails = db.mart(
        "email_performance", "list_email_id", "name", "campaign_name", "sent_at", "sent", "delivered",
        "unique_opens", "unique_clicks", "opt_outs",
    )  # fmt: skip
    facts = db.mart(FACTS, "list_email_id", "type", "created_at")
    if emails is None or facts is None:
        return None
    return _MAILINGS.format(emails=emails, first_sends=_FIRST_SENDS.format(facts=facts))


def email_spans(db: Published, until: datetime, *, days: int, spans: int) -> list[EmailTotals]:
    """Return the list emails that went out in each of the latest stretches of days, newest first."""
    mailings = _mailings(db)
    if mailings is None:
        return []
    found = db.rows(
        "SELECT (? - went_out) // ? AS span, count(*), sum(sent), sum(delivered), sum(unique_opens), "
        "sum(unique_clicks), sum(opt_outs) FROM ({mailings}) WHERE went_out <= ? GROUP BY span",
        [*_span(until, days), _microseconds(until)],
        mailings=mailings,
    )
    by_span = {int(span): EmailTotals(*map(int, sums)) for span, *sums in found if span is not None}
    return [by_span.get(span, EmailTotals()) for span in range(spans)]


def top_list_emails(db: Published, until: datetime, *, days: int, limit: int) -> list[ListEmail]:
    """Return the list emails of the latest days that most prospects clicked in."""
    mailings = _mailings(db)
    if mailings is None:
        return []
    found = db.rows(
        "SELECT list_email_id, name, campaign_name, went_out, sent, delivered, unique_opens, unique_clicks "
        "FROM ({mailings}) WHERE went_out > ? AND went_out <= ? "
        "ORDER BY unique_clicks DESC, unique_opens DESC, delivered DESC, list_email_id LIMIT ?",
        [_microseconds(until - timedelta(days=days)), _microseconds(until), limit],
        mailings=mailings,
    )
    return [ListEmail(id, name, campaign, _moment(at), *map(int, n)) for id, name, campaign, at, *n in found]


def days_by_type(db: Published, since: date) -> list[DayCount]:
    """Return the activities of each UTC day from `since` on, by type."""
    table = db.mart("daily_activity", "created_on", "type", "activities")
    if table is None:
        return []
    return [
        DayCount(on, kind, int(activities))
        for on, kind, activities in db.rows(
            "SELECT created_on, type, sum(activities) FROM {t} WHERE created_on >= ? "
            "GROUP BY created_on, type ORDER BY created_on, type",
            [since],
            t=table,
        )
    ]


def top_campaigns(db: Published, until: datetime, *, days: int, limit: int) -> list[Ranked]:
    """Return the campaigns in whose name people did most."""
    return _ranked(db, until, "campaign_id", "campaign_name", days, limit)


def top_accounts(db: Published, until: datetime, *, days: int, limit: int) -> list[Ranked]:
    """Return the prospect accounts whose people did most."""
    return _ranked(db, until, "prospect_account_id", "prospect_account_name", days, limit)


def _ranked(db: Published, until: datetime, key: str, name: str, days: int, limit: int) -> list[Ranked]:
    table = db.mart(FACTS, key, name, "created_at_utc", "type", "prospect_id", "is_engagement")
    if table is None:
        return []
    found = db.rows(
        """
        SELECT
            {key},
            max({name}),
            count(*) AS engagements,
            count(DISTINCT prospect_id) AS prospects,
            count(CASE WHEN type = 1 THEN 1 END),
            count(CASE WHEN type = 4 THEN 1 END)
        FROM {t}
        WHERE is_engagement AND {key} IS NOT NULL AND epoch_us(created_at_utc) > ?
        GROUP BY {key}
        ORDER BY engagements DESC, prospects DESC, {key}
        LIMIT ?
        """,
        [_microseconds(until - timedelta(days=days)), limit],
        t=table,
        key=key,
        name=name,
    )
    return [Ranked(id, text, *map(int, counts)) for id, text, *counts in found]


def table_rows(db: Published) -> list[TableRows]:
    """Return the size of every raw table and its newest row, by the last change or else the creation."""
    found = []
    for name, table in db.raw_tables().items():
        stamps = [column for column in ("updated_at", "created_at", "sent_at", "rejected_at") if db.raw(name, column)]
        newest = f"epoch_us(max({stamps[0]}))" if stamps else "NULL"
        [(rows, at)] = db.rows("SELECT count(*), {newest} FROM {t}", t=table, newest=newest)
        found.append(TableRows(name, int(rows), _optional_moment(at)))
    return found


def unmatched_keys(db: Published) -> list[UnmatchedKey]:
    """Return which ids in activities name a row that is not loaded."""
    found = []
    for column, name in (
        ("prospect_id", "prospects"),
        ("campaign_id", "campaigns"),
        ("list_email_id", "list_emails"),
        ("form_id", "forms"),
        ("landing_page_id", "landing_pages"),
    ):
        facts, table = db.raw("visitor_activities", column), db.raw(name, "id")
        if facts is None:
            continue
        if table is None:
            [(activities,)] = db.rows("SELECT count({key}) FROM {facts}", key=column, facts=facts)
            found.append(UnmatchedKey(column, name, int(activities), None))
            continue
        [(activities, keys)] = db.rows(
            "SELECT count(*), count(DISTINCT {key}) FROM {facts} WHERE {key} NOT IN (SELECT id FROM {t})",
            key=column,
            facts=facts,
            t=table,
        )
        found.append(UnmatchedKey(column, name, int(activities), int(keys)))
    return found


def last_loads(db: Published, limit: int) -> list[Load]:
    """Return the latest load packages, newest first."""
    table = db.raw("_dlt_loads", "load_id", "inserted_at", "status")
    if table is None:
        return []
    return [
        Load(str(id), _optional_moment(at), None if status is None else int(status))
        for id, at, status in db.rows(
            "SELECT load_id, epoch_us(inserted_at), status FROM {t} ORDER BY inserted_at DESC, load_id DESC LIMIT ?",
            [limit],
            t=table,
        )
    ]


def rejected_rows(db: Published) -> list[RejectedRows]:
    """Return how many rows were set aside for each object; never their text."""
    table = db.raw("rejected_rows", "object", "rejected_at", "is_loaded")
    if table is None:
        return []
    return [
        RejectedRows(str(name), int(rows), _optional_moment(at))
        for name, rows, at in db.rows(
            "SELECT object, count(*), epoch_us(max(rejected_at)) FROM {t} "
            "WHERE NOT coalesce(is_loaded, false) GROUP BY object ORDER BY object",
            t=table,
        )
    ]


def metric_notes(db: Published) -> list[MetricNote]:
    """Return the metric dictionary, table by table in its own order."""
    table = db.mart("metric_dictionary", "model", "name", "formula", "grain", "caveat")
    if table is None:
        return []
    return [MetricNote(*row) for row in db.rows("SELECT model, name, formula, grain, caveat FROM {t}", t=table)]


def _span(until: datetime, days: int) -> list[int]:
    """Return the two parameters that turn an instant into the number of its stretch, 0 being the latest."""
    return [_microseconds(until), timedelta(days=days) // _MICROSECOND]


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _optional_moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _moment(microseconds)
