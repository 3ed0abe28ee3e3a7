-- One row per opportunity.
select
    id,
    name,
    campaign_id,
    value,
    probability,
    type,
    stage,
    status,
    salesforce_id,
    closed_at,
    created_at,
    updated_at
from pardot.opportunities
