-- One row per lifecycle stage and UTC month in which any prospect entered it.
--
-- A prospect counts once per stage, in the month of its first entry: months of a stage may be added up. What became of
-- it since is told in that same row, however much later it happened.
with stays as (
    select
        stage_id,
        month_starts_on,
        seconds_in_stage,
        row_number() over (partition by stage_id, month_starts_on order by seconds_in_stage, id) as place,
        count(*) over (partition by stage_id, month_starts_on) as stays
    from int_stage_entries
    where is_first and seconds_in_stage is not null
),

durations as (
    select
        stage_id,
        month_starts_on,
        count(*) as finished_stays,
        cast(sum(seconds_in_stage) as double) / count(*) / 86400 as average_days,
        -- The one in the middle, or the two.
        avg(case when 2 * place between stays and stays + 2 then cast(seconds_in_stage as double) end)
        / 86400 as median_days
    from stays
    group by stage_id, month_starts_on
),

cohorts as (
    select
        stage_id,
        month_starts_on,
        cast(sum(case when is_first then 1 else 0 end) as bigint) as entered,
        cast(sum(case when is_first and outcome = 'advanced' then 1 else 0 end) as bigint) as advanced,
        cast(sum(case when is_first and outcome = 'still_there' then 1 else 0 end) as bigint) as still_there,
        cast(sum(case when is_first and outcome = 'left_otherwise' then 1 else 0 end) as bigint) as left_otherwise,
        cast(sum(case when is_first then 0 else 1 end) as bigint) as entered_again
    from int_stage_entries
    group by stage_id, month_starts_on
),

mql_stages as (
    select stage_id from int_mql_stages group by stage_id
)

select
    c.stage_id,
    c.month_starts_on,
    s.name as stage_name,
    s.position,
    s.is_deleted,
    m.stage_id is not null as is_mql_stage,
    c.entered,
    c.advanced,
    c.still_there,
    c.left_otherwise,
    c.entered_again,
    case
        when c.entered > 0 and s.position is not null then cast(c.advanced as double) / c.entered
    end as conversion_rate,
    coalesce(d.finished_stays, 0) as finished_stays,
    d.average_days,
    d.median_days
from cohorts as c
left join durations as d on d.stage_id = c.stage_id and d.month_starts_on = c.month_starts_on
left join stg_lifecycle_stages as s on s.id = c.stage_id
left join mql_stages as m on m.stage_id = c.stage_id
