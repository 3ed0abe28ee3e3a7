-- One row per visitor activity, in the columns of Fivetran's table `visitor_activity`.
select
    id,
    prospect_id,
    visitor_id,
    -- These two are text there.
    cast(visit_id as varchar) as visit_id,
    cast(opportunity_id as varchar) as opportunity_id,
    type,
    type_name,
    details,
    email_id,
    email_template_id,
    list_email_id,
    form_id,
    form_handler_id,
    site_search_query_id,
    landing_page_id,
    paid_search_ad_id,
    multivariate_test_variation_id,
    visitor_page_view_id,
    file_id,
    custom_redirect_id,
    campaign_id,
    created_at,
    (cast('1970-01-01' as date) + cast(load_id as double) * interval '1 second') at time zone 'UTC' as _fivetran_synced
from stg_visitor_activities
