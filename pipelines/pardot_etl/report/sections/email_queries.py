"""What the section about email asks of the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pardot_etl.report.formats import ratio
from pardot_etl.report.published import FACTS, Published, Window, moment, within
from pardot_etl.report.ranks import TOP

WEAKEST = 3
"""Rows of the ranking from the end."""
LEAST_DELIVERED = 30
"""Below it a click rate says nothing."""
MONTHS = 6
LEAST_RECIPIENTS = 5
"""Domains of fewer people are left out: such a domain may be one person's name."""

_FIRST_SENDS = "SELECT list_email_id, min(created_at) AS at FROM {facts} WHERE type = 6 GROUP BY list_email_id"
_MAILINGS = """
    SELECT e.*, epoch_us(coalesce(e.sent_at, f.at)) AS went_out
    FROM {emails} AS e
    LEFT JOIN ({first_sends}) AS f ON f.list_email_id = e.list_email_id
    WHERE e.sent > 0
"""
"""List emails with a send that is loaded; without one, their opens would be a share of nothing."""

_SUSPECTED = "SELECT list_email_id, sum(suspected_clicks) AS suspected FROM {links} GROUP BY list_email_id"
_UNTOLD = "SELECT NULL AS list_email_id, NULL AS suspected"
_WITH_SUSPECTED = """(
    SELECT m.*, s.suspected FROM ({mailings}) AS m LEFT JOIN ({suspected}) AS s ON s.list_email_id = m.list_email_id
)"""


@dataclass(frozen=True)
class EmailTotals:
    """List emails that went out in one stretch of time, and all that has come of them so far."""

    emails: int = 0
    sent: int = 0
    bounced: int = 0
    delivered: int = 0
    unique_opens: int = 0
    unique_clicks: int = 0
    opt_outs: int = 0
    spam_complaints: int = 0
    clicks: int = 0
    suspected_clicks: int | None = None
    """None where the table that tells them is missing."""

    def open_rate(self) -> float | None:
        return ratio(self.unique_opens, self.delivered)

    def click_rate(self) -> float | None:
        return ratio(self.unique_clicks, self.delivered)

    def ctor(self) -> float | None:
        return ratio(self.unique_clicks, self.unique_opens)

    def suspected_share(self) -> float | None:
        return ratio(self.suspected_clicks, self.clicks)

    def bounce_rate(self) -> float | None:
        return ratio(self.bounced, self.sent)

    def opt_out_rate(self) -> float | None:
        return ratio(self.opt_outs, self.delivered)


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

    @property
    def open_rate(self) -> float | None:
        return ratio(self.unique_opens, self.delivered)

    @property
    def click_rate(self) -> float | None:
        return ratio(self.unique_clicks, self.delivered)

    @property
    def ctor(self) -> float | None:
        return ratio(self.unique_clicks, self.unique_opens)


@dataclass(frozen=True)
class Link:
    link: str | None
    clicks: int
    suspected: int
    emails: int


@dataclass(frozen=True)
class Month:
    starts_on: date
    sent: int
    bounced: int
    spam_complaints: int


@dataclass(frozen=True)
class Domain:
    name: str | None
    sent: int
    bounced: int
    spam_complaints: int


def read_spans(db: Published, window: Window) -> list[EmailTotals]:
    mailings = _mailings(db)
    if mailings is None:
        return []
    links = db.mart("email_link_performance", "list_email_id", "suspected_clicks")
    # A list email without a clicked link has no row there: it has no suspected click either.
    suspected, nothing = (_UNTOLD, "NULL") if links is None else (_SUSPECTED.format(links=links), "0")
    return db.stretches(
        EmailTotals,
        window,
        at="went_out",
        counts="count(*), sum(sent)::BIGINT, sum(bounced)::BIGINT, sum(delivered)::BIGINT, sum(unique_opens)::BIGINT, "
        "sum(unique_clicks)::BIGINT, sum(opt_outs)::BIGINT, sum(spam_complaints)::BIGINT, sum(clicks)::BIGINT, "
        f"sum(coalesce(suspected, {nothing}))::BIGINT",
        source=_WITH_SUSPECTED.format(mailings=mailings, suspected=suspected),
    )


def read_top(db: Published, window: Window) -> list[ListEmail]:
    """Return the list emails that most prospects clicked in."""
    return _list_emails(db, window, "true", "unique_clicks DESC, unique_opens DESC, delivered DESC", TOP)


