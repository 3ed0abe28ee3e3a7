-- One row per opportunity outside the recycle bin, in the columns of Fivetran's table `opportunity`.
select
    id,
    campaign_id,
    name,
    value,
    probability,
    type,
    stage,
    status,
    closed_at,
    created_at,
    updated_at,
    (cast('1970-01-01' as date) + cast(load_id as double) * interval '1 second') at time zone 'UTC' as _fivetran_synced
from stg_opportunities
where not coalesce(is_deleted, false)
