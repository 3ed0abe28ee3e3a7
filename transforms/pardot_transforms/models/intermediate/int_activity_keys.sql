-- One row per key of visitor activities that reports look up: how many activities have it.
--
-- The list email is the activity's own, not the one of its email.
with counts as (
    select
        count(prospect_id) as prospect_id,
        count(campaign_id) as campaign_id,
        count(case when asset_kind = 'list_email' then asset_id end) as list_email_id,
        count(email_template_id) as email_template_id,
        count(email_id) as email_id,
        count(form_id) as form_id,
        count(form_handler_id) as form_handler_id,
        count(landing_page_id) as landing_page_id,
        count(custom_redirect_id) as custom_redirect_id,
        count(opportunity_id) as opportunity_id
    from visitor_activities_enriched
)

select 'prospect_id' as key_name, prospect_id as uses from counts
union all
select 'campaign_id' as key_name, campaign_id as uses from counts
union all
select 'list_email_id' as key_name, list_email_id as uses from counts
union all
select 'email_template_id' as key_name, email_template_id as uses from counts
union all
select 'email_id' as key_name, email_id as uses from counts
union all
select 'form_id' as key_name, form_id as uses from counts
union all
select 'form_handler_id' as key_name, form_handler_id as uses from counts
union all
select 'landing_page_id' as key_name, landing_page_id as uses from counts
union all
select 'custom_redirect_id' as key_name, custom_redirect_id as uses from counts
union all
select 'opportunity_id' as key_name, opportunity_id as uses from counts
