-- One row per table and key that is filled in somewhere: how many rows name one that is not loaded.
with loaded as (
    select
        key_name,
        count(*) as ids
    from int_known_ids
    group by key_name
)

select
    u.table_name,
    concat('unmatched_', u.key_name) as check_name,
    cast(sum(case when k.id is null then u.uses else 0 end) as double) as value,
    cast(sum(u.uses) as bigint) as out_of,
    cast(0 as double) as expected_low,
    cast(sum(u.uses) * max(s.unmatched_percent) as double) / 100 as expected_high,
    coalesce(max(l.ids), 0) > 0 as has_enough,
    'Rows whose key names a row that is not loaded: it is older than what is loaded, or was purged.' as explanation
from int_key_uses as u
cross join data_quality_settings as s
left join int_known_ids as k on k.key_name = u.key_name and k.id = u.id
left join loaded as l on l.key_name = u.key_name
group by u.table_name, u.key_name
