-- One row per visitor, that is, browser cookie; recycle bin included.
select
    id,
    prospect_id,
    page_view_count,
    ip_address,
    hostname,
    campaign_parameter,
    medium_parameter,
    source_parameter,
    content_parameter,
    term_parameter,
    is_deleted,
    created_at,
    updated_at,
    _dlt_load_id as load_id
from pardot.visitors
