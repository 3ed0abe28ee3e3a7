-- One row per form, form handler or landing page that any activity names.
--
-- Told by the ids themselves and not by asset_kind, so that what happens on a landing page counts for the page even
-- where the activity names its form, a test variation or an email as well.
with named as (
    select
        case when form_id is not null then 'form' else 'form_handler' end as asset_kind,
        coalesce(form_id, form_handler_id) as asset_id,
        type,
        is_email_activity,
        visitor_id,
        prospect_id,
        created_at
    from visitor_activities_enriched
    where form_id is not null or form_handler_id is not null
    union all
    select
        'landing_page' as asset_kind,
        landing_page_id as asset_id,
        type,
        is_email_activity,
        visitor_id,
        prospect_id,
        created_at
    from visitor_activities_enriched
    where landing_page_id is not null
),

per_person as (
    -- One row per asset, visitor and prospect, with one for those who are neither.
    select
        asset_kind,
        asset_id,
        visitor_id,
        prospect_id,
        sum(case when type = 2 then 1 else 0 end) as views,
        sum(case when type = 1 and not is_email_activity then 1 else 0 end) as clicks,
        sum(case when type = 3 then 1 else 0 end) as errors,
        sum(case when type = 4 then 1 else 0 end) as submissions,
        min(created_at) as first_activity_at,
        max(created_at) as last_activity_at,
        max(case when type = 4 then created_at end) as last_submission_at
    from named
    group by asset_kind, asset_id, visitor_id, prospect_id
),

totals as (
    select
        asset_kind,
        asset_id,
        sum(views) as views,
        sum(clicks) as clicks,
        sum(errors) as errors,
        sum(submissions) as submissions,
        min(first_activity_at) as first_activity_at,
        max(last_activity_at) as last_activity_at,
        max(last_submission_at) as last_submission_at
    from per_person
    group by asset_kind, asset_id
),

per_visitor as (
    select
        asset_kind,
        asset_id,
        visitor_id,
        sum(views) as views,
        sum(submissions) as submissions
    from per_person
    where visitor_id is not null
    group by asset_kind, asset_id, visitor_id
),

visitors as (
    select
        asset_kind,
        asset_id,
        sum(case when views > 0 then 1 else 0 end) as viewing_visitors,
        sum(case when submissions > 0 then 1 else 0 end) as submitting_visitors,
        sum(case when views > 0 and submissions > 0 then 1 else 0 end) as converted_visitors
    from per_visitor
    group by asset_kind, asset_id
),

per_prospect as (
    select
        asset_kind,
        asset_id,
        prospect_id,
        sum(views) as views,
        sum(submissions) as submissions
    from per_person
    where prospect_id is not null
    group by asset_kind, asset_id, prospect_id
),

prospects as (
    select
        asset_kind,
        asset_id,
        sum(case when views > 0 then 1 else 0 end) as viewing_prospects,
        sum(case when submissions > 0 then 1 else 0 end) as submitting_prospects
    from per_prospect
    group by asset_kind, asset_id
)

select
    t.asset_kind,
    t.asset_id,
    cast(t.views as bigint) as views,
    cast(coalesce(v.viewing_visitors, 0) as bigint) as viewing_visitors,
    cast(coalesce(p.viewing_prospects, 0) as bigint) as viewing_prospects,
    cast(t.clicks as bigint) as clicks,
    cast(t.errors as bigint) as errors,
    cast(t.submissions as bigint) as submissions,
    cast(coalesce(v.submitting_visitors, 0) as bigint) as submitting_visitors,
    cast(coalesce(p.submitting_prospects, 0) as bigint) as submitting_prospects,
    cast(coalesce(v.converted_visitors, 0) as bigint) as converted_visitors,
    t.first_activity_at,
    t.last_activity_at,
    t.last_submission_at
from totals as t
left join visitors as v on v.asset_kind = t.asset_kind and v.asset_id = t.asset_id
left join prospects as p on p.asset_kind = t.asset_kind and p.asset_id = t.asset_id
