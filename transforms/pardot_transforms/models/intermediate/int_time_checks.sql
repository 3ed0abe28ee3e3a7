-- One row per table and check of how long ago something was, seen from the newest run.
--
-- A table that no run has read to its end counts from its first run. Only activities are expected to come all the time,
-- and only where more than half of the days, up to the newest with any, have many.
with usual as (
    select
        sum(case when d.activities >= s.activities_per_day then 1 else 0 end) as busy_days,
        max(d.days_ago) - min(d.days_ago) + 1 as days
    from int_activity_days as d
    cross join data_quality_settings as s
),

moments as (
    select
        t.table_name,
        'freshness_hours' as check_name,
        t.newest_at at time zone 'UTC' as moment_utc,
        case when t.table_name = 'visitor_activities' then s.quiet_hours end as expected_high,
        t.newest_at is not null
            and (t.table_name <> 'visitor_activities' or coalesce(2 * u.busy_days > u.days, false)) as has_enough,
        'Hours from the newest row to the newest run.' as explanation
    from int_table_times as t
    cross join usual as u
    cross join data_quality_settings as s
    union all
    select
        r.table_name,
        'hours_since_read' as check_name,
        coalesce(
            max(case when r.is_complete and not r.is_backfill then r.run_at_utc end),
            min(r.run_at_utc)
        ) as moment_utc,
        max(s.read_hours) as expected_high,
        true as has_enough,
        'Hours from the last run that read the table to its end to the newest run of any table.' as explanation
    from stg_runs as r
    cross join data_quality_settings as s
    group by r.table_name
),

passed as (
    select
        m.table_name,
        m.check_name,
        m.expected_high,
        m.has_enough,
        m.explanation,
        24 * date_diff('day', cast(m.moment_utc as date), cast(n.run_at_utc as date))
        + extract(hour from n.run_at_utc) - extract(hour from m.moment_utc) as hours,
        extract(minute from n.run_at_utc) - extract(minute from m.moment_utc) as minutes
    from moments as m
    cross join int_newest_run as n
)

select
    table_name,
    check_name,
    case
        when 60 * hours + minutes < 0 then 0  -- it happened while the run was under way
        else cast(60 * hours + minutes as double) / 60
    end as value,
    cast(null as bigint) as out_of,
    cast(null as double) as expected_low,
    cast(expected_high as double) as expected_high,
    has_enough,
    explanation
from passed
