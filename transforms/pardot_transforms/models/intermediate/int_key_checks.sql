-- One row per table and key that is filled in somewhere: how many rows name one that is not loaded.
with loaded as (
    select
        key_name,
        count(*) as ids
    from int_known_ids
    group by key_name
),

known as (
    -- Of the keys in int_key_uses only.
    select key_name, id
    from int_known_ids
    where key_name in ('campaign_id', 'list_id', 'next_stage_id', 'prospect_account_id', 'prospect_id')
),

unmatched as (
    select
        key_name,
        count(*) as uses
    from int_unmatched_keys
    group by key_name
),

counts as (
    select
        u.table_name,
        u.key_name,
        sum(u.uses) as uses,
        sum(case when k.id is null then u.uses else 0 end) as unmatched
    from int_key_uses as u
    left join known as k on k.key_name = u.key_name and k.id = u.id
    group by u.table_name, u.key_name
    union all
    select
        'visitor_activities' as table_name,
        a.key_name,
        a.uses,
        coalesce(n.uses, 0) as unmatched
    from int_activity_keys as a
    left join unmatched as n on n.key_name = a.key_name
    where a.uses > 0
)

select
    c.table_name,
    concat('unmatched_', c.key_name) as check_name,
    cast(c.unmatched as double) as value,
    cast(c.uses as bigint) as out_of,
    cast(0 as double) as expected_low,
    cast(c.uses * s.unmatched_percent as double) / 100 as expected_high,
    coalesce(l.ids, 0) > 0 as has_enough,
    'Rows whose key names a row that is not loaded: it is older than what is loaded, or was purged.' as explanation
from counts as c
cross join data_quality_settings as s
left join loaded as l on l.key_name = c.key_name
