-- One row per visitor activity, anonymous ones included.
--
-- Several ids may be filled in at once; the asset is the first of this order, from the most telling to mere
-- context:
-- * An email before all else, so that each event of an email counts for it. The list email is what marketers
--   name; the template comes next; the individual email is last because it exists once per recipient.
-- * A form before the landing page that shows it, and a file, redirect or test variation before its page.
-- * The page view and the visit last: almost any activity may happen during one.
select
    a.id,
    a.type,
    a.type_name,
    a.details,
    a.prospect_id,
    a.visitor_id,
    a.visit_id,
    a.visitor_page_view_id,
    a.campaign_id,
    a.email_id,
    a.list_email_id,
    a.email_template_id,
    a.form_id,
    a.form_handler_id,
    a.landing_page_id,
    a.file_id,
    a.custom_redirect_id,
    a.site_search_query_id,
    a.paid_search_ad_id,
    a.multivariate_test_variation_id,
    a.opportunity_id,
    a.created_at,
    a.updated_at,
    a._dlt_load_id as load_id,
    a.created_at at time zone 'UTC' as created_at_utc,
    cast(a.created_at at time zone 'UTC' as date) as created_on,
    coalesce(t.verb, 'Unknown') as verb,
    coalesce(t.is_engagement, false) as is_engagement,
    coalesce(t.is_email_type, false)
        or coalesce(a.list_email_id, a.email_template_id, a.email_id) is not null as is_email_activity,
    case
        when a.list_email_id is not null then 'list_email'
        when a.email_template_id is not null then 'email_template'
        when a.email_id is not null then 'email'
        when a.form_id is not null then 'form'
        when a.form_handler_id is not null then 'form_handler'
        when a.file_id is not null then 'file'
        when a.custom_redirect_id is not null then 'custom_redirect'
        when a.multivariate_test_variation_id is not null then 'multivariate_test_variation'
        when a.landing_page_id is not null then 'landing_page'
        when a.site_search_query_id is not null then 'site_search_query'
        when a.paid_search_ad_id is not null then 'paid_search_ad'
        when a.opportunity_id is not null then 'opportunity'
        when a.visitor_page_view_id is not null then 'visitor_page_view'
        when a.visit_id is not null then 'visit'
        else 'none'
    end as asset_kind,
    coalesce(
        a.list_email_id,
        a.email_template_id,
        a.email_id,
        a.form_id,
        a.form_handler_id,
        a.file_id,
        a.custom_redirect_id,
        a.multivariate_test_variation_id,
        a.landing_page_id,
        a.site_search_query_id,
        a.paid_search_ad_id,
        a.opportunity_id,
        a.visitor_page_view_id,
        a.visit_id
    ) as asset_id
from pardot.visitor_activities as a
left join activity_types as t on t.type = a.type
