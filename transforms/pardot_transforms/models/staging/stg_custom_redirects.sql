-- One row per custom redirect, recycle bin included.
select
    id,
    name,
    campaign_id,
    destination_url,
    is_deleted,
    created_at,
    updated_at
from pardot.custom_redirects
