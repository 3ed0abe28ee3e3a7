"""The formulas of the metric dictionary, run against the columns that they explain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from transforms_warehouse import Warehouse

KEYS: Final[Mapping[str, str]] = {
    "email_performance": "list_email_id",
    "prospect_engagement": "prospect_id",
    "account_engagement": "prospect_account_id",
    "campaign_performance": "campaign_id",
    "daily_activity": "created_on, type, asset_kind",
    "form_performance": "asset_kind, asset_id",
    "landing_page_performance": "landing_page_id",
    "list_growth": "list_id, changed_on",
    "database_growth": "counted_on",
    "deliverability": "email_domain, month_starts_on",
    "lifecycle_funnel": "stage_id, month_starts_on",
    "prospect_cohorts": "cohort_starts_on, months_since",
    "qualified_prospects": "prospect_id",
    "opportunity_influence": "opportunity_id, campaign_id",
    "attribution": "opportunity_id, model, activity_id",
    "follow_up_queue": "prospect_id",
    "data_quality": "table_name, check_name, run_number",
    "asset_performance": "asset_kind, asset_id",
    "email_link_performance": "list_email_id, link_url",
    "email_statistics": "list_email_id, metric",
    "visitor_sessions": "session_kind, session_id",
    "top_pages": "page, month_starts_on",
    "score_history": "prospect_id, version",
}
"""Reporting table with metrics -> the columns that tell its rows apart."""

ACTIVITIES: Final = """
    select
        a.*,
        p.opted_out as is_opted_out,
        p.is_email_hard_bounced,
        lower(regexp_extract(p.email, '@([^@]*)$', 1)) as email_domain,
        date_trunc('month', a.created_on)::date as month_starts_on,
        a.type in (13, 36) and not exists (
            from pardot_marts.visitor_activities_enriched b
            where b.type in (13, 36) and b.prospect_id = a.prospect_id
            and (coalesce(b.created_at, '-infinity'), b.id) > (coalesce(a.created_at, '-infinity'), a.id)
        ) as is_latest_bounce
    from pardot_marts.visitor_activities_enriched a
    left join pardot.prospects p on p.id = a.prospect_id
"""
"""What formulas with an aggregate run over: activities, with what the caveats say comes from elsewhere."""

IS_SUSPECTED: Final = "a.id in (select id from pardot_marts_views.int_suspected_actions) as is_suspected"

PAGE_VIEWS: Final = """
    select
        id,
        nullif(trim(regexp_extract(url, '^[^?#]*')), '') as page,
        date_trunc('month', timezone('UTC', created_at))::date as month_starts_on,
        created_at,
        duration_in_seconds,
        case when visit_id is null then 'page_view' else 'visit' end as session_kind,
        coalesce(visit_id, id) as session_id
    from pardot.visitor_page_views
