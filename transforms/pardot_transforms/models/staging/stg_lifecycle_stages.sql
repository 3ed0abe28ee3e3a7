-- One row per lifecycle stage, recycle bin included.
select
    id,
    name,
    position,
    is_locked,
    is_deleted,
    created_at,
    updated_at
from pardot.lifecycle_stages
