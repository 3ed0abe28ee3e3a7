"""Email: what list emails reached, what came of them, and which domains refuse mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from pardot_etl.report import charts
from pardot_etl.report import formats as f
from pardot_etl.report.figures import Compared, Measure, compare, figures, moved, weeks_table
from pardot_etl.report.parts import Block, Section, Step, table
from pardot_etl.report.period import Period
from pardot_etl.report.published import Published
from pardot_etl.report.ranks import TOP, ranks
from pardot_etl.report.sections.email_queries import (
    LEAST_DELIVERED,
    LEAST_RECIPIENTS,
    WEAKEST,
    Domain,
    EmailTotals,
    Link,
    ListEmail,
    Month,
    read_domains,
    read_links,
    read_months,
    read_spans,
    read_top,
    read_weakest,
)

OPENED = Measure[EmailTotals](
    "Unique open rate", "of delivered; machines open too", EmailTotals.open_rate, is_rate=True
)
MEASURES = (
    Measure[EmailTotals]("Emails delivered", "list emails, less bounces", lambda e: e.delivered),
    OPENED,
    Measure[EmailTotals]("Unique click rate", "of delivered", EmailTotals.click_rate, is_rate=True),
    Measure[EmailTotals]("Click-to-open rate", "clicks of opens, unique", EmailTotals.ctor, is_rate=True),
    Measure[EmailTotals](
        "Suspected clicks", "share of clicks that look like a machine's", EmailTotals.suspected_share,
        is_rate=True, is_welcome=False,
    ),
    Measure[EmailTotals]("Bounce rate", "of sent", EmailTotals.bounce_rate, is_rate=True, is_welcome=False),
    Measure[EmailTotals]("Opt-out rate", "of delivered", EmailTotals.opt_out_rate, is_rate=True, is_welcome=False),
    Measure[EmailTotals](
        "Spam complaints", "of list emails, each one counted", lambda e: e.spam_complaints, is_welcome=False
    ),
)  # fmt: skip


def section(db: Published, period: Period) -> Section:
    top = read_top(db, period.chart)
    return build(
        period,
        compare(lambda window: read_spans(db, window), period),
        top,
        read_weakest(db, period.chart, [each.id for each in top]),
        read_links(db, period.chart),
        read_months(db, period.until),
        read_domains(db, period.until),
    )


def build(
    period: Period,
    counted: Compared[EmailTotals],
    top: Sequence[ListEmail],
    weakest: Sequence[ListEmail],
    links: Sequence[Link],
    months: Sequence[Month],
    domains: Sequence[Domain],
) -> Section:
    span = f"sent in the last {period.chart_days} days"
    return Section(
        "email",
        "Email",
        _sentence(period, counted),
        figures=figures(MEASURES, counted),
        weeks=weeks_table("List emails", MEASURES, counted, period),
        blocks=(
            _funnel(period, counted.now),
            _top(top, span),
            *([_weakest(weakest, span)] if weakest else []),
            _links(links, span),
            _months(months),
            _domains(domains),
        ),
        models=("email_performance", "email_link_performance", "deliverability"),
    )


def _sentence(period: Period, counted: Compared[EmailTotals]) -> str:
    totals = counted.now
    if totals is None:
        return "The reporting tables do not say what list emails reached."
    if not totals.emails:
        return "No list email went out."
    told = f"{f.counted(totals.emails, 'list email')} reached {f.counted(totals.delivered, 'inbox', 'inboxes')}"
    opened = totals.open_rate()
    if opened is None:
        return f"{told}."
    return f"{told}; {f.rate(opened)} were opened{moved(OPENED, counted, period.days)}."


def _funnel(period: Period, totals: EmailTotals | None) -> Block:
    title, span = "From sent to clicked", f"list emails of the last {period.days} days"
    nothing = "No list email with a loaded send went out in these days."
    if totals is None or not totals.sent:
        return Block(title, span, nothing)
    stages = [
        charts.Stage("Sent", totals.sent),
        charts.Stage("Delivered", totals.delivered),
        charts.Stage("Unique opens", totals.unique_opens),
        charts.Stage("Unique clicks", totals.unique_clicks),
    ]
    shares = [f.counted(totals.emails, "list email")]
    for before, stage in pairwise(stages):
        shares.append(f"{f.rate(f.ratio(stage.value, before.value))} of {before.name.lower()}")
    return Block(
        title,
        span,
        nothing,
        drawing=charts.funnel(stages, title=f"Funnel of the {span}"),
        steps=tuple(Step(s.name, f.number(s.value), share) for s, share in zip(stages, shares, strict=True)),
        table=table(
            f"List emails sent in the last {period.days} days",
            ("Stage", "Emails", "Of sent"),
            ((s.name, f.number(s.value), f.rate(f.ratio(s.value, totals.sent))) for s in stages),
        ),
    )


def _top(emails: Sequence[ListEmail], span: str) -> Block:
    clicks = [each.unique_clicks for each in emails]
    shown = [f"{f.counted(each.unique_clicks, 'person', 'people')} · {f.rate(each.click_rate)}" for each in emails]
    found = _list_emails("Top list emails", emails, clicks, shown)
    return replace(found, span=f"by people who clicked, the first {TOP}, {span}", in_columns=True)


def _weakest(emails: Sequence[ListEmail], span: str) -> Block:
    shown = [f"{f.rate(each.click_rate)} clicked" for each in emails]
    found = _list_emails("Weakest list emails", emails, [each.click_rate for each in emails], shown)
    told = f"by unique click rate, the last {WEAKEST} others with {LEAST_DELIVERED} or more delivered, {span}"
    return replace(found, span=told, in_columns=True)


def _list_emails(
    title: str, emails: Sequence[ListEmail], values: Sequence[float | None], shown: Sequence[str]
) -> Block:
    names = [f.label(each.name, f"List email {each.id}") for each in emails]
    notes = [
        f"{f.day(each.sent_at)} · {f.label(each.campaign_name, 'no campaign')} · "
        f"{f.number(each.delivered)} delivered, {f.rate(each.open_rate)} opened"
        for each in emails
    ]
    rows = [
        (
            name,
            f.day(each.sent_at),
            *map(f.number, (each.sent, each.delivered, each.unique_opens, each.unique_clicks)),
            *map(f.rate, (each.open_rate, each.click_rate, each.ctor)),
        )
        for name, each in zip(names, emails, strict=True)
    ]
    columns = ("Sent on", "Sent", "Delivered", "Unique opens", "Unique clicks", "Open rate", "Click rate", "CTOR")
    return Block(
        title,
        "",
        "No list email with a loaded send went out in these days.",
        ranks=ranks(names, values, shown, notes),
        table=table(title, ("List email", *columns), rows, ["Sent on"]),
    )


def _links(links: Sequence[Link], span: str) -> Block:
    names = [f.label(each.link, "Link not told") for each in links]
    notes = [
        f"{f.number(each.suspected)} of them look like a machine's · {f.counted(each.emails, 'list email')}"
        for each in links
    ]
    return Block(
        "Links that were clicked",
        f"clicks in list emails {span}, the first {TOP}",
        "No click of these list emails is loaded.",
        in_columns=True,
        note="The bar shows in a pale colour which clicks are suspected to be a machine's. Addresses are cut at the "
        "question mark.",
        ranks=ranks(
            names,
            [each.clicks for each in links],
            [f.number(each.clicks) for each in links],
            notes,
            solid=[each.clicks - each.suspected for each in links],
        ),
        table=table(
            "Clicks by link",
            ("Link", "Clicks", "Suspected", "Others", "List emails"),
            (
                (name, *map(f.number, (each.clicks, each.suspected, each.clicks - each.suspected, each.emails)))
                for name, each in zip(names, links, strict=True)
            ),
        ),
    )


def _months(months: Sequence[Month]) -> Block:
    names = [f"{each.starts_on:%B %Y}" for each in months]
    rates = [f.ratio(each.bounced, each.sent) for each in months]
    return Block(
        "Bounces by month",
        "all emails, UTC months, the last one so far",
        "No send or bounce is loaded.",
        ranks=ranks(
            names,
            rates,
            [f"{f.rate(each)} bounced" for each in rates],
            [
                f"{f.number(each.bounced)} of {f.number(each.sent)} sent · "
                f"{f.counted(each.spam_complaints, 'spam complaint')}"
                for each in months
            ],
        ),
        table=table(
            "Deliverability by month",
            ("Month", "Sent", "Bounced", "Bounce rate", "Spam complaints"),
            (
                (name, f.number(each.sent), f.number(each.bounced), f.rate(bounced), f.number(each.spam_complaints))
                for name, each, bounced in zip(names, months, rates, strict=True)
            ),
        ),
        is_wide=False,
    )


def _domains(domains: Sequence[Domain]) -> Block:
    names = [f.label(each.name, "Domain not known") for each in domains]
    rates = [f.ratio(each.bounced, each.sent) for each in domains]
    return Block(
        "Domains that refuse most",
        f"by bounces, the first {TOP} with {LEAST_RECIPIENTS} or more people, the same months",
        f"No domain with {LEAST_RECIPIENTS} or more people bounced.",
        ranks=ranks(
            names,
            [each.bounced for each in domains],
            [f.counted(each.bounced, "bounce") for each in domains],
            [f"{f.rate(bounced)} of {f.number(each.sent)} sent" for each, bounced in zip(domains, rates, strict=True)],
        ),
        table=table(
            "Bounces by domain",
            ("Domain", "Sent", "Bounced", "Bounce rate", "Spam complaints"),
            (
                (name, f.number(each.sent), f.number(each.bounced), f.rate(bounced), f.number(each.spam_complaints))
                for name, each, bounced in zip(names, domains, rates, strict=True)
            ),
        ),
        is_wide=False,
    )
