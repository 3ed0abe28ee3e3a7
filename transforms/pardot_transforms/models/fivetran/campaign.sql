-- One row per campaign, in the columns of Fivetran's table `campaign`.
select
    id,
    name,
    cost,
    coalesce(is_deleted, false) as _fivetran_deleted,
    (cast('1970-01-01' as date) + cast(load_id as double) * interval '1 second') at time zone 'UTC' as _fivetran_synced
from stg_campaigns
