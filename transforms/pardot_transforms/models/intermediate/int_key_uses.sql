-- One row per table, key and id in it that names a row of another table: the keys that reports look up.
--
-- Activities, of which there are many, are in int_activity_keys and int_unmatched_keys.
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
