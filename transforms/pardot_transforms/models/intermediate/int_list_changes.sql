-- One row per list, person and instant at which the person joined it, left it or was found opted out of it.
--
-- A prospect can have several memberships of one list, after a merge for instance: the first to begin is when it joins,
-- the last to end is when it leaves, and one that begins in the second in which another ends is neither. A membership
-- without a prospect is somebody of its own.
with memberships as (
    select
        list_id,
        coalesce(prospect_id, -id) as person_id,
        is_deleted,
        is_opted_out,
        created_at_utc,
        case when is_deleted then coalesce(purged_at_utc, updated_at_utc) else updated_at_utc end as told_at_utc
    from stg_list_memberships
    where list_id is not null
),

timed as (
    -- A change that has no time, or one before the beginning, is taken to have come with the beginning.
    select
        list_id,
        person_id,
        is_deleted,
        is_opted_out,
        created_at_utc,
        case
            when told_at_utc is null or told_at_utc < created_at_utc then created_at_utc
            else told_at_utc
        end as changed_at_utc
    from memberships
),

events as (
    select
        list_id,
        person_id,
        created_at_utc as changed_at_utc,
        1 as begun,
        0 as opted
    from timed
    union all
    select
        list_id,
        person_id,
        changed_at_utc,
        -1 as begun,
        0 as opted
    from timed
    where is_deleted
    union all
    -- When a membership that has ended was opted out of is not known.
    select
        list_id,
        person_id,
        changed_at_utc,
        0 as begun,
        1 as opted
    from timed
    where is_opted_out and not is_deleted
),

instants as (
    select
        list_id,
        person_id,
        changed_at_utc,
        sum(begun) as memberships,
        sum(opted) as opted_out
    from events
    group by list_id, person_id, changed_at_utc
    having sum(begun) <> 0 or sum(opted) <> 0
),

running as (
    -- What began at an unknown time was there before all else.
    select
        list_id,
        person_id,
        changed_at_utc,
        memberships,
        opted_out,
        sum(memberships) over (
            partition by list_id, person_id order by changed_at_utc nulls first
            rows between unbounded preceding and current row
        ) as memberships_after,
        sum(opted_out) over (
            partition by list_id, person_id order by changed_at_utc nulls first
            rows between unbounded preceding and current row
        ) as opted_out_after
    from instants
)

select
    list_id,
    person_id,
    changed_at_utc,
    cast(changed_at_utc as date) as changed_on,
    cast(memberships_after - memberships as bigint) as memberships_before,
    cast(memberships_after as bigint) as memberships_after,
    cast(opted_out_after - opted_out as bigint) as opted_out_before,
    cast(opted_out_after as bigint) as opted_out_after
from running
where memberships_after = 0
    or memberships_after = memberships
    or (opted_out > 0 and opted_out_after = opted_out)
