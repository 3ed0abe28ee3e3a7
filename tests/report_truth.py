"""What the report must say, computed in plain Python from the raw rows of the account; no SQL has a part in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Row = Mapping[str, Any]
Rows = Callable[[str], Sequence[Row]]
"""The rows of a raw table, in its own column names."""
ENGAGEMENT = {1, 2, 3, 4, 5, 7, 11, 12, 14, 15, 16, 17, 20, 21, 22, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 37}
"""Types that a person does; unknown ones and what is done to people are none."""


@dataclass(frozen=True)
class Span:
    """A stretch of time; its older end is not in it."""

    since: datetime
    until: datetime

    def has(self, at: datetime | None) -> bool:
        return at is not None and self.since < at <= self.until


def spans(rows: Rows, days: int = 28) -> tuple[Span, Span]:
    """Return the period of the report and the one before."""
    until = max(row["created_at"] for row in rows("visitor_activities") if row["created_at"])
    length = timedelta(days=days)
    return Span(until - length, until), Span(until - 2 * length, until - length)


def number(value: float) -> str:
    return f"{value:,.0f}".replace("-", "−")


def rate(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def overview(rows: Rows, span: Span) -> dict[str, str]:
    happened = [row for row in rows("visitor_activities") if span.has(row["created_at"])]
    engaged = {row["prospect_id"] for row in happened if row["type"] in ENGAGEMENT} - {None}
    return {
        "Activities": number(len(happened)),
        "Active prospects": number(len({row["prospect_id"] for row in happened} - {None})),
        "Engaged prospects": number(len(engaged)),
        "Form successes": number(sum(row["type"] == 4 for row in happened)),
    }


def email(rows: Rows, span: Span) -> dict[str, str]:
    """Add up the list emails that went out in the span; people are counted once per list email."""
    of_email = {row["id"]: row["list_email_id"] for row in rows("emails")}
    by_list_email: dict[int, list[Row]] = defaultdict(list)
    for row in rows("visitor_activities"):
        key = row["list_email_id"] or of_email.get(row["email_id"])
        if key is not None:
            by_list_email[key].append(row)
    suspected = _suspected(rows)
    told = {row["id"]: row["sent_at"] for row in rows("list_emails")}
    total: Counter[str] = Counter()
    for key, found in by_list_email.items():
        sends = [row for row in found if row["type"] == 6]
        went_out = told.get(key) or min((row["created_at"] for row in sends), default=None)
        if not sends or not span.has(went_out):
            continue
        total["sent"] += len(sends)
        total["bounced"] += sum(row["type"] in (13, 36) for row in found)
        for name, types in (("opens", (11,)), ("clickers", (1,)), ("opt_outs", (12, 35))):
            total[name] += len({row["prospect_id"] for row in found if row["type"] in types} - {None})
        total["spam"] += sum(row["type"] == 14 for row in found)
        total["clicks"] += sum(row["type"] == 1 for row in found)
        total["suspected"] += sum(row["type"] == 1 and row["id"] in suspected for row in found)
    delivered = total["sent"] - total["bounced"]
    return {
        "Emails delivered": number(delivered),
        "Unique open rate": rate(total["opens"], delivered),
        "Unique click rate": rate(total["clickers"], delivered),
        "Click-to-open rate": rate(total["clickers"], total["opens"]),
        "Suspected clicks": rate(total["suspected"], total["clicks"]),
        "Bounce rate": rate(total["bounced"], total["sent"]),
        "Opt-out rate": rate(total["opt_outs"], delivered),
        "Spam complaints": number(total["spam"]),
    }


def _suspected(rows: Rows) -> set[int]:
    """Return the activities of persons in seconds with three links or with a click on an email just sent."""
    of_email = {row["id"]: row["list_email_id"] for row in rows("emails")}

    def email_of(row: Row) -> Any:
        key = row["list_email_id"] or of_email.get(row["email_id"])
        return ("list", key) if key else (row["email_template_id"] and "template", row["email_template_id"])

    links: dict[tuple[Any, datetime], set[str]] = defaultdict(set)
    sends: dict[tuple[Any, Any], list[datetime]] = defaultdict(list)
    acts: dict[tuple[Any, datetime], list[Row]] = defaultdict(list)
    for row in rows("visitor_activities"):
        person = row["prospect_id"] or (row["visitor_id"] and -row["visitor_id"])
        if not person:
            continue
        acts[person, row["created_at"]].append(row)
        if row["type"] in (1, 21) and (row["details"] or "").strip():
            links[person, row["created_at"]].add(row["details"].strip())
        if row["type"] == 6:
            sends[person, email_of(row)].append(row["created_at"])
    found = set()
    for (person, at), happened in acts.items():
        clicked = [email_of(row) for row in happened if row["type"] == 1]
        is_hasty = any(timedelta(0) <= at - sent <= timedelta(seconds=10) for e in clicked for sent in sends[person, e])
        if len(links[person, at]) >= 3 or is_hasty:
            found |= {row["id"] for row in happened if row["type"] in ENGAGEMENT}
    return found


def web(rows: Rows, span: Span) -> dict[str, str]:
    """Count visits by their first page view, and page views without a visit as one session each."""
    visits = {row["id"]: row for row in rows("visits")}
    views: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in rows("visitor_page_views"):
        views["visit" if row["visit_id"] else "view", row["visit_id"] or row["id"]].append(row)
    person_of = {row["id"]: row["prospect_id"] for row in rows("visitors")}
    submitting = {row["visit_id"] for row in rows("visitor_activities") if row["type"] == 4} - {None}
    sessions = []
    for kind, key in {*views, *(("visit", key) for key in visits)}:
        visit, seen = (visits.get(key) if kind == "visit" else None), views.get((kind, key), [])
        first = min((row["created_at"] for row in seen if row["created_at"]), default=None)
        told = (visit["first_visitor_page_view_at"], first, visit["created_at"]) if visit else (first,)
        started = next(filter(None, told), None)
        if not span.has(started):
            continue
        visitor = visit["visitor_id"] if visit else max(row["visitor_id"] for row in seen)
        known = (visit and visit["prospect_id"]) or person_of.get(visitor)
        sessions.append((visitor, known, kind == "visit" and key in submitting))
    return {
        "Sessions": number(len(sessions)),
        "Visitors": number(len({visitor for visitor, _, _ in sessions} - {None})),
        "Known visitors": rate(sum(bool(known) for _, known, _ in sessions), len(sessions)),
        "Sessions with a submission": rate(sum(done for _, _, done in sessions), len(sessions)),
    }


def forms(rows: Rows, span: Span) -> dict[str, str]:
    happened = [
        row
        for row in rows("visitor_activities")
        if span.has(row["created_at"]) and (row["form_id"] or row["form_handler_id"] or row["landing_page_id"])
    ]
    types = Counter(row["type"] for row in happened)
    return {
        "Submissions": number(types[4]),
        "People who submitted": number(len({row["prospect_id"] for row in happened if row["type"] == 4} - {None})),
        "Views": number(types[2]),
        "Refused submissions": rate(types[3], types[3] + types[4]),
    }


def pipeline(rows: Rows, span: Span) -> dict[str, str]:
    deals = [row for row in rows("opportunities") if not row["is_deleted"]]
    new = [row["value"] or 0 for row in deals if span.has(row["created_at"])]
    won = [row["value"] or 0 for row in deals if (row["status"] or "").lower() == "won" and span.has(row["closed_at"])]
    return {
        "New opportunities": number(len(new)),
        "Value of the new": number(sum(new)),
        "Won opportunities": number(len(won)),
        "Won value": number(sum(won)),
    }


def accounts(rows: Rows, span: Span) -> dict[str, str]:
    account_of = {row["id"]: row["prospect_account_id"] for row in rows("prospects")}
    engaged = {
        row["prospect_id"]
        for row in rows("visitor_activities")
        if span.has(row["created_at"]) and row["type"] in ENGAGEMENT and account_of.get(row["prospect_id"])
    }
    return {
        "Engaged accounts": number(len({account_of[person] for person in engaged})),
        "Their people": number(len(engaged)),
    }


def new_prospects(rows: Rows, span: Span) -> dict[str, str]:
    """Count whole UTC days, the last of them the one in which the span ends."""
    since, until = span.since.date(), span.until.date()
    return {"New prospects": number(sum(since < row["created_at"].date() <= until for row in rows("prospects")))}


def figures(rows: Rows, span: Span) -> dict[str, str]:
    """Return every key figure that can be told from the raw rows of any account."""
    parts = (overview, email, web, forms, pipeline, accounts, new_prospects)
    return {name: value for part in parts for name, value in part(rows, span).items()}


def stages_entered(rows: Rows, until: datetime) -> dict[str, int]:
    """Return who entered each lifecycle stage for the first time in the last twelve months, by its name."""
    month = until.year * 12 + until.month - 1
    firsts: dict[tuple[int, int], datetime] = {}
    for row in rows("lifecycle_histories"):
        if not (row["created_at"] and row["prospect_id"] and row["next_stage_id"]):
            continue
        key = (row["next_stage_id"], row["prospect_id"])
        firsts[key] = min(firsts.get(key, row["created_at"]), row["created_at"])
    names = {row["id"]: row["name"] for row in rows("lifecycle_stages") if not row["is_deleted"]}
    entered: Counter[str] = Counter()
    for (stage, _), at in firsts.items():
        if stage in names and month - 11 <= at.year * 12 + at.month - 1 <= month:
            entered[names[stage]] += 1
    return dict(entered)


def won_value_of_a_year(rows: Rows, until: datetime) -> float:
    year = Span(until - timedelta(days=365), until)
    deals = (row for row in rows("opportunities") if not row["is_deleted"] and (row["status"] or "").lower() == "won")
    return sum(row["value"] or 0 for row in deals if year.has(row["closed_at"]))
