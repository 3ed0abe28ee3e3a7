-- One row per list, recycle bin included.
select
    id,
    name,
    campaign_id,
    is_dynamic,
    is_public,
    is_deleted,
    created_at,
    updated_at
from pardot.lists
