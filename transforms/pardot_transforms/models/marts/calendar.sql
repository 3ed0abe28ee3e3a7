-- One row per UTC day of every fiscal year that the data touch.
--
-- Days are those of activities, of prospects and what they were, of list memberships, lifecycle stages, sessions, page
-- views and opportunities, also of those that are to close some day. What lies before 1990 or after 2199 is a mistake of
-- whoever entered it, and has no row. What a week and a fiscal year are is in calendar_settings.
with days_of_data as (
    select created_on as data_on from daily_activity
    union all
    select counted_on as data_on from database_growth
    union all
    select changed_on as data_on from list_growth
    union all
    select cast(entered_at at time zone 'UTC' as date) as data_on from int_stage_entries
    union all
    select cast(created_at_utc as date) as data_on from int_opportunities
    union all
    select cast(closed_at_utc as date) as data_on from int_opportunities
    union all
    select cast(started_at at time zone 'UTC' as date) as data_on from visitor_sessions
    union all
    select month_starts_on as data_on from top_pages
    union all
    select began_on as data_on from score_history
),

ends as (
    select
        min(data_on) as first_on,
        max(data_on) as last_on
    from days_of_data
    where data_on between cast('1990-01-01' as date) and cast('2199-12-31' as date)
),

digits as (
    select d.digit
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as d (digit)
),

numbers as (
    -- As many days as 273 years have.
    select a.digit + 10 * b.digit + 100 * c.digit + 1000 * d.digit + 10000 * e.digit as number
    from digits as a
    cross join digits as b
    cross join digits as c
    cross join digits as d
    cross join digits as e
),

days as (
    -- From a year before the first day to a year after the last one: what belongs to other fiscal years goes below.
    select
        e.first_on - 366 + n.number as day_on,
        e.first_on,
        e.last_on
    from ends as e
    cross join numbers as n
    where e.first_on - 366 + n.number <= e.last_on + 366
),

weekdays as (
    select
        d.day_on,
        d.first_on,
        d.last_on,
        -- Days since a Monday.
        cast(date_diff('day', cast('1900-01-01' as date), cast(d.day_on as date)) as bigint) % 7 + 1 as iso_weekday,
        cast(extract(year from d.day_on) as bigint) as calendar_year,
        cast(extract(month from d.day_on) as bigint) as month_of_year,
        s.first_fiscal_month,
        s.first_weekday,
        case when s.is_named_by_end and s.first_fiscal_month > 1 then 1 else 0 end as years_to_name
    from days as d
    cross join calendar_settings as s
),

dated as (
    select
        day_on,
        first_on,
        last_on,
        iso_weekday,
        day_on - cast((iso_weekday - first_weekday + 7) % 7 as integer) as week_starts_on,
        -- The Thursday of an ISO week lies in the year that the week belongs to.
        day_on + cast(4 - iso_weekday as integer) as thursday_on,
        calendar_year,
        month_of_year,
        (month_of_year - first_fiscal_month + 12) % 12 + 1 as fiscal_month,
        calendar_year + years_to_name - case when month_of_year < first_fiscal_month then 1 else 0 end as fiscal_year
    from weekdays
),

parted as (
    select
        day_on,
        first_on,
        last_on,
        iso_weekday,
        week_starts_on,
        extract(year from thursday_on) as iso_year,
        thursday_on,
        date_trunc('year', thursday_on) as iso_year_utc,
        calendar_year,
        cast(floor(cast(month_of_year + 2 as double) / 3) as bigint) as quarter,
        month_of_year,
        date_trunc('month', day_on) as month_utc,
        date_trunc('quarter', day_on) as quarter_utc,
        fiscal_year,
        cast(floor(cast(fiscal_month + 2 as double) / 3) as bigint) as fiscal_quarter,
        fiscal_month
    from dated
),

touched as (
    select
        min(fiscal_year) as first_fiscal_year,
        max(fiscal_year) as last_fiscal_year
    from parted
    where day_on = first_on or day_on = last_on
),

started as (
    select
        p.day_on,
        p.iso_weekday,
        p.week_starts_on,
        p.iso_year,
        p.thursday_on,
        p.iso_year_utc,
        p.calendar_year,
        p.quarter,
        p.month_of_year,
        p.month_utc,
        p.quarter_utc,
        p.fiscal_year,
        p.fiscal_quarter,
        p.fiscal_month,
        min(p.day_on) over (partition by p.fiscal_year) as fiscal_year_starts_on,
        min(p.day_on) over (partition by p.fiscal_year, p.fiscal_quarter) as fiscal_quarter_starts_on
    from parted as p
    cross join touched as t
    where p.fiscal_year between t.first_fiscal_year and t.last_fiscal_year
)

select
    s.day_on,
    s.iso_weekday,
    s.week_starts_on,
    cast(s.iso_year as bigint) as iso_year,
    cast(
        floor(cast(date_diff('day', cast(s.iso_year_utc as date), cast(s.thursday_on as date)) as double) / 7) + 1
        as bigint
    ) as iso_week,
    s.calendar_year,
    s.quarter as calendar_quarter,
    s.month_of_year as calendar_month,
    cast(s.month_utc as date) as month_starts_on,
    cast(s.quarter_utc as date) as quarter_starts_on,
    s.fiscal_year,
    s.fiscal_quarter,
    s.fiscal_month,
    concat('FY', cast(s.fiscal_year as varchar)) as fiscal_year_name,
    concat('FY', cast(s.fiscal_year as varchar), ' Q', cast(s.fiscal_quarter as varchar)) as fiscal_quarter_name,
    s.fiscal_year_starts_on,
    s.fiscal_quarter_starts_on,
    cast(
        date_diff('day', cast(s.fiscal_year_starts_on as date), cast(s.day_on as date)) + 1 as bigint
    ) as day_of_fiscal_year,
    cast(
        date_diff('day', cast(s.fiscal_quarter_starts_on as date), cast(s.day_on as date)) + 1 as bigint
    ) as day_of_fiscal_quarter,
    coalesce(s.day_on < cast(n.as_of_utc as date), false) as is_over
from started as s
cross join int_as_of as n
