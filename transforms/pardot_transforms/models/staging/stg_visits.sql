-- One row per visit.
select
    id,
    id as session_id,
    visitor_id,
    prospect_id,
    visitor_page_view_count,
    duration_in_seconds,
    source_parameter,
    medium_parameter,
    campaign_parameter,
    content_parameter,
    term_parameter,
    first_visitor_page_view_at,
    last_visitor_page_view_at,
    created_at,
    updated_at
from pardot.visits
