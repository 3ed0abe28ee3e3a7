-- One row per list membership that lasts, in the columns of Fivetran's table `list_membership`.
select
    id,
    list_id,
    prospect_id,
    is_opted_out as opted_out,
    created_at,
    updated_at,
    (cast('1970-01-01' as date) + cast(load_id as double) * interval '1 second') at time zone 'UTC' as _fivetran_synced
from stg_list_memberships
where not is_deleted
