-- One row per form handler, recycle bin included.
select
    id,
    name,
    campaign_id,
    url,
    is_deleted,
    created_at,
    updated_at
from pardot.form_handlers
