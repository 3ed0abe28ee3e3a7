-- One row per key and loaded row that it may name; recycle bin and purged rows are loaded, too.
select 'campaign_id' as key_name, id from stg_campaigns
union all
select 'custom_redirect_id' as key_name, id from stg_custom_redirects
union all
select 'email_id' as key_name, id from stg_emails
union all
select 'email_template_id' as key_name, id from stg_email_templates
union all
select 'form_handler_id' as key_name, id from stg_form_handlers
union all
select 'form_id' as key_name, id from stg_forms
union all
select 'landing_page_id' as key_name, id from stg_landing_pages
union all
select 'list_email_id' as key_name, id from stg_list_emails
union all
select 'list_id' as key_name, id from stg_lists
union all
select 'next_stage_id' as key_name, id from stg_lifecycle_stages
union all
select 'opportunity_id' as key_name, id from stg_opportunities
union all
select 'prospect_account_id' as key_name, id from stg_prospect_accounts
union all
select 'prospect_id' as key_name, id from stg_prospects
