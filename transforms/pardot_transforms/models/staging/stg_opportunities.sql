-- One row per opportunity, recycle bin included.
select
    id,
    name,
    campaign_id,
    value,
    probability,
    type,
    stage,
    status,
    is_deleted,
    salesforce_id,
    closed_at,
    created_at,
    updated_at,
    _dlt_load_id as load_id
from pardot.opportunities
