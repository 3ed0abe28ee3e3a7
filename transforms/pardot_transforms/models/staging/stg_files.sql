-- One row per file, recycle bin included.
select
    id,
    name,
    campaign_id,
    url,
    is_deleted,
    created_at,
    updated_at
from pardot.files
