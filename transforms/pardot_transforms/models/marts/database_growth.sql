-- One row per UTC day from the first created prospect on; one without a day for what has none, where there is any.
with changes as (
    select
        changed_on,
        sum(case when change = 'created' then 1 else 0 end) as created,
        sum(case when change = 'deleted' then 1 else 0 end) as deleted,
        sum(case when change = 'opted_out' then 1 else 0 end) as opted_out,
        sum(case when change = 'hard_bounced' then 1 else 0 end) as hard_bounced,
        sum(case when change = 'mailable' then 1 else 0 end) as mailable_added,
        sum(case when change = 'unmailable' then 1 else 0 end) as mailable_removed
    from int_database_changes
    group by changed_on
),

days as (
    select day_on as counted_on from int_days
    union all
    select changed_on as counted_on from changes where changed_on is null
),

counted as (
    select
        d.counted_on,
        cast(coalesce(c.created, 0) as bigint) as created,
        cast(coalesce(c.deleted, 0) as bigint) as deleted,
        cast(coalesce(c.opted_out, 0) as bigint) as opted_out,
        cast(coalesce(c.hard_bounced, 0) as bigint) as hard_bounced,
        cast(coalesce(c.mailable_added, 0) as bigint) as mailable_added,
        cast(coalesce(c.mailable_removed, 0) as bigint) as mailable_removed
    from days as d
    left join changes as c on c.changed_on is not distinct from d.counted_on
)

select
    counted_on,
    created,
    deleted,
    created - deleted as net,
    cast(
        sum(created - deleted) over (
            order by counted_on nulls first rows between unbounded preceding and current row
        ) as bigint
    ) as existing,
    opted_out,
    hard_bounced,
    mailable_added,
    mailable_removed,
    mailable_added - mailable_removed as mailable_net,
    cast(
        sum(mailable_added - mailable_removed) over (
            order by counted_on nulls first rows between unbounded preceding and current row
        ) as bigint
    ) as mailable
from counted
