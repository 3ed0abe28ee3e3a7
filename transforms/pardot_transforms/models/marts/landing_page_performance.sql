-- One row per landing page that is loaded or that any activity names.
with named as (
    select
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
    where asset_kind = 'landing_page'
),

counts as (
    select
        coalesce(a.id, n.asset_id) as landing_page_id,
        a.name,
        a.campaign_id,
        c.name as campaign_name,
        a.form_id,
        f.name as form_name,
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
    from stg_landing_pages as a
    full outer join named as n on n.asset_id = a.id
    left join stg_campaigns as c on c.id = a.campaign_id
    left join stg_forms as f on f.id = a.form_id
)

select
    landing_page_id,
    name,
    campaign_id,
    campaign_name,
    form_id,
    form_name,
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
