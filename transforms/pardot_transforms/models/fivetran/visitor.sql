-- One row per visitor outside the recycle bin, in the columns of Fivetran's table `visitor`.
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
    created_at,
    updated_at,
    (cast('1970-01-01' as date) + cast(load_id as double) * interval '1 second') at time zone 'UTC' as _fivetran_synced
from stg_visitors
where not coalesce(is_deleted, false)