def read_weakest(db: Published, window: Window, shown: Sequence[int]) -> list[ListEmail]:
    """Return the list emails with the lowest click rates that are not shown already."""
    others = f"list_email_id NOT IN ({', '.join(map(str, map(int, shown)))})" if shown else "true"
    where = f"{others} AND delivered >= {LEAST_DELIVERED}"
    return _list_emails(db, window, where, "unique_clicks::DOUBLE / delivered, delivered DESC", WEAKEST)


def read_links(db: Published, window: Window) -> list[Link]:
    """Return the links with most clicks; what follows the question mark may tell who clicked and is cut off."""
    links = db.mart("email_link_performance", "list_email_id", "link_url", "clicks", "suspected_clicks")
    mailings = _mailings(db)
    if links is None or mailings is None:
        return []
    found = db.rows(
        """
        SELECT
            split_part(split_part(l.link_url, '#', 1), '?', 1) AS link,
            sum(l.clicks) AS clicks,
            sum(l.suspected_clicks),
            count(DISTINCT l.list_email_id)
        FROM {links} AS l
        INNER JOIN ({mailings}) AS m ON m.list_email_id = l.list_email_id
        WHERE m.went_out > ? AND m.went_out <= ?
        GROUP BY link
        ORDER BY clicks DESC, link
        LIMIT ?
        """,
        [*within(window), TOP],
        links=links,
        mailings=mailings,
    )
    return [Link(link, *map(int, counts)) for link, *counts in found]


def read_months(db: Published, until: datetime) -> list[Month]:
    """Return the latest months with a send or bounce, newest first."""
    table = db.mart("deliverability", "month_starts_on", "sent", "bounced", "spam_complaints")
    if table is None:
        return []
    found = db.rows(
        "SELECT month_starts_on, sum(sent), sum(bounced), sum(spam_complaints) FROM {t} "
        "WHERE month_starts_on <= ? GROUP BY month_starts_on ORDER BY month_starts_on DESC LIMIT ?",
        [until.date(), MONTHS],
        t=table,
    )
    return [Month(on, *map(int, counts)) for on, *counts in found]


def read_domains(db: Published, until: datetime) -> list[Domain]:
    """Return the domains with most bounces in the same months."""
    months = read_months(db, until)
    table = db.mart(
        "deliverability", "email_domain", "month_starts_on", "sent", "recipients", "bounced", "spam_complaints"
    )
    if table is None or not months:
        return []
    found = db.rows(
        "SELECT email_domain, sum(sent), sum(bounced) AS bounced, sum(spam_complaints) FROM {t} "
        "WHERE month_starts_on BETWEEN ? AND ? AND email_domain IS NOT NULL GROUP BY email_domain "
        "HAVING max(recipients) >= ? AND sum(bounced) > 0 ORDER BY bounced DESC, email_domain LIMIT ?",
        [months[-1].starts_on, months[0].starts_on, LEAST_RECIPIENTS, TOP],
        t=table,
    )
    return [Domain(name, *map(int, counts)) for name, *counts in found]


def _mailings(db: Published) -> str | None:
    """Return a SELECT of the list emails and when they went out, or None where a table is missing."""
    emails = db.mart(
        "email_performance", "list_email_id", "name", "campaign_name", "sent_at", "sent", "bounced", "delivered",
        "unique_opens", "unique_clicks", "opt_outs", "spam_complaints", "clicks",
    )  # fmt: skip
    facts = db.mart(FACTS, "list_email_id", "type", "created_at")
    if emails is None or facts is None:
        return None
    return _MAILINGS.format(emails=emails, first_sends=_FIRST_SENDS.format(facts=facts))


def _list_emails(db: Published, window: Window, where: str, order: str, limit: int) -> list[ListEmail]:
    mailings = _mailings(db)
    if mailings is None:
        return []
    found = db.rows(
        "SELECT list_email_id, name, campaign_name, went_out, sent, delivered, unique_opens, unique_clicks "
        "FROM ({mailings}) WHERE went_out > ? AND went_out <= ? AND {where} ORDER BY {order}, list_email_id LIMIT ?",
        [*within(window), limit],
        mailings=mailings,
        where=where,
        order=order,
    )
    return [ListEmail(id, name, campaign, moment(at), *map(int, n)) for id, name, campaign, at, *n in found]
