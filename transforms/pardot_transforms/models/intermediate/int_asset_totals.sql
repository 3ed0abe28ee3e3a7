-- One row per form, form handler, landing page, file or custom redirect that any activity names.
with totals as (
    select
        asset_kind,
        asset_id,
        sum(activities) as activities,
        sum(views) as views,
        sum(clicks) as clicks,
        sum(errors) as errors,
        sum(submissions) as submissions,
        sum(case when prospect_id is null then activities else 0 end) as anonymous_activities,
        sum(case when prospect_id is null then views else 0 end) as anonymous_views,
        sum(case when prospect_id is null then clicks else 0 end) as anonymous_clicks,
        sum(case when prospect_id is null then submissions else 0 end) as anonymous_submissions,
        sum(suspected_views) as suspected_views,
        sum(suspected_clicks) as suspected_clicks,
        sum(suspected_submissions) as suspected_submissions,
        min(first_activity_at) as first_activity_at,
        max(last_activity_at) as last_activity_at,
        max(last_submission_at) as last_submission_at
    from int_asset_people
    group by asset_kind, asset_id
),

per_visitor as (
    select
        asset_kind,
        asset_id,
        visitor_id,
        sum(views) as views,
        sum(submissions) as submissions
    from int_asset_people
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
        sum(clicks) as clicks,
        sum(submissions) as submissions
    from int_asset_people
    where prospect_id is not null
    group by asset_kind, asset_id, prospect_id
),

prospects as (
    select
        asset_kind,
        asset_id,
        count(*) as prospects,
        sum(case when views > 0 then 1 else 0 end) as viewing_prospects,
        sum(case when clicks > 0 then 1 else 0 end) as clicking_prospects,
        sum(case when submissions > 0 then 1 else 0 end) as submitting_prospects
    from per_prospect
    group by asset_kind, asset_id
)

select
    t.asset_kind,
    t.asset_id,
    cast(t.activities as bigint) as activities,
    cast(coalesce(p.prospects, 0) as bigint) as prospects,
    cast(t.views as bigint) as views,
    cast(coalesce(v.viewing_visitors, 0) as bigint) as viewing_visitors,
    cast(coalesce(p.viewing_prospects, 0) as bigint) as viewing_prospects,
    cast(t.clicks as bigint) as clicks,
    cast(coalesce(p.clicking_prospects, 0) as bigint) as clicking_prospects,
    cast(t.errors as bigint) as errors,
    cast(t.submissions as bigint) as submissions,
    cast(coalesce(v.submitting_visitors, 0) as bigint) as submitting_visitors,
    cast(coalesce(p.submitting_prospects, 0) as bigint) as submitting_prospects,
    cast(coalesce(v.converted_visitors, 0) as bigint) as converted_visitors,
    cast(t.anonymous_activities as bigint) as anonymous_activities,
    cast(t.anonymous_views as bigint) as anonymous_views,
    cast(t.anonymous_clicks as bigint) as anonymous_clicks,
    cast(t.anonymous_submissions as bigint) as anonymous_submissions,
    cast(t.suspected_views as bigint) as suspected_views,
    cast(t.suspected_clicks as bigint) as suspected_clicks,
    cast(t.suspected_submissions as bigint) as suspected_submissions,
    t.first_activity_at,
    t.last_activity_at,
    t.last_submission_at,
    case when t.views > 0 then cast(t.submissions as double) / t.views end as submissions_per_view,
    case
        when v.viewing_visitors > 0 then cast(v.converted_visitors as double) / v.viewing_visitors
    end as conversion_rate,
    case when t.errors + t.submissions > 0 then cast(t.errors as double) / (t.errors + t.submissions) end as error_rate
from totals as t
left join visitors as v on v.asset_kind = t.asset_kind and v.asset_id = t.asset_id
left join prospects as p on p.asset_kind = t.asset_kind and p.asset_id = t.asset_id