"""

ROWS: Final[Mapping[str, str]] = {
    "daily_activity": "from activities",
    "email_performance": f"select a.*, {IS_SUSPECTED} from activities a where list_email_id is not null",
    "form_performance": """
        select * replace (
            case when form_id is not null then 'form' else 'form_handler' end as asset_kind,
            coalesce(form_id, form_handler_id) as asset_id
        )
        from activities where coalesce(form_id, form_handler_id) is not null
    """,
    "list_growth": "from pardot_marts_views.int_list_changes",
    "database_growth": "select *, changed_on as counted_on from pardot_marts_views.int_database_changes",
    "deliverability": "from activities where type in (6, 13, 14, 36)",
    "lifecycle_funnel": "from pardot_marts_views.int_stage_entries",
    "prospect_engagement": """
        select a.*, coalesce((
            select sum(w.points) from pardot_marts_views.activity_weights w
            where w.type = a.type and (w.asset_kind is null or w.asset_kind = a.asset_kind)
        ), 0) as points
        from activities a where prospect_id is not null
    """,
    "qualified_prospects": "from pardot_marts_views.int_qualifications",
    "prospect_cohorts": """
        select
            m.cohort_starts_on,
            m.months_since,
            p.id as prospect_id,
            (p.id, m.month_starts_on) in (
                select (prospect_id, month_starts_on) from activities where is_engagement and prospect_id is not null
            ) as is_engaged,
            d.created_on is not null and greatest(d.created_on, m.cohort_starts_on) = m.month_starts_on as is_converted,
            d.won_on is not null and greatest(d.won_on, m.cohort_starts_on) = m.month_starts_on as is_won
        from pardot_marts.prospect_cohorts m
        inner join pardot.prospects p on date_trunc('month', p.created_at at time zone 'UTC') = m.cohort_starts_on
        left join (
            select
                l.prospect_id,
                date_trunc('month', min(o.created_at at time zone 'UTC'))::date as created_on,
                date_trunc('month', min(greatest(o.closed_at, o.created_at) at time zone 'UTC') filter (
                    lower(o.status) = 'won' and o.closed_at is not null and o.created_at is not null
                ))::date as won_on
            from pardot_marts_views.int_opportunity_prospects l
            inner join pardot.opportunities o on o.id = l.opportunity_id and o.is_deleted is not true
            group by l.prospect_id
        ) d on d.prospect_id = p.id
    """,
    "opportunity_influence": "from pardot_marts_views.int_opportunity_touches",
    "follow_up_queue": """
        from pardot_marts_views.int_follow_up_signs
        where prospect_id in (select prospect_id from pardot_marts.follow_up_queue)
    """,
    "data_quality": """
        from pardot_marts_views.stg_runs
        cross join (values ('rows_loaded'), ('rows_set_aside'), ('read_failed')) c(check_name)
    """,
    "asset_performance": f"""
        select a.* exclude (asset_kind, asset_id), n.asset_kind, n.asset_id, {IS_SUSPECTED}
        from activities a cross join lateral (
            values
                ('form', form_id),
                ('form_handler', case when form_id is null then form_handler_id end),
                ('landing_page', landing_page_id),
                ('file', file_id),
                ('custom_redirect', custom_redirect_id)
        ) n (asset_kind, asset_id)
        where n.asset_id is not null
    """,
    "email_link_performance": f"""
        select a.*, nullif(trim(regexp_extract(details, '^.*://.*$', 0, 's')), '') as link_url, {IS_SUSPECTED}
        from activities a where type = 1 and list_email_id is not null
    """,
    "visitor_sessions": f"""
        select session_kind, session_id, id as page_view_id, duration_in_seconds, null as type from ({PAGE_VIEWS})
        union all
        select 'visit', visit_id, null, null, type from activities
        where visit_id in (select session_id from pardot_marts.visitor_sessions where session_kind = 'visit')
    """,
    "top_pages": f"""
        select
            p.*, s.visitor_id, s.prospect_id, id as page_view_id,
            lag(id) over session is null as is_entry,
            lead(id) over session is null as is_exit
        from ({PAGE_VIEWS}) p join pardot_marts.visitor_sessions s using (session_kind, session_id)
        window session as (partition by session_kind, session_id order by created_at nulls last, id)
    """,
}
"""Reporting table -> the rows to run over, where they are others than the activities whose key is filled in."""


TO_THE_CENT: Final = {("attribution", "attributed_value")}
"""What a formula tells but for the rounding, which makes the parts add up."""


def insist_on_formulas(warehouse: Warehouse, *models: str) -> None:
    """Raise AssertionError where a column of these tables is not what its formula gives."""
    warehouse.connection.execute(f"create or replace temp table activities as {ACTIVITIES}")
    metrics = warehouse.mart("metric_dictionary")
    assert {metric["model"] for metric in metrics} == set(KEYS)
    for model in models:
        assert warehouse.mart(model), f"{model} has no row to compare"
    for metric in metrics:
        if metric["model"] in models:
            differing = _differing(metric["model"], metric["metric"], metric["formula"])
            assert warehouse.query(f"select 1 from {differing}") == [], f"{metric['model']}.{metric['metric']}"


def _differing(model: str, column: str, formula: str) -> str:
    """Return the rows, to be selected from, in which a column is not what its formula gives."""
    key, mart = KEYS[model], f"pardot_marts.{model}"
    if (model, column) in TO_THE_CENT:
        return (
            f"{mart} where coalesce(abs({column} - {formula}), 0) >= 0.01 or ({column} is null) <> ({formula} is null)"
        )
    if " over (" in formula:
        return f"(select {column}, {formula} as told from {mart}) where {column} is distinct from told"
    if any(aggregate in formula for aggregate in ("sum(", "count(", "min(", "max(", "avg(", "median(")):
        same = " and ".join(f"m.{part} is not distinct from a.{part}" for part in key.split(", "))
        rows = ROWS.get(model, f"from activities where {key} is not null")
        told = f"select {key}, {formula} as told from ({rows}) group by {key}"
        return f"({told}) a left join {mart} m on {same} where m.{column} is distinct from a.told"
    if " / " in formula:
        part, whole = formula.split(" / ")
        formula = f"case when {whole} > 0 and {part} >= 0 then {part}::double / {whole} end"
    return f"{mart} where {column} is distinct from {formula}"
