-- One row per asset, visitor and prospect that any activity names together, with one for those who are neither.
--
-- Told by the ids themselves and not by asset_kind, so that what happens on a landing page counts for the page even
-- where the activity names its form, a test variation or an email as well. A click in an email is the email's; type 21
-- is a click on a custom redirect wherever it stands.
with actions as (
    select
        a.form_id,
        a.form_handler_id,
        a.landing_page_id,
        a.file_id,
        a.custom_redirect_id,
        a.type,
        a.type = 1 and not a.is_email_activity as is_click,
        s.id is not null as is_suspected,
        a.visitor_id,
        a.prospect_id,
        a.created_at
    from visitor_activities_enriched as a
    left join int_suspected_actions as s on s.id = a.id
    where a.form_id is not null
        or a.form_handler_id is not null
        or a.landing_page_id is not null
        or a.file_id is not null
        or a.custom_redirect_id is not null
),

named as (
    select
        case when form_id is not null then 'form' else 'form_handler' end as asset_kind,
        coalesce(form_id, form_handler_id) as asset_id,
        type,
        is_click,
        is_suspected,
        visitor_id,
        prospect_id,
        created_at
    from actions
    where form_id is not null or form_handler_id is not null
    union all
    select
        'landing_page' as asset_kind,
        landing_page_id as asset_id,
        type,
        is_click,
        is_suspected,
        visitor_id,
        prospect_id,
        created_at
    from actions
    where landing_page_id is not null
    union all
    select
        'file' as asset_kind,
        file_id as asset_id,
        type,
        is_click,
        is_suspected,
        visitor_id,
        prospect_id,
        created_at
    from actions
    where file_id is not null
    union all
    select
        'custom_redirect' as asset_kind,
        custom_redirect_id as asset_id,
        type,
        is_click or type = 21 as is_click,
        is_suspected,
        visitor_id,
        prospect_id,
        created_at
    from actions
    where custom_redirect_id is not null
)

select
    asset_kind,
    asset_id,
    visitor_id,
    prospect_id,
    count(*) as activities,
    sum(case when type = 2 then 1 else 0 end) as views,
    sum(case when is_click then 1 else 0 end) as clicks,
    sum(case when type = 3 then 1 else 0 end) as errors,
    sum(case when type = 4 then 1 else 0 end) as submissions,
    sum(case when type = 2 and is_suspected then 1 else 0 end) as suspected_views,
    sum(case when is_click and is_suspected then 1 else 0 end) as suspected_clicks,
    sum(case when type = 4 and is_suspected then 1 else 0 end) as suspected_submissions,
    min(created_at) as first_activity_at,
    max(created_at) as last_activity_at,
    max(case when type = 4 then created_at end) as last_submission_at
from named
group by asset_kind, asset_id, visitor_id, prospect_id
