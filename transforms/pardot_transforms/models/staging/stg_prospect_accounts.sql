-- One row per prospect account, recycle bin included.
select
    id,
    name,
    industry,
    type,
    website,
    annual_revenue,
    employees,
    billing_country,
    assigned_to_id,
    salesforce_id,
    is_deleted,
    created_at,
    updated_at
from pardot.prospect_accounts
