-- One row per asset that is loaded and has a name.
select 'list_email' as asset_kind, id as asset_id, name as asset_name from stg_list_emails
union all
select 'email_template' as asset_kind, id as asset_id, name as asset_name from stg_email_templates
union all
select 'email' as asset_kind, id as asset_id, name as asset_name from stg_emails
union all
select 'form' as asset_kind, id as asset_id, name as asset_name from stg_forms
union all
select 'form_handler' as asset_kind, id as asset_id, name as asset_name from stg_form_handlers
union all
select 'file' as asset_kind, id as asset_id, name as asset_name from stg_files
union all
select 'landing_page' as asset_kind, id as asset_id, name as asset_name from stg_landing_pages
union all
select 'custom_redirect' as asset_kind, id as asset_id, name as asset_name from stg_custom_redirects
union all
select 'opportunity' as asset_kind, id as asset_id, name as asset_name from stg_opportunities
