-- One row per visitor activity, anonymous ones included.
--
-- Every join is to at most one row: the right sides are unique by id, or by kind and id for assets.
select
    a.id,
    a.created_at,
    a.created_at_utc,
    a.created_on,
    a.created_at at time zone s.time_zone as created_at_local,
    s.time_zone,
    a.updated_at,
    a.type,
    a.verb,
    a.type_name,
    a.is_email_activity,
    a.is_engagement,
    a.asset_kind,
    a.asset_id,
    i.asset_name,
    a.details,
    -- Some email activities of list sends arrive without their list email; the individual email names it.
    coalesce(a.list_email_id, e.list_email_id) as list_email_id,
    a.email_template_id,
    a.email_id,
    a.form_id,
    a.form_handler_id,
    a.landing_page_id,
    a.file_id,
    a.custom_redirect_id,
    a.opportunity_id,
    a.prospect_id is null as is_anonymous,
    a.prospect_id,
    p.prospect_name,
    p.prospect_account_id,
    p.prospect_account_name,
    a.visitor_id,
    a.visit_id,
    a.campaign_id,
    c.name as campaign_name
from stg_visitor_activities as a
cross join settings as s
left join int_assets as i on i.asset_kind = a.asset_kind and i.asset_id = a.asset_id
left join stg_emails as e on a.list_email_id is null and e.id = a.email_id
left join int_people as p on p.prospect_id = a.prospect_id
left join stg_campaigns as c on c.id = a.campaign_id
