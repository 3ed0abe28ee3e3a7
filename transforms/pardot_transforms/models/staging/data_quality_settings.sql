-- One row: from where on data_quality warns, and how much it needs to judge.
--
-- This is the place to change it. A day with fewer than activities_per_day may as well have none. The volume of a day
-- may be volume_factor times as large as usual, or as small. Without an activity quiet_hours may pass, as on a long
-- weekend; read_hours between two readings of a table. Of rows with a key, unmatched_percent may name what is not
-- loaded. Days without activities are looked for in whole weeks, as many as there are from least_weeks to most_weeks.
select
    cast(20 as bigint) as activities_per_day,
    cast(2 as bigint) as volume_factor,
    cast(72 as bigint) as quiet_hours,
    cast(26 as bigint) as read_hours,
    cast(1 as bigint) as unmatched_percent,
    cast(4 as bigint) as least_weeks,
    cast(13 as bigint) as most_weeks
