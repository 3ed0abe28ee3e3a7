-- One row per form, form handler, landing page, file or custom redirect that is loaded or that any activity names.
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
    union all
    select
        'landing_page' as asset_kind,
        id as asset_id,
        name,
        campaign_id,
        url,
        is_deleted
    from stg_landing_pages
    union all
    select
        'file' as asset_kind,
        id as asset_id,
        name,
        campaign_id,
        url,
        is_deleted
    from stg_files
    union all
    select
        'custom_redirect' as asset_kind,
        id as asset_id,
        name,
        campaign_id,
        destination_url as url,
        is_deleted
    from stg_custom_redirects
)

select
    coalesce(a.asset_kind, n.asset_kind) as asset_kind,
    coalesce(a.asset_id, n.asset_id) as asset_id,
    a.name,
    a.campaign_id,
    c.name as campaign_name,
    a.url,
    a.is_deleted,
    coalesce(n.activities, 0) as activities,
    coalesce(n.views, 0) as views,
    coalesce(n.clicks, 0) as clicks,
    case when coalesce(a.asset_kind, n.asset_kind) = 'file' then coalesce(n.views, 0) else 0 end as downloads,
    coalesce(n.errors, 0) as errors,
    coalesce(n.submissions, 0) as submissions,
    coalesce(n.activities - n.views - n.clicks - n.errors - n.submissions, 0) as other_activities,
    coalesce(n.prospects, 0) as prospects,
    coalesce(n.viewing_visitors, 0) as viewing_visitors,
    coalesce(n.viewing_prospects, 0) as viewing_prospects,
    coalesce(n.clicking_prospects, 0) as clicking_prospects,
    coalesce(n.submitting_prospects, 0) as submitting_prospects,
    coalesce(n.converted_visitors, 0) as converted_visitors,
    coalesce(n.anonymous_activities, 0) as anonymous_activities,
    coalesce(n.anonymous_views, 0) as anonymous_views,
    coalesce(n.anonymous_clicks, 0) as anonymous_clicks,
    coalesce(n.anonymous_submissions, 0) as anonymous_submissions,
    coalesce(n.suspected_views, 0) as suspected_views,
    coalesce(n.suspected_clicks, 0) as suspected_clicks,
    coalesce(n.suspected_submissions, 0) as suspected_submissions,
    n.first_activity_at,
    n.last_activity_at,
    n.submissions_per_view,
    n.conversion_rate,
    n.error_rate
from assets as a
full outer join int_asset_totals as n on n.asset_kind = a.asset_kind and n.asset_id = a.asset_id
left join stg_campaigns as c on c.id = a.campaign_id
