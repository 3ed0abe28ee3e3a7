-- One row per visitor activity and key of it that names a row that is not loaded.
with named as (
    select id, 'prospect_id' as key_name, prospect_id as named_id
    from visitor_activities_enriched
    where prospect_id is not null
    union all
    select id, 'campaign_id' as key_name, campaign_id as named_id
    from visitor_activities_enriched
    where campaign_id is not null
    union all
    select id, 'list_email_id' as key_name, asset_id as named_id
    from visitor_activities_enriched
    where asset_kind = 'list_email'
    union all
    select id, 'email_template_id' as key_name, email_template_id as named_id
    from visitor_activities_enriched
    where email_template_id is not null
    union all
    select id, 'email_id' as key_name, email_id as named_id
    from visitor_activities_enriched
    where email_id is not null
    union all
    select id, 'form_id' as key_name, form_id as named_id
    from visitor_activities_enriched
    where form_id is not null
    union all
    select id, 'form_handler_id' as key_name, form_handler_id as named_id
    from visitor_activities_enriched
    where form_handler_id is not null
    union all
    select id, 'landing_page_id' as key_name, landing_page_id as named_id
    from visitor_activities_enriched
    where landing_page_id is not null
    union all
    select id, 'custom_redirect_id' as key_name, custom_redirect_id as named_id
    from visitor_activities_enriched
    where custom_redirect_id is not null
    union all
    select id, 'opportunity_id' as key_name, opportunity_id as named_id
    from visitor_activities_enriched
    where opportunity_id is not null
)

select
    n.id,
    n.key_name,
    n.named_id
from named as n
left join int_known_ids as k on k.key_name = n.key_name and k.id = n.named_id
where k.id is null
