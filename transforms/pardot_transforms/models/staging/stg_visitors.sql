-- One row per visitor, that is, browser cookie; recycle bin included.
select
    id,
    prospect_id,
    is_deleted,
    created_at,
    updated_at
from pardot.visitors
