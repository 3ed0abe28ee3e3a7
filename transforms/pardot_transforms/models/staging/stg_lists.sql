-- One row per list, recycle bin included.
select
    id,
    name,
    title,
    description,
    campaign_id,
    is_dynamic,
    is_public,
    is_salesforce_visible,
    is_deleted,
    created_at,
    updated_at,
    _dlt_load_id as load_id
from pardot.lists
