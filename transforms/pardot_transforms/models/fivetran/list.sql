-- One row per list outside the recycle bin, in the columns of Fivetran's table `list`.
select
    id,
    name,
    title,
    description,
    is_salesforce_visible as is_crm_visible,
    is_dynamic,
    is_public,
    created_at,
    updated_at,
    (cast('1970-01-01' as date) + cast(load_id as double) * interval '1 second') at time zone 'UTC' as _fivetran_synced
from stg_lists
where not coalesce(is_deleted, false)
