-- One row per check of how many activities there were on which day.
--
-- Weekdays are compared with themselves, counted in weeks from the last complete day: a quiet Sunday is no gap. One is
-- judged where more than half of its days have many activities, whatever a single one has. Of the eight days that the
-- last is compared with, the smallest and the greatest are left out: neither a holiday nor a large send decides.
with reach as (
    select
        coalesce(max(days_ago), -1) + 1 as days,
        coalesce(sum(case when days_ago = 0 then activities else 0 end), 0) as last_day
    from int_activity_days
),

earlier as (
    select cast(w.weeks_ago as bigint) as weeks_ago
    from (
        values (1), (2), (3), (4), (5), (6), (7), (8)
    ) as w (weeks_ago)
),

compared as (
    select
        coalesce(d.activities, 0) as activities,
        row_number() over (order by coalesce(d.activities, 0), e.weeks_ago) as place
    from earlier as e
    left join int_activity_days as d on d.days_ago = 7 * e.weeks_ago
),

usual as (
    select
        sum(case when c.activities >= s.activities_per_day then 1 else 0 end) as busy_days,
        count(*) as days,
        min(case when c.place between 2 and 7 then c.activities end) as smallest,
        max(case when c.place between 2 and 7 then c.activities end) as largest
    from compared as c
    cross join data_quality_settings as s
),

span as (
    select least(cast(floor(cast(r.days as double) / 7) as bigint), s.most_weeks) as weeks
    from reach as r
    cross join data_quality_settings as s
),

weekdays as (
    select
        d.days_ago % 7 as weekday,
        count(*) as days,
        sum(case when d.activities >= s.activities_per_day then 1 else 0 end) as busy_days
    from int_activity_days as d
    inner join span as p on d.days_ago < 7 * p.weeks
    cross join data_quality_settings as s
    group by d.days_ago % 7
),

gaps as (
    select
        coalesce(sum(p.weeks - w.days), 0) as days,
        coalesce(sum(p.weeks), 0) as days_judged
    from weekdays as w
    inner join span as p on 2 * w.busy_days > p.weeks
)

select
    'visitor_activities' as table_name,
    'volume_of_last_day' as check_name,
    cast(r.last_day as double) as value,
    cast(null as bigint) as out_of,
    cast(u.smallest as double) / s.volume_factor as expected_low,
    cast(u.largest as double) * s.volume_factor as expected_high,
    r.days > 7 * u.days and 2 * u.busy_days > u.days as has_enough,
    'Activities of the last complete UTC day; expected by the same weekday of the eight weeks before.' as explanation
from reach as r
cross join usual as u
cross join data_quality_settings as s
union all
select
    'visitor_activities' as table_name,
    'gap_days' as check_name,
    cast(g.days as double) as value,
    cast(g.days_judged as bigint) as out_of,
    cast(0 as double) as expected_low,
    cast(0 as double) as expected_high,
    p.weeks >= s.least_weeks and g.days_judged > 0 as has_enough,
    'Days of the last weeks without any activity, on weekdays that have many; a backfill tells why.' as explanation
from gaps as g
cross join span as p
cross join data_quality_settings as s
