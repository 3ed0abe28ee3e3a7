-- One row per list and UTC day on which a person joined it, left it or was found opted out of it.
--
-- Days without a change have no row: the members of such a day are those of the latest row before it.
with days as (
    select
        list_id,
        changed_on,
        cast(sum(case when memberships_before = 0 and memberships_after > 0 then 1 else 0 end) as bigint) as added,
        cast(sum(case when memberships_before > 0 and memberships_after = 0 then 1 else 0 end) as bigint) as removed,
        cast(sum(case when opted_out_before = 0 and opted_out_after > 0 then 1 else 0 end) as bigint) as opted_out
    from int_list_changes
    group by list_id, changed_on
),

running as (
    -- Whoever joined at an unknown time was there before the first known day.
    select
        list_id,
        changed_on,
        added,
        removed,
        opted_out,
        sum(added - removed) over (
            partition by list_id order by changed_on nulls first
            rows between unbounded preceding and current row
        ) as members,
        sum(opted_out) over (
            partition by list_id order by changed_on nulls first
            rows between unbounded preceding and current row
        ) as opted_out_members
    from days
)

select
    r.list_id,
    r.changed_on,
    l.name,
    l.campaign_id,
    l.is_dynamic,
    l.is_deleted,
    r.added,
    r.removed,
    r.added - r.removed as net,
    cast(r.members as bigint) as members,
    r.opted_out,
    cast(r.opted_out_members as bigint) as opted_out_members
from running as r
left join stg_lists as l on l.id = r.list_id
