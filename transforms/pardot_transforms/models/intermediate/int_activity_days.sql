-- One row per UTC day with activities, up to the last complete one, from which the others are counted back.
--
-- The last complete day is the one before the day on which visitor activities were last read to the end; a run that
-- fails, or reads a stretch of the past, completes none.
with last_read as (
    select max(run_at_utc) as read_at_utc
    from stg_runs
    where table_name = 'visitor_activities' and is_complete and not is_backfill
),

days as (
    select
        created_on,
        cast(sum(activities) as bigint) as activities
    from daily_activity
    group by created_on
)

select
    d.created_on,
    d.activities,
    cast(date_diff('day', cast(d.created_on as date), cast(r.read_at_utc as date)) - 1 as bigint) as days_ago
from days as d
inner join last_read as r on d.created_on < cast(r.read_at_utc as date)
