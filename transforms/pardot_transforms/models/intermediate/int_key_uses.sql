-- One row per table, key and id in it that names a row of another table: the keys that reports look up.
select 'visitor_activities' as table_name, 'prospect_id' as key_name, prospect_id as id, count(*) as uses
from stg_visitor_activities
where prospect_id is not null
group by prospect_id
union all
select 'visitor_activities' as table_name, 'campaign_id' as key_name, campaign_id as id, count(*) as uses
from stg_visitor_activities
where campaign_id is not null
group by campaign_id
union all
select 'visitor_activities' as table_name, 'list_email_id' as key_name, list_email_id as id, count(*) as uses
from stg_visitor_activities
where list_email_id is not null
group by list_email_id
union all
select 'visitor_activities' as table_name, 'email_template_id' as key_name, email_template_id as id, count(*) as uses
from stg_visitor_activities
where email_template_id is not null
group by email_template_id
union all
select 'visitor_activities' as table_name, 'email_id' as key_name, email_id as id, count(*) as uses
from stg_visitor_activities
where email_id is not null
group by email_id
union all
select 'visitor_activities' as table_name, 'form_id' as key_name, form_id as id, count(*) as uses
from stg_visitor_activities
where form_id is not null
group by form_id
union all
select 'visitor_activities' as table_name, 'form_handler_id' as key_name, form_handler_id as id, count(*) as uses
from stg_visitor_activities
where form_handler_id is not null
group by form_handler_id
union all
select 'visitor_activities' as table_name, 'landing_page_id' as key_name, landing_page_id as id, count(*) as uses
from stg_visitor_activities
where landing_page_id is not null
group by landing_page_id
union all
select 'visitor_activities' as table_name, 'custom_redirect_id' as key_name, custom_redirect_id as id, count(*) as uses
from stg_visitor_activities
where custom_redirect_id is not null
group by custom_redirect_id
union all
select 'visitor_activities' as table_name, 'opportunity_id' as key_name, opportunity_id as id, count(*) as uses
from stg_visitor_activities
where opportunity_id is not null
group by opportunity_id
union all
select 'list_memberships' as table_name, 'list_id' as key_name, list_id as id, count(*) as uses
from stg_list_memberships
where list_id is not null
group by list_id
union all
select 'list_memberships' as table_name, 'prospect_id' as key_name, prospect_id as id, count(*) as uses
from stg_list_memberships
where prospect_id is not null
group by prospect_id
union all
select 'prospects' as table_name, 'prospect_account_id' as key_name, prospect_account_id as id, count(*) as uses
from stg_prospects
where prospect_account_id is not null
group by prospect_account_id
union all
select 'prospects' as table_name, 'campaign_id' as key_name, campaign_id as id, count(*) as uses
from stg_prospects
where campaign_id is not null
group by campaign_id
union all
select 'list_emails' as table_name, 'campaign_id' as key_name, campaign_id as id, count(*) as uses
from stg_list_emails
where campaign_id is not null
group by campaign_id
union all
select 'opportunities' as table_name, 'campaign_id' as key_name, campaign_id as id, count(*) as uses
from stg_opportunities
where campaign_id is not null
group by campaign_id
union all
select 'lifecycle_histories' as table_name, 'prospect_id' as key_name, prospect_id as id, count(*) as uses
from stg_lifecycle_histories
where prospect_id is not null
group by prospect_id
union all
select 'lifecycle_histories' as table_name, 'next_stage_id' as key_name, next_stage_id as id, count(*) as uses
from stg_lifecycle_histories
where next_stage_id is not null
group by next_stage_id
