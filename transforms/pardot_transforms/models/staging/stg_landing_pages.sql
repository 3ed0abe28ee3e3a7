-- One row per landing page, recycle bin included.
select
    id,
    name,
    campaign_id,
    form_id,
    url,
    is_deleted,
    created_at,
    updated_at
from pardot.landing_pages
