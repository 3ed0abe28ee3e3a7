-- One row per form or form handler that is loaded or that any activity names.
with assets as (
    select
        'form' as asset_kind,
        id as asset_id,
        name,
        campaign_id,
        url,
        is_deleted
    from stg_forms
    union all
    select
        'form_handler' as asset_kind,
        id as asset_id,
        name,
        campaign_id,
        url,
        is_deleted
    from stg_form_handlers
),

named as (
    select
        asset_kind,
        asset_id,
        views,
        viewing_visitors,
        viewing_prospects,
        clicks,
        errors,
        submissions,
        submitting_visitors,
        submitting_prospects,
        converted_visitors,
        first_activity_at,
        last_activity_at,
        last_submission_at,
        submissions_per_view,
        conversion_rate,
        error_rate
    from int_asset_totals
    where asset_kind in ('form', 'form_handler')
),

counts as (
    select
        coalesce(a.asset_kind, n.asset_kind) as asset_kind,
        coalesce(a.asset_id, n.asset_id) as asset_id,
        a.name,
        a.campaign_id,
        c.name as campaign_name,
        a.url,
        a.is_deleted,
        coalesce(n.views, 0) as views,
        coalesce(n.viewing_visitors, 0) as viewing_visitors,
        coalesce(n.viewing_prospects, 0) as viewing_prospects,
        coalesce(n.clicks, 0) as clicks,
        coalesce(n.errors, 0) as errors,
        coalesce(n.submissions, 0) as submissions,
        coalesce(n.submitting_visitors, 0) as submitting_visitors,
        coalesce(n.submitting_prospects, 0) as submitting_prospects,
        coalesce(n.converted_visitors, 0) as converted_visitors,
        n.first_activity_at,
        n.last_activity_at,
        n.last_submission_at,
        n.submissions_per_view,
        n.conversion_rate,
        n.error_rate
    from assets as a
    full outer join named as n on n.asset_kind = a.asset_kind and n.asset_id = a.asset_id
    left join stg_campaigns as c on c.id = a.campaign_id
)

select
    asset_kind,
    asset_id,
    name,
    campaign_id,
    campaign_name,
    url,
    is_deleted,
    views,
    viewing_visitors,
    viewing_prospects,
    clicks,
    errors,
    submissions,
    submitting_visitors,
    submitting_prospects,
    converted_visitors,
    first_activity_at,
    last_activity_at,
    last_submission_at,
    submissions_per_view,
    conversion_rate,
    error_rate
from counts
