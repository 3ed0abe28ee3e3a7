-- One row per UTC day from the first created prospect to as_of, or to the latest change of a prospect when that is later.
with ends as (
    select
        min(c.changed_on) as first_on,
        max(c.changed_on) as last_changed_on,
        max(cast(n.as_of_utc as date)) as as_of_on
    from int_database_changes as c
    cross join int_as_of as n
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
    select e.first_on + n.number as day_on
    from ends as e
    cross join numbers as n
    where e.first_on + n.number <= e.last_changed_on or e.first_on + n.number <= e.as_of_on
),

truncated as (
    select
        day_on,
        date_trunc('month', day_on) as month_on
    from days
)

select
    day_on,
    cast(month_on as date) as month_starts_on
from truncated
