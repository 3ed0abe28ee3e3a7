-- One row per campaign, recycle bin included.
select
    id,
    name,
    cost,
    folder_id,
    parent_campaign_id,
    salesforce_id,
    is_deleted,
    created_at,
    updated_at,
    _dlt_load_id as load_id
from pardot.campaigns
