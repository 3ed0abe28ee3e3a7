-- One row per table that has times: the newest thing that is known to have happened in it.
--
-- For activities that is when they happened, not when Account Engagement last touched them.
select 'campaigns' as table_name, max(coalesce(updated_at, created_at)) as newest_at from stg_campaigns
union all
select 'custom_redirects' as table_name, max(coalesce(updated_at, created_at)) as newest_at from stg_custom_redirects
union all
select 'email_templates' as table_name, max(coalesce(updated_at, created_at)) as newest_at from stg_email_templates
union all
select 'emails' as table_name, max(sent_at) as newest_at from stg_emails
union all
select 'files' as table_name, max(coalesce(updated_at, created_at)) as newest_at from stg_files
union all
select 'form_handlers' as table_name, max(coalesce(updated_at, created_at)) as newest_at from stg_form_handlers
union all
select 'forms' as table_name, max(coalesce(updated_at, created_at)) as newest_at from stg_forms
union all
select 'landing_pages' as table_name, max(coalesce(updated_at, created_at)) as newest_at from stg_landing_pages
union all
select 'lifecycle_histories' as table_name, max(created_at) as newest_at from stg_lifecycle_histories
union all
select 'lifecycle_stages' as table_name, max(coalesce(updated_at, created_at)) as newest_at from stg_lifecycle_stages
union all
select 'list_emails' as table_name, max(coalesce(updated_at, created_at)) as newest_at from stg_list_emails
union all
select 'list_memberships' as table_name, max(coalesce(updated_at, created_at)) as newest_at from stg_list_memberships
union all
select 'lists' as table_name, max(coalesce(updated_at, created_at)) as newest_at from stg_lists
union all
select 'opportunities' as table_name, max(coalesce(updated_at, created_at)) as newest_at from stg_opportunities
union all
select 'prospect_accounts' as table_name, max(coalesce(updated_at, created_at)) as newest_at from stg_prospect_accounts
union all
select 'prospects' as table_name, max(coalesce(updated_at, created_at)) as newest_at from stg_prospects
union all
select 'visitor_activities' as table_name, max(created_at) as newest_at from stg_visitor_activities
